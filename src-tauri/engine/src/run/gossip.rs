//! Keeps what a router knows of the network: written from time to time, and learnt from a snapshot server if one is set.

use super::timers;
use crate::chain::http;
use crate::core::Core;
use crate::error::chain_of;
use crate::http::{Heard, heard};
use crate::node::gossip::RoutingState;
use crate::task::blocking;
use crate::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Keeps it in shape for ever, beside the loop: nothing here holds up a commit.
pub(crate) async fn keep_routing_state(core: Arc<Core>) {
    let reading = core.clone();
    // Read now, so that no payment waits for it later.
    if blocking(move || reading.node.routing_state.size()).await.is_err() {
        tracing::warn!("the graph is read by whoever needs it first");
    }
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
/// Four times today's network, and small enough not to hurt: a channel takes five bytes there, and fifty times as many in memory.
const SNAPSHOT_MOST: usize = 16 << 20;
/// A slow line is no error.
const SNAPSHOT_TIME: Duration = Duration::from_secs(60);

/// What every snapshot begins with, before its version (`processing.rs` of `lightning-rapid-gossip-sync`).
const SNAPSHOT_PREFIX: &[u8] = b"LDK";

type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// Takes rapid-gossip-sync snapshots (v2) for ever, if a server is set. Losing one costs a slower or missing route.
pub(crate) async fn keep_gossip(core: Arc<Core>) {
    core.freshness.trusted().await;
    core.status.online().await;
    if core.settings.rgs_urls.is_empty() {
        return;
    }
    loop {
        if let Err(error) = take_snapshot(&core).await {
            tracing::warn!(error = chain_of(&*error), "no gossip snapshot");
        }
        tokio::time::sleep(SNAPSHOT_EVERY).await;
    }
}

async fn take_snapshot(core: &Arc<Core>) -> Result<(), AnyError> {
    let since = core.node.routing_state.graph.get_last_rapid_gossip_sync_timestamp().unwrap_or(0);
    let said = snapshot(&core.settings.rgs_urls, since, SNAPSHOT_MOST, SNAPSHOT_TIME).await?;
    if let Some(heard) = said.heard {
        core.status.hears(&heard, &core.bus);
    }
    let bytes = said.bytes;
    let core = core.clone();
    // Seconds of work for the whole network.
    let now = Timestamp::now();
    blocking(move || core.node.routing_state.apply_snapshot(&bytes, now, &core.node.log)).await??;
    Ok(())
}

/// A snapshot, and what time its server says it is.
#[derive(Debug)]
struct Said {
    bytes: Vec<u8>,
    heard: Option<Heard>,
}

/// From the first of these that answers with one. A server that has moved its snapshots may answer with a page instead.
async fn snapshot(
    urls: &[String],
    since: u32,
    most: usize,
    time: Duration,
) -> Result<Said, AnyError> {
    for url in urls {
        let address = format!("{}/{since}", url.trim_end_matches('/'));
        match download(&address, most, time).await {
            Ok(said) => return Ok(said),
            Err(error) => {
                tracing::info!(%address, error = chain_of(&*error), "no gossip snapshot is here");
            }
        }
    }
    Err(format!("no gossip snapshot at any of {}", urls.join(", ")).into())
}

async fn download(address: &str, most: usize, time: Duration) -> Result<Said, AnyError> {
    http::may_be_asked(address)?;
    let answer = http::client(address, time)?.get(address).send().await?;
    if !answer.status().is_success() {
        return Err(format!("the snapshot server answered {}", answer.status()).into());
    }
    let heard = heard(answer.url().host_str().unwrap_or_default(), &answer);
    let bytes = http::bytes(answer, most).await?;
    if !bytes.starts_with(SNAPSHOT_PREFIX) {
        return Err("that is no snapshot".into());
    }
    Ok(Said { bytes, heard })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::lying::Server;

    const SNAPSHOT: &[u8] = b"LDK\x02 and so on";
    const TIME: Duration = Duration::from_secs(5);

    async fn asked(urls: &[String], time: Duration) -> Result<Vec<u8>, AnyError> {
        Ok(snapshot(urls, 7, 64, time).await?.bytes)
    }

    #[tokio::test]
    async fn the_layout_that_answers_is_used_whichever_it_is() {
        for moved_to in ["/snapshot/v2/7", "/v2/snapshot/7"] {
            let server = Server::start(move |path| match path == moved_to {
                true => Server::ok(SNAPSHOT),
                false => Server::ok(b"<html>moved"),
            })
            .await;
            let urls = ["/snapshot/v2", "/v2/snapshot/"].map(|path| server.url(path));
            assert_eq!(asked(&urls, TIME).await.unwrap(), SNAPSHOT, "{moved_to}");
        }
    }

    #[tokio::test]
    async fn where_neither_answers_all_are_named() {
        let server = Server::start(|_| Server::status(404)).await;
        let urls = ["/snapshot/v2", "/v2/snapshot"].map(|path| server.url(path));
        let refused = asked(&urls, TIME).await.unwrap_err().to_string();
        assert!(urls.iter().all(|url| refused.contains(url)), "{refused}");
    }

    #[tokio::test]
    async fn a_lying_server_costs_neither_memory_nor_time_nor_leads_elsewhere() {
        let elsewhere = Server::start(|_| Server::ok(SNAPSHOT)).await;
        let to = elsewhere.url("/7");
        let huge = [SNAPSHOT, &[0; 128]].concat();
        let answers =
            [Server::ok(&huge), Server::endless(SNAPSHOT), Server::to(&to), Server::silence()];
        for answer in answers {
            let server = Server::start(move |_| answer.clone()).await;
            let short = Duration::from_millis(300);
            assert!(asked(&[server.url("/v2")], short).await.is_err());
        }
        assert_eq!(elsewhere.asked(), 0);
    }

    #[tokio::test]
    async fn nobody_is_asked_in_the_clear() {
        let urls = ["http://192.0.2.1/v2".to_owned()];
        assert!(asked(&urls, TIME).await.is_err());
        let refused = download("http://192.0.2.1/v2/0", 64, TIME).await.unwrap_err();
        assert!(refused.to_string().contains("TLS"), "{refused}");
    }
}
