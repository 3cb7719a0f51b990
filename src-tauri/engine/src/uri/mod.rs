//! Reads what a person pastes or scans (BOLT 11, addresses, BIP 21 and BIP 321, node URIs), and writes our own requests.
//!
//! Pure: no clock, no disk, no network. Whether an invoice has expired, is ours or was paid before is asked elsewhere,
//! and nothing is ever looked up: a `name@domain` or an LNURL is recognised and refused.
//!
//! Signatures, checksums and amounts are read by `lightning-invoice` and `bitcoin`; only the URI around them is read here.
//! `bitcoin-payment-instructions` was weighed and not taken: its `parse` is asynchronous around a resolver, reads the
//! clock, drops label and message, refuses `%2A`, gives up a whole URI for one part it does not know, takes a plain
//! amount beside an open invoice for a contradiction, and its errors do not tell a wrong character from a wrong kind.
//!
//! An invoice's own fallback address (BOLT 11 field `f`) is not taken as a way to pay: who scans a Lightning invoice
//! means Lightning.

mod bare;
mod bip321;
mod error;
mod network;
mod request;
mod search;
#[cfg(test)]
mod tests;
mod text;

pub use bare::NodeUri;
pub(crate) use bare::description;
pub use error::ParseError;
pub use request::{build, qr_text};

use crate::amount::Msat;
use crate::error::{Code, Coded};
use crate::view::{InstructionKind, NetworkId};
use lightning_invoice::Bolt11Invoice;
use percent_encoding::percent_decode_str;
use std::iter;

/// The longest text that is looked at, in bytes and without the blanks around it. No invoice comes near.
pub const MAX_BYTES: usize = 8 * 1024;

/// What a text asks for. At least one of `lightning`, `onchain` and `node` is there; `node` only alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// For our network, rightly signed, and with no required feature we do not know. It may have expired.
    pub lightning: Option<Bolt11Invoice>,
    /// For our network. Never a witness version that has no rules yet, nor an anchor anyone can spend.
    pub onchain: Option<bitcoin::Address>,
    /// A peer to open a channel to.
    pub node: Option<NodeUri>,
    /// The invoice's amount, else the URI's; never zero. `None` leaves it to the payer.
    pub amount: Option<Msat>,
    /// The payee's name for itself. Untrusted text, without control and direction characters.
    pub label: Option<String>,
    /// What it is for: the URI's message, else the invoice's description. Untrusted text, cleaned like `label`.
    pub message: Option<String>,
    /// The URI's own message, whatever its invoice says.
    pub link_message: Option<String>,
}

impl Parsed {
    /// What kind of thing was read.
    pub fn kind(&self) -> InstructionKind {
        match (&self.lightning, &self.onchain) {
            (Some(_), Some(_)) => InstructionKind::Unified,
            (Some(_), None) => InstructionKind::Lightning,
            (None, Some(_)) => InstructionKind::Onchain,
            (None, None) => InstructionKind::Node,
        }
    }

    /// Whether this says all that the other does, and nothing against it.
    fn covers(&self, other: &Self) -> bool {
        let payee = |node: &NodeUri| {
            node.host.is_none()
                && self
                    .lightning
                    .as_ref()
                    .is_some_and(|one| one.recover_payee_pub_key() == node.node_id)
        };
        let same_amount = match (self.amount, other.amount) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(one), Some(other)) => one.get().abs_diff(other.get()) < 1000,
        };
        (other.lightning.is_none() || other.lightning == self.lightning)
            && (other.onchain.is_none() || other.onchain == self.onchain)
            && (other.node.is_none()
                || other.node == self.node
                || other.node.as_ref().is_some_and(payee))
            && same_amount
    }
}

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
    let whole = read(text, network);
    if text.contains(text::OVERRIDES) {
        return whole;
    }
    let found = search::look(text, network);
    match whole {
        // What begins where the whole one does may be its first line.
        Ok(whole) => the_one(iter::once(whole).chain(found.good.into_iter().skip(1))),
        Err(error) if found.good.is_empty() => Err(what_is_wrong(error, found.bad)),
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

/// Reads a text that is an instruction as a whole.
fn read(text: &str, network: NetworkId) -> Result<Parsed, ParseError> {
    let (scheme, rest) = without_schemes(text);
    if rest.split_once(':').is_some_and(|(scheme, _)| bare::is_lnurl_scheme(&scheme_of(scheme))) {
        return Err(ParseError::UnsupportedLnurl);
    }
    let with_parameters = rest.split_once(['?', '&', '#']).is_some_and(|(body, _)| {
        matches!(scheme, Scheme::Lightning) || bare::looks_payable(&text::compact(body))
    });
    if matches!(scheme, Scheme::Bitcoin) || with_parameters {
        bip321::read(rest, network)
    } else {
        bare::read(rest, network)
    }
}

/// Under what an instruction comes.
#[derive(Clone, Copy)]
enum Scheme {
    None,
    Bitcoin,
    Lightning,
}

/// Takes off what says how to read the rest. Some write it twice, or both.
fn without_schemes(text: &str) -> (Scheme, &str) {
    let (mut found, mut rest) = (Scheme::None, text);
    while let Some((before, after)) = rest.split_once([':', '=']) {
        found = match (scheme_of(before).as_str(), found) {
            ("bitcoin" | "web+bitcoin", _) => Scheme::Bitcoin,
            ("lightning" | "web+lightning", Scheme::None) => Scheme::Lightning,
            ("lightning" | "web+lightning", before) => before,
            _ => break,
        };
        rest = text::after_slashes(after);
    }
    (found, rest)
}

fn scheme_of(text: &str) -> String {
    text::compact(text).to_ascii_lowercase()
}
