//! Payments: the journal of everything that moved money, and the two ways of moving it.

pub(crate) mod address;
mod attempt;
pub(crate) mod debt;
mod error;
pub(crate) mod fee_bump;
mod index;
pub(crate) mod instruction;
mod invoice;
mod journal;
mod lookalike;
pub(crate) mod offer;
pub(crate) mod own_offers;
pub(crate) mod payee;
pub(crate) mod preview;
pub(crate) mod psbt;
pub(crate) mod receive;
pub(crate) mod receive_offer;
pub(crate) mod recipients;
pub(crate) mod refund;
pub(crate) mod refund_given;
pub(crate) mod send;
mod send_onchain;
pub(crate) mod spent;
mod spontaneous;
mod transition;

pub use crate::payment::{Payment, PaymentId, Preimage};
pub(crate) use crate::payment::{StoredDirection, StoredKind, StoredStatus, onchain_row};
pub use error::{JournalError, ReceiveError, RefundError, SendError};
pub(crate) use index::Sought;
pub(crate) use journal::{Journal, Staged, index_earlier};
pub use receive::RequestParameters;
pub use receive_offer::OfferParameters;
pub use refund_given::RefundParameters;
pub(crate) use send::{abandon, take_back};
pub(crate) use transition::Fact;
