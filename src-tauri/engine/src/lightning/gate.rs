//! The output gate. LDK holds HTLC messages back until their monitor update is complete, but not `funding_signed`,
//! `closing_signed` and errors: those would tell the peer of a state that a crash could still make us forget. This
//! wrapper around the manager keeps them until the commit that covers them. It must not reorder or drop anything else.

use super::types::Manager;
use super::wake::Wake;
use bitcoin::constants::ChainHash;
use bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::{self, BaseMessageHandler, ChannelMessageHandler, MessageSendEvent};
use lightning::ln::types::ChannelId;
use lightning::types::features::{InitFeatures, NodeFeatures};
use std::sync::{Arc, Mutex, MutexGuard};

/// See the module.
pub(crate) struct Gate {
    manager: Arc<Manager>,
    held: Mutex<Held>,
    wake: Wake,
}

#[derive(Default)]
struct Held {
    epoch: u64,
    waiting: Vec<(u64, MessageSendEvent)>,
    released: Vec<MessageSendEvent>,
    #[cfg(feature = "broken-orders")]
    off: bool,
}

impl Held {
    /// What may leave now: what was released before, then those of `events` that need not wait.
    fn pass(&mut self, events: Vec<MessageSendEvent>) -> Vec<MessageSendEvent> {
        let mut out = std::mem::take(&mut self.released);
        for event in events {
            if self.holds(&event) || self.overtakes(&event) {
                self.waiting.push((self.epoch, event));
            } else {
                out.push(event);
            }
        }
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

    /// The connection they were meant for is gone. A peer that hears `closing_signed` before `channel_reestablish` closes by
    /// force; after the reestablishing LDK says everything again.
    fn drop_for(&mut self, peer: &PublicKey) {
        self.waiting.retain(|(_, event)| receiver(event) != Some(peer));
        self.released.retain(|event| receiver(event) != Some(peer));
    }
}

/// To whom a message goes that the gate may hold.
fn receiver(event: &MessageSendEvent) -> Option<&PublicKey> {
    match event {
        MessageSendEvent::SendFundingSigned { node_id, .. }
        | MessageSendEvent::SendClosingSigned { node_id, .. }
        | MessageSendEvent::SendChannelReady { node_id, .. }
        | MessageSendEvent::HandleError { node_id, .. } => Some(node_id),
        _ => None,
    }
}

impl Gate {
    pub(crate) fn new(manager: Arc<Manager>, wake: Wake) -> Self {
        Self { manager, held: Mutex::new(Held::default()), wake }
    }

    /// Holds nothing back from now on, where `off`.
    #[cfg(feature = "broken-orders")]
    pub(crate) fn broken(self, off: bool) -> Self {
        self.lock().off = off;
        self
    }

    /// Starts a new epoch; what was held before is covered by the manager encoded after this call.
    pub(crate) fn bump(&self) -> u64 {
        let mut held = self.lock();
        held.epoch += 1;
        held.epoch
    }

    /// Lets out everything held before `epoch` began. The caller then makes the peer manager send it.
    pub(crate) fn release(&self, epoch: u64) {
        let mut held = self.lock();
        let (covered, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut held.waiting).into_iter().partition(|(tag, _)| *tag < epoch);
        held.waiting = rest;
        held.released.extend(covered.into_iter().map(|(_, event)| event));
    }

    /// True while something waits for a commit.
    pub(crate) fn is_holding(&self) -> bool {
        !self.lock().waiting.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("gate lock is never poisoned: a panic ends the process")
    }
}

fn must_wait(event: &MessageSendEvent) -> bool {
    matches!(
        event,
        MessageSendEvent::SendFundingSigned { .. }
            | MessageSendEvent::SendClosingSigned { .. }
            | MessageSendEvent::HandleError { .. }
    )
}

impl BaseMessageHandler for Gate {
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        let events = self.manager.get_and_clear_pending_msg_events();
        let mut held = self.lock();
        let out = held.pass(events);
        if !held.waiting.is_empty() {
            self.wake.urgent();
        }
        out
    }

    fn peer_disconnected(&self, peer: PublicKey) {
        self.manager.peer_disconnected(peer);
        self.lock().drop_for(&peer);
    }

    fn provided_node_features(&self) -> NodeFeatures {
        self.manager.provided_node_features()
    }

    fn provided_init_features(&self, peer: PublicKey) -> InitFeatures {
        self.manager.provided_init_features(peer)
    }

    fn peer_connected(&self, peer: PublicKey, init: &msgs::Init, inbound: bool) -> Result<(), ()> {
        self.manager.peer_connected(peer, init, inbound)
    }
}

/// Messages that go to the manager as they are.
macro_rules! delegate {
    ($($name:ident($message:ty);)*) => {
        $(fn $name(&self, peer: PublicKey, message: $message) {
            self.manager.$name(peer, message);
        })*
    };
}

impl ChannelMessageHandler for Gate {
    delegate! {
        handle_open_channel(&msgs::OpenChannel);
        handle_open_channel_v2(&msgs::OpenChannelV2);
        handle_accept_channel(&msgs::AcceptChannel);
        handle_accept_channel_v2(&msgs::AcceptChannelV2);
        handle_funding_created(&msgs::FundingCreated);
        handle_funding_signed(&msgs::FundingSigned);
        handle_channel_ready(&msgs::ChannelReady);
        handle_peer_storage(msgs::PeerStorage);
        handle_peer_storage_retrieval(msgs::PeerStorageRetrieval);
        handle_shutdown(&msgs::Shutdown);
        handle_closing_signed(&msgs::ClosingSigned);
        handle_stfu(&msgs::Stfu);
        handle_splice_init(&msgs::SpliceInit);
        handle_splice_ack(&msgs::SpliceAck);
        handle_splice_locked(&msgs::SpliceLocked);
        handle_tx_add_input(&msgs::TxAddInput);
        handle_tx_add_output(&msgs::TxAddOutput);
        handle_tx_remove_input(&msgs::TxRemoveInput);
        handle_tx_remove_output(&msgs::TxRemoveOutput);
        handle_tx_complete(&msgs::TxComplete);
        handle_tx_signatures(&msgs::TxSignatures);
        handle_tx_init_rbf(&msgs::TxInitRbf);
        handle_tx_ack_rbf(&msgs::TxAckRbf);
        handle_tx_abort(&msgs::TxAbort);
        handle_update_add_htlc(&msgs::UpdateAddHTLC);
        handle_update_fulfill_htlc(msgs::UpdateFulfillHTLC);
        handle_update_fail_htlc(&msgs::UpdateFailHTLC);
        handle_update_fail_malformed_htlc(&msgs::UpdateFailMalformedHTLC);
        handle_commitment_signed(&msgs::CommitmentSigned);
        handle_revoke_and_ack(&msgs::RevokeAndACK);
        handle_update_fee(&msgs::UpdateFee);
        handle_announcement_signatures(&msgs::AnnouncementSignatures);
        handle_channel_reestablish(&msgs::ChannelReestablish);
        handle_channel_update(&msgs::ChannelUpdate);
        handle_error(&msgs::ErrorMessage);
    }

    fn handle_commitment_signed_batch(
        &self,
        peer: PublicKey,
        channel: ChannelId,
        batch: Vec<msgs::CommitmentSigned>,
    ) {
        self.manager.handle_commitment_signed_batch(peer, channel, batch);
    }

    fn get_chain_hashes(&self) -> Option<Vec<ChainHash>> {
        self.manager.get_chain_hashes()
    }

    fn message_received(&self) {
        self.manager.message_received();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};

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

    /// LDK's events have no equality.
    fn told(events: &[MessageSendEvent]) -> Vec<(&'static str, u8)> {
        let name = |event: &MessageSendEvent| match event {
            MessageSendEvent::SendFundingSigned { msg, .. } => ("signed", msg.channel_id.0[0]),
            MessageSendEvent::SendChannelReady { msg, .. } => ("ready", msg.channel_id.0[0]),
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
    fn a_lost_connection_takes_its_messages_with_it() {
        let mut held = Held::default();
        assert!(held.pass(vec![signed(1), signed(2)]).is_empty());
        held.released.push(ready(1));
        held.drop_for(&peer(1));
        let left: Vec<_> = held.waiting.into_iter().map(|(_, message)| message).collect();
        assert_eq!(told(&left), [("signed", 2)]);
        assert!(held.released.is_empty());
    }
}
