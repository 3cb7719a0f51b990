//! The gate around the manager, both ways.
//!
//! *Out*: LDK holds HTLC messages back until their monitor update is complete, but not `funding_signed`, `closing_signed`
//! and errors: those would tell the peer of a state that a crash could still make us forget. They are kept until the
//! commit that covers them. `shutdown` is kept as well: it may not overtake an HTLC that LDK added before it ([`held`]).
//!
//! *In*: see [`crate::node::gate::filter`]. A peer that must wait is not spoken to, and one that stores for us is told of no
//! channel before it has given back what it keeps ([`crate::witness`]).
//!
//! It must not reorder or drop anything else.

/// Agreeing on the fee of a close.
pub(crate) mod closing_fee;
/// What the monitors hear, and the manager not yet.
mod confirm;
/// What the gate lets in.
pub(crate) mod filter;
/// What the gate holds back.
pub(crate) mod held;
/// What is doubted at a start.
pub(crate) mod loaded;
/// What BOLT 12 says to others.
pub(crate) mod onion;
/// What a peer says first of a channel.
pub(crate) mod reestablish;
/// Channels whose state may be old.
pub(crate) mod stale;
/// Channels that nobody here knows.
pub(crate) mod unknown;
/// What peers keep for us.
mod witness;

use super::keys::NodeKeys;
use super::types::Manager;
use crate::config::Role;
use crate::node::durable::wake::Wake;
use crate::node::gate::closing_fee::Offer;
use crate::node::gate::held::Held;
use crate::node::gate::reestablish::Ours;
use crate::node::gate::stale::Staleness;
use crate::node::gate::unknown::Unknown;
use crate::node::record::{ChannelStore, FulfilledHtlc, hashes_of, pending_htlcs};
use crate::probe::Probe;
use crate::witness::Witnesses;
use bitcoin::Transaction;
use bitcoin::constants::ChainHash;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::PublicKey;
use lightning::ln::chan_utils::ChannelTransactionParameters;
use lightning::ln::channel_state::{ChannelDetails, OutboundHTLCDetails};
use lightning::ln::msgs::{
    self, BaseMessageHandler, ChannelMessageHandler, ErrorAction, MessageSendEvent,
};
use lightning::ln::types::ChannelId;
use lightning::types::features::{InitFeatures, NodeFeatures};
use std::sync::{Arc, Mutex, MutexGuard};

/// See the module.
pub(crate) struct Gate {
    pub(crate) manager: Arc<Manager>,
    pub(crate) staleness: Arc<Staleness>,
    pub(crate) records: Arc<ChannelStore>,
    pub(crate) keys: Arc<NodeKeys>,
    pub(crate) role: Role,
    pub(crate) unknown: Unknown,
    pub(crate) witnesses: Arc<Witnesses>,
    held: Mutex<Held>,
    /// One at a time asks LDK for messages, so that none overtakes another.
    asking: Mutex<()>,
    /// A peer's revocation, with what it removes, or a close by force: see [`Gate::between_revocations`].
    revoking: Mutex<()>,
    wake: Wake,
    probe: Probe,
}

/// What the peer reads when it must close: it knows more than we do.
const PLEASE_CLOSE: &str = "our state of this channel is old; please close it";

impl Gate {
    pub(crate) fn new(
        manager: Arc<Manager>,
        staleness: Arc<Staleness>,
        records: Arc<ChannelStore>,
        keys: Arc<NodeKeys>,
        (role, witnesses): (Role, Arc<Witnesses>),
        wake: Wake,
        probe: Probe,
    ) -> Self {
        let (held, asking, revoking) = (Mutex::default(), Mutex::new(()), Mutex::new(()));
        let unknown = Unknown::default();
        Self {
            manager,
            staleness,
            records,
            keys,
            role,
            unknown,
            witnesses,
            held,
            asking,
            revoking,
            wake,
            probe,
        }
    }

    /// Holds nothing back from now on, if `off`.
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

    /// Keeps that the peer knows the preimage of an HTLC that we offered. LDK checks the preimage too.
    fn keep_fulfilled(&self, peer: PublicKey, message: &msgs::UpdateFulfillHTLC) {
        let hash = sha256::Hash::hash(&message.payment_preimage.0).to_byte_array();
        let Some(channel) = self.listed(&peer, &message.channel_id) else { return };
        let pending = channel.pending_outbound_htlcs.iter();
        let of = |htlc: &&OutboundHTLCDetails| {
            htlc.htlc_id == Some(message.htlc_id) && htlc.payment_hash.0 == hash
        };
        let fulfilled: Vec<_> = pending.filter(of).map(FulfilledHtlc::outgoing).collect();
        self.records.change(channel.user_channel_id, |record| record.fulfilled.extend(fulfilled));
    }

    /// Closes a channel by force, and not between LDK's removing an HTLC and our forgetting it: LDK's last balance would
    /// count it as paid, and so would we.
    pub(crate) fn between_revocations<T>(&self, close: impl FnOnce() -> T) -> T {
        let _alone = self.lock_revoking();
        close()
    }

    fn lock_asking(&self) -> MutexGuard<'_, ()> {
        self.asking.lock().expect("gate lock is never poisoned: a panic ends the process")
    }

    fn lock_revoking(&self) -> MutexGuard<'_, ()> {
        self.revoking.lock().expect("gate lock is never poisoned: a panic ends the process")
    }

    /// The peer revoked a commitment: fulfilled HTLCs may now be irrevocably removed.
    fn forget_removed(&self, peer: PublicKey, channel: &ChannelId) {
        let Some(record) = self.record(&peer, channel) else { return };
        if record.fulfilled.is_empty() {
            return;
        }
        if let Some(listed) = self.listed(&peer, channel) {
            let recent = hashes_of(self.manager.list_recent_payments());
            let pending = pending_htlcs(&listed);
            self.records.change(record.user_id, |record| record.forget_removed(&pending, &recent));
        }
    }

    fn listed(&self, peer: &PublicKey, channel: &ChannelId) -> Option<ChannelDetails> {
        let listed = self.manager.list_channels_with_counterparty(peer);
        listed.into_iter().find(|listed| listed.channel_id == *channel)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("gate lock is never poisoned: a panic ends the process")
    }
}

/// Letting out.
impl Gate {
    /// Takes what LDK wants to say. What need not wait goes to the released.
    pub(crate) fn collect(&self) {
        let _one = self.lock_asking();
        let mut events = self.manager.get_and_clear_pending_msg_events();
        events.retain_mut(|event| {
            self.offers(event);
            self.sends_reestablish(event)
        });
        let mut held = self.lock();
        held.released = held.pass(events);
        if !held.waiting.is_empty() {
            self.wake.urgent();
        }
    }

    /// Remembers what our `channel_reestablish` says. False for one of a stale channel: its peer is asked to
    /// close instead. False as well for one of a channel from a copy, which waits for the peer's.
    fn sends_reestablish(&self, event: &mut MessageSendEvent) -> bool {
        let MessageSendEvent::SendChannelReestablish { node_id, msg } = event else { return true };
        if self.staleness.is_stale(&msg.channel_id) {
            self.ask_to_close(*node_id, msg.channel_id);
            return false;
        }
        let ours = Ours {
            next_local: msg.next_local_commitment_number,
            next_remote: msg.next_remote_commitment_number,
        };
        let (peer, channel) = (*node_id, msg.channel_id);
        let mut held = self.lock();
        held.reestablish_sent.insert(channel, (peer, ours));
        // Until it has given back what it keeps for us.
        let storing = held.storing.get_mut(&peer);
        if let Some(unsaid) = storing.and_then(|storing| storing.unsaid.as_mut()) {
            unsaid.push(event.clone());
            return false;
        }
        self.may_say_first(&mut held, event)
    }

    /// False for a channel from a copy, which waits for the peer's word.
    fn may_say_first(&self, held: &mut Held, event: &mut MessageSendEvent) -> bool {
        let MessageSendEvent::SendChannelReestablish { node_id, msg } = event else { return true };
        if self.staleness.stands_still() {
            return false;
        }
        self.probe.sends_reestablish(msg);
        let (channel, peer) = (msg.channel_id, *node_id);
        let waits = self.staleness.is_restored(&channel);
        if waits {
            held.unsaid.insert(channel, (peer, event.clone()));
        }
        !waits
    }

    /// Remembers what we offer for a close.
    fn offers(&self, event: &mut MessageSendEvent) {
        let MessageSendEvent::SendClosingSigned { node_id, msg } = event else { return };
        if let Some(offer) = Offer::of(msg) {
            self.lock().offers.insert(msg.channel_id, (*node_id, offer));
        }
        self.probe.offers(msg);
    }

    /// LDK closes with this commitment, and says nothing to the peer about it.
    pub(crate) fn closes_with(
        &self,
        channel: ChannelId,
        commitment: &Transaction,
        parameters: &ChannelTransactionParameters,
    ) {
        let Some(ours) = Ours::of_commitment(commitment, parameters) else { return };
        let Some(theirs) = &parameters.counterparty_parameters else { return };
        self.lock().closed.insert(channel, (ours, theirs.selected_contest_delay));
    }

    /// Blocks for which our money waits after that close (BOLT 3, `to_self_delay`).
    pub(crate) fn delay_of(&self, channel: &ChannelId) -> Option<u16> {
        self.lock().closed.get(channel).map(|(_, delay)| *delay)
    }

    /// Asks the peer to close with what it has: with numbers that no channel can have, which LND needs, and in words, which
    /// is enough for the others. After the commit that holds why.
    pub(crate) fn ask_to_close(&self, peer: PublicKey, channel: ChannelId) {
        let mut held = self.lock();
        if held.asked.insert(channel, peer).is_some() {
            return;
        }
        tracing::warn!(%channel, "the peer is asked to close a channel whose state here is old");
        let point =
            PublicKey::from_slice(&[2; 33]).expect("a point on the curve (LDK uses it too)");
        let msg = msgs::ChannelReestablish {
            channel_id: channel,
            next_local_commitment_number: 0,
            next_remote_commitment_number: 0,
            your_last_per_commitment_secret: [1; 32],
            my_current_per_commitment_point: point,
            next_funding: None,
            my_current_funding_locked: None,
        };
        let error = msgs::ErrorMessage { channel_id: channel, data: PLEASE_CLOSE.to_owned() };
        let action = ErrorAction::SendErrorMessage { msg: error };
        let epoch = held.epoch;
        held.waiting.extend([
            (epoch, MessageSendEvent::SendChannelReestablish { node_id: peer, msg }),
            (epoch, MessageSendEvent::HandleError { node_id: peer, action }),
        ]);
        drop(held);
        self.wake.urgent();
    }
}

impl BaseMessageHandler for Gate {
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        self.collect();
        std::mem::take(&mut self.lock().released)
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
        if self.staleness.must_wait(&peer) {
            tracing::debug!(%peer, "a peer is not spoken to yet");
            return Err(());
        }
        self.begins_to_store(peer, init);
        self.manager.peer_connected(peer, init, inbound).inspect_err(|()| {
            self.lock().storing.remove(&peer);
        })
    }
}

/// Messages that go to the manager as they are: of no channel, or of one that is only beginning. `channel_ready` comes too
/// early from LND, and LDK keeps it.
macro_rules! delegate {
    ($($name:ident($message:ty);)*) => {
        $(fn $name(&self, peer: PublicKey, message: $message) {
            self.manager.$name(peer, message);
        })*
    };
}

/// Messages of a channel that may be old.
macro_rules! guarded {
    ($($name:ident($message:ty);)*) => {
        $(fn $name(&self, peer: PublicKey, message: $message) {
            if self.lets_in(&message.channel_id) {
                self.manager.$name(peer, message);
            }
        })*
    };
}

impl ChannelMessageHandler for Gate {
    delegate! {
        handle_open_channel(&msgs::OpenChannel);
        handle_open_channel_v2(&msgs::OpenChannelV2);
        handle_accept_channel(&msgs::AcceptChannel);
        handle_accept_channel_v2(&msgs::AcceptChannelV2);
        handle_channel_ready(&msgs::ChannelReady);
        handle_peer_storage(msgs::PeerStorage);
        handle_channel_update(&msgs::ChannelUpdate);
    }

    guarded! {
        handle_funding_signed(&msgs::FundingSigned);
        handle_shutdown(&msgs::Shutdown);
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
        handle_update_fail_htlc(&msgs::UpdateFailHTLC);
        handle_update_fail_malformed_htlc(&msgs::UpdateFailMalformedHTLC);
        handle_update_fee(&msgs::UpdateFee);
        handle_commitment_signed(&msgs::CommitmentSigned);
        handle_announcement_signatures(&msgs::AnnouncementSignatures);
    }

    fn handle_funding_created(&self, peer: PublicKey, message: &msgs::FundingCreated) {
        // LDK closes by force whatever channel is named there, one that is long open too.
        if self.lets_in(&message.temporary_channel_id) {
            self.manager.handle_funding_created(peer, message);
        }
    }

    fn handle_closing_signed(&self, peer: PublicKey, message: &msgs::ClosingSigned) {
        if self.lets_in(&message.channel_id) && self.can_answer(peer, message) {
            self.manager.handle_closing_signed(peer, message);
        }
    }

    fn handle_peer_storage_retrieval(&self, peer: PublicKey, message: msgs::PeerStorageRetrieval) {
        self.gives_back(peer, message.data);
    }

    fn handle_channel_reestablish(&self, peer: PublicKey, message: &msgs::ChannelReestablish) {
        // Whatever it keeps it would have given back before (BOLT 1).
        self.lets_speak(&peer);
        match self.record(&peer, &message.channel_id) {
            Some(record) => self.reestablished(peer, &record, message),
            None => {
                self.unknown.is_named(peer, message.channel_id);
                self.manager.handle_channel_reestablish(peer, message);
            }
        }
    }

    fn handle_update_fulfill_htlc(&self, peer: PublicKey, message: msgs::UpdateFulfillHTLC) {
        if self.lets_in(&message.channel_id) {
            self.keep_fulfilled(peer, &message);
            self.manager.handle_update_fulfill_htlc(peer, message);
        }
    }

    fn handle_revoke_and_ack(&self, peer: PublicKey, message: &msgs::RevokeAndACK) {
        if self.lets_in(&message.channel_id) {
            let _alone = self.lock_revoking();
            self.manager.handle_revoke_and_ack(peer, message);
            self.probe.has_revoked();
            self.forget_removed(peer, &message.channel_id);
        }
    }

    fn handle_error(&self, peer: PublicKey, message: &msgs::ErrorMessage) {
        self.handle_peer_error(peer, message);
    }

    fn handle_commitment_signed_batch(
        &self,
        peer: PublicKey,
        channel: ChannelId,
        batch: Vec<msgs::CommitmentSigned>,
    ) {
        if self.lets_in(&channel) {
            self.manager.handle_commitment_signed_batch(peer, channel, batch);
        }
    }

    fn get_chain_hashes(&self) -> Option<Vec<ChainHash>> {
        self.manager.get_chain_hashes()
    }

    fn message_received(&self) {
        self.manager.message_received();
    }
}
