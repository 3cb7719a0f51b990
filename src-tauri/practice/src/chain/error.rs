//! What can go wrong with the practice chain, beside a refusal.

use super::{BlockRefusal, Refusal};
use fulmen_engine::amount::Sat;
use std::path::PathBuf;

/// Why something asked of the chain was not done.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// A transaction is refused.
    #[error("transaction refused: {0}")]
    Refused(#[from] Refusal),
    /// A block is refused.
    #[error("block refused: {0}")]
    Block(#[from] BlockRefusal),
    /// The log cannot be read or written.
    #[error("cannot keep the chain's log")]
    Log(#[from] LogError),
    /// More blocks to be undone than there are.
    #[error("cannot undo {depth} of {height} blocks")]
    TooDeep {
        /// Blocks to undo.
        depth: u32,
        /// Blocks above genesis.
        height: u32,
    },
    /// The faucet has not that much to give now.
    #[error("the faucet cannot give {asked}, it has {spendable} to spend")]
    FaucetEmpty {
        /// What was asked for.
        asked: Sat,
        /// What it could spend now.
        spendable: Sat,
    },
}

/// Why the log cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file system said no.
    #[error("cannot use {path}")]
    Io {
        /// The log file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Another process writes it.
    #[error("{0} is in use by another process")]
    InUse(PathBuf),
    /// A record before the last one does not match its checksum, or the file is something else.
    #[error("{path} is damaged at byte {offset}")]
    Damaged {
        /// The log file.
        path: PathBuf,
        /// Where the damage begins.
        offset: u64,
    },
    /// A write failed before; memory may be ahead of the file, so nothing more is accepted.
    #[error("an earlier write failed")]
    Broken,
}
