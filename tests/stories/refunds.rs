//! BOLT 12 refunds: a shop gives money back, and the person collects it, once.

use crate::{WALLET, code};
use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey};
use fulmen_engine::PaymentId;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::Code;
use fulmen_engine::view::{AmountRule, InstructionKind, Snapshot, Status};
use fulmen_practice::network::PracticeNetwork;
use lightning::offers::refund::RefundBuilder;
use serde_json::Value;
use std::time::Duration;
use stories::{Audit, PATIENCE, Remote, World, quick};

async fn collect(world: &World, text: &str) -> Result<String, fulmen_engine::SendError> {
    let instruction = world.wallet.read(text)?;
    Ok(world.wallet.collect(&instruction.id).await?.id)
}

async fn paid(world: &World, id: &str) {
    let is_paid =
        |now: &Snapshot| now.movements.iter().any(|row| row.id == id && row.status == Status::Paid);
    world.until("the refund", is_paid).await;
}

/// What the shop's row of a refund says, once that is decided.
async fn told_by_the_shop(world: &World, id: PaymentId) -> (Status, Option<Code>) {
    let mut events = world.network.shop().bus().subscribe();
    loop {
        let row = world.network.shop().detail(&id.to_string()).expect("rows").expect("the row");
        let (status, failure) = (row.movement.status, row.movement.failure);
        if matches!(status, Status::Paid | Status::Failed) {
            return (status, failure);
        }
        events.recv().await.expect("the shop lives");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_is_collected_to_the_sat_and_once() {
    let mut world = World::with_channels().await;
    let (theirs, refund) = world.network.refund(Sat::new(2_100), 3_600).await.expect("a refund");
    assert_eq!(code(world.network.shop().read(&refund)), Code::OwnRefund);
    let read = world.wallet.read(&refund.to_uppercase()).expect("readable");
    assert_eq!(read.kind, InstructionKind::Refund);
    assert_eq!(read.amount, AmountRule::Fixed { msat: Msat::new(2_100_000) });
    assert_eq!(read.label.as_deref(), Some("The practice shop"));
    assert_eq!(read.note.as_deref(), Some("The coffee machine broke, sorry"));
    assert!(read.expires_at_secs.is_some());
    let quote = fulmen_engine::Choice { instruction: read.id, ..Default::default() };
    assert_eq!(code(world.wallet.preview(quote).await), Code::NotUnderstood, "it is not paid");

    let before = world.snapshot().balance.total_msat;
    let id = collect(&world, &refund).await.expect("asked for");
    paid(&world, &id).await;
    let after = world.until("all of it", |now| now.balance.total_msat > before).await;
    assert_eq!(after.balance.total_msat.get() - before.get(), 2_100_000);
    assert_eq!(told_by_the_shop(&world, theirs).await, (Status::Paid, None));
    let row = world.wallet.detail(&id).expect("rows").expect("the row").movement;
    assert_eq!(row.note.as_deref(), Some("The coffee machine broke, sorry"));
    assert_eq!(row.party.as_deref(), Some("The practice shop"));

    assert_eq!(code(collect(&world, &refund).await), Code::RefundCollected);
    world.reopen().await;
    assert_eq!(code(world.wallet.read(&refund)), Code::RefundCollected);
    assert_eq!(world.wallet.activity(Some("machine broke"), None).expect("rows").len(), 1);
    ends(world).await;
}

/// Both invoices reach the shop, or only the second does: one is paid.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_is_asked_for_twice_comes_once() {
    let mut world = World::with_channels().await;
    let (theirs, refund) = world.network.refund(Sat::new(2_100), 3_600).await.expect("a refund");
    let shop = world.network.shop().listening().expect("it listens").to_string();
    world.cut_off(&shop);
    let before = world.snapshot().balance.total_msat;
    let first = collect(&world, &refund).await.expect("asked for");
    let second = collect(&world, &refund).await.expect("asked for again");
    assert_eq!(first, second, "one refund is one row");
    world.reconnect(&shop);
    world.reopen().await;
    world.until("back", |now| now.balance.lightning.can_receive_msat > Msat::ZERO).await;
    world.knows_the_network().await;
    let third = collect(&world, &refund).await.expect("asked for after a start");
    assert_eq!(first, third);
    paid(&world, &first).await;
    assert_eq!(told_by_the_shop(&world, theirs).await, (Status::Paid, None));
    let after = world.until("all of it", |now| now.balance.total_msat > before).await;
    assert_eq!(after.balance.total_msat.get() - before.get(), 2_100_000);
    ends(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_cannot_be_collected_says_why() {
    let world = World::new().await;
    let key = SecretKey::from_slice(&[7; 32]).expect("a key");
    let node = PublicKey::from_secret_key(&Secp256k1::new(), &key);
    let made = |network, expiry: Option<u64>| {
        let builder = RefundBuilder::new(vec![7; 32], node, 1_000_000).expect("an amount");
        let builder = builder.chain(network).description("\u{202e}too late\n".into());
        let builder = match expiry {
            Some(secs) => builder.absolute_expiry(Duration::from_secs(secs)),
            None => builder,
        };
        builder.build().expect("a refund").to_string()
    };
    let regtest = bitcoin::Network::Regtest;
    let read = |text: &str| world.wallet.read(text);
    assert_eq!(code(read(&made(regtest, Some(1_700_000_000)))), Code::RefundExpired);
    assert_eq!(code(read(&made(bitcoin::Network::Bitcoin, None))), Code::WrongNetwork);
    let never = read(&made(regtest, None)).expect("readable");
    assert_eq!(never.note.as_deref(), Some("too late"), "cleaned");
    assert_eq!(never.expires_at_secs, None);
    assert_eq!(code(world.wallet.collect(&never.id).await), Code::RefundTooLarge, "no channel");
    assert_eq!(code(world.wallet.collect("nothing").await), Code::Stale);
    assert_eq!(code(world.wallet.withdraw(&never.id, None).await), Code::Stale);

    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    let (_, refund) = world.network.refund(Sat::new(50_000), 3_600).await.expect("a refund");
    assert_eq!(code(collect(&world, &refund).await), Code::RefundTooLarge, "no room");
    world.hub_opens().await;
    world.knows_the_network().await;
    let room = world.snapshot().balance.lightning.can_receive_msat;
    assert!(room > Msat::new(50_000_000));
    let id = collect(&world, &refund).await.expect("there is room now");
    paid(&world, &id).await;
    ends(world).await;
}

/// Where the wallet's process is killed: the place in a round of the loop, and in which round after the person collected.
/// Between them lie the row, LDK's call, the invoice's leaving, the money and the claim.
const PLACES: [&str; 8] = [
    "Begin:1",
    "Collected:1",
    "Durable:1",
    "Sent:1",
    "Collected:2",
    "Durable:2",
    "Released:3",
    "Collected:4",
];
/// The places before the invoice has left. After them the shop may try to pay while the wallet is gone, and give up.
const NOT_LEFT_YET: [&str; 3] = ["Begin:1", "Collected:1", "Durable:1"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_request_and_payment_it_comes_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let network =
        PracticeNetwork::open(&dir.path().join("network"), quick(), None).await.expect("network");
    let mut wallet = Remote::new(WALLET, dir.path().join("wallet"), &network, "refunds");
    wallet.start().await;
    wallet.opens_a_channel(&network).await;
    wallet.hub_opens(&network).await;
    let mut before = total(&usable(&mut wallet).await);
    let mut came = 0;
    for place in PLACES {
        let (theirs, refund) = network.refund(Sat::new(2_100), 3_600).await.expect("a refund");
        wallet.killed_at(place, "collect", &refund).await;
        let now = usable(&mut wallet).await;
        eprintln!("killed at {place}: {} msat came before", total(&now) - before);
        let again = wallet.ask("collect", &refund).await;
        assert!(again.is_ok() || total(&now) - before == 2_100_000, "{place}: {again:?}");
        let waiting = comes(&network, theirs, &mut wallet, before);
        if tokio::time::timeout(PATIENCE, waiting).await.expect("it comes, or the shop gives up") {
            came += 1;
            before += 2_100_000;
            assert!(wallet.ask("collect", &refund).await.is_err(), "{place}: once");
        } else {
            assert!(
                !NOT_LEFT_YET.contains(&place),
                "{place}: the shop was not asked before the wallet was back"
            );
        }
    }
    let rows = wallet.ask("rows", "machine broke").await.expect("rows");
    assert_eq!(rows.as_array().map(Vec::len), Some(came), "a row each");
    wallet.kill();
    network.stop().await;
}

/// Whether it comes. The shop tries to pay for a while, and may give up on a wallet that is gone: then nothing does.
async fn comes(
    network: &PracticeNetwork,
    theirs: PaymentId,
    wallet: &mut Remote,
    before: u64,
) -> bool {
    loop {
        let row = network.shop().detail(&theirs.to_string()).expect("rows").expect("the row");
        let now = total(&wallet.snapshot().await);
        if now - before == 2_100_000 {
            return true;
        }
        assert_eq!(now, before, "all of it or nothing");
        if row.movement.status == Status::Failed {
            return false;
        }
        wallet.ask("event", "").await.expect("always");
    }
}

/// Nothing is on its way, and both channels can be used.
async fn usable(wallet: &mut Remote) -> Value {
    wallet.knows_the_network().await;
    let at_rest =
        |channel: &Value| channel["state"]["type"] == "ready" && channel["inFlightMsat"] == 0;
    wallet
        .until("both channels", |now| {
            let channels = now["channels"]["list"].as_array().expect("a list");
            channels.len() == 2 && channels.iter().all(at_rest)
        })
        .await
}

fn total(now: &Value) -> u64 {
    now.pointer("/balance/totalMsat").and_then(Value::as_u64).expect("an amount")
}

async fn ends(world: World) {
    world.close_all().await;
    let books = Audit::of(&world);
    assert!((0..4_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}
