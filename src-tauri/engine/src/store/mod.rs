//! The vault: one SQLCipher file that is the only home of money state, and the few plain files beside it.
//!
//! Everything the wallet must not forget goes through [`Vault::commit`]: one [`Batch`], one transaction, one generation.
//! LDK's and BDK's own writes are staged ([`StagedKv`], [`changesets::encode`]) and ride in the next batch.
//!
//! It must not know what the bytes mean: it decodes no manager, monitor or payment (BDK's change sets excepted, which are
//! merged here). It must not lower `synchronous`, retry a failed commit by itself, or write outside a transaction.

/// What is written and what is loaded.
mod batch;
/// BDK's append-only log.
pub mod changesets;
/// What the words do not know of channels.
pub mod channels_file;
/// Opening the encrypted file.
mod connection;
/// What can go wrong.
mod error;
/// A vault that is being made.
mod fresh;
/// Whether the vault is the newest there is.
pub(crate) mod freshness;
/// What holds of hostile bytes.
#[cfg(feature = "test-util")]
pub(crate) mod fuzz;
/// Reading everything back at the start.
mod load;
/// One process at a time.
mod lock;
/// The generation, outside the vault.
mod mirror;
/// Payments by what they are asked for.
mod payments;
/// A vault from another one's rows and commits.
mod rebuild;
/// Every row of the vault.
mod rows;
/// Migrations.
mod schema;
/// LDK's key-value store.
mod staged_kv;
/// The vault itself.
mod vault;
/// A batch becomes SQL.
mod write;

#[cfg(test)]
pub(crate) mod tests;

pub use crate::files::{open_own, read_own, remove_if_there, write_atomic};
pub use batch::{
    AttemptRow, Batch, FullMonitor, Generation, JournalKey, JournalRow, KvWrite, Listed, Loaded,
    MonitorUpdate, OutboxRow, StoredMonitor,
};
pub use error::StoreError;
pub(crate) use fresh::adopt;
pub(crate) use freshness::{Freshness, QuarantineReason};
pub(crate) use load::NEWEST_LOADED;
pub use lock::{LockError, ProcessLock};
pub(crate) use mirror::Mirror;
pub use payments::Place;
pub use rebuild::Rebuilding;
pub(crate) use rebuild::{SCHEMA, discard};
pub use rows::{Row, Value};
pub use staged_kv::StagedKv;
pub use vault::{Reopened, Stamp, Vault};
