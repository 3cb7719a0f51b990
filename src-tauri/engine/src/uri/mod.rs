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
#[cfg(test)]
mod tests;
mod text;

pub use bare::NodeUri;
pub(crate) use bare::description;
pub use error::ParseError;
pub use request::{build, qr_text};

use crate::amount::Msat;
use crate::view::{InstructionKind, NetworkId};
use lightning_invoice::Bolt11Invoice;

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
}

/// Reads any text. Blanks around it and line breaks within are forgiven, upper case too.
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
    match text.split_once(':').map(|(scheme, rest)| {
        (text::compact(scheme).to_ascii_lowercase(), text::after_slashes(rest))
    }) {
        Some((scheme, rest)) if scheme == "bitcoin" => bip321::read(rest, network),
        Some((scheme, rest)) if scheme == "lightning" => bare::read(rest, network),
        Some((scheme, _)) if bare::is_lnurl_scheme(&scheme) => Err(ParseError::UnsupportedLnurl),
        _ => bare::read(text, network),
    }
}
