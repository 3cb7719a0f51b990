//! Looking for secrets where they must not be: raw, as hex, base64 and UTF-16.

use bip39::Mnemonic;
use bitcoin::bip32::{ChildNumber, DerivationPath, Xpriv};
use bitcoin::secp256k1::Secp256k1;
use fulmen_engine::keys::{Password, Secret, seal};
use memchr::memmem;
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};

/// A secret, and every way it is looked for.
pub struct Needle {
    pub name: String,
    pub shapes: Vec<Vec<u8>>,
}

impl Needle {
    fn text(name: &str, text: &str) -> Self {
        let mut needle = Self::bytes(name, text.as_bytes());
        needle.shapes.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        needle.shapes.push(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
        needle
    }

    fn bytes(name: &str, raw: &[u8]) -> Self {
        let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
        let base64 = base64(raw);
        let texts =
            [hex.clone(), hex.to_uppercase(), base64.replace('+', "-").replace('/', "_"), base64];
        let mut shapes = vec![raw.to_vec()];
        for text in texts {
            shapes.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
            shapes.push(text.into_bytes());
        }
        Self { name: name.into(), shapes }
    }

    fn is_in(&self, hay: &[u8]) -> bool {
        self.shapes.iter().any(|shape| memmem::find(hay, shape).is_some())
    }
}

/// Standard alphabet, without the last group where it would be padded: it may go on.
fn base64(raw: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    raw.chunks_exact(3)
        .flat_map(|three| {
            let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
            [18, 12, 6, 0].map(|shift| char::from(ALPHABET[(bits >> shift & 63) as usize]))
        })
        .collect()
}

/// Everything that must not be found, read from a wallet's sealed file with its password. `node_id` proves that the right
/// keys are looked for.
pub fn needles(dir: &Path, password: &str, node_id: &str) -> Vec<Needle> {
    let given = Password::Given(Secret::from(password.to_owned()));
    let secrets = seal::unseal(&dir.join(seal::SEALED), &given).expect("the password opens it");
    let words = secrets.words.text().expose_secret().to_owned();
    let seed = words.parse::<Mnemonic>().expect("words").to_seed("");
    let secp = Secp256k1::new();
    let root = Xpriv::new_master(bitcoin::Network::Regtest, &seed).expect("a root");
    let hardened = |index| ChildNumber::Hardened { index };
    let child = |path: Vec<ChildNumber>| {
        root.derive_priv(&secp, &DerivationPath::from(path)).expect("a child")
    };
    let account = child(vec![hardened(84), hardened(1), hardened(0)]);
    let ldk = child(vec![hardened(535), hardened(1)]).private_key.secret_bytes();
    let node = Xpriv::new_master(bitcoin::Network::Testnet, &ldk).expect("LDK's root");
    let node = node.derive_priv(&secp, &[hardened(0)]).expect("the node's key").private_key;
    assert_eq!(node.public_key(&secp).to_string(), node_id, "this is the node's key");

    let mut all = vec![
        Needle::text("words", &words),
        Needle::text("password", password),
        Needle::bytes("entropy", &words.parse::<Mnemonic>().expect("words").to_entropy()),
        Needle::bytes("seed", &seed),
        Needle::bytes("LDK's seed", &ldk),
        Needle::bytes("node key", &node.secret_bytes()),
        Needle::bytes("data key", secrets.data_key.as_bytes()),
        Needle::text("root xprv", &root.to_string()),
        Needle::text("account xprv", &account.to_string()),
        Needle::bytes("root key", &root.private_key.secret_bytes()),
        Needle::bytes("account key", &account.private_key.secret_bytes()),
    ];
    let words: Vec<&str> = words.split(' ').collect();
    for three in words.windows(3) {
        for between in [" ", "\",\"", "\n", ","] {
            all.push(Needle::text("three words in a row", &three.join(between)));
        }
    }
    all
}

/// Every file below a folder.
pub fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(path) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&path) else { continue };
        for entry in entries {
            let path = entry.expect("readable").path();
            if path.is_dir() && !path.is_symlink() {
                open.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                found.push((path, bytes));
            }
        }
    }
    found
}

/// What every program of this user can read of a process.
pub fn process(pid: u32) -> Vec<(PathBuf, Vec<u8>)> {
    let places = ["cmdline", "environ"].map(|name| PathBuf::from(format!("/proc/{pid}/{name}")));
    let read = |place: PathBuf| std::fs::read(&place).ok().map(|bytes| (place, bytes));
    places.into_iter().filter_map(read).collect()
}

/// Which secret is where, one line each.
pub fn found(needles: &[Needle], hay: &[(PathBuf, Vec<u8>)]) -> Vec<String> {
    let hits = hay.iter().flat_map(|(path, bytes)| {
        needles
            .iter()
            .filter(|needle| needle.is_in(bytes))
            .map(move |needle| format!("{} in {}", needle.name, path.display()))
    });
    hits.collect()
}
