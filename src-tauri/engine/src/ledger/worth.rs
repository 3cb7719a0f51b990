//! What amounts are worth in the currency that a person chose. For showing: nothing is decided by it.

use crate::amount::Msat;
use crate::core::Core;
use crate::payments::Payment;
use crate::time::Timestamp;
use crate::view::{MovementFiat, Quote, QuoteFiat};

/// A quote with what its amounts are worth, if that is known.
pub(crate) fn with_worth(core: &Core, quote: Quote, now: Timestamp) -> Quote {
    let fiat = core.rates.shown(now).map(|rate| QuoteFiat {
        amount: rate.nearest(quote.amount_msat),
        fee_max: rate.nearest(quote.fee_max_msat),
        total_max: rate.nearest(quote.total_max_msat),
    });
    Quote { fiat, ..quote }
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
