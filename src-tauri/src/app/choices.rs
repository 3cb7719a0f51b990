//! The person's choices, and what the settings show of them.

use super::App;
use crate::dto::{ApiError, SettingsPatch, SettingsView};
use crate::error::Answer;
use crate::prefs::{Prefs, default_sources};
use fulmen_engine::Wallet;
use fulmen_engine::error::Code;
use fulmen_engine::keys::seal;
use fulmen_engine::view::NetworkId;

const ALL: [NetworkId; 6] = [
    NetworkId::Mainnet,
    NetworkId::Testnet4,
    NetworkId::Signet,
    NetworkId::Mutinynet,
    NetworkId::Regtest,
    NetworkId::Practice,
];

impl App {
    pub(crate) fn network(&self) -> NetworkId {
        self.prefs().network
    }

    pub(crate) fn settings(&self) -> SettingsView {
        let prefs = self.prefs();
        let network = prefs.network;
        SettingsView {
            network,
            unit: prefs.unit,
            theme: prefs.theme,
            esplora_url: self.source_in_use(&prefs),
            default_esplora_urls: default_sources(network),
            has_password: seal::has_password(&self.wallet_dir(network)).unwrap_or(false),
            words_backed_up: self.wallet().is_ok_and(|wallet| wallet.words_are_backed_up()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            wallets: ALL
                .into_iter()
                .filter(|network| Wallet::exists(&self.wallet_dir(*network)))
                .collect(),
        }
    }

    /// Changes what the patch names. Another chain source is used from the wallet's next opening on.
    pub(crate) fn update_settings(&self, patch: SettingsPatch) -> Answer<SettingsView> {
        self.change_prefs(|prefs| prefs.apply(&patch))?;
        if let Some(backed_up) = patch.words_backed_up {
            self.wallet()?.set_words_backed_up(backed_up);
        }
        Ok(self.settings())
    }

    fn source_in_use(&self, prefs: &Prefs) -> Option<String> {
        match self.practice() {
            Ok((_, practice)) => Some(practice.url()),
            Err(_) => prefs.sources(prefs.network).into_iter().next(),
        }
    }

    pub(super) fn prefs(&self) -> Prefs {
        self.prefs.lock().expect("prefs lock is never poisoned").clone()
    }

    pub(super) fn choose(&self, network: NetworkId) -> Answer<()> {
        self.change_prefs(|prefs| prefs.network = network)
    }

    /// Changes and saves; where that fails nothing is changed.
    fn change_prefs(&self, change: impl FnOnce(&mut Prefs)) -> Answer<()> {
        let mut prefs = self.prefs.lock().expect("prefs lock is never poisoned");
        let mut changed = prefs.clone();
        change(&mut changed);
        changed.save(&self.dir).map_err(|error| ApiError::caused(Code::Storage, &error))?;
        *prefs = changed;
        Ok(())
    }
}
