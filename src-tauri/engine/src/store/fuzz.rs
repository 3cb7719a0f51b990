//! What holds of every row and of the file of channels, for [`crate::fuzz`].

use super::changesets::decode_all;
use super::channels_file::{ChannelsFile, open, seal};
use crate::keys::{Keys, Words};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::LazyLock;

/// Anybody's: the words of BIP 39's first vector.
pub(crate) static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let words = ["abandon"; 11].join(" ") + " about";
    let words = Words::parse(&words).expect("twelve words");
    Keys::derive(&words, None, bitcoin::Network::Regtest)
});

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
