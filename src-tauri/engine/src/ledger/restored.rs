//! What a wallet that was read from a copy brings back, to the sat. Nobody was asked: it says what the copy says.

use super::observe;
use crate::amount::{Msat, Sat};
use crate::core::Core;
use crate::peers::view_peer;
use crate::view::{RestorePreview, RestoredChannel};
use lightning::ln::channel_state::ChannelDetails;

/// The money and the channels. The caller knows of what copy, and says so.
pub(crate) fn what_comes_back(core: &Core) -> RestorePreview {
    let balance = observe::balance(core);
    let listed = core.node.manager.list_channels();
    let channels: Vec<_> = listed.iter().map(|details| channel(core, details)).collect();
    let closing = balance.closing.iter().map(|closing| closing.amount_sat);
    RestorePreview {
        generation: core.vault.generation().0,
        copied_at_secs: 0,
        whole: true,
        total_msat: balance.total_msat,
        onchain_sat: balance.onchain.total_sat,
        channels_msat: balance.lightning.total_msat,
        closing_sat: Sat::sum(closing).unwrap_or_default(),
        if_closed_sat: Sat::sum(channels.iter().map(|channel| channel.if_closed_sat))
            .unwrap_or_default(),
        channels,
    }
}

fn channel(core: &Core, details: &ChannelDetails) -> RestoredChannel {
    let parts = core.channel_parts(details);
    // Its opener pays for the commitment, whoever publishes it (BOLT 3).
    let fee = if details.is_outbound { parts.closing_fee } else { Msat::ZERO };
    RestoredChannel {
        id: details.channel_id.to_string(),
        peer: view_peer(&core.node, &core.settings, &details.counterparty.node_id),
        capacity_sat: Sat::new(details.channel_value_satoshis),
        yours_msat: parts.ours,
        if_closed_sat: parts.ours.minus_or_zero(fee).to_sat_floor(),
    }
}
