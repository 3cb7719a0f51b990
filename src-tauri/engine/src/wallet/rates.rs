//! What a bitcoin costs, at the door.

use super::Wallet;
use crate::amount::Msat;
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

    /// What so many smallest parts of the chosen currency buy, in whole satoshis. `None` where no rate is fresh.
    pub fn buys(&self, currency: Currency, minor: u64) -> Option<Msat> {
        self.core().rates.buys(currency, minor, Timestamp::now())
    }

    /// What a bitcoin costs, as far as it is known.
    pub fn rate(&self) -> RateView {
        self.core().rates.view(Timestamp::now())
    }
}
