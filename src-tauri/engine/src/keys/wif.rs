//! One private key in the wallet import format (WIF), from a sheet of paper or another program: its scripts, and signing for
//! them. It is not this wallet's, and is kept in
//! memory alone.

use super::accounts::finalize;
use super::{SignError, Spendable};
use bdk_wallet::miniscript::Descriptor;
use bitcoin::bip32::{DerivationPath, Fingerprint, KeySource};
use bitcoin::psbt::{GetKey, GetKeyError, Input, KeyRequest};
use bitcoin::secp256k1::{Secp256k1, Signing};
use bitcoin::{NetworkKind, PrivateKey, Psbt, PublicKey, ScriptBuf, Transaction, Weight};
use std::fmt;

/// The lengths of the format, without and with the byte that says that its public key is compressed.
const LENGTHS: std::ops::RangeInclusive<usize> = 51..=52;

/// See the module.
#[derive(Clone, PartialEq, Eq)]
pub struct WifKey(PrivateKey);

/// One of the scripts that a key alone can spend.
pub(crate) struct WifScript {
    key: PublicKey,
    descriptor: Descriptor<PublicKey>,
}

impl WifKey {
    /// A key with its checksum. `None`: it is none.
    pub fn read(text: &str) -> Option<Self> {
        LENGTHS.contains(&text.len()).then(|| text.parse().ok().map(Self)).flatten()
    }

    /// By its looks: one with a wrong character too.
    pub(crate) fn is_meant(text: &str) -> bool {
        let digit = |c: char| c.is_ascii_alphanumeric() && !matches!(c, '0' | 'O' | 'I' | 'l');
        LENGTHS.contains(&text.len())
            && text.starts_with(['5', 'K', 'L', '9', 'c'])
            && text.chars().all(digit)
    }

    /// Whether it is for bitcoin or for a test network; which one of these it does not say.
    pub fn network(&self) -> NetworkKind {
        self.0.network
    }

    /// All that wallets make of one key: P2PK, P2PKH, P2SH-P2WPKH, P2WPKH and P2TR. Without the byte for a compressed public
    /// key there are the first two.
    pub(crate) fn scripts(&self) -> Vec<WifScript> {
        let key = self.0.public_key(&Secp256k1::new());
        let all = [
            Some(Descriptor::new_pk(key)),
            Descriptor::new_pkh(key).ok(),
            Descriptor::new_sh_wpkh(key).ok(),
            Descriptor::new_wpkh(key).ok(),
            Descriptor::new_tr(key, None).ok().filter(|_| key.compressed),
        ];
        all.into_iter().flatten().map(|descriptor| WifScript { key, descriptor }).collect()
    }

    /// Signs and finalizes every input.
    ///
    /// # Errors
    /// [`SignError`] for an input that is not of this key. The transaction must then not be used.
    pub(crate) fn sign(&self, psbt: &mut Psbt) -> Result<(), SignError> {
        let secp = Secp256k1::new();
        let signed = psbt.sign(self, &secp).map(drop);
        finalize(psbt, signed, &secp)
    }
}

/// The one key there is, whatever it is asked for by: each input names it alone.
impl GetKey for WifKey {
    type Error = GetKeyError;

    fn get_key<C: Signing>(
        &self,
        _: KeyRequest,
        _: &Secp256k1<C>,
    ) -> Result<Option<PrivateKey>, GetKeyError> {
        Ok(Some(self.0))
    }
}

impl Drop for WifKey {
    fn drop(&mut self) {
        self.0.inner.non_secure_erase();
    }
}

impl fmt::Debug for WifKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WifKey(<redacted>)")
    }
}

impl Spendable for WifScript {
    fn script(&self) -> ScriptBuf {
        self.descriptor.script_pubkey()
    }

    fn satisfaction(&self) -> Weight {
        self.descriptor.max_weight_to_satisfy().expect("a key can be satisfied")
    }

    fn input(&self, transaction: &Transaction, vout: u32) -> Input {
        let mut input = Input {
            witness_utxo: transaction.tx_out(vout as usize).ok().cloned(),
            non_witness_utxo: Some(transaction.clone()),
            ..Input::default()
        };
        let root: KeySource = (Fingerprint::default(), DerivationPath::master());
        match &self.descriptor {
            Descriptor::Tr(_) => {
                let (key, _) = self.key.inner.x_only_public_key();
                input.tap_internal_key = Some(key);
                input.tap_key_origins.insert(key, (Vec::new(), root));
            }
            Descriptor::Sh(sh) => {
                input.redeem_script = Some(sh.inner_script());
                input.bip32_derivation.insert(self.key.inner, root);
            }
            _ => {
                input.bip32_derivation.insert(self.key.inner, root);
            }
        }
        input
    }
}
