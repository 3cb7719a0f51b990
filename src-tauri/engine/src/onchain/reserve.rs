use crate::amount::Sat;

/// What one anchor channel needs on-chain so that it can be closed safely by force: an anchor channel's commitment
/// transaction pays little, and must be raised by a child paid from here. 25 000 sat pays a child (about 150 vB) and the
/// commitment (about 300 vB) at 50 sat/vB; it is what LDK node keeps.
pub const RESERVE_PER_CHANNEL: Sat = Sat::new(25_000);

/// The reserve for so many anchor channels, at `per_channel` each.
pub fn reserve_for(anchor_channels: usize, per_channel: Sat) -> Sat {
    let channels = u64::try_from(anchor_channels).unwrap_or(u64::MAX);
    Sat::new(per_channel.get().saturating_mul(channels))
}
