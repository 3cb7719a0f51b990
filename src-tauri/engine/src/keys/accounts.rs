//! Accounts of the words beside the wallet's own (BIP 84, account 0): other programs keep money at BIP 44, 49 or 86, or in a
//! later account. Public keys are enough to look there and are kept; to spend, the words are needed again.

use super::derive::{root_of, seed_of};
use super::{Keys, Secret, SignError, Words};
use bdk_wallet::KeychainKind;
use bdk_wallet::miniscript::psbt::PsbtExt;
use bitcoin::bip32::{ChildNumber, DerivationPath, Fingerprint, Xpriv, Xpub};
use bitcoin::psbt::{SigningErrors, SigningKeysMap};
use bitcoin::secp256k1::{All, Secp256k1};
use bitcoin::{Network, Psbt};
use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// How many accounts of each kind are known: 0 to 4. Programs that have several number them from 0 without a gap.
const NUMBERS: u32 = 5;

/// The standard that an account follows; it decides what its addresses look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum AccountKind {
    /// Legacy addresses (P2PKH).
    Bip44,
    /// SegWit inside P2SH.
    Bip49,
    /// Native SegWit (P2WPKH).
    Bip84,
    /// Taproot (P2TR).
    Bip86,
    /// No account, but what peers paid out when they closed a channel: LDK's static payment keys.
    Closed,
}

/// One account of the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct AccountId {
    pub kind: AccountKind,
    /// From 0.
    pub number: u32,
}

/// The wallet's own.
pub(super) const OWN: AccountId = AccountId { kind: AccountKind::Bip84, number: 0 };

impl AccountKind {
    const ALL: [Self; 4] = [Self::Bip44, Self::Bip49, Self::Bip84, Self::Bip86];

    const fn purpose(self) -> u32 {
        match self {
            Self::Bip44 => 44,
            Self::Bip49 => 49,
            Self::Bip84 => 84,
            Self::Bip86 => 86,
            // Where LDK's seed is. Its keys hang below a root of their own.
            Self::Closed => 535,
        }
    }
}

impl AccountId {
    /// What peers paid out.
    pub const CLOSED: Self = Self { kind: AccountKind::Closed, number: 0 };

    /// All that is looked at beside the wallet's own account.
    pub fn others() -> impl Iterator<Item = Self> {
        Self::standard().chain([Self::CLOSED])
    }

    /// Every account of a standard but the wallet's own; the first ones of each kind come first.
    fn standard() -> impl Iterator<Item = Self> {
        let all =
            (0..NUMBERS).flat_map(|number| AccountKind::ALL.map(|kind| Self { kind, number }));
        all.filter(|account| *account != OWN)
    }

    /// Where it hangs under the root (BIP 44, 49, 84, 86).
    pub(super) fn path(self, coin: u32) -> DerivationPath {
        let hardened = |index| ChildNumber::Hardened { index };
        [self.kind.purpose(), coin, self.number].map(hardened).as_slice().into()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::CLOSED {
            return f.write_str("closed channels");
        }
        write!(f, "BIP {}, account {}", self.kind.purpose(), self.number)
    }
}

/// The public keys of the accounts beside the wallet's own.
pub(super) struct Accounts {
    root: Fingerprint,
    coin: u32,
    known: Vec<(AccountId, Xpub)>,
}

impl Accounts {
    pub(super) fn derive(root: &Xpriv, coin: u32, secp: &Secp256k1<All>) -> Self {
        let public = |account: AccountId| {
            let mut key = root
                .derive_priv(secp, &account.path(coin))
                .expect("hardened children exist (fails once in 2^127)");
            let public = Xpub::from_priv(secp, &key);
            key.private_key.non_secure_erase();
            (account, public)
        };
        Self {
            root: root.fingerprint(secp),
            coin,
            known: AccountId::standard().map(public).collect(),
        }
    }
}

impl Keys {
    /// The public descriptor of one keychain of another account, with its origin. `None`: no account of a standard, or the
    /// wallet's own.
    pub fn account_descriptor(&self, account: AccountId, keychain: KeychainKind) -> Option<String> {
        let Accounts { root, coin, known } = &self.others;
        let (_, key) = known.iter().find(|(known, _)| *known == account)?;
        let path = account.path(*coin);
        let key = format!("[{root}/{path}]{key}/{}/*", keychain as u32);
        Some(match account.kind {
            AccountKind::Bip44 => format!("pkh({key})"),
            AccountKind::Bip49 => format!("sh(wpkh({key}))"),
            AccountKind::Bip84 => format!("wpkh({key})"),
            AccountKind::Bip86 => format!("tr({key})"),
            // Its keys have no public parent.
            AccountKind::Closed => return None,
        })
    }
}

/// Signs and finalizes every input with keys of any account of the words. The root key lives only while this runs.
///
/// # Errors
/// [`SignError`] for an input that is not of these words, or lacks something. The transaction must then not be used.
pub fn sign_with_words(
    words: &Words,
    passphrase: Option<&Secret>,
    network: Network,
    psbt: &mut Psbt,
) -> Result<(), SignError> {
    let secp = Secp256k1::new();
    let mut root = root_of(seed_of(words, passphrase).as_slice(), network);
    let mut ldk = Keys::derive(words, passphrase, network).ldk_root();
    // An input that names no key of the one root is left to the other.
    let signed = psbt.sign(&root, &secp).and_then(|_| psbt.sign(&ldk, &secp));
    root.private_key.non_secure_erase();
    ldk.private_key.non_secure_erase();
    finalize(psbt, signed.map(drop), &secp)
}

/// Makes what was signed a transaction.
pub(super) fn finalize(
    psbt: &mut Psbt,
    signed: Result<(), (SigningKeysMap, SigningErrors)>,
    secp: &Secp256k1<All>,
) -> Result<(), SignError> {
    if let Err((_, errors)) = signed
        && let Some((input, source)) = errors.into_iter().next()
    {
        return Err(SignError::Input { input, source });
    }
    for input in 0..psbt.inputs.len() {
        psbt.finalize_inp_mut(secp, input)
            .map_err(|source| SignError::Finalize { input, source })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bdk_wallet::Wallet;

    const ABOUT: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    fn first_address(kind: AccountKind, number: u32, network: Network) -> String {
        let keys = Keys::derive(&Words::parse(ABOUT).unwrap(), None, network);
        let account = AccountId { kind, number };
        let [external, internal] = [KeychainKind::External, KeychainKind::Internal]
            .map(|keychain| keys.account_descriptor(account, keychain).unwrap());
        let wallet = Wallet::create(external, internal).network(network);
        let wallet = wallet.create_wallet_no_persist().unwrap();
        wallet.peek_address(KeychainKind::External, 0).address.to_string()
    }

    #[test]
    fn every_kind_has_the_addresses_of_its_standard() {
        // BIP 49's and BIP 86's own test vectors; BIP 44's is what other programs show for these words.
        assert_eq!(
            first_address(AccountKind::Bip44, 0, Network::Bitcoin),
            "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA"
        );
        assert_eq!(
            first_address(AccountKind::Bip49, 0, Network::Testnet),
            "2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2"
        );
        assert_eq!(
            first_address(AccountKind::Bip86, 0, Network::Bitcoin),
            "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"
        );
    }

    #[test]
    fn all_kinds_and_numbers_are_known_but_the_wallets_own() {
        let all: std::collections::BTreeSet<_> = AccountId::others().collect();
        assert_eq!(all.len(), 20);
        assert!(!all.contains(&OWN));
        assert!(all.contains(&AccountId { kind: AccountKind::Bip84, number: 4 }));
        let keys = Keys::derive(&Words::parse(ABOUT).unwrap(), None, Network::Bitcoin);
        assert_eq!(keys.account_descriptor(OWN, KeychainKind::External), None);
        let named = AccountId { kind: AccountKind::Bip86, number: 3 };
        assert_eq!(named.to_string(), "BIP 86, account 3");
    }
}
