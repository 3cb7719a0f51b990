//! Money between a closed channel and the chain. What the on-chain wallet knows of is counted there, not here.

use crate::amount::Sat;
use crate::channels_book::{ChannelRecord, Ending};
use crate::core::Core;
use crate::lightning::channels::BLOCK_SECS;
use crate::view::Closing;
use bitcoin::{OutPoint, Transaction, Txid};
use lightning::chain::channelmonitor::Balance as Claimable;
use lightning::ln::channel_state::ChannelDetails;
use lightning::util::sweep::OutputSpendStatus;

/// Money of a closed channel that the on-chain wallet does not count yet.
pub(crate) struct ClosingState {
    pub(crate) amount: Sat,
    pub(crate) confirmed: bool,
    pub(crate) free_at: Option<u32>,
    pub(crate) is_settled: bool,
}

impl Core {
    /// Money between a closed channel and the chain.
    pub(crate) fn closing(&self, listed: &[ChannelDetails]) -> Vec<Closing> {
        let records = self.book.all();
        records
            .iter()
            .filter(|record| is_gone(record, listed))
            .filter_map(|record| {
                let ending = record.ending.clone().unwrap_or(Ending {
                    together: false,
                    at: record.opened_at,
                    closed: true,
                    reason: None,
                    settled: false,
                });
                let state = self.closing_of(record, &ending);
                let amount = self.shown_closing(record, &state);
                let tip = self.status.tip();
                let blocks_left = state.free_at.map(|height| height.saturating_sub(tip.height));
                (amount > Sat::ZERO).then(|| Closing {
                    channel_id: record.channel_id.clone().unwrap_or_default(),
                    peer: record.peer.clone(),
                    amount_sat: amount,
                    together: ending.together,
                    confirmed: state.confirmed,
                    free_at_height: state.free_at,
                    blocks_left,
                    free_at_secs: blocks_left
                        .map(|blocks| tip.time_secs + u64::from(blocks) * BLOCK_SECS),
                })
            })
            .collect()
    }

    /// Between LDK's "nothing left to claim" and what it hands over to be swept, the amount is what it was.
    fn shown_closing(&self, record: &ChannelRecord, state: &ClosingState) -> Sat {
        let Some(funding) = record.funding.filter(|_| state.amount == Sat::ZERO) else {
            self.book.remember_closing(record.user_id, state.amount);
            return state.amount;
        };
        if state.is_settled && self.arrived_from(record, &funding) == Sat::ZERO {
            return self.book.remembered_closing(record.user_id);
        }
        Sat::ZERO
    }

    /// See [`ClosingState`]. What the on-chain wallet knows of is counted there, not here.
    pub(crate) fn closing_of(&self, record: &ChannelRecord, ending: &Ending) -> ClosingState {
        let (Some(funding), Some(id)) = (record.funding, record.channel_id.as_ref()) else {
            return ClosingState {
                amount: Sat::ZERO,
                confirmed: true,
                free_at: None,
                is_settled: true,
            };
        };
        if let Some(spender) = self.onchain_spender(&funding) {
            // Closed together: it pays the on-chain wallet directly.
            let confirmed = spender.confirmation.is_some();
            return ClosingState {
                amount: Sat::ZERO,
                confirmed,
                free_at: None,
                is_settled: confirmed,
            };
        }
        // In this order: what moves from the one to the other in between is not counted twice.
        let swept = self.being_swept(id);
        let claimable = self.claimable(id);
        let amount = Sat::new(
            claimable.iter().map(Claimable::claimable_amount_satoshis).sum::<u64>() + swept.0,
        );
        let free_at = claimable.iter().filter_map(free_height).max();
        let confirmed = !claimable
            .iter()
            .any(|balance| matches!(balance, Claimable::ClaimableOnChannelClose { .. }));
        let nothing_left = claimable.is_empty() && amount == Sat::ZERO && !swept.1;
        // A close that both agreed to pays us nothing when we own less than dust: then the monitor decides.
        ClosingState {
            amount,
            confirmed,
            free_at,
            is_settled: nothing_left && (confirmed || ending.together),
        }
    }

    fn claimable(&self, channel_id: &str) -> Vec<Claimable> {
        let monitors = self.node.chain_monitor.list_monitors();
        let Some(id) = monitors.into_iter().find(|id| id.to_string() == channel_id) else {
            return Vec::new();
        };
        self.node
            .chain_monitor
            .get_monitor(id)
            .map(|monitor| monitor.get_claimable_balances())
            .unwrap_or_default()
    }

    /// Sweeps of a channel that the on-chain wallet does not count yet, and whether any is unfinished.
    fn being_swept(&self, channel_id: &str) -> (u64, bool) {
        let mut amount = 0;
        let mut unfinished = false;
        for output in self.node.sweeper.tracked_spendable_outputs() {
            if output.channel_id.is_none_or(|id| id.to_string() != channel_id) {
                continue;
            }
            match &output.status {
                OutputSpendStatus::PendingInitialBroadcast { .. } => {
                    unfinished = true;
                    amount += value_of(&output.descriptor);
                }
                OutputSpendStatus::PendingFirstConfirmation { latest_spending_tx, .. } => {
                    unfinished = true;
                    if self.onchain.transaction(latest_spending_tx.compute_txid()).is_none() {
                        amount += value_of(&output.descriptor);
                    }
                }
                OutputSpendStatus::PendingThresholdConfirmations { .. } => {}
            }
        }
        (amount, unfinished)
    }

    /// A transaction of the on-chain wallet that spends this output.
    pub(crate) fn onchain_spender(&self, outpoint: &OutPoint) -> Option<crate::onchain::OnchainTx> {
        let all = self.onchain.history().into_iter();
        all.into_iter().find(|tx| {
            tx.received > Sat::ZERO
                && tx.transaction.input.iter().any(|input| input.previous_output == *outpoint)
        })
    }

    /// What came on-chain from a closed channel.
    pub(crate) fn arrived_from(&self, record: &ChannelRecord, funding: &OutPoint) -> Sat {
        if let Some(spender) = self.onchain_spender(funding) {
            return crate::activity::paid_to_us(self, &spender.transaction);
        }
        let outputs = self.node.sweeper.tracked_spendable_outputs().into_iter();
        let sweeps = outputs
            .filter(|output| output.channel_id.map(|id| id.to_string()) == record.channel_id);
        let mut transactions: Vec<Transaction> =
            sweeps.filter_map(|output| spending(&output.status).cloned()).collect();
        transactions.sort_by_key(Transaction::compute_txid);
        transactions.dedup_by_key(|transaction| transaction.compute_txid());
        Sat::sum(transactions.iter().map(|tx| crate::activity::paid_to_us(self, tx)))
            .unwrap_or_default()
    }

    /// A transaction of the sweeper's.
    pub(crate) fn is_sweep(&self, txid: &Txid) -> bool {
        let outputs = self.node.sweeper.tracked_spendable_outputs();
        outputs
            .iter()
            .any(|output| spending(&output.status).is_some_and(|tx| tx.compute_txid() == *txid))
    }

    /// A child that pays for a commitment: it spends an anchor of one of our channels' closings.
    pub(crate) fn is_anchor_bump(&self, transaction: &Transaction) -> bool {
        let parents: Vec<Txid> =
            transaction.input.iter().map(|input| input.previous_output.txid).collect();
        let fundings: Vec<OutPoint> =
            self.book.all().iter().filter_map(|record| record.funding).collect();
        self.node.outbox.packages().iter().flat_map(|(_, package)| package).any(|parent| {
            parents.contains(&parent.compute_txid())
                && parent.input.iter().any(|input| fundings.contains(&input.previous_output))
        })
    }
}

/// Closed and not settled. LDK drops a channel a moment before it tells of the close: it is on its way from then on.
pub(crate) fn is_gone(record: &ChannelRecord, listed: &[ChannelDetails]) -> bool {
    record.funding.is_some()
        && !record.ending.as_ref().is_some_and(|ending| ending.settled)
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

fn spending(status: &OutputSpendStatus) -> Option<&Transaction> {
    match status {
        OutputSpendStatus::PendingInitialBroadcast { .. } => None,
        OutputSpendStatus::PendingFirstConfirmation { latest_spending_tx, .. }
        | OutputSpendStatus::PendingThresholdConfirmations { latest_spending_tx, .. } => {
            Some(latest_spending_tx)
        }
    }
}

fn value_of(descriptor: &lightning::sign::SpendableOutputDescriptor) -> u64 {
    use lightning::sign::SpendableOutputDescriptor::{
        DelayedPaymentOutput, StaticOutput, StaticPaymentOutput,
    };
    match descriptor {
        StaticOutput { output, .. } => output.value.to_sat(),
        DelayedPaymentOutput(descriptor) => descriptor.output.value.to_sat(),
        StaticPaymentOutput(descriptor) => descriptor.output.value.to_sat(),
    }
}
