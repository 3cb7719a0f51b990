//! Our own requests for money: the URI, and the form of it that makes the smallest QR code.

use super::text;
use crate::amount::Msat;
use bitcoin::Address;
use bitcoin::amount::{Amount, Denomination};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// How texts begin that are bech32 and may be written in upper case.
const BECH32: [&str; 6] = ["bc1", "tb1", "bcrt1", "lnbc", "lntb", "lno1"];

/// A BIP 321 URI that asks for money: address, amount, note, invoice.
///
/// The amount is written in bitcoin; if it is no whole number of satoshi it is rounded up, since the chain knows no
/// less (the invoice keeps the exact one). The note reads back as [`parse`](super::parse) would show it.
pub fn build(
    address: &Address,
    invoice: Option<&str>,
    amount: Option<Msat>,
    note: Option<&str>,
) -> String {
    let sats = amount
        .map(|amount| Amount::from(amount.to_sat_ceil()))
        .filter(|&amount| amount > Amount::ZERO);
    let params = [
        sats.map(|sats| format!("amount={}", decimal(sats))),
        note.and_then(text::plain)
            .map(|note| format!("message={}", utf8_percent_encode(&note, ENCODED))),
        invoice.map(|invoice| format!("lightning={invoice}")),
    ];
    let params = params.into_iter().flatten().collect::<Vec<_>>().join("&");
    if params.is_empty() {
        format!("bitcoin:{address}")
    } else {
        format!("bitcoin:{address}?{params}")
    }
}

/// Bitcoin with no more places than needed.
fn decimal(amount: Amount) -> String {
    let text = amount.to_string_in(Denomination::Bitcoin);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The same instruction in upper case as far as its format allows: upper case takes a third less room in a QR code.
///
/// All of it if nothing in it depends on case; else (a note, a base58 address) its bech32 parts alone.
pub fn qr_text(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| !scheme.contains('@'))
    else {
        return if is_bech32(text) { text.to_ascii_uppercase() } else { text.to_owned() };
    };
    let (body, query) = rest.split_once('?').unwrap_or((rest, ""));
    let params = || query.split('&').map(|param| param.split_once('=').unwrap_or((param, "")));
    if is_caseless(body) && params().all(|(_, value)| is_caseless(value)) {
        return text.to_ascii_uppercase();
    }
    let params = params().map(|(key, value)| {
        if value.is_empty() { key.to_owned() } else { format!("{key}={}", upper(value)) }
    });
    let params = params.collect::<Vec<_>>().join("&");
    let body = upper(body);
    if params.is_empty() { format!("{scheme}:{body}") } else { format!("{scheme}:{body}?{params}") }
}

fn upper(part: &str) -> String {
    if is_bech32(part) { part.to_ascii_uppercase() } else { part.to_owned() }
}

/// Upper case would say the same: bech32, or no letters at all outside percent-encoding.
fn is_caseless(part: &str) -> bool {
    let mut escapes = part.split('%');
    let unescaped = |rest: &str| rest.get(2..).is_some_and(has_no_letter);
    is_bech32(part) || (escapes.next().is_none_or(has_no_letter) && escapes.all(unescaped))
}

fn has_no_letter(text: &str) -> bool {
    !text.chars().any(char::is_alphabetic)
}

fn is_bech32(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let one_case = lower == text || text.to_ascii_uppercase() == text;
    one_case
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
        && BECH32.iter().any(|prefix| lower.starts_with(prefix))
}
