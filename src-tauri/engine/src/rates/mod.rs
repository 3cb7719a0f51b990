//! What a bitcoin costs: asked of public servers once a person wants it, and never before. A request says which currency, and
//! nothing of the person, of an amount or of a key. No payment, limit or balance depends on an answer; without any, Fulmen
//! shows what it shows without this room.
//!
//! No single server's word is shown. Two are asked; the third only if they do not answer, or do not agree.

mod agreed;
mod ask;
#[cfg(feature = "test-util")]
pub(crate) mod fuzz;
mod kept;

pub(crate) use ask::{RateSources, keep_fetched};
pub(crate) use kept::Rates;
#[cfg(feature = "test-util")]
pub(crate) use kept::reads_again;
