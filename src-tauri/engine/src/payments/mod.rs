//! Payments: the journal of everything that moved money, and the two ways of moving it.

pub(crate) mod address;
pub(crate) mod debt;
mod error;
mod invoice;
mod journal;
mod model;
pub(crate) mod preview;
pub(crate) mod receive;
pub(crate) mod send;
mod send_onchain;
mod transition;

pub use error::SendError;
pub use journal::JournalError;
pub(crate) use journal::{Journal, Staged};
pub use model::{Payment, PaymentId, Preimage};
pub(crate) use model::{StoredDirection, StoredKind, StoredStatus};
pub use receive::{ReceiveError, Wish};
pub(crate) use send_onchain::take_back;
pub(crate) use transition::Fact;

/// The row of an on-chain transaction.
pub(crate) fn onchain_row(txid: &bitcoin::Txid) -> PaymentId {
    use bitcoin::hashes::Hash as _;
    PaymentId::named("onchain", &txid.to_byte_array())
}
