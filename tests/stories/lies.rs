//! What a server says ends nothing: each lie is told to a wallet with a channel, which stays, says so, and goes on when the
//! truth is told again: within one look. A part that fails does not keep the channels from being followed. What every kind of server
//! can say is said by each.

use crate::hold::HoldInvoices;
use crate::refusals::stranger;
use crate::{code, lie, onchain_quote};
use bitcoin::absolute::LockTime;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, ScriptBuf, Transaction, TxIn, TxOut, Txid};
use fulmen_engine::Wallet;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::chain::{Address, try_source};
use fulmen_engine::config::{Settings, Tunables};
use fulmen_engine::error::Code;
use fulmen_engine::keys::Password;
use fulmen_engine::probe::HtlcPolicy;
use fulmen_engine::time::Timestamp;
use fulmen_engine::view::{
    ClockOffset, CloseWay, FeeSpeed, NetworkId, ReceiveNotice, Snapshot, SourceTrouble, Status,
    SyncStatus,
};
use fulmen_practice::chain::PracticeChain;
use fulmen_practice::esplora::{EsploraServer, Frozen, Instead, Lies, Rewrite};
use lightning_invoice::Currency;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use stories::{Audit, Kind, Server, World};

fn is_offline(sync: &SyncStatus) -> bool {
    matches!(sync, SyncStatus::Offline { .. })
}

async fn with_a_channel() -> World {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world
}

/// Everybody else in the story hears the truth: the wallet has a server of its own, which lies.
async fn its_own_server(world: &World, kind: Kind) -> (Server, Lies) {
    let lies = Lies::none();
    let server = Server::start(kind, world.network.chain().clone(), lies.clone()).await;
    world.wallet.use_sources(&[server.url()]).await.expect("used");
    world.wallet.sync().await;
    (server, lies)
}

async fn with_its_own_server(kind: Kind) -> (World, Server, Lies) {
    let world = with_a_channel().await;
    let (server, lies) = its_own_server(&world, kind).await;
    (world, server, lies)
}

/// One look at the truth is enough.
async fn is_true_again(world: &World, before: &Snapshot, what: &str) {
    world.wallet.sync().await;
    let (health, now) = (world.wallet.health(), world.snapshot());
    assert_eq!((health.source_trouble, health.channels_trouble), (None, None), "{what}");
    assert_eq!(now.tip.height, world.network.chain().tip().height, "{what}");
    assert_eq!(now.balance.total_msat, before.balance.total_msat, "{what}");
    assert_eq!(now.channels.list.len(), before.channels.list.len(), "{what}");
}

/// The wallet hears the lie in several looks, with new blocks, and across a restart; then the truth.
async fn survives(kind: Kind, what: &str, rewrite: Rewrite) {
    let what = format!("{what} by {kind:?}");
    let (mut world, server, lies) = with_its_own_server(kind).await;
    let before = world.snapshot();
    lies.tell(|told| told.rewrite = Some(rewrite));
    for _ in 0..2 {
        world.mine(1).await;
    }
    let settings = world.settings();
    world.reopen_with(Settings { source_urls: vec![server.url()], ..settings }).await;
    world.wallet.sync().await;
    let told = world.snapshot();
    assert_eq!(told.channels.list.len(), 1, "{what}: {told:#?}");
    lies.truth();
    is_true_again(&world, &before, &what).await;
    world.until(&what, |now| now.sync == SyncStatus::Ready).await;
    world.close_all().await;
    assert_eq!(Audit::of(&world).unexplained(), 0, "{what}: {}", Audit::of(&world));
    world.end().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heights_that_cannot_be() {
    for kind in Kind::ALL {
        for height in [u32::MAX, u32::MAX - 5, 1 << 31] {
            for lie in lie::heights(kind, height) {
                survives(kind, "a height", lie).await;
            }
        }
    }
}

/// LDK fails a payment of ours by closing its channel once the chain is past its time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_from_nowhere_far_above_ends_no_payment() {
    for kind in Kind::ALL {
        let hold = HoldInvoices::default();
        let world = hold.world().await;
        let (server, lies) = its_own_server(&world, kind).await;
        hold.set(HtlcPolicy::NotYet);
        let coffee = world.network.order_coffee().await.expect("an invoice");
        let id = world.start_paying(&coffee).await;
        let on_its_way = |now: &Snapshot| now.channels.list[0].in_flight_msat > Msat::ZERO;
        let before = world.until("on its way", on_its_way).await;
        let above = lie::far_above(kind, world.network.chain().tip(), 300);
        lies.tell(|told| told.rewrite = Some(above));
        for _ in 0..2 {
            world.wallet.sync().await;
            let told = world.snapshot();
            assert_eq!((told.tip, told.channels.list.len()), (before.tip, 1), "{kind:?}");
            assert!(world.wallet.health().source_trouble.is_some(), "{kind:?}");
            assert!(on_its_way(&told) && world.network.chain().mempool().is_empty(), "{kind:?}");
        }
        lies.truth();
        is_true_again(&world, &before, "a block from nowhere").await;
        hold.set(HtlcPolicy::AtOnce);
        world.network.shop().sync().await;
        assert_eq!(world.decided(id).await.movement.status, Status::Paid, "{kind:?}");
        world.close_all().await;
        assert_eq!(Audit::of(&world).unexplained(), 0, "{kind:?}: {}", Audit::of(&world));
        world.end().await;
        server.stop().await;
    }
}

/// It pays a request, waits in the server's mempool, and is in a block by the server's word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_nobody_made_is_gone_after_one_honest_look() {
    for kind in Kind::ALL {
        let (world, server, lies) = with_its_own_server(kind).await;
        let before = world.snapshot();
        let amount = Sat::new(50_000);
        let asked = world.wallet.receive(Msat::from_sat(amount), None, 3600).await;
        let asked = asked.expect("a request");
        let address: bitcoin::Address<_> = asked.address.parse().expect("an address");
        let script = address.assume_checked().script_pubkey();
        let status = || {
            let row = world.wallet.detail(&asked.id).expect("rows").expect("the request");
            row.movement.status
        };
        let chain = world.network.chain();
        let frozen = Frozen::now(chain).and(invented(script.clone(), amount));
        for rewrite in [None, Some(lie::confirmed(chain.tip()))] {
            lies.tell(|told| {
                told.frozen = Some(frozen.clone());
                told.rewrite = rewrite;
            });
            world.wallet.sync().await;
            let told = world.snapshot().balance.onchain;
            assert_eq!(told.can_spend_sat, before.balance.onchain.can_spend_sat, "{kind:?}");
            assert_ne!(status(), Status::Paid, "{kind:?}");
        }
        lies.truth();
        is_true_again(&world, &before, &format!("what nobody made, by {kind:?}")).await;
        assert_eq!(world.snapshot().balance, before.balance, "{kind:?}");
        // The request waits for whoever pays it.
        chain.faucet(script, amount).expect("paid");
        world.mine(1).await;
        assert_eq!(status(), Status::Paid, "{kind:?}");
        world.end().await;
        server.stop().await;
    }
}

/// What only our keys can spend, spent by nobody: away, and to ourselves with more than there was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spend_of_our_coin_that_nobody_signed_is_none() {
    for kind in Kind::ALL {
        let (mut world, server, lies) = with_its_own_server(kind).await;
        let (before, rows) = (world.snapshot(), movements(&world));
        let coin = world.wallet.coins().into_iter().next().expect("a coin");
        let asked = world.wallet.receive(None, None, 3600).await.expect("a request");
        let ours: bitcoin::Address<_> = asked.address.parse().expect("an address");
        let ours = ours.assume_checked().script_pubkey();
        let chain = world.network.chain();
        let away = ScriptBuf::new_p2wsh(&bitcoin::WScriptHash::hash(b"away"));
        for (script, amount) in [(away, coin.amount_sat), (ours, Sat::new(8_000_000_000_000))] {
            let previous_output = coin.outpoint.parse().expect("an outpoint");
            let mut forged = invented(script, amount);
            forged.input[0].previous_output = previous_output;
            let frozen = Frozen::now(chain).and(forged);
            lies.tell(|told| told.frozen = Some(frozen));
            world.wallet.sync().await;
            assert_eq!(world.snapshot().balance, before.balance, "{kind:?}");
            assert_eq!(movements(&world), rows, "{kind:?}");
            let trouble = world.wallet.health().source_trouble;
            assert_eq!(trouble, Some(SourceTrouble::Nonsense), "{kind:?}");
        }
        let settings = world.settings();
        world.reopen_with(Settings { source_urls: vec![server.url()], ..settings }).await;
        world.wallet.sync().await;
        assert_eq!(world.snapshot().balance.onchain, before.balance.onchain, "{kind:?}");
        lies.truth();
        is_true_again(&world, &before, &format!("a spend that nobody signed, by {kind:?}")).await;
        assert_eq!(world.snapshot().balance, before.balance, "{kind:?}");
        world.close_all().await;
        assert_eq!(Audit::of(&world).unexplained(), 0, "{kind:?}: {}", Audit::of(&world));
        world.end().await;
        server.stop().await;
    }
}

fn movements(world: &World) -> usize {
    world.snapshot().movements.iter().filter(|row| row.status != Status::Pending).count()
}

/// It spends what is nowhere.
fn invented(script_pubkey: ScriptBuf, amount: Sat) -> Transaction {
    let previous_output = OutPoint::new(Txid::from_byte_array([7; 32]), 0);
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn { previous_output, ..TxIn::default() }],
        output: vec![TxOut { value: Amount::from_sat(amount.get()), script_pubkey }],
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_first_block_behind_the_right_one() {
    let other = "00".repeat(32);
    let lie = move |path: &str, answer: &mut Value| {
        if path == "/blocks"
            && let Some(blocks) = answer.as_array_mut()
            && let Some(mut first) = blocks.last().cloned()
        {
            first["height"] = json!(0);
            first["id"] = json!(other);
            first["previousblockhash"] = Value::Null;
            blocks.push(first);
        }
    };
    survives(Kind::Esplora, "another first block", Rewrite::by(lie)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_far_above_the_others() {
    let lie = |path: &str, answer: &mut Value| {
        if path == "/blocks"
            && let Some(blocks) = answer.as_array_mut()
            && let Some(mut above) = blocks.first().cloned()
        {
            above["height"] = json!(4_000_000_000u32);
            above["id"] = json!("11".repeat(32));
            blocks.insert(0, above);
        }
    };
    survives(Kind::Esplora, "a block above", Rewrite::by(lie)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn times_that_cannot_be() {
    for kind in Kind::ALL {
        for time in [u64::MAX, u64::from(u32::MAX), 0] {
            for lie in lie::times(kind, time) {
                survives(kind, "a time", lie).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_of_another_kind() {
    let (world, server, lies) = with_its_own_server(Kind::Esplora).await;
    let before = world.snapshot();
    let page =
        "<html>\u{202e}Get the security update at \u{1b}[2Jhttps://example.invalid".to_owned();
    for body in [page, "[]".into(), "{}".into(), "null".into(), "a".repeat(30_000_000)] {
        let instead = Instead { status: 200, body, ..Instead::default() };
        lies.tell(|told| told.instead = vec![instead]);
        world.wallet.sync().await;
        let now = world.snapshot();
        assert!(is_offline(&now.sync), "{:?}", now.sync);
        assert_eq!(now.balance, before.balance);
        assert_eq!(world.wallet.health().source_trouble, Some(SourceTrouble::Nonsense));
    }
    lies.truth();
    world.wallet.sync().await;
    world.until("ready", |now| now.sync == SyncStatus::Ready).await;
    world.end().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_to_another_place_is_not_followed() {
    let (world, server, lies) = with_its_own_server(Kind::Esplora).await;
    let elsewhere = Lies::none();
    let other = EsploraServer::start(world.network.chain().clone(), elsewhere.clone()).await;
    let other = other.expect("another server");
    let instead =
        |location| Instead { status: 302, location: Some(location), ..Instead::default() };
    lies.tell(|told| told.instead = vec![instead(other.url())]);
    let tip = world.snapshot().tip;
    world.mine(1).await;
    assert_eq!(world.snapshot().tip, tip, "the other server was never asked");
    assert_eq!(world.wallet.health().source_trouble, Some(SourceTrouble::SendsElsewhere));
    lies.truth();
    world.mine(0).await;
    assert_eq!(world.snapshot().tip.height, tip.height + 1);
    world.end().await;
    other.stop().await;
    server.stop().await;
}

/// One address of ours cannot be asked for, and the peer closes by force with a payment of ours claimed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_fails_does_not_blind_the_channels() {
    let (world, server, lies) = with_its_own_server(Kind::Esplora).await;
    let channel = world.snapshot().channels.list[0].clone();
    let address = world.wallet.address().await.expect("an address");
    let script = sha256::Hash::hash(address.script_pubkey().as_bytes());
    for status in [429, 500] {
        let path = format!("/scripthash/{script:x}");
        lies.tell(|told| told.instead = vec![Instead { path, status, ..Instead::default() }]);
        world.wallet.sync().await;
        let health = world.wallet.health();
        let trouble =
            if status == 429 { SourceTrouble::Busy } else { SourceTrouble::Answers { status } };
        assert_eq!(health.source_trouble, Some(trouble));
        assert_eq!(health.channels_trouble, None);
        assert!(is_offline(&health.sync), "{:?}", health.sync);
    }
    let hub = world.network.hub();
    let preview = hub.preview_close(&channel.id, CloseWay::Force).expect("a preview");
    hub.close_channel(&preview.id).await.expect("closed");
    world.until("sent", |_| !world.network.chain().mempool().is_empty()).await;
    world.mine(1).await;
    let seen =
        |now: &Snapshot| now.balance.closing.first().is_some_and(|closing| closing.confirmed);
    world.until("the spend is seen", seen).await;
    lies.truth();
    world.settle().await;
    assert!((0..3_000).contains(&Audit::of(&world).unexplained()), "{}", Audit::of(&world));
    world.end().await;
    server.stop().await;
}

const HOURS: u64 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_behind_the_blocks_is_named() {
    let world = with_a_channel().await;
    world.knows_the_network().await;
    let amount = Some(Msat::new(20_000_000));
    let request = world.network.shop().receive(amount, None, 3600).await.expect("a request");
    let id = world.start_paying(&request.uri).await;
    assert_eq!(world.decided(id).await.movement.status, Status::Paid, "room to be paid");
    world.network.chain().set_ahead(HOURS * 3600);
    world.mine(1).await;
    let clock = world.wallet.health().clock;
    assert!(
        matches!(clock, Some(ClockOffset::Behind { secs, .. }) if secs.abs_diff(HOURS * 3600) < 600),
        "{clock:?}"
    );
    let sync = world.snapshot().sync;
    assert!(matches!(sync, SyncStatus::ClockWrong { .. }), "{sync:?}");
    let asked = world.wallet.receive(None, None, 3600).await.expect("a request");
    assert!(matches!(asked.notice, ReceiveNotice::ClockBehind { .. }), "{:?}", asked.notice);
    let for_a_day = world.wallet.receive(None, None, 86_400).await.expect("a request");
    assert_eq!(for_a_day.notice, ReceiveNotice::Fine, "hours are left of it");
    world.network.chain().set_ahead(0);
    world.mine(1).await;
    assert_eq!(world.wallet.health().clock, None);
    assert_eq!(world.snapshot().sync, SyncStatus::Ready);
    world.end().await;
}

/// Its chain is one of its own, whose blocks are hours old.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_ahead_of_the_blocks_is_named() {
    let world = World::new().await;
    let dir = tempfile::tempdir().expect("a directory");
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let chain = PracticeChain::open(dir.path(), move || Timestamp::from_secs(now() - HOURS * 3600));
    let chain = chain.expect("a chain");
    let server = EsploraServer::start(chain.clone(), Lies::none()).await.expect("a server");
    let settings = Settings { source_urls: vec![server.url()], ..world.settings_of("other") };
    let wallet = Wallet::create(settings, Password::StoredBeside).await.expect("a wallet");
    wallet.sync().await;
    chain.mine(1).expect("a block");
    wallet.sync().await;
    let clock = wallet.health().clock;
    assert!(matches!(clock, Some(ClockOffset::Ahead { .. })), "{clock:?}");
    let of =
        |hours: u64| stranger(Currency::Regtest, Some(1_000), Duration::from_secs(hours * 3600));
    assert_eq!(code(wallet.read(&of(2))), Code::ClockWrong, "good by the blocks' time");
    assert_eq!(code(wallet.read(&of(5))), Code::Expired);
    wallet.stop().await;
    server.stop().await;
    world.end().await;
}

/// What a server says of a block's time is part of the block: another is another block.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_that_a_block_has_not_is_not_believed() {
    let (world, server, lies) = with_its_own_server(Kind::Esplora).await;
    let tip = world.snapshot().tip;
    let later = json!(tip.time_secs + HOURS * 3600);
    lies.tell(|told| told.rewrite = Some(lie::saying("timestamp", later)));
    world.mine(1).await;
    assert_eq!((world.snapshot().tip, world.wallet.health().clock), (tip, None));
    assert_eq!(world.wallet.health().source_trouble, Some(SourceTrouble::Nonsense));
    lies.truth();
    world.mine(0).await;
    assert_eq!(world.snapshot().tip.height, tip.height + 1);
    world.end().await;
    server.stop().await;
}

/// LDK closes a channel whose funding is undone. Only another block in its place undoes it, not a server's word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_that_are_undone_by_nothing() {
    let lie = |path: &str, answer: &mut Value| {
        // Of the newest block this is not said: LDK's client would ask again for as long as it may.
        if path.ends_with("/status") && answer["next_best"].is_string() {
            answer["in_best_chain"] = json!(false);
        }
    };
    survives(Kind::Esplora, "blocks that are undone", Rewrite::by(lie)).await;
}

/// The first block is the same, and the server can prove all that it says: there is only less work in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_chain_with_less_work_changes_nothing() {
    for kind in Kind::ALL {
        let (mut world, server, _) = with_its_own_server(kind).await;
        let before = world.snapshot();
        let dir = tempfile::tempdir().expect("a directory");
        let chain = PracticeChain::open(dir.path(), Timestamp::now).expect("a chain");
        assert!(chain.tip().height < before.tip.height, "less work");
        let other = Server::start(kind, chain.clone(), Lies::none()).await;
        let sources = [other.url()];
        world.wallet.use_sources(&sources).await.expect("its network is the right one");
        for _ in 0..2 {
            chain.mine(1).expect("a block");
            world.wallet.sync().await;
            let told = world.snapshot();
            assert_eq!((told.tip.height, told.channels.list.len()), (before.tip.height, 1));
            assert_eq!(told.balance.total_msat, before.balance.total_msat);
            let trouble = world.wallet.health().channels_trouble;
            assert_eq!(trouble, Some(SourceTrouble::NotChecked), "{kind:?}");
            let settings = world.settings();
            world.reopen_with(Settings { source_urls: sources.to_vec(), ..settings }).await;
        }
        world.network.mine(1).await.expect("mined");
        world.wallet.use_sources(&[server.url()]).await.expect("used");
        is_true_again(&world, &before, &format!("less work by {kind:?}")).await;
        world.until("the truth", |now| now.sync == SyncStatus::Ready).await;
        world.end().await;
        other.stop().await;
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_that_are_withheld_again_are_not_forgotten() {
    for kind in Kind::ALL {
        let (world, server, lies) = with_its_own_server(kind).await;
        let frozen = Frozen::now(world.network.chain());
        world.mine(3).await;
        let before = world.snapshot();
        lies.tell(|told| told.frozen = Some(frozen));
        world.wallet.sync().await;
        let told = world.snapshot();
        assert_eq!((told.tip, told.channels.list.len()), (before.tip, 1), "{kind:?}");
        assert_eq!(told.balance, before.balance, "{kind:?}");
        world.network.mine(1).await.expect("mined");
        lies.truth();
        is_true_again(&world, &before, &format!("withheld by {kind:?}")).await;
        world.end().await;
        server.stop().await;
    }
}

/// A payment waits for a block, and the server says that it is in one: without a proof, or with one that proves nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmation_that_is_not_proven_pays_nothing() {
    for (status, body) in [(404, String::new()), (200, "00".repeat(120))] {
        let (mut world, server, lies) = with_its_own_server(Kind::Esplora).await;
        let before = world.snapshot().balance.onchain.can_spend_sat;
        let amount = Sat::new(50_000);
        let asked = world.wallet.receive(Msat::from_sat(amount), None, 3600).await;
        let asked = asked.expect("a request");
        let address: bitcoin::Address<_> = asked.address.parse().expect("an address");
        let chain = world.network.chain();
        chain.faucet(address.assume_checked().script_pubkey(), amount).expect("paid");
        let tip = chain.tip();
        lies.tell(|told| {
            let path = "/merkleblock-proof".into();
            told.instead = vec![Instead { path, status, body, ..Instead::default() }];
            told.rewrite = Some(lie::confirmed(tip));
        });
        let row = |world: &World| {
            let detail = world.wallet.detail(&asked.id).expect("rows").expect("the request");
            detail.movement.status
        };
        for _ in 0..2 {
            world.wallet.sync().await;
            assert_eq!(world.wallet.health().source_trouble, Some(SourceTrouble::Nonsense));
            let lied = world.snapshot();
            assert_eq!(lied.balance.onchain.can_spend_sat, before);
            assert_eq!((row(&world), lied.channels.list.len()), (Status::Pending, 1));
            let settings = world.settings();
            world.reopen_with(Settings { source_urls: vec![server.url()], ..settings }).await;
        }
        lies.truth();
        world.wallet.sync().await;
        world.until("ready", |now| now.sync == SyncStatus::Ready).await;
        assert_eq!(row(&world), Status::Pending);
        world.mine(1).await;
        assert_eq!(row(&world), Status::Paid);
        world.end().await;
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_packages_is_told() {
    let (world, server, lies) = with_its_own_server(Kind::Esplora).await;
    let tested = try_source(&Address::read(&server.url()), NetworkId::Practice).await;
    assert_eq!((tested.relays_packages, tested.trouble), (Some(true), None));
    assert_eq!(world.wallet.health().relays_packages, Some(true));
    let instead = Instead { path: "/txs/package".into(), status: 404, ..Instead::default() };
    lies.tell(|told| told.instead = vec![instead]);
    let tested = try_source(&Address::read(&server.url()), NetworkId::Practice).await;
    assert_eq!((tested.relays_packages, tested.trouble), (Some(false), None));
    world.wallet.use_sources(&[server.url()]).await.expect("used");
    world.wallet.sync().await;
    assert_eq!(world.wallet.health().relays_packages, Some(false));
    world.end().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_safe_start_asks_nobody_until_a_person_says_so() {
    let (mut world, server, lies) = with_its_own_server(Kind::Esplora).await;
    let before = world.snapshot();
    let settings = world.settings();
    let tunables = Tunables { offline: true, ..settings.tunables.clone() };
    world.wallet.stop().await;
    let asked = lies.asked();
    let urls = vec![server.url()];
    world.reopen_with(Settings { source_urls: urls, tunables, ..settings }).await;
    let now = world.snapshot();
    assert_eq!(now.sync, SyncStatus::SafeStart);
    assert_eq!(now.balance.total_msat, before.balance.total_msat);
    let address = world.network.shop().address().await.expect("an address").to_string();
    let quote = onchain_quote(&world.wallet, &address, Some(Sat::new(10_000)), FeeSpeed::Slow);
    assert_eq!(code(world.wallet.pay(&quote.await.expect("a quote").id).await), Code::NotReady);

    // Another server is chosen, and not asked either.
    let (honest, another) = (Lies::none(), world.network.chain().clone());
    let other = EsploraServer::start(another, honest.clone()).await.expect("a server");
    world.wallet.use_sources(&[other.url()]).await.expect("used");
    world.network.mine(1).await.expect("mined");
    assert_eq!((lies.asked(), honest.asked()), (asked, 0));
    let connected = |now: &Snapshot| now.channels.list.iter().any(|one| one.peer.connected);
    assert!(!connected(&world.snapshot()));

    world.wallet.go_online();
    world.until("ready", |now| now.sync == SyncStatus::Ready && connected(now)).await;
    assert_eq!(lies.asked(), asked, "the first server is never asked again");
    world.end().await;
    other.stop().await;
    server.stop().await;
}
