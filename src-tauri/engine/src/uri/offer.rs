//! A BOLT 12 offer.

use super::amount::possible;
use super::{ParseError, Parsed, text};
use crate::amount::Msat;
use crate::view::NetworkId;
use bitcoin::constants::ChainHash;
use lightning::offers::offer::{Amount, Offer};

/// Begins like an offer, which may come in parts with `+` between them.
pub(super) fn looks_like_offer(lower: &str) -> bool {
    lower.replace('+', "").starts_with("lno1")
}

/// For our network, in bitcoin, and with no required feature that we do not know. Its payee's words come as label and message.
pub(super) fn read(text: &str, network: NetworkId) -> Result<Parsed, ParseError> {
    let offer = text.parse::<Offer>().map_err(|_| ParseError::Malformed("no offer"))?;
    // There is no checksum: what LDK reads leniently must at least be written as it writes it.
    if offer.to_string() != text.to_ascii_lowercase().replace('+', "") {
        return Err(ParseError::Malformed("an offer with something left over"));
    }
    if !offer.supports_chain(ChainHash::using_genesis_block(network.chain())) {
        return Err(ParseError::WrongNetwork);
    }
    if offer.offer_features().requires_unknown_bits() {
        return Err(ParseError::UnsupportedMethod("a required feature of the offer".to_owned()));
    }
    let amount = match offer.amount() {
        Some(Amount::Bitcoin { amount_msats }) => Some(Msat::new(amount_msats)),
        Some(Amount::Currency { iso4217_code, .. }) => {
            return Err(ParseError::UnsupportedCurrency(iso4217_code.as_str().to_owned()));
        }
        None => None,
    };
    let words = |words: Option<lightning::types::string::PrintableString<'_>>| {
        words.and_then(|words| text::plain(words.0))
    };
    Ok(Parsed {
        amount: amount.filter(|amount| *amount > Msat::ZERO).map(possible).transpose()?,
        label: words(offer.issuer()),
        message: words(offer.description()),
        offer: Some(offer),
        ..Parsed::default()
    })
}

/// What an offer says it is for, made fit for a screen.
pub(crate) fn offered(offer: &Offer) -> Option<String> {
    offer.description().and_then(|words| text::plain(words.0))
}
