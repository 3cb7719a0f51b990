//! The person's choices, and what the settings show of them.

use super::App;
use crate::crash;
use crate::dto::{ApiError, SettingsPatch, SettingsView};
use crate::error::Answer;
use crate::prefs::{Prefs, default_sources};
use fulmen_engine::Wallet;
use fulmen_engine::amount::Sat;
use fulmen_engine::chain::Address;
use fulmen_engine::error::Code;
use fulmen_engine::fiat::Currency;
use fulmen_engine::view::NetworkId;

impl App {
    pub(crate) fn network(&self) -> NetworkId {
        self.prefs().network
    }

    /// What the page may pay without a person who agrees outside of it.
    pub(crate) fn spend_limit(&self) -> Sat {
        Sat::new(self.prefs().spend_limit_sat)
    }

    pub(crate) fn settings(&self) -> SettingsView {
        let prefs = self.prefs();
        let network = prefs.network;
        let wallet = self.running().ok().map(|open| open.wallet);
        let rate_hosts = wallet.as_ref().map(Wallet::rate_hosts).unwrap_or_default();
        SettingsView {
            network,
            unit: prefs.unit,
            theme: prefs.theme,
            hide_amounts: prefs.hide_amounts,
            source_urls: self.sources_in_use(&prefs),
            default_source_urls: default_sources(network),
            has_password: self.has_password(),
            words_backed_up: wallet.as_ref().is_some_and(|wallet| wallet.words_are_backed_up()),
            real_money: network.parameters().is_real_money,
            channel_cap_sat: wallet.as_ref().map(|wallet| wallet.channel_cap()),
            no_copy: wallet.as_ref().is_some_and(|wallet| wallet.has_no_copy()),
            spend_limit_sat: Sat::new(prefs.spend_limit_sat),
            lock_after_minutes: prefs.lock_after_minutes,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            crashed: crash::last(&self.dir),
            currency: wallet.as_ref().and_then(Wallet::currency),
            currencies: Currency::all().filter(|_| !rate_hosts.is_empty()).collect(),
            rate_hosts,
            resolver_host: network.parameters().resolver_host().map(str::to_owned),
            wallets: NetworkId::ALL
                .into_iter()
                .filter(|network| Wallet::exists(&self.wallet_dir(*network)))
                .collect(),
        }
    }

    /// Changes what the patch names. Another chain source counts at once.
    pub(crate) async fn update_settings(&self, patch: SettingsPatch) -> Answer<SettingsView> {
        if let Some(urls) = &patch.source_urls {
            self.use_sources(urls).await?;
        }
        let currency = patch.currency.as_deref().map(currency).transpose()?;
        self.change_prefs(|prefs| prefs.apply(&patch))?;
        if let Some(currency) = currency {
            self.wallet()?.set_currency(currency);
        }
        if patch.crash_seen == Some(true) {
            crash::seen(&self.dir).map_err(|error| ApiError::caused(Code::Storage, &error))?;
        }
        if let Some(cap) = patch.channel_cap_sat {
            self.wallet()?.set_channel_cap(cap);
        }
        if let Some(no_copy) = patch.no_copy {
            self.wallet()?.set_no_copy(no_copy);
        }
        Ok(self.settings())
    }

    /// Before they are saved: what is no address is refused, and nothing is changed. Practice has a source of its own.
    async fn use_sources(&self, urls: &[String]) -> Answer<()> {
        let _changing = self.changing.lock().await;
        let network = self.network();
        match self.running() {
            Ok(opened) if opened.practice.is_none() => {
                let urls = if urls.is_empty() { default_sources(network) } else { urls.to_vec() };
                Ok(opened.wallet.use_sources(&urls).await?)
            }
            // Only an open wallet has a place for one.
            _ if urls.iter().any(|url| Address::read(url).password().is_some()) => {
                Err(ApiError::new(Code::NotUnderstood, "the preferences keep no password"))
            }
            _ => Ok(()),
        }
    }

    fn sources_in_use(&self, prefs: &Prefs) -> Vec<String> {
        match self.running().map(|open| open.practice) {
            Ok(Some(practice)) => vec![practice.url()],
            _ => prefs.sources(prefs.network),
        }
    }

    pub(super) fn prefs(&self) -> Prefs {
        self.prefs.lock().expect("prefs lock is never poisoned").clone()
    }

    pub(super) fn choose(&self, network: NetworkId) -> Answer<()> {
        self.change_prefs(|prefs| prefs.network = network)
    }

    /// Changes and saves; if that fails nothing is changed.
    fn change_prefs(&self, change: impl FnOnce(&mut Prefs)) -> Answer<()> {
        let mut prefs = self.prefs.lock().expect("prefs lock is never poisoned");
        let mut changed = prefs.clone();
        change(&mut changed);
        changed.save(&self.dir).map_err(|error| ApiError::caused(Code::Storage, &error))?;
        *prefs = changed;
        Ok(())
    }
}

/// What the page says of a currency; no text: none.
fn currency(code: &str) -> Answer<Option<Currency>> {
    match Currency::parse(code) {
        None if !code.is_empty() => {
            Err(ApiError::new(Code::NotUnderstood, "a currency that cannot be chosen"))
        }
        chosen => Ok(chosen),
    }
}
