//! Keeps the peers of our channels connected, each for itself: one that is dead delays no other. Where nothing is known to
//! answer, the pauses grow.

use crate::core::Core;
use crate::error::chain_of;
use crate::peers::connect;
use bitcoin::secp256k1::PublicKey;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::time::Instant;

/// A pause grows to so many intervals.
const LONGEST: u32 = 12;
/// A connection that held for so many intervals was a good one: after it the pauses begin anew.
const STABLE: u32 = 12;

/// What was tried with one peer.
struct Trying {
    failures: u32,
    next: Instant,
    connected: Option<Instant>,
}

/// For ever.
pub(crate) async fn keep_connected(core: Arc<Core>) {
    let interval = core.settings.tunables.reconnect_interval;
    let mut tick = tokio::time::interval(interval);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut tried: HashMap<PublicKey, Trying> = HashMap::new();
    let mut trying = tokio::task::JoinSet::new();
    let mut busy: HashSet<PublicKey> = HashSet::new();
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            // A person or a server that answers again: what failed before may work now.
            () = core.status.reconnect.notified() => tried.clear(),
            Some(done) = trying.join_next(), if !trying.is_empty() => {
                let (peer, reached): (PublicKey, bool) = done.expect("a panic ends the process, and nobody aborts it");
                busy.remove(&peer);
                let now = Instant::now();
                let one = tried.entry(peer).or_insert(Trying { failures: 0, next: now, connected: None });
                one.failures += 1;
                one.next = now + interval * 2u32.saturating_pow(one.failures - 1).min(LONGEST);
                one.connected = reached.then_some(now);
                continue;
            }
        }
        for peer in wanted(&core) {
            let now = Instant::now();
            let one = tried.get_mut(&peer);
            if core.node.is_connected(&peer) {
                if let Some(one) = one
                    && one.connected.is_some_and(|since| now - since >= interval * STABLE)
                {
                    one.failures = 0;
                    one.next = now;
                }
                continue;
            }
            if one.is_some_and(|one| now < one.next) || !busy.insert(peer) {
                continue;
            }
            let core = core.clone();
            trying.spawn(async move { (peer, attempt(&core, peer).await) });
        }
    }
}

async fn attempt(core: &Core, peer: PublicKey) -> bool {
    match connect::reach(core, peer, None).await {
        Ok(_) => {
            core.status.channels_changed();
            true
        }
        Err(error) => {
            tracing::debug!(%peer, error = chain_of(&error), "a peer stays away");
            false
        }
    }
}

/// Peers with a channel that is not settled. After a close too, for a while: some peers only close when they see that we
/// have forgotten the channel.
fn wanted(core: &Core) -> HashSet<PublicKey> {
    let records = core.book.all().into_iter();
    let open = records.filter(|record| record.ending.as_ref().is_none_or(|ending| !ending.settled));
    open.filter_map(|record| record.peer.parse().ok()).collect()
}
