//! What a host answers, read strictly if money hangs on it. `serde_json` itself refuses what is nested too deep.

use super::{LnurlError, PayLink, WithdrawLink, payer};
use crate::amount::Msat;
use crate::uri::{Link, plain};
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What an LNURL turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Pay(PayLink),
    Withdraw(WithdrawLink),
}

/// All fields of all answers.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wire {
    status: Option<String>,
    reason: Option<String>,
    tag: Option<String>,
    callback: Option<String>,
    min_sendable: Option<u64>,
    max_sendable: Option<u64>,
    metadata: Option<String>,
    comment_allowed: Option<Value>,
    payer_data: Option<BTreeMap<String, Value>>,
    k1: Option<String>,
    default_description: Option<String>,
    min_withdrawable: Option<u64>,
    max_withdrawable: Option<u64>,
    pr: Option<String>,
    success_action: Option<Value>,
}

impl Wire {
    fn read(bytes: &[u8]) -> Result<Self, LnurlError> {
        let wire: Self = serde_json::from_slice(bytes)?;
        match &wire.status {
            Some(status) if status.eq_ignore_ascii_case("error") => {
                let said = wire.reason.as_deref().and_then(plain).unwrap_or_default();
                Err(LnurlError::Refused(said))
            }
            _ => Ok(wire),
        }
    }

    fn callback(&self) -> Result<Url, LnurlError> {
        let url = self.callback.as_deref().and_then(|url| Url::parse(url).ok());
        let url = url.filter(|url| url.host_str().is_some());
        url.ok_or(LnurlError::Nonsense("no callback"))
    }
}

/// The first answer of who was asked.
pub(crate) fn read(bytes: &[u8], asked: Link) -> Result<Answer, LnurlError> {
    let wire = Wire::read(bytes)?;
    match wire.tag.as_deref() {
        Some("payRequest") => pay(wire, asked).map(Answer::Pay),
        Some("withdrawRequest") if !matches!(asked, Link::Name(_)) => {
            withdraw(wire, asked.host()).map(Answer::Withdraw)
        }
        Some(other) => {
            Err(LnurlError::Unknown(plain(other).unwrap_or_default().chars().take(40).collect()))
        }
        None => Err(LnurlError::Nonsense("no tag")),
    }
}

fn pay(wire: Wire, asked: Link) -> Result<PayLink, LnurlError> {
    let callback = wire.callback()?;
    let wants = payer::wants(wire.payer_data.as_ref())?;
    let (min, max) = limits(wire.min_sendable, wire.max_sendable)?;
    if min == Msat::ZERO {
        return Err(LnurlError::Nonsense("the limits leave nothing"));
    }
    let metadata = wire.metadata.ok_or(LnurlError::Nonsense("no metadata"))?;
    let (text, details) = described(&metadata)?;
    // Some write a number as a text, or `false` for none.
    let longest = match wire.comment_allowed {
        Some(Value::Number(number)) => number.as_u64().unwrap_or(0),
        Some(Value::String(text)) => text.parse().unwrap_or(0),
        _ => 0,
    };
    let longest_comment = u16::try_from(longest.min(2000)).unwrap_or(0);
    Ok(PayLink { callback, min, max, metadata, text, details, longest_comment, wants, asked })
}

/// Some have no limit of their own and name a number beyond all bitcoin.
fn limits(min: Option<u64>, max: Option<u64>) -> Result<(Msat, Msat), LnurlError> {
    let (Some(min), Some(max)) = (min, max) else { return Err(LnurlError::Nonsense("no limits")) };
    let (min, max) = (Msat::new(min), Msat::new(max).min(Msat::MOST));
    if min > max {
        return Err(LnurlError::Nonsense("the limits leave nothing"));
    }
    Ok((min, max))
}

/// The short description and, if there is one, the long one. Exactly one short one (LUD-06), or a host could show one
/// and mean another.
fn described(metadata: &str) -> Result<(Option<String>, Option<String>), LnurlError> {
    let entries: Vec<Vec<Value>> = serde_json::from_str(metadata)?;
    let all = |kind: &str| -> Vec<String> {
        let mine =
            entries.iter().filter(|entry| entry.first().and_then(Value::as_str) == Some(kind));
        mine.filter_map(|entry| entry.get(1).and_then(Value::as_str).map(str::to_owned)).collect()
    };
    match all("text/plain").as_slice() {
        [one] => {
            let long = all("text/long-desc");
            Ok((super::words(one), long.first().and_then(|text| super::words(text))))
        }
        _ => Err(LnurlError::Nonsense("not one description")),
    }
}

fn withdraw(wire: Wire, host: String) -> Result<WithdrawLink, LnurlError> {
    let callback = wire.callback()?;
    let k1 = wire.k1.ok_or(LnurlError::Nonsense("no k1"))?;
    if matches!((wire.min_withdrawable, wire.max_withdrawable), (Some(_), Some(0))) {
        return Err(LnurlError::NothingToWithdraw);
    }
    let (min, max) = limits(wire.min_withdrawable, wire.max_withdrawable)?;
    let text = wire.default_description.as_deref().and_then(super::words);
    let min = min.max(Msat::new(1));
    Ok(WithdrawLink { callback, k1, min, max, text, host })
}

/// The invoice and what is to be shown once it is paid, as they were said.
pub(super) fn invoice(bytes: &[u8]) -> Result<(String, Option<Value>), LnurlError> {
    let wire = Wire::read(bytes)?;
    let invoice = wire.pr.ok_or(LnurlError::Nonsense("no invoice"))?;
    Ok((invoice, wire.success_action.filter(|action| !action.is_null())))
}

/// `{"status": "OK"}`.
pub(crate) fn confirmed(bytes: &[u8]) -> Result<(), LnurlError> {
    match Wire::read(bytes)?.status {
        Some(status) if status.eq_ignore_ascii_case("ok") => Ok(()),
        _ => Err(LnurlError::Nonsense("neither OK nor an error")),
    }
}
