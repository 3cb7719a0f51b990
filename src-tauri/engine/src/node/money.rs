//! A channel's money: whose it is, what can be paid, and what must stay.

use crate::amount::Msat;
use crate::node::record::FulfilledHtlc;
use lightning::ln::channel_state::{
    ChannelDetails, InboundHTLCStateDetails, OutboundHTLCStateDetails,
};

/// A channel's money. `ours` + `theirs` + `in_flight` is the capacity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChannelParts {
    pub(crate) capacity: Msat,
    pub(crate) ours: Msat,
    pub(crate) theirs: Msat,
    pub(crate) in_flight: Msat,
    /// The part of `ours` that must stay.
    pub(crate) our_reserve: Msat,
    /// The part of `theirs` that must stay.
    pub(crate) their_reserve: Msat,
    pub(crate) can_send: Msat,
    pub(crate) can_receive: Msat,
    /// The part of `ours` set aside for closing: the commitment's fee and anchors, which the opener pays.
    pub(crate) closing_fee: Msat,
}

impl ChannelParts {
    /// Nothing can be paid through it any more.
    pub(crate) fn unusable(self) -> Self {
        Self { can_send: Msat::ZERO, can_receive: Msat::ZERO, ..self }
    }
}

/// Both anchors of a commitment (BOLT 3), which the opener pays.
const ANCHORS_MSAT: u64 = 660_000;

/// Reads a channel. LDK gives each side's capacity after reserve, payments under way and (the opener's) anchors, floored
/// at nothing; whichever side is not floored tells the other.
/// `is_paid` tells of HTLCs whose payment is known to be made: LDK knows the proof before it says so of the channel.
pub(crate) fn parts_of(
    details: &ChannelDetails,
    is_paid: impl Fn(FulfilledHtlc) -> bool,
) -> ChannelParts {
    let msat = |sat: u64| sat.saturating_mul(1000);
    let capacity = msat(details.channel_value_satoshis);
    let earned = earned(details, &is_paid);
    let inbound: u64 = details.pending_inbound_htlcs.iter().map(|htlc| htlc.amount_msat).sum();
    let outbound: u64 = details.pending_outbound_htlcs.iter().map(|htlc| htlc.amount_msat).sum();
    let in_flight = inbound.saturating_add(outbound).min(capacity);
    let our_reserve = msat(details.unspendable_punishment_reserve.unwrap_or(0));
    let their_reserve = msat(details.counterparty.unspendable_punishment_reserve);
    let settled = capacity - in_flight;
    let anchored =
        details.channel_type.as_ref().is_some_and(|t| t.supports_anchors_zero_fee_htlc_tx());
    let anchors = if anchored { ANCHORS_MSAT } else { 0 };
    let (our_anchors, their_anchors) =
        if details.is_outbound { (anchors, 0) } else { (0, anchors) };
    let ours = if details.outbound_capacity_msat > 0 {
        details.outbound_capacity_msat.saturating_add(our_reserve + our_anchors).min(settled)
    } else {
        let theirs = details.inbound_capacity_msat.saturating_add(their_reserve + their_anchors);
        settled.saturating_sub(theirs)
    };
    let theirs = settled - ours;
    let our_reserve = our_reserve.min(ours);
    // What can be sent and what closing costs come of what both commitments already say.
    let free = ours - our_reserve;
    let can_send =
        if details.is_usable { details.next_outbound_htlc_limit_msat.min(free) } else { 0 };
    let can_receive = if details.is_usable && is_reachable(details) {
        let after = theirs + earned_by_peer(details, is_paid);
        let room = after.saturating_sub(their_reserve + their_anchors);
        let room = room.max(details.inbound_capacity_msat);
        room.min(details.inbound_htlc_maximum_msat.unwrap_or(u64::MAX))
    } else {
        0
    };
    let limit = details.next_outbound_htlc_limit_msat.min(free);
    let closing_fee = if details.is_outbound { free - limit } else { 0 };
    ChannelParts {
        capacity: Msat::new(capacity),
        ours: Msat::new(ours + earned),
        theirs: Msat::new(theirs),
        in_flight: Msat::new(in_flight.saturating_sub(earned)),
        our_reserve: Msat::new(our_reserve),
        their_reserve: Msat::new(their_reserve.min(theirs)),
        can_send: Msat::new(can_send),
        can_receive: Msat::new(can_receive),
        closing_fee: Msat::new(closing_fee),
    }
}

/// What a channel can send once its peer is connected.
pub(crate) fn limit_of(details: &ChannelDetails) -> Msat {
    let parts = parts_of(details, |_| false);
    let free = parts.ours.minus_or_zero(parts.our_reserve);
    Msat::new(details.next_outbound_htlc_limit_msat).min(free)
}

/// Payers try how much fits into each of several channels, in parts that grow smaller. All but so little of it (one in so
/// many) they find in a dozen rounds, however the room is spread.
const UNFOUND: u64 = 64;

/// What can come in one payment if channels have this room: all that fits into one, or nearly all that fits into all.
pub(crate) fn receivable(rooms: impl IntoIterator<Item = Msat>) -> Msat {
    let (sum, largest) = rooms.into_iter().fold((0u64, 0u64), |(sum, largest), room| {
        (sum.saturating_add(room.get()), largest.max(room.get()))
    });
    Msat::new(largest.max(sum - sum / UNFOUND))
}

/// What came to us and both commitments are about to say is ours. The peer may be away before they do.
fn earned(details: &ChannelDetails, is_paid: impl Fn(FulfilledHtlc) -> bool) -> u64 {
    let fulfilled = Some(InboundHTLCStateDetails::AwaitingRemoteRevokeToRemoveFulfill);
    let pending = details.pending_inbound_htlcs.iter().filter(|htlc| htlc.state == fulfilled);
    let earned = pending.filter(|htlc| is_paid(FulfilledHtlc::incoming(htlc)));
    earned.map(|htlc| htlc.amount_msat).sum()
}

/// Whether a payer can be told of it: the network knows it, or the peer has said what it asks for forwarding. That comes just
/// after the channel is ready; an invoice of before names no way.
fn is_reachable(details: &ChannelDetails) -> bool {
    details.is_announced || details.counterparty.forwarding_info.is_some()
}

/// What the peer has earned and both commitments are about to say: room for the next payment to us, which cannot arrive
/// before they do.
fn earned_by_peer(details: &ChannelDetails, is_paid: impl Fn(FulfilledHtlc) -> bool) -> u64 {
    let earned = details.pending_outbound_htlcs.iter().filter(|htlc| match htlc.state {
        Some(OutboundHTLCStateDetails::AwaitingRemoteRevokeToRemoveSuccess) => true,
        Some(OutboundHTLCStateDetails::Committed) => is_paid(FulfilledHtlc::outgoing(htlc)),
        _ => false,
    });
    earned.map(|htlc| htlc.amount_msat).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Rounds in which a payer sends an equal part over each channel, until all is sent. The peer takes whichever channel a
    /// part just fits into.
    fn rounds(mut rooms: Vec<u64>, mut left: u64) -> usize {
        let count = rooms.len() as u64;
        (0..64)
            .take_while(|_| {
                let (part, mut tried) = (left.div_ceil(count), 0);
                for _ in 0..count {
                    let amount = part.min(left.saturating_sub(tried));
                    let fitting = rooms.iter_mut().filter(|room| **room >= amount);
                    match fitting.min_by_key(|room| **room) {
                        Some(room) => {
                            *room -= amount;
                            left -= amount;
                        }
                        None => tried += amount,
                    }
                }
                left > 0
            })
            .count()
    }

    proptest! {
        #[test]
        fn what_is_shown_can_come(rooms in prop::collection::vec(1_000_000u64..1_000_000_000, 2..6)) {
            let most = receivable(rooms.iter().copied().map(Msat::new)).get();
            prop_assert!(rounds(rooms.clone(), most) < 16 || rooms.iter().any(|room| *room >= most));
        }
    }
}
