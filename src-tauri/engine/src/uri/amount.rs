//! Amounts that are read.

use super::ParseError;
use crate::amount::Msat;

/// One that can be paid and shown.
pub(super) fn possible(amount: Msat) -> Result<Msat, ParseError> {
    if amount > Msat::MOST { Err(ParseError::AmountTooLarge) } else { Ok(amount) }
}
