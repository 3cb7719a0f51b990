//! Money between a closed channel and the chain. What the on-chain wallet counts is counted there, not here.

use crate::amount::Sat;
use crate::channels::claims::{ClaimableBalances, outputs_of};
use crate::core::Core;
use crate::node::record::{ChannelRecord, Ending};
use crate::onchain::{History, OnchainTx};
use crate::time::BLOCK_SECS;
use crate::view::{Closing, OnchainBalance};
use bitcoin::{OutPoint, Txid};
use lightning::chain::channelmonitor::Balance as Claimable;
use lightning::ln::channel_state::ChannelDetails;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Money of a closed channel that the on-chain wallet does not count yet.
pub(crate) struct ClosingState {
    pub(crate) amount: Sat,
    pub(crate) confirmed: bool,
    pub(crate) free_at: Option<u32>,
    pub(crate) has_arrived: bool,
    /// What its monitor waits for.
    pub(crate) claimable: Vec<Claimable>,
}

/// What the wallet owns at one time, read so that all money is in exactly one place of it.
pub(crate) struct FundsSnapshot {
    /// LDK's channels.
    pub(crate) listed: Vec<ChannelDetails>,
    pub(crate) onchain: OnchainBalance,
    /// Closed and not resolved.
    pub(crate) unresolved: Vec<(ChannelRecord, ClosingState)>,
    /// What the on-chain wallet counted.
    known: Arc<History>,
}

impl FundsSnapshot {
    /// A transaction that spends this output to us.
    pub(crate) fn spender(&self, outpoint: &OutPoint) -> Option<&OnchainTx> {
        spender(&self.known, outpoint)
    }

    /// The on-chain wallet counted this funding as sent.
    pub(crate) fn has_sent(&self, funding: &Txid) -> bool {
        self.known.get(funding).is_some()
    }
}

/// See [`FundsSnapshot`]. LDK says what it has before the on-chain wallet says what it counts: money only goes from there to here.
pub(crate) fn funds_snapshot(core: &Core) -> FundsSnapshot {
    let listed = core.node.manager.list_channels();
    let mut records = core.records.all();
    records.retain(|record| is_unresolved(record, &listed));
    let claimed = |record: ChannelRecord| {
        let claims = core.frozen.claims(record.user_id, || claimable_now(core, &record));
        (record, claims)
    };
    let unresolved: Vec<_> = records.into_iter().map(claimed).collect();
    let (onchain, known) = core.onchain.snapshot(core.reserve_with(0));
    let state = |(record, claims): (ChannelRecord, ClaimableBalances)| {
        let state = closing_of(core, &record, &claims, &known);
        (record, state)
    };
    let unresolved = unresolved.into_iter().map(state).collect();
    FundsSnapshot { listed, onchain, unresolved, known }
}

/// Money between a closed channel and the chain.
pub(crate) fn closing(core: &Core, funds: &FundsSnapshot) -> Vec<Closing> {
    let tip = core.status.tip();
    let with_money = funds.unresolved.iter().filter(|(_, state)| state.amount > Sat::ZERO);
    with_money
        .map(|(record, state)| {
            let blocks_left = state.free_at.map(|height| height.saturating_sub(tip.height));
            Closing {
                channel_id: record.channel_id.clone().unwrap_or_default(),
                peer: record.peer.clone(),
                amount_sat: state.amount,
                cooperative: record.ending.as_ref().is_some_and(|ending| ending.cooperative),
                confirmed: state.confirmed,
                free_at_height: state.free_at,
                blocks_left,
                free_at_secs: blocks_left
                    .map(|blocks| tip.time_secs + u64::from(blocks) * BLOCK_SECS),
            }
        })
        .collect()
}

/// What LDK claims for every channel that is not resolved, before it hears of new blocks.
pub(crate) fn all_claimable(core: &Core) -> BTreeMap<u128, ClaimableBalances> {
    let listed = core.node.manager.list_channels();
    let mut records = core.records.all();
    records.retain(|record| is_unresolved(record, &listed));
    records.iter().map(|record| (record.user_id, claimable_now(core, record))).collect()
}

fn claimable_now(core: &Core, record: &ChannelRecord) -> ClaimableBalances {
    let id = record.channel_id.as_deref();
    id.map(|id| ClaimableBalances::of(&core.node, &core.onchain, id)).unwrap_or_default()
}

/// What a closed channel's commitment will pay us, less its fee, and that fee.
pub(crate) fn closing_cost(core: &Core, record: &ChannelRecord) -> (Sat, Sat) {
    let claims = claimable_now(core, record);
    let state = closing_of(core, record, &claims, &core.onchain.history());
    (state.amount, claims.commitment_fee())
}

/// A closed channel whose money is all in blocks, as LDK has it now and not as the screen shows it.
pub(crate) fn has_arrived(core: &Core, record: &ChannelRecord) -> bool {
    let claims = claimable_now(core, record);
    let cooperative = record.ending.as_ref().is_some_and(|ending| ending.cooperative);
    // Asked with every look, for hundreds of blocks: the history is only read near the end.
    (cooperative || claims.is_resolved())
        && closing_of(core, record, &claims, &core.onchain.history()).has_arrived
}

/// See [`ClosingState`]. `known` is what the on-chain wallet counts, asked after `claims`.
fn closing_of(
    core: &Core,
    record: &ChannelRecord,
    claims: &ClaimableBalances,
    known: &History,
) -> ClosingState {
    let (Some(funding), Some(id)) = (record.funding, record.channel_id.as_ref()) else {
        return ClosingState::nothing(true, claims);
    };
    if let Some(spender) = spender(known, &funding) {
        // Closed cooperatively: it pays the on-chain wallet directly.
        return ClosingState::nothing(spender.confirmation.is_some(), claims);
    }
    let amount = claims.waiting(&outputs_of(&core.node, &core.onchain, id), known.all());
    ClosingState::of(claims, amount, record.ending.as_ref())
}

/// A transaction of the on-chain wallet that spends this output.
pub(crate) fn onchain_spender(core: &Core, outpoint: &OutPoint) -> Option<OnchainTx> {
    spender(&core.onchain.history(), outpoint).cloned()
}

/// Closed and not resolved. LDK drops a channel a moment before it tells of the close: it is on its way from then on.
pub(crate) fn is_unresolved(record: &ChannelRecord, listed: &[ChannelDetails]) -> bool {
    record.funding.is_some()
        && !record.ending.as_ref().is_some_and(|ending| ending.resolved)
        && !listed.iter().any(|channel| channel.user_channel_id == record.user_id)
}

fn free_height(balance: &Claimable) -> Option<u32> {
    match balance {
        Claimable::ClaimableAwaitingConfirmations { confirmation_height, .. } => {
            Some(*confirmation_height)
        }
        Claimable::ContentiousClaimable { timeout_height, .. } => Some(*timeout_height),
        Claimable::MaybeTimeoutClaimableHTLC { claimable_height, .. } => Some(*claimable_height),
        Claimable::ClaimableOnChannelClose { .. }
        | Claimable::MaybePreimageClaimableHTLC { .. }
        | Claimable::CounterpartyRevokedOutputClaimable { .. } => None,
    }
}

impl ClosingState {
    fn nothing(confirmed: bool, claims: &ClaimableBalances) -> Self {
        let claimable = claims.claimable.clone();
        Self { amount: Sat::ZERO, confirmed, free_at: None, has_arrived: confirmed, claimable }
    }

    fn of(claims: &ClaimableBalances, amount: Sat, ending: Option<&Ending>) -> Self {
        let on_close = |one: &Claimable| matches!(one, Claimable::ClaimableOnChannelClose { .. });
        let confirmed = !claims.claimable.iter().any(on_close);
        let nothing_left = claims.is_resolved() && amount == Sat::ZERO;
        // A close that both agreed to pays us nothing when we own less than dust: then the monitor decides.
        let cooperative = ending.is_some_and(|ending| ending.cooperative);
        let delayed = claims.outputs.iter().filter_map(|output| output.free_at);
        let free_at = claims.claimable.iter().filter_map(free_height).chain(delayed).max();
        let has_arrived = nothing_left && (confirmed || cooperative);
        Self { amount, confirmed, free_at, has_arrived, claimable: claims.claimable.clone() }
    }
}

fn spender<'a>(known: &'a History, outpoint: &OutPoint) -> Option<&'a OnchainTx> {
    known.spender(outpoint).filter(|tx| tx.received > Sat::ZERO)
}
