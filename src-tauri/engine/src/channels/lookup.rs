//! At a start: a close that was under way may have been finished by the peer while we could not make it durable. Such a
//! peer has forgotten the channel and would be answered with a commitment that competes with the agreed close. So the
//! funding output is looked up, in mempool and chain, before that peer is connected, in either direction.
//!
//! And at every look: a channel whose funding is spent by what waits in the mempool cannot be paid through, though LDK does
//! not know before there is a block.

use crate::core::Core;
use crate::error::chain_of;
use crate::ledger::observe::is_closing;
use bitcoin::OutPoint;
use lightning::ln::types::ChannelId;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// Looks until each of them is either not agreed upon, or over. Where the server cannot answer, its peer waits.
pub(crate) async fn look_up(core: Arc<Core>) {
    let mut rounds = core.status.rounds.subscribe();
    loop {
        rounds.mark_unchanged();
        for (channel, funding) in core.node.doubts.closing() {
            if is_over(&core, &channel) || is_unspent(&core, &channel, funding).await {
                core.node.doubts.is_looked_up(&channel);
            }
        }
        if core.node.doubts.closing().is_empty() {
            return;
        }
        let pause = core.settings.tunables.reconnect_interval;
        drop(tokio::time::timeout(pause, rounds.changed()).await);
    }
}

/// Its spend is in a block and LDK has seen it.
fn is_over(core: &Core, channel: &ChannelId) -> bool {
    !core.node.manager.list_channels().iter().any(|listed| listed.channel_id == *channel)
}

/// The server is sure of it. One that does not know the funding transaction at all cannot be, except where nobody can.
async fn is_unspent(core: &Core, channel: &ChannelId, funding: OutPoint) -> bool {
    match core.source.source().outspend(funding).await {
        Ok(Some(spend)) => !spend.spent,
        Ok(None) => !core.node.doubts.is_unheard(channel),
        Err(error) => {
            tracing::debug!(%channel, error = chain_of(&error), "cannot look up a close yet");
            false
        }
    }
}

/// Channels whose funding a server shows as spent while LDK believes them open. Only for what is shown.
#[derive(Default)]
pub(crate) struct Fundings {
    spent: Mutex<HashSet<ChannelId>>,
}

impl Fundings {
    pub(crate) fn is_spent(&self, channel: &ChannelId) -> bool {
        self.spent.lock().expect("fundings lock is never poisoned").contains(channel)
    }

    /// Where the server cannot answer, what it said last holds.
    pub(crate) async fn look(&self, core: &Core) {
        let listed = core.node.manager.list_channels();
        let open = listed.iter().filter(|channel| channel.is_channel_ready && !is_closing(channel));
        let open: Vec<(ChannelId, OutPoint)> = open
            .filter_map(|channel| {
                Some((channel.channel_id, channel.funding_txo?.into_bitcoin_outpoint()))
            })
            .collect();
        let mut now = HashSet::new();
        for (channel, funding) in open {
            let spent = match core.source.source().outspend(funding).await {
                Ok(spend) => spend.is_some_and(|spend| spend.spent),
                Err(_) => self.is_spent(&channel),
            };
            if spent {
                now.insert(channel);
            }
        }
        let mut before = self.spent.lock().expect("fundings lock is never poisoned");
        if *before != now {
            *before = now;
            core.status.channels_changed();
        }
    }
}
