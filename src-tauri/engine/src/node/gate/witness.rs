//! What peers keep for us (see [`crate::witness`]): nothing is said of a channel before such a peer has given it back.

use crate::config::Role;
use crate::node::gate::Gate;
use crate::node::gate::held::Storing;
use crate::node::record::ChannelRecord;
use bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::{self, ErrorAction, MessageSendEvent};
use std::time::{Duration, Instant};

impl Gate {
    /// A connection begins. A peer without a channel of ours has nothing that we would wait for; a router asks nobody.
    pub(super) fn begins_to_store(&self, peer: PublicKey, init: &msgs::Init) {
        if self.role == Role::Router || !init.features.supports_provide_storage() {
            return;
        }
        self.witnesses.begins(peer);
        let id = peer.to_string();
        let has_channel = |record: &ChannelRecord| {
            let resolved = record.ending.as_ref().is_some_and(|ending| ending.resolved);
            record.peer == id && record.funding.is_some() && !resolved
        };
        let waits = self.records.find(has_channel).is_some();
        let unsaid = waits.then(Vec::new);
        self.lock().storing.insert(peer, Storing { since: Instant::now(), unsaid });
        self.witnesses.changed.notify_one();
    }

    /// A peer gives back what it keeps. LDK must not see it: its own has another format, and its reader panics.
    pub(super) fn gives_back(&self, peer: PublicKey, mut sealed: Vec<u8>) {
        if self.role == Role::Router || !self.probe.is_given_back(&mut sealed) {
            return;
        }
        if !self.witnesses.hear(peer, &sealed) {
            self.lets_speak(&peer);
            return;
        }
        // In this order: nothing leaves, then nobody is there. The rest follows in a task.
        self.staleness.begin_quarantine();
        let mut held = self.lock();
        held.drop_for(&peer);
        let action = ErrorAction::DisconnectPeer { msg: None };
        held.released.push(MessageSendEvent::HandleError { node_id: peer, action });
    }

    /// Nothing waits for this peer's blob any more.
    pub(super) fn lets_speak(&self, peer: &PublicKey) {
        // Under one lock: nothing of a channel may overtake it.
        let mut held = self.lock();
        let waiting = held.storing.get_mut(peer).and_then(|storing| storing.unsaid.take());
        let Some(mut unsaid) = waiting else { return };
        unsaid.retain_mut(|event| self.may_say_first(&mut held, event));
        held.released.extend(unsaid);
        self.witnesses.changed.notify_one();
    }

    /// Whoever has not given anything back for so long has nothing. When the next one's time is over. What may be said then
    /// must still be sent.
    pub(crate) fn end_waits(&self, patience: Duration, now: Instant) -> Option<Instant> {
        let held = self.lock();
        let waiting = held.storing.iter().filter(|(_, storing)| storing.unsaid.is_some());
        let ends: Vec<_> =
            waiting.map(|(peer, storing)| (*peer, storing.since + patience)).collect();
        drop(held);
        let (over, others): (Vec<_>, Vec<_>) = ends.into_iter().partition(|(_, end)| *end <= now);
        for (peer, _) in over {
            tracing::debug!(%peer, "a peer that stores gives nothing back");
            self.lets_speak(&peer);
        }
        others.into_iter().map(|(_, end)| end).min()
    }

    /// Connected peers that would keep a blob, and since when they are connected.
    pub(crate) fn storing(&self) -> Vec<(PublicKey, Instant)> {
        let held = self.lock();
        let heard = held.storing.iter().filter(|(_, storing)| storing.unsaid.is_none());
        heard.map(|(peer, storing)| (*peer, storing.since)).collect()
    }

    /// Has a peer keep this, in place of what it kept. It must still be sent.
    pub(crate) fn has_kept(&self, peer: PublicKey, data: Vec<u8>) {
        let msg = msgs::PeerStorage { data };
        self.lock().released.push(MessageSendEvent::SendPeerStorage { node_id: peer, msg });
    }
}
