//! A server that answers every look and shows no new block. It is named, and nothing is begun that hangs on the next blocks.

use crate::{code, onchain_quote, quote};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::{Settings, Tunables};
use fulmen_engine::error::Code;
use fulmen_engine::view::{FeeSpeed, Snapshot, Status, SyncStatus};
use fulmen_practice::esplora::{Frozen, Lies};
use std::time::Duration;
use stories::{Audit, Kind, Server, World};

/// So far ahead of the clock that the next block is not awaited for a while.
const AHEAD_SECS: u64 = 10 * 60;

/// A look is over often, and blocks are so far apart.
fn expecting(block_every: Duration, settings: Settings) -> Settings {
    let tunables = Tunables {
        block_every: Some(block_every),
        sync_interval: Duration::from_millis(300),
        ..settings.tunables
    };
    Settings { tunables, ..settings }
}

/// Both channels have come back.
fn is_usable(now: &Snapshot) -> bool {
    let lightning = &now.balance.lightning;
    lightning.can_send_msat > Msat::ZERO && lightning.can_receive_msat > Msat::ZERO
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_still_is_named_and_nothing_hangs_on_it() {
    for kind in Kind::ALL {
        let mut world = World::with_channels().await;
        let lies = Lies::none();
        let server = Server::start(kind, world.network.chain().clone(), lies.clone()).await;
        let settings = Settings { source_urls: vec![server.url()], ..world.settings() };
        lies.tell(|told| told.frozen = Some(Frozen::now(world.network.chain())));
        let tip = world.snapshot().tip;
        world.network.mine(2).await.expect("mined");

        // For a while that is nothing.
        world.reopen_with(expecting(Duration::from_secs(3_600), settings.clone())).await;
        world.until("ready", |now| now.sync == SyncStatus::Ready && is_usable(now)).await;
        world.knows_the_network().await;
        world.coffee().await;

        world.reopen_with(expecting(Duration::ZERO, settings)).await;
        let silent = SyncStatus::NoBlocks { since_secs: tip.time_secs, pauses: true };
        world.until("said", |now| now.sync == silent && is_usable(now)).await;
        world.knows_the_network().await;
        refuses(&world).await;

        lies.truth();
        world.network.chain().set_ahead(AHEAD_SECS);
        world.mine(1).await;
        world.until("ready", |now| now.sync == SyncStatus::Ready).await;
        assert_eq!(world.snapshot().tip.height, tip.height + 3, "{kind:?}");
        world.coffee().await;
        world.be_paid(Sat::new(1_000), "after the silence").await;
        world.until("it adds up", |_| Audit::of(&world).unexplained() == 0).await;
        world.end().await;
        server.stop().await;
    }
}

/// Neither sends nor takes anything over Lightning, and opens nothing. On-chain it goes on.
async fn refuses(world: &World) {
    let before = world.snapshot().balance.total_msat;
    let coffee = world.network.order_coffee().await.expect("an invoice");
    assert_eq!(code(quote(&world.wallet, &coffee, None).await), Code::NoBlocks);
    let hub = world.network.hub_peer().uri;
    let preview = world.wallet.preview_open(&hub, Sat::new(100_000)).expect("a preview");
    assert_eq!(code(world.wallet.open_channel(&preview.id).await), Code::NoBlocks);
    world.network.hub_opens(&world.wallet.node_id()).await.expect_err("it is refused");
    let amount = Some(Msat::new(1_000_000));
    let asked = world.wallet.receive(amount, None, 3600).await.expect("a request");
    let invoice = asked.invoice.expect("an invoice");
    assert_eq!(world.network.shop_pays(&invoice).await.expect("tried"), Status::Failed);
    let address = world.network.shop().address().await.expect("an address").to_string();
    let onchain = onchain_quote(&world.wallet, &address, Some(Sat::new(10_000)), FeeSpeed::Slow);
    onchain.await.expect("a quote");
    assert_eq!(world.snapshot().balance.total_msat, before);
}
