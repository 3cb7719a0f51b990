//! Fees that rise for days: what a peer pays for its commitment stays where it was, and that is no reason to close.

use fulmen_engine::amount::Sat;
use fulmen_engine::config::Tunables;
use fulmen_engine::view::ChannelState;
use std::time::Duration;
use stories::{World, quick, ready_in};

/// Two days of blocks. LDK judges by the least of the last 144.
const BLOCKS: u32 = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_at_the_floor_is_neither_refused_nor_closed() {
    // Hub does not adapt its commitments' fees, as a peer does that caps them.
    let world = World::with(Tunables { ldk_tick: Duration::from_secs(3600), ..quick() }).await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    let dear = async || {
        world.network.lies().tell(|told| told.fee_rate = Some(200));
        world.wallet.sync().await;
        world.network.lies().truth();
    };
    for _ in 0..4 {
        dear().await;
    }
    // Hub still believes in 1 sat/vB.
    world.hub_opens().await;
    for _ in 0..BLOCKS / 2 {
        world.network.mine(2).await.expect("mined");
        dear().await;
    }
    let now = world.until("both ready", |now| ready_in(now) == 2).await;
    assert!(now.channels.list.iter().all(|channel| channel.state == ChannelState::Ready));
    assert!(world.network.chain().mempool().is_empty(), "nobody closed anything");
    world.knows_the_network().await;
    world.coffee().await;
    world.end().await;
}
