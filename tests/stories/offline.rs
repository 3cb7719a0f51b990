//! The chain's server is away, or lies.

use crate::{code, onchain_quote, quote};
use bitcoin::constants::genesis_block;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::{Settings, Tunables};
use fulmen_engine::error::Code;
use fulmen_engine::view::{FeeSpeed, SourceTrouble, Status, SyncStatus};
use fulmen_practice::esplora::Frozen;
use std::time::Duration;
use stories::{Audit, World};

/// Looks at the chain by itself, often enough for a story.
fn impatient(world: &World) -> Settings {
    let tunables = Tunables { sync_interval: Duration::from_millis(300), ..stories::quick() };
    Settings { tunables, ..world.settings() }
}

fn is_offline(sync: &SyncStatus) -> bool {
    matches!(sync, SyncStatus::Offline { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn away_at_the_start_and_coming_back() {
    let mut world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    let before = world.snapshot();
    let coffee = world.network.order_coffee().await.expect("an invoice");

    world.network.lies().tell(|told| told.offline = true);
    world.reopen_with(impatient(&world)).await;
    let away = world.until("offline", |now| is_offline(&now.sync)).await;
    assert_eq!(away.balance.total_msat, before.balance.total_msat);
    assert_eq!(away.balance.onchain.total_sat, before.balance.onchain.total_sat);
    assert_eq!(away.channels.list.len(), 1);
    assert_eq!(away.movements, before.movements);
    assert_eq!(world.wallet.health().source_trouble, Some(SourceTrouble::Unreachable));
    assert_eq!(code(quote(&world.wallet, &coffee, None).await), Code::NotReady);
    let address = world.network.shop().address().await.expect("an address").to_string();
    let shown = onchain_quote(&world.wallet, &address, Some(Sat::new(10_000)), FeeSpeed::Slow);
    assert_eq!(code(world.wallet.pay(&shown.await.expect("a quote").id).await), Code::NotReady);
    let hub = world.network.hub_peer().uri;
    let preview = world.wallet.preview_open(&hub, Sat::new(100_000)).expect("preview");
    assert_eq!(code(world.wallet.open_channel(&preview.id).await), Code::NotReady);

    world.network.lies().truth();
    let back = world.until("ready, by itself", |now| now.sync == SyncStatus::Ready).await;
    assert_eq!(back.balance.total_msat, before.balance.total_msat);
    world
        .until("the channel", |now| now.balance.lightning.can_send_msat > Msat::new(2_200_000))
        .await;
    let id = world.start_paying(&coffee).await;
    assert_eq!(world.decided(id).await.movement.status, Status::Paid);
    ends(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_another_network() {
    let mut world = World::new().await;
    world.fund().await;
    let before = world.snapshot().balance;
    let mainnet = genesis_block(bitcoin::Network::Bitcoin).block_hash();
    world.network.lies().tell(|told| told.genesis = Some(mainnet));
    world.reopen_with(impatient(&world)).await;
    let now = world.until("offline", |now| is_offline(&now.sync)).await;
    assert_eq!(now.balance, before);
    assert_eq!(world.wallet.health().source_trouble, Some(SourceTrouble::WrongNetwork));

    world.network.lies().truth();
    world.until("ready, by itself", |now| now.sync == SyncStatus::Ready).await;
    ends(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_lies() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    let before = world.snapshot();
    let lies = world.network.lies();

    // It stands still while the chain goes on.
    let frozen = Frozen::now(world.network.chain());
    lies.tell(|told| told.frozen = Some(frozen));
    world.mine(5).await;
    let stale = world.snapshot();
    assert_eq!((stale.tip, &stale.balance), (before.tip, &before.balance));
    lies.truth();
    world.mine(0).await;
    assert_eq!(world.snapshot().tip.height, before.tip.height + 5);

    // It has no tip, answers with errors, or wants no fees or all of them.
    lies.tell(|told| told.no_tip = true);
    world.mine(0).await;
    assert!(is_offline(&world.snapshot().sync), "{:?}", world.snapshot().sync);
    lies.truth();
    for rate in [0, 1_000_000] {
        lies.tell(|told| told.fee_rate = Some(rate));
        world.mine(1).await;
        let now = world.until("the channel lives", |now| now.channels.list.len() == 1).await;
        assert_eq!(now.balance.total_msat, before.balance.total_msat, "at {rate} sat/vB");
        lies.truth();
        world.mine(0).await;
    }
    let now = world.until("ready", |now| now.sync == SyncStatus::Ready).await;
    assert_eq!(now.balance.lightning.total_msat, before.balance.lightning.total_msat);
    // The channel stays open; `closing.rs` has what comes of closing while each side believes in other fees.
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
    world.end().await;
}

async fn ends(world: World) {
    world.close_all().await;
    let books = Audit::of(&world);
    assert!((0..2_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}
