//! What our own commitment pays to us (BOLT 3, `to_local`) where its monitor does not know it: the vault was made from a copy that
//! is older than our last close by force. The words have every key of that output, and the monitor has what the peer gave for all
//! commitments of the channel; LDK puts the two together only for a commitment that it has. The sweeper gets it here.
//!
//! Nothing is published by this, and nothing of a payment that the commitment held is claimed: that takes signatures of the peer
//! which were lost. It must hear of a block before the monitors do: one that has seen the end of its channel says no more what
//! the channel was made with.

use super::gate::reestablish::{INITIAL, Ours};
use super::keys::NodeKeys;
use super::parts::Node;
use super::record::ChannelStore;
use super::types::Monitor;
use crate::node::is_commitment;
use bitcoin::block::Header;
use bitcoin::secp256k1::Secp256k1;
use bitcoin::{BlockHash, Transaction, Txid};
use lightning::chain::Confirm;
use lightning::chain::chaininterface::{BroadcasterInterface, ConfirmationTarget, FeeEstimator};
use lightning::chain::transaction::{OutPoint, TransactionData};
use lightning::events::bump_transaction::BumpTransactionEvent;
use lightning::events::{Event, ReplayEvent};
use lightning::ln::chan_utils::{TxCreationKeys, get_revokeable_redeemscript};
use lightning::ln::types::ChannelId;
use lightning::sign::{
    ChannelDerivationParameters, DelayedPaymentOutputDescriptor, SpendableOutputDescriptor,
};
use lightning::util::ser::{ReadableArgs, Writeable};
use std::sync::Mutex;

/// See the module.
pub(crate) struct ToLocal<'a> {
    pub(crate) node: &'a Node,
    pub(crate) records: &'a ChannelStore,
}

impl Confirm for ToLocal<'_> {
    fn transactions_confirmed(&self, _: &Header, data: &TransactionData<'_>, height: u32) {
        for (_, transaction) in data.iter().filter(|(_, transaction)| is_commitment(transaction)) {
            let funding = transaction.input[0].previous_output;
            let record = self.records.find(|record| record.funding == Some(funding));
            if let Some(channel) = record.and_then(|record| record.channel()) {
                self.look(channel, transaction, height);
            }
        }
    }

    fn transaction_unconfirmed(&self, _: &Txid) {}

    fn best_block_updated(&self, _: &Header, _: u32) {}

    fn get_relevant_txids(&self) -> Vec<(Txid, u32, Option<BlockHash>)> {
        Vec::new()
    }
}

impl ToLocal<'_> {
    /// A channel ends with this commitment, in a block of this height.
    fn look(&self, channel: ChannelId, commitment: &Transaction, height: u32) {
        let Some((known, made_with)) = self.known(channel) else { return };
        let Some(output) = newer(&self.node.keys, commitment, &known, &made_with) else { return };
        tracing::warn!(%channel, "our own close is newer than what is known of the channel");
        // The block that a spend may be in has this height and the delay's blocks (BIP 112).
        let free_at = height.saturating_add(u32::from(output.to_self_delay)) - 1;
        let outputs = vec![SpendableOutputDescriptor::DelayedPaymentOutput(output)];
        let sweeper = &self.node.sweeper;
        if sweeper.track_spendable_outputs(outputs, Some(channel), true, Some(free_at)).is_err() {
            tracing::error!(%channel, "what our own close pays cannot be kept for the sweep");
        }
    }

    /// The commitment that the monitor would close with, and what the channel was made with. LDK says both only where it closes a
    /// channel with anchors (others are not opened): so it is a copy of the monitor that does, and reaches nobody.
    fn known(&self, channel: ChannelId) -> Option<(Transaction, ChannelDerivationParameters)> {
        let (keys, log) = (&self.node.keys, &self.node.log);
        let bytes = self.node.chain_monitor.get_monitor(channel).ok()?.encode();
        let read = <(BlockHash, Monitor)>::read(&mut bytes.as_slice(), (&**keys, &**keys));
        let (_, monitor) = read.ok()?;
        monitor.broadcast_latest_holder_commitment_txn(&&Nobody, &&Nobody, log);
        // One that was closing before gives its answer again.
        monitor.rebroadcast_pending_claims(&Nobody, &Nobody, log);
        let closes = Mutex::new(None);
        let hear = |event: Event| {
            if let Event::BumpTransaction(BumpTransactionEvent::ChannelClose {
                commitment_tx,
                anchor_descriptor,
                ..
            }) = event
            {
                let made_with = anchor_descriptor.channel_derivation_parameters;
                *closes.lock().expect("nobody else has it") = Some((commitment_tx, made_with));
            }
            Ok::<(), ReplayEvent>(())
        };
        monitor.process_pending_events(&&hear, log).ok()?;
        closes.into_inner().expect("nobody else has it")
    }
}

/// What `commitment` pays to us after its delay, if it is one of ours and newer than `known`.
fn newer(
    keys: &NodeKeys,
    commitment: &Transaction,
    known: &Transaction,
    made_with: &ChannelDerivationParameters,
) -> Option<DelayedPaymentOutputDescriptor> {
    let parameters = &made_with.transaction_parameters;
    let after =
        |commitment| Ours::of_commitment(commitment, parameters).map(|ours| ours.next_local);
    let (next, next_known) = (after(commitment)?, after(known)?);
    if next <= next_known {
        return None;
    }
    let per_commitment_point = keys.commitment_point(made_with.keys_id, INITIAL - (next - 1))?;
    let ours = parameters.as_holder_broadcastable();
    let of_commitment = TxCreationKeys::from_channel_static_keys(
        &per_commitment_point,
        ours.broadcaster_pubkeys(),
        ours.countersignatory_pubkeys(),
        &Secp256k1::new(),
    );
    let (revocation, delayed) =
        (of_commitment.revocation_key, of_commitment.broadcaster_delayed_payment_key);
    let to_self_delay = ours.contest_delay();
    let script = get_revokeable_redeemscript(&revocation, to_self_delay, &delayed).to_p2wsh();
    let mut outputs = (0..).zip(&commitment.output);
    let (index, output) = outputs.find(|(_, output)| output.script_pubkey == script)?;
    Some(DelayedPaymentOutputDescriptor {
        outpoint: OutPoint { txid: commitment.compute_txid(), index },
        per_commitment_point,
        to_self_delay,
        output: output.clone(),
        revocation_pubkey: revocation,
        channel_keys_id: made_with.keys_id,
        channel_value_satoshis: made_with.value_satoshis,
        channel_transaction_parameters: Some(parameters.clone()),
    })
}

/// To whom a monitor speaks that must reach nobody.
struct Nobody;

impl BroadcasterInterface for Nobody {
    fn broadcast_transactions(&self, _: &[&Transaction]) {}
}

impl FeeEstimator for Nobody {
    /// Of no meaning: nothing is paid with it.
    fn get_est_sat_per_1000_weight(&self, _: ConfirmationTarget) -> u32 {
        lightning::chain::chaininterface::FEERATE_FLOOR_SATS_PER_KW
    }
}
