//! Another chain source, while the wallet runs.

use crate::code;
use bitcoin::constants::genesis_block;
use fulmen_engine::amount::Sat;
use fulmen_engine::error::Code;
use fulmen_engine::view::{SourceTrouble, SyncStatus};
use fulmen_practice::esplora::{EsploraServer, Lies};
use stories::{Audit, World};

async fn another(world: &World, lies: Lies) -> EsploraServer {
    EsploraServer::start(world.network.chain().clone(), lies).await.expect("a server")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_counts_at_once() {
    let world = World::new().await;
    world.fund().await;
    let hub = world.network.hub_peer().uri;
    let preview = world.wallet.preview_open(&hub, Sat::new(500_000)).expect("a preview");
    world.wallet.open_channel(&preview.id).await.expect("opened");

    assert_eq!(code(world.wallet.use_sources(&["nonsense".into()]).await), Code::NotUnderstood);
    assert_eq!(world.wallet.health().source, world.network.url());
    let server = another(&world, Lies::none()).await;
    world.wallet.use_sources(&[server.url()]).await.expect("used");
    assert_eq!(world.wallet.health().source, server.url());

    // What LDK waited for at the first server it hears of from the second.
    let tip = world.snapshot().tip.height;
    world.mine(3).await;
    assert_eq!(world.snapshot().tip.height, tip + 3);
    world.until("ready", |now| now.channels.list[0].can_send_msat.get() > 0).await;
    world.close_all().await;
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
    world.end().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_another_network_is_never_believed() {
    let world = World::new().await;
    world.fund().await;
    let before = world.snapshot();
    let lies = Lies::none();
    let mainnet = genesis_block(bitcoin::Network::Bitcoin).block_hash();
    lies.tell(|told| told.genesis = Some(mainnet));
    let server = another(&world, lies).await;
    world.wallet.use_sources(&[server.url()]).await.expect("an address it is");
    world.mine(1).await;
    let now = world.snapshot();
    assert!(matches!(now.sync, SyncStatus::Offline { .. }), "{:?}", now.sync);
    assert_eq!((now.tip, now.balance), (before.tip, before.balance));
    assert_eq!(world.wallet.health().source_trouble, Some(SourceTrouble::WrongNetwork));

    world.wallet.use_sources(&[world.network.url()]).await.expect("back");
    world.mine(0).await;
    assert_eq!(world.snapshot().sync, SyncStatus::Ready);
    world.end().await;
    server.stop().await;
}

/// Amounts that nobody can own are believed by nobody, and end nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_names_absurd_amounts_is_not_believed() {
    let mut world = World::new().await;
    world.fund().await;
    let before = world.snapshot();
    for sat in [u64::MAX, 1 << 60, 2_100_000_000_000_001, 100_000 * 100_000_000] {
        // One lie follows the other: a look in between would see what is true.
        world.network.lies().tell(|told| told.outputs = Some(sat));
        let address = world.wallet.address().await.expect("an address");
        world.network.faucet(&address).expect("faucet");
        world.mine(1).await;
        assert_eq!(world.snapshot().balance, before.balance, "{sat}");
        world.reopen().await;
        assert_eq!(world.snapshot().balance, before.balance, "{sat}");
    }
    world.network.lies().truth();
    world.wallet.sync().await;
    let now = world.until("the truth", |now| now.sync == SyncStatus::Ready).await;
    assert_eq!(now.balance.onchain.can_spend_sat, Sat::new(5_000_000));
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
    world.end().await;
}
