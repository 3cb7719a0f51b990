//! A peer that says of a channel what it cannot prove. It may have seen us fall behind and want us to publish what it would
//! punish; or it lost its own data and can only ask. Nothing leaves by itself, however near a payment's end is: a person
//! decides, a proof ends it, and so does a peer that takes a false claim back.

use crate::hold::HoldInvoices;
use crate::stale::{PaidSince, behind_a_door, settled};
use fulmen_engine::config::Tunables;
use fulmen_engine::view::{Card, Channel, ChannelState, CloseWay, MovementKind, Snapshot, Status};
use lightning::ln::msgs::ChannelReestablish;
use std::sync::{Arc, Mutex};
use stories::{Audit, Offers, World, funding};

/// What Hub says when it comes back.
#[derive(Clone, Copy)]
pub(crate) enum Lie {
    /// All but the proof that it has.
    WithoutProof,
    /// Numbers that no channel has, as a node that lost its data says them.
    PleaseClose,
}

/// Hub's tongue.
#[derive(Clone, Default)]
pub(crate) struct Tongue(Arc<Mutex<Option<Lie>>>);

impl Tongue {
    pub(crate) fn set(&self, lie: Option<Lie>) {
        *self.0.lock().expect("not poisoned") = lie;
    }

    pub(crate) fn of(&self, nodes: Tunables) -> Tunables {
        let tongue = self.clone();
        let speak =
            move |said: &mut ChannelReestablish| match *tongue.0.lock().expect("not poisoned") {
                None => {}
                Some(Lie::WithoutProof) => said.your_last_per_commitment_secret = [3; 32],
                Some(Lie::PleaseClose) => said.next_local_commitment_number = 0,
            };
        Tunables { probe: nodes.probe.clone().greeting(speak), ..nodes }
    }
}

async fn an_old_copy(tongue: &Tongue) -> PaidSince {
    let hold = HoldInvoices::default();
    PaidSince::the_copy_in(World::with(tongue.of(hold.nodes())).await, hold).await
}

fn is_disputed(now: &Snapshot, channel: &Channel) -> bool {
    let card = Card::Disputed { channel_id: channel.id.clone() };
    now.channels.list[0].state == ChannelState::Disputed && now.cards.contains(&card)
}

/// The state is old, a payment in it has run out, and its peer is away, then lies, then proves it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn away_then_a_lie_then_the_proof() {
    let tongue = Tongue::default();
    let mut old = an_old_copy(&tongue).await;
    let channel = old.channel.clone();
    old.door.shut();
    old.is_put_back().await;
    let closing =
        |now: &Snapshot| matches!(now.channels.list[0].state, ChannelState::ClosingByForce { .. });
    old.world.until("LDK has closed it", closing).await;
    old.world.mine(2).await;
    // A start in between is no way around the peer's time.
    old.world.reopen().await;
    old.world.mine(2).await;
    assert!(old.offers.commitments(old.at).is_empty(), "the peer may still come");

    tongue.set(Some(Lie::WithoutProof));
    old.door.open();
    old.world.until("a lie", |now| is_disputed(now, &channel)).await;
    for _ in 0..5 {
        old.world.mine(5).await;
        assert!(old.offers.commitments(old.at).is_empty(), "no time ends it");
    }
    old.world.reopen().await;
    old.door.shut();
    old.world.mine(20).await;
    assert!(is_disputed(&old.world.snapshot(), &channel), "also where the peer is gone again");
    assert!(old.offers.commitments(old.at).is_empty());

    tongue.set(None);
    old.door.open();
    old.comes_back().await;
}

/// The same, and the person who put the copy back takes the risk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_decides_about_what_ldk_has_closed() {
    let tongue = Tongue::default();
    let old = an_old_copy(&tongue).await;
    a_person_decides(tongue, old).await;
}

/// What Hub takes is taken long before the wallet could have swept it, which no block tells that it has still to read.
pub(crate) async fn a_person_decides_on_bitcoind() {
    let (tongue, hold) = (Tongue::default(), HoldInvoices::default());
    let world = World::on_bitcoind_with(tongue.of(hold.nodes())).await;
    let old = PaidSince::the_copy_in(world, hold).await;
    a_person_decides(tongue, old).await;
}

async fn a_person_decides(tongue: Tongue, mut old: PaidSince) {
    tongue.set(Some(Lie::WithoutProof));
    old.is_put_back().await;
    let channel = old.channel.clone();
    let now = old.world.until("a lie", |now| is_disputed(now, &channel)).await;
    assert!(old.offers.commitments(old.at).is_empty());

    let preview = old.world.wallet.preview_close(&channel.id, CloseWay::Force).expect("preview");
    assert_eq!(preview.blocks, 720);
    let (gets, costs) = (preview.you_get_sat, preview.fee_sat);
    assert_eq!(Some(gets), now.balance.closing.first().map(|closing| closing.amount_sat));
    assert!((1..2_000).contains(&costs.get()), "{preview:?}");
    old.world.wallet.close_channel(&preview.id).await.expect("closed");
    old.world.until("let go", |_| !old.world.network.chain().mempool().is_empty()).await;
    assert_eq!(old.offers.commitments(old.at).len(), 1, "ours");
    old.world.mine(1).await;
    let cards = old.world.until("in a block", |now| !is_disputed(now, &channel)).await.cards;
    assert!(!cards.contains(&Card::Disputed { channel_id: channel.id.clone() }));
    // It was old after all, so Hub takes it. It was a person's word.
    old.world.settle().await;
    old.world.end().await;
}

/// The state is the newest there is, and Hub says something else when the wallet starts again.
async fn the_newest(lie: Lie) -> (World, Offers, Channel, Tongue, stories::Door) {
    let tongue = Tongue::default();
    let (mut world, door) = behind_a_door(tongue.of(stories::quick())).await;
    world.coffee().await;
    settled(&world).await;
    let channel = world.snapshot().channels.list[0].clone();
    let mut offers = Offers::to(&world.network);
    // Not before it is closed: a peer that has shown our state in this run is obeyed.
    world.reopen_after(|| tongue.set(Some(lie))).await;
    let at = funding(&world.network, &channel);
    world.until("a lie", |now| is_disputed(now, &channel)).await;
    world.mine(10).await;
    assert!(is_disputed(&world.snapshot(), &channel));
    assert!(offers.commitments(at).is_empty(), "nothing is done");
    (world, offers, channel, tongue, door)
}

async fn a_person_closes(lie: Lie) {
    let (world, mut offers, channel, _, _door) = the_newest(lie).await;
    let before = world.snapshot().balance.total_msat;
    let at = funding(&world.network, &channel);
    let preview = world.wallet.preview_close(&channel.id, CloseWay::Force).expect("preview");
    world.wallet.close_channel(&preview.id).await.expect("closed");
    world.until("it leaves", |_| !world.network.chain().mempool().is_empty()).await;
    assert!(!offers.commitments(at).is_empty());
    assert!(!is_disputed(&world.snapshot(), &channel));
    world.settle().await;
    let row = world.newest(MovementKind::ChannelClose);
    assert_eq!(row.movement.status, Status::Paid, "{row:?}");
    let (after, books) = (world.snapshot().balance.total_msat, Audit::of(&world));
    assert!(after < before && (0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_closes_what_a_liar_disputes() {
    a_person_closes(Lie::WithoutProof).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_closes_what_a_peer_without_data_asks_for() {
    a_person_closes(Lie::PleaseClose).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_truth_ends_it() {
    let (world, _, channel, tongue, door) = the_newest(Lie::WithoutProof).await;
    tongue.set(None);
    door.shut();
    world.until("away", |now| !now.channels.list[0].peer.connected).await;
    door.open();
    let ready = |now: &Snapshot| now.channels.list[0].state == ChannelState::Ready;
    let now = world.until("the truth", ready).await;
    assert!(!now.cards.contains(&Card::Disputed { channel_id: channel.id.clone() }));
    world.knows_the_network().await;
    world.coffee().await;
    world.close_all().await;
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}
