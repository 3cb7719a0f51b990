//! What the wallet looks like now: balance, channels, cards. Computed from LDK, BDK and the book; told when it differs
//! from what was told last.

use crate::amount::{Msat, Sat};
use crate::balance::{ChannelParts, Standing, parts_of, total};
use crate::channels_book::{ChannelRecord, Ending};
use crate::core::Core;
use crate::event::Event;
use crate::lightning::channels::{BLOCK_SECS, MAINNET_CHANNELS, view_peer};
use crate::lightning::peers;
use crate::view::{Balance, Card, Channel, ChannelState, Channels, Closing};
use bitcoin::{OutPoint, Transaction, Txid};
use lightning::chain::channelmonitor::Balance as Claimable;
use lightning::ln::channel_state::{ChannelDetails, ChannelShutdownState};
use lightning::util::sweep::OutputSpendStatus;
use std::sync::Arc;
use std::time::Duration;

/// LDK tells of no connection and no disconnection: besides every hint, one look a second.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Money of a closed channel that the on-chain wallet does not count yet.
pub(crate) struct ClosingState {
    pub(crate) amount: Sat,
    pub(crate) confirmed: bool,
    pub(crate) free_at: Option<u32>,
    pub(crate) is_settled: bool,
}

/// Watches for ever.
pub(crate) async fn watch(core: Arc<Core>) {
    let mut last: Option<(Balance, Channels, Vec<Card>)> = None;
    let mut tick = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            () = core.status.look.notified() => {}
            _ = tick.tick() => {}
        }
        let now = (core.balance(), core.channels(), core.cards());
        core.status.peer_away(core.peer_away(), &core.bus);
        let before = last.as_ref();
        if before.is_none_or(|(balance, _, _)| *balance != now.0) {
            core.bus.send(Event::Balance(now.0.clone()));
        }
        if before.is_none_or(|(_, channels, _)| *channels != now.1) {
            core.bus.send(Event::Channels(now.1.clone()));
        }
        if before.is_none_or(|(_, _, cards)| *cards != now.2) {
            core.bus.send(Event::Cards(now.2.clone()));
        }
        last = Some(now);
    }
}

impl Core {
    /// What a person owns.
    pub(crate) fn balance(&self) -> Balance {
        // One list for both: a channel is in the one sum or in the other.
        let listed = self.node.manager.list_channels();
        let channels: Vec<_> = self
            .counted_channels(&listed)
            .into_iter()
            .map(|channel| (parts_of(channel), self.standing(channel)))
            .collect();
        let in_transit = crate::payments::send::in_transit(self)
            .iter()
            .map(|row| Msat::new(row.amount_msat))
            .collect::<Vec<_>>();
        let onchain = self.onchain.balance(self.reserve_with(0));
        total(&channels, onchain, self.closing(&listed), Msat::sum(in_transit).unwrap_or_default())
    }

    /// Channels whose money is in the channel. Before our funding is on its way the on-chain wallet still counts it.
    fn counted_channels<'a>(&self, listed: &'a [ChannelDetails]) -> Vec<&'a ChannelDetails> {
        let all = listed.iter();
        all.filter(|channel| match channel.funding_txo {
            Some(funding) if channel.is_outbound => {
                self.onchain.transaction(funding.txid).is_some()
            }
            Some(_) => true,
            None => false,
        })
        .filter(|channel| !self.is_closed_onchain(channel))
        .collect()
    }

    /// An agreed close that LDK has not dropped yet is counted on-chain once its transaction is known there.
    fn is_closed_onchain(&self, channel: &ChannelDetails) -> bool {
        let closing = channel
            .channel_shutdown_state
            .is_some_and(|state| state != ChannelShutdownState::NotShuttingDown);
        closing
            && channel.funding_txo.is_some_and(|funding| {
                self.onchain_spender(&funding.into_bitcoin_outpoint()).is_some()
            })
    }

    fn standing(&self, channel: &ChannelDetails) -> Standing {
        if !channel.is_channel_ready {
            Standing::Opening
        } else if channel.is_usable {
            Standing::Usable
        } else {
            Standing::PeerAway
        }
    }

    /// Kept on-chain so that `more` channels than there are now can be closed by force.
    pub(crate) fn reserve_with(&self, more: usize) -> Sat {
        let channels = self.node.manager.list_channels().len();
        crate::onchain::reserve_for(channels + more, self.settings.tunables.reserve_per_channel)
    }

    pub(crate) fn channel_parts(&self, details: &ChannelDetails) -> ChannelParts {
        parts_of(details)
    }

    /// Money between a closed channel and the chain.
    fn closing(&self, listed: &[ChannelDetails]) -> Vec<Closing> {
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

    /// The first channel peer that is not connected, by name.
    fn peer_away(&self) -> Option<String> {
        let channels = self.node.manager.list_channels();
        let away = channels.iter().find(|channel| {
            channel.is_channel_ready && !peers::is_connected(self, &channel.counterparty.node_id)
        })?;
        let peer = view_peer(self, &away.counterparty.node_id);
        Some(peer.alias.unwrap_or(peer.node_id))
    }

    /// All channels, for the Channels screen.
    pub(crate) fn channels(&self) -> Channels {
        let details = self.node.manager.list_channels();
        let mut list: Vec<Channel> = details.iter().map(|channel| self.channel(channel)).collect();
        let closing = self.book.all().into_iter().filter(|record| is_gone(record, &details));
        list.extend(closing.map(|record| self.closed_channel(&record)));
        let balance = self.balance();
        Channels {
            can_send_msat: balance.lightning.can_send_msat,
            can_receive_msat: balance.lightning.can_receive_msat,
            list,
            suggestions: self.settings.suggested_peers.clone(),
            open_refused: self.network == bitcoin::Network::Bitcoin && !MAINNET_CHANNELS,
        }
    }

    fn channel(&self, details: &ChannelDetails) -> Channel {
        let parts = parts_of(details);
        let record = self.book.get(details.user_channel_id);
        let fees = details.config.unwrap_or_default();
        Channel {
            id: details.channel_id.to_string(),
            peer: view_peer(self, &details.counterparty.node_id),
            state: self.state_of(details),
            capacity_sat: Sat::new(details.channel_value_satoshis),
            your_reserve_msat: parts.our_reserve,
            yours_msat: parts.ours.minus_or_zero(parts.our_reserve),
            in_flight_msat: parts.in_flight,
            theirs_msat: parts.theirs.minus_or_zero(parts.their_reserve),
            their_reserve_msat: parts.their_reserve,
            can_send_msat: parts.can_send,
            can_receive_msat: parts.can_receive,
            opened_by_you: details.is_outbound,
            funding_txid: details.funding_txo.map(|funding| funding.txid.to_string()),
            opened_at_secs: record.as_ref().map(|record| record.opened_at.secs()),
            peer_said: record.and_then(|record| record.said),
            force_close_delay_blocks: details.force_close_spend_delay.map(u32::from),
            forwarding_base_fee_msat: Msat::new(u64::from(fees.forwarding_fee_base_msat)),
            forwarding_fee_ppm: fees.forwarding_fee_proportional_millionths,
        }
    }

    fn state_of(&self, details: &ChannelDetails) -> ChannelState {
        let closing =
            details.channel_shutdown_state.unwrap_or(ChannelShutdownState::NotShuttingDown);
        if closing != ChannelShutdownState::NotShuttingDown {
            return ChannelState::ClosingTogether;
        }
        if details.funding_txo.is_none() {
            return ChannelState::Negotiating;
        }
        if !details.is_channel_ready {
            let required = details.confirmations_required.unwrap_or(0);
            let confirmations = details.confirmations.unwrap_or(0).min(required);
            return ChannelState::Confirming { confirmations, required };
        }
        if details.is_usable { ChannelState::Ready } else { ChannelState::PeerAway }
    }

    fn closed_channel(&self, record: &ChannelRecord) -> Channel {
        let ending = record.ending.as_ref();
        let state = ending.map(|ending| self.closing_of(record, ending));
        let blocks_left = state
            .as_ref()
            .and_then(|state| state.free_at)
            .map(|at| at.saturating_sub(self.status.tip().height));
        let together = ending.is_some_and(|ending| ending.together);
        let state = if together {
            ChannelState::ClosingTogether
        } else {
            let free_at_secs = blocks_left
                .map(|blocks| self.status.tip().time_secs + u64::from(blocks) * BLOCK_SECS);
            ChannelState::ClosingByForce { blocks_left, free_at_secs }
        };
        let peer = record.peer.parse().map(|node| view_peer(self, &node));
        Channel {
            id: record.channel_id.clone().unwrap_or_default(),
            peer: peer.unwrap_or(crate::view::Peer {
                node_id: record.peer.clone(),
                alias: None,
                connected: false,
            }),
            state,
            capacity_sat: Sat::new(record.amount_sat),
            your_reserve_msat: Msat::ZERO,
            yours_msat: Msat::ZERO,
            in_flight_msat: Msat::ZERO,
            theirs_msat: Msat::ZERO,
            their_reserve_msat: Msat::ZERO,
            can_send_msat: Msat::ZERO,
            can_receive_msat: Msat::ZERO,
            opened_by_you: record.ours,
            funding_txid: record.funding.map(|funding| funding.txid.to_string()),
            opened_at_secs: Some(record.opened_at.secs()),
            peer_said: record.said.clone(),
            force_close_delay_blocks: None,
            forwarding_base_fee_msat: Msat::ZERO,
            forwarding_fee_ppm: 0,
        }
    }

    /// What to do, or what to wait for.
    pub(crate) fn cards(&self) -> Vec<Card> {
        let balance = self.balance();
        let channels = self.node.manager.list_channels();
        let mut cards = Vec::new();
        let in_transit = crate::payments::send::in_transit(self);
        cards.extend(
            in_transit.iter().map(|row| Card::InTransit { movement_id: row.id.to_string() }),
        );
        cards.extend(
            balance
                .closing
                .iter()
                .map(|closing| Card::Closing { channel_id: closing.channel_id.clone() }),
        );
        if balance.total_msat > Msat::ZERO && !self.words_are_backed_up() {
            cards.push(Card::BackUpWords);
        }
        if channels.is_empty()
            && balance.onchain.can_spend_sat > Sat::ZERO
            && balance.closing.is_empty()
        {
            cards.push(Card::OpenFirstChannel);
        }
        let ready = channels.iter().any(|channel| channel.is_usable);
        if ready && balance.lightning.can_receive_msat < Msat::new(1_000_000) {
            cards.push(Card::NoReceiveRoom);
        }
        let reserve = self.reserve_with(0);
        if !channels.is_empty() && balance.onchain.total_sat < reserve {
            cards.push(Card::LowForClosing);
        }
        cards
    }
}

/// Closed and not settled. LDK drops a channel a moment before it tells of the close: it is on its way from then on.
fn is_gone(record: &ChannelRecord, listed: &[ChannelDetails]) -> bool {
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
