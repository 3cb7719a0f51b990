//! Every sat that moved is recorded by exactly one row: what a close brought and cost, what a thief's commitment gave, what was
//! taken and claimed on the chain. The rows are weighed at the end of each story.

use crate::hold::HoldInvoices;
use crate::stale::{behind_a_door, settled};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::{Settings, Tunables};
use fulmen_engine::keys::Password;
use fulmen_engine::probe::{HtlcPolicy, Point, Probe};
use fulmen_engine::view::{
    CloseWay, Direction, Movement, MovementDetail, MovementKind, Snapshot, Status,
};
use fulmen_engine::{Choice, Wallet};
use fulmen_practice::chain::Branch;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stories::{Door, Offers, World, funding, quick, ready_in};

pub(crate) async fn force(closer: &Wallet, channel: &str) {
    let preview = closer.preview_close(channel, CloseWay::Force).expect("preview");
    closer.close_channel(&preview.id).await.expect("closed");
}

/// Kind, direction, status and amount of each row.
fn rows(world: &World) -> Vec<String> {
    let line = |row: Movement| {
        let Movement { kind, direction, status, amount_msat, change_msat, .. } = row;
        format!("{kind:?} {direction:?} {status:?} {amount_msat} {change_msat}")
    };
    let mut rows: Vec<_> =
        world.wallet.activity(None, None).expect("rows").into_iter().map(line).collect();
    rows.sort();
    rows
}

fn kinds(world: &World) -> Vec<MovementKind> {
    let mut kinds: Vec<_> =
        world.wallet.activity(None, None).expect("rows").into_iter().map(|row| row.kind).collect();
    kinds.sort_by_key(|kind| *kind as u8);
    kinds
}

const A_CHANNELS_LIFE: [MovementKind; 4] = [
    MovementKind::Lightning,
    MovementKind::Onchain,
    MovementKind::ChannelOpen,
    MovementKind::ChannelClose,
];

/// Longer than LDK's sweeper remembers what it swept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_after_a_close_by_force() {
    let world = HoldInvoices::default().world().await;
    world.coffee().await;
    settled(&world).await;
    let channel = world.snapshot().channels.list[0].id.clone();
    force(&world.wallet, &channel).await;
    world.until("sent", |_| !world.network.chain().mempool().is_empty()).await;
    world.settle().await;
    world.mine(6).await;
    assert_eq!(kinds(&world), A_CHANNELS_LIFE, "{:#?}", rows(&world));
    let told = rows(&world);
    world.mine(4_032 + 6).await;
    world.mine(1).await;
    assert_eq!(rows(&world), told);
    world.end().await;
}

/// A person closes by force while the last step of a payment is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_in_the_middle_of_a_revocation() {
    let mut world = HoldInvoices::default().world().await;
    let channel = world.snapshot().channels.list[0].id.clone();
    let (inside, mut is_inside) = tokio::sync::mpsc::unbounded_channel();
    let (closed, is_closed) = std::sync::mpsc::channel::<()>();
    let (revocations, is_closed) = (AtomicUsize::new(0), Mutex::new(is_closed));
    let probe = Probe::default().revoked(move || {
        // The peer revokes once with the HTLC added, and once with it removed.
        if revocations.fetch_add(1, Ordering::SeqCst) == 1 {
            inside.send(()).expect("the story waits for it");
            // The close must wait for this, so it is not waited for until it is done.
            let is_closed = is_closed.lock().expect("not poisoned");
            let _is_late = is_closed.recv_timeout(Duration::from_secs(1));
        }
    });
    let settings = world.settings();
    let tunables = Tunables { probe, ..settings.tunables.clone() };
    world.reopen_with(Settings { tunables, ..settings }).await;
    world.wallet.sync().await;
    world.until("usable", |now| ready_in(now) == 1).await;
    world.knows_the_network().await;
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let id = world.start_paying(&coffee).await;
    is_inside.recv().await.expect("the HTLC is removed");
    force(&world.wallet, &channel).await;
    closed.send(()).expect("the wallet still has the other end");
    assert_eq!(world.decided(id).await.movement.status, Status::Paid);
    world.until("sent", |_| !world.network.chain().mempool().is_empty()).await;
    world.settle().await;
    assert_eq!(kinds(&world), A_CHANNELS_LIFE, "{:#?}", rows(&world));
    world.end().await;
}

/// A person closes by force when the last payment is removed, and before LDK says that it was taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_before_it_is_told_that_the_payment_was_taken() {
    let mut world = HoldInvoices::default().world().await;
    let channel = world.snapshot().channels.list[0].id.clone();
    let flag = || Arc::new(AtomicBool::new(false));
    let (is_removed, is_completed, is_closed) = (flag(), flag(), flag());
    let (removed, completed, closed) =
        (is_removed.clone(), is_completed.clone(), is_closed.clone());
    let has_begun = AtomicBool::new(false);
    let look = move |point| match point {
        Point::Begin => has_begun.store(removed.load(Ordering::SeqCst), Ordering::SeqCst),
        Point::Sent if has_begun.load(Ordering::SeqCst) => {
            completed.store(true, Ordering::SeqCst);
            while !closed.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
        }
        _ => {}
    };
    let revocations = AtomicUsize::new(0);
    let probe = Probe::new(look).revoked(move || {
        // The peer revokes once with the HTLC added, and once with it removed.
        if revocations.fetch_add(1, Ordering::SeqCst) == 1 {
            is_removed.store(true, Ordering::SeqCst);
        }
    });
    let settings = world.settings();
    let tunables = Tunables { probe, ..settings.tunables.clone() };
    world.reopen_with(Settings { tunables, ..settings }).await;
    world.wallet.sync().await;
    world.until("usable", |now| ready_in(now) == 1).await;
    world.knows_the_network().await;
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let id = world.start_paying(&coffee).await;
    world.until("completed", |_| is_completed.load(Ordering::SeqCst)).await;
    let preview = world.wallet.preview_close(&channel, CloseWay::Force).expect("preview");
    let close = world.wallet.close_channel(&preview.id);
    let dropped = async {
        world.until("dropped", |now| !now.balance.closing.is_empty()).await;
        is_closed.store(true, Ordering::SeqCst);
    };
    tokio::join!(close, dropped).0.expect("closed");
    assert_eq!(world.decided(id).await.movement.status, Status::Paid);
    world.until("sent", |_| !world.network.chain().mempool().is_empty()).await;
    world.settle().await;
    assert_eq!(kinds(&world), A_CHANNELS_LIFE, "{:#?}", rows(&world));
    world.end().await;
}

/// A payment of ours is held while the channel is closed by force, and then taken: the peer claims it on the chain.
async fn taken_on_the_chain(closer: impl Fn(&World) -> &Wallet) {
    let hold = HoldInvoices::default();
    let world = hold.world().await;
    hold.set(HtlcPolicy::NotYet);
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let id = world.start_paying(&coffee).await;
    let held = |now: &Snapshot| now.channels.list.iter().any(|c| c.in_flight_msat > Msat::ZERO);
    let shop = world.network.shop();
    let before = world.until("held by the shop", |now| held(now) && held(&shop.snapshot())).await;
    force(closer(&world), &before.channels.list[0].id).await;
    world.until("sent", |_| !world.network.chain().mempool().is_empty()).await;
    world.mine(1).await;
    hold.set(HtlcPolicy::AtOnce);
    shop.sync().await;
    let status =
        || world.wallet.detail(&id.to_string()).expect("rows").expect("a row").movement.status;
    for _ in 0..60 {
        if status() == Status::Paid {
            break;
        }
        world.mine(1).await;
    }
    assert_eq!(status(), Status::Paid, "the chain shows the proof");
    world.settle().await;
    assert_eq!(kinds(&world), A_CHANNELS_LIFE, "{:#?}", rows(&world));
    let fee = world.newest(MovementKind::ChannelClose).movement.fee_msat.expect("known");
    // The payment has its own row: closing did not cost it a second time.
    assert!(fee < Msat::new(12_000_000), "{fee}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_is_taken_on_the_chain_after_our_close() {
    taken_on_the_chain(|world| &world.wallet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_is_taken_on_the_chain_after_the_peers_close() {
    taken_on_the_chain(|world| world.network.hub()).await;
}

/// The peer closes by force and claims a payment of ours on the chain, all while we are away: LDK hears of the claim and of
/// the close in one look.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_is_taken_on_the_chain_while_we_are_away() {
    let hold = HoldInvoices::default();
    let mut world = hold.world().await;
    hold.set(HtlcPolicy::NotYet);
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let id = world.start_paying(&coffee).await;
    let held = |now: &Snapshot| now.channels.list.iter().any(|c| c.in_flight_msat > Msat::ZERO);
    let (hub, shop) = (world.network.hub().clone(), world.network.shop().clone());
    world.until("held by the shop", |now| held(now) && held(&shop.snapshot())).await;
    world.wallet.durable().await;
    world.wallet.stop().await;
    let theirs = hub.snapshot().channels.list;
    let theirs = theirs.iter().find(|one| one.peer.node_id == world.wallet.node_id());
    force(&hub, &theirs.expect("ours").id).await;
    world.network.mine(1).await.expect("mined");
    hold.set(HtlcPolicy::AtOnce);
    world.network.mine(1).await.expect("mined");
    world.until("the claim", |_| !world.network.chain().mempool().is_empty()).await;
    world.network.mine(2).await.expect("mined");
    world.reopen().await;
    let paid = world.decided(id).await;
    assert_eq!(paid.movement.status, Status::Paid, "the chain shows the proof");
    world.settle().await;
    let close = world.newest(MovementKind::ChannelClose).movement;
    assert!(close.change_msat <= 0 && close.change_msat > -2_000_000, "{close:?}");
    world.end().await;
}

/// A wallet that can be paid, behind a door; what is paid to it is held until `till` says otherwise. Whether it was asked.
async fn holds_what_it_is_paid() -> (World, Door, HoldInvoices, Arc<AtomicBool>) {
    let (mut world, door) = behind_a_door(quick()).await;
    let id = pays(&world.wallet, world.network.shop(), 60_000).await;
    world
        .until("paid", |_| {
            world.network.shop().detail(&id).expect("rows").is_some_and(|row| is_paid(&row))
        })
        .await;
    settled(&world).await;
    let (hold, asked) = (HoldInvoices::default(), Arc::new(AtomicBool::new(false)));
    hold.set(HtlcPolicy::NotYet);
    let (takes, was_asked) = (hold.clone(), asked.clone());
    let probe = Probe::default().taking(move || {
        was_asked.store(true, Ordering::SeqCst);
        takes.takes()
    });
    let tunables = Tunables { probe, ..quick() };
    world.reopen_with(Settings { tunables, ..world.settings() }).await;
    world.wallet.sync().await;
    world.until("ready", |now| ready_in(now) == 1).await;
    world.knows_the_network().await;
    (world, door, hold, asked)
}

/// A row that says paid is in the balance, though the commitments do not say it yet.
fn is_counted(world: &World, before: Msat) {
    let balance = world.snapshot().balance;
    assert_eq!(Some(balance.total_msat), before.checked_add(Msat::new(20_000_000)), "{balance:?}");
    let channels = world.snapshot().channels.list;
    let [channel] = channels.as_slice() else { panic!("one channel: {channels:?}") };
    assert_eq!(channel.in_flight_msat, Msat::ZERO, "{channel:?}");
}

/// We have the proof, and the peer is away: what it owes us is claimed on the chain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_to_us_is_claimed_on_the_chain() {
    let (world, door, hold, asked) = holds_what_it_is_paid().await;
    let before = world.snapshot().balance.total_msat;
    let id = pays(world.network.shop(), &world.wallet, 20_000).await;
    world.until("held by us", |_| asked.load(Ordering::SeqCst)).await;
    door.shut();
    world.until("away", |now| !now.channels.list[0].peer.connected).await;
    hold.set(HtlcPolicy::AtOnce);
    world.wallet.sync().await;
    world
        .until("taken", |_| {
            world.wallet.detail(&id).expect("rows").is_some_and(|row| is_paid(&row))
        })
        .await;
    is_counted(&world, before);
    let channel = world.snapshot().channels.list[0].id.clone();
    force(&world.wallet, &channel).await;
    world.until("sent", |_| !world.network.chain().mempool().is_empty()).await;
    world.settle().await;
    let close = world.newest(MovementKind::ChannelClose).movement;
    assert!(close.change_msat < 0 && close.change_msat > -20_000_000, "{close:?}");
    world.end().await;
}

/// The peer has the proof, and closes with a commitment that already counts the payment as ours, before we hear that it
/// revoked the one before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_to_us_is_in_the_peers_last_commitment() {
    let (world, door, hold, asked) = holds_what_it_is_paid().await;
    let before = world.snapshot().balance.total_msat;
    let id = pays(world.network.shop(), &world.wallet, 20_000).await;
    world.until("held by us", |_| asked.load(Ordering::SeqCst)).await;
    door.mute();
    hold.set(HtlcPolicy::AtOnce);
    world.wallet.sync().await;
    world
        .until("taken", |_| {
            world.wallet.detail(&id).expect("rows").is_some_and(|row| is_paid(&row))
        })
        .await;
    is_counted(&world, before);
    let shop = world.network.shop();
    world
        .until("the proof", |_| {
            let out = shop.activity(None, None).expect("rows").into_iter();
            out.filter(|row| row.direction == Direction::Out).all(|row| row.status == Status::Paid)
        })
        .await;
    let hub = world.network.hub();
    let theirs = hub.snapshot().channels.list;
    let theirs = theirs.iter().find(|one| one.peer.node_id == world.wallet.node_id());
    force(hub, &theirs.expect("ours").id).await;
    world.until("sent", |_| !world.network.chain().mempool().is_empty()).await;
    // Where Hub had read the proof and not yet our signature, the payment is still in its commitment, and must be claimed in time.
    world.mine(1).await;
    world.settle().await;
    let close = world.newest(MovementKind::ChannelClose).movement;
    assert!(close.change_msat < 0 && close.change_msat > -3_000_000, "{close:?}");
    world.end().await;
}

/// Starts a payment over Lightning; the id of the payee's request.
async fn pays(payer: &Wallet, payee: &Wallet, sat: u64) -> String {
    let amount = Msat::from_sat(Sat::new(sat));
    let asked = payee.receive(amount, None, 3600).await.expect("a request");
    let instruction = payer.read(&asked.invoice.expect("an invoice")).expect("readable");
    let choice = Choice {
        instruction: instruction.id,
        amount: None,
        speed: None,
        everything: false,
        ..Choice::default()
    };
    let quote = payer.preview(choice).await.expect("payable");
    payer.pay(&quote.id).await.expect("starts");
    asked.id
}

async fn arrives(world: &World, payee: &Wallet, id: &str) {
    let arrived = || payee.detail(id).expect("rows").is_some_and(|row| is_paid(&row));
    world.until("paid", |_| arrived()).await;
}

/// For a payment of 40 000. An invoice has a hint once the peer has said what forwarding costs.
fn has_room(now: &Snapshot) -> bool {
    now.channels.can_receive_msat > Msat::new(40_000_000)
}

fn is_paid(row: &MovementDetail) -> bool {
    row.movement.status == Status::Paid
}

/// The other side of our channel publishes what it has revoked: all of the channel is ours, and one row says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_publishes_a_revoked_commitment() {
    let world = World::new().await;
    world.fund().await;
    let soon = Tunables { sync_interval: Duration::from_millis(300), ..quick() };
    let settings = Settings {
        listen: Some(([127, 0, 0, 1], 0).into()),
        tunables: soon,
        ..world.settings_of("thief")
    };
    let thief = Wallet::create(settings.clone(), Password::StoredBeside).await.expect("wallet");
    // Its commitment needs a child that pays.
    world.network.faucet(&thief.address().await.expect("an address")).expect("faucet");
    let address = thief.listening().expect("it listens");
    world.open_to(&format!("{}@{address}", thief.node_id()), Sat::new(400_000)).await;
    let channel = world.snapshot().channels.list[0].clone();
    let at = funding(&world.network, &channel);
    world.until("room", |_| has_room(&thief.snapshot())).await;
    let id = pays(&world.wallet, &thief, 60_000).await;
    arrives(&world, &thief, &id).await;
    let is_still = |now: &Snapshot| now.channels.list[0].in_flight_msat == Msat::ZERO;
    world.until("still", |now| is_still(now) && is_still(&thief.snapshot())).await;
    thief.stop().await;
    world.keep_of("thief", "old");

    let settings = Settings { listen: Some(address), ..settings };
    let thief = Wallet::open(settings.clone(), Password::StoredBeside).await.expect("opens");
    world.until("ready again", |now| has_room(now) && ready_in(&thief.snapshot()) == 1).await;
    let asked = pays(&thief, &world.wallet, 40_000).await;
    let paid = |now: &Snapshot| {
        now.movements.iter().any(|row| row.id == asked && row.status == Status::Paid)
    };
    world.until("paid back", |now| paid(now) && is_still(now) && is_still(&thief.snapshot())).await;
    thief.stop().await;

    let mut offers = Offers::to(&world.network);
    let settings = Settings { listen: None, dir: world.settings_of("old").dir, ..settings };
    let thief = Wallet::open(settings, Password::StoredBeside).await.expect("opens");
    thief.sync().await;
    force(&thief, &channel.id).await;
    for _ in 0..8 {
        world.mine(1).await;
        thief.sync().await;
    }
    let published = offers_of(&mut offers, at);
    assert!(!published.is_empty(), "the theft");
    if world.network.chain().place_of(&published[0].compute_txid()).is_none() {
        world.network.chain().mine_only(&published[..1]).expect("mined");
    }
    world.mine(1).await;
    world.settle().await;
    thief.stop().await;
    let close = world.newest(MovementKind::ChannelClose).movement;
    assert_eq!(close.status, Status::Paid);
    assert!(close.amount_msat > Msat::new(390_000_000), "all of it: {close:?}");
    assert!(close.change_msat > 0, "and what the peer had: {close:?}");
    let known = [
        MovementKind::Lightning,
        MovementKind::Lightning,
        MovementKind::Onchain,
        MovementKind::ChannelOpen,
        MovementKind::ChannelClose,
    ];
    assert_eq!(kinds(&world), known, "{:#?}", rows(&world));
    world.end().await;
}

fn offers_of(offers: &mut Offers, at: bitcoin::OutPoint) -> Vec<bitcoin::Transaction> {
    let found = offers.commitments(at);
    found.into_iter().map(|txid| offers.transaction(txid)).collect()
}

/// The block of a close that both agreed to is undone: the money is still shown, and the close is sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreed_close_whose_block_is_undone_is_on_its_way_again() {
    let world = HoldInvoices::default().world().await;
    let channel = world.snapshot().channels.list[0].id.clone();
    let preview = world.wallet.preview_close(&channel, CloseWay::Cooperative).expect("preview");
    world.wallet.close_channel(&preview.id).await.expect("closing");
    let chain = world.network.chain();
    world.until("sent", |_| !chain.mempool().is_empty()).await;
    let close = chain.mempool()[0];
    world.mine(1).await;
    let is_closed = |now: &Snapshot| {
        let mut rows = now.movements.iter();
        rows.any(|row| row.kind == MovementKind::ChannelClose && row.status == Status::Paid)
    };
    let total = world.until("closed", is_closed).await.balance.total_msat;

    chain.reorg_to(1, Branch::Without(&[close])).expect("another branch");
    world.network.sync_nodes().await;
    world.wallet.sync().await;
    let now = world.until("on its way again", |now| !is_closed(now)).await;
    let least = total.minus_or_zero(Msat::new(5_000_000));
    assert!(now.balance.total_msat >= least, "not hidden: {:#?}", now.balance);
    world.until("sent again", |_| chain.mempool().contains(&close)).await;
    world.mine(1).await;
    world.until("closed", is_closed).await;
    world.mine(6).await;
    assert_eq!(world.snapshot().balance.total_msat, total);
    world.end().await;
}
