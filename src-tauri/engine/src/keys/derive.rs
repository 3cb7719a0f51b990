//! From words to keys. The root key lives only while this runs; what is kept are the on-chain account, LDK's seed and the
//! root of the labels.

use super::accounts::{Accounts, OWN};
use super::linking::{Linking, SignedIn};
use super::{Secret, Words};
use crate::network::coin_type;
use bdk_wallet::KeychainKind;
use bdk_wallet::miniscript::psbt::PsbtExt;
use bitcoin::bip32::{ChildNumber, DerivationPath, Fingerprint, KeySource, Xpriv, Xpub};
use bitcoin::psbt::{GetKey, GetKeyError, KeyRequest};
use bitcoin::secp256k1::{All, PublicKey, Secp256k1, Signing};
use bitcoin::{Network, PrivateKey, Psbt, Transaction};
use hkdf::Hkdf;
use secrecy::ExposeSecret;
use sha2::Sha256;
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// Binds the labels to this program.
const LABEL_SALT: &[u8] = b"fulmen/v1";

/// Everything the words give on one network.
pub struct Keys {
    account: Account,
    /// Of the same words, to look for money there.
    pub(super) others: Accounts,
    /// For sites that one signs in to.
    linking: Linking,
    ldk_seed: Zeroizing<[u8; 32]>,
    label_root: Zeroizing<[u8; 32]>,
    secp: Secp256k1<All>,
}

/// The account `m/84'/coin'/0'`, and where it hangs.
struct Account {
    key: Xpriv,
    root: Fingerprint,
    path: DerivationPath,
}

/// A transaction could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The key was there, but the input lacks something or is of a kind we do not sign.
    #[error("cannot sign input {input}")]
    Input {
        /// Which one, from 0.
        input: usize,
        /// What is wrong.
        #[source]
        source: bitcoin::psbt::SignError,
    },
    /// The signature does not complete the input.
    #[error("cannot finalize input {input}")]
    Finalize {
        /// Which one, from 0.
        input: usize,
        /// What is wrong.
        #[source]
        source: bdk_wallet::miniscript::psbt::Error,
    },
}

impl Keys {
    /// Derives everything from the words and the optional BIP 39 passphrase.
    pub fn derive(words: &Words, passphrase: Option<&Secret>, network: Network) -> Self {
        let secp = Secp256k1::new();
        let seed = seed_of(words, passphrase);
        let coin = coin_type(network);
        let mut root = root_of(seed.as_slice(), network);
        let child = |path: &DerivationPath| {
            root.derive_priv(&secp, path).expect("hardened children exist (fails once in 2^127)")
        };
        let path = OWN.path(coin);
        let key = child(&path);
        let node = [535, coin].map(|index| ChildNumber::Hardened { index });
        let mut ldk = child(&node.as_slice().into());
        let ldk_seed = Zeroizing::new(ldk.private_key.secret_bytes());
        let account = Account { key, root: root.fingerprint(&secp), path };
        let others = Accounts::derive(&root, coin, &secp);
        let linking = Linking::derive(&root, &secp);
        let (mut extracted, _) = Hkdf::<Sha256>::extract(Some(LABEL_SALT), seed.as_slice());
        let label_root = Zeroizing::new(extracted.into());
        extracted.as_mut_slice().zeroize();
        ldk.private_key.non_secure_erase();
        root.private_key.non_secure_erase();
        Self { account, others, linking, ldk_seed, label_root, secp }
    }

    /// The public descriptor of one keychain, with its origin. BDK makes and recognises addresses with it and cannot sign.
    pub fn descriptor(&self, keychain: KeychainKind) -> String {
        let Account { key, root, path } = &self.account;
        format!("wpkh([{root}/{path}]{}/{}/*)", Xpub::from_priv(&self.secp, key), keychain as u32)
    }

    /// Where the account's keys hang, without a key (BIP 380, as BIP 329 abbreviates it).
    pub(crate) fn account_origin(&self) -> String {
        format!("wpkh([{}/{}])", self.account.root, self.account.path)
    }

    /// One of our on-chain keys and where it hangs, to fill in inputs that BDK did not make
    /// (`bip32_derivation`; LDK gives only the output that is spent).
    pub fn derivation(&self, keychain: KeychainKind, index: u32) -> (PublicKey, KeySource) {
        let tail = [keychain as u32, index].map(|index| ChildNumber::Normal { index });
        let account = Xpub::from_priv(&self.secp, &self.account.key);
        let public = account
            .derive_pub(&self.secp, &tail)
            .expect("unhardened children exist (fails once in 2^127)");
        (public.public_key, (self.account.root, self.account.path.extend(tail)))
    }

    /// Signs and finalizes every input that names one of our keys, and says which. Others are left alone.
    ///
    /// # Errors
    /// [`SignError`] for an input of ours that cannot be signed. The transaction must then not be used.
    pub fn sign_psbt(&self, psbt: &mut Psbt) -> Result<Vec<usize>, SignError> {
        let signed = match psbt.sign(&self.account, &self.secp) {
            Ok(signed) => signed,
            Err((signed, errors)) => {
                // Of an input that names no key of ours nothing was asked, so what it lacks is not our business.
                let ours = errors.into_iter().find(|(input, _)| self.is_ours(psbt, *input));
                match ours {
                    Some((input, source)) => return Err(SignError::Input { input, source }),
                    None => signed,
                }
            }
        };
        let signed: Vec<usize> =
            signed.into_iter().filter(|(_, keys)| has_any(keys)).map(|(input, _)| input).collect();
        for &input in &signed {
            psbt.finalize_inp_mut(&self.secp, input)
                .map_err(|source| SignError::Finalize { input, source })?;
        }
        Ok(signed)
    }

    /// Makes final what others signed; what cannot be made so stays as it is. `ours` is left alone.
    pub(crate) fn finalize_others(&self, psbt: &mut Psbt, ours: &[usize]) {
        for at in 0..psbt.inputs.len() {
            let input = &psbt.inputs[at];
            let is_final = input.final_script_sig.is_some() || input.final_script_witness.is_some();
            if !is_final && !ours.contains(&at) {
                // Not signed enough yet, or of a kind that only its owner can finalize.
                drop(psbt.finalize_inp_mut(&self.secp, at));
            }
        }
    }

    /// The transaction, if every input is final and every script is satisfied.
    pub(crate) fn extract(&self, psbt: &Psbt) -> Option<Transaction> {
        psbt.extract(&self.secp).ok()
    }

    /// The seed of LDK's `KeysManager`.
    pub fn ldk_seed(&self) -> &[u8; 32] {
        &self.ldk_seed
    }

    /// A key for one purpose (HKDF-SHA256). The label must never change.
    pub fn derive_label(&self, label: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::from_prk(self.label_root.as_slice())
            .expect("the root has the hash's length")
            .expand(label.as_bytes(), key.as_mut_slice())
            .expect("32 bytes are one block");
        key
    }

    /// Signs the challenge of a site, with a key that is for it alone (LUD-04, LUD-05).
    pub(crate) fn sign_in(&self, domain: &str, k1: [u8; 32]) -> SignedIn {
        self.linking.sign_in(domain, k1, &self.secp)
    }

    fn is_ours(&self, psbt: &Psbt, input: usize) -> bool {
        let names = |source: &KeySource| self.account.tail_of(source).is_some();
        psbt.inputs.get(input).is_some_and(|input| input.bip32_derivation.values().any(names))
    }
}

/// The BIP 39 seed.
pub(super) fn seed_of(words: &Words, passphrase: Option<&Secret>) -> Zeroizing<[u8; 64]> {
    words.seed(passphrase.map_or("", |text| text.expose_secret()))
}

/// The root key, to be wiped.
pub(super) fn root_of(seed: &[u8], network: Network) -> Xpriv {
    Xpriv::new_master(network, seed).expect("a seed gives a root key (fails once in 2^127)")
}

fn has_any(keys: &bitcoin::psbt::SigningKeys) -> bool {
    match keys {
        bitcoin::psbt::SigningKeys::Ecdsa(keys) => !keys.is_empty(),
        bitcoin::psbt::SigningKeys::Schnorr(keys) => !keys.is_empty(),
    }
}

impl Account {
    /// The way from the account to a key, if that key hangs under it.
    fn tail_of<'a>(&self, (root, path): &'a KeySource) -> Option<&'a [ChildNumber]> {
        if *root != self.root {
            return None;
        }
        let path: &[ChildNumber] = path.as_ref();
        path.strip_prefix(AsRef::<[ChildNumber]>::as_ref(&self.path))
    }
}

impl GetKey for Account {
    type Error = GetKeyError;

    fn get_key<C: Signing>(
        &self,
        request: KeyRequest,
        secp: &Secp256k1<C>,
    ) -> Result<Option<PrivateKey>, GetKeyError> {
        let KeyRequest::Bip32(source) = request else {
            return Err(GetKeyError::NotSupported);
        };
        let Some(tail) = self.tail_of(&source) else {
            return Ok(None);
        };
        Ok(Some(self.key.derive_priv(secp, &tail)?.to_priv()))
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.key.private_key.non_secure_erase();
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} <redacted>)", self.account.root)
    }
}
