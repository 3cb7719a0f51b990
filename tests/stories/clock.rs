//! A computer's clock that is off by minutes: servers say so, it is named wherever it matters, and it stops no payment.

use crate::code;
use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::Code;
use fulmen_engine::time::Timestamp;
use fulmen_engine::view::{ClockOffset, ClockWitness, ReceiveNotice, Status, SyncStatus};
use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret};
use std::time::Duration;
use stories::World;

const MINUTES: i64 = 25;

/// Of somebody, made so long ago, good for ten minutes.
fn invoice(minutes_ago: u64) -> String {
    let key = SecretKey::from_slice(&[41; 32]).expect("a key");
    let made = Timestamp::now().secs() - minutes_ago * 60;
    let builder = InvoiceBuilder::new(Currency::Regtest)
        .description("tea".into())
        .payment_hash(sha256::Hash::hash(b"tea"))
        .payment_secret(PaymentSecret([7; 32]))
        .duration_since_epoch(Duration::from_secs(made))
        .expiry_time(Duration::from_secs(600))
        .min_final_cltv_expiry_delta(18)
        .amount_milli_satoshis(1_000);
    let sign = |hash: &_| Secp256k1::new().sign_ecdsa_recoverable(hash, &key);
    builder.build_signed(sign).expect("an invoice").to_string()
}

fn is_about(offset: Option<ClockOffset>, minutes: i64) -> bool {
    let (secs, by, is_slow) = match offset {
        Some(ClockOffset::Behind { secs, by }) => (secs, by, true),
        Some(ClockOffset::Ahead { secs, by }) => (secs, by, false),
        None => return false,
    };
    by == ClockWitness::Servers
        && is_slow == (minutes > 0)
        && secs.abs_diff(minutes.unsigned_abs() * 60) < 60
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_servers_find_wrong_is_named_and_stops_nothing() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    world.hub_opens().await;
    world.knows_the_network().await;
    assert_eq!(world.wallet.health().clock, None);

    // Slow by its server's clock.
    world.network.lies().tell(|told| told.clock = Some(MINUTES * 60));
    world.wallet.sync().await;
    let clock = world.wallet.health().clock;
    assert!(is_about(clock, MINUTES), "{clock:?}");
    let sync = world.snapshot().sync;
    assert!(matches!(sync, SyncStatus::ClockWrong { .. }), "{sync:?}");
    let short = world.wallet.receive(None, None, 600).await.expect("a request");
    assert!(matches!(short.notice, ReceiveNotice::ClockBehind { .. }), "{:?}", short.notice);
    assert!(short.invoice.is_some(), "it is made all the same");
    let long = world.wallet.receive(None, None, 7_200).await.expect("a request");
    assert_eq!(long.notice, ReceiveNotice::Fine);
    assert_eq!(world.coffee().await.movement.status, Status::Paid, "one liar stops nothing");
    assert_eq!(code(world.wallet.read(&invoice(20))), Code::Expired, "by both clocks");

    // Fast: what has expired here is good there.
    world.network.lies().tell(|told| told.clock = Some(-MINUTES * 60));
    world.wallet.sync().await;
    let clock = world.wallet.health().clock;
    assert!(is_about(clock, -MINUTES), "{clock:?}");
    assert_eq!(code(world.wallet.read(&invoice(20))), Code::ClockWrong);
    assert_eq!(code(world.wallet.read(&invoice(60))), Code::Expired);

    // A second server that tells the truth is nearer to us.
    let read = world.wallet.read("tips@shop.practice").expect("a name");
    world.wallet.look_up(&read.id).await.expect("it answers");
    assert_eq!(world.wallet.health().clock, None, "of two that differ, the nearer one");
    assert_eq!(code(world.wallet.read(&invoice(20))), Code::Expired);

    world.network.lies().truth();
    world.wallet.sync().await;
    assert_eq!(world.snapshot().sync, SyncStatus::Ready);
    let paid = Msat::new(2_100_000);
    assert!(world.snapshot().movements.iter().any(|row| row.amount_msat == paid));
    world.end().await;
}
