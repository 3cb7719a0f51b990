//! Why a peer cannot be reached.

use crate::error::{Code, Coded};
use crate::uri::ParseError;

/// A peer cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// Not `node_id@host:port`.
    #[error("cannot read the peer's address")]
    Address(#[from] ParseError),
    /// Something else that can be read.
    #[error("this names no node")]
    NoNode,
    /// An address was given for a peer, and it is another's.
    #[error("this names another node")]
    Other,
    /// No known address.
    #[error("the peer's address is not known")]
    Unknown,
    /// The connection failed.
    #[error("cannot connect to the peer at {address}")]
    Connect { address: String, source: std::io::Error },
    /// It did not answer as a Lightning node in time.
    #[error("the peer at {0} did not answer as a Lightning node")]
    Handshake(String),
    /// It may know of a close that we do not, or our whole state is old.
    #[error("the peer is not spoken to before the chain is clear")]
    Waits,
}

impl Coded for PeerError {
    fn code(&self) -> Code {
        match self {
            Self::Address(error) => error.code(),
            Self::NoNode | Self::Other => Code::NotUnderstood,
            Self::Unknown | Self::Connect { .. } | Self::Handshake(_) => Code::PeerUnreachable,
            Self::Waits => Code::NotReady,
        }
    }
}
