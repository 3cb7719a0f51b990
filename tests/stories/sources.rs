//! Another chain source, while the wallet runs.

use crate::code;
use bitcoin::constants::genesis_block;
use fulmen_engine::amount::Sat;
use fulmen_engine::config::Settings;
use fulmen_engine::error::Code;
use fulmen_engine::view::{SourceTrouble, SyncStatus};
use fulmen_practice::bitcoind::BitcoindServer;
use fulmen_practice::esplora::{EsploraServer, Frozen, Lies};
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

/// Looks at the chain until another server is asked.
async fn until_asked(world: &World, url: &str) {
    for _ in 0..5 {
        world.wallet.sync().await;
        if world.wallet.health().source == url {
            return world.wallet.sync().await;
        }
    }
    panic!("never asked: {url}; it is {:?}", world.wallet.health());
}

/// Two are listed. What the first says no more, the second says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_does_not_answer_is_left_for_the_next() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(300_000)).await;
    let (first, second) =
        (another(&world, Lies::none()).await, another(&world, Lies::none()).await);
    world.wallet.use_sources(&[first.url(), second.url()]).await.expect("used");
    world.wallet.sync().await;
    assert_eq!(world.wallet.health().source, first.url());

    first.stop().await;
    let height = world.snapshot().tip.height;
    world.network.mine(1).await.expect("mined");
    until_asked(&world, &second.url()).await;
    let now = world.snapshot();
    assert_eq!((now.sync, now.tip.height), (SyncStatus::Ready, height + 1));
    // What LDK waits for is watched there too.
    world.close_all().await;
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
    world.end().await;
    second.stop().await;
}

/// One alone could stand still for as long as it likes. The other one is asked for headers only, until then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_hides_blocks_is_found_out_by_another() {
    let world = World::new().await;
    world.fund().await;
    let (lies, watching) = (Lies::none(), Lies::none());
    let (first, second) = (another(&world, lies.clone()).await, another(&world, watching).await);
    world.wallet.use_sources(&[first.url(), second.url()]).await.expect("used");
    world.mine(1).await;
    world.wallet.sync().await;
    let watcher = world.wallet.health().watcher.expect("one watches");
    assert_eq!((watcher.source, watcher.ahead), (second.url(), 0));

    let before = world.snapshot();
    lies.tell(|told| told.frozen = Some(Frozen::now(world.network.chain())));
    let address = world.wallet.address().await.expect("an address");
    world.network.faucet(&address).expect("the faucet pays");
    world.network.mine(3).await.expect("mined");
    until_asked(&world, &second.url()).await;
    let now = world.snapshot();
    assert_eq!(now.tip.height, before.tip.height + 3);
    assert!(now.balance.total_msat > before.balance.total_msat, "{:?}", now.balance);
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
    world.end().await;
    first.stop().await;
    second.stop().await;
}

/// The preferences name the server, and the vault has the password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_comes_back_with_the_wallet() {
    let mut world = World::new().await;
    world.fund().await;
    let server = BitcoindServer::start(world.network.chain().clone(), Lies::none()).await;
    let server = server.expect("a server");
    let without = vec![server.name()];
    world.wallet.use_sources(&without).await.expect("an address it is");
    world.wallet.sync().await;
    assert_eq!(world.wallet.health().source_trouble, Some(SourceTrouble::NotAllowed));
    assert!(world.wallet.try_source(&server.url()).await.reached);

    world.wallet.use_sources(&[server.url()]).await.expect("used");
    world.wallet.sync().await;
    assert_eq!(world.snapshot().sync, SyncStatus::Ready);
    assert_eq!(world.wallet.health().source, server.name(), "without the password");
    let settings = Settings { source_urls: without.clone(), ..world.settings() };
    world.reopen_with(settings).await;
    world.wallet.sync().await;
    assert_eq!(world.snapshot().sync, SyncStatus::Ready);
    let tested = world.wallet.try_source(&without[0]).await;
    assert!(tested.reached && tested.right_network, "{tested:?}");

    // Whoever chooses another server has none of it left.
    world.wallet.use_sources(&[world.network.url()]).await.expect("used");
    let tested = world.wallet.try_source(&without[0]).await;
    assert_eq!(tested.trouble, Some(SourceTrouble::NotAllowed));
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
