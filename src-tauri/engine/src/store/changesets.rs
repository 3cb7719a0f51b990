//! BDK's append-only log. A change set is JSON, which says its own field names, so that a later BDK reads an earlier log.
//! The log grows by what changed, never by the whole wallet; compaction merges it into one row.

use super::{Batch, StoreError, Vault};
use bdk_wallet::chain::Merge;
use bdk_wallet::{ChangeSet, WalletPersister};
use std::sync::Arc;

/// The bytes of one change set, for [`Batch::changesets`].
pub fn encode(changeset: &ChangeSet) -> Vec<u8> {
    serde_json::to_vec(changeset).expect("a change set has string keys only and is always JSON")
}

/// All change sets merged, oldest first.
///
/// # Errors
/// [`StoreError::Damaged`] when one cannot be read: the wallet must not start on a part of its history.
pub fn decode_all(log: &[Vec<u8>]) -> Result<ChangeSet, StoreError> {
    let mut merged = ChangeSet::default();
    for bytes in log {
        let next = serde_json::from_slice(bytes).map_err(|error| StoreError::Damaged {
            doing: "reading a change set",
            source: Box::new(error),
        })?;
        merged.merge(next);
    }
    Ok(merged)
}

/// The log as BDK wants it, for creating and loading the wallet. Each `persist` is a commit of its own; a running wallet
/// puts its staged changes into the next [`Batch`] instead.
#[derive(Clone, Debug)]
pub struct ChangeSetLog(Arc<Vault>);

impl ChangeSetLog {
    /// The log in this vault.
    pub fn new(vault: Arc<Vault>) -> Self {
        Self(vault)
    }

    /// Merges a log of more than `max_rows` rows into one row, in one transaction. Says whether it did.
    ///
    /// # Errors
    /// As [`Vault::commit`]; the log is then as it was.
    pub fn compact(&self, max_rows: usize) -> Result<bool, StoreError> {
        self.0.compact_changesets(max_rows)
    }
}

impl WalletPersister for ChangeSetLog {
    type Error = StoreError;

    fn initialize(persister: &mut Self) -> Result<ChangeSet, StoreError> {
        decode_all(&persister.0.changesets()?)
    }

    fn persist(persister: &mut Self, changeset: &ChangeSet) -> Result<(), StoreError> {
        if changeset.is_empty() {
            return Ok(());
        }
        let batch = Batch { changesets: vec![encode(changeset)], ..Batch::default() };
        persister.0.commit(&batch).map(drop)
    }
}
