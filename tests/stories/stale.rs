//! An old copy of the wallet's directory is put back. Our commitment in it is revoked: handing it in would cost everything
//! in the channel. It never is, and the money comes back through the peer's close.

use crate::hold::HoldInvoices;
use crate::{code, quote};
use bitcoin::secp256k1::Secp256k1;
use bitcoin::{OutPoint, Transaction};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::Tunables;
use fulmen_engine::error::Code;
use fulmen_engine::keys::{Keys, Password};
use fulmen_engine::probe::HtlcPolicy;
use fulmen_engine::store::channels_file;
use fulmen_engine::view::{
    Card, Channel, ChannelState, CloseWay, MovementKind, QuarantineReason, Snapshot, Status,
    SyncStatus,
};
use lightning::ln::chan_utils::get_to_countersigner_keyed_anchor_redeemscript;
use lightning::sign::{ChannelSigner, KeysManager, SignerProvider};
use stories::{Answer, Audit, Door, Offers, World, funding};

/// A wallet with a channel to Hub, stopped, and copied as it is.
async fn with_a_copy(whole: bool) -> (World, Channel, OutPoint) {
    let mut world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    world.coffee().await;
    settled(&world).await;
    let channel = world.snapshot().channels.list[0].clone();
    let funding = funding(&world.network, &channel);
    world.wallet.stop().await;
    world.keep("old", whole);
    world.reopen().await;
    (world, channel, funding)
}

/// Both commitments are without a payment.
pub(crate) async fn settled(world: &World) {
    let empty = |now: &Snapshot| now.channels.list.iter().all(|c| c.in_flight_msat == Msat::ZERO);
    let hub = world.network.hub();
    world.until("settled commitments", |now| empty(now) && empty(&hub.snapshot())).await;
}

async fn pays(world: &World, coffees: usize) {
    world.until("usable", |now| now.balance.lightning.can_send_msat > Msat::new(5_000_000)).await;
    world.knows_the_network().await;
    for _ in 0..coffees {
        world.coffee().await;
    }
    settled(world).await;
}

async fn is_put_back(world: &mut World, whole: bool) {
    // Hub would show that it is old; here it must prove it.
    world.keepers.answer(Answer::Nothing);
    world.wallet.stop().await;
    world.put_back("old", whole);
    world.reopen().await;
}

/// Hub closes with what it has, and everything that was ours arrives.
pub(crate) async fn comes_back(
    world: World,
    offers: &mut Offers,
    channel: &Channel,
    at: OutPoint,
    ours: Msat,
) {
    let hub = world.network.hub_peer().uri;
    let address = hub.split_once('@').expect("an address").1;
    comes_back_from(world, address, offers, channel, at, ours).await;
}

/// The same, where Hub was reached at this address.
pub(crate) async fn comes_back_from(
    world: World,
    address: &str,
    offers: &mut Offers,
    channel: &Channel,
    at: OutPoint,
    ours: Msat,
) {
    has_come_back(&world, address, offers, channel, at, ours).await;
    world.end().await;
}

/// The same, and the world goes on.
pub(crate) async fn has_come_back(
    world: &World,
    address: &str,
    offers: &mut Offers,
    channel: &Channel,
    at: OutPoint,
    ours: Msat,
) {
    world.until("Hub's close", |_| !world.network.chain().mempool().is_empty()).await;
    let theirs = offers.commitments(at);
    assert_eq!(theirs.len(), 1, "Hub's, and none of ours");
    let close = offers.transaction(*theirs.first().expect("one"));
    words_find_it(world, address, channel, &close).await;
    world.settle().await;
    assert_eq!(offers.commitments(at), theirs, "and none later");
    let row = world.newest(MovementKind::ChannelClose);
    assert_eq!(row.movement.status, Status::Paid, "{row:?}");
    let came = row.movement.amount_msat;
    // Less the anchors and the commitment's fee, which the opener pays, and our sweep's.
    assert!(came <= ours && came > ours.minus_or_zero(Msat::new(12_000_000)), "{came} of {ours}");
    assert!(world.snapshot().channels.list.iter().all(|listed| listed.id != channel.id));
    let books = Audit::of(world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
}

/// The words and the file of channels name what the peer's close pays us.
async fn words_find_it(world: &World, address: &str, channel: &Channel, close: &Transaction) {
    let words = world.wallet.words(Password::StoredBeside).await.expect("words");
    let keys = Keys::derive(&words, None, bitcoin::Network::Regtest);
    let sealed = std::fs::read(world.wallet_dir().join(channels_file::FILE)).expect("it is kept");
    let file = channels_file::open(&keys, &sealed).expect("the words open it");
    let kept = file.channels.iter().find(|kept| kept.channel_id == channel.id).expect("its line");
    assert_eq!(kept.peer, world.network.hub().node_id());
    assert_eq!(kept.addresses.first().map(String::as_str), Some(address));
    assert_eq!(close.input[0].previous_output, kept.funding);
    let signer = KeysManager::new(keys.ldk_seed(), 0, 0, true)
        .derive_channel_signer(kept.keys_id.expect("a channel of today"));
    let point = signer.pubkeys(&Secp256k1::new()).payment_point;
    let script = get_to_countersigner_keyed_anchor_redeemscript(&point).to_p2wsh();
    assert!(close.output.iter().any(|output| output.script_pubkey == script), "{close:?}");
}

/// The mirror was copied and put back too, so only the peer can detect it.
async fn behind_by(coffees: usize) {
    let (mut world, channel, at) = with_a_copy(true).await;
    let mut offers = Offers::to(&world.network);
    pays(&world, coffees).await;
    let ours = world.snapshot().channels.list[0].clone();
    let ours = Msat::sum([ours.yours_msat, ours.your_reserve_msat]).expect("small");
    is_put_back(&mut world, true).await;

    let waits = |now: &Snapshot| {
        now.cards.contains(&Card::WaitingForPeer { channel_id: channel.id.clone() })
            && now.channels.list[0].state == ChannelState::WaitingForPeer
    };
    world.until("the proof", waits).await;
    let force = world.wallet.preview_close(&channel.id, CloseWay::Force);
    assert_eq!(code(force), Code::ChannelGone, "it is the peer's to close");
    // It is remembered, whatever the peer does.
    world.reopen().await;
    comes_back(world, &mut offers, &channel, at, ours).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_by_one_payment() {
    behind_by(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_by_fifty_payments() {
    behind_by(50).await;
}

/// Only the directory is put back: the mirror beside it knows better.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quarantine() {
    let (mut world, channel, at) = with_a_copy(false).await;
    let mut offers = Offers::to(&world.network);
    pays(&world, 2).await;
    let ours = world.snapshot().channels.list[0].clone();
    let ours = Msat::sum([ours.yours_msat, ours.your_reserve_msat]).expect("small");
    let coffee = world.network.order_coffee().await.expect("an invoice");
    is_put_back(&mut world, false).await;

    // It stays so, through any number of its own commits and starts.
    for _ in 0..3 {
        world.mine(2).await;
        let now = world.snapshot();
        assert_eq!(now.sync, SyncStatus::Quarantine);
        assert_eq!(
            now.cards.first(),
            Some(&Card::Quarantine { channels: 1, reason: QuarantineReason::PutBack })
        );
        assert!(!world.wallet.is_connected(&world.network.hub().node_id()));
        assert!(now.balance.onchain.total_sat > Sat::ZERO, "what is on-chain is shown");
        world.wallet.durable().await;
        world.reopen().await;
    }
    assert_eq!(code(world.wallet.connect(&world.network.hub_peer().uri).await), Code::NotReady);
    assert_eq!(code(world.wallet.receive(None, None, 3600).await), Code::Quarantine);
    assert_eq!(code(world.wallet.address().await), Code::Quarantine);
    let shop = world.network.shop().address().await.expect("an address").to_string();
    let shown = quote(&world.wallet, &shop, Some(Msat::new(10_000_000))).await.expect("a quote");
    assert_eq!(code(world.wallet.pay(&shown.id).await), Code::Quarantine);
    assert!(quote(&world.wallet, &coffee, None).await.is_err());
    let hub = world.network.hub_peer().uri;
    let preview = world.wallet.preview_open(&hub, Sat::new(100_000)).expect("preview");
    assert_eq!(code(world.wallet.open_channel(&preview.id).await), Code::Quarantine);
    let preview = world.wallet.preview_close(&channel.id, CloseWay::Force).expect("preview");
    assert_eq!(code(world.wallet.close_channel(&preview.id).await), Code::Quarantine);
    assert_eq!(offers.commitments(at).len(), 0);

    // A person gives the channel up; from then on the peer closes it.
    assert!(world.wallet.give_up_channels().await.expect("durable"));
    assert!(!world.wallet.give_up_channels().await.expect("nothing to do"));
    world.until("trusted", |now| now.sync != SyncStatus::Quarantine).await;
    world.reopen().await;
    assert_ne!(world.snapshot().sync, SyncStatus::Quarantine);
    comes_back(world, &mut offers, &channel, at, ours).await;
}

/// The newest directory put back in its place ends it too, and nothing was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quarantine_that_the_newest_copy_ends() {
    let (mut world, _, at) = with_a_copy(false).await;
    let mut offers = Offers::to(&world.network);
    pays(&world, 1).await;
    world.wallet.stop().await;
    world.keep("newest", false);
    world.put_back("old", false);
    world.reopen().await;
    assert_eq!(world.snapshot().sync, SyncStatus::Quarantine);
    world.wallet.stop().await;
    world.put_back("newest", false);
    world.reopen().await;
    pays(&world, 1).await;
    assert_eq!(offers.commitments(at).len(), 0);
    world.close_all().await;
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}

/// A wallet with a channel to Hub, which it reaches through a door and in no other way.
pub(crate) async fn behind_a_door(nodes: Tunables) -> (World, Door) {
    put_behind_a_door(World::with(nodes).await).await
}

async fn put_behind_a_door(world: World) -> (World, Door) {
    let hub = world.network.hub_peer().uri;
    let (id, address) = hub.split_once('@').expect("an address");
    let door = Door::to(address.to_owned()).await.expect("a door");
    world.cut_off(address);
    world.fund().await;
    world.open_to(&format!("{id}@{}", door.address()), Sat::new(500_000)).await;
    world.knows_the_network().await;
    (world, door)
}

/// A wallet whose payment was held when its folder was copied, and is paid now. It reaches Hub through a door.
pub(crate) struct PaidSince {
    pub(crate) world: World,
    pub(crate) door: Door,
    /// Since before the copy.
    pub(crate) offers: Offers,
    pub(crate) channel: Channel,
    pub(crate) at: OutPoint,
    ours: Msat,
}

impl PaidSince {
    async fn the_copy() -> Self {
        let hold = HoldInvoices::default();
        Self::the_copy_in(World::with(hold.nodes()).await, hold).await
    }

    /// The same in another world, whose shop has this hold.
    pub(crate) async fn the_copy_in(world: World, hold: HoldInvoices) -> Self {
        let (mut world, door) = put_behind_a_door(world).await;
        let channel = world.snapshot().channels.list[0].clone();
        let at = funding(&world.network, &channel);
        let offers = Offers::to(&world.network);

        hold.set(HtlcPolicy::NotYet);
        let coffee = world.network.order_coffee().await.expect("an invoice");
        let id = world.start_paying(&coffee).await;
        let (hub, shop) = (world.network.hub(), world.network.shop());
        let held = |now: &Snapshot| now.channels.list.iter().any(|c| c.in_flight_msat > Msat::ZERO);
        world
            .until("held", |now| held(now) && held(&hub.snapshot()) && held(&shop.snapshot()))
            .await;
        world.wallet.stop().await;
        world.keep("old", true);
        world.reopen().await;
        hold.set(HtlcPolicy::AtOnce);
        world.network.shop().sync().await;
        assert_eq!(world.decided(id).await.movement.status, Status::Paid);
        settled(&world).await;
        let ours = world.snapshot().channels.list[0].clone();
        let ours = Msat::sum([ours.yours_msat, ours.your_reserve_msat]).expect("small");
        Self { world, door, offers, channel, at, ours }
    }

    /// The copy again, long after the payment's last block: LDK closes when it sees the chain, which is before its peer is
    /// there.
    pub(crate) async fn is_put_back(&mut self) {
        self.world.keepers.answer(Answer::Nothing);
        self.world.wallet.stop().await;
        self.world.put_back("old", true);
        self.world.network.mine(600).await.expect("mined");
        self.world.reopen().await;
    }

    /// The peer proves what it knows, and closes.
    pub(crate) async fn comes_back(mut self) {
        let waits = |now: &Snapshot| now.channels.list[0].state == ChannelState::WaitingForPeer;
        self.world.until("the proof", waits).await;
        let address = self.door.address().to_string();
        comes_back_from(self.world, &address, &mut self.offers, &self.channel, self.at, self.ours)
            .await;
    }
}

/// The old state holds a payment whose time is over: LDK closes at once, before the peer is there. Nothing leaves; when
/// the peer comes and proves it, nothing ever does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_timed_out_in_the_old_state() {
    let mut old = PaidSince::the_copy().await;
    old.is_put_back().await;
    old.comes_back().await;
}

/// The same, and the peer is away: nothing leaves for as long as it may still come, and when it comes, nothing ever does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_timed_out_in_the_old_state_while_the_peer_is_away() {
    let mut old = PaidSince::the_copy().await;
    old.door.shut();
    old.is_put_back().await;
    let closing = |now: &Snapshot| {
        let channel = &now.channels.list[0];
        matches!(channel.state, ChannelState::ClosingByForce { .. }) && !channel.peer.connected
    };
    old.world.until("LDK has closed it", closing).await;
    for block in 1..6 {
        old.world.mine(1).await;
        assert!(
            old.offers.commitments(old.at).is_empty(),
            "block {block}: the peer may still come"
        );
    }
    old.door.open();
    old.comes_back().await;
}
