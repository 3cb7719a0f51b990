//! The deferred `chain::Watch`: monitor updates are queued and answered `InProgress`; the commit loop makes them durable
//! together with the manager and only then applies and completes them. It must never apply an update that is not on
//! disk, and no call of it may answer `Completed` (LDK panics when the two are mixed).

use super::encode::{Encoded, Operation, encode};
#[cfg(feature = "test-util")]
use super::inline::Inline;
use super::wake::Wake;
use crate::node::types::{ChainMonitor, Monitor};
use crate::probe::{Point, Probe};
use bitcoin::secp256k1::PublicKey;
use lightning::chain::channelmonitor::{ChannelMonitorUpdate, MonitorEvent};
use lightning::chain::transaction::OutPoint;
use lightning::chain::{ChannelMonitorUpdateStatus, Watch};
use lightning::ln::types::ChannelId;
use lightning::sign::InMemorySigner;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// See the module.
pub(crate) struct DeferredWatch {
    inner: Arc<ChainMonitor>,
    queue: Mutex<Queue>,
    /// How many of the operations that were ever queued are applied.
    applied: watch::Sender<u64>,
    wake: Wake,
    /// Set in the synchronous mode, where nothing is ever queued.
    #[cfg(feature = "test-util")]
    inline: Option<Inline>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Operation>,
    /// How many were ever queued.
    queued: u64,
}

impl Queue {
    fn has_new(&self, channel: &ChannelId) -> bool {
        let is_it =
            |operation: &Operation| matches!(operation, Operation::New(id, _) if id == channel);
        self.waiting.iter().any(is_it)
    }

    fn push(&mut self, operation: Operation) {
        self.waiting.push_back(operation);
        self.queued += 1;
    }
}

impl DeferredWatch {
    pub(crate) fn new(inner: Arc<ChainMonitor>, wake: Wake) -> Self {
        Self {
            inner,
            queue: Mutex::default(),
            applied: watch::Sender::default(),
            wake,
            #[cfg(feature = "test-util")]
            inline: None,
        }
    }

    /// Queues nothing from now on, if there is one.
    #[cfg(feature = "test-util")]
    pub(crate) fn inline(self, inline: Option<Inline>) -> Self {
        Self { inline, ..self }
    }

    /// How many operations wait. Must be read *before* the manager is encoded: the manager's bytes then contain every
    /// counted update. Counting later would put a monitor ahead of its manager, which costs the channel at the next start.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    /// Returns once all that waits now is applied. A monitor that has seen its channel's end refuses what is handed to it then,
    /// and LDK forgets a payment that only this names until the next start.
    pub(crate) async fn applied(&self) {
        let queued = self.lock().queued;
        let mut applied = self.applied.subscribe();
        applied.wait_for(|applied| *applied >= queued).await.expect("the sender is ours");
    }

    /// The first `count` operations, encoded. They stay in the queue.
    pub(crate) fn encode(&self, count: usize) -> Vec<Encoded> {
        self.lock().waiting.iter().take(count).map(encode).collect()
    }

    /// Applies and completes the first `count` operations, which are durable now. The manager hears of it through
    /// `release_pending_monitor_events`.
    pub(crate) fn apply(&self, count: usize, probe: &Probe) {
        for index in 0..count {
            let mut queue = self.lock();
            let Some(operation) = queue.waiting.pop_front() else { return };
            let (channel, update_id) = match operation {
                Operation::New(channel, monitor) => {
                    let update_id = monitor.get_latest_update_id();
                    // Under the queue's lock, so that a duplicate cannot slip in between queue and inner.
                    if self.inner.watch_channel(channel, *monitor).is_err() {
                        tracing::error!(%channel, "a monitor was already being watched");
                    }
                    (channel, update_id)
                }
                Operation::Update(channel, update) => {
                    drop(queue);
                    // A refused update (the channel closed meanwhile) still changed the monitor; the persister marks it.
                    let _status = self.inner.update_channel(channel, &update);
                    (channel, update.update_id)
                }
            };
            if let Err(error) = self.inner.channel_monitor_updated(channel, update_id) {
                tracing::error!(?error, %channel, update_id, "cannot complete a durable monitor update");
            }
            self.applied.send_modify(|applied| *applied += 1);
            if index == 0 {
                probe.at(Point::FirstApplied);
            }
        }
    }

    /// True from the peer's signature of a channel's funding on.
    pub(crate) fn watches(&self, channel: &ChannelId) -> bool {
        let queue = self.lock();
        queue.has_new(channel) || self.inner.list_monitors().contains(channel)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().expect("queue lock is never poisoned: a panic ends the process")
    }
}

impl Watch<InMemorySigner> for DeferredWatch {
    fn watch_channel(
        &self,
        channel_id: ChannelId,
        monitor: Monitor,
    ) -> Result<ChannelMonitorUpdateStatus, ()> {
        let mut queue = self.lock();
        if queue.has_new(&channel_id) || self.inner.list_monitors().contains(&channel_id) {
            return Err(());
        }
        #[cfg(feature = "test-util")]
        if let Some(inline) = &self.inline {
            return Ok(inline.watch(&self.inner, channel_id, monitor));
        }
        queue.push(Operation::New(channel_id, Box::new(monitor)));
        drop(queue);
        self.wake.urgent();
        Ok(ChannelMonitorUpdateStatus::InProgress)
    }

    fn update_channel(
        &self,
        channel_id: ChannelId,
        update: &ChannelMonitorUpdate,
    ) -> ChannelMonitorUpdateStatus {
        #[cfg(feature = "test-util")]
        if let Some(inline) = &self.inline {
            return inline.update(&self.inner, channel_id, update);
        }
        self.lock().push(Operation::Update(channel_id, Box::new(update.clone())));
        self.wake.urgent();
        ChannelMonitorUpdateStatus::InProgress
    }

    /// As the inner monitor, but completions last: a close must be heard before the completion that follows it.
    fn release_pending_monitor_events(
        &self,
    ) -> Vec<(OutPoint, ChannelId, Vec<MonitorEvent>, PublicKey)> {
        let mut completions = Vec::new();
        let mut others = Vec::new();
        for (funding, channel, events, peer) in self.inner.release_pending_monitor_events() {
            let (completed, rest): (Vec<_>, Vec<_>) = events
                .into_iter()
                .partition(|event| matches!(event, MonitorEvent::Completed { .. }));
            if !rest.is_empty() {
                others.push((funding, channel, rest, peer));
            }
            if !completed.is_empty() {
                completions.push((funding, channel, completed, peer));
            }
        }
        others.append(&mut completions);
        others
    }
}

/// Channels whose monitor must be written in full with the next commit, and channels to archive.
#[derive(Default)]
pub(crate) struct DirtyMonitors {
    dirty: Mutex<BTreeSet<ChannelId>>,
    archive: Mutex<Vec<ChannelId>>,
}

impl DirtyMonitors {
    pub(crate) fn mark(&self, channel: ChannelId) {
        self.dirty.lock().expect("marks lock is never poisoned").insert(channel);
    }

    pub(crate) fn mark_archived(&self, channel: ChannelId) {
        self.archive.lock().expect("marks lock is never poisoned").push(channel);
    }

    /// Takes both sets.
    pub(crate) fn take(&self) -> (BTreeSet<ChannelId>, Vec<ChannelId>) {
        let dirty = std::mem::take(&mut *self.dirty.lock().expect("marks lock is never poisoned"));
        let archive =
            std::mem::take(&mut *self.archive.lock().expect("marks lock is never poisoned"));
        (dirty, archive)
    }

    /// Puts back what a failed commit did not write.
    pub(crate) fn restore(&self, dirty: BTreeSet<ChannelId>, mut archive: Vec<ChannelId>) {
        self.dirty.lock().expect("marks lock is never poisoned").extend(dirty);
        self.archive.lock().expect("marks lock is never poisoned").append(&mut archive);
    }
}
