//! A text that is an instruction as a whole.

use super::scheme::{Scheme, scheme_of, without_schemes};
use super::{ParseError, Parsed, bare, bip321, text};
use crate::view::NetworkId;

/// Reads it.
pub(super) fn read(text: &str, network: NetworkId) -> Result<Parsed, ParseError> {
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
