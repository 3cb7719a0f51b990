//! A BOLT 12 refund: who made it pays the first invoice that answers it.

use super::amount::possible;
use super::{ParseError, Parsed, text};
use crate::amount::Msat;
use crate::view::NetworkId;
use bitcoin::constants::ChainHash;
use lightning::offers::refund::Refund;
use lightning::types::string::PrintableString;

/// Begins like a refund, which may come in parts with `+` between them.
pub(super) fn looks_like_refund(lower: &str) -> bool {
    lower.replace('+', "").starts_with("lnr1")
}

/// For our network, and with no required feature that we do not know. Its issuer's words come as label and message.
pub(super) fn read(text: &str, network: NetworkId) -> Result<Parsed, ParseError> {
    let refund = text.parse::<Refund>().map_err(|_| ParseError::Malformed("no refund"))?;
    // There is no checksum: what LDK reads leniently must at least be written as it writes it.
    if refund.to_string() != text.to_ascii_lowercase().replace('+', "") {
        return Err(ParseError::Malformed("a refund with something left over"));
    }
    if refund.chain() != ChainHash::using_genesis_block(network.chain()) {
        return Err(ParseError::WrongNetwork);
    }
    if refund.features().requires_unknown_bits() {
        return Err(ParseError::UnsupportedMethod("a required feature of the refund".to_owned()));
    }
    if refund.amount_msats() == 0 {
        return Err(ParseError::Malformed("a refund of nothing"));
    }
    Ok(Parsed {
        amount: Some(possible(Msat::new(refund.amount_msats()))?),
        label: refund.issuer().and_then(plain),
        message: said(&refund),
        refund: Some(refund),
        ..Parsed::default()
    })
}

/// What a refund says it is for, made fit for a screen; else what its issuer wrote to whoever collects it.
pub(crate) fn said(refund: &Refund) -> Option<String> {
    plain(refund.description()).or_else(|| refund.payer_note().and_then(plain))
}

fn plain(words: PrintableString<'_>) -> Option<String> {
    text::plain(words.0)
}
