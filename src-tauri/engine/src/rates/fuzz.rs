//! What holds of every answer of a server of rates, for [`crate::fuzz`].

use super::agreed::agreed;
use super::ask::price;
use crate::fiat::{Currency, MOST_PER_BTC, decimal, minor_of};
use crate::network::RateShape;

const SHAPES: [RateShape; 3] = [RateShape::Mempool, RateShape::CoinGecko, RateShape::Coinbase];

/// What is read as a price is one, to the last digit, and what several say lies between what they say.
pub(crate) fn answer(data: &[u8]) {
    let mut said = Vec::new();
    for shape in SHAPES {
        for currency in Currency::all() {
            let text = price(shape, data, currency).ok().flatten();
            let Some(text) = text else { continue };
            let Some(minor) = minor_of(&text, currency.decimals()) else { continue };
            assert!((1..=MOST_PER_BTC).contains(&minor));
            let written = decimal(minor, currency.decimals());
            assert_eq!(minor_of(&written, currency.decimals()), Some(minor));
            said.push(minor);
        }
    }
    for some in said.windows(2).chain(said.windows(3)) {
        if let Some(rate) = agreed(some) {
            assert!(some.iter().min() <= Some(&rate) && Some(&rate) <= some.iter().max());
        }
    }
}
