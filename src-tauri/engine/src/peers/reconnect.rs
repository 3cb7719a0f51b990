//! Keeps the peers of our channels connected, each for itself: one that is dead delays no other. If nothing is known to
//! answer, the pauses grow.

use crate::core::Core;
use crate::error::chain_of;
use crate::peers::connect;
use bitcoin::secp256k1::PublicKey;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A pause grows to so many intervals.
const LONGEST: u32 = 12;
/// LDK keeps a message for a node that is no peer for two ticks of its messenger.
const KEPT: Duration = Duration::from_secs(20);
/// A connection that held for so many intervals was a good one: after it the pauses begin anew.
const STABLE: u32 = 12;

/// For ever.
pub(crate) async fn keep_connected(core: Arc<Core>) {
    let interval = core.settings.tunables.reconnect_interval;
    let mut tick = tokio::time::interval(interval);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut pauses = Pauses { interval, tried: HashMap::new() };
    let mut trying = tokio::task::JoinSet::new();
    let mut busy: HashSet<PublicKey> = HashSet::new();
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            // A person or a server that answers again: what failed before may work now.
            () = core.status.reconnect.notified() => pauses.tried.clear(),
            Some(done) = trying.join_next(), if !trying.is_empty() => {
                let (peer, reached): (PublicKey, bool) = done.expect("a panic ends the process, and nobody aborts it");
                busy.remove(&peer);
                pauses.was_tried(peer, reached, Instant::now());
                continue;
            }
        }
        for peer in wanted(&core) {
            let now = Instant::now();
            if core.node.is_connected(&peer) {
                pauses.is_connected(&peer, now);
            } else if pauses.is_over(&peer, now) && busy.insert(peer) {
                let core = core.clone();
                trying.spawn(async move { (peer, attempt(&core, peer).await) });
            }
        }
    }
}

/// For ever: the nodes that LDK has messages for. Each for itself.
pub(crate) async fn reach_needed(core: Arc<Core>) {
    let mut reaching = tokio::task::JoinSet::new();
    loop {
        for node in core.needed.next().await {
            let core = core.clone();
            reaching.spawn(async move {
                let interval = core.settings.tunables.reconnect_interval;
                let trying = async {
                    while !attempt(&core, node).await {
                        tokio::time::sleep(interval).await;
                    }
                };
                tokio::time::timeout(KEPT, trying).await.is_ok()
            });
        }
        while reaching.try_join_next().is_some() {}
    }
}

/// How long each peer is left alone.
struct Pauses {
    interval: Duration,
    tried: HashMap<PublicKey, Tried>,
}

/// What was tried with one peer.
struct Tried {
    attempts: u32,
    next: Instant,
    connected: Option<Instant>,
}

impl Pauses {
    /// A connection that was made counts too: one that breaks at once is not made again and again.
    fn was_tried(&mut self, peer: PublicKey, reached: bool, now: Instant) {
        let fresh = Tried { attempts: 0, next: now, connected: None };
        let one = self.tried.entry(peer).or_insert(fresh);
        one.attempts += 1;
        one.next = now + self.interval * 2u32.saturating_pow(one.attempts - 1).min(LONGEST);
        one.connected = reached.then_some(now);
    }

    fn is_connected(&mut self, peer: &PublicKey, now: Instant) {
        let stable = self.interval * STABLE;
        let since = self.tried.get(peer).and_then(|one| one.connected);
        if since.is_some_and(|since| now - since >= stable) {
            self.tried.remove(peer);
        }
    }

    fn is_over(&self, peer: &PublicKey, now: Instant) -> bool {
        self.tried.get(peer).is_none_or(|one| now >= one.next)
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

/// Peers with a channel that is not resolved, and those that are asked for lost ones. After a close too, for a while: some peers only close when they see that we
/// have forgotten the channel.
fn wanted(core: &Core) -> HashSet<PublicKey> {
    let records = core.records.all().into_iter();
    let open =
        records.filter(|record| record.ending.as_ref().is_none_or(|ending| !ending.resolved));
    open.map(|record| record.peer)
        .chain(core.lost.wanted())
        .filter_map(|id| id.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::secp256k1::{Secp256k1, SecretKey};

    const SECOND: Duration = Duration::from_secs(1);

    fn peer(byte: u8) -> PublicKey {
        SecretKey::from_slice(&[byte; 32]).unwrap().public_key(&Secp256k1::new())
    }

    fn pauses() -> Pauses {
        Pauses { interval: SECOND, tried: HashMap::new() }
    }

    /// How long the peer is left alone from now on, in seconds.
    fn pause(pauses: &Pauses, peer: &PublicKey, now: Instant) -> u32 {
        (0..100).find(|secs| pauses.is_over(peer, now + SECOND * *secs)).unwrap()
    }

    #[test]
    fn pauses_grow_and_no_other_peer_waits() {
        let (mut pauses, now) = (pauses(), Instant::now());
        for secs in [1, 2, 4, 8, 12, 12] {
            pauses.was_tried(peer(1), false, now);
            assert_eq!(pause(&pauses, &peer(1), now), secs);
        }
        assert_eq!(pause(&pauses, &peer(2), now), 0);
    }

    #[test]
    fn a_connection_that_held_begins_anew_and_one_that_broke_does_not() {
        let (mut pauses, now) = (pauses(), Instant::now());
        for _ in 0..3 {
            pauses.was_tried(peer(1), true, now);
        }
        pauses.is_connected(&peer(1), now + SECOND * (STABLE - 1));
        assert_eq!(pause(&pauses, &peer(1), now), 4);
        pauses.is_connected(&peer(1), now + SECOND * STABLE);
        assert_eq!(pause(&pauses, &peer(1), now), 0);
    }
}
