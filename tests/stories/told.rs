//! What LDK must never say, said by it all the same: a receipt outlives it.

use crate::code;
use crate::hold::HoldInvoices;
use crate::truth::{again, closes, detail, ends};
use fulmen_engine::PaymentId;
use fulmen_engine::amount::Msat;
use fulmen_engine::config::{Settings, Tunables};
use fulmen_engine::error::Code;
use fulmen_engine::probe::Probe;
use fulmen_engine::view::{Direction, Status};
use lightning::events::{Event, PaymentFailureReason, PaymentPurpose};
use lightning::types::payment::{PaymentHash, PaymentPreimage, PaymentSecret};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use stories::{World, quick};

/// A wallet at the shop's till whose LDK says `then` after each payment that was sent; how often it did.
async fn world(
    then: impl Fn(&Event) -> Option<Vec<Event>> + Send + Sync + 'static,
) -> (World, Arc<AtomicU32>) {
    let mut world = HoldInvoices::default().world().await;
    let said = Arc::new(AtomicU32::new(0));
    let count = said.clone();
    let probe = Probe::default().then(move |event| match then(event) {
        Some(events) => {
            count.fetch_add(1, Ordering::SeqCst);
            events
        }
        None => Vec::new(),
    });
    let settings = Settings { tunables: Tunables { probe, ..quick() }, ..world.settings() };
    world.reopen_with(settings).await;
    world.until("usable", |now| now.balance.lightning.can_send_msat > Msat::new(5_000_000)).await;
    world.knows_the_network().await;
    (world, said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_after_the_success() {
    let fails = |event: &Event| match event {
        Event::PaymentSent { payment_id: Some(id), payment_hash, .. } => {
            Some(vec![Event::PaymentFailed {
                payment_id: *id,
                payment_hash: Some(*payment_hash),
                reason: Some(PaymentFailureReason::RetriesExhausted),
            }])
        }
        _ => None,
    };
    let (mut world, said) = world(fails).await;
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let id = world.start_paying(&coffee).await;
    let paid = world.decided(id).await;
    assert_eq!((paid.movement.status, paid.movement.failure), (Status::Paid, None));
    assert_eq!(said.load(Ordering::SeqCst), 1);
    assert_eq!(code(world.wallet.read(&coffee)), Code::AlreadyPaid);
    again(&mut world).await;
    assert_eq!(detail(&world, id), paid);
    ends(world, 1).await;
}

/// Someone else's payment with the hash of one of ours: nobody asked for it, so it goes back; and where it was taken, it is
/// a row of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incoming_payment_with_the_hash_of_an_outgoing_one() {
    let comes_back = |event: &Event| match event {
        Event::PaymentSent { payment_preimage, payment_hash, .. } => {
            let (preimage, hash) = (*payment_preimage, *payment_hash);
            Some(vec![offered(preimage, hash), taken(preimage, hash)])
        }
        _ => None,
    };
    let (mut world, said) = world(comes_back).await;
    let before = world.snapshot().balance.total_msat;
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let id = world.start_paying(&coffee).await;
    let paid = world.decided(id).await;
    assert_eq!(said.load(Ordering::SeqCst), 1);
    let row = &paid.movement;
    assert_eq!((row.direction, row.status), (Direction::Out, Status::Paid));
    assert_eq!(row.amount_msat, Msat::new(2_100_000));
    let rows = |world: &World| {
        let all = world.wallet.activity(None, None).expect("rows").into_iter();
        all.filter(|row| row.amount_msat == Msat::new(OFFERED)).collect::<Vec<_>>()
    };
    let incoming = |world: &World| {
        let found = rows(world);
        assert_eq!(found.len(), 1);
        found[0].clone()
    };
    // LDK says it after what decided the other.
    world.until("a row of its own", |_| !rows(&world).is_empty()).await;
    let other = incoming(&world);
    assert_eq!((other.direction, other.status), (Direction::In, Status::Paid));
    assert_ne!(PaymentId::parse(&other.id), Some(id));
    // The balance is LDK's, and LDK has no such money.
    let spent = row.amount_msat.get() + row.fee_msat.expect("a fee").get();
    assert_eq!(world.snapshot().balance.total_msat, before.minus_or_zero(Msat::new(spent)));
    again(&mut world).await;
    assert_eq!((detail(&world, id), incoming(&world)), (paid, other));
    closes(&world, 1).await;
    // One row records money that never existed.
    world.stop().await;
}

/// Of no other payment here.
const OFFERED: u64 = 777_000;

fn purpose(preimage: PaymentPreimage) -> PaymentPurpose {
    PaymentPurpose::Bolt11InvoicePayment {
        payment_preimage: Some(preimage),
        payment_secret: PaymentSecret([9; 32]),
    }
}

fn offered(preimage: PaymentPreimage, payment_hash: PaymentHash) -> Event {
    Event::PaymentClaimable {
        receiver_node_id: None,
        payment_hash,
        onion_fields: None,
        amount_msat: OFFERED,
        counterparty_skimmed_fee_msat: 0,
        purpose: purpose(preimage),
        receiving_channel_ids: Vec::new(),
        claim_deadline: None,
        payment_id: None,
    }
}

fn taken(preimage: PaymentPreimage, payment_hash: PaymentHash) -> Event {
    Event::PaymentClaimed {
        receiver_node_id: None,
        payment_hash,
        amount_msat: OFFERED,
        purpose: purpose(preimage),
        htlcs: Vec::new(),
        sender_intended_total_msat: None,
        onion_fields: None,
        payment_id: None,
    }
}
