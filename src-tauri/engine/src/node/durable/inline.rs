//! The synchronous mode, for comparison: each monitor update is written inside LDK's call, in a transaction of its own.
//! The manager follows with the loop's next commit, and a kill in between closes channels. Every answer is `Completed`;
//! a failed write ends the process, because LDK cannot be told to wait here.

use super::encode::{Encoded, add_operations, encoded};
use crate::config::Persistence;
use crate::error::chain_of;
use crate::node::types::{ChainMonitor, Monitor};
use crate::store::{Batch, Vault};
use lightning::chain::channelmonitor::ChannelMonitorUpdate;
use lightning::chain::{ChannelMonitorUpdateStatus, Watch};
use lightning::ln::types::ChannelId;
use std::sync::Arc;

/// See the module.
pub(crate) struct Inline {
    vault: Arc<Vault>,
}

impl Inline {
    /// If this is the mode.
    pub(crate) fn of(persistence: Persistence, vault: &Arc<Vault>) -> Option<Self> {
        persistence.is_synchronous().then(|| Self { vault: vault.clone() })
    }

    /// A new channel's first monitor.
    pub(crate) fn watch(
        &self,
        inner: &ChainMonitor,
        channel: ChannelId,
        monitor: Monitor,
    ) -> ChannelMonitorUpdateStatus {
        let update_id = monitor.get_latest_update_id();
        let row = Encoded::Full { channel, update_id, bytes: encoded(&monitor) };
        self.write(row, || inner.watch_channel(channel, monitor).is_ok())
    }

    /// A monitor's next update.
    pub(crate) fn update(
        &self,
        inner: &ChainMonitor,
        channel: ChannelId,
        update: &ChannelMonitorUpdate,
    ) -> ChannelMonitorUpdateStatus {
        let update_id = update.update_id;
        let row = Encoded::Update { channel, update_id, bytes: encoded(update) };
        self.write(row, || {
            // A refused update (the channel closed meanwhile) still changed the monitor; the persister marks it. Its
            // `InProgress` would mix with the other answers, which LDK does not survive.
            let _status = inner.update_channel(channel, update);
            true
        })
    }

    fn write(&self, row: Encoded, apply: impl FnOnce() -> bool) -> ChannelMonitorUpdateStatus {
        let mut batch = Batch::default();
        add_operations(&mut batch, vec![row]);
        if let Err(error) = self.vault.commit(&batch) {
            tracing::error!(error = chain_of(&error), "cannot write a monitor");
            return ChannelMonitorUpdateStatus::UnrecoverableError;
        }
        if apply() {
            ChannelMonitorUpdateStatus::Completed
        } else {
            tracing::error!("a monitor was already being watched");
            ChannelMonitorUpdateStatus::UnrecoverableError
        }
    }
}
