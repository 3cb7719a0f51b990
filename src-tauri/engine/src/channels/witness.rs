//! Has peers keep how far this vault is (see [`crate::witness`]): at each connection, whenever a channel comes, goes or is
//! spliced, and on a slow beat. Never in quarantine.

use crate::config::Role;
use crate::core::Core;
use crate::event::Event;
use crate::node::record::ChannelRecord;
use crate::time::Timestamp;
use crate::witness::WitnessedPeer;
use bitcoin::secp256k1::PublicKey;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// The beat: so long, or so many commits.
const BEAT: Duration = Duration::from_secs(60 * 60);
const COMMITS: u64 = 100;
/// Between two looks at whether a beat is due.
const LOOK: Duration = Duration::from_secs(10);
/// A peer may leave out what comes sooner after the last (BOLT 1: at most one a second).
const PAUSE: Duration = Duration::from_secs(1);

/// What a peer was given last.
struct Given {
    /// Names the connection.
    connected: Instant,
    at: Instant,
    generation: u64,
    peers: Vec<WitnessedPeer>,
}

/// For ever.
pub(crate) async fn keep_witnessed(core: Arc<Core>) {
    if core.settings.role == Role::Router {
        return;
    }
    core.freshness.trusted().await;
    // What is given is ahead of everything that a copy can have found when it was opened.
    if core.wake.durable().await.is_err() {
        return;
    }
    let mut events = core.bus.subscribe();
    let mut given = HashMap::new();
    loop {
        core.freshness.trusted().await;
        let gate = &core.node.gate;
        let now = Instant::now();
        let over = gate.end_waits(core.settings.tunables.witness_patience, now);
        let due = give(&core, &mut given, now);
        core.node.peers.process_events();
        let next = [over, due].into_iter().flatten().fold(now + LOOK, Instant::min);
        tokio::select! {
            () = gate.witnesses.changed.notified() => {}
            () = tokio::time::sleep_until(next.into()) => {}
            () = channels_change(&mut events) => {}
        }
    }
}

/// Gives it to whoever has none, or an old one. When somebody is due who was given one just now.
fn give(core: &Core, given: &mut HashMap<PublicKey, Given>, now: Instant) -> Option<Instant> {
    if core.node.staleness.stands_still() {
        return None;
    }
    let storing = core.node.gate.storing();
    given.retain(|peer, _| storing.iter().any(|(storing, _)| storing == peer));
    let peers = peers(core);
    let generation = core.vault.generation().0;
    let mut next: Option<Instant> = None;
    for (peer, connected) in storing {
        // LDK stores only for whom it has a channel with.
        if !peers.iter().any(|known| known.node == peer) {
            continue;
        }
        if let Some(last) = given.get(&peer) {
            if !last.is_old(connected, &peers, generation, now) {
                continue;
            }
            if now < last.at + PAUSE {
                next = Some(next.map_or(last.at + PAUSE, |next| next.min(last.at + PAUSE)));
                continue;
            }
        }
        let blob = core.node.gate.witnesses.give(peer, peers.clone(), Timestamp::now());
        core.node.gate.has_kept(peer, blob);
        given.insert(peer, Given { connected, at: now, generation, peers: peers.clone() });
    }
    next
}

impl Given {
    fn is_old(
        &self,
        connected: Instant,
        peers: &[WitnessedPeer],
        generation: u64,
        now: Instant,
    ) -> bool {
        self.connected != connected
            || self.peers != peers
            || generation >= self.generation.saturating_add(COMMITS)
            || now >= self.at + BEAT
    }
}

/// With whom there are channels whose money is not on-chain yet, the largest first.
fn peers(core: &Core) -> Vec<WitnessedPeer> {
    let resolved = |record: &ChannelRecord| {
        record.ending.as_ref().is_some_and(|ending| ending.resolved || ending.closed)
    };
    let mut records = core.records.all();
    records.retain(|record| record.funding.is_some() && !resolved(record));
    records.sort_by_key(|record| (std::cmp::Reverse(record.amount_sat), record.user_id));
    let mut peers: Vec<WitnessedPeer> = Vec::new();
    for record in records {
        let (Some(funding), Ok(node)) = (record.funding, record.peer.parse::<PublicKey>()) else {
            continue;
        };
        match peers.iter_mut().find(|peer| peer.node == node) {
            Some(peer) => peer.fundings.push(funding),
            None => {
                let places = core.addresses.all(
                    &node,
                    &core.records,
                    &core.settings,
                    &core.node.routing_state,
                );
                let address = places.first().and_then(|place| place.parse().ok());
                peers.push(WitnessedPeer { node, address, fundings: vec![funding] });
            }
        }
    }
    peers
}

async fn channels_change(events: &mut Receiver<Event>) {
    loop {
        match events.recv().await {
            Ok(Event::Channels(_)) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
