//! Money of a state beside sats: a currency, what a bitcoin costs in it, and what an amount is worth. Integers alone: cents, or
//! whatever a currency's smallest part is. It is for showing, and for typing: what is typed becomes satoshis first, and these are
//! what is shown and paid. Nothing is compared or decided by it.

use crate::amount::{MAX_EXACT, Msat, Sat};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// A currency by its code (ISO 4217), which every answer of a server and every stored row is held against.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// Those that can be chosen, with the number of their decimals. Every source of the network table knows all of them.
const KNOWN: [(Currency, u8); 7] = [
    (Currency(*b"USD"), 2),
    (Currency(*b"EUR"), 2),
    (Currency(*b"GBP"), 2),
    (Currency(*b"CHF"), 2),
    (Currency(*b"CAD"), 2),
    (Currency(*b"AUD"), 2),
    (Currency(*b"JPY"), 0),
];

impl Currency {
    /// Those that can be chosen.
    pub fn all() -> impl Iterator<Item = Self> {
        KNOWN.iter().map(|(currency, _)| *currency)
    }

    /// One that can be chosen.
    pub fn parse(code: &str) -> Option<Self> {
        Self::all().find(|currency| currency.code() == code)
    }

    /// Three capital letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a code is three ASCII letters")
    }

    /// How many decimals its amounts have. A row may have a currency that a later version does not offer any more, so a row
    /// keeps this beside it.
    pub(crate) fn decimals(self) -> u8 {
        KNOWN.iter().find(|(known, _)| *known == self).map_or(2, |(_, decimals)| *decimals)
    }
}

impl TryFrom<String> for Currency {
    type Error = &'static str;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(letters)),
            _ => Err("not the code of a currency"),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What a bitcoin cost, and when. A row keeps it as it is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Of what.
    pub currency: Currency,
    /// How many decimals its amounts have.
    pub decimals: u8,
    /// Its smallest parts for a whole bitcoin.
    pub minor_per_btc: u64,
    /// When it was fetched.
    pub at: Timestamp,
    /// How many servers it is made of.
    pub sources: u8,
}

/// An amount in a currency, for showing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Fiat {
    #[ts(type = "string")]
    pub currency: Currency,
    /// How many of the digits of `minor` are decimals.
    pub decimals: u8,
    /// In its smallest part, rounded to the nearest.
    #[ts(type = "number")]
    pub minor: u64,
    /// It is something, and less than half of the smallest part.
    pub below_one: bool,
}

/// Thousandths of a satoshi in a bitcoin.
const MSAT_PER_BTC: u128 = 100_000_000_000;

/// Satoshi in a bitcoin.
const SAT_PER_BTC: u128 = 100_000_000;

/// Ten million million of a currency with two decimals for one bitcoin: more is a mistake.
pub(crate) const MOST_PER_BTC: u64 = 1_000_000_000_000_000;

impl Rate {
    /// What an amount is worth, to the nearest smallest part; a half counts as one more. `None`: more than a page can hold.
    pub fn nearest(&self, amount: Msat) -> Option<Fiat> {
        let product = u128::from(amount.get()).checked_mul(u128::from(self.minor_per_btc))?;
        let minor = product.checked_add(MSAT_PER_BTC / 2)? / MSAT_PER_BTC;
        let minor = u64::try_from(minor).ok().filter(|minor| *minor <= MAX_EXACT)?;
        let below_one = minor == 0 && amount != Msat::ZERO;
        Some(Fiat { currency: self.currency, decimals: self.decimals, minor, below_one })
    }

    /// The satoshis that so many smallest parts are worth, to the nearest; a half counts as one more. `None`: not even one, or
    /// more than a page can hold.
    pub(crate) fn buys(&self, minor: u64) -> Option<Msat> {
        let (wanted, per) = (u128::from(minor), u128::from(self.minor_per_btc));
        let sat = wanted.checked_mul(SAT_PER_BTC)?.checked_add(per / 2)?.checked_div(per)?;
        let amount = Msat::from_sat(Sat::new(u64::try_from(sat).ok()?))?;
        (1..=MAX_EXACT).contains(&amount.get()).then_some(amount)
    }

    /// How far apart from a moment it was fetched, in seconds, before or after.
    pub(crate) fn distance(&self, moment: Timestamp) -> u64 {
        self.at.secs().abs_diff(moment.secs())
    }
}

/// An amount of a currency's smallest parts as a number with a point: `1234.50`. For files that programs read.
pub(crate) fn decimal(minor: u64, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let digits = format!("{minor:0>width$}", width = decimals + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals);
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
}

/// A number as a server writes it, in a currency's smallest parts; what is smaller than these is dropped. Digits and a point
/// alone: no sign, no exponent, no more than [`MOST_PER_BTC`], and not nothing.
pub(crate) fn minor_of(text: &str, decimals: u8) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str| {
        (1..=24).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    if !is_number(whole) || !is_number(part) {
        return None;
    }
    let kept = part.bytes().chain(std::iter::repeat(b'0')).take(usize::from(decimals));
    let minor = whole
        .bytes()
        .chain(kept)
        .try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')))?;
    (1..=MOST_PER_BTC).contains(&minor).then_some(minor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(minor_per_btc: u64) -> Rate {
        let currency = Currency(*b"EUR");
        Rate { currency, decimals: 2, minor_per_btc, at: Timestamp::from_secs(1), sources: 2 }
    }

    proptest! {
        #[test]
        fn a_worth_is_the_nearest_there_is(msat in 0..=2_100_000_000_000_000_000u64, per in 1..=MOST_PER_BTC) {
            let exact = u128::from(msat) * u128::from(per);
            match rate(per).nearest(Msat::new(msat)) {
                Some(fiat) => {
                    let shown = u128::from(fiat.minor) * MSAT_PER_BTC;
                    prop_assert!(exact.abs_diff(shown) * 2 <= MSAT_PER_BTC);
                    prop_assert_eq!(fiat.below_one, msat > 0 && exact * 2 < MSAT_PER_BTC);
                }
                None => prop_assert!(exact / MSAT_PER_BTC >= u128::from(MAX_EXACT)),
            }
        }

        #[test]
        fn what_it_buys_is_the_nearest_there_is(minor in 1..=1_000_000_000_000u64, per in 1..=MOST_PER_BTC) {
            let exact = u128::from(minor) * SAT_PER_BTC;
            match rate(per).buys(minor) {
                Some(msat) => {
                    prop_assert_eq!(msat.get() % 1000, 0, "whole satoshis");
                    let bought = u128::from(msat.get() / 1000) * u128::from(per);
                    prop_assert!(exact.abs_diff(bought) * 2 <= u128::from(per));
                }
                None => {
                    let sat = exact / u128::from(per);
                    prop_assert!(sat == 0 || sat >= u128::from(MAX_EXACT / 1000), "{sat}");
                }
            }
        }

        #[test]
        fn a_number_is_read_back_as_it_was_written(minor in 1..=MOST_PER_BTC, decimals in 0..4u8) {
            prop_assert_eq!(minor_of(&decimal(minor, decimals), decimals), Some(minor));
        }

        #[test]
        fn no_text_is_too_odd_to_be_refused(text in "\\PC{0,40}", decimals in 0..4u8) {
            if let Some(minor) = minor_of(&text, decimals) {
                prop_assert!((1..=MOST_PER_BTC).contains(&minor));
            }
        }
    }

    #[test]
    fn numbers_are_digits_and_a_point() {
        assert_eq!(minor_of("43753", 2), Some(4_375_300));
        assert_eq!(minor_of("43753.1", 2), Some(4_375_310));
        assert_eq!(minor_of("43753.129999", 2), Some(4_375_312), "dropped");
        assert_eq!(minor_of("6218915.9", 0), Some(6_218_915));
        assert_eq!(minor_of("0.01", 2), Some(1));
        let odd = [
            "", ".", "1.", ".5", "-1", "+1", "1e5", "1,000", "NaN", "Infinity", "0", "0.001",
            "1.2.3", " 1", "٣",
        ];
        for odd in odd {
            assert_eq!(minor_of(odd, 2), None, "{odd:?}");
        }
        assert_eq!(minor_of("99999999999999999999999", 2), None);
        assert_eq!(minor_of(&"9".repeat(1000), 2), None);
    }

    #[test]
    fn a_worth_of_less_than_a_cent_says_so() {
        let fiat = |msat| rate(8_000_000).nearest(Msat::new(msat)).expect("little");
        assert_eq!((fiat(0).minor, fiat(0).below_one), (0, false));
        assert_eq!((fiat(1_000).minor, fiat(1_000).below_one), (0, true), "0.08 cents");
        assert_eq!((fiat(6_250).minor, fiat(6_250).below_one), (1, false), "a half is one more");
        assert_eq!(fiat(100_000_000_000).minor, 8_000_000);
        assert_eq!(rate(MOST_PER_BTC).nearest(Msat::new(u64::MAX)), None, "more than a page holds");
    }

    #[test]
    fn a_sum_buys_whole_satoshis_or_nothing() {
        let buys = |minor| rate(8_000_000).buys(minor).map(Msat::get);
        assert_eq!(buys(8_000_000), Some(100_000_000_000), "80 000.00 for a bitcoin");
        assert_eq!(buys(1), Some(13_000), "12.5 are one more");
        assert_eq!(buys(0), None);
        assert_eq!(rate(1_000_000_000).buys(1), None, "a tenth of one is none");
        assert_eq!(rate(0).buys(1), None, "nothing costs nothing");
        assert_eq!(rate(1).buys(u64::MAX), None, "more than a page holds");
    }

    #[test]
    fn a_currency_is_three_letters() {
        assert_eq!(Currency::parse("EUR").map(Currency::decimals), Some(2));
        assert_eq!(Currency::parse("JPY").map(Currency::decimals), Some(0));
        assert_eq!(Currency::parse("eur"), None);
        assert_eq!(Currency::parse("XXX"), None, "not one that can be chosen");
        for odd in ["\"eur\"", "\"EU\"", "\"EURO\"", "\"€€€\"", "7"] {
            assert!(serde_json::from_str::<Currency>(odd).is_err(), "{odd}");
        }
        let later: Currency = serde_json::from_str("\"XAU\"").expect("a row of another version");
        assert_eq!(later.code(), "XAU");
    }

    #[test]
    fn amounts_in_files_have_their_decimals() {
        assert_eq!(decimal(0, 2), "0.00");
        assert_eq!(decimal(5, 2), "0.05");
        assert_eq!(decimal(123_456, 2), "1234.56");
        assert_eq!(decimal(123_456, 0), "123456");
        assert_eq!(decimal(7, 3), "0.007");
    }
}
