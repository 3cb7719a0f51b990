//! Another chain source, while the wallet runs.

use crate::code;
use bitcoin::constants::genesis_block;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::{Settings, Tunables};
use fulmen_engine::error::Code;
use fulmen_engine::view::{SourceTrouble, SyncStatus};
use fulmen_practice::bitcoind::BitcoindServer;
use fulmen_practice::esplora::{EsploraServer, Frozen, Lies};
use std::time::{Duration, Instant};
use stories::{Audit, Kind, Server, World};

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

/// A dead one may be chosen: it may come back. One that answers from elsewhere is never of use, and the one before stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_another_network_is_not_taken() {
    let world = World::new().await;
    world.fund().await;
    let mainnet = genesis_block(bitcoin::Network::Bitcoin).block_hash();
    for kind in Kind::ALL {
        let lies = Lies::none();
        lies.tell(|told| told.genesis = Some(mainnet));
        let server = Server::start(kind, world.network.chain().clone(), lies).await;
        for listed in [vec![server.url()], vec![world.network.url(), server.url()]] {
            let refused = world.wallet.use_sources(&listed).await;
            assert_eq!(code(refused), Code::ServerElsewhere, "{kind:?}");
            assert_eq!(world.wallet.health().source, world.source_name());
        }
        server.stop().await;
    }
    world.mine(1).await;
    assert_eq!(world.snapshot().sync, SyncStatus::Ready);

    let dead = another(&world, Lies::none()).await;
    let url = dead.url();
    dead.stop().await;
    world.wallet.use_sources(std::slice::from_ref(&url)).await.expect("it may come back");
    assert_eq!(world.wallet.health().source, url);
    world.wallet.sync().await;
    assert_eq!(world.wallet.health().source_trouble, Some(SourceTrouble::Unreachable));
    world.wallet.use_sources(&[world.url()]).await.expect("back");
    world.mine(0).await;
    assert_eq!(world.snapshot().sync, SyncStatus::Ready);
    world.end().await;
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

/// How long a server may take for an answer here: a busy machine takes a while.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longer than anybody waits here.
const SLOW: Duration = Duration::from_secs(10 * 60);

/// It takes ten minutes for each answer. Payments go on, it is left for the next, and a start does not wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_takes_minutes_for_an_answer_holds_up_nothing() {
    for kind in Kind::ALL {
        let mut world = World::with_channels().await;
        let (lies, chain) = (Lies::none(), world.network.chain().clone());
        let first = Server::start(kind, chain, lies.clone()).await;
        let second = another(&world, Lies::none()).await;
        let settings = world.settings();
        let tunables = Tunables { source_patience: Some(PATIENCE), ..settings.tunables.clone() };
        let source_urls = vec![first.url(), second.url()];
        let settings = Settings { source_urls, tunables, ..settings };
        world.reopen_with(settings.clone()).await;
        world.wallet.sync().await;
        assert_eq!(world.wallet.health().source, first.name(), "{kind:?}");
        is_usable(&world).await;

        let begun = Instant::now();
        lies.tell(|told| told.delay = Some(SLOW));
        tokio::join!(world.wallet.sync(), world.coffee());
        let height = world.snapshot().tip.height;
        world.network.mine(1).await.expect("mined");
        until_asked(&world, &second.url()).await;
        let now = world.snapshot();
        assert_eq!((now.sync, now.tip.height), (SyncStatus::Ready, height + 1), "{kind:?}");
        world.coffee().await;

        world.reopen_with(settings).await;
        until_asked(&world, &second.url()).await;
        is_usable(&world).await;
        world.coffee().await;
        assert!(begun.elapsed() < SLOW, "nobody waited for it");
        world.until("it adds up", |_| Audit::of(&world).unexplained() == 0).await;
        world.end().await;
        // Its answers are still on their way: it is dropped, not waited for.
        drop(first);
        second.stop().await;
    }
}

/// The way to the shop is known, and the channels are back.
async fn is_usable(world: &World) {
    world.until("usable", |now| now.balance.lightning.can_send_msat > Msat::new(5_000_000)).await;
    world.knows_the_network().await;
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
    assert!(tested.works, "{tested:?}");

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
