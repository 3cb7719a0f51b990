//! A channel closed by force, by either side: every sat is shown on its way and arrives, and the total never shows more
//! than there is.

use crate::hold::HoldInvoices;
use crate::stale::{behind_a_door, settled};
use bitcoin::{OutPoint, Txid};
use fulmen_engine::Wallet;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::{Settings, Tunables};
use fulmen_engine::event::Event;
use fulmen_engine::probe::HtlcPolicy;
use fulmen_engine::view::{ChannelState, CloseReason, CloseWay, MovementKind, Snapshot, Status};
use std::sync::Mutex;
use std::time::Duration;
use stories::{Audit, Offers, World, funding, quick, ready_in};
use tokio::sync::broadcast::Receiver;

/// A channel with Hub of 500 000, of which a coffee was paid.
async fn with_a_channel() -> World {
    with_a_channel_on(World::new().await).await
}

async fn with_a_channel_on(world: World) -> World {
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    world.coffee().await;
    // Paid is when the proof is there; both commitments are without the payment a moment later.
    let empty = |now: &Snapshot| now.channels.list.iter().all(|c| c.in_flight_msat == Msat::ZERO);
    let hub = world.network.hub();
    world.until("settled commitments", |now| empty(now) && empty(&hub.snapshot())).await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_us() {
    by_us_on(World::new().await).await;
}

pub(crate) async fn by_us_on(world: World) {
    let world = with_a_channel_on(world).await;
    let before = world.snapshot();
    let channel = before.channels.list[0].clone();
    let mut events = world.wallet.bus().subscribe();
    let preview = world.wallet.preview_close(&channel.id, CloseWay::Force).expect("preview");
    assert_eq!(preview.blocks, 720, "the peer makes us wait as long as we would make it wait");
    world.wallet.close_channel(&preview.id).await.expect("closed");
    world.until("closing", |now| !now.balance.closing.is_empty()).await;
    sent(&world).await;
    never_more(&world, before.balance.total_msat);

    world.mine(1).await;
    let now = world
        .until("confirmed", |now| now.balance.closing.first().is_some_and(|c| c.confirmed))
        .await;
    let closing = &now.balance.closing[0];
    assert!(!closing.cooperative);
    assert!(matches!(now.channels.list[0].state, ChannelState::ClosingByForce { .. }));
    let (on_its_way, wait) = (closing.amount_sat, closing.blocks_left.expect("known"));
    // Hub closes too when it hears of it; where its transaction came first, we do not have to wait.
    assert!((700..=720).contains(&wait) || wait < 10, "{closing:?}");

    // One block before the end it is still on its way, and still all there.
    world.mine(wait - 2).await;
    let now = world.snapshot();
    assert_eq!(now.balance.closing.first().map(|closing| closing.amount_sat), Some(on_its_way));
    never_more(&world, before.balance.total_msat);
    world.settle().await;
    let least = world.snapshot().balance.total_msat.minus_or_zero(Msat::new(2_000_000));
    shown(&mut events, least, before.balance.total_msat);
    ends(world, before.balance.total_msat, &channel.funding_txid.expect("funded")).await;
}

/// Hub's close is in a block that we have not read. Ours is refused then; a server's word for that block is not enough. With
/// the look that reads it, the coins of the child that should have paid for ours are all there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_both_and_ours_came_too_late() {
    let (mut world, door) = behind_a_door(quick()).await;
    world.coffee().await;
    settled(&world).await;
    let settings = world.settings();
    let tunables =
        Tunables { sync_interval: Duration::from_secs(3600), ..settings.tunables.clone() };
    world.reopen_with(Settings { tunables, ..settings }).await;
    world.until("ready", |now| ready_in(now) == 1).await;
    let before = world.snapshot();
    let channel = before.channels.list[0].clone();
    let mut offers = Offers::to(&world.network);
    door.shut();
    world.until("away", |now| !now.channels.list[0].peer.connected).await;
    // A busy hour: the commitment alone pays too little.
    world.network.lies().tell(|told| told.fee_rate = Some(20));
    world.wallet.sync().await;
    world.network.lies().truth();
    let hub = world.network.hub();
    let preview = hub.preview_close(&channel.id, CloseWay::Force).expect("preview");
    hub.close_channel(&preview.id).await.expect("closed");
    sent(&world).await;
    let at = funding(&world.network, &channel);
    let theirs = offers.commitments(at);
    world.network.mine(1).await.expect("mined");

    let preview = world.wallet.preview_close(&channel.id, CloseWay::Force).expect("preview");
    world.wallet.close_channel(&preview.id).await.expect("closed");
    let child = |offers: &mut Offers| {
        let ours = offers.commitments(at).difference(&theirs).copied().next();
        ours.is_some_and(|ours| !offers.children(ours).is_empty())
    };
    let offers = Mutex::new(offers);
    world.until("a child", |_| child(&mut offers.lock().expect("not poisoned"))).await;
    let onchain = before.balance.onchain.total_sat;
    world.wallet.sync().await;
    world.until("its coins", |now| now.balance.onchain.total_sat == onchain).await;
    ends(world, before.balance.total_msat, &channel.funding_txid.expect("funded")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_the_peer() {
    let world = with_a_channel().await;
    let before = world.snapshot();
    let channel = before.channels.list[0].clone();
    let hub = world.network.hub();
    let preview = hub.preview_close(&channel.id, CloseWay::Force).expect("preview");
    hub.close_channel(&preview.id).await.expect("closed");
    let said = |now: &Snapshot| {
        now.channels.list[0].last_peer_error.as_deref().is_some_and(|said| !said.is_empty())
    };
    world.until("closing, and why", |now| !now.balance.closing.is_empty() && said(now)).await;
    sent(&world).await;
    never_more(&world, before.balance.total_msat);
    world.mine(1).await;
    world.until("confirmed", |now| now.balance.closing.iter().all(|c| c.confirmed)).await;
    never_more(&world, before.balance.total_msat);
    ends(world, before.balance.total_msat, &channel.funding_txid.expect("funded")).await;
}

/// Closed while a payment of ours is held: it comes back on the chain when its time is over, and is counted once meanwhile.
async fn with_a_payment_on_its_way(closer: impl Fn(&World) -> &Wallet) {
    let hold = HoldInvoices::default();
    let world = hold.world().await;
    hold.set(HtlcPolicy::NotYet);
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let id = world.start_paying(&coffee).await;
    let held = |now: &Snapshot| now.channels.list.iter().any(|c| c.in_flight_msat > Msat::ZERO);
    let shop = world.network.shop();
    let before = world.until("held by the shop", |now| held(now) && held(&shop.snapshot())).await;
    let total = before.balance.total_msat;
    let highest = total.checked_add(Msat::new(2_101_000)).expect("small");
    let mut events = world.wallet.bus().subscribe();
    let channel = before.channels.list[0].id.clone();
    let closer = closer(&world);
    let preview = closer.preview_close(&channel, CloseWay::Force).expect("preview");
    closer.close_channel(&preview.id).await.expect("closed");
    world.until("closing", |now| !now.balance.closing.is_empty()).await;
    sent(&world).await;
    while world.wallet.detail(&id.to_string()).expect("rows").expect("a row").movement.status
        != Status::Failed
    {
        world.mine(1).await;
        assert!(world.snapshot().balance.total_msat <= highest, "{:#?}", world.snapshot().balance);
    }
    world.settle().await;
    // What closing costs is taken off; what comes back is more or less than that.
    shown(&mut events, total.minus_or_zero(Msat::new(3_000_000)), highest);
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_us_with_a_payment_on_its_way() {
    with_a_payment_on_its_way(|world| &world.wallet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_the_peer_with_a_payment_on_its_way() {
    with_a_payment_on_its_way(|world| world.network.hub()).await;
}

/// Every total that was ever told lies between what there was and what came of it: nothing vanishes on its way. It may be
/// lower by the fee of a child that in the end was not needed, because the peer's commitment came first.
fn shown(events: &mut Receiver<Event>, least: Msat, most: Msat) {
    let mut told = 0;
    while let Ok(event) = events.try_recv() {
        if let Event::Balance(balance) = event {
            told += 1;
            assert!(
                (least..=most).contains(&balance.total_msat),
                "{least} to {most}: {balance:#?}"
            );
        }
    }
    assert!(told > 0, "balances were told");
}

/// The closing waits in the mempool.
async fn sent(world: &World) {
    world.until("sent", |_| !world.network.chain().mempool().is_empty()).await;
}

/// The total only ever falls, by fees, and nobody has what another has.
fn never_more(world: &World, before: Msat) {
    let total = world.snapshot().balance.total_msat;
    assert!(total <= before, "{total} is more than {before}");
    let books = Audit::of(world);
    assert!(books.unexplained() >= 0, "someone's money is counted twice: {books}");
}

/// Mines to the end; what is gone is, to the sat, what the closing cost: the commitment's fee and both anchors, which the
/// opener pays, the child that pays for the commitment where it is ours, and our sweep.
async fn ends(world: World, before: Msat, funding: &str) {
    world.settle().await;
    let end = world.snapshot().balance;
    assert_eq!(end.total_msat, Msat::from_sat(end.onchain.total_sat).expect("small"));
    assert!(end.lightning.total_msat == Msat::ZERO && end.closing.is_empty(), "{end:#?}");
    let row = world.newest(MovementKind::ChannelClose);
    assert_eq!(row.movement.status, Status::Paid, "{row:#?}");
    let why = row.movement.close_reason;
    assert!(matches!(why, Some(CloseReason::ByYou | CloseReason::ByPeer)), "it says why: {why:?}");

    let costs = Costs::of(&world, funding);
    let child = if costs.delayed { costs.child } else { 0 };
    let expected = (costs.commitment + 2 * ANCHOR + child + costs.sweep) * 1000;
    let lost = before.get() - end.total_msat.get();
    eprintln!("lost {lost} msat: {costs:?}");
    assert!(
        (expected..expected + 1_000).contains(&lost),
        "lost {lost}, expected {expected}: {costs:?}"
    );
    let arrived = row.movement.amount_msat.get();
    assert_eq!(arrived, costs.arrived * 1000, "the row says what came");
    let books = Audit::of(&world);
    eprintln!("{books}");
    let unexplained = books.unexplained();
    assert!((0..2_000).contains(&unexplained), "only a rest of a sat for each side: {books}");
    world.end().await;
}

/// In sat.
const ANCHOR: u64 = 330;

/// What a closing cost, in sat, read from the chain.
#[derive(Debug, Default)]
struct Costs {
    commitment: u64,
    /// What the child that spends an anchor paid beyond the anchor.
    child: u64,
    sweep: u64,
    /// Our sweep had to wait, so it was our commitment.
    delayed: bool,
    /// What our sweep brought.
    arrived: u64,
}

impl Costs {
    fn of(world: &World, funding: &str) -> Self {
        let chain = world.network.chain();
        let output =
            |txid: Txid, vout: usize| OutPoint { txid, vout: u32::try_from(vout).expect("few") };
        let values = |txid: &Txid| -> Vec<u64> {
            let transaction = chain.transaction(txid).expect("in the chain");
            transaction.output.iter().map(|output| output.value.to_sat()).collect()
        };
        let fee = |txid: &Txid| chain.fee_of(txid).expect("in the chain").get();
        let funding: Txid = funding.parse().expect("an id");
        let channel =
            values(&funding).iter().position(|value| *value == 500_000).expect("the channel");
        let commitment = chain.spender_of(&output(funding, channel)).expect("closed").txid;
        let mut costs = Self { commitment: fee(&commitment), ..Self::default() };
        for (vout, value) in values(&commitment).into_iter().enumerate() {
            let Some(spender) = chain.spender_of(&output(commitment, vout)) else { continue };
            match value {
                ANCHOR => costs.child = fee(&spender.txid) - ANCHOR,
                // Hub has no more than a coffee.
                0..10_000 => {}
                _ => {
                    let sweep = chain.transaction(&spender.txid).expect("in the chain");
                    costs.delayed = sweep.input[0].sequence.0 == 720;
                    costs.sweep = fee(&spender.txid);
                    costs.arrived = values(&spender.txid).iter().sum();
                }
            }
        }
        costs
    }
}
