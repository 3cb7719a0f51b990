//! What LDK says of a closed channel's money, and what of it the on-chain wallet counts already. Pure but for the reading:
//! every sat of a closed channel is counted here or there, in every moment.
//!
//! ```text
//! monitor: claimable ──block──▶ (event waits) ──loop──▶ sweeper: output ──sweep──▶ on-chain wallet
//!               └──claim that pays us directly (HTLC of the peer's commitment, penalty)──▶ on-chain wallet
//! ```

use crate::amount::Sat;
use crate::node::Node;
use crate::onchain::{Onchain, OnchainTx};
use bitcoin::hashes::Hash;
use bitcoin::{OutPoint, TxIn, Txid, hashes::sha256};
use lightning::chain::channelmonitor::{ANTI_REORG_DELAY, Balance as Claimable, BalanceSource};
use lightning::sign::SpendableOutputDescriptor;
use lightning::util::sweep::OutputSpendStatus;

/// The time between two states of it.
mod frozen;

pub(crate) use frozen::FrozenBalances;

/// A closed channel's money, as LDK reports it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClaimableBalances {
    /// What its monitor still waits for.
    pub(crate) claimable: Vec<Claimable>,
    /// What its monitor handed over to the sweeper.
    pub(crate) outputs: Vec<Output>,
    /// The funding and the closing transactions, whose outputs its monitor watches.
    watched: Vec<Txid>,
}

/// An output that the sweeper spends, or spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    outpoint: OutPoint,
    value: Sat,
    /// Its sweep is in a block.
    swept: bool,
    /// It cannot be swept before this height.
    pub(crate) free_at: Option<u32>,
}

impl ClaimableBalances {
    /// As it is now. `channel_id` in hex.
    pub(crate) fn of(node: &Node, onchain: &Onchain, channel_id: &str) -> Self {
        let outputs = outputs_of(node, onchain, channel_id);
        let monitors = node.chain_monitor.list_monitors();
        let id = monitors.into_iter().find(|id| id.to_string() == channel_id);
        let Some(monitor) = id.and_then(|id| node.chain_monitor.get_monitor(id).ok()) else {
            return Self { outputs, ..Self::default() };
        };
        let watched = monitor.get_outputs_to_watch().into_iter().map(|(txid, _)| txid).collect();
        let mut claimable = monitor.get_claimable_balances();
        if !outputs.is_empty() {
            // A commitment that its monitor does not know is taken for a close together, which leaves nothing to sweep.
            claimable.retain(|one| !is_close_together(one));
        }
        Self { claimable, outputs, watched }
    }

    /// What our commitment pays to miners, if it is in no block.
    pub(crate) fn commitment_fee(&self) -> Sat {
        let fee = |one: &Claimable| match one {
            Claimable::ClaimableOnChannelClose { balance_candidates, .. } => {
                balance_candidates.last().map(|last| Sat::new(last.transaction_fee_satoshis))
            }
            _ => None,
        };
        self.claimable.iter().find_map(fee).unwrap_or_default()
    }

    /// LDK waits for nothing more: its monitor is fully resolved, and all that it handed over is swept.
    pub(crate) fn is_resolved(&self) -> bool {
        self.claimable.is_empty() && self.outputs.iter().all(|output| output.swept)
    }

    /// What the on-chain wallet does not count yet. `known` is what it counted, `outputs` are the sweeper's at a later moment:
    /// one that came since is still among the claimable here, unless its sweep is known.
    pub(crate) fn waiting(&self, outputs: &[Output], known: &[OnchainTx]) -> Sat {
        let (mut claimable, mut tracked) = (self.claimable.clone(), self.outputs.clone());
        for tx in known.iter().filter(|tx| tx.received > tx.sent) {
            let mut claims = Vec::new();
            for input in &tx.transaction.input {
                let spends = |output: &Output| output.outpoint == input.previous_output;
                if let Some(output) = outputs.iter().find(|output| spends(output)) {
                    let was_there = tracked.iter().position(spends).map(|at| tracked.remove(at));
                    if was_there.is_none() {
                        strike(&mut claimable, 1, |one| matured(one, output.value));
                    }
                } else if self.watched.contains(&input.previous_output.txid) {
                    claims.push(input);
                }
            }
            strike_claimed(&mut claimable, tx, &claims);
        }
        let claimable = claimable.iter().map(owned);
        Sat::sum(claimable.chain(tracked.iter().map(|output| output.value))).unwrap_or_default()
    }
}

fn is_close_together(claimable: &Claimable) -> bool {
    matches!(claimable, Claimable::ClaimableAwaitingConfirmations { source, .. }
        if *source == BalanceSource::CoopClose)
}

/// What is ours of it. A payment that went out is not, for as long as it is on its way: LDK counts one that was forwarded, also
/// while the node before it has paid already.
fn owned(claimable: &Claimable) -> Sat {
    match claimable {
        Claimable::MaybeTimeoutClaimableHTLC { .. } => Sat::ZERO,
        other => Sat::new(other.claimable_amount_satoshis()),
    }
}

/// The sweeper's outputs of a channel. One that someone else took (a penalty) is worth nothing any more.
pub(crate) fn outputs_of(node: &Node, onchain: &Onchain, channel_id: &str) -> Vec<Output> {
    let tracked = node.sweeper.tracked_spendable_outputs().into_iter();
    let free_at = |status: &OutputSpendStatus| match status {
        OutputSpendStatus::PendingInitialBroadcast { delayed_until_height } => {
            *delayed_until_height
        }
        _ => None,
    };
    let is_lost = |status: &OutputSpendStatus| match status {
        OutputSpendStatus::PendingThresholdConfirmations { latest_spending_tx, .. } => {
            onchain.paid_to_us(latest_spending_tx) == Sat::ZERO
        }
        _ => false,
    };
    tracked
        .filter(|output| output.channel_id.is_some_and(|id| id.to_string() == channel_id))
        .map(|output| Output {
            outpoint: output.descriptor.spendable_outpoint().into_bitcoin_outpoint(),
            value: if is_lost(&output.status) { Sat::ZERO } else { value_of(&output.descriptor) },
            swept: matches!(output.status, OutputSpendStatus::PendingThresholdConfirmations { .. }),
            free_at: free_at(&output.status),
        })
        .collect()
}

/// Removes up to `most` that fit.
fn strike(claimable: &mut Vec<Claimable>, most: usize, fits: impl Fn(&Claimable) -> bool) {
    for _ in 0..most {
        let Some(at) = claimable.iter().position(&fits) else { return };
        claimable.remove(at);
    }
}

/// Removes what a transaction of ours claimed and paid to the on-chain wallet. LDK keeps it among the claimable until it is
/// buried: as it was, and from its block on by the height at which it counts as buried.
fn strike_claimed(claimable: &mut Vec<Claimable>, tx: &OnchainTx, claims: &[&TxIn]) {
    if claims.is_empty() {
        return;
    }
    if let Some(block) = tx.confirmation {
        let buried = block.height.saturating_add(ANTI_REORG_DELAY - 1);
        let is_it = |one: &Claimable| match one {
            Claimable::ClaimableAwaitingConfirmations {
                amount_satoshis,
                confirmation_height,
                source,
            } => {
                *confirmation_height == buried
                    && match source {
                        BalanceSource::Htlc => true,
                        // A penalty, recognised by what it pays.
                        BalanceSource::CounterpartyForceClosed => {
                            Sat::new(*amount_satoshis) == tx.received
                        }
                        BalanceSource::HolderForceClosed | BalanceSource::CoopClose => false,
                    }
            }
            _ => false,
        };
        strike(claimable, claims.len(), is_it);
    }
    for input in claims {
        strike(claimable, 1, |one| match one {
            Claimable::ContentiousClaimable { payment_hash, .. } => reveals(input, &payment_hash.0),
            _ => false,
        });
    }
    // A penalty takes all that a revoked commitment has; LDK does not say which output is which.
    let penalty =
        |one: &Claimable| matches!(one, Claimable::CounterpartyRevokedOutputClaimable { .. });
    strike(claimable, claims.len(), penalty);
}

/// Waits for its delay only, with this amount.
fn matured(claimable: &Claimable, value: Sat) -> bool {
    matches!(claimable, Claimable::ClaimableAwaitingConfirmations { amount_satoshis, .. }
        if Sat::new(*amount_satoshis) == value)
}

/// The witness holds the preimage of this hash (BOLT 3, "HTLC outputs").
fn reveals(input: &TxIn, hash: &[u8; 32]) -> bool {
    let mut items = input.witness.iter();
    items.any(|item| item.len() == 32 && sha256::Hash::hash(item).to_byte_array() == *hash)
}

/// What an output that was handed over is worth.
pub(crate) fn value_of(descriptor: &SpendableOutputDescriptor) -> Sat {
    use SpendableOutputDescriptor::{DelayedPaymentOutput, StaticOutput, StaticPaymentOutput};
    match descriptor {
        StaticOutput { output, .. } => output.value.into(),
        DelayedPaymentOutput(descriptor) => descriptor.output.value.into(),
        StaticPaymentOutput(descriptor) => descriptor.output.value.into(),
    }
}

#[cfg(test)]
mod tests;
