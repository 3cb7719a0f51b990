//! What holds of every row and of the file of channels, for [`crate::fuzz`]; and the wallets that are fed.

use super::changesets::decode_all;
use super::channels_file::{ChannelsFile, open, seal};
use super::{Vault, write_atomic};
use crate::keys::{Keys, Password, Words, seal as sealed};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::{env, fs};

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
    /// Nobody else uses its folder meanwhile.
    _lock: File,
}

pub(crate) static WITH_CHANNELS: LazyLock<WithChannels> = LazyLock::new(|| {
    let (dir, lock) = free_folder();
    with_channels(&dir, lock)
});

/// A static is never dropped, so a folder stays. The next process takes it once this one has ended.
pub(crate) fn free_folder() -> (PathBuf, File) {
    (0..1000).find_map(numbered_folder).expect("a folder")
}

fn numbered_folder(number: u32) -> Option<(PathBuf, File)> {
    let dir = env::temp_dir().join(format!("fulmen-fuzz-{number}"));
    fs::create_dir_all(&dir).ok()?;
    let path = dir.join("lock");
    let lock = File::create(&path).ok()?;
    lock.try_lock().ok()?;
    for left in fs::read_dir(&dir).ok()?.filter_map(|entry| Some(entry.ok()?.path())) {
        if left != path {
            fs::remove_file(left).ok()?;
        }
    }
    Some((dir, lock))
}

fn with_channels(dir: &Path, lock: File) -> WithChannels {
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
    let (vault, copy) = (vault("vault.db"), vault("copy.db"));
    WithChannels { keys: Arc::new(keys), vault, copy, _lock: lock }
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
