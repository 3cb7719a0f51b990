//! A channel whose funding is spent by what waits in the mempool cannot be paid through, though LDK does not know before there
//! is a block. So every look at the chain asks for the fundings of open channels.

use crate::chain::Source;
use crate::node::Node;
use crate::node::details::is_closing;
use crate::status::Status;
use bitcoin::OutPoint;
use lightning::ln::types::ChannelId;
use std::collections::HashSet;
use std::sync::Mutex;

/// Channels whose funding a server shows as spent while LDK believes them open. Only for what is shown.
#[derive(Default)]
pub(crate) struct Fundings {
    spent: Mutex<HashSet<ChannelId>>,
}

impl Fundings {
    pub(crate) fn is_spent(&self, channel: &ChannelId) -> bool {
        self.spent.lock().expect("fundings lock is never poisoned").contains(channel)
    }

    /// If the server cannot answer, what it said last holds.
    pub(crate) async fn look(&self, node: &Node, source: &Source, status: &Status) {
        let listed = node.manager.list_channels();
        let open = listed.iter().filter(|channel| channel.is_channel_ready && !is_closing(channel));
        let open: Vec<(ChannelId, OutPoint)> = open
            .filter_map(|channel| {
                Some((channel.channel_id, channel.funding_txo?.into_bitcoin_outpoint()))
            })
            .collect();
        let mut now = HashSet::new();
        for (channel, funding) in open {
            let spent = match source.outspend(funding).await {
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
            status.channels_changed();
        }
    }
}
