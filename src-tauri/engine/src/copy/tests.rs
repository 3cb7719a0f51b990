//! One suite for every target, and a copy that is killed, torn and tampered with: what is read of it is always the vault after
//! one of its commits.
#![allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]

use super::*;
use crate::keys::{DataKey, Keys, Words};
use crate::network::NetworkId;
use crate::store::tests::model::a_batch;
use crate::store::{Batch, Row, Stamp, Vault};
use crate::time::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

mod conformance;
mod damage;
mod kill;

fn seal() -> Arc<Seal> {
    let keys = Keys::derive(&Words::generate(), None, bitcoin::Network::Regtest);
    Arc::new(Seal::new(&keys, NetworkId::Practice))
}

fn now() -> Timestamp {
    Timestamp::from_secs(1_800_000_000)
}

/// A vault, its copy in a folder, and every state that it had.
struct Life {
    dir: tempfile::TempDir,
    vault: Vault,
    queue: Queue,
    seal: Arc<Seal>,
    /// After each commit, the first one before any.
    history: Vec<(Stamp, Vec<Row>)>,
    rebuilt: u32,
}

impl Life {
    fn begin() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = DataKey::generate();
        let vault = Vault::create(&dir.path().join("wallet/vault.db"), &key).unwrap();
        std::fs::create_dir(dir.path().join("stick")).unwrap();
        let queue = Queue::new(vault.stamp());
        queue.keep(true);
        let history = vec![state_of(&vault)];
        let life = Self { dir, vault, queue, seal: seal(), history, rebuilt: 0 };
        Folder::make(&life.stick(), life.claim()).unwrap();
        life
    }

    fn claim(&self) -> Claim {
        Claim { wallet: self.seal.wallet(), writer: [1; 16], term: 0 }
    }

    fn stick(&self) -> PathBuf {
        self.dir.path().join("stick")
    }

    fn aside(&self) -> PathBuf {
        self.dir.path().join("wallet/copy.tmp")
    }

    fn folder(&self) -> Box<dyn Target> {
        Box::new(Folder::at(&self.stick()))
    }

    fn attach(&self, target: Box<dyn Target>) -> Log {
        Log::attach(target, self.seal.clone(), self.claim(), self.vault.stamp()).unwrap()
    }

    /// A commit as the loop makes it. The vault may refuse a random one.
    fn commit(&mut self, batch: Batch, told: bool) {
        if self.vault.commit(&batch).is_err() {
            return;
        }
        self.history.push(state_of(&self.vault));
        if told {
            self.queue.committed(self.vault.stamp(), batch);
        }
    }

    /// What the task does: what follows, or all.
    fn follow(&self, log: &mut Log) -> Result<Stamp, CopyError> {
        let following = log.stamp().and_then(|stamp| self.queue.following(stamp));
        let stamp = match following {
            Some(commits) if !log.is_full() => {
                log.append(&commits, now())?;
                log.stamp().unwrap()
            }
            _ => log.rebase(&self.vault, &self.aside(), now())?,
        };
        self.queue.copied(stamp);
        Ok(stamp)
    }

    /// Reads the copy into a fresh vault.
    fn read(&mut self) -> Result<(Stamp, Vec<Row>), CopyError> {
        self.rebuilt += 1;
        let path = self.dir.path().join(format!("rebuilt-{}/vault.db", self.rebuilt));
        let key = DataKey::generate();
        let found = rebuild(self.folder().as_mut(), &self.seal, &path, &key)?;
        let vault = Vault::open(&path, &key).unwrap();
        vault.check().unwrap();
        let state = state_of(&vault);
        assert!(state.0 == found.stamp);
        Ok(state)
    }

    /// The place of a state in the history: it is one of them, row for row.
    fn place_of(&self, state: &(Stamp, Vec<Row>)) -> usize {
        let at = self.history.iter().position(|(stamp, _)| *stamp == state.0).expect("a commit");
        assert!(self.history[at].1 == state.1, "other rows than after that commit");
        at
    }
}

fn state_of(vault: &Vault) -> (Stamp, Vec<Row>) {
    let mut rows = Vec::new();
    let stamp = vault.each_row(|_, row| {
        rows.push(row);
        Ok::<_, CopyError>(())
    });
    (stamp.unwrap(), rows)
}

fn files(stick: &Path) -> Vec<PathBuf> {
    let found = std::fs::read_dir(stick.join("fulmen-copy")).unwrap();
    let mut all: Vec<_> = found.map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.extension().is_some_and(|ending| ending == "copy"));
    all.sort();
    all
}
