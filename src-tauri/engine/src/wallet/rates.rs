//! What a bitcoin costs, at the door.

use super::Wallet;
use crate::fiat::Currency;
use crate::time::Timestamp;
use crate::view::RateView;

impl Wallet {
    /// Who is asked once a currency is chosen. Nobody where coins are worth nothing: then none can be chosen.
    pub fn rate_hosts(&self) -> Vec<String> {
        self.core().rate_sources.hosts()
    }

    /// The currency that is shown beside sats.
    pub fn currency(&self) -> Option<Currency> {
        self.core().rates.currency()
    }

    /// From now on this one is shown, and its rate is asked for; or none, and nobody is asked.
    pub fn set_currency(&self, currency: Option<Currency>) {
        let core = self.core();
        core.rates.choose(currency.filter(|_| core.rate_sources.are_any()));
        core.status.money_moved();
    }

    /// What a bitcoin costs, as far as it is known.
    pub fn rate(&self) -> RateView {
        self.core().rates.view(Timestamp::now())
    }
}
