//! The examples that the BOLTs give, as far as LDK can be asked from outside: what a release is built with makes the same keys,
//! transactions, onions and signatures as everybody else's node. Those of BOLT 11 and the offers of BOLT 12 are read with the
//! other texts (`uri`, `strings.json`).
//!
//! BOLT 8 has none here: LDK keeps its `peer_channel_encryptor` to itself. That other nodes understand it is what `npm run interop`
//! shows.

mod bolt12;
mod bolt3;
mod bolt4;

use bitcoin::hex::FromHex;
use bitcoin::secp256k1::{PublicKey, SecretKey};

/// Bytes as the BOLTs write them.
fn bytes(hex: &str) -> Vec<u8> {
    Vec::from_hex(hex).expect("hex")
}

fn secret(hex: &str) -> SecretKey {
    hex.parse().expect("a secret key")
}

fn public(hex: &str) -> PublicKey {
    hex.parse().expect("a public key")
}
