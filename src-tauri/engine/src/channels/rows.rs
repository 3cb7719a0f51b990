//! The rows of a channel in the journal.

use crate::payment::PaymentId;

/// The Activity row of a channel's opening.
pub(crate) fn open_row(user_id: u128) -> PaymentId {
    PaymentId::named("open", &user_id.to_be_bytes())
}

/// The Activity row of a channel's end.
pub(crate) fn close_row(user_id: u128) -> PaymentId {
    PaymentId::named("close", &user_id.to_be_bytes())
}
