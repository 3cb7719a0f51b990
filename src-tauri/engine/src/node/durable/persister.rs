//! What the inner `ChainMonitor` calls. Updates are already on disk when it applies them, so nothing is written here: a
//! monitor that a block changed, that refused an update, or that has a long tail of updates is marked for the next commit.

use super::wake::Wake;
use super::watch::DirtyMonitors;
use crate::node::types::Monitor;
use lightning::chain::ChannelMonitorUpdateStatus;
use lightning::chain::chainmonitor::Persist;
use lightning::chain::channelmonitor::ChannelMonitorUpdate;
use lightning::sign::InMemorySigner;
use lightning::util::persist::MonitorName;
use std::sync::Arc;

/// After so many updates a monitor is written in full and its update rows go. A monitor remembers every payment of its channel,
/// so a long-lived one is much larger than a hundred updates; a start applies what is there, some microseconds each.
const CONSOLIDATE_EVERY: u64 = 500;

/// See the module.
pub(crate) struct MarkingPersister {
    pub(crate) dirty: Arc<DirtyMonitors>,
    pub(crate) wake: Wake,
}

impl Persist<InMemorySigner> for MarkingPersister {
    fn persist_new_channel(
        &self,
        _name: MonitorName,
        _monitor: &Monitor,
    ) -> ChannelMonitorUpdateStatus {
        ChannelMonitorUpdateStatus::Completed
    }

    fn update_persisted_channel(
        &self,
        _name: MonitorName,
        update: Option<&ChannelMonitorUpdate>,
        monitor: &Monitor,
    ) -> ChannelMonitorUpdateStatus {
        let consolidate =
            update.is_none_or(|update| update.update_id.is_multiple_of(CONSOLIDATE_EVERY));
        if consolidate {
            self.dirty.mark(monitor.channel_id());
            self.wake.soon();
        }
        ChannelMonitorUpdateStatus::Completed
    }

    fn archive_persisted_channel(&self, name: MonitorName) {
        if let MonitorName::V2Channel(channel) = name {
            self.dirty.mark_archived(channel);
        } else if let MonitorName::V1Channel(funding) = name {
            self.dirty
                .mark_archived(lightning::ln::types::ChannelId::v1_from_funding_outpoint(funding));
        }
        self.wake.soon();
    }
}
