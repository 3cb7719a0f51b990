//! Checking a proof.

use super::NameError;
use crate::time::Timestamp;
use crate::uri::Name;
use dnssec_prover::rr::{self, RR};
use dnssec_prover::ser::parse_rr_stream;
use dnssec_prover::validation::verify_rr_stream;

/// What a record that is meant begins with.
const SCHEME: &str = "bitcoin:";

/// Where a name's record is. The DNS has no `+`, no label without a letter, and none of more than 63.
pub(super) fn place(name: &Name) -> Result<rr::Name, NameError> {
    if name.user.split('.').any(str::is_empty) {
        return Err(NameError::NoName);
    }
    let place = format!("{}.user._bitcoin-payment.{}.", name.user, name.domain);
    rr::Name::try_from(place).map_err(|()| NameError::NoName)
}

/// The payment instruction of a name, if these records prove one.
///
/// # Errors
/// If a signature is missing, wrong or of another time, or if the record is of another name or not alone.
pub(crate) fn record(proof: &[u8], name: &Name, now: Timestamp) -> Result<String, NameError> {
    let records = parse_rr_stream(proof).map_err(|()| NameError::Unreadable)?;
    let verified = verify_rr_stream(&records).map_err(NameError::Forged)?;
    if !(verified.valid_from..=verified.expires).contains(&now.secs()) {
        return Err(NameError::OutOfDate);
    }
    let place = place(name)?;
    let texts = verified.resolve_name(&place).into_iter().filter_map(|record| match record {
        RR::Txt(text) => String::from_utf8(text.data.as_vec()).ok(),
        _ => None,
    });
    // Others may be there too, for something else.
    let is_meant = |text: &String| {
        text.get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME))
    };
    let mut meant = texts.filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(NameError::Several),
        (None, _) => Err(NameError::OtherName),
    }
}
