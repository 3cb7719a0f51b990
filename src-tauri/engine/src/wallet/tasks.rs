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
    after_first_look(core, tasks, "other accounts", |core| async move {
        look::keep_looking(&core).await;
    });
    after_first_look(core, tasks, "lost channels", keep_following);
    after_first_look(core, tasks, "closes", lookup::look_up);
    after_first_look(core, tasks, "peers", reconnect::keep_connected);
    after_first_look(core, tasks, "messages", reconnect::reach_needed);
    tasks.spawn("ending", close::keep_asking(core.clone()));
    if let Some(listener) = listener {
        let listen = |core| connect::listen(core, listener);
        after_first_look(core, tasks, "listen", listen);
    }
}

/// A task that waits for [`after_first_sync`].
fn after_first_look<F: Future<Output = ()> + Send + 'static>(
    core: &Arc<Core>,
    tasks: &Tasks,
    name: &'static str,
    task: impl FnOnce(Arc<Core>) -> F + Send + 'static,
) {
    let core = core.clone();
    tasks.spawn(name, async move {
        after_first_sync(&core).await;
        task(core).await;
    });
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
