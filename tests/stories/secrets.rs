//! Secrets are in no file but the sealed one, and in no place where another program of this machine could read them:
//! searched raw, as hex, base64 and UTF-16, while the wallet runs and after it was killed. The same search finds what is
//! planted.

use crate::WALLET;
use bip39::Mnemonic;
use bitcoin::bip32::{ChildNumber, DerivationPath, Xpriv};
use bitcoin::secp256k1::Secp256k1;
use fulmen_engine::keys::{Password, Secret, seal};
use fulmen_practice::network::PracticeNetwork;
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};
use stories::{Remote, quick};

const PASSWORD: &str = "zander-quillwort-7190-okapi";

/// A secret, and every way it is looked for.
struct Needle {
    name: String,
    shapes: Vec<Vec<u8>>,
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
        self.shapes.iter().any(|shape| contains(hay, shape))
    }
}

fn contains(hay: &[u8], needle: &[u8]) -> bool {
    let first = needle[0];
    let mut from = 0;
    while let Some(at) = hay[from..].iter().position(|byte| *byte == first) {
        if hay[from + at..].starts_with(needle) {
            return true;
        }
        from += at + 1;
    }
    false
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

/// Everything that must not be found, read from the sealed file with its password.
fn needles(dir: &Path, node_id: &str) -> Vec<Needle> {
    let password = Password::Given(Secret::from(PASSWORD.to_owned()));
    let secrets = seal::unseal(&dir.join(seal::SEALED), &password).expect("the password opens it");
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
        Needle::text("password", PASSWORD),
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

/// Every file below a folder, and what is known of the process.
fn haystack(dir: &Path, pid: Option<u32>) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(path) = open.pop() {
        for entry in std::fs::read_dir(&path).expect("a folder") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                found.push((path, bytes));
            }
        }
    }
    for name in ["cmdline", "environ"] {
        let place = pid.map(|pid| PathBuf::from(format!("/proc/{pid}/{name}")));
        if let Some(place) = place.filter(|place| place.exists()) {
            let bytes = std::fs::read(&place).expect("our own child");
            found.push((place, bytes));
        }
    }
    found
}

fn found(needles: &[Needle], hay: &[(PathBuf, Vec<u8>)]) -> Vec<String> {
    let hits = hay.iter().flat_map(|(path, bytes)| {
        needles
            .iter()
            .filter(|needle| needle.is_in(bytes))
            .map(move |needle| format!("{} in {}", needle.name, path.display()))
    });
    hits.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn are_nowhere() {
    let dir = tempfile::tempdir().expect("a folder");
    let network =
        PracticeNetwork::open(&dir.path().join("network"), quick(), None).await.expect("network");
    let mut wallet = Remote::new(WALLET, dir.path().join("wallet"), &network, PASSWORD);
    wallet.start().await;
    let address = wallet.ask("address", "").await.expect("an address");
    let address: bitcoin::Address<_> = address.as_str().expect("text").parse().expect("an address");
    network.faucet(&address.assume_checked()).expect("faucet");
    network.mine(1).await.expect("mined");
    wallet.sync().await;
    wallet.ask("channel", "500000").await.expect("opened");
    network.mine(3).await.expect("mined");
    wallet.sync().await;
    wallet
        .until("known", |now| now["balance"]["lightning"]["canSendMsat"].as_u64() > Some(0))
        .await;

    let node_id = wallet.snapshot().await["nodeId"].as_str().expect("an id").to_owned();
    let needles = needles(wallet.dir(), &node_id);
    let running = haystack(wallet.dir(), Some(wallet.pid()));
    let names: Vec<_> = running.iter().filter_map(|(path, _)| path.file_name()?.to_str()).collect();
    for expected in ["vault.db", "vault.db-wal", "wallet.age", "log.txt", "cmdline", "environ"] {
        assert!(names.contains(&expected), "{expected} was not searched: {names:?}");
    }
    let log = running.iter().find(|(path, _)| path.ends_with("log.txt")).expect("a log");
    assert!(log.1.len() > 1_000, "the log is real");
    assert_eq!(found(&needles, &running), Vec::<String>::new(), "while running");
    wallet.kill();
    assert_eq!(
        found(&needles, &haystack(wallet.dir(), None)),
        Vec::<String>::new(),
        "after SIGKILL"
    );

    // The search is good: whatever is planted, in whatever shape, is found, in the middle of a file too.
    for needle in &needles {
        for shape in &needle.shapes {
            let planted = [b"before ".as_slice(), shape, b" after"].concat();
            std::fs::write(dir.path().join("wallet/planted.bin"), planted).expect("planted");
            let hits =
                found(std::slice::from_ref(needle), &haystack(&dir.path().join("wallet"), None));
            assert!(
                hits.iter().any(|hit| hit.ends_with("planted.bin")),
                "{} is not found",
                needle.name
            );
        }
    }
    network.stop().await;
}
