//! What amounts are worth in the currency that a person chose. For showing: nothing is decided by it.

use crate::amount::{Msat, Sat};
use crate::core::Core;
use crate::fiat::{Fiat, Rate};
use crate::payments::Payment;
use crate::time::Timestamp;
use crate::view::{
    BumpQuote, ClosePreview, FeeChoice, MovementFiat, OpenPreview, PreviewFiat, PsbtOutput,
    PsbtQuote, Quote, QuoteFiat, RecipientQuote, SweepPreview,
};

/// Shows amounts, each of which is worth something.
pub(crate) trait Priced {
    /// The same, with what they are worth by a rate.
    fn priced(self, rate: &Rate) -> Self;
}

/// What is shown, with what its amounts are worth, if that is known.
pub(crate) fn with_worth<P: Priced>(core: &Core, shown: P, now: Timestamp) -> P {
    match core.rates.shown(now) {
        Some(rate) => shown.priced(&rate),
        None => shown,
    }
}

impl Priced for Quote {
    fn priced(self, rate: &Rate) -> Self {
        let fiat = QuoteFiat {
            amount: rate.nearest(self.amount_msat),
            fee_max: rate.nearest(self.fee_max_msat),
            total_max: rate.nearest(self.total_max_msat),
            at_secs: rate.at.secs(),
        };
        Self {
            fiat: Some(fiat),
            fee_choices: each(self.fee_choices, rate),
            recipients: each(self.recipients, rate),
            ..self
        }
    }
}

impl Priced for RecipientQuote {
    fn priced(self, rate: &Rate) -> Self {
        Self { fiat: rate.nearest(self.amount_msat), ..self }
    }
}

impl Priced for FeeChoice {
    fn priced(self, rate: &Rate) -> Self {
        Self { fiat: of_sat(rate, self.fee_sat), ..self }
    }
}

impl Priced for BumpQuote {
    fn priced(self, rate: &Rate) -> Self {
        let (extra, fee) = (rate.nearest(self.extra_msat), rate.nearest(self.fee_msat));
        let fiat = PreviewFiat { amount: extra, fee, at_secs: rate.at.secs() };
        Self { fiat: Some(fiat), fee_choices: each(self.fee_choices, rate), ..self }
    }
}

impl Priced for OpenPreview {
    fn priced(self, rate: &Rate) -> Self {
        Self { fiat: Some(both(rate, self.amount_sat, self.open_fee_sat)), ..self }
    }
}

impl Priced for ClosePreview {
    fn priced(self, rate: &Rate) -> Self {
        Self { fiat: Some(both(rate, self.you_get_sat, self.fee_sat)), ..self }
    }
}

impl Priced for PsbtQuote {
    fn priced(self, rate: &Rate) -> Self {
        let moves = if self.gains_sat > Sat::ZERO { self.gains_sat } else { self.leaves_sat };
        let fiat = Some(both(rate, moves, self.fee_sat));
        Self { fiat, outputs: each(self.outputs, rate), ..self }
    }
}

impl Priced for PsbtOutput {
    fn priced(self, rate: &Rate) -> Self {
        Self { fiat: of_sat(rate, self.amount_sat), ..self }
    }
}

impl Priced for SweepPreview {
    fn priced(self, rate: &Rate) -> Self {
        let fiat = Some(both(rate, self.amount_sat, self.fee_sat));
        Self { fiat, fee_choices: each(self.fee_choices, rate), ..self }
    }
}

fn each<P: Priced>(all: Vec<P>, rate: &Rate) -> Vec<P> {
    all.into_iter().map(|one| one.priced(rate)).collect()
}

fn both(rate: &Rate, amount: Sat, fee: Sat) -> PreviewFiat {
    let (amount, fee) = (of_sat(rate, amount), of_sat(rate, fee));
    PreviewFiat { amount, fee, at_secs: rate.at.secs() }
}

fn of_sat(rate: &Rate, amount: Sat) -> Option<Fiat> {
    rate.nearest(Msat::from_sat(amount)?)
}

/// What an amount of a row, the one that is shown for it, was and is worth, if a currency is chosen.
pub(crate) fn of_row(
    core: &Core,
    row: &Payment,
    amount: Msat,
    now: Timestamp,
) -> Option<MovementFiat> {
    core.rates.currency()?;
    let fee = row.fee_msat.map(Msat::new);
    Some(MovementFiat {
        then: row.rate.and_then(|rate| rate.nearest(amount)),
        fee_then: row.rate.and_then(|rate| rate.nearest(fee?)),
        then_at_secs: row.rate.map(|rate| rate.at.secs()),
        now: core.rates.worth(amount, now),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fiat::Currency;
    use crate::view::FeeSpeed;

    /// A satoshi is a cent.
    fn rate() -> Rate {
        let currency = Currency::parse("EUR").expect("one of the table");
        let at = Timestamp::from_secs(1_795_530_000);
        Rate { currency, decimals: 2, minor_per_btc: 100_000_000, at, sources: 2 }
    }

    fn minors(fiat: Option<PreviewFiat>) -> (Option<u64>, Option<u64>, u64) {
        let fiat = fiat.expect("a rate is known");
        let minor = |worth: Option<Fiat>| worth.map(|worth| worth.minor);
        (minor(fiat.amount), minor(fiat.fee), fiat.at_secs)
    }

    #[test]
    fn a_raise_has_the_worth_of_what_it_costs_more_and_of_each_choice() {
        let choice = FeeChoice {
            speed: FeeSpeed::Fast,
            sat_per_vb: 9,
            fee_sat: Sat::new(1128),
            about_minutes: 10,
            share_permille: None,
            fiat: None,
        };
        let raise = BumpQuote {
            id: String::new(),
            replaces: true,
            amount_msat: Msat::new(50_000_000),
            off_the_rest: false,
            fee_msat: Msat::new(1_269_000),
            extra_msat: Msat::new(1_128_000),
            fee_permille: None,
            fiat: None,
            sat_per_vb: 9,
            speed: FeeSpeed::Fast,
            fee_choices: vec![choice],
        };
        let priced = raise.priced(&rate());
        assert_eq!(minors(priced.fiat), (Some(1128), Some(1269), 1_795_530_000));
        assert_eq!(priced.fee_choices[0].fiat.map(|fiat| fiat.minor), Some(1128));
    }

    #[test]
    fn a_psbt_has_the_worth_of_what_it_moves_and_of_each_output() {
        let output = PsbtOutput { amount_sat: Sat::new(70_000), ..PsbtOutput::default() };
        let leaves = PsbtQuote {
            outputs: vec![output],
            leaves_sat: Sat::new(70_564),
            fee_sat: Sat::new(564),
            ..PsbtQuote::default()
        };
        let gains = PsbtQuote { gains_sat: Sat::new(9), ..PsbtQuote::default() };
        let leaves = leaves.priced(&rate());
        assert_eq!(minors(leaves.fiat), (Some(70_564), Some(564), 1_795_530_000));
        assert_eq!(leaves.outputs[0].fiat.map(|fiat| fiat.minor), Some(70_000));
        assert_eq!(minors(gains.priced(&rate()).fiat), (Some(9), Some(0), 1_795_530_000));
    }
}
