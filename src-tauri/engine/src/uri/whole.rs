//! A text that is an instruction as a whole.

use super::scheme::{Scheme, scheme_of, without_schemes};
use super::{ParseError, Parsed, bare, bip321, link, text};
use crate::view::NetworkId;

/// Reads it.
pub(super) fn read(text: &str, network: NetworkId) -> Result<Parsed, ParseError> {
    let (scheme, rest) = without_schemes(text);
    let under = rest.split_once(':');
    if let Some(link) = under.and_then(|(scheme, rest)| link::scheme(&scheme_of(scheme), rest)) {
        return Ok(Parsed { link: Some(link?), ..Parsed::default() });
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
