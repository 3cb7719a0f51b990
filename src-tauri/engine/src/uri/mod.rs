//! Reads what a person pastes or scans (BOLT 11 and 12, refunds among it, addresses, BIP 21 and BIP 321, node URIs, LNURLs,
//! `name@domain`, PSBTs), and
//! writes our own requests.
//!
//! Pure: no clock, no disk, no network. Whether an invoice has expired, is ours or was paid before is asked elsewhere,
//! and nothing is looked up: of a `name@domain` or an LNURL it is said who has to be asked.
//!
//! Signatures, checksums and amounts are read by `lightning-invoice` and `bitcoin`; only the URI around them is read here.
//! `bitcoin-payment-instructions` was weighed and not taken: its `parse` is asynchronous around a resolver, reads the
//! clock, drops label and message, refuses `%2A`, gives up a whole URI for one part it does not know, takes a plain
//! amount beside an open invoice for a contradiction, and its errors do not distinguish a wrong character from a wrong kind.
//!
//! An invoice's own fallback address (BOLT 11 field `f`) is not taken as a way to pay: who scans a Lightning invoice
//! means Lightning.

mod amount;
mod bare;
mod bip321;
mod error;
#[cfg(feature = "test-util")]
pub(crate) mod fuzz;
mod link;
mod list;
mod offer;
mod parsed;
mod psbt;
mod refund;
mod request;
mod scheme;
mod search;
#[cfg(test)]
mod tests;
mod text;
mod whole;

pub(crate) use bare::description;
pub use error::ParseError;
pub(crate) use link::host;
pub use link::{Auth, Link, Name};
pub(crate) use list::parse_list;
pub(crate) use offer::offered;
pub use parsed::{NodeUri, Parsed};
pub(crate) use psbt::psbt_text;
pub(crate) use refund::said as refunded;
pub use request::{build, qr_text};
pub(crate) use text::{is_unseen, plain};

use crate::error::{Code, Coded};
use crate::view::NetworkId;
use percent_encoding::percent_decode_str;
use std::iter;

/// The longest text that is looked at, in bytes and without the blanks around it. No invoice comes near.
pub const MAX_BYTES: usize = 8 * 1024;

/// Reads any text. Blanks around it and line breaks within are forgiven, upper case too, and what stands around an
/// instruction: quotes, brackets, the message it came with. Of two that differ none is chosen.
///
/// # Errors
/// Whatever is not payable (or a node) on `network`: see [`ParseError`]. Never panics.
///
/// Source: BOLT 11, BIP 21, BIP 321, BIP 173 (one case only).
pub fn parse(text: &str, network: NetworkId) -> Result<Parsed, ParseError> {
    let text = text::trim(text);
    if text.is_empty() {
        return Err(ParseError::NothingToRead);
    }
    if psbt::looks_like_psbt(text) {
        return psbt::read(text);
    }
    if text.len() > MAX_BYTES {
        return Err(ParseError::TooLong);
    }
    match read_or_find(text, network) {
        // A link in which the whole instruction is encoded, such as `https://…?uri=bitcoin%3A…`.
        Err(ParseError::NotUnderstood) if text.contains('%') => {
            read_or_find(&percent_decode_str(text).decode_utf8_lossy(), network)
        }
        other => other,
    }
}

/// The whole text as one instruction; else the one that stands in it.
fn read_or_find(text: &str, network: NetworkId) -> Result<Parsed, ParseError> {
    let whole = whole::read(text, network);
    if text.contains(text::OVERRIDES) {
        return whole;
    }
    let found = search::look(text, network);
    match whole {
        // No checksum says where a link ends: a full stop behind it does.
        Ok(whole) if whole.link.is_some() && !found.good.is_empty() => the_one(found.good),
        // What begins where the whole one does may be its first line.
        Ok(whole) => the_one(iter::once(whole).chain(found.good.into_iter().skip(1))),
        // What a `+` joins it to is missing: an offer that begins with one is not whole (BOLT 12).
        Err(error) if found.good.is_empty() || (text.starts_with('+') && error.is_damage()) => {
            Err(what_is_wrong(error, found.bad))
        }
        // What is damaged may be the one that was meant; a word that looks like an old address is none.
        Err(_) => match found.bad.into_iter().find(|error| error.is_damage() && !error.is_base58())
        {
            Some(damaged) => Err(damaged),
            None => the_one(found.good),
        },
    }
}

/// The one that says all that the others do.
fn the_one(all: impl IntoIterator<Item = Parsed>) -> Result<Parsed, ParseError> {
    let all: Vec<Parsed> = all.into_iter().collect();
    let one = all.iter().find(|one| all.iter().all(|other| one.covers(other)));
    one.cloned().ok_or(ParseError::Several)
}

/// What is wrong with the whole text, unless that is no more than that words stand around something.
fn what_is_wrong(whole: ParseError, parts: Vec<ParseError>) -> ParseError {
    let vague = matches!(whole.code(), Code::NotUnderstood | Code::Damaged);
    let part =
        parts.iter().position(ParseError::is_damage).or_else(|| (!parts.is_empty()).then_some(0));
    match part.and_then(|at| parts.into_iter().nth(at)) {
        Some(part) if vague => part,
        _ => whole,
    }
}
