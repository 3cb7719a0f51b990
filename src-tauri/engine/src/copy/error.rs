//! What can go wrong with a copy. None of it touches the vault.

use crate::error::{Code, Coded};
use crate::http::HttpError;
use crate::store::StoreError;
use std::io;
use std::sync::Arc;

/// Why there is no copy, or none that follows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The place is not there, or is not the one that was chosen: unplugged, unmounted, renamed.
    #[error("the copy's place is not there")]
    Missing,
    /// It holds another wallet's copy.
    #[error("another wallet's copy is there")]
    Foreign,
    /// The same wallet writes there from somewhere else, since we began.
    #[error("the same wallet writes there from another computer")]
    TakenOver,
    /// The wallet was restored from there on another computer, and goes on with that.
    #[error("the wallet was restored from there on another computer")]
    Moved,
    /// The copy is older than the one that was shown.
    #[error("the copy there is older than the one that was shown")]
    Older,
    /// The copy holds commits that our vault has not seen. It is left alone.
    #[error("the copy there is newer than this wallet")]
    Ahead,
    /// Written by a newer Fulmen. It is left alone.
    #[error("the copy there is of a newer version")]
    Newer,
    /// Not what we wrote: cut, changed, or something else.
    #[error("a file of the copy is damaged")]
    Damaged,
    /// There is no copy at all.
    #[error("there is no copy")]
    Empty,
    /// The place cannot be one: it is within the wallet's own directory.
    #[error("a copy beside the original would be lost with it")]
    Within,
    /// The place does not answer.
    #[error("the copy's place does not answer")]
    Silent,
    /// The server would be asked in the clear.
    #[error("the copy's server would be asked in the clear")]
    NotEncrypted,
    /// It does not believe the signature that comes with each request: it has another login, or one of the two clocks is wrong.
    #[error("the copy's server does not admit us")]
    NotAdmitted,
    /// It does not answer, or not as such a server does.
    #[error("the copy's server does not answer")]
    Server(#[source] HttpError),
    /// A copy that was asked for failed.
    #[error(transparent)]
    Failed(#[from] Arc<CopyError>),
    /// The place cannot be read or written.
    #[error("cannot use the copy's place")]
    Io(#[source] io::Error),
    /// The vault does not say, or a rebuilt one refuses.
    #[error("the vault refuses")]
    Vault(#[from] StoreError),
}

impl Coded for CopyError {
    fn code(&self) -> Code {
        match self {
            Self::Missing | Self::Empty | Self::Silent => Code::CopyMissing,
            Self::Server(_) => Code::CopyServerAway,
            Self::NotAdmitted => Code::CopyNotAdmitted,
            Self::NotEncrypted => Code::CopyNotEncrypted,
            Self::Foreign => Code::CopyForeign,
            Self::TakenOver | Self::Ahead | Self::Moved => Code::CopyAhead,
            Self::Older => Code::Stale,
            Self::Damaged => Code::CopyDamaged,
            Self::Newer => Code::NewerVault,
            Self::Within => Code::CopyWithin,
            Self::Io(_) => Code::CopyRefused,
            Self::Failed(error) => error.code(),
            Self::Vault(error) => error.code(),
        }
    }
}

impl From<io::Error> for CopyError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Self::Damaged,
            _ => Self::Io(error),
        }
    }
}
