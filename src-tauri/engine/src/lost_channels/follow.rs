//! Following lost channels: from the peer's answer to the block that ends them, and to the money.

use super::kept::{Ended, LostChannel, LostPeer};
use super::look_up::{StaticScripts, looked_up};
use super::told::{Ask, AskError, MOST_PEERS, Told, read};
use crate::chain::SourceError;
use crate::core::Core;
use crate::error::chain_of;
use crate::event::Event;
use crate::keys::STATIC_PAYMENT_KEYS;
use crate::other_accounts::look;
use crate::peers::view_peer;
use crate::time::Timestamp;
use crate::view;
use bitcoin::OutPoint;
use bitcoin::secp256k1::PublicKey;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::time::Instant;

/// Asks these peers as well, from now on.
pub(crate) fn ask(core: &Core, ask: &Ask) -> Result<(), AskError> {
    let (told, wrong) = read(ask, &core.signer, &core.settings)?;
    if let Some(line) = wrong.first() {
        return Err(AskError::Line(*line));
    }
    ask_all(core, &told);
    Ok(())
}

/// The same of peers that were read before.
pub(crate) fn ask_all(core: &Core, told: &[Told]) {
    for Told { node, addresses, .. } in told {
        if let Some(first) = addresses.first() {
            core.addresses.given(node, first);
        }
        core.addresses.told(node, addresses);
    }
    core.lost.add(told);
    core.status.reconnect.notify_one();
}

/// For ever.
pub(crate) async fn keep_following(core: Arc<Core>) {
    let mut rounds = core.status.rounds.subscribe();
    let mut scanned = core.other_accounts.scanned.subscribe();
    let mut witnessed = core.node.gate.witnesses.found();
    let mut follower = Follower::default();
    let patience = core.settings.tunables.reconnect_interval;
    loop {
        rounds.mark_unchanged();
        scanned.mark_unchanged();
        witnessed.mark_unchanged();
        let more = told_by_witnesses(&core);
        if !more.is_empty() {
            ask_all(&core, &more);
        }
        if !core.lost.is_empty() {
            follower.hear(&core);
            if let Err(error) = follower.look(&core).await {
                tracing::info!(error = chain_of(&error), "lost channels: not now");
            }
            follower.tell(&core);
        }
        tokio::select! {
            changed = rounds.changed() => if changed.is_err() { return },
            changed = scanned.changed() => if changed.is_err() { return },
            changed = witnessed.changed() => if changed.is_err() { return },
            () = core.node.gate.unknown.named() => {}
            () = core.lost.more.notified() => {}
            // A peer has had the time to name its channels.
            () = tokio::time::sleep(patience), if !core.lost.wanted().is_empty() => {}
        }
    }
}

/// Peers that others' blobs name (see [`crate::witness`]), and that nobody has told us of. They are asked as well.
fn told_by_witnesses(core: &Core) -> Vec<Told> {
    let asked: HashSet<String> = core.lost.all().into_iter().map(|peer| peer.peer).collect();
    let witnesses = &core.node.gate.witnesses;
    // Who asked no peer for what is lost wants none of it.
    let earlier = (!asked.is_empty()).then(|| witnesses.earlier_peers());
    let known: HashSet<OutPoint> =
        core.records.all().into_iter().filter_map(|record| record.funding).collect();
    let before = witnesses.peers_before_the_copy().into_iter();
    let lacking = before.filter(|peer| peer.fundings.iter().any(|at| !known.contains(at)));
    let named = earlier.into_iter().flatten().chain(lacking);
    let new = named.filter(|peer| !asked.contains(&peer.node.to_string()));
    let told = new.map(|peer| Told {
        node: peer.node,
        addresses: peer.address.iter().map(ToString::to_string).collect(),
        channels: Vec::new(),
    });
    told.take(MOST_PEERS.saturating_sub(asked.len())).collect()
}

#[derive(Default)]
struct Follower {
    /// Since when a peer is connected.
    since: HashMap<PublicKey, Instant>,
    /// Ids that no funding output has that the server knows. They are looked for once a start.
    nowhere: HashSet<String>,
    /// The block at which the chain was asked last: once a block is enough.
    looked_at: Option<u32>,
    told: Option<view::LostChannels>,
}

impl Follower {
    /// What peers said, and that they had time to say it.
    fn hear(&mut self, core: &Core) {
        for (peer, channel) in core.node.gate.unknown.all() {
            core.lost.named(&peer.to_string(), &channel.to_string());
        }
        let patience = core.settings.tunables.reconnect_interval;
        for LostPeer { peer, heard, .. } in core.lost.all() {
            let Ok(id) = peer.parse::<PublicKey>() else { continue };
            if !core.node.is_connected(&id) {
                self.since.remove(&id);
            } else if self.since.entry(id).or_insert_with(Instant::now).elapsed() >= patience
                && !heard
            {
                core.lost.heard(&peer);
            }
        }
    }

    /// What the chain says of those that are not over.
    async fn look(&mut self, core: &Core) -> Result<(), SourceError> {
        let height = core.status.tip().height;
        let again = self.looked_at != Some(height);
        let channels = core.lost.all().into_iter().flat_map(|peer| peer.channels);
        let due: Vec<_> = channels.filter(|channel| self.is_due(channel, again)).collect();
        if due.is_empty() {
            return Ok(());
        }
        let ours = StaticScripts::of(core);
        for channel in due {
            let known = looked_up(core, &channel, &ours).await?;
            if known.funding.is_none() {
                self.nowhere.insert(channel.channel_id);
                continue;
            }
            let lies = known.ended.as_ref().is_some_and(|ended| !ended.moved);
            if lies && channel.ended.is_none() {
                // Found before it is said, so that what is said to lie there can be moved.
                look::look_at_closed(core, Timestamp::now()).await?;
            }
            core.lost.put(&known);
        }
        self.looked_at = Some(height);
        Ok(())
    }

    fn is_due(&self, channel: &LostChannel, again: bool) -> bool {
        let is_over = channel.ended.as_ref().is_some_and(|ended| ended.moved);
        let is_new = channel.funding.is_none() && !self.nowhere.contains(&channel.channel_id);
        !is_over && (is_new || (again && channel.funding.is_some()))
    }

    fn tell(&mut self, core: &Core) {
        let now = view(core);
        if self.told.as_ref() != Some(&now) {
            core.bus.send(Event::LostChannels(now.clone()));
            self.told = Some(now);
        }
    }
}

/// As screens show it.
pub(crate) fn view(core: &Core) -> view::LostChannels {
    view::LostChannels {
        peers: core.lost.all().iter().filter_map(|peer| view_lost(core, peer)).collect(),
        scripts: STATIC_PAYMENT_KEYS,
        scripts_looked_at: *core.other_accounts.scanned.borrow(),
    }
}

/// The same of one peer, whether it is asked or only would be.
pub(crate) fn view_lost(core: &Core, lost: &LostPeer) -> Option<view::LostPeer> {
    let id: PublicKey = lost.peer.parse().ok()?;
    let is_connected = core.node.is_connected(&id);
    let state = match (lost.channels.is_empty(), lost.heard) {
        (true, true) => view::LostPeerState::HasNone,
        _ if is_connected => view::LostPeerState::Connected,
        (false, true) => view::LostPeerState::Away,
        _ => view::LostPeerState::NotReached,
    };
    Some(view::LostPeer {
        peer: view_peer(&core.node, &core.settings, &id),
        address: core
            .addresses
            .all(&id, &core.records, &core.settings, &core.node.routing_state)
            .into_iter()
            .next(),
        state,
        channels: lost.channels.iter().map(view_channel).collect(),
    })
}

fn view_channel(channel: &LostChannel) -> view::LostChannel {
    let state = match &channel.ended {
        Some(Ended { amount, moved: false, .. }) => {
            view::LostChannelState::Closed { amount_sat: *amount }
        }
        Some(Ended { amount, moved: true, .. }) => {
            view::LostChannelState::Back { amount_sat: *amount }
        }
        None if channel.asked => view::LostChannelState::Asked,
        None => view::LostChannelState::Open,
    };
    view::LostChannel { id: channel.channel_id.clone(), capacity_sat: channel.capacity, state }
}
