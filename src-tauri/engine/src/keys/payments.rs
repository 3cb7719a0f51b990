//! LDK's static payment keys (`m/8'/i'` below LDK's own root): a peer that closes a channel with its commitment pays what is ours
//! to one of them. They are the same for every channel, so the words alone find this money.

use super::{Keys, Spendable};
use bdk_wallet::miniscript::Descriptor;
use bitcoin::bip32::{ChildNumber, KeySource, Xpriv};
use bitcoin::psbt::Input;
use bitcoin::secp256k1::Secp256k1;
use bitcoin::{Network, PublicKey, ScriptBuf, Transaction, Weight};
use std::str::FromStr;

/// How many there are (LDK's `STATIC_PAYMENT_KEY_COUNT`).
pub(crate) const STATIC_PAYMENT_KEYS: u32 = 1000;
/// LDK's index for them.
const STATIC_PAYMENT: u32 = 8;

/// What a peer's commitment with anchors pays to, and how it is spent: with the key, one block after it was confirmed.
pub(crate) struct StaticPayment {
    key: PublicKey,
    source: KeySource,
    descriptor: Descriptor<PublicKey>,
}

impl Spendable for StaticPayment {
    fn script(&self) -> ScriptBuf {
        self.descriptor.script_pubkey()
    }

    fn satisfaction(&self) -> Weight {
        self.descriptor.max_weight_to_satisfy().expect("a key and a delay can be satisfied")
    }

    fn input(&self, transaction: &Transaction, vout: u32) -> Input {
        let mut input = Input {
            witness_utxo: transaction.tx_out(vout as usize).ok().cloned(),
            non_witness_utxo: Some(transaction.clone()),
            witness_script: self.descriptor.explicit_script().ok(),
            ..Input::default()
        };
        input.bip32_derivation.insert(self.key.inner, self.source.clone());
        input
    }
}

impl Keys {
    /// The scripts of [`Self::static_payments`].
    pub(crate) fn static_payment_scripts(&self) -> std::collections::HashSet<ScriptBuf> {
        self.static_payments().iter().map(Spendable::script).collect()
    }

    /// LDK's own root, to be wiped.
    pub(super) fn ldk_root(&self) -> Xpriv {
        // As LDK makes it; the network changes only how it would be written.
        Xpriv::new_master(Network::Testnet, self.ldk_seed())
            .expect("a seed gives a root key (fails once in 2^127)")
    }

    /// All of them.
    pub(crate) fn static_payments(&self) -> Vec<StaticPayment> {
        let secp = Secp256k1::new();
        let mut root = self.ldk_root();
        let fingerprint = root.fingerprint(&secp);
        let all = (0..STATIC_PAYMENT_KEYS).map(|index| {
            let path = [STATIC_PAYMENT, index].map(|index| ChildNumber::Hardened { index });
            let mut private = root
                .derive_priv(&secp, &path)
                .expect("hardened children exist (fails once in 2^127)")
                .private_key;
            let key = PublicKey::new(private.public_key(&secp));
            private.non_secure_erase();
            let descriptor = Descriptor::from_str(&format!("wsh(and_v(v:pk({key}),older(1)))"))
                .expect("a key makes a descriptor");
            StaticPayment { key, source: (fingerprint, path.as_slice().into()), descriptor }
        });
        let all = all.collect();
        root.private_key.non_secure_erase();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Words;
    use lightning::sign::{KeysManager, STATIC_PAYMENT_KEY_COUNT};
    use std::collections::BTreeSet;

    #[test]
    fn they_are_what_ldk_lists() {
        assert_eq!(STATIC_PAYMENT_KEYS, u32::from(STATIC_PAYMENT_KEY_COUNT));
        let words = ["abandon"; 11].join(" ") + " about";
        let keys = Keys::derive(&Words::parse(&words).unwrap(), None, Network::Bitcoin);
        let ldk = KeysManager::new(keys.ldk_seed(), 1, 1, true);
        let listed: BTreeSet<ScriptBuf> = ldk
            .possible_v2_counterparty_closed_balance_spks(&Secp256k1::new())
            .into_iter()
            .collect();
        let ours: BTreeSet<ScriptBuf> =
            keys.static_payments().iter().map(StaticPayment::script).collect();
        assert_eq!(ours.len(), 1000);
        assert!(ours.is_subset(&listed), "each of them with anchors");
        assert!(listed.difference(&ours).all(|script| script.is_p2wpkh()), "and none without");
    }
}
