use crate::amount::Sat;
use bitcoin::FeeRate;
use lightning::util::anchor_channel_reserves::{
    AnchorChannelReserveContext, get_reserve_per_channel,
};

/// Of 99 blocks in a hundred since 2019 the median rate was below this (LDK's own figure).
const RATE: FeeRate = FeeRate::from_sat_per_vb_u32(50);

/// Payments each way that may be under way if a channel is closed by force. A person's wallet forwards nothing, and rarely
/// has more than one.
const PAYMENTS: u16 = 1;

/// What one anchor channel needs on-chain so that it can be closed safely by force: its commitment transaction pays little,
/// and must be raised by a child that is paid from here, like each payment that was under way.
pub fn reserve_per_channel() -> Sat {
    let context = AnchorChannelReserveContext {
        upper_bound_fee_rate: RATE,
        expected_accepted_htlcs: PAYMENTS,
        taproot_wallet: false,
    };
    get_reserve_per_channel(&context).into()
}

/// The reserve for so many anchor channels, at `per_channel` each.
pub fn reserve_for(anchor_channels: usize, per_channel: Sat) -> Sat {
    let channels = u64::try_from(anchor_channels).unwrap_or(u64::MAX);
    Sat::new(per_channel.get().saturating_mul(channels))
}
