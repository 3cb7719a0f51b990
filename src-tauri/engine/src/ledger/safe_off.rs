//! Until when this computer may be off, and what could happen later. A channel is safe as long as somebody looks at the chain in
//! time: nobody else does it for us.

use crate::channels::closing::FundsSnapshot;
use crate::core::Core;
use crate::node::config::PEER_WAITS_BLOCKS;
use crate::payments::send::is_in_transit;
use crate::view::{Leaving, OffRisk, SafeOff, Tip};
use lightning::chain::channelmonitor::Balance as Claimable;
use lightning::ln::channel_state::{ChannelDetails, InboundHTLCDetails, OutboundHTLCDetails};
use std::collections::BTreeSet;

/// What is ours to publish must be in a block before its deadline. LDK gives itself as many blocks before a payment expires
/// (`CLTV_CLAIM_BUFFER`).
const MARGIN_BLOCKS: u32 = 18;
/// Blocks come faster than every ten minutes while the hash rate grows. A date that is too early costs nothing.
const FAST_BLOCK_SECS: u64 = 540;

/// A block before which we must be back, and what could happen from there on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Deadline {
    height: u32,
    risk: OffRisk,
}

/// The earliest deadline of all channels. `None`: nothing depends on this computer.
pub(crate) fn safe_off(tip: Tip, funds: &FundsSnapshot) -> Option<SafeOff> {
    let funded = funds.listed.iter().filter(|channel| channel.funding_txo.is_some());
    let open = funded.flat_map(|channel| {
        of_open(tip, &channel.pending_inbound_htlcs, &channel.pending_outbound_htlcs)
    });
    let closed = funds.unresolved.iter().flat_map(|(_, state)| &state.claimable);
    earliest(tip, open.chain(closed.filter_map(|claim| of_closed(tip, claim))))
}

/// What quitting now would mean.
pub(crate) fn leaving(core: &Core, funds: &FundsSnapshot) -> Leaving {
    let outgoing = core.journal.live(|row| is_in_transit(row).then_some(())).len();
    let payments = outgoing + incoming(&funds.listed);
    Leaving {
        payments: u32::try_from(payments).unwrap_or(u32::MAX),
        safe_off: safe_off(core.status.tip(), funds),
    }
}

/// Payments to us that are under way: one may come in parts.
fn incoming(channels: &[ChannelDetails]) -> usize {
    let parts = channels.iter().flat_map(|channel| &channel.pending_inbound_htlcs);
    parts.map(|part| part.payment_hash.0).collect::<BTreeSet<_>>().len()
}

/// Of several at one height, what costs most is said.
fn earliest(tip: Tip, deadlines: impl Iterator<Item = Deadline>) -> Option<SafeOff> {
    let Deadline { height, risk } = deadlines.min_by_key(|it| (it.height, it.risk))?;
    if tip.time_secs == 0 {
        // The chain was not looked at since the start: no block has a time yet.
        return None;
    }
    let blocks = height.saturating_sub(tip.height);
    let until_secs = tip.time_secs.saturating_add(u64::from(blocks) * FAST_BLOCK_SECS);
    Some(SafeOff { until_secs, blocks, risk })
}

/// An open channel. Its peer may publish an old state at any time, and must then wait for `to_self_delay` (BOLT 3); from a
/// block that we have not seen, which may be the next.
fn of_open(
    tip: Tip,
    inbound: &[InboundHTLCDetails],
    outbound: &[OutboundHTLCDetails],
) -> Vec<Deadline> {
    let mut deadlines = vec![old_state(tip)];
    // Claimed off the chain, or from the peer's commitment, before its sender may take it back.
    deadlines.extend(inbound.iter().map(|htlc| Deadline {
        height: htlc.cltv_expiry.saturating_sub(MARGIN_BLOCKS),
        risk: OffRisk::IncomingPayment,
    }));
    // The peer that knows its preimage and does not reach us must claim it on the chain.
    deadlines.extend(outbound.iter().map(|htlc| Deadline {
        height: htlc.cltv_expiry.saturating_sub(MARGIN_BLOCKS),
        risk: OffRisk::OutgoingPayment,
    }));
    deadlines
}

/// What a closed channel's monitor waits for.
fn of_closed(tip: Tip, claim: &Claimable) -> Option<Deadline> {
    let contested = |height: u32| Deadline {
        height: height.saturating_sub(MARGIN_BLOCKS),
        risk: OffRisk::ContestedPayment,
    };
    match claim {
        // No close is in a block: it could still be an old state.
        Claimable::ClaimableOnChannelClose { .. } => Some(old_state(tip)),
        Claimable::ContentiousClaimable { timeout_height, .. } => Some(contested(*timeout_height)),
        Claimable::CounterpartyRevokedOutputClaimable { .. } => {
            Some(Deadline { height: tip.height, risk: OffRisk::Penalty })
        }
        // One that we forwarded: the node before us takes its own back soon after.
        Claimable::MaybeTimeoutClaimableHTLC {
            claimable_height, outbound_payment: false, ..
        } => Some(contested(*claimable_height)),
        // Ours, whenever we fetch it; or our own payment, which the peer may take as long as we do not: it is paid then.
        Claimable::ClaimableAwaitingConfirmations { .. }
        | Claimable::MaybeTimeoutClaimableHTLC { .. }
        | Claimable::MaybePreimageClaimableHTLC { .. } => None,
    }
}

fn old_state(tip: Tip) -> Deadline {
    let delay = u32::from(PEER_WAITS_BLOCKS).saturating_sub(MARGIN_BLOCKS);
    Deadline { height: tip.height.saturating_add(delay), risk: OffRisk::OldState }
}

#[cfg(test)]
mod tests;
