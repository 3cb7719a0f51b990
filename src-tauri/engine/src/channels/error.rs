//! Why a channel is not opened or closed.

use crate::amount::Sat;
use crate::chain::BlocksStayAway;
use crate::error::{Code, Coded};
use crate::onchain::SpendError;
use crate::peers::PeerError;
use crate::status::DiskTrouble;
use lightning::util::errors::APIError;

/// Why a channel is not opened or closed.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    #[error("there may be no such channel now: {0:?}")]
    Obstacle(Code),
    #[error("cannot reach the peer")]
    Peer(#[from] PeerError),
    #[error("the channel must be between {smallest} and {largest}")]
    Size { smallest: Sat, largest: Sat },
    #[error("cannot fund the channel")]
    Funding(#[from] SpendError),
    #[error("the peer did not agree: {0}")]
    Refused(String),
    #[error("the peer did not answer in time")]
    Silent,
    #[error("the peer takes no channels with anchor outputs")]
    NoAnchors,
    #[error("only a router announces channels")]
    NotARouter,
    #[error("there is no such channel any more")]
    Gone,
    #[error("what was shown is no longer true")]
    Stale,
    #[error("not synchronised yet")]
    NotReady,
    #[error("nothing that hangs on blocks is begun now")]
    NoBlocks(#[from] BlocksStayAway),
    #[error("nothing new can be written down now")]
    Disk(#[from] DiskTrouble),
    #[error("cannot make it durable")]
    Storage,
    #[error("LDK refuses: {0}")]
    Refusal(String),
}

impl Coded for ChannelError {
    fn code(&self) -> Code {
        match self {
            Self::Obstacle(code) => *code,
            Self::Peer(error) => error.code(),
            Self::Size { .. } => Code::ChannelSize,
            Self::Funding(error) => error.code(),
            Self::Refused(_) => Code::PeerRefused,
            Self::Silent => Code::PeerUnreachable,
            Self::NoAnchors => Code::NoAnchors,
            Self::Gone => Code::ChannelGone,
            Self::Stale => Code::Stale,
            Self::NotReady => Code::NotReady,
            Self::NoBlocks(_) => Code::NoBlocks,
            Self::Disk(trouble) => trouble.code(),
            Self::Storage => Code::Storage,
            Self::NotARouter | Self::Refusal(_) => Code::Internal,
        }
    }
}

/// What LDK says of a call that it refused.
pub(crate) fn refusal_of(error: &APIError) -> String {
    match error {
        APIError::APIMisuseError { err } | APIError::ChannelUnavailable { err } => err.clone(),
        other => format!("{other:?}"),
    }
}
