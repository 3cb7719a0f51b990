//! What holds of every row and of the file of channels, for [`crate::fuzz`]; and the wallets that are fed.

use super::changesets::decode_all;
use super::channels_file::{ChannelsFile, open, seal};
use super::{Vault, write_atomic};
use crate::keys::{Keys, Password, Words, seal as sealed};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::{env, fs, process};

/// Anybody's: the words of BIP 39's first vector.
pub(crate) static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let words = ["abandon"; 11].join(" ") + " about";
    let words = Words::parse(&words).expect("twelve words");
    Keys::derive(&words, None, bitcoin::Network::Regtest)
});

/// A wallet with two channels: see `tests/fixtures`.
const VAULT: &[u8] = include_bytes!("../../../../tests/fixtures/wallet-4/vault.db");
const SECRETS: &[u8] = include_bytes!("../../../../tests/fixtures/wallet-4/wallet.age");
const PASSWORD: &str = "after the change";

/// That wallet.
pub(crate) struct WithChannels {
    pub(crate) keys: Arc<Keys>,
    pub(crate) vault: Arc<Vault>,
    /// The same on another computer.
    pub(crate) copy: Arc<Vault>,
}

pub(crate) static WITH_CHANNELS: LazyLock<WithChannels> = LazyLock::new(|| {
    let dir = env::temp_dir().join(format!("fulmen-fuzz-{}", process::id()));
    fs::create_dir_all(&dir).expect("a folder");
    let opened = with_channels(&dir);
    // Nothing of it is written, and what is open stays open.
    drop(fs::remove_dir_all(&dir));
    opened
});

fn with_channels(dir: &Path) -> WithChannels {
    let file = |name: &str, content: &[u8]| {
        let path = dir.join(name);
        write_atomic(&path, content).expect("a file");
        path
    };
    let password = Password::Given(PASSWORD.to_owned().into());
    let secrets = file(sealed::SEALED, SECRETS);
    let secrets = sealed::unseal(&secrets, &password).expect("its password");
    let vault = |name| {
        let path = file(name, VAULT);
        Arc::new(Vault::open(&path, &secrets.data_key).expect("its key"))
    };
    let passphrase = secrets.passphrase.as_ref();
    let keys = Keys::derive(&secrets.words, passphrase, bitcoin::Network::Regtest);
    WithChannels { keys: Arc::new(keys), vault: vault("vault.db"), copy: vault("copy.db") }
}

/// A row that is read is written so that it is read as the same. Gives back what was read.
pub(crate) fn reads_again<T: Serialize + DeserializeOwned>(row: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(row).ok()?;
    let written = serde_json::to_string(&read).expect("what was read can be written");
    let again: T = serde_json::from_str(&written).expect("what was written is read");
    assert_eq!(serde_json::to_string(&again).expect("the same"), written);
    Some(read)
}

/// `s`: the sealed file; else what is in it.
pub(crate) fn channels(data: &[u8]) {
    match data.split_first() {
        // Nobody without the words makes one that opens.
        Some((b's', sealed)) => assert!(open(&KEYS, sealed).is_err()),
        _ => {
            if let Some(file) = reads_again::<ChannelsFile>(data) {
                let sealed = seal(&KEYS, &file).expect("it is sealed");
                assert_eq!(open(&KEYS, &sealed).expect("it opens"), file);
            }
        }
    }
}

/// A change set of BDK's.
pub(crate) fn changeset(data: &[u8]) {
    if reads_again::<bdk_wallet::ChangeSet>(data).is_some() {
        let twice = [data.to_vec(), data.to_vec()];
        assert!(decode_all(&twice).is_ok());
    }
}
