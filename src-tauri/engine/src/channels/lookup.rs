//! At a start: a close that was under way may have been finished by the peer while we could not make it durable. Such a
//! peer has forgotten the channel and would be answered with a commitment that competes with the agreed close. So the
//! funding output is looked up, in mempool and chain, before that peer is connected, in either direction.
//!
//! Or we have finished it, and the peer does not know: LDK has forgotten the channel, and the peer would close it with a commitment.
//! So what both have agreed to is in a mempool first.

use crate::core::Core;
use crate::error::chain_of;
use bitcoin::OutPoint;
use lightning::ln::types::ChannelId;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// So long a peer waits for a close of ours that no mempool may want: its fee can have become too low.
const LONGEST: Duration = Duration::from_secs(20);

/// Looks until each that is under way is either not agreed upon, or confirmed; if the server cannot answer, its peer waits. One that
/// we have finished is looked for until the server has it, or [`LONGEST`] is over.
pub(crate) async fn look_up(core: Arc<Core>) {
    let mut rounds = core.status.rounds.subscribe();
    let begun = Instant::now();
    loop {
        rounds.mark_unchanged();
        for (channel, funding) in core.node.staleness.closing() {
            let is_over = if is_listed(&core, &channel) {
                is_unspent(&core, &channel, funding).await
            } else if core.node.outbox.closes_together(&funding) && begun.elapsed() < LONGEST {
                is_spent(&core, funding).await
            } else {
                true
            };
            if is_over {
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

/// LDK has not forgotten it: not closed it, and seen no spend of it in a block.
fn is_listed(core: &Core, channel: &ChannelId) -> bool {
    core.node.manager.list_channels().iter().any(|listed| listed.channel_id == *channel)
}

/// The server has its spend.
async fn is_spent(core: &Core, funding: OutPoint) -> bool {
    let said = core.source.source().outspend(funding).await;
    said.is_ok_and(|spend| spend.is_some_and(|spend| spend.spent))
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
