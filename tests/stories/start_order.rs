//! One side dies after the other has finished an agreed close, and starts again. The agreed close is not answered with a
//! commitment: the peer is not spoken to, in either direction, before the close is in a block.

use fulmen_engine::Wallet;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::{Role, Settings, Tunables};
use fulmen_engine::keys::Password;
use fulmen_engine::probe::{Point, Probe};
use fulmen_engine::view::{ChannelState, CloseReason, CloseWay, MovementKind, Snapshot, Status};
use std::sync::{Arc, Mutex};
use stories::{Audit, Offers, World, funding, quick};

/// The node that dies: its loop ends, before a commit, once `peer` has dropped the channel. Nothing of what it learnt last
/// is on its disk.
#[derive(Clone, Default)]
struct Death(Arc<Mutex<Option<(Wallet, String)>>>);

impl Death {
    fn knobs(&self) -> Tunables {
        let death = self.clone();
        let probe = Probe::new(move |point| {
            let armed = death.0.lock().expect("not poisoned").clone();
            if point == Point::Begin
                && let Some((peer, channel)) = armed
                && peer.preview_close(&channel, CloseWay::Force).is_err()
            {
                death.0.lock().expect("not poisoned").take();
                panic!("dies here, as it was told to");
            }
        });
        Tunables { probe, ..quick() }
    }

    fn when_closed_by(&self, peer: &Wallet, channel: &str) {
        *self.0.lock().expect("not poisoned") = Some((peer.clone(), channel.to_owned()));
    }
}

/// Waits until the agreed close waits in the mempool.
async fn sent(world: &World) {
    world.until("the agreed close is sent", |_| !world.network.chain().mempool().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wallet_after_its_peer_has_closed() {
    let mut world = World::new().await;
    world.fund().await;
    world.wallet.connect(&world.network.hub_peer().uri).await.expect("Hub is there");
    world.hub_opens().await;
    world.be_paid(Sat::new(50_000), "before").await;
    let death = Death::default();
    world.reopen_with(Settings { tunables: death.knobs(), ..world.settings() }).await;
    let ready = |now: &Snapshot| now.channels.list[0].state == ChannelState::Ready;
    let channel = world.until("ready", ready).await.channels.list[0].clone();
    let mut offers = Offers::to(&world.network);
    let funding = funding(&world.network, &channel);

    let hub = world.network.hub().clone();
    death.when_closed_by(&hub, &channel.id);
    let preview = hub.preview_close(&channel.id, CloseWay::Cooperative).expect("preview");
    hub.close_channel(&preview.id).await.expect("closing");
    sent(&world).await;

    // Started again, it still has the channel, and Hub has not.
    world.reopen().await;
    for _ in 0..3 {
        world.wallet.sync().await;
        let now = world.snapshot();
        assert_eq!(now.channels.list[0].state, ChannelState::ClosingCooperatively);
        assert!(!world.wallet.is_connected(&hub.node_id()), "its peer waits");
        let refused = world.wallet.connect(&world.network.hub_peer().uri).await;
        assert_eq!(crate::code(refused), fulmen_engine::error::Code::NotReady);
    }
    world.mine(1).await;
    world.until("over", |now| now.channels.list.is_empty()).await;
    world.until("connected or not needed", |now| now.balance.closing.is_empty()).await;
    ends(world, &mut offers, funding, MovementKind::ChannelClose).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_router_that_its_peer_calls() {
    let world = World::new().await;
    world.fund().await;
    let (death, plain) = (Death::default(), world.settings_of("router"));
    let listening = Settings {
        listen: Some(([127, 0, 0, 1], 0).into()),
        role: Role::Router,
        suggested_peers: Vec::new(),
        ..plain
    };
    let mortal = Settings { tunables: death.knobs(), ..listening.clone() };
    let router = Wallet::create(mortal, Password::StoredBeside).await.expect("a router");
    router.sync().await;
    let address = router.listening().expect("it listens");
    let uri = format!("{}@{address}", router.node_id());
    let preview = world.wallet.preview_open(&uri, Sat::new(300_000)).expect("preview");
    world.wallet.open_channel(&preview.id).await.expect("opened");
    for _ in 0..3 {
        world.mine(1).await;
        router.sync().await;
    }
    let ready = |now: &Snapshot| now.channels.list[0].state == ChannelState::Ready;
    let channel = world.until("ready", ready).await.channels.list[0].clone();
    let mut offers = Offers::to(&world.network);
    let funding = funding(&world.network, &channel);

    death.when_closed_by(&world.wallet, &channel.id);
    let preview = world.wallet.preview_close(&channel.id, CloseWay::Cooperative).expect("preview");
    world.wallet.close_channel(&preview.id).await.expect("closing");
    sent(&world).await;
    router.stop().await;

    let again = Settings { listen: Some(address), ..listening };
    let router = Wallet::open(again, Password::StoredBeside).await.expect("opens again");
    router.sync().await;
    for _ in 0..3 {
        router.sync().await;
        assert_eq!(router.snapshot().channels.list.len(), 1);
        drop(world.wallet.connect(&uri).await);
        assert!(!router.is_connected(&world.wallet.node_id()), "whoever calls, it does not answer");
    }
    while !router.snapshot().channels.list.is_empty() {
        world.mine(1).await;
        router.sync().await;
        assert!(world.network.chain().tip().height < 200, "it never settles");
    }
    world.until("over", |now| now.channels.list.is_empty()).await;
    router.stop().await;
    ends(world, &mut offers, funding, MovementKind::ChannelClose).await;
}

/// The coins are there, the row says that both agreed, and no commitment was ever handed in.
async fn ends(world: World, offers: &mut Offers, funding: bitcoin::OutPoint, kind: MovementKind) {
    world.settle().await;
    let row = world.newest(kind);
    assert_eq!(row.movement.status, Status::Paid, "{row:?}");
    let reason = row.movement.close_reason;
    assert!(matches!(reason, None | Some(CloseReason::Agreed)), "nobody used force: {row:?}");
    assert!(row.movement.amount_msat > Msat::new(40_000_000), "{row:?}");
    assert_eq!(offers.commitments(funding).len(), 0);
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}
