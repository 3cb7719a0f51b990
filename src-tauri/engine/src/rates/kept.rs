//! The currency that a person chose, in the vault: a choice of this wallet, and of no other on this computer. With it the last
//! rate, so that a start shows it, with its age, before anybody was asked.

use crate::amount::Msat;
use crate::fiat::{Currency, Fiat, Rate};
use crate::store::StagedKv;
use crate::time::Timestamp;
use crate::view::{RateTrouble, RateView};
use lightning::util::persist::KVStoreSync;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;

const PRIMARY: &str = "fulmen";
const FACTS: &str = "facts";
const KEY: &str = "rate";

/// An older rate is marked as such.
const STALE_SECS: u64 = 10 * 60;
/// An older one is not shown.
const GONE_SECS: u64 = 24 * 60 * 60;
/// What moved further away in time from a rate than this gets none: a bitcoin may have cost something else then.
const OF_ITS_TIME_SECS: u64 = 30 * 60;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    #[serde(default)]
    currency: Option<Currency>,
    #[serde(default)]
    last: Option<Rate>,
}

#[derive(Clone, Copy, Default)]
struct State {
    kept: Kept,
    /// Of the last attempt; nothing if it brought a rate.
    trouble: Option<RateTrouble>,
}

/// See the module.
pub(crate) struct Rates {
    kv: Arc<StagedKv>,
    state: Mutex<State>,
    choice: Notify,
}

impl Rates {
    /// As it was chosen; what cannot be read is as if nobody had chosen.
    pub(crate) fn load(kv: Arc<StagedKv>) -> Self {
        let bytes = kv.read(PRIMARY, FACTS, KEY).ok();
        let kept = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let state = Mutex::new(State { kept, trouble: None });
        Self { kv, state, choice: Notify::new() }
    }

    pub(crate) fn currency(&self) -> Option<Currency> {
        self.lock().kept.currency
    }

    /// From now on this one, or none. With the next commit.
    pub(crate) fn choose(&self, currency: Option<Currency>) {
        let mut state = self.lock();
        if state.kept.currency == currency {
            return;
        }
        *state = State { kept: Kept { currency, last: None }, trouble: None };
        self.keep(state.kept);
        self.choice.notify_one();
    }

    /// Waits until another choice is made.
    pub(super) async fn chosen(&self) {
        self.choice.notified().await;
    }

    /// A rate, if it is still wanted.
    pub(super) fn learnt(&self, rate: Rate) {
        let mut state = self.lock();
        if state.kept.currency == Some(rate.currency) {
            (state.kept.last, state.trouble) = (Some(rate), None);
            self.keep(state.kept);
        }
    }

    /// There is none, and why.
    pub(super) fn failed(&self, currency: Currency, trouble: RateTrouble) {
        let mut state = self.lock();
        if state.kept.currency == Some(currency) {
            state.trouble = Some(trouble);
        }
    }

    /// What a bitcoin cost at a moment, as far as it was known then.
    pub(crate) fn at(&self, moment: Timestamp) -> Option<Rate> {
        self.lock().kept.last.filter(|rate| rate.distance(moment) <= OF_ITS_TIME_SECS)
    }

    /// What an amount is worth now, if that can be shown.
    pub(crate) fn worth(&self, amount: Msat, now: Timestamp) -> Option<Fiat> {
        self.shown(now)?.nearest(amount)
    }

    /// What a sum of the chosen currency buys, by a rate that can be trusted.
    pub(crate) fn buys(&self, currency: Currency, minor: u64, now: Timestamp) -> Option<Msat> {
        let rate = self.shown(now).filter(|rate| rate.distance(now) <= STALE_SECS)?;
        (rate.currency == currency).then(|| rate.buys(minor))?
    }

    /// The rate that is shown now.
    pub(crate) fn shown(&self, now: Timestamp) -> Option<Rate> {
        self.lock().kept.last.filter(|rate| rate.distance(now) <= GONE_SECS)
    }

    pub(crate) fn view(&self, now: Timestamp) -> RateView {
        let State { kept, trouble } = *self.lock();
        let Some(currency) = kept.currency else { return RateView::Off };
        match kept.last.filter(|rate| rate.distance(now) <= GONE_SECS) {
            Some(rate) => RateView::Known {
                one_btc: Fiat {
                    currency,
                    decimals: rate.decimals,
                    minor: rate.minor_per_btc,
                    below_one: false,
                },
                at_secs: rate.at.secs(),
                sources: rate.sources,
                stale: rate.distance(now) > STALE_SECS,
                trouble,
            },
            None => RateView::Unknown { currency, trouble },
        }
    }

    /// Under the lock: what is staged last is what memory has.
    fn keep(&self, kept: Kept) {
        let bytes = serde_json::to_vec(&kept).expect("a rate is plain data");
        if let Err(error) = self.kv.write(PRIMARY, FACTS, KEY, bytes) {
            tracing::error!(%error, "cannot stage the rate");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("rates lock is never poisoned")
    }
}

/// See [`crate::fuzz`].
#[cfg(feature = "test-util")]
pub(crate) fn reads_again(row: &[u8]) {
    crate::store::fuzz::reads_again::<Kept>(row);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Vault;

    fn kv() -> (tempfile::TempDir, Arc<StagedKv>) {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::create(&dir.path().join("vault.db"), &crate::keys::DataKey::generate());
        (dir, Arc::new(StagedKv::new(Arc::new(vault.unwrap()), || {})))
    }

    fn euro(at: u64) -> Rate {
        let currency = Currency::parse("EUR").unwrap();
        let at = Timestamp::from_secs(at);
        Rate { currency, decimals: 2, minor_per_btc: 8_000_000, at, sources: 2 }
    }

    #[test]
    fn a_rate_is_shown_with_its_age_for_a_day_and_kept_with_what_moves_in_its_time() {
        let (_dir, kv) = kv();
        let rates = Rates::load(kv);
        let at = |secs| Timestamp::from_secs(1_000_000 + secs);
        assert_eq!(rates.view(at(0)), RateView::Off);
        rates.learnt(euro(1_000_000));
        assert_eq!(rates.shown(at(0)), None, "nobody wanted it");
        let currency = euro(0).currency;
        rates.choose(Some(currency));
        assert_eq!(rates.view(at(0)), RateView::Unknown { currency, trouble: None });
        rates.learnt(euro(1_000_000));
        let stale = |secs| match rates.view(at(secs)) {
            RateView::Known { stale, .. } => Some(stale),
            _ => None,
        };
        assert_eq!(stale(STALE_SECS), Some(false));
        assert_eq!(stale(STALE_SECS + 1), Some(true));
        assert_eq!(stale(GONE_SECS), Some(true));
        assert_eq!(stale(GONE_SECS + 1), None);
        let buys = |currency, secs| rates.buys(currency, 80, at(secs)).map(Msat::get);
        assert_eq!(buys(currency, STALE_SECS), Some(1_000_000));
        assert_eq!(buys(currency, STALE_SECS + 1), None, "by no old rate");
        assert_eq!(buys(Currency::parse("JPY").unwrap(), 0), None, "by no other's");
        assert_eq!(rates.worth(Msat::new(100_000_000_000), at(GONE_SECS + 1)), None);
        assert!(rates.at(at(OF_ITS_TIME_SECS)).is_some());
        assert!(rates.at(Timestamp::from_secs(1_000_000 - OF_ITS_TIME_SECS)).is_some());
        assert_eq!(rates.at(at(OF_ITS_TIME_SECS + 1)), None, "of another hour");
        rates.failed(currency, RateTrouble::Differ);
        assert!(rates.shown(at(0)).is_some(), "a failure takes nothing away");
    }

    #[test]
    fn a_choice_is_kept_and_another_one_forgets_the_rate() {
        let (_dir, kv) = kv();
        let rates = Rates::load(kv.clone());
        rates.choose(Some(euro(0).currency));
        rates.learnt(euro(5));
        let again = Rates::load(kv.clone());
        assert_eq!(again.currency(), Some(euro(0).currency));
        assert_eq!(again.shown(Timestamp::from_secs(5)), Some(euro(5)));
        again.choose(Currency::parse("JPY"));
        again.learnt(euro(6));
        assert_eq!(again.shown(Timestamp::from_secs(6)), None, "not of this currency");
        again.choose(None);
        assert_eq!(Rates::load(kv).currency(), None);
    }
}
