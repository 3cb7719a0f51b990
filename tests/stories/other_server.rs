//! The chain from another kind of server than Esplora's: what a wallet does all day, what it must not miss, and one kind in the
//! other's place while it runs. Told of each kind in `electrum` and `bitcoind`.

use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{ChannelState, CloseReason, MovementKind, Status, SyncStatus};
use fulmen_practice::chain::Branch;
use stories::{Audit, World};

async fn ends(world: World) {
    assert_eq!(world.snapshot().balance.lightning.total_msat, Msat::ZERO);
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
    world.end().await;
}

pub(crate) async fn a_whole_life(mut world: World) {
    assert_eq!(world.wallet.health().source, world.source_name());
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.hub_opens().await;
    world.knows_the_network().await;
    world.coffee().await;
    world.be_paid(Sat::new(5_000), "for the cake").await;
    let before = world.snapshot().balance;
    world.reopen().await;
    world.wallet.sync().await;
    let now = world.until("ready again", |now| now.sync == SyncStatus::Ready).await;
    assert_eq!(now.balance.total_msat, before.total_msat);
    world.close_all().await;
    ends(world).await;
}

/// A channel has room once a payer can be told of it, and not before.
pub(crate) async fn what_shows_room_can_be_paid(world: World) {
    world.fund().await;
    world.wallet.connect(&world.network.hub_peer().uri).await.expect("connected");
    world.hub_opens().await;
    world.be_paid(Sat::new(5_000), "for the cake").await;
    world.close_all().await;
    ends(world).await;
}

pub(crate) async fn the_block_of_a_close_is_undone(world: World) {
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.close_all().await;
    world.network.chain().reorg_to(3, Branch::Empty).expect("another branch");
    world.network.sync_nodes().await;
    world.wallet.sync().await;
    world.settle().await;
    let close = || world.newest(MovementKind::ChannelClose).movement;
    world.until("its row", |_| close().status == Status::Paid).await;
    assert_eq!(close().close_reason, Some(CloseReason::Agreed));
    ends(world).await;
}

/// What LDK waits for at one server it hears of from the other, in both directions, without a restart.
pub(crate) async fn one_kind_in_the_others_place_while_it_runs(world: World) {
    world.fund().await;
    let preview = world.wallet.preview_open(&world.network.hub_peer().uri, Sat::new(500_000));
    world.wallet.open_channel(&preview.expect("a preview").id).await.expect("opened");
    world.wallet.use_sources(&[world.network.url()]).await.expect("used");
    assert_eq!(world.wallet.health().source, world.network.url());
    world.mine(3).await;
    world.until("ready", |now| now.channels.list[0].state == ChannelState::Ready).await;
    world.wallet.use_sources(&[world.url()]).await.expect("used");
    assert_eq!(world.wallet.health().source, world.source_name());
    world.close_all().await;
    ends(world).await;
}

pub(crate) async fn a_server_that_is_away_for_a_while(world: World) {
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    let before = world.snapshot();
    world.network.lies().tell(|told| told.offline = true);
    world.wallet.sync().await;
    let now = world.snapshot();
    assert!(matches!(now.sync, SyncStatus::Offline { .. }), "{:?}", now.sync);
    assert_eq!((now.tip, now.balance), (before.tip, before.balance));
    world.network.lies().truth();
    world.mine(1).await;
    let now = world.until("back", |now| now.sync == SyncStatus::Ready).await;
    assert_eq!(now.tip.height, before.tip.height + 1);
    world.close_all().await;
    ends(world).await;
}
