//! One truth for payments, whatever is repeated, refused, held or interrupted: a payment is paid once, shown once, and shown
//! as it is.

use crate::hold::HoldInvoices;
use crate::{code, quote};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::{Settings, Tunables};
use fulmen_engine::error::Code;
use fulmen_engine::event::Event;
use fulmen_engine::probe::{HtlcPolicy, Point, Probe};
use fulmen_engine::view::{Card, MovementDetail, MovementKind, Snapshot, Status};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use stories::{Audit, World, quick};

pub(crate) async fn again(world: &mut World) {
    world.reopen().await;
    world.until("usable", |now| now.balance.lightning.can_send_msat > Msat::new(5_000_000)).await;
    world.knows_the_network().await;
}

pub(crate) fn detail(world: &World, id: fulmen_engine::PaymentId) -> MovementDetail {
    world.wallet.detail(&id.to_string()).expect("rows").expect("the row is there")
}

/// Nothing but this came to the shop, and the books are right.
pub(crate) async fn ends(world: World, paid: usize) {
    closes(&world, paid).await;
    world.end().await;
}

/// The same, and goes on.
pub(crate) async fn closes(world: &World, paid: usize) {
    let rows = world.network.shop().activity(None, None).expect("rows");
    let sold = rows.iter().filter(|row| {
        row.kind == MovementKind::Lightning && row.amount_msat == Msat::new(2_100_000)
    });
    assert_eq!(sold.filter(|row| row.status == Status::Paid).count(), paid);
    world.close_all().await;
    let books = Audit::of(world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
}

/// On its way: the row, the balance and the card say so.
fn in_transit(now: &Snapshot, id: fulmen_engine::PaymentId) -> bool {
    let id = id.to_string();
    let row = now.movements.iter().find(|row| row.id == id);
    row.is_some_and(|row| row.status == Status::InTransit)
        && now.balance.in_transit_msat == Msat::new(2_100_000)
        && now.channels.list[0].in_flight_msat > Msat::new(2_100_000)
        && now.cards.contains(&Card::InTransit { movement_id: id })
}

/// The payee of a hold invoice lets it wait; it is on its way for as long as it is, also after a restart, and cannot be
/// paid again.
async fn held(then: HtlcPolicy) {
    let hold = HoldInvoices::default();
    let mut world = hold.world().await;
    hold.set(HtlcPolicy::NotYet);
    let before = world.snapshot().balance.total_msat;
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let id = world.start_paying(&coffee).await;
    let now = world.until("on its way", |now| in_transit(now, id)).await;
    assert!(now.balance.total_msat < before.minus_or_zero(Msat::new(2_100_000)), "and not ours");
    for _ in 0..2 {
        world.reopen().await;
        world.until("still on its way", |now| in_transit(now, id)).await;
        assert_eq!(code(world.wallet.read(&coffee)), Code::InFlight);
    }
    world.mine(3).await;
    assert!(in_transit(&world.snapshot(), id), "blocks change nothing");

    hold.set(then);
    world.network.shop().sync().await;
    let decided = world.decided(id).await.movement;
    let now = world
        .until("nothing on its way", |now| now.channels.list[0].in_flight_msat == Msat::ZERO)
        .await;
    assert_eq!(now.balance.in_transit_msat, Msat::ZERO);
    let paid = if then == HtlcPolicy::AtOnce {
        assert_eq!(decided.status, Status::Paid);
        assert_eq!(code(world.wallet.read(&coffee)), Code::AlreadyPaid);
        1
    } else {
        assert_eq!((decided.status, decided.failure), (Status::Failed, Some(Code::Rejected)));
        assert_eq!(now.balance.total_msat, before, "it came back whole");
        0
    };
    ends(world, paid).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_payment_that_is_taken() {
    held(HtlcPolicy::AtOnce).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_payment_that_comes_back() {
    held(HtlcPolicy::Never).await;
}

/// After a final failure the same invoice can be tried again: the same row, a new attempt, paid once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tried_again_after_a_failure() {
    let hold = HoldInvoices::default();
    let mut world = hold.world().await;
    hold.set(HtlcPolicy::Never);
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let id = world.start_paying(&coffee).await;
    let failed = world.decided(id).await.movement;
    assert_eq!((failed.status, failed.failure), (Status::Failed, Some(Code::Rejected)));
    again(&mut world).await;
    assert_eq!(detail(&world, id).movement.status, Status::Failed, "final is final");

    hold.set(HtlcPolicy::AtOnce);
    assert_eq!(world.start_paying(&coffee).await, id, "the same row");
    let paid = world.decided(id).await;
    assert_eq!((paid.movement.status, paid.movement.failure), (Status::Paid, None));
    let statuses: Vec<Status> = paid.history.iter().map(|step| step.status).collect();
    use Status::{Failed, InTransit, Paid, Pending};
    assert_eq!(statuses, [Pending, InTransit, Failed, InTransit, Paid]);
    again(&mut world).await;
    assert_eq!(detail(&world, id), paid, "no late failure touches it");
    ends(world, 1).await;
}

/// LDK forgets a finished payment after seven of its ticks and would pay the hash again. The journal does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_invoice_after_ldk_has_forgotten_it() {
    let mut world = HoldInvoices::default().world().await;
    let ticks = Arc::new(AtomicU32::new(0));
    let counted = ticks.clone();
    let probe = Probe::new(move |point| {
        if point == Point::Ticked {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let tunables = Tunables { ldk_tick: Duration::from_millis(200), probe, ..quick() };
    let settings = Settings { tunables, ..world.settings() };
    let coffee = world.network.order_coffee().await.expect("an invoice");
    world.reopen_with(settings).await;
    world.until("usable", |now| now.balance.lightning.can_send_msat > Msat::new(5_000_000)).await;
    world.knows_the_network().await;
    let prepared = quote(&world.wallet, &coffee, None).await.expect("a quote");
    let id = world.start_paying(&coffee).await;
    let paid = world.decided(id).await;
    assert_eq!(paid.movement.status, Status::Paid);

    ticks.store(0, Ordering::SeqCst);
    world.until("nine ticks", |_| ticks.load(Ordering::SeqCst) >= 9).await;
    assert_eq!(code(world.wallet.read(&coffee)), Code::AlreadyPaid);
    assert_eq!(code(world.wallet.pay(&prepared.id).await), Code::AlreadyPaid);
    again(&mut world).await;
    assert_eq!(code(world.wallet.read(&coffee)), Code::AlreadyPaid);
    assert_eq!(detail(&world, id), paid);
    ends(world, 1).await;
}

/// LDK reports every receipt again at each start, as long as its monitor keeps the preimage. It counts once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_is_told_again() {
    let mut world = HoldInvoices::default().world().await;
    world.hub_opens().await;
    let id = world.be_paid(Sat::new(5_000), "once").await;
    let hub = world.network.hub().clone();
    let empty = |now: &Snapshot| now.channels.list.iter().all(|c| c.in_flight_msat == Msat::ZERO);
    world.until("settled commitments", |now| empty(now) && empty(&hub.snapshot())).await;
    let row = world.wallet.detail(&id).expect("rows").expect("the row is there");
    let before = world.snapshot().balance.total_msat;
    for _ in 0..3 {
        world.wallet.stop().await;
        world.wallet = fulmen_engine::Wallet::open(
            world.settings(),
            fulmen_engine::keys::Password::StoredBeside,
        )
        .await
        .expect("opens again");
        let mut events = world.wallet.bus().subscribe();
        world.wallet.sync().await;
        world
            .until("usable", |now| now.balance.lightning.can_send_msat > Msat::new(5_000_000))
            .await;
        while let Ok(event) = events.try_recv() {
            assert!(!matches!(event, Event::Payment(_)), "nothing new is told: {event:?}");
        }
        assert_eq!(world.wallet.detail(&id).expect("rows").expect("the row is there"), row);
        assert_eq!(world.snapshot().balance.total_msat, before);
    }
    ends(world, 0).await;
}

/// Dies before its nth commit from now.
#[derive(Clone, Default)]
struct Death(Arc<AtomicU32>);

impl Death {
    fn settings(&self, world: &World) -> Settings {
        let left = self.0.clone();
        let probe = Probe::new(move |point| {
            if point != Point::Begin || left.load(Ordering::SeqCst) == 0 {
                return;
            }
            assert!(left.fetch_sub(1, Ordering::SeqCst) > 1, "dies here, as it was told to");
        });
        Settings { tunables: Tunables { probe, ..quick() }, ..world.settings() }
    }
}

/// The payer's loop dies before each of the commits of a payment in turn. Before the first it was never sent; after that it is
/// paid, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_whose_loop_dies_at_each_commit() {
    let mut world = HoldInvoices::default().world().await;
    let mut sold = 0;
    for nth in 1..=5 {
        let death = Death::default();
        world.reopen_with(death.settings(&world)).await;
        world
            .until("usable", |now| now.balance.lightning.can_send_msat > Msat::new(5_000_000))
            .await;
        world.knows_the_network().await;
        let coffee = world.network.order_coffee().await.expect("an invoice");
        let shown = quote(&world.wallet, &coffee, None).await.expect("a quote");
        world.wallet.durable().await;
        death.0.store(nth, Ordering::SeqCst);
        let paying = world.wallet.pay(&shown.id);
        drop(tokio::time::timeout(Duration::from_secs(5), paying).await);
        world.until("its death", |_| death.0.load(Ordering::SeqCst) == 0).await;

        again(&mut world).await;
        let rows = world.wallet.activity(None, None).expect("rows");
        // By its invoice: two coffees of one second are in no order.
        let row = rows.iter().find(|row| invoice_of(&world, &row.id) == coffee);
        let id = row.and_then(|row| fulmen_engine::PaymentId::parse(&row.id));
        let decided = match id {
            Some(id) => world.decided(id).await.movement,
            None => {
                assert_eq!(nth, 1, "only what was never durable is not there");
                continue;
            }
        };
        match decided.status {
            Status::Paid => sold += 1,
            _ => assert_eq!(decided.failure, Some(Code::NeverSent), "{nth}: {decided:?}"),
        }
    }
    assert!(sold >= 3, "most of them were sent: {sold}");
    ends(world, sold).await;
}

fn invoice_of(world: &World, id: &str) -> String {
    world.wallet.detail(id).expect("rows").and_then(|row| row.invoice).unwrap_or_default()
}

/// The payee's loop dies before each of its commits in turn, so the same money is offered to it again. It is taken once, and both
/// say the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payee_whose_loop_dies_at_each_commit() {
    let mut world = HoldInvoices::default().world().await;
    world.hub_opens().await;
    for nth in 1..=5 {
        let death = Death::default();
        world.reopen_with(death.settings(&world)).await;
        let room = |now: &Snapshot| now.balance.lightning.can_receive_msat > Msat::new(9_000_000);
        world.until("room", room).await;
        let amount = Msat::new(1_000_000 + u64::from(nth));
        let request = world.wallet.receive(Some(amount), None, 3600).await.expect("a request");
        death.0.store(nth, Ordering::SeqCst);
        let network = world.network.clone();
        let invoice = request.invoice.clone().expect("channels");
        let paying = async { network.shop_pays(&invoice).await.expect("decided") };
        let living = async {
            world.until("its death", |_| death.0.load(Ordering::SeqCst) == 0).await;
            world.reopen().await;
        };
        let (status, ()) = tokio::join!(paying, living);
        assert_eq!(status, Status::Paid, "{nth}: it is asked again until it takes it");
        let taken =
            || world.wallet.detail(&request.id).expect("rows").expect("the row is there").movement;
        world.until("taken", |_| taken().status == Status::Paid).await;
        assert_eq!(taken().amount_msat, amount);
    }
    let rows = world.wallet.activity(None, None).expect("rows");
    let taken = rows.iter().filter(|row| row.amount_msat.get() / 1_000_000 == 1);
    assert_eq!(taken.count(), 5);
    ends(world, 0).await;
}
