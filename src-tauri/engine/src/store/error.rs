//! What can go wrong with the vault. After any of these from a commit, nothing was changed.

use crate::error::{Code, Coded};
use rusqlite::ErrorCode;
use std::path::PathBuf;

/// An operation on the vault failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A vault is there already; it is never overwritten.
    #[error("cannot create the vault: {path} is there already")]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// There is no vault.
    #[error("cannot open the vault: {path} is missing")]
    Missing {
        /// Where.
        path: PathBuf,
    },
    /// The key does not open it, or its first page is damaged: SQLCipher cannot distinguish the two.
    #[error("the vault does not open with this key, or its first page is damaged")]
    WrongKey,
    /// Made by a newer Fulmen. It was not touched.
    #[error("the vault has version {found}, this program knows up to {known}")]
    Newer {
        /// The version in the file.
        found: i64,
        /// The latest we know.
        known: i64,
    },
    /// Someone else wrote to it since our last commit.
    #[error("someone else wrote to the vault: generation {found} where {expected} was expected")]
    ForeignWrite {
        /// What we wrote last.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// A whole monitor older than the one that is there.
    #[error("refusing an older state of monitor {key}")]
    OlderMonitor {
        /// The channel id in hex.
        key: String,
    },
    /// A row that breaks a rule of the vault: a second payment with the same hash and direction, an attempt in another's place or
    /// without its payment, an update without its monitor.
    #[error("the vault refuses a row while {doing}")]
    Refused {
        /// What we were doing.
        doing: &'static str,
        /// SQLite's words.
        #[source]
        source: rusqlite::Error,
    },
    /// The disk is full, gone, read only or failing.
    #[error("the disk refuses while {doing}")]
    Disk {
        /// What we were doing.
        doing: &'static str,
        /// SQLite's words.
        #[source]
        source: rusqlite::Error,
    },
    /// The file system refuses.
    #[error("cannot {doing} {path}")]
    File {
        /// What we were doing.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// The content is damaged.
    #[error("the vault is damaged, seen while {doing}")]
    Damaged {
        /// What we were doing.
        doing: &'static str,
        /// What was seen.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A setting we rely on for durability does not hold.
    #[error("the vault's setting {setting} is {found}, not {wanted}")]
    Setting {
        /// The pragma.
        setting: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// A reopening failed and the vault is shut until one succeeds.
    #[error("the vault is shut after a failure")]
    Shut,
    /// Anything else SQLite says.
    #[error("unexpected answer of the vault while {doing}")]
    Unexpected {
        /// What we were doing.
        doing: &'static str,
        /// SQLite's words.
        #[source]
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// Sorts an SQLite failure by whose fault it is.
    pub(super) fn from_sqlite(doing: &'static str, source: rusqlite::Error) -> Self {
        let Some(code) = source.sqlite_error_code() else {
            return match source {
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::QueryReturnedNoRows => {
                    Self::Damaged { doing, source: Box::new(source) }
                }
                other => Self::Unexpected { doing, source: other },
            };
        };
        match code {
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::NoLargeFileSupport => Self::Disk { doing, source },
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                Self::Damaged { doing, source: Box::new(source) }
            }
            ErrorCode::ConstraintViolation => Self::Refused { doing, source },
            _ => Self::Unexpected { doing, source },
        }
    }

    pub(super) fn file(
        doing: &'static str,
        path: &std::path::Path,
        source: std::io::Error,
    ) -> Self {
        Self::File { doing, path: path.to_owned(), source }
    }
}

impl Coded for StoreError {
    fn code(&self) -> Code {
        match self {
            Self::Exists { .. } => Code::WalletExists,
            Self::Newer { .. } => Code::NewerVault,
            Self::Missing { .. }
            | Self::WrongKey
            | Self::ForeignWrite { .. }
            | Self::Damaged { .. } => Code::VaultDamaged,
            Self::Disk { .. } | Self::File { .. } | Self::Setting { .. } | Self::Shut => {
                Code::Storage
            }
            Self::OlderMonitor { .. } | Self::Refused { .. } | Self::Unexpected { .. } => {
                Code::Internal
            }
        }
    }
}
