//! Events that end on the chain: outputs to sweep, fees to raise.

use crate::core::Core;
use lightning::chain::chaininterface::BroadcasterInterface;
use lightning::events::ReplayEvent;
use lightning::events::bump_transaction::BumpTransactionEvent;
use lightning::ln::channelmanager::InterceptId;
use lightning::ln::types::ChannelId;
use lightning::sign::SpendableOutputDescriptor;

/// Outputs of closed channels, to be swept when the chain is read. Those that already pay the on-chain wallet are left to it.
pub(crate) fn spendable(
    core: &Core,
    outputs: Vec<SpendableOutputDescriptor>,
    channel: Option<ChannelId>,
) -> Result<(), ReplayEvent> {
    core.status.money_moved();
    let sweeper = &core.node.sweeper;
    sweeper.track_spendable_outputs(outputs, channel, true, None).map_err(|()| ReplayEvent())
}

/// A claim or a commitment needs a higher fee: coins of the on-chain wallet are added.
pub(crate) fn bump(core: &Core, event: &BumpTransactionEvent) -> Result<(), ReplayEvent> {
    if let BumpTransactionEvent::ChannelClose {
        channel_id, commitment_tx, anchor_descriptor, ..
    } = event
    {
        // It was tried, and LDK asks again.
        let unfunded = core.node.outbox.unfunded();
        if commitment_tx.input.iter().any(|input| unfunded.contains(&input.previous_output)) {
            return Ok(());
        }
        let derivation = &anchor_descriptor.channel_derivation_parameters;
        let parameters = &derivation.transaction_parameters;
        core.node.gate.closes_with(*channel_id, commitment_tx, parameters);
        if !core.onchain.can_bump() {
            // LDK sends it with a child or not at all. Alone it pays what it pays.
            core.node.outbox.broadcast_transactions(&[commitment_tx]);
        }
    }
    core.node.bump.handle_event(event);
    core.status.money_moved();
    Ok(())
}

/// We sell no channels: an intercepted payment goes back.
pub(crate) fn refuse_intercepted(core: &Core, id: InterceptId) -> Result<(), ReplayEvent> {
    if let Err(error) = core.node.manager.fail_intercepted_htlc(id) {
        tracing::warn!(?error, "cannot send an intercepted payment back");
    }
    Ok(())
}
