//! At a start: a close that was under way may have been finished by the peer while we could not make it durable. Such a
//! peer has forgotten the channel and would be answered with a commitment that competes with the agreed close. So the
//! funding output is looked up, in mempool and chain, before that peer is connected, in either direction.

use crate::core::Core;
use crate::error::chain_of;
use bitcoin::OutPoint;
use lightning::ln::types::ChannelId;
use std::sync::Arc;

/// Looks until each of them is either not agreed upon, or confirmed. If the server cannot answer, its peer waits.
pub(crate) async fn look_up(core: Arc<Core>) {
    let mut rounds = core.status.rounds.subscribe();
    loop {
        rounds.mark_unchanged();
        for (channel, funding) in core.node.staleness.closing() {
            if is_confirmed(&core, &channel) || is_unspent(&core, &channel, funding).await {
                core.node.staleness.mark_looked_up(&channel);
            }
        }
        if core.node.staleness.closing().is_empty() {
            return;
        }
        let pause = core.settings.tunables.reconnect_interval;
        drop(tokio::time::timeout(pause, rounds.changed()).await);
    }
}

/// Its spend is in a block and LDK has seen it.
fn is_confirmed(core: &Core, channel: &ChannelId) -> bool {
    !core.node.manager.list_channels().iter().any(|listed| listed.channel_id == *channel)
}

/// The server is sure of it. One that does not know the funding transaction at all cannot be, unless nobody can.
async fn is_unspent(core: &Core, channel: &ChannelId, funding: OutPoint) -> bool {
    match core.source.source().outspend(funding).await {
        Ok(Some(spend)) => !spend.spent,
        Ok(None) => !core.node.staleness.is_unverified(channel),
        Err(error) => {
            tracing::debug!(%channel, error = chain_of(&error), "cannot look up a close yet");
            false
        }
    }
}
