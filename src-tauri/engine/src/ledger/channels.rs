//! All channels, for the Channels screen.

use crate::amount::{Msat, Sat};
use crate::channels::closing::{ClosingState, FundsSnapshot};
use crate::channels::rule;
use crate::core::Core;
use crate::ledger::safe_off::safe_off;
use crate::node::details::is_closing;
use crate::node::record::ChannelRecord;
use crate::peers::view_peer;
use crate::time::BLOCK_SECS;
use crate::view::{Balance, Channel, ChannelState, ChannelType, Channels};
use lightning::ln::channel_state::ChannelDetails;
use lightning::types::features::ChannelTypeFeatures;

/// All channels, for the Channels screen.
pub(crate) fn channels(core: &Core, funds: &FundsSnapshot, balance: &Balance) -> Channels {
    let mut list: Vec<Channel> =
        funds.listed.iter().map(|details| channel(core, details)).collect();
    // What has arrived is told by its row; that it may still be undone is nobody's concern until it is.
    let has_arrived = |record: &ChannelRecord| record.ending.as_ref().is_some_and(|e| e.arrived);
    let closed = funds.unresolved.iter().filter(|(record, _)| !has_arrived(record));
    list.extend(closed.map(|(record, state)| closed_channel(core, record, state)));
    // By age, so that no row moves when its state changes.
    list.sort_by_key(|channel| (channel.opened_at_secs, channel.id.clone()));
    let standing = rule::standing(core, Sat::ZERO, true);
    Channels {
        can_send_msat: balance.lightning.can_send_msat,
        can_receive_msat: balance.lightning.can_receive_msat,
        list,
        suggestions: core.settings.suggested_peers.clone(),
        safe_off: safe_off(core.status.tip(), funds),
        obstacle: rule::obstacle(&standing),
        is_first: standing.safeguards && core.records.all().is_empty(),
    }
}

fn channel(core: &Core, details: &ChannelDetails) -> Channel {
    let parts = core.channel_parts(details);
    let record = core.records.get(details.user_channel_id);
    let fees = details.config.unwrap_or_default();
    Channel {
        id: details.channel_id.to_string(),
        peer: view_peer(&core.node, &core.settings, &details.counterparty.node_id),
        state: state_of(core, details),
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
        peer_assertion: record.as_ref().and_then(|record| record.assertion),
        last_peer_error: record.and_then(|record| record.last_peer_error),
        channel_type: details.channel_type.as_ref().map(type_of),
        commitment_sat_per_kw: details.feerate_sat_per_1000_weight,
        close_reason: None,
        force_close_delay_blocks: details.force_close_spend_delay.map(u32::from),
        forwarding_base_fee_msat: Msat::new(u64::from(fees.forwarding_fee_base_msat)),
        forwarding_fee_ppm: fees.forwarding_fee_proportional_millionths,
    }
}

fn state_of(core: &Core, details: &ChannelDetails) -> ChannelState {
    if core.node.staleness.is_stale(&details.channel_id) {
        return ChannelState::WaitingForPeer;
    }
    if core.node.staleness.is_disputed(&details.channel_id) {
        return ChannelState::Disputed;
    }
    if is_closing(details) {
        return ChannelState::ClosingCooperatively;
    }
    if core.fundings.is_spent(&details.channel_id) {
        return ChannelState::ClosingByPeer;
    }
    if core.records.get(details.user_channel_id).is_some_and(|it| it.close_asked.is_some()) {
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

fn closed_channel(core: &Core, record: &ChannelRecord, closing: &ClosingState) -> Channel {
    let tip = core.status.tip();
    let blocks_left = closing.free_at.map(|at| at.saturating_sub(tip.height));
    let cooperative = record.ending.as_ref().is_some_and(|ending| ending.cooperative);
    let state = if record.stale && !closing.confirmed {
        ChannelState::WaitingForPeer
    } else if record.disputed && !closing.confirmed {
        ChannelState::Disputed
    } else if cooperative {
        ChannelState::ClosingCooperatively
    } else {
        let free_at_secs = blocks_left.map(|blocks| tip.time_secs + u64::from(blocks) * BLOCK_SECS);
        ChannelState::ClosingByForce { blocks_left, free_at_secs }
    };
    Channel {
        id: record.channel_id.clone().unwrap_or_default(),
        peer: record.peer_in(|node| view_peer(&core.node, &core.settings, node)),
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
        last_peer_error: record.last_peer_error.clone(),
        peer_assertion: record.assertion,
        channel_type: None,
        commitment_sat_per_kw: None,
        close_reason: record.ending.as_ref().and_then(|ending| ending.why),
        force_close_delay_blocks: None,
        forwarding_base_fee_msat: Msat::ZERO,
        forwarding_fee_ppm: 0,
    }
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
