//! What a payee asks to know of its payer (LUD-18). Nothing is given but what a person typed for this payee; a name and an
//! address for mail are all there is to give. Who insists on a proof of identity, or on what we do not know, is not paid.

use super::LnurlError;
use crate::uri::plain;
use crate::view::{PayerField, PayerWant};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most characters of a name or an address (RFC 5321 has 254).
const LONGEST: usize = 254;

/// What a payer gives of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PayerData {
    pub name: Option<String>,
    pub email: Option<String>,
}

/// As it is written: the invoice is bound to these very bytes.
#[derive(Serialize)]
struct Wire<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

/// What is asked for that we can give.
///
/// # Errors
/// If something else is a condition.
pub(super) fn wants(asked: Option<&BTreeMap<String, Value>>) -> Result<Vec<PayerWant>, LnurlError> {
    let mut wants = Vec::new();
    for (key, how) in asked.into_iter().flatten().filter(|(_, how)| !how.is_null()) {
        let mandatory = how.get("mandatory") == Some(&Value::Bool(true));
        let field = match key.as_str() {
            "name" => PayerField::Name,
            "email" => PayerField::Email,
            _ if mandatory => return Err(LnurlError::PayerDataWanted),
            _ => continue,
        };
        wants.push(PayerWant { field, mandatory });
    }
    wants.sort_by_key(|want| want.field);
    Ok(wants)
}

/// What is sent, as JSON; nothing if nothing is given. What was not asked for is never sent.
///
/// # Errors
/// If something is missing that is a condition, or is longer than a name.
pub(super) fn written(
    wants: &[PayerWant],
    given: &PayerData,
) -> Result<Option<String>, LnurlError> {
    let said = |field: PayerField| {
        let text = match field {
            PayerField::Name => &given.name,
            PayerField::Email => &given.email,
        };
        let want = wants.iter().find(|want| want.field == field)?;
        Some((want.mandatory, text.as_deref().and_then(plain)))
    };
    let checked = |field: PayerField| match said(field) {
        Some((true, None)) => Err(LnurlError::PayerDataMissing),
        Some((_, Some(text))) if text.chars().count() > LONGEST => {
            Err(LnurlError::PayerDataTooLong)
        }
        Some((_, text)) => Ok(text),
        None => Ok(None),
    };
    let (name, email) = (checked(PayerField::Name)?, checked(PayerField::Email)?);
    if name.is_none() && email.is_none() {
        return Ok(None);
    }
    let wire = Wire { name: name.as_deref(), email: email.as_deref() };
    Ok(Some(serde_json::to_string(&wire)?))
}
