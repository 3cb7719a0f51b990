//! What LDK's list says of a channel.

use lightning::ln::channel_state::{ChannelDetails, ChannelShutdownState};
use lightning::types::features::ChannelTypeFeatures;

/// Closing cooperatively, and not dropped by LDK yet.
pub(crate) fn is_closing(channel: &ChannelDetails) -> bool {
    channel
        .channel_shutdown_state
        .is_some_and(|state| state != ChannelShutdownState::NotShuttingDown)
}

/// Our fee bumps pay for the commitment. Without anchors its fee is what the two sides agreed on when they last talked,
/// and nothing can raise it.
pub(crate) fn has_anchors(channel_type: &ChannelTypeFeatures) -> bool {
    channel_type.supports_anchors_zero_fee_htlc_tx()
}
