//! Rapid gossip sync, version 2: a recorded snapshot is taken, a damaged one is refused and leaves gossip as it was.

use bitcoin::constants::ChainHash;
use fulmen_engine::amount::Sat;
use fulmen_engine::config::Settings;
use fulmen_engine::view::Snapshot;
use std::time::{SystemTime, UNIX_EPOCH};
use stories::World;

/// From LDK's own tests (`lightning-rapid-gossip-sync`): two nodes with addresses, one channel, both its directions.
const RECORDED: &[u8] = include_bytes!("../fixtures/rgs_v2.bin");
/// Where the chain's hash and the time stamp are.
const CHAIN: std::ops::Range<usize> = 4..36;
const TIME: std::ops::Range<usize> = 36..40;

/// The recording, as if made now on this chain.
fn snapshot(chain: ChainHash, age_secs: u64) -> (Vec<u8>, u32) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let time = u32::try_from(now - age_secs).expect("before 2106");
    let mut bytes = RECORDED.to_vec();
    bytes[CHAIN].copy_from_slice(chain.as_bytes());
    bytes[TIME].copy_from_slice(&time.to_be_bytes());
    (bytes, time)
}

fn known(world: &World) -> (u32, u32) {
    let health = world.wallet.health();
    (health.graph_nodes, health.graph_channels)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_taken_whole_or_not_at_all() {
    let world = World::new().await;
    assert_eq!(known(&world), (0, 0));
    let (good, time) = snapshot(ChainHash::REGTEST, 3600);

    for length in 0..good.len() {
        assert!(
            world.wallet.apply_gossip_snapshot(&good[..length]).is_err(),
            "the first {length} bytes"
        );
        assert_eq!(known(&world), (0, 0), "half a snapshot of {length} bytes stayed");
    }
    let (other, _) = snapshot(ChainHash::BITCOIN, 3600);
    let (old, _) = snapshot(ChainHash::REGTEST, 15 * 24 * 3600);
    let mut future = good.clone();
    future[TIME].copy_from_slice(&u32::MAX.to_be_bytes());
    for refused in [other.as_slice(), &old, &future, RECORDED, b"", b"LDK\x03rubbish"] {
        assert!(world.wallet.apply_gossip_snapshot(refused).is_err());
        assert_eq!(known(&world), (0, 0));
    }

    assert_eq!(world.wallet.apply_gossip_snapshot(&good), Ok(time));
    assert_eq!(known(&world), (2, 1));
    assert!(world.wallet.apply_gossip_snapshot(&good[..good.len() - 1]).is_err());
    assert_eq!(known(&world), (2, 1), "as before");
    world.end().await;
}

/// If a server supplies the graph, gossip from peers is ignored: nobody verifies it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_snapshot_server_peers_are_not_heard() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    let url = world.network.url();
    let settings = Settings { rgs_urls: vec![url], ..world.settings_of("told") };
    let told = fulmen_engine::Wallet::create(settings, fulmen_engine::keys::Password::StoredBeside);
    let told = told.await.expect("another wallet");
    told.connect(&world.network.hub_peer().uri).await.expect("connected");
    // A payment's worth of messages both ways, and time for Hub to send its gossip.
    world.coffee().await;
    let closed = |now: &Snapshot| now.channels.list.is_empty();
    world.close_all().await;
    world.until("closed", closed).await;
    let health = told.health();
    assert!(health.peers.iter().any(|peer| peer.connected));
    assert_eq!((health.graph_nodes, health.graph_channels), (0, 0));
    told.stop().await;
    world.end().await;
}
