//! Keeps what a router knows of the network: written from time to time, and learnt from a snapshot server where one is set.

use super::timers;
use crate::chain::http;
use crate::core::Core;
use crate::error::chain_of;
use crate::node::gossip::RoutingState;
use crate::task::blocking;
use crate::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Keeps it in shape for ever, beside the loop: nothing here holds up a commit.
pub(crate) async fn keep_routing_state(core: Arc<Core>) {
    let mut save = timers::ticks(timers::SCORER_PERSIST, timers::SCORER_PERSIST);
    let mut prune = timers::ticks(timers::FIRST_NETWORK_PRUNE, timers::NETWORK_PRUNE);
    loop {
        let work: fn(&RoutingState) = tokio::select! {
            () = core.node.routing_state.lessons.told() => RoutingState::learn,
            _ = save.tick() => |routing_state| {
                routing_state.ages(Timestamp::now());
                routing_state.save();
            },
            _ = prune.tick() => |routing_state| routing_state.graph.remove_stale_channels_and_tracking(),
        };
        let core = core.clone();
        if tokio::task::spawn_blocking(move || work(&core.node.routing_state)).await.is_err() {
            tracing::warn!("what is known of the network is as it was");
        }
    }
}

/// Between two gossip snapshots.
const SNAPSHOT_EVERY: Duration = Duration::from_secs(3600);
/// Larger than any snapshot of today's network, and small enough not to hurt.
const SNAPSHOT_MOST: usize = 64 << 20;
/// A slow line is no error.
const SNAPSHOT_TIME: Duration = Duration::from_secs(60);

/// Takes rapid-gossip-sync snapshots (v2) for ever, where a server is set. Losing one costs a slower or missing route.
pub(crate) async fn keep_gossip(core: Arc<Core>) {
    core.freshness.trusted().await;
    core.status.online().await;
    let Some(url) = core.settings.rgs_url.clone() else { return };
    let client = match http::client(SNAPSHOT_TIME) {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(error = chain_of(&error), "no gossip snapshots");
            return;
        }
    };
    loop {
        if let Err(error) = take_snapshot(&core, &client, &url).await {
            tracing::warn!(error = chain_of(&*error), "no gossip snapshot");
        }
        tokio::time::sleep(SNAPSHOT_EVERY).await;
    }
}

async fn take_snapshot(
    core: &Arc<Core>,
    client: &reqwest::Client,
    url: &str,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let since = core.node.routing_state.graph.get_last_rapid_gossip_sync_timestamp().unwrap_or(0);
    let address = format!("{}/{since}", url.trim_end_matches('/'));
    let answer = client.get(address).send().await?;
    if !answer.status().is_success() {
        return Err(format!("the snapshot server answered {}", answer.status()).into());
    }
    let bytes = http::bytes(answer, SNAPSHOT_MOST).await?;
    let core = core.clone();
    // Seconds of work for the whole network.
    blocking(move || core.node.routing_state.apply_snapshot(&bytes, core.node.log.clone()))
        .await??;
    Ok(())
}
