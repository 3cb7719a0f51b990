//! The person's choices, in `prefs.json`. Nothing here is a secret, and nothing is money: a damaged file is set aside.

use crate::dto::{SettingsPatch, Theme, Unit};
use fulmen_engine::amount::Sat;
use fulmen_engine::chain::Address;
use fulmen_engine::store::{read_own, write_atomic};
use fulmen_engine::view::NetworkId;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::HashMap;
use std::io;
use std::path::Path;

const FILE: &str = "prefs.json";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Prefs {
    pub(crate) network: NetworkId,
    pub(crate) unit: Unit,
    pub(crate) theme: Theme,
    /// Whoever may look over a shoulder sees no amounts.
    pub(crate) hide_amounts: bool,
    /// Those that the person chose, the best first. Once there was only one kind of server, and one of it.
    #[serde(alias = "esploraUrls", deserialize_with = "one_or_several")]
    pub(crate) source_urls: HashMap<NetworkId, Vec<String>>,
    /// What a payment or a day may cost without being agreed to outside of the page.
    pub(crate) spend_limit_sat: u64,
    /// Without a person the screen locks after so long. 0: never.
    pub(crate) lock_after_minutes: u32,
}

const SPEND_LIMIT_SAT: u64 = 100_000;
const LOCK_AFTER_MINUTES: u32 = 15;

impl Default for Prefs {
    fn default() -> Self {
        Self {
            network: NetworkId::Mainnet,
            unit: Unit::default(),
            theme: Theme::default(),
            hide_amounts: false,
            source_urls: HashMap::new(),
            spend_limit_sat: SPEND_LIMIT_SAT,
            lock_after_minutes: LOCK_AFTER_MINUTES,
        }
    }
}

impl Prefs {
    /// What was chosen before; the defaults at first start.
    pub(crate) fn load(dir: &Path) -> Self {
        let path = dir.join(FILE);
        let Ok(bytes) = read_own(&path) else { return Self::default() };
        serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            tracing::warn!(%error, "the preferences are damaged and set aside");
            if let Err(error) = std::fs::rename(&path, path.with_extension("damaged.json")) {
                tracing::warn!(%error, "they stay where they are");
            }
            Self::default()
        })
    }

    pub(crate) fn save(&self, dir: &Path) -> io::Result<()> {
        write_atomic(&dir.join(FILE), &serde_json::to_vec_pretty(self).map_err(io::Error::other)?)
    }

    /// Takes over what the patch names. Without a chain server the default counts.
    pub(crate) fn apply(&mut self, patch: &SettingsPatch) {
        self.unit = patch.unit.unwrap_or(self.unit);
        self.theme = patch.theme.unwrap_or(self.theme);
        self.hide_amounts = patch.hide_amounts.unwrap_or(self.hide_amounts);
        self.spend_limit_sat = patch.spend_limit_sat.map_or(self.spend_limit_sat, Sat::get);
        self.lock_after_minutes = patch.lock_after_minutes.unwrap_or(self.lock_after_minutes);
        match patch.source_urls.as_deref() {
            Some([]) => drop(self.source_urls.remove(&self.network)),
            Some(urls) => drop(self.source_urls.insert(self.network, without_passwords(urls))),
            None => {}
        }
    }

    /// Where to read the chain: the person's choice, else ours. Empty where neither is there.
    pub(crate) fn sources(&self, network: NetworkId) -> Vec<String> {
        self.source_urls.get(&network).cloned().unwrap_or_else(|| default_sources(network))
    }
}

fn without_passwords(urls: &[String]) -> Vec<String> {
    urls.iter().map(|url| Address::read(url).url().to_owned()).collect()
}

fn one_or_several<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<HashMap<NetworkId, Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Urls {
        One(String),
        Several(Vec<String>),
    }
    let read: HashMap<NetworkId, Urls> = HashMap::deserialize(from)?;
    let several = |urls| match urls {
        Urls::One(url) => vec![url],
        Urls::Several(urls) => urls,
    };
    Ok(read.into_iter().map(|(network, urls)| (network, several(urls))).collect())
}

/// What is used unless the person says otherwise.
pub(crate) fn default_sources(network: NetworkId) -> Vec<String> {
    owned(network.parameters().esplora)
}

pub(crate) fn owned(urls: &[&str]) -> Vec<String> {
    urls.iter().map(|url| (*url).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_come_back_and_a_damaged_file_is_no_obstacle() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Prefs::load(dir.path()), Prefs::default());
        let mut prefs = Prefs { network: NetworkId::Signet, unit: Unit::Btc, ..Prefs::default() };
        prefs.source_urls.insert(NetworkId::Signet, vec!["http://127.0.0.1:1".into()]);
        prefs.save(dir.path()).unwrap();
        assert_eq!(Prefs::load(dir.path()), prefs);
        assert_eq!(prefs.sources(NetworkId::Signet), ["http://127.0.0.1:1"]);
        assert_eq!(prefs.sources(NetworkId::Testnet4), default_sources(NetworkId::Testnet4));

        let old = br#"{"network":"signet","esploraUrls":{"signet":"http://127.0.0.1:2"}}"#;
        write_atomic(&dir.path().join(FILE), old).unwrap();
        let old = Prefs::load(dir.path());
        assert_eq!(old.sources(NetworkId::Signet), ["http://127.0.0.1:2"]);

        write_atomic(&dir.path().join(FILE), b"{\"network\":").unwrap();
        assert_eq!(Prefs::load(dir.path()), Prefs::default());
        assert!(dir.path().join("prefs.damaged.json").exists());
    }
}
