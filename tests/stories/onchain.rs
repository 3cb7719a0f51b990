//! Paying and being paid on-chain.

use crate::onchain_quote;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{Direction, FeeSpeed, InstructionKind, MovementKind, Status};
use fulmen_engine::{Choice, RequestParameters};
use stories::{Audit, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_paid_to_its_address() {
    let world = World::new().await;
    let amount = Sat::new(50_000);
    let request = world
        .wallet
        .receive(Msat::from_sat(amount), Some("for the roof".into()), 3600)
        .await
        .expect("a request");
    assert!(
        request.invoice.is_none() && request.uri.to_lowercase().starts_with("bitcoin:"),
        "{request:?}"
    );
    assert!(
        world.wallet.activity(None, None).expect("rows").is_empty(),
        "a request is no movement"
    );

    let status = |wanted: Status| {
        let id = request.id.clone();
        move |now: &fulmen_engine::view::Snapshot| {
            now.movements.iter().any(|row| row.id == id && row.status == wanted)
        }
    };
    let address: bitcoin::Address<_> = request.address.parse().expect("an address");
    world.network.chain().faucet(address.assume_checked().script_pubkey(), amount).expect("paid");
    world.wallet.sync().await;
    let detail = world.wallet.detail(&request.id).expect("rows").expect("the request");
    assert_eq!(detail.movement.status, Status::Pending, "seen, not confirmed");
    assert_eq!(detail.movement.kind, MovementKind::Onchain);

    world.mine(1).await;
    world.until("paid", status(Status::Paid)).await;
    let detail = world.wallet.detail(&request.id).expect("rows").expect("the request");
    assert_eq!(detail.movement.confirmations, Some(1));
    assert_eq!(detail.movement.amount_msat, Msat::from_sat(amount).unwrap());
    assert_eq!(detail.movement.note.as_deref(), Some("for the roof"));
    assert_eq!(detail.movement.direction, Direction::In);
    assert_eq!(world.wallet.activity(None, None).expect("rows").len(), 1, "one row, not two");
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrives_is_told_to_the_request_that_asked_for_it() {
    let world = World::new().await;
    let ask = |note: &str, sat: u64, replaces: Option<String>| RequestParameters {
        amount: Msat::from_sat(Sat::new(sat)),
        note: Some(note.into()),
        expiry_secs: 3600,
        replaces,
    };
    let rent = world.wallet.receive_as(ask("rent", 70_000, None)).await.expect("a request");
    let typed = world.wallet.receive_as(ask("roo", 5_000, None)).await.expect("a request");
    let roof = ask("roof", 50_000, Some(typed.id.clone()));
    let roof = world.wallet.receive_as(roof).await.expect("a request");
    assert_ne!(rent.address, roof.address, "two that are open at once");
    assert_eq!(typed.id, roof.id, "what was being written is one row");
    assert_eq!(typed.address, roof.address, "one that was still being written");
    let plain = world.wallet.receive(None, None, 3600).await.expect("a request");
    let again = world.wallet.receive(None, None, 3600).await.expect("a request");
    assert_eq!(plain.address, again.address, "they say nothing, so they share");
    assert!(![&rent.address, &roof.address].contains(&&plain.address));

    // Paid a little more than was asked for: the address identifies the request.
    let address: bitcoin::Address<_> = roof.address.parse().expect("an address");
    let script = address.assume_checked().script_pubkey();
    world.network.chain().faucet(script, Sat::new(50_001)).expect("paid");
    // Money that nobody asked for in a request goes to none of them.
    world.fund().await;
    let moved = world.wallet.activity(None, None).expect("rows");
    // Both may be of one second, and then either is the newer.
    let mut told: Vec<_> =
        moved.iter().map(|row| (row.note.as_deref(), row.amount_msat.get() / 1000)).collect();
    told.sort_unstable();
    assert_eq!(told, [(None, 1_000_000), (Some("roof"), 50_001)]);
    let of_roof = moved.iter().find(|row| row.id == roof.id).expect("the request's own row");
    assert_eq!(of_roof.note.as_deref(), Some("roof"));
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sent_at_every_speed() {
    let world = World::new().await;
    world.fund().await;
    let address = world.network.shop().address().await.expect("an address").to_string();
    let amount = Sat::new(100_000);
    let speeds =
        [FeeSpeed::Fast, FeeSpeed::Normal, FeeSpeed::Slow, FeeSpeed::Custom { sat_per_vb: 7 }];
    let mut fees = Vec::new();
    let mut expected = 1_000_000;
    for speed in speeds {
        let shown =
            onchain_quote(&world.wallet, &address, Some(amount), speed).await.expect("a quote");
        assert_eq!((shown.lightning, shown.speed), (false, Some(speed)));
        assert_eq!(shown.fee_choices.len(), 3);
        let fee = pay(&world, &shown.id).await;
        assert_eq!(
            Msat::from_sat(fee),
            Some(shown.fee_max_msat),
            "what was shown is what was paid"
        );
        expected -= amount.get() + fee.get();
        assert_eq!(world.snapshot().balance.onchain.total_sat.get(), expected);
        fees.push(fee);
    }
    assert!(fees[0] >= fees[1] && fees[1] >= fees[2], "{fees:?}");
    // One input, two outputs: 141 virtual bytes, give or take a byte of signature.
    assert!((980..=994).contains(&fees[3].get()), "{fees:?}");

    let shown =
        onchain_quote(&world.wallet, &address, None, FeeSpeed::Normal).await.expect("a quote");
    assert!(shown.everything);
    let fee = pay(&world, &shown.id).await;
    assert_eq!(shown.amount_msat, Msat::from_sat(Sat::new(expected - fee.get())).unwrap());
    assert_eq!(world.snapshot().balance.total_msat, Msat::ZERO);
    let books = Audit::of(&world);
    assert_eq!(books.unexplained(), 0, "{books}");
    world.end().await;
}

/// All there is goes on-chain alone: of a link with both ways it is sent where that is the way, and where it is chosen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_with_both_ways_says_which_one_it_goes_and_takes_all_there_is_on_chain() {
    let world = World::new().await;
    world.fund().await;
    let request = world.network.shop().receive(None, Some("a gift".into()), 3600).await;
    let request = request.expect("a request");
    assert!(request.invoice.is_some(), "the shop has channels: {request:?}");
    let read = world.wallet.read(&request.uri).expect("readable");
    assert_eq!((read.kind, read.goes_onchain), (InstructionKind::Unified, true), "no channel");
    world.open_to_hub(Sat::new(200_000)).await;
    let read = world.wallet.read(&request.uri).expect("readable");
    assert!(read.ways.onchain && !read.goes_onchain, "there is a channel: {read:?}");

    let choice = Choice { instruction: read.id, everything: true, ..Choice::default() };
    let quote = world.wallet.preview(choice).await.expect("a quote");
    assert!(!quote.lightning && quote.everything && quote.instruction.goes_onchain, "{quote:?}");
    let before = world.snapshot().balance.onchain.can_spend_sat;
    assert_eq!(Msat::from_sat(before), Some(quote.total_max_msat), "all that can be spent");
    pay(&world, &quote.id).await;
    let after = world.snapshot().balance;
    assert_eq!(after.onchain.can_spend_sat, Sat::ZERO);
    assert!(after.onchain.total_sat > Sat::ZERO, "the reserve of the channel stays");
    world.end().await;
}

/// The letters of bech32, each for its number.
const BECH32: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Two P2WPKH addresses that begin and end alike.
const ALIKE: [&str; 2] = [
    "bcrt1qqurswpc8qurswpc8qurswpc8qurswpc8dxm0gk",
    "bcrt1qqursh2psf9veh2psf9veh2psf973llqqcym0gk",
];

/// Another address with the same ends. The checksum of bech32 is linear, so what one forgery differs by forges any address.
fn forged(address: &str) -> String {
    let number = |letter: char| BECH32.find(letter).expect("a letter of bech32");
    let forge = |(letter, (one, other)): (char, (char, char))| match number(one) ^ number(other) {
        0 => letter,
        differs => char::from(BECH32.as_bytes()[number(letter) ^ differs]),
    };
    // The prefix and the version are the same, and no letters of bech32 all of them.
    let (head, data) = address.split_at("bcrt1q".len());
    let [one, other] = ALIKE.map(|alike| alike["bcrt1q".len()..].chars());
    let data: String = data.chars().zip(one.zip(other)).map(forge).collect();
    format!("{head}{data}")
}

/// Who swaps an address in a history counts on the payer comparing its ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_only_looks_like_one_that_was_paid_is_pointed_out() {
    let mut world = World::new().await;
    world.fund().await;
    let payee = world.network.shop().address().await.expect("an address").to_string();
    let forged = forged(&payee);
    assert_ne!(forged, payee);
    assert_eq!((&forged[..10], &forged[40..]), (&payee[..10], &payee[40..]), "the same ends");
    let quote = async |world: &World, address: &str| {
        let amount = Some(Sat::new(30_000));
        onchain_quote(&world.wallet, address, amount, FeeSpeed::Normal).await.expect("a quote")
    };
    let first = quote(&world, &forged).await;
    assert_eq!(first.looks_like, None, "nobody was paid yet");
    let honest = quote(&world, &payee).await;
    assert_eq!(honest.looks_like, None);
    pay(&world, &honest.id).await;

    world.reopen().await;
    for text in [forged.clone(), forged.to_uppercase(), format!("bitcoin:{forged}?amount=0.0003")] {
        let looks_like = quote(&world, &text).await.looks_like;
        assert_eq!(looks_like.as_ref(), Some(&payee), "{text}");
    }
    let again = quote(&world, &payee).await;
    assert_eq!(again.looks_like, None, "it is the one that was paid");
    assert!(again.paid_before.is_some());
    let hub = world.network.hub().address().await.expect("an address").to_string();
    assert_eq!(quote(&world, &hub).await.looks_like, None, "another one altogether");
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

/// What would cost half of what arrives wants a yes of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fee_of_half_the_amount_is_asked_about() {
    let world = World::new().await;
    world.fund().await;
    let payee = world.network.shop().address().await.expect("an address").to_string();
    let speed = FeeSpeed::Custom { sat_per_vb: 20 };
    let quote = async |sat: u64| {
        onchain_quote(&world.wallet, &payee, Some(Sat::new(sat)), speed).await.expect("a quote")
    };
    let usual = quote(100_000).await;
    assert!(!usual.large_fee && usual.fee_permille.is_some_and(|share| share < 500), "{usual:?}");
    let fee = usual.fee_max_msat.get() / 1_000;
    let below = quote(2 * fee + fee / 100).await;
    assert_eq!(below.fee_max_msat, usual.fee_max_msat, "it does not hang on the amount");
    assert!(!below.large_fee, "{below:?}");
    let half = quote(2 * fee).await;
    assert_eq!((half.large_fee, half.fee_permille), (true, Some(500)));
    let more = quote(294).await;
    assert!(more.large_fee && more.fee_permille > Some(1_000), "more than what arrives: {more:?}");

    // With a yes it is paid as it was shown.
    let paid = pay(&world, &half.id).await;
    assert_eq!(paid.get(), fee);
    assert_eq!(world.snapshot().balance.onchain.total_sat.get(), 1_000_000 - 3 * fee);
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

/// Pays, mines it, and reads from the chain what the miner got.
async fn pay(world: &World, quote: &str) -> Sat {
    let row = world.wallet.pay(quote).await.expect("sent");
    let txid = row.txid.clone().expect("a transaction");
    let fee = world.network.chain().fee_of(&txid.parse().expect("an id")).expect("in the mempool");
    world.mine(1).await;
    let detail = world.decided(row.id).await;
    assert_eq!(detail.movement.status, Status::Paid);
    assert_eq!(detail.movement.fee_msat, Msat::from_sat(fee));
    fee
}
