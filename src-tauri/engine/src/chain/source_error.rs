//! Why a server was of no use: for the log with its own words, for a screen as a [`SourceTrouble`].

use crate::error::{Code, Coded};
use crate::http::HttpError;
use crate::view::SourceTrouble;
use bitcoin::BlockHash;

/// Why a server was of no use.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// None is named, in the settings or by default.
    #[error("no chain server is set")]
    NotSet,
    /// Not an address of any kind of server.
    #[error("not an address of a chain server: {0}")]
    BadUrl(String),
    /// It is on another computer and would be asked in the clear.
    #[error("the chain server is not asked over TLS")]
    NotEncrypted,
    /// No answer: the network, the name, the connection.
    #[error("cannot reach the chain server")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It took longer than an answer or a round may.
    #[error("the chain server took too long")]
    TooSlow,
    /// It answered with an error of its own, or sent us elsewhere.
    #[error("the chain server answered {status}: {said}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its words, untrusted; for the log alone.
        said: String,
    },
    /// Another chain.
    #[error("the chain server is on another network: block {height} is {found}")]
    WrongNetwork {
        /// Where it differs.
        height: u32,
        /// What it has there.
        found: BlockHash,
    },
    /// Its newest block is further ahead of this computer's clock than bitcoin allows.
    #[error("the newest block is {secs} s ahead of this computer's clock")]
    FromTheFuture {
        /// By how much.
        secs: u64,
    },
    /// Its newest block is an old one: it reads the chain still.
    #[error("the chain server has not got the whole chain yet")]
    Behind,
    /// An answer that is not what was asked for, or contradicts itself.
    #[error("the chain server's answer makes no sense")]
    Nonsense(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Its newest block is not in the chain that is checked here: so many blocks above are not checked yet, or it is on a
    /// branch with no more work.
    #[error("the chain server's newest block is not checked, {behind} blocks above what is")]
    NotChecked {
        /// How many blocks above.
        behind: u32,
    },
    /// It says that transactions are in blocks, and does not prove it. They wait.
    #[error("the chain server does not prove what it says is in a block")]
    Unproven,
    /// It named blocks to LDK that cannot be. They were not passed on, and LDK's side must ask anew.
    #[error("the chain server named blocks that cannot be")]
    Lied,
    /// A block that is needed is not there any more: the node is pruned.
    #[error("the node has thrown a needed block away")]
    Pruned,
    /// It keeps no index of addresses.
    #[error("the chain server cannot be asked for addresses")]
    NoIndex,
    /// Its blocks are being read, and so many are left.
    #[error("{left} blocks are not read yet")]
    Reading {
        /// How many blocks are left.
        left: u32,
    },
    /// LDK could not finish its round; it says no more, the log does.
    #[error("cannot bring the channels to the newest block")]
    Lightning,
}

impl SourceError {
    /// Whether the server said it, or said anything at all.
    pub(super) fn is_its_answer(&self) -> bool {
        !matches!(
            self,
            Self::NotSet
                | Self::BadUrl(_)
                | Self::NotEncrypted
                | Self::Unreachable(_)
                | Self::TooSlow
        )
    }

    /// What a screen says.
    pub(crate) fn trouble(&self) -> SourceTrouble {
        match self {
            Self::NotSet => SourceTrouble::NotSet,
            Self::BadUrl(_) => SourceTrouble::BadUrl,
            Self::NotEncrypted => SourceTrouble::NotEncrypted,
            Self::Unreachable(_) => SourceTrouble::Unreachable,
            Self::TooSlow => SourceTrouble::TooSlow,
            Self::Refused { status: 300..=399, .. } => SourceTrouble::SendsElsewhere,
            Self::Refused { status: 429, .. } => SourceTrouble::Busy,
            Self::Refused { status: 401 | 403, .. } => SourceTrouble::NotAllowed,
            Self::Refused { status, .. } => SourceTrouble::Answers { status: *status },
            Self::WrongNetwork { .. } => SourceTrouble::WrongNetwork,
            Self::FromTheFuture { .. } => SourceTrouble::FromTheFuture,
            Self::Behind => SourceTrouble::Behind,
            Self::NotChecked { .. } => SourceTrouble::NotChecked,
            Self::Nonsense(_) | Self::Unproven | Self::Lied => SourceTrouble::Nonsense,
            Self::Pruned => SourceTrouble::Pruned,
            Self::NoIndex => SourceTrouble::NoIndex,
            Self::Reading { left } => SourceTrouble::Reading { left: *left },
            Self::Lightning => SourceTrouble::Incomplete,
        }
    }
}

impl Coded for SourceError {
    fn code(&self) -> Code {
        match self {
            Self::WrongNetwork { .. } => Code::ServerElsewhere,
            Self::BadUrl(_) => Code::NotUnderstood,
            Self::FromTheFuture { .. } => Code::ClockWrong,
            Self::NotSet
            | Self::NotEncrypted
            | Self::Unreachable(_)
            | Self::TooSlow
            | Self::Refused { .. }
            | Self::Behind
            | Self::Nonsense(_)
            | Self::NotChecked { .. }
            | Self::Unproven
            | Self::Lied
            | Self::Pruned
            | Self::NoIndex
            | Self::Reading { .. }
            | Self::Lightning => Code::Offline,
        }
    }
}

impl From<reqwest::Error> for SourceError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::TooSlow
        } else if error.is_decode() {
            Self::Nonsense(Box::new(error))
        } else {
            Self::Unreachable(Box::new(error))
        }
    }
}

impl From<HttpError> for SourceError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::TooLarge => Self::Nonsense(Box::new(error)),
            HttpError::TooSlow => Self::TooSlow,
            error => Self::Unreachable(Box::new(error)),
        }
    }
}

impl From<serde_json::Error> for SourceError {
    fn from(error: serde_json::Error) -> Self {
        Self::Nonsense(Box::new(error))
    }
}

impl From<esplora_client::Error> for SourceError {
    fn from(error: esplora_client::Error) -> Self {
        match error {
            esplora_client::Error::Reqwest(error) => error.into(),
            esplora_client::Error::HttpResponse { status, message } => {
                Self::Refused { status, said: message }
            }
            error => Self::Nonsense(Box::new(error)),
        }
    }
}

impl From<Box<esplora_client::Error>> for SourceError {
    fn from(error: Box<esplora_client::Error>) -> Self {
        (*error).into()
    }
}
