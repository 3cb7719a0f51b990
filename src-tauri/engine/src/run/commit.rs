//! The group commit: one transaction holds the manager, the queued monitor updates, journal rows, change sets and the
//! outbox. The order of the steps is the whole point (see `ARCHITECTURE.md`): what is *applied* or *let out* is on disk,
//! and the manager on disk is never behind a monitor on disk. With a copy on a server what is let out is there, too. The server
//! is written after the disk: what it has and the vault lacks then proves that the vault is old.

use crate::channels::purpose;
use crate::core::Core;
use crate::node::durable::encode::{add_operations, encoded};
use crate::payments::Staged;
use crate::probe::Point;
use crate::status::DiskTrouble;
use crate::store::{Batch, FullMonitor, Reopened, StoreError, changesets};
use crate::time::Timestamp;
use lightning::ln::types::ChannelId;
use std::collections::BTreeSet;

/// A commit failed. Nothing was applied, completed or let out; everything staged goes with the next one.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the wallet's state durable")]
pub(crate) struct CommitError(#[from] pub(crate) StoreError);

/// What an earlier, failed commit took and could not write.
#[derive(Default)]
pub(crate) struct Unwritten {
    changesets: Vec<Vec<u8>>,
}

/// What one commit takes, and what it makes of it.
#[derive(Default)]
pub(crate) struct Collected {
    batch: Batch,
    /// Operations of the queue that are in the batch.
    count: usize,
    /// Epochs that the batch covers.
    gate: u64,
    onion_gate: u64,
    outbox: u64,
    /// To be put back if the batch cannot be written.
    dirty: BTreeSet<ChannelId>,
    archived: Vec<ChannelId>,
    staged: Staged,
}

/// What a durable commit covers, and may leave once the copy has it.
pub(crate) struct Covered {
    pub(crate) generation: u64,
    count: usize,
    gate: u64,
    onion_gate: u64,
}

/// Runs one commit. Blocking: one transaction with one sync. Gives back what must wait for the copy. What a later commit gives
/// back covers that as well.
///
/// # Errors
/// [`CommitError`]: the vault refused; the caller freezes, tells and tries again.
pub(crate) fn commit(
    core: &Core,
    unwritten: &mut Unwritten,
    now: Timestamp,
) -> Result<Option<Covered>, CommitError> {
    let node = &core.node;
    let probe = &core.settings.tunables.probe;
    probe.at(Point::Begin);
    let asked = core.wake.asked();
    let _was_dirty = node.manager.get_and_clear_needs_persistence();
    let together = core.staging.lock().expect("staging lock is never poisoned");
    let all = collect(core, unwritten, now);
    drop(together);
    let (count, outbox) = (all.count, all.outbox);
    #[cfg(feature = "broken-orders")]
    let count = super::broken::before_the_write(core, count);
    probe.at(Point::Collected);
    if let Err(error) = write(core, &all.batch) {
        all.put_back(core);
        return Err(error.into());
    }
    probe.at(Point::Durable);
    if !core.settings.tunables.persistence.is_imagined() {
        core.journal.landed();
    }
    unwritten.changesets.clear();
    // A claim or a close must not wait for a server that is away. A funding transaction comes only after its channel was let out.
    for package in node.outbox.release(outbox) {
        // Before a server may refuse it: of what is seen and what is given up, the later one counts.
        package.iter().for_each(|transaction| core.onchain.reapply(transaction, now));
        node.outbox.send(package);
    }
    let (gate, onion_gate) = (all.gate, all.onion_gate);
    let covered = Covered { generation: core.vault.generation().0, count, gate, onion_gate };
    let may_leave = core.copying.has(covered.generation);
    #[cfg(feature = "broken-orders")]
    let may_leave = may_leave || super::broken::waits_for_no_copy(core);
    let covered = if may_leave {
        let_out(core, &covered);
        None
    } else {
        Some(covered)
    };
    core.wake.reached(asked);
    if !core.settings.tunables.persistence.is_imagined() {
        // Last: the copy follows. Nobody waits for a folder.
        core.copying.queue.committed(core.vault.stamp(), all.batch);
    }
    Ok(covered)
}

/// Lets out what is durable wherever it must be.
pub(crate) fn let_out(core: &Core, covered: &Covered) {
    let (node, probe) = (&core.node, &core.settings.tunables.probe);
    node.gate.release(covered.gate);
    node.onion_gate.release(covered.onion_gate);
    probe.at(Point::Released);
    node.watch.apply(covered.count, probe);
    probe.at(Point::Applied);
}

fn collect(core: &Core, unwritten: &mut Unwritten, now: Timestamp) -> Collected {
    #[cfg(feature = "broken-orders")]
    if let Some(broken) = core.settings.tunables.broken {
        return super::broken::collect(broken, core, unwritten, now);
    }
    let probe = &core.settings.tunables.probe;
    let mut all = Collected::default();
    // Whole monitors before the manager: an event drained in between is then in both, which is harmless, not in neither.
    all.take_whole_monitors(core);
    // The queue is counted and encoded before the manager: its bytes then contain every counted update.
    all.take_queue(core);
    probe.at(Point::QueueEncoded);
    all.take_manager(core, now);
    probe.at(Point::ManagerEncoded);
    // Rows after the manager: any payment inside the manager's bytes has its row.
    all.take_rows(core, unwritten);
    all
}

impl Collected {
    pub(crate) fn take_whole_monitors(&mut self, core: &Core) {
        (self.dirty, self.archived) = core.node.dirty.take();
        self.batch.monitors.extend(full_monitors(core, &self.dirty));
        self.batch.archived = self.archived.iter().map(ChannelId::to_string).collect();
    }

    pub(crate) fn take_queue(&mut self, core: &Core) {
        self.count = core.node.watch.waiting();
        add_operations(&mut self.batch, core.node.watch.encode(self.count));
    }

    /// With what the gate and the outbox hold of it.
    pub(crate) fn take_manager(&mut self, core: &Core, now: Timestamp) {
        let node = &core.node;
        self.gate = node.gate.bump();
        self.onion_gate = node.onion_gate.bump();
        self.outbox = node.outbox.bump();
        self.batch.manager = Some(encoded(&*node.manager));
        self.batch.outbox = node.outbox.rows(self.outbox, now);
        self.batch.outbox_done = node.outbox.take_finished();
        purpose::keep_staged(core, &node.outbox.covered(self.outbox));
    }

    /// Journal rows, LDK's keys and values, the on-chain wallet's changes.
    pub(crate) fn take_rows(&mut self, core: &Core, unwritten: &mut Unwritten) {
        self.staged = core.journal.take_staged();
        self.batch.journal.clone_from(&self.staged.rows);
        self.batch.attempts.clone_from(&self.staged.attempts);
        self.batch.kv = core.kv.take_staged();
        if let Some(changes) = core.onchain.take_staged() {
            unwritten.changesets.push(changesets::encode(&changes));
        }
        self.batch.changesets.clone_from(&unwritten.changesets);
    }

    fn put_back(self, core: &Core) {
        core.node.dirty.restore(self.dirty, self.archived);
        core.journal.restore(self.staged);
        core.kv.restore(self.batch.kv);
        core.node.outbox.put_back_finished(self.batch.outbox_done);
    }
}

/// One transaction. After a disk error the system may have dropped what it could not sync, so the vault is closed and
/// opened again: only a fresh look says whether the commit landed after all.
fn write(core: &Core, batch: &Batch) -> Result<(), StoreError> {
    if core.settings.tunables.persistence.is_imagined() {
        return Ok(());
    }
    // An earlier reopening failed, so nobody knows yet what became of the commit before it. This batch was never tried: it
    // goes on top of whatever is found, and holds all of what the other held.
    if core.vault.is_shut() {
        core.vault.reopen()?;
    }
    let Err(error) = core.vault.commit(batch) else { return Ok(()) };
    if !is_passing(&error) {
        return Err(error);
    }
    match core.vault.reopen() {
        Ok(Reopened::Landed(_)) => Ok(()),
        Ok(Reopened::AsBefore(_)) => Err(error),
        Err(reopening) if is_passing(&reopening) => Err(error),
        Err(reopening) => Err(reopening),
    }
}

/// A trouble of the disk, which may pass: full, failing, read only. Everything else never goes away by trying again.
fn is_passing(error: &StoreError) -> bool {
    DiskTrouble::of(error).is_passing()
}

impl CommitError {
    /// What it means for the wallet.
    pub(crate) fn trouble(&self) -> DiskTrouble {
        DiskTrouble::of(&self.0)
    }
}

fn full_monitors(core: &Core, dirty: &BTreeSet<ChannelId>) -> Vec<FullMonitor> {
    dirty
        .iter()
        .filter_map(|channel| {
            // A monitor that is still in the queue is written from there.
            let monitor = core.node.chain_monitor.get_monitor(*channel).ok()?;
            Some(FullMonitor {
                key: channel.to_string(),
                update_id: monitor.get_latest_update_id(),
                bytes: encoded(&*monitor),
            })
        })
        .collect()
}
