//! What waits at the gate for a commit, in order, and for whom. No decision about channels; see [`crate::node::gate`].

use super::closing_fee::Offer;
use super::reestablish::Ours;
use bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::{ClosingSigned, MessageSendEvent};
use lightning::ln::types::ChannelId;
use std::collections::HashMap;
use std::time::Instant;

/// What the gate holds, and what it knows of each connection.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) epoch: u64,
    pub(crate) waiting: Vec<(u64, MessageSendEvent)>,
    pub(crate) released: Vec<MessageSendEvent>,
    #[cfg(feature = "broken-orders")]
    pub(crate) off: bool,
    /// Our `channel_reestablish` of each connection.
    pub(crate) reestablish_sent: HashMap<ChannelId, (PublicKey, Ours)>,
    /// What the commitment says with which LDK closed a channel, and for how many blocks our money in it waits.
    pub(crate) closed: HashMap<ChannelId, (Ours, u16)>,
    /// What we offered last for a close in each connection.
    pub(crate) offers: HashMap<ChannelId, (PublicKey, Offer)>,
    /// Our `channel_reestablish` of channels from a copy, until the peer has said its own.
    pub(crate) unsaid: HashMap<ChannelId, (PublicKey, MessageSendEvent)>,
    /// Channels that the peer was asked to close in this connection.
    pub(crate) asked: HashMap<ChannelId, PublicKey>,
    /// Connected peers that keep a blob of ours, if they have one.
    pub(crate) storing: HashMap<PublicKey, Storing>,
}

/// A connection to a peer that stores for us.
pub(crate) struct Storing {
    pub(crate) since: Instant,
    /// Our `channel_reestablish`es, until the blob was read. `None` once nothing waits for it.
    pub(crate) unsaid: Option<Vec<MessageSendEvent>>,
}

impl Held {
    /// Our numbers of a channel, if they are known.
    pub(crate) fn ours(&self, channel: &ChannelId) -> Option<Ours> {
        let reestablish_sent = self.reestablish_sent.get(channel).map(|(_, ours)| *ours);
        reestablish_sent.or_else(|| self.closed.get(channel).map(|(ours, _)| *ours))
    }

    /// What may leave now: what was released before, then those of `events` that need not wait, and what closes a channel last.
    pub(crate) fn pass(&mut self, events: Vec<MessageSendEvent>) -> Vec<MessageSendEvent> {
        let released = std::mem::take(&mut self.released);
        let (closing, mut out): (Vec<_>, Vec<_>) = released.into_iter().partition(closes);
        for event in events {
            if self.holds(&event) || self.overtakes(&event) {
                self.waiting.push((self.epoch + u64::from(closes(&event)), event));
            } else {
                out.push(event);
            }
        }
        out.extend(closing);
        out
    }

    fn holds(&self, event: &MessageSendEvent) -> bool {
        #[cfg(feature = "broken-orders")]
        if self.off {
            return false;
        }
        must_wait(event)
    }

    /// A zero-conf channel is ready with its first commit, which may be one before the commit that lets its
    /// `funding_signed` go.
    fn overtakes(&self, event: &MessageSendEvent) -> bool {
        let MessageSendEvent::SendChannelReady { node_id: peer, msg: ready } = event else {
            return false;
        };
        self.waiting.iter().any(|(_, waiting)| {
            matches!(waiting, MessageSendEvent::SendFundingSigned { node_id, msg }
                if node_id == peer && msg.channel_id == ready.channel_id)
        })
    }

    /// Says our offer for a close again. If it has not left yet it is still to be said once.
    pub(crate) fn repeats(&mut self, peer: PublicKey, offer: ClosingSigned) {
        let waits = |event: &MessageSendEvent| matches!(event, MessageSendEvent::SendClosingSigned { msg, .. } if *msg == offer);
        if !self.waiting.iter().any(|(_, event)| waits(event)) {
            self.released.push(MessageSendEvent::SendClosingSigned { node_id: peer, msg: offer });
        }
    }

    /// The connection they were meant for is gone. A peer that hears `closing_signed` before `channel_reestablish` closes by
    /// force; after the reestablishing LDK says everything again.
    pub(crate) fn drop_for(&mut self, peer: &PublicKey) {
        self.waiting.retain(|(_, event)| receiver(event) != Some(peer));
        self.released.retain(|event| receiver(event) != Some(peer));
        self.asked.retain(|_, asked| asked != peer);
        self.storing.remove(peer);
        self.unsaid.retain(|_, (unsaid, _)| unsaid != peer);
        self.offers.retain(|_, (offered, _)| offered != peer);
        // The next connection begins with new numbers.
        self.reestablish_sent.retain(|_, (reestablish_sent, _)| reestablish_sent != peer);
    }
}

/// To whom a message goes; nobody in particular gets gossip of ours. Without a wildcard: a new kind must be thought of.
fn receiver(event: &MessageSendEvent) -> Option<&PublicKey> {
    use MessageSendEvent as M;
    match event {
        M::SendAcceptChannel { node_id, .. }
        | M::SendAcceptChannelV2 { node_id, .. }
        | M::SendOpenChannel { node_id, .. }
        | M::SendOpenChannelV2 { node_id, .. }
        | M::SendFundingCreated { node_id, .. }
        | M::SendFundingSigned { node_id, .. }
        | M::SendStfu { node_id, .. }
        | M::SendSpliceInit { node_id, .. }
        | M::SendSpliceAck { node_id, .. }
        | M::SendSpliceLocked { node_id, .. }
        | M::SendTxAddInput { node_id, .. }
        | M::SendTxAddOutput { node_id, .. }
        | M::SendTxRemoveInput { node_id, .. }
        | M::SendTxRemoveOutput { node_id, .. }
        | M::SendTxComplete { node_id, .. }
        | M::SendTxSignatures { node_id, .. }
        | M::SendTxInitRbf { node_id, .. }
        | M::SendTxAckRbf { node_id, .. }
        | M::SendTxAbort { node_id, .. }
        | M::SendChannelReady { node_id, .. }
        | M::SendAnnouncementSignatures { node_id, .. }
        | M::UpdateHTLCs { node_id, .. }
        | M::SendRevokeAndACK { node_id, .. }
        | M::SendClosingSigned { node_id, .. }
        | M::SendClosingComplete { node_id, .. }
        | M::SendClosingSig { node_id, .. }
        | M::SendShutdown { node_id, .. }
        | M::SendChannelReestablish { node_id, .. }
        | M::SendChannelAnnouncement { node_id, .. }
        | M::SendChannelUpdate { node_id, .. }
        | M::HandleError { node_id, .. }
        | M::SendChannelRangeQuery { node_id, .. }
        | M::SendShortIdsQuery { node_id, .. }
        | M::SendReplyChannelRange { node_id, .. }
        | M::SendGossipTimestampFilter { node_id, .. }
        | M::SendPeerStorage { node_id, .. }
        | M::SendPeerStorageRetrieval { node_id, .. } => Some(node_id),
        M::BroadcastChannelAnnouncement { .. }
        | M::BroadcastChannelUpdate { .. }
        | M::BroadcastNodeAnnouncement { .. } => None,
    }
}

fn must_wait(event: &MessageSendEvent) -> bool {
    match event {
        MessageSendEvent::SendFundingSigned { .. }
        | MessageSendEvent::SendShutdown { .. }
        | MessageSendEvent::SendClosingSigned { .. }
        | MessageSendEvent::HandleError { .. } => true,
        // No channel has these numbers. LDK says them of one that it has forgotten, and the peer closes it by force.
        MessageSendEvent::SendChannelReestablish { msg, .. } => {
            msg.next_local_commitment_number == 0
        }
        _ => false,
    }
}

/// After `shutdown` no HTLC may be added (BOLT 2), or the peer closes by force. LDK 0.2.7 says it at once, though an HTLC that it has
/// added before may still wait for its monitor update. That update was queued before this message was made, so it is complete
/// with the commit before the one that this waits for.
fn closes(event: &MessageSendEvent) -> bool {
    matches!(
        event,
        MessageSendEvent::SendShutdown { .. } | MessageSendEvent::SendClosingSigned { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
    use lightning::ln::msgs;

    fn peer(number: u8) -> PublicKey {
        PublicKey::from_secret_key(&Secp256k1::new(), &key(number))
    }

    fn key(number: u8) -> SecretKey {
        SecretKey::from_slice(&[number; 32]).expect("a key")
    }

    fn signed(to: u8) -> MessageSendEvent {
        let signature = Secp256k1::new().sign_ecdsa(&Message::from_digest([1; 32]), &key(to));
        let msg = msgs::FundingSigned { channel_id: ChannelId([to; 32]), signature };
        MessageSendEvent::SendFundingSigned { node_id: peer(to), msg }
    }

    fn ready(to: u8) -> MessageSendEvent {
        let msg = msgs::ChannelReady {
            channel_id: ChannelId([to; 32]),
            next_per_commitment_point: peer(to),
            short_channel_id_alias: None,
        };
        MessageSendEvent::SendChannelReady { node_id: peer(to), msg }
    }

    fn shutdown(to: u8) -> MessageSendEvent {
        let msg = msgs::Shutdown {
            channel_id: ChannelId([to; 32]),
            scriptpubkey: bitcoin::ScriptBuf::new(),
        };
        MessageSendEvent::SendShutdown { node_id: peer(to), msg }
    }

    fn adds(to: u8) -> MessageSendEvent {
        let signature = Secp256k1::new().sign_ecdsa(&Message::from_digest([1; 32]), &key(to));
        let commitment_signed = vec![msgs::CommitmentSigned {
            channel_id: ChannelId([to; 32]),
            signature,
            htlc_signatures: Vec::new(),
            funding_txid: None,
        }];
        let updates = msgs::CommitmentUpdate {
            update_add_htlcs: Vec::new(),
            update_fulfill_htlcs: Vec::new(),
            update_fail_htlcs: Vec::new(),
            update_fail_malformed_htlcs: Vec::new(),
            update_fee: None,
            commitment_signed,
        };
        let channel_id = ChannelId([to; 32]);
        MessageSendEvent::UpdateHTLCs { node_id: peer(to), channel_id, updates }
    }

    fn reestablish(to: u8, next_local_commitment_number: u64) -> MessageSendEvent {
        let msg = msgs::ChannelReestablish {
            channel_id: ChannelId([to; 32]),
            next_local_commitment_number,
            next_remote_commitment_number: 0,
            your_last_per_commitment_secret: [0; 32],
            my_current_per_commitment_point: peer(to),
            next_funding: None,
            my_current_funding_locked: None,
        };
        MessageSendEvent::SendChannelReestablish { node_id: peer(to), msg }
    }

    /// LDK's events have no equality.
    fn told(events: &[MessageSendEvent]) -> Vec<(&'static str, u8)> {
        let name = |event: &MessageSendEvent| match event {
            MessageSendEvent::SendFundingSigned { msg, .. } => ("signed", msg.channel_id.0[0]),
            MessageSendEvent::SendChannelReady { msg, .. } => ("ready", msg.channel_id.0[0]),
            MessageSendEvent::SendShutdown { msg, .. } => ("shutdown", msg.channel_id.0[0]),
            MessageSendEvent::UpdateHTLCs { channel_id, .. } => ("adds", channel_id.0[0]),
            MessageSendEvent::SendChannelReestablish { msg, .. } => ("back", msg.channel_id.0[0]),
            other => panic!("not made here: {other:?}"),
        };
        events.iter().map(name).collect()
    }

    #[test]
    fn nothing_overtakes_a_held_message_of_its_channel() {
        let mut held = Held::default();
        assert!(held.pass(vec![signed(1)]).is_empty());
        assert_eq!(told(&held.pass(vec![ready(1), ready(2)])), [("ready", 2)], "another goes on");
        held.released = std::mem::take(&mut held.waiting).into_iter().map(|(_, m)| m).collect();
        let passed = told(&held.pass(vec![ready(3)]));
        assert_eq!(passed, [("signed", 1), ("ready", 1), ("ready", 3)]);
    }

    #[test]
    fn a_close_comes_after_what_was_added_before_it() {
        let mut held = Held { epoch: 7, ..Held::default() };
        assert!(held.pass(vec![shutdown(1), signed(2)]).is_empty());
        let tags: Vec<_> = held.waiting.iter().map(|(tag, _)| *tag).collect();
        assert_eq!(tags, [8, 7], "the commit after the one that has the addition");
        held.released = std::mem::take(&mut held.waiting).into_iter().map(|(_, m)| m).collect();
        let passed = told(&held.pass(vec![adds(1)]));
        assert_eq!(passed, [("signed", 2), ("adds", 1), ("shutdown", 1)]);
    }

    #[test]
    fn that_a_channel_is_forgotten_waits_for_the_commit_that_has_it() {
        let mut held = Held::default();
        assert_eq!(told(&held.pass(vec![reestablish(1, 0), reestablish(2, 1)])), [("back", 2)]);
        let waiting: Vec<_> = held.waiting.into_iter().map(|(_, message)| message).collect();
        assert_eq!(told(&waiting), [("back", 1)]);
    }

    #[test]
    fn a_lost_connection_takes_its_messages_with_it() {
        let mut held = Held::default();
        assert!(held.pass(vec![signed(1), signed(2)]).is_empty());
        let msg = lightning::ln::msgs::TxAbort { channel_id: ChannelId([1; 32]), data: vec![] };
        let rare = MessageSendEvent::SendTxAbort { node_id: peer(1), msg };
        held.released.extend([ready(1), rare]);
        held.drop_for(&peer(1));
        let left: Vec<_> = held.waiting.into_iter().map(|(_, message)| message).collect();
        assert_eq!(told(&left), [("signed", 2)]);
        assert!(held.released.is_empty());
    }
}
