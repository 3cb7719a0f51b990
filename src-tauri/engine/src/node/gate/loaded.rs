//! What a vault that was just read may have wrong: see [`crate::node::gate::stale`]. Only at a start.

use crate::node::durable::outbox::Outbox;
use crate::node::gate::stale::{Doubt, Staleness};
use crate::node::record::ChannelStore;
use crate::node::types::{ChainMonitor, Manager};
use bitcoin::OutPoint;
use lightning::chain::channelmonitor::Balance;
use lightning::ln::channel_state::ChannelShutdownState::NotShuttingDown;
use lightning::ln::types::ChannelId;
use std::collections::HashMap;

/// What earlier runs learnt of our channels.
pub(crate) fn staleness(quarantine: bool, height: u32, records: &ChannelStore) -> Staleness {
    let staleness = Staleness::new(quarantine);
    staleness.at_height(height);
    for record in records.all().into_iter().filter(|record| record.stale) {
        if let (Some(channel), Some(funding)) = (record.channel(), record.funding) {
            staleness.mark_stale(channel, funding);
        }
    }
    staleness
}

/// What was loaded is doubted until its peer is heard. A funding that is in no block has no second state that could be
/// punished, and its peer may rightly have forgotten it; of a copy nobody knows how far it got since.
pub(crate) fn doubt(
    staleness: &Staleness,
    records: &ChannelStore,
    manager: &Manager,
    monitors: &ChainMonitor,
    outbox: &Outbox,
) {
    let doubts: HashMap<ChannelId, Doubt> = records
        .all()
        .iter()
        .filter_map(|record| {
            let doubt = Doubt { disputed: record.disputed, restored: record.restored };
            Some((record.channel()?, doubt))
        })
        .collect();
    let doubt_of = |channel: &ChannelId| doubts.get(channel).copied().unwrap_or_default();
    let load = |channel: ChannelId, funding: OutPoint| {
        staleness.mark_unverified(channel, funding, doubt_of(&channel));
    };
    let listed = manager.list_channels();
    for channel in &listed {
        let Some(funding) = channel.funding_txo.map(|funding| funding.into_bitcoin_outpoint())
        else {
            continue;
        };
        if channel.is_channel_ready
            || channel.confirmations.is_some_and(|count| count > 0)
            || doubt_of(&channel.channel_id).restored
        {
            load(channel.channel_id, funding);
        }
        if channel.channel_shutdown_state.is_some_and(|state| state != NotShuttingDown) {
            staleness.mark_closing(channel.channel_id, channel.counterparty.node_id, funding);
        }
    }
    // LDK has closed the others, and asks again for each whose commitment is in no block. What did not leave then is as
    // doubtful as before.
    for channel in monitors.list_monitors() {
        if listed.iter().any(|listed| listed.channel_id == channel) {
            continue;
        }
        let Ok(monitor) = monitors.get_monitor(channel) else { continue };
        let funding = monitor.get_funding_txo().into_bitcoin_outpoint();
        let in_no_block =
            |balance: &Balance| matches!(balance, Balance::ClaimableOnChannelClose { .. });
        if !monitor.get_claimable_balances().iter().any(in_no_block) {
            continue;
        }
        if outbox.closes_together(&funding) {
            staleness.mark_closing(channel, monitor.get_counterparty_node_id(), funding);
        } else if !outbox.spends(&funding) {
            load(channel, funding);
        }
    }
}
