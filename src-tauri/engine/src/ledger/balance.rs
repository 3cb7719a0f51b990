//! The definition of balance. Pure: what LDK and BDK say in, sums that add up out.

use crate::amount::{Msat, Sat};
use crate::node::money::{ChannelParts, receivable};
use crate::view::{Balance, Closing, LightningBalance, OnchainBalance, Part, PartKind};
use std::collections::BTreeMap;

/// Where a channel stands, as far as its money is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChannelPhase {
    Opening,
    Usable,
    PeerAway,
    Closing,
}

/// Sums everything. `in_transit` is what left and is not decided.
pub(crate) fn total(
    channels: &[(ChannelParts, ChannelPhase)],
    onchain: OnchainBalance,
    closing: Vec<Closing>,
    in_transit: Msat,
) -> Balance {
    let lightning = lightning(channels);
    let onchain_msat = Msat::from_sat(onchain.total_sat).unwrap_or_default();
    let closing_sat =
        Sat::sum(closing.iter().map(|closing| closing.amount_sat)).unwrap_or_default();
    let closing_msat = Msat::from_sat(closing_sat).unwrap_or_default();
    let total_msat =
        Msat::sum([lightning.total_msat, onchain_msat, closing_msat]).unwrap_or_default();
    Balance { total_msat, lightning, onchain, closing, in_transit_msat: in_transit, fiat: None }
}

fn lightning(channels: &[(ChannelParts, ChannelPhase)]) -> LightningBalance {
    let mut sum = LightningBalance::default();
    let mut kept: BTreeMap<PartKind, u64> = BTreeMap::new();
    let (mut total, mut can_send) = (0u64, 0u64);
    for (parts, phase) in channels {
        total += parts.ours.get();
        can_send += parts.can_send.get();
        let mut keep = |kind, msat: u64| *kept.entry(kind).or_default() += msat;
        let free = parts.ours.get() - parts.our_reserve.get();
        match phase {
            ChannelPhase::Opening => keep(PartKind::Opening, parts.ours.get()),
            ChannelPhase::Closing => keep(PartKind::Closing, parts.ours.get()),
            ChannelPhase::PeerAway => {
                keep(PartKind::Reserve, parts.our_reserve.get());
                keep(PartKind::PeerAway, free);
            }
            ChannelPhase::Usable => {
                keep(PartKind::Reserve, parts.our_reserve.get());
                keep(
                    PartKind::ClosingFee,
                    parts.closing_fee.get().min(free - parts.can_send.get()),
                );
                keep(
                    PartKind::Rest,
                    (free - parts.can_send.get()).saturating_sub(parts.closing_fee.get()),
                );
            }
        }
    }
    sum.total_msat = Msat::new(total);
    sum.can_send_msat = Msat::new(can_send);
    sum.can_receive_msat = receivable(channels.iter().map(|(parts, _)| parts.can_receive));
    sum.kept_msat = Msat::new(kept.values().sum());
    sum.kept = kept
        .into_iter()
        .filter(|(_, msat)| *msat > 0)
        .map(|(kind, msat)| Part { kind, amount_msat: Msat::new(msat) })
        .collect();
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn channel() -> impl Strategy<Value = (ChannelParts, ChannelPhase)> {
        let phase = prop_oneof![
            Just(ChannelPhase::Opening),
            Just(ChannelPhase::Usable),
            Just(ChannelPhase::PeerAway),
            Just(ChannelPhase::Closing)
        ];
        (0u64..1_000_000_000, 0u64..20_000_000, 0u64..1_000_000_000, 0u64..5_000_000, phase)
            .prop_map(|(ours, reserve, limit, fee, phase)| {
                let our_reserve = reserve.min(ours);
                let free = ours - our_reserve;
                let can_send = if phase == ChannelPhase::Usable { limit.min(free) } else { 0 };
                let parts = ChannelParts {
                    ours: Msat::new(ours),
                    our_reserve: Msat::new(our_reserve),
                    can_send: Msat::new(can_send),
                    closing_fee: Msat::new(fee),
                    ..ChannelParts::default()
                };
                (parts, phase)
            })
    }

    proptest! {
        #[test]
        fn every_msat_is_either_usable_or_explained(channels in prop::collection::vec(channel(), 0..8)) {
            let balance = total(&channels, OnchainBalance::default(), Vec::new(), Msat::ZERO);
            let kept = Msat::sum(balance.lightning.kept.iter().map(|part| part.amount_msat)).expect("small");
            prop_assert_eq!(balance.lightning.kept_msat, kept);
            prop_assert_eq!(
                balance.lightning.can_send_msat.checked_add(kept),
                Some(balance.lightning.total_msat)
            );
        }
    }
}
