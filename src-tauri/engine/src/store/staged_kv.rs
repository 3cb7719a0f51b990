//! LDK's key-value store over the vault. Writes are staged in memory and ride in the next commit, because LDK writes from
//! inside its event handlers, where waiting for a disk would hold up everything. Reads see what was staged.
//!
//! ```text
//! write -> staged -> take_staged() -> taken -> the next take_staged()  (durable, forgotten)
//!            ^------------------------- restore()                      (the commit failed)
//! ```

use super::{KvWrite, StoreError, Vault};
use lightning::io;
use lightning::util::persist::KVStoreSync;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

type Slot = (String, String, String);
type Overlay = BTreeMap<Slot, Option<Vec<u8>>>;

#[derive(Default)]
struct Staged {
    /// Not in any commit yet.
    waiting: Overlay,
    /// In the commit that is running: not on disk for certain, so still ours to answer for.
    taken: Overlay,
}

/// Staged writes over a vault. For LDK's async trait wrap it in `lightning::util::persist::KVStoreSyncWrapper`.
pub struct StagedKv {
    vault: Arc<Vault>,
    staged: Mutex<Staged>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl StagedKv {
    /// Stages writes over this vault; `wake` is called after each one and must return at once.
    pub fn new(vault: Arc<Vault>, wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { vault, staged: Mutex::default(), wake: Box::new(wake) }
    }

    /// Every key of a namespace with its value, in order: one question for a start, however many there are.
    ///
    /// # Errors
    /// If the vault cannot be read.
    pub fn read_all(
        &self,
        primary: &str,
        secondary: &str,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let ours = self.ours(primary, secondary);
        let mut all = BTreeMap::from_iter(self.vault.all_kv(primary, secondary)?);
        for (key, value) in ours {
            match value {
                Some(value) => all.insert(key, value),
                None => all.remove(&key),
            };
        }
        Ok(all.into_iter().collect())
    }

    /// What is staged, for the next commit. The caller must commit it, or [`StagedKv::restore`] it, before taking again.
    pub fn take_staged(&self) -> Vec<KvWrite> {
        let mut staged = self.staged();
        staged.taken = std::mem::take(&mut staged.waiting);
        let writes = staged.taken.iter().map(|((primary, secondary, key), value)| KvWrite {
            primary: primary.clone(),
            secondary: secondary.clone(),
            key: key.clone(),
            value: value.clone(),
        });
        writes.collect()
    }

    /// Stages writes of a failed commit again, unless a newer one is waiting.
    pub fn restore(&self, writes: Vec<KvWrite>) {
        let mut staged = self.staged();
        staged.taken.clear();
        for KvWrite { primary, secondary, key, value } in writes {
            staged.waiting.entry((primary, secondary, key)).or_insert(value);
        }
    }

    fn stage(&self, slot: Slot, value: Option<Vec<u8>>) {
        self.staged().waiting.insert(slot, value);
        (self.wake)();
    }

    /// What is staged in a namespace, oldest first.
    fn ours(&self, primary: &str, secondary: &str) -> Vec<(String, Option<Vec<u8>>)> {
        let staged = self.staged();
        let here = |slot: &Slot| slot.0 == primary && slot.1 == secondary;
        let in_order = staged.taken.iter().chain(&staged.waiting).filter(|(slot, _)| here(slot));
        in_order.map(|(slot, value)| (slot.2.clone(), value.clone())).collect()
    }

    fn staged(&self) -> MutexGuard<'_, Staged> {
        self.staged.lock().expect("never poisoned: nothing panics while it is held")
    }
}

impl KVStoreSync for StagedKv {
    fn read(&self, primary: &str, secondary: &str, key: &str) -> Result<Vec<u8>, io::Error> {
        let slot = slot(primary, secondary, key);
        let ours = {
            let staged = self.staged();
            staged.waiting.get(&slot).or_else(|| staged.taken.get(&slot)).cloned()
        };
        let found = match ours {
            Some(value) => value,
            None => self.vault.read_kv(primary, secondary, key).map_err(failed)?,
        };
        // LDK recognises an absent value by exactly this kind.
        found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such value"))
    }

    fn write(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
        value: Vec<u8>,
    ) -> Result<(), io::Error> {
        self.stage(slot(primary, secondary, key), Some(value));
        Ok(())
    }

    fn remove(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
        _lazy: bool,
    ) -> Result<(), io::Error> {
        self.stage(slot(primary, secondary, key), None);
        Ok(())
    }

    fn list(&self, primary: &str, secondary: &str) -> Result<Vec<String>, io::Error> {
        let ours = self.ours(primary, secondary);
        let mut keys = BTreeSet::from_iter(self.vault.list_kv(primary, secondary).map_err(failed)?);
        for (key, value) in ours {
            match value {
                Some(_) => keys.insert(key),
                None => keys.remove(&key),
            };
        }
        Ok(keys.into_iter().collect())
    }
}

fn slot(primary: &str, secondary: &str, key: &str) -> Slot {
    (primary.to_owned(), secondary.to_owned(), key.to_owned())
}

/// A failure of the vault is never `NotFound`.
fn failed(error: StoreError) -> io::Error {
    io::Error::new(io::ErrorKind::Other, error)
}
