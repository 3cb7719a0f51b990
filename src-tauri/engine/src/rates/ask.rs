//! Asking the servers of the network's table, on a slow beat, while a person wants it.

use super::agreed::agreed;
use super::kept::Rates;
use crate::error::chain_of;
use crate::fiat::{Currency, Rate, minor_of};
use crate::http::{Guarded, HttpError, Local, Redirects};
use crate::network::{NetworkId, RateShape, RateSource};
use crate::time::Timestamp;
use crate::view::RateTrouble;
use reqwest::Url;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Each answer is a few hundred bytes.
const MOST_BYTES: usize = 8 * 1024;
/// Some refuse who does not say what they are. All that say it are one crowd: there is no version in it.
const AGENT: &str = "Fulmen";
/// The longest pause after failures.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// After so many failures the pause grows no more.
const MOST_DOUBLINGS: u32 = 4;

/// Who is asked, and by what.
pub(crate) struct RateSources {
    client: Guarded,
    table: &'static [RateSource],
}

/// Why a server's answer is of no use.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("it cannot be asked")]
    Http(#[from] HttpError),
    #[error("the answer is not one of its kind")]
    Json(#[from] serde_json::Error),
    #[error("the answer has no price of bitcoin in this currency")]
    NoPrice,
}

impl RateSources {
    /// # Errors
    /// If the system's TLS cannot be used.
    pub(crate) fn new(network: NetworkId, local: Local) -> Result<Self, HttpError> {
        let client = Guarded::new(local)?.called(AGENT);
        Ok(Self { client, table: network.parameters().rates })
    }

    /// Their hosts, in the order in which they are asked.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let hosts = self.table.iter().filter_map(|source| {
            let url = Url::parse(source.url).ok()?;
            url.host_str().map(str::to_owned)
        });
        hosts.collect()
    }

    pub(crate) fn are_any(&self) -> bool {
        !self.table.is_empty()
    }

    async fn ask(&self, source: &RateSource, currency: Currency) -> Result<u64, AskError> {
        let code = currency.code();
        let url = source.url.replace("{CODE}", code).replace("{code}", &code.to_lowercase());
        let url = Url::parse(&url).map_err(|_| HttpError::NoAddress)?;
        let answer = self.client.get(&url, MOST_BYTES, Redirects::None).await?;
        let text = price(source.shape, &answer, currency)?.ok_or(AskError::NoPrice)?;
        minor_of(&text, currency.decimals()).ok_or(AskError::NoPrice)
    }
}

/// Fetches for ever, while a currency is chosen.
pub(crate) async fn keep_fetched(rates: Arc<Rates>, sources: &RateSources, every: Duration) {
    let mut failures = 0;
    loop {
        let Some(currency) = rates.currency() else {
            rates.chosen().await;
            continue;
        };
        let fetched = tokio::select! {
            fetched = fetch(sources, currency) => fetched,
            () = rates.chosen() => {
                failures = 0;
                continue;
            }
        };
        failures = match fetched {
            Ok(rate) => {
                rates.learnt(rate);
                0
            }
            Err(trouble) => {
                rates.failed(currency, trouble);
                failures + 1
            }
        };
        tokio::select! {
            () = rates.chosen() => failures = 0,
            () = tokio::time::sleep(pause(every, failures, dice())) => {}
        }
    }
}

/// Asks one after the other, until they agree.
async fn fetch(sources: &RateSources, currency: Currency) -> Result<Rate, RateTrouble> {
    let mut said = Vec::new();
    for source in sources.table {
        match sources.ask(source, currency).await {
            Ok(price) => said.push(price),
            Err(error) => {
                tracing::debug!(error = chain_of(&error), url = source.url, "no rate from here");
            }
        }
        if let Some(minor_per_btc) = agreed(&said) {
            let (at, decimals) = (Timestamp::now(), currency.decimals());
            let sources = u8::try_from(said.len()).unwrap_or(u8::MAX);
            return Ok(Rate { currency, decimals, minor_per_btc, at, sources });
        }
    }
    Err(if said.len() > 1 { RateTrouble::Differ } else { RateTrouble::Unreachable })
}

/// Until the next look: twice as long with each failure, and up to a fifth more, so that not everybody asks at once.
fn pause(every: Duration, failures: u32, dice: u8) -> Duration {
    let longer = every.saturating_mul(1 << failures.min(MOST_DOUBLINGS));
    let pause = longer.min(LONGEST.max(every));
    pause.saturating_add(pause / 5 * u32::from(dice) / u32::from(u8::MAX))
}

fn dice() -> u8 {
    let mut byte = [0];
    getrandom::fill(&mut byte).expect("the operating system gives random bytes");
    byte[0]
}

/// The price as the server wrote it. Its digits are never a float.
pub(super) fn price(
    shape: RateShape,
    answer: &[u8],
    currency: Currency,
) -> Result<Option<String>, serde_json::Error> {
    Ok(match shape {
        RateShape::Mempool => {
            let prices: HashMap<&str, &RawValue> = serde_json::from_slice(answer)?;
            prices.get(currency.code()).map(|price| price.get().to_owned())
        }
        RateShape::CoinGecko => {
            let coins: HashMap<&str, HashMap<&str, &RawValue>> = serde_json::from_slice(answer)?;
            let code = currency.code().to_lowercase();
            let price = coins.get("bitcoin").and_then(|prices| prices.get(code.as_str()));
            price.map(|price| price.get().to_owned())
        }
        RateShape::Coinbase => {
            let Spot { data } = serde_json::from_slice(answer)?;
            let is_it = data.base == "BTC" && data.currency == currency.code();
            is_it.then_some(data.amount)
        }
    })
}

#[derive(Deserialize)]
struct Spot {
    data: SpotPrice,
}

#[derive(Deserialize)]
struct SpotPrice {
    amount: String,
    base: String,
    currency: String,
}

#[cfg(test)]
mod tests;
