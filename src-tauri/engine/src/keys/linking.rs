//! Keys to sign in to sites with: each has one of its own, from the words and its domain, so that no two sites can tell
//! that they have to do with the same person, and none learns the node's key (LUD-05).

use bitcoin::bip32::{ChildNumber, Xpriv};
use bitcoin::hashes::{Hash as _, HashEngine as _, Hmac, HmacEngine, sha256};
use bitcoin::secp256k1::{All, Message, Secp256k1, SecretKey};
use hex::DisplayHex as _;

/// Of LUD-05.
const PURPOSE: u32 = 138;

/// `m/138'`.
pub(super) struct Linking(Xpriv);

/// What a site checks, in hex: the signature in DER, the key compressed.
pub(crate) struct SignedIn {
    pub(crate) signature: String,
    pub(crate) key: String,
}

impl Linking {
    pub(super) fn derive(root: &Xpriv, secp: &Secp256k1<All>) -> Self {
        let path = [ChildNumber::Hardened { index: PURPOSE }];
        Self(root.derive_priv(secp, &path).expect("hardened children exist (fails once in 2^127)"))
    }

    /// Signs a site's challenge.
    pub(super) fn sign_in(&self, domain: &str, k1: [u8; 32], secp: &Secp256k1<All>) -> SignedIn {
        let mut key = self.key(domain.trim_end_matches('.'), secp);
        let signature = secp.sign_ecdsa(&Message::from_digest(k1), &key);
        let public = key.public_key(secp);
        key.non_secure_erase();
        SignedIn {
            signature: signature.serialize_der().to_lower_hex_string(),
            key: public.serialize().to_lower_hex_string(),
        }
    }

    /// The key for a domain.
    fn key(&self, domain: &str, secp: &Secp256k1<All>) -> SecretKey {
        let child = |path: &[ChildNumber]| {
            self.0
                .derive_priv(secp, &path)
                .expect("children exist (fails once in 2^127)")
                .private_key
        };
        let mut hashing = child(&[ChildNumber::Normal { index: 0 }]);
        let path = path(&hashing.secret_bytes(), domain).map(ChildNumber::from);
        hashing.non_secure_erase();
        child(&path)
    }
}

/// The four numbers of a domain. Those above 2^31 are hardened.
fn path(hashing_key: &[u8; 32], domain: &str) -> [u32; 4] {
    let mut engine = HmacEngine::<sha256::Hash>::new(hashing_key);
    engine.input(domain.as_bytes());
    let hash = Hmac::<sha256::Hash>::from_engine(engine).to_byte_array();
    [0, 4, 8, 12].map(|at| u32::from_be_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]]))
}

impl Drop for Linking {
    fn drop(&mut self) {
        self.0.private_key.non_secure_erase();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::Network;
    use bitcoin::secp256k1::{PublicKey, ecdsa::Signature};
    use hex::FromHex as _;

    /// Of LUD-05.
    #[test]
    fn the_path_of_a_domain_is_the_specifications() {
        let key = "7d417a6a5e9a6a4a879aeaba11a11838764c8fa2b959c242d43dea682b3e409b";
        let key = <[u8; 32]>::from_hex(key).unwrap();
        assert_eq!(path(&key, "site.com"), [1588488367, 2659270754, 38110259, 4136336762]);
    }

    #[test]
    fn a_site_can_check_the_signature_and_no_other_site_knows_the_key() {
        let secp = Secp256k1::new();
        let of = |network| Linking::derive(&Xpriv::new_master(network, &[5; 64]).unwrap(), &secp);
        let keys = of(Network::Regtest);
        let k1 = [7; 32];
        let signed = keys.sign_in("site.com", k1, &secp);
        let key: PublicKey = signed.key.parse().unwrap();
        let signature: Signature = signed.signature.parse().unwrap();
        secp.verify_ecdsa(&Message::from_digest(k1), &signature, &key).unwrap();
        assert_eq!(keys.sign_in("site.com.", [8; 32], &secp).key, signed.key, "the same site");
        assert_ne!(keys.sign_in("sub.site.com", k1, &secp).key, signed.key);
        let elsewhere = of(Network::Bitcoin).sign_in("site.com", k1, &secp);
        assert_eq!(elsewhere.key, signed.key, "the words say who it is, whatever the network");
    }
}
