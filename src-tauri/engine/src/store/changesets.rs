//! BDK's append-only log. A change set is JSON, which says its own field names, so that a later BDK reads an earlier log.
//! The log grows by what changed, never by the whole wallet; compaction merges it into one row.

use super::StoreError;
use bdk_wallet::ChangeSet;
use bdk_wallet::chain::Merge;

/// The bytes of one change set, for [`super::Batch::changesets`].
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
