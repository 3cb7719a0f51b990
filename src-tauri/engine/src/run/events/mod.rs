//! LDK's events: one line each in one table. A handler stages and returns; it never waits, and seeing an event twice
//! changes nothing, for LDK repeats events after a restart.

mod channel;
mod onchain;
mod payment;

pub(crate) use channel::keep_first_hops;
pub(crate) use payment::{forget_removed, reconcile};

use crate::core::Core;
use crate::error::chain_of;
use crate::payments::JournalError;
use crate::time::Timestamp;
use lightning::events::{Event, EventsProvider, ReplayEvent};

/// The vault does not answer. LDK repeats the event.
impl From<JournalError> for ReplayEvent {
    fn from(error: JournalError) -> Self {
        tracing::error!(error = chain_of(&error), "an event is handled later");
        Self()
    }
}

/// Handles everything pending, of the manager, of the monitors and of the onion messenger.
pub(crate) fn handle(core: &Core, now: Timestamp) {
    let handler = |mut event: Event| -> Result<(), ReplayEvent> {
        core.settings.tunables.probe.hears(&mut event);
        core.node.routing_state.lessons.tell(&event, now);
        let then = core.settings.tunables.probe.after(&event);
        act(core, event, now)?;
        then.into_iter().try_for_each(|event| act(core, event, now))
    };
    core.node.manager.process_pending_events(&handler);
    core.node.chain_monitor.process_pending_events(&handler);
    core.node.onion.process_pending_events(&handler);
}

#[rustfmt::skip]
fn act(core: &Core, event: Event, now: Timestamp) -> Result<(), ReplayEvent> {
    match event {
        Event::FundingGenerationReady { temporary_channel_id, counterparty_node_id, channel_value_satoshis, output_script, user_channel_id } =>
            channel::fund(core, temporary_channel_id, counterparty_node_id, channel_value_satoshis, output_script, user_channel_id),
        Event::OpenChannelRequest { temporary_channel_id: temporary, counterparty_node_id: peer, funding_satoshis: value_sat, is_announced: announced, channel_type, channel_negotiation_type: funds, .. } =>
            channel::requested(core, &channel::Request { temporary, peer, value_sat, announced, channel_type, funds }, now),
        Event::ChannelPending { channel_id, user_channel_id, counterparty_node_id, funding_txo, .. } =>
            channel::pending(core, channel_id, user_channel_id, counterparty_node_id, funding_txo, now),
        Event::ChannelReady { user_channel_id, .. } => channel::ready(core, user_channel_id, now),
        Event::ChannelClosed { channel_id, user_channel_id, reason, last_local_balance_msat, .. } =>
            channel::closed(core, channel_id, user_channel_id, &reason, last_local_balance_msat, now),
        Event::DiscardFunding { funding_info, .. } => channel::discard_funding(core, &funding_info, now),
        Event::PaymentClaimable { payment_hash, purpose, amount_msat, counterparty_skimmed_fee_msat, onion_fields, .. } =>
            payment::claimable(core, payment_hash, &purpose, amount_msat, counterparty_skimmed_fee_msat, onion_fields.as_ref(), now),
        Event::PaymentClaimed { payment_hash, purpose, amount_msat, htlcs, .. } => payment::claimed(core, payment_hash, &purpose, amount_msat, &htlcs, now),
        Event::PaymentSent { payment_id, payment_preimage, payment_hash, amount_msat, fee_paid_msat, .. } =>
            payment::sent(core, payment_id, payment_preimage, payment_hash, amount_msat, fee_paid_msat, now),
        Event::PaymentFailed { payment_id, reason, .. } => payment::failed(core, payment_id, reason, now),
        Event::SpendableOutputs { outputs, channel_id } => onchain::spendable(core, outputs, channel_id),
        Event::BumpTransaction(bump) => onchain::bump(core, &bump),
        Event::ConnectionNeeded { node_id, .. } => { core.needed.ask(node_id); Ok(()) }
        Event::PaymentPathSuccessful { payment_hash, path, .. } => payment::part_arrived(core, payment_hash, &path), // Learnt from, above.
        Event::PaymentPathFailed { .. } => Ok(()),         // Learnt from, above.
        Event::ProbeSuccessful { .. } | Event::ProbeFailed { .. } => Ok(()),             // Learnt from, above; we send none.
        Event::PaymentForwarded { total_fee_earned_msat, .. } => payment::forwarded(core, total_fee_earned_msat),
        Event::HTLCHandlingFailed { .. } => Ok(()),        // The sender hears of it; nothing of ours moved.
        Event::HTLCIntercepted { intercept_id, .. } => onchain::refuse_intercepted(core, intercept_id),
        Event::FundingTxBroadcastSafe { .. } => Ok(()),    // Only for funding that we broadcast by hand, which we never do.
        Event::InvoiceReceived { payment_id, invoice, context, .. } => payment::invoice_received(core, payment_id, &invoice, context.as_ref(), now),
        Event::SplicePending { .. } | Event::SpliceFailed { .. } | Event::FundingTransactionReadyForSigning { .. } => Ok(()), // Inbound splices are rejected, we start none.
        Event::OnionMessageIntercepted { .. } | Event::OnionMessagePeerConnected { .. } => Ok(()), // Interception is off.
        Event::PersistStaticInvoice { .. } | Event::StaticInvoiceRequested { .. } => Ok(()), // We serve no static invoices.
    }
}
