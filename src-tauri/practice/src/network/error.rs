//! What can go wrong on the practice network, and how long it may take.

use crate::chain::ChainError;
use fulmen_engine::{ChannelError, JournalError, OpenError, ReceiveError, SendError};
use std::time::Duration;

/// Patience with pretend nodes; generous, for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Something on the practice network did not work.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    #[error("the practice chain refuses")]
    Chain(#[from] ChainError),
    #[error("a practice node does not open")]
    Node(#[from] OpenError),
    #[error("a practice channel does not open")]
    Channel(#[from] ChannelError),
    #[error("the shop cannot pay")]
    Pay(#[from] SendError),
    #[error("the shop cannot ask for money")]
    Receive(#[from] ReceiveError),
    #[error("the shop cannot look at its offers")]
    Offers(#[from] JournalError),
    #[error("the practice network cannot use its files")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Waiting(&'static str),
}
