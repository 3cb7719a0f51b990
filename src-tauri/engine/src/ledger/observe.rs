//! What the wallet looks like now: balance, channels, cards. Computed from LDK, BDK and the book; told when it differs
//! from what was told last.

use crate::amount::{Msat, Sat};
use crate::channels::closing::{ClosingState, Moment};
use crate::channels::describe::{BLOCK_SECS, MAINNET_CHANNELS, view_peer};
use crate::core::Core;
use crate::event::Event;
use crate::ledger::balance::{ChannelParts, Standing, parts_of, total};
use crate::node::record::ChannelRecord;
use crate::payments::send::is_in_transit;
use crate::payments::{StoredDirection, StoredStatus};
use crate::peers::connect;
use crate::view::{Balance, Card, Channel, ChannelState, ChannelType, Channels};
use lightning::ln::channel_state::{ChannelDetails, ChannelShutdownState};
use lightning::types::features::ChannelTypeFeatures;
use std::sync::Arc;
use std::time::Duration;

/// LDK tells of no connection and no disconnection: besides every hint, one look a second.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two looks: while hundreds of payments a second go by, nobody reads each of their balances, and looking costs more
/// than a payment.
const LOOK_PAUSE: Duration = Duration::from_millis(25);

/// Watches for ever.
pub(crate) async fn watch(core: Arc<Core>) {
    let mut last: Option<Picture> = None;
    let mut tick = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            () = core.status.look.notified() => {}
            _ = tick.tick() => {}
        }
        let moment = core.moment();
        let now = core.picture_of(&moment);
        core.status.peer_away(core.peer_away(&moment), &core.bus);
        let before = last.as_ref();
        if before.is_none_or(|before| before.balance != now.balance) {
            core.bus.send(Event::Balance(now.balance.clone()));
        }
        if before.is_none_or(|before| before.channels != now.channels) {
            core.bus.send(Event::Channels(now.channels.clone()));
        }
        if before.is_none_or(|before| before.cards != now.cards) {
            core.bus.send(Event::Cards(now.cards.clone()));
        }
        last = Some(now);
        tokio::time::sleep(LOOK_PAUSE).await;
    }
}

/// Everything of it, of one moment.
#[derive(Clone, PartialEq)]
pub(crate) struct Picture {
    pub(crate) balance: Balance,
    pub(crate) channels: Channels,
    pub(crate) cards: Vec<Card>,
}

impl Core {
    /// What there is to see.
    pub(crate) fn picture(&self) -> Picture {
        self.picture_of(&self.moment())
    }

    fn picture_of(&self, moment: &Moment) -> Picture {
        let balance = self.balance_of(moment);
        let channels = self.channels(moment, &balance);
        let cards = self.cards(moment, &balance);
        Picture { balance, channels, cards }
    }

    /// What a person owns.
    pub(crate) fn balance(&self) -> Balance {
        self.balance_of(&self.moment())
    }

    fn balance_of(&self, moment: &Moment) -> Balance {
        let counted = moment.listed.iter().filter(|channel| is_counted(channel, moment));
        let channels: Vec<_> =
            counted.map(|channel| (self.channel_parts(channel), self.standing(channel))).collect();
        let in_transit =
            self.journal.pick(|row| is_in_transit(row).then_some(Msat::new(row.amount_msat)));
        let in_transit = Msat::sum(in_transit).unwrap_or_default();
        total(&channels, moment.onchain.clone(), self.closing(moment), in_transit)
    }

    fn standing(&self, channel: &ChannelDetails) -> Standing {
        // First: to LDK a channel that shuts down is not ready.
        if is_closing(channel) || self.fundings.is_spent(&channel.channel_id) {
            Standing::Closing
        } else if !channel.is_channel_ready {
            Standing::Opening
        } else if channel.is_usable {
            Standing::Usable
        } else {
            Standing::PeerAway
        }
    }

    /// What can be paid over Lightning now.
    pub(crate) fn can_send(&self) -> Msat {
        let channels = self.node.manager.list_channels();
        let can_send = channels.iter().map(|channel| self.channel_parts(channel).can_send);
        Msat::sum(can_send).unwrap_or_default()
    }

    /// Kept on-chain so that every channel, and `more` than there are now, can be closed by force.
    pub(crate) fn reserve_with(&self, more: usize) -> Sat {
        let channels = self.node.channels_that_need_coins();
        crate::onchain::reserve_for(channels + more, self.settings.tunables.reserve_per_channel)
    }

    pub(crate) fn channel_parts(&self, details: &ChannelDetails) -> ChannelParts {
        let parts = parts_of(details, |hash| {
            let row = self.journal.by_hash(StoredDirection::Out, &hash.0);
            row.is_some_and(|row| row.status == StoredStatus::Paid)
        });
        if self.fundings.is_spent(&details.channel_id) { parts.unusable() } else { parts }
    }

    /// The first channel peer that is not connected, by name.
    fn peer_away(&self, moment: &Moment) -> Option<String> {
        let away = moment.listed.iter().find(|channel| {
            channel.is_channel_ready && !connect::is_connected(self, &channel.counterparty.node_id)
        })?;
        let peer = view_peer(self, &away.counterparty.node_id);
        Some(peer.alias.unwrap_or(peer.node_id))
    }

    /// All channels, for the Channels screen.
    fn channels(&self, moment: &Moment, balance: &Balance) -> Channels {
        let mut list: Vec<Channel> =
            moment.listed.iter().map(|channel| self.channel(channel)).collect();
        // What has arrived is told by its row; that it may still be undone is nobody's concern until it is.
        let has_arrived =
            |record: &ChannelRecord| record.ending.as_ref().is_some_and(|e| e.arrived);
        let gone = moment.gone.iter().filter(|(record, _)| !has_arrived(record));
        list.extend(gone.map(|(record, state)| self.closed_channel(record, state)));
        // By age, so that no row moves when its state changes.
        list.sort_by_key(|channel| (channel.opened_at_secs, channel.id.clone()));
        Channels {
            can_send_msat: balance.lightning.can_send_msat,
            can_receive_msat: balance.lightning.can_receive_msat,
            list,
            suggestions: self.settings.suggested_peers.clone(),
            open_refused: self.network == bitcoin::Network::Bitcoin && !MAINNET_CHANNELS,
        }
    }

    fn channel(&self, details: &ChannelDetails) -> Channel {
        let parts = self.channel_parts(details);
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
            peer_claim: record.as_ref().and_then(|record| record.claim),
            peer_said: record.and_then(|record| record.said),
            channel_type: details.channel_type.as_ref().map(type_of),
            commitment_sat_per_kw: details.feerate_sat_per_1000_weight,
            close_reason: None,
            force_close_delay_blocks: details.force_close_spend_delay.map(u32::from),
            forwarding_base_fee_msat: Msat::new(u64::from(fees.forwarding_fee_base_msat)),
            forwarding_fee_ppm: fees.forwarding_fee_proportional_millionths,
        }
    }

    fn state_of(&self, details: &ChannelDetails) -> ChannelState {
        if self.node.doubts.is_behind(&details.channel_id) {
            return ChannelState::WaitingForPeer;
        }
        if self.node.doubts.is_disputed(&details.channel_id) {
            return ChannelState::Disputed;
        }
        if is_closing(details) {
            return ChannelState::ClosingTogether;
        }
        if self.fundings.is_spent(&details.channel_id) {
            return ChannelState::ClosingByPeer;
        }
        if self.book.get(details.user_channel_id).is_some_and(|it| it.close_asked.is_some()) {
            return ChannelState::CloseAsked;
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

    fn closed_channel(&self, record: &ChannelRecord, closing: &ClosingState) -> Channel {
        let tip = self.status.tip();
        let blocks_left = closing.free_at.map(|at| at.saturating_sub(tip.height));
        let together = record.ending.as_ref().is_some_and(|ending| ending.together);
        let state = if record.behind && !closing.confirmed {
            ChannelState::WaitingForPeer
        } else if record.disputed && !closing.confirmed {
            ChannelState::Disputed
        } else if together {
            ChannelState::ClosingTogether
        } else {
            let free_at_secs =
                blocks_left.map(|blocks| tip.time_secs + u64::from(blocks) * BLOCK_SECS);
            ChannelState::ClosingByForce { blocks_left, free_at_secs }
        };
        Channel {
            id: record.channel_id.clone().unwrap_or_default(),
            peer: record.peer_in(|node| view_peer(self, node)),
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
            peer_claim: record.claim,
            channel_type: None,
            commitment_sat_per_kw: None,
            close_reason: record.ending.as_ref().and_then(|ending| ending.why),
            force_close_delay_blocks: None,
            forwarding_base_fee_msat: Msat::ZERO,
            forwarding_fee_ppm: 0,
        }
    }

    /// What a person must know before anything else.
    fn old_state_cards(&self, moment: &Moment) -> Vec<Card> {
        let records = self.book.all();
        let funded = || records.iter().filter(|record| record.funding.is_some());
        let live = funded().filter(|record| {
            !record.ending.as_ref().is_some_and(|ending| ending.settled || ending.closed)
        });
        if self.freshness.is_quarantined() {
            let channels = u32::try_from(live.count()).unwrap_or(u32::MAX);
            return vec![Card::Quarantine { channels }];
        }
        let named = |record: &ChannelRecord| record.channel_id.clone();
        let behind = live.filter(|record| record.behind).filter_map(named);
        let behind = behind.map(|channel_id| Card::WaitingForPeer { channel_id });
        // LDK may have closed it, and a person still decides, until a block does.
        let decided = |record: &ChannelRecord| {
            record.ending.as_ref().is_some_and(|ending| ending.settled)
                || moment
                    .gone
                    .iter()
                    .any(|(gone, state)| gone.user_id == record.user_id && state.confirmed)
        };
        let disputed =
            funded().filter(|record| record.disputed && !record.behind && !decided(record));
        let disputed = disputed.filter_map(named).map(|channel_id| Card::Disputed { channel_id });
        behind.chain(disputed).collect()
    }

    /// What to do, or what to wait for.
    fn cards(&self, moment: &Moment, balance: &Balance) -> Vec<Card> {
        let channels = &moment.listed;
        let mut cards = self.old_state_cards(moment);
        let in_transit = self.journal.select(is_in_transit);
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
        if self.freshness.is_quarantined() {
            return cards;
        }
        cards.extend(self.other_accounts.card(self, balance));
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
        if balance.onchain.total_sat < reserve {
            cards.push(Card::LowForClosing);
        }
        cards
    }
}

/// Its money is in the channel. Before our funding is on its way the on-chain wallet still counts it, and after an agreed
/// close, which LDK has not dropped yet, it does again.
fn is_counted(channel: &ChannelDetails, moment: &Moment) -> bool {
    let Some(funding) = channel.funding_txo else { return false };
    let opened = !channel.is_outbound || moment.has_sent(&funding.txid);
    let paid_out =
        is_closing(channel) && moment.spender(&funding.into_bitcoin_outpoint()).is_some();
    opened && !paid_out
}

fn type_of(features: &ChannelTypeFeatures) -> ChannelType {
    if features.supports_anchors_zero_fee_htlc_tx() {
        ChannelType::Anchors
    } else if features.supports_static_remote_key() {
        ChannelType::StaticRemoteKey
    } else {
        ChannelType::Other
    }
}

/// Closing together, and not dropped by LDK yet.
pub(crate) fn is_closing(channel: &ChannelDetails) -> bool {
    channel
        .channel_shutdown_state
        .is_some_and(|state| state != ChannelShutdownState::NotShuttingDown)
}
