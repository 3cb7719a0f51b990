//! The tasks of an open wallet. Peers, and what is looked up on the chain, wait for the first good look at it.

use crate::channels::{close, keep, lookup, stand_down, witness};
use crate::copy::keep_copied;
use crate::core::Core;
use crate::ledger::observe;
use crate::lost_channels::follow::keep_following;
use crate::node::Package;
use crate::other_accounts::look;
use crate::peers::{connect, reconnect};
use crate::rates::keep_fetched;
use crate::run::{follow, gossip};
use crate::store::freshness::keep_mirrored;
use crate::task::Tasks;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedReceiver;

/// Starts all of them, each by its name.
pub(super) fn run(
    core: &Arc<Core>,
    tasks: &Tasks,
    broadcasts: UnboundedReceiver<Package>,
    listener: Option<TcpListener>,
) {
    tasks.spawn("broadcast", follow::broadcast(core.clone(), broadcasts));
    tasks.spawn("sync", follow::keep_synced(core.clone()));
    tasks.spawn("gossip", gossip::keep_gossip(core.clone()));
    tasks.spawn("knowledge", gossip::keep_routing_state(core.clone()));
    tasks.spawn("observe", observe::watch(core.clone()));
    let disk_core = core.clone();
    tasks.spawn("disk", async move { disk_core.status.watch_disk(&disk_core.bus).await });
    tasks.spawn("recovery", keep::keep_written(core.clone()));
    let every = core.settings.tunables.mirror_interval;
    tasks.spawn("mirror", keep_mirrored(core.freshness.clone(), core.vault.clone(), every));
    let copy_core = core.clone();
    tasks.spawn("copy", async move {
        let (copying, freshness) = (copy_core.copying.clone(), copy_core.freshness.clone());
        if copying.is_on_server() {
            copy_core.status.online().await;
        }
        keep_copied(copying, copy_core.vault.clone(), freshness, copy_core.bus.clone()).await;
    });
    let rates_core = core.clone();
    tasks.spawn("rates", async move {
        rates_core.status.online().await;
        let every = rates_core.settings.tunables.rate_interval;
        keep_fetched(rates_core.rates.clone(), &rates_core.rate_sources, every).await;
    });
    tasks.spawn("moved", stand_down::where_moved(core.clone()));
    tasks.spawn("older", stand_down::where_older(core.clone()));
    tasks.spawn("witnesses", witness::keep_witnessed(core.clone()));
    let accounts_core = core.clone();
    tasks.spawn("other accounts", async move {
        after_first_sync(&accounts_core).await;
        look::look_once(&accounts_core).await;
    });
    let lost_core = core.clone();
    tasks.spawn("lost channels", async move {
        after_first_sync(&lost_core).await;
        keep_following(lost_core).await;
    });
    let closes_core = core.clone();
    tasks.spawn("closes", async move {
        after_first_sync(&closes_core).await;
        lookup::look_up(closes_core).await;
    });
    let peers_core = core.clone();
    tasks.spawn("peers", async move {
        after_first_sync(&peers_core).await;
        reconnect::keep_connected(peers_core).await;
    });
    let needed_core = core.clone();
    tasks.spawn("messages", async move {
        after_first_sync(&needed_core).await;
        reconnect::reach_needed(needed_core).await;
    });
    tasks.spawn("ending", close::keep_asking(core.clone()));
    if let Some(listener) = listener {
        let listen_core = core.clone();
        tasks.spawn("listen", async move {
            after_first_sync(&listen_core).await;
            connect::listen(listen_core, listener).await;
        });
    }
}

/// A peer that hears from us before we know the chain may see us act on old facts; or after another computer went on with this
/// wallet, which its copy says.
async fn after_first_sync(core: &Core) {
    core.copying.looked().await;
    core.freshness.trusted().await;
    let mut rounds = core.status.rounds.subscribe();
    while !core.status.has_followed() {
        if rounds.changed().await.is_err() {
            return;
        }
    }
}
