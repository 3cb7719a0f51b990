//! Closing together, where the two sides believe in different fees at first, or a payment is on its way.

use crate::hold::HoldInvoices;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::Tunables;
use fulmen_engine::probe::{HtlcPolicy, Probe};
use fulmen_engine::view::{
    ChannelState, CloseReason, CloseWay, MovementKind, PartKind, Snapshot, Status,
};
use lightning::ln::msgs::{ClosingSigned, ClosingSignedFeeRange};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use stories::{Audit, World, quick};

/// What Hub makes of the fee range that it offers; the figure itself is signed.
type Offering = Arc<Mutex<fn(&mut ClosingSigned)>>;

/// A world with a channel of Hub's, half ours, where Hub offers what `offering` makes of it; how often it offered.
async fn with_hubs_channel() -> (World, Offering, Arc<AtomicU32>) {
    let offering: Offering = Arc::new(Mutex::new(|_| {}));
    let offered = Arc::new(AtomicU32::new(0));
    let (change, count) = (offering.clone(), offered.clone());
    let probe = Probe::default().offering(move |message| {
        count.fetch_add(1, Ordering::SeqCst);
        let change = *change.lock().expect("not poisoned");
        change(message);
    });
    let world = World::with(Tunables { probe, ..quick() }).await;
    world.fund().await;
    world.wallet.connect(&world.network.hub_peer().uri).await.expect("connected");
    world.hub_opens().await;
    world.knows_the_network().await;
    let half = Sat::new(200_000);
    world.be_paid(half, "half of it").await;
    // The row is paid before both commitments say so.
    let ours = Msat::from_sat(half).expect("small");
    world.until("ours", |now| now.balance.lightning.total_msat == ours).await;
    (world, offering, offered)
}

fn range(min_fee_satoshis: u64, max_fee_satoshis: u64) -> Option<ClosingSignedFeeRange> {
    Some(ClosingSignedFeeRange { min_fee_satoshis, max_fee_satoshis })
}

/// Everything settled, and nobody used force.
async fn ends_agreed(world: World) {
    world.settle().await;
    let closed = world.newest(MovementKind::ChannelClose).movement;
    let agreed = (Status::Paid, Some(CloseReason::Agreed));
    assert_eq!((closed.status, closed.close_reason), agreed, "nobody used force");
    assert_eq!(world.snapshot().balance.lightning.total_msat, Msat::ZERO);
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
    world.end().await;
}

/// LDK would answer this figure with its commitment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_figure_that_nobody_can_agree_to_is_asked_for_anew() {
    let (world, offering, offered) = with_hubs_channel().await;
    // Out of the range that it stands in.
    *offering.lock().expect("not poisoned") = |message| {
        message.fee_range =
            range(message.fee_satoshis + 1_000_000, message.fee_satoshis + 2_000_000);
    };
    let before = world.snapshot().balance;
    let channel = world.snapshot().channels.list[0].id.clone();
    let preview = world.wallet.preview_close(&channel, CloseWay::Cooperative).expect("a preview");
    world.wallet.close_channel(&preview.id).await.expect("asked");
    let shut = |state: &ChannelState| *state == ChannelState::ClosingCooperatively;
    let now = world.until("closing", |now| shut(&now.channels.list[0].state)).await;
    let kinds: Vec<_> = now.balance.lightning.kept.iter().map(|part| part.kind).collect();
    assert_eq!(kinds, [PartKind::Closing], "an honest reason: {:?}", now.balance.lightning);
    assert_eq!(now.balance.total_msat, before.total_msat);
    world.until("asked again", |_| offered.load(Ordering::SeqCst) >= 3).await;
    assert!(world.network.chain().mempool().is_empty(), "they cannot agree yet");

    *offering.lock().expect("not poisoned") = |_| {};
    world.until("an agreement", |_| !world.network.chain().mempool().is_empty()).await;
    ends_agreed(world).await;
}

/// LDK's clock closes a channel by force that is still at it after two ticks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_clock_of_ours_ends_it() {
    let (mut world, offering, offered) = with_hubs_channel().await;
    let settings = world.settings();
    let ldk_tick = std::time::Duration::from_millis(300);
    let tunables = Tunables { ldk_tick, ..settings.tunables.clone() };
    world.reopen_with(fulmen_engine::config::Settings { tunables, ..settings }).await;
    world.until("Hub", |_| world.wallet.is_connected(&world.network.hub().node_id())).await;
    // Between two lies of which the second is only a warning: nothing is said any more.
    *offering.lock().expect("not poisoned") = |message| {
        message.fee_range =
            range(message.fee_satoshis + 1_000_000, message.fee_satoshis + 2_000_000);
    };
    let channel = world.snapshot().channels.list[0].id.clone();
    let preview = world.wallet.preview_close(&channel, CloseWay::Cooperative).expect("a preview");
    world.wallet.close_channel(&preview.id).await.expect("asked");
    world.until("asked again and again", |_| offered.load(Ordering::SeqCst) >= 6).await;
    assert!(world.network.chain().mempool().is_empty(), "nobody used force");
    *offering.lock().expect("not poisoned") = |_| {};
    world.until("an agreement", |_| !world.network.chain().mempool().is_empty()).await;
    ends_agreed(world).await;
}

/// The peer pays for the close and asks for little, while our server says that everything is dear. With a range, and
/// without one, as LND asks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_may_pay_little_while_fees_are_high() {
    let (world, offering, _) = with_hubs_channel().await;
    world.hub_opens().await;
    world.network.lies().tell(|told| told.fee_rate = Some(200));
    for _ in 0..4 {
        world.wallet.sync().await;
    }
    world.network.lies().truth();
    let asks: [fn(&mut ClosingSigned); 2] = [
        // LDK's first figure is the least that enters a mempool.
        |message| message.fee_range = None,
        |message| message.fee_range = range(message.fee_satoshis, message.fee_satoshis * 5),
    ];
    for ask in asks {
        *offering.lock().expect("not poisoned") = ask;
        let channel = world.network.hub().snapshot().channels.list.into_iter().find(|channel| {
            channel.peer.node_id == world.wallet.node_id() && channel.state == ChannelState::Ready
        });
        let channel = channel.expect("a channel with the wallet");
        let hub = world.network.hub();
        let preview = hub.preview_close(&channel.id, CloseWay::Cooperative).expect("a preview");
        hub.close_channel(&preview.id).await.expect("asked");
        world.until("an agreement", |_| !world.network.chain().mempool().is_empty()).await;
        world.mine(1).await;
    }
    ends_agreed(world).await;
}

/// What LDK forgets of a channel that was closing at a start would cost a close by force. So it begins when nothing is on its way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_waits_for_the_payment_in_its_channel() {
    let hold = HoldInvoices::default();
    let mut world = hold.world().await;
    hold.set(HtlcPolicy::NotYet);
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let payment = world.start_paying(&coffee).await;
    let held = |now: &Snapshot| now.channels.list.iter().any(|c| c.in_flight_msat > Msat::ZERO);
    let shop = world.network.shop().clone();
    world.until("held", |now| held(now) && held(&shop.snapshot())).await;
    let channel = world.snapshot().channels.list[0].id.clone();
    let preview = world.wallet.preview_close(&channel, CloseWay::Cooperative).expect("a preview");
    world.wallet.close_channel(&preview.id).await.expect("remembered");
    let waits = |now: &Snapshot| now.channels.list[0].state == ChannelState::CloseAsked;
    world.until("it waits", waits).await;
    // A restart keeps the wish, and what is on its way.
    world.reopen().await;
    world.until("it waits", |now| waits(now) && held(now)).await;
    assert!(world.network.chain().mempool().is_empty());
    hold.set(HtlcPolicy::AtOnce);
    shop.sync().await;
    assert_eq!(world.decided(payment).await.movement.status, Status::Paid);
    world.until("the close", |_| !world.network.chain().mempool().is_empty()).await;
    ends_agreed(world).await;
}
