//! Commits that are durable in the vault and not in the copy yet. The loop puts them here, already made, and goes on; nothing
//! here waits for a disk. So much may wait; beyond that all of it is let go, and the copy needs a new base.

use super::record::Commit;
use crate::store::{Batch, Stamp};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;
use tokio::sync::{Notify, watch};

/// In bytes of what commits hold.
pub(super) const MOST: usize = 16 << 20;
/// A file of them is larger by no more than this: the names of many small rows are counted as [`ROW`].
pub(super) const MOST_GROWTH: usize = 4;
/// What a row has beside its content, about.
const ROW: usize = 128;

/// See the module.
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    /// Something was put here.
    pub(crate) more: Notify,
    /// The generation of the last commit that the copy has.
    reached: watch::Sender<u64>,
}

struct Inner {
    /// Somebody takes from it.
    is_kept: bool,
    /// The commit before the first that waits.
    after: Stamp,
    /// The last one there was.
    last: (Stamp, Instant),
    waiting: VecDeque<(Arc<Commit>, usize, Instant)>,
    bytes: usize,
    /// Since when a commit has been missing in the copy.
    behind: Option<Instant>,
}

impl Queue {
    /// After this commit.
    pub(crate) fn new(after: Stamp) -> Self {
        let last = (after, Instant::now());
        let (is_kept, waiting, bytes, behind) = (false, VecDeque::new(), 0, None);
        let inner = Mutex::new(Inner { is_kept, after, last, waiting, bytes, behind });
        Self { inner, more: Notify::new(), reached: watch::Sender::new(0) }
    }

    /// Whether commits are kept from now on.
    pub(crate) fn keep(&self, kept: bool) {
        let mut inner = self.inner();
        inner.is_kept = kept;
        inner.behind = None;
        inner.clear();
    }

    /// A commit is durable.
    pub(crate) fn committed(&self, stamp: Stamp, batch: Batch) {
        let mut inner = self.inner();
        let follows = inner.last.0.generation + 1 == stamp.generation;
        inner.last = (stamp, Instant::now());
        if !inner.is_kept {
            inner.after = stamp;
            return;
        }
        let now = inner.last.1;
        inner.behind.get_or_insert(now);
        let weight = weight(&batch);
        // What came between was not one of ours: bringing the vault up to date, for instance.
        if !follows || inner.bytes.saturating_add(weight) > MOST {
            inner.clear();
        } else {
            inner.bytes += weight;
            inner.waiting.push_back((Arc::new(Commit::new(stamp, batch)), weight, now));
        }
        drop(inner);
        self.more.notify_one();
    }

    /// What follows a commit. `None`: nobody knows, and the copy needs a base.
    pub(crate) fn following(&self, stamp: Stamp) -> Option<Vec<Arc<Commit>>> {
        let inner = self.inner();
        if stamp == inner.after {
            return Some(inner.waiting.iter().map(|(commit, ..)| commit.clone()).collect());
        }
        let at = inner.waiting.iter().position(|(commit, ..)| commit.stamp() == stamp)?;
        Some(inner.waiting.iter().skip(at + 1).map(|(commit, ..)| commit.clone()).collect())
    }

    /// The copy has everything up to this commit.
    pub(crate) fn copied(&self, stamp: Stamp) {
        let mut inner = self.inner();
        while inner
            .waiting
            .front()
            .is_some_and(|(commit, ..)| commit.stamp().generation <= stamp.generation)
        {
            if let Some((commit, weight, _)) = inner.waiting.pop_front() {
                inner.bytes -= weight;
                inner.after = commit.stamp();
            }
        }
        self.reached.send_modify(|reached| *reached = stamp.generation.max(*reached));
        let next = inner.waiting.front().map(|(.., at)| *at);
        let is_over = inner.last.0.generation <= stamp.generation;
        inner.behind = if is_over { None } else { next.or(Some(inner.last.1)) };
    }

    /// Since when a commit has been missing in the copy.
    pub(crate) fn behind(&self) -> Option<Instant> {
        self.inner().behind
    }

    /// The generation of the last commit that the copy has; zero before there was a look.
    pub(crate) fn reached(&self) -> watch::Receiver<u64> {
        self.reached.subscribe()
    }

    /// The last commit there was.
    pub(crate) fn last(&self) -> Stamp {
        self.inner().last.0
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("never poisoned: nothing panics while it is held")
    }
}

impl Inner {
    /// Nothing waits after the last commit.
    fn clear(&mut self) {
        self.after = self.last.0;
        self.waiting.clear();
        self.bytes = 0;
    }
}

/// What a batch holds, about.
fn weight(batch: &Batch) -> usize {
    let rows = batch.monitors.len()
        + batch.updates.len()
        + batch.journal.len()
        + batch.attempts.len()
        + batch.outbox.len()
        + batch.kv.len();
    let blobs = batch.manager.iter().chain(&batch.changesets).map(Vec::len).sum::<usize>()
        + batch.monitors.iter().map(|row| row.bytes.len()).sum::<usize>()
        + batch.updates.iter().map(|row| row.bytes.len()).sum::<usize>()
        + batch.journal.iter().map(|row| row.body.len()).sum::<usize>()
        + batch.outbox.iter().map(|row| row.package.len()).sum::<usize>()
        + batch.kv.iter().filter_map(|row| row.value.as_ref()).map(Vec::len).sum::<usize>();
    ROW * (rows + 1) + blobs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::KvWrite;
    use lightning::util::ser::Writeable as _;

    /// The longest names that LDK allows, and nothing else.
    #[test]
    fn what_waits_does_not_grow_beyond_bounds_where_it_is_written() {
        let name = "n".repeat(120);
        let row = KvWrite::put((&name, &name, &name), Vec::new());
        let batch = Batch { kv: vec![row; 1000], ..Batch::default() };
        let weight = weight(&batch);
        let stamp = Stamp { generation: 1, writer: [1; 16] };
        let written = Commit::new(stamp, batch).encode().len();
        assert!(2 * weight < written && written < MOST_GROWTH * weight, "{written} of {weight}");
    }
}
