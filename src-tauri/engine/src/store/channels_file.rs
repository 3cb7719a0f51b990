//! `channels.age`: what the words alone do not know of channels, kept beside the vault at every opening and closing. With
//! the words it is enough to ask each peer to close and to own what that pays (`to_remote`, BOLT 3): LDK's seed comes from
//! the words, the name of each channel's keys is here. It holds no state of a channel, so an old one does no harm.
//!
//! An age file for an X25519 key that is derived from the words. It is never written in quarantine, and what this vault
//! does not know of is kept.

use crate::keys::Keys;
use age::x25519::Identity;
use bitcoin::{Network, OutPoint};
use serde::{Deserialize, Serialize};
use std::io;
use zeroize::Zeroizing;

/// The file's name in the wallet's directory.
pub const FILE: &str = "channels.age";

pub(crate) const VERSION: u32 = 1;
/// The label of the file's key. It must never change.
const LABEL: &str = "channels.age v1";

/// What the file holds. JSON, for a person who opens it without us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelsFile {
    pub version: u32,
    pub network: Network,
    pub channels: Vec<KeptChannel>,
}

/// One channel whose money is not on-chain yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptChannel {
    /// LDK's channel id in hex.
    pub channel_id: String,
    pub funding: OutPoint,
    /// Its capacity.
    pub value_sat: u64,
    /// Node id in hex.
    pub peer: String,
    /// `host:port`, if known.
    pub addresses: Vec<String>,
    /// Who opened it.
    pub opened_by_us: bool,
    /// Names its keys to LDK's `KeysManager`; `None` for a channel of an older Fulmen.
    pub keys_id: Option<[u8; 32]>,
    /// A close is under way.
    pub closing: bool,
}

/// The file cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    #[error("cannot seal the file of channels")]
    Seal(#[from] age::EncryptError),
    #[error("these words do not open the file of channels, or it is damaged")]
    Open(#[from] age::DecryptError),
    #[error("the file of channels is not what we write")]
    Content(#[from] serde_json::Error),
    #[error("cannot use the file of channels")]
    Io(#[from] io::Error),
}

/// Opens the file with what the words give.
///
/// # Errors
/// [`RecoveryError::Open`], [`RecoveryError::Content`].
pub fn open(keys: &Keys, sealed: &[u8]) -> Result<ChannelsFile, RecoveryError> {
    let plain = Zeroizing::new(age::decrypt(&identity(keys), sealed)?);
    Ok(serde_json::from_slice(&plain)?)
}

pub(crate) fn seal(keys: &Keys, content: &ChannelsFile) -> Result<Vec<u8>, RecoveryError> {
    let plain = Zeroizing::new(serde_json::to_vec(content)?);
    Ok(age::encrypt(&identity(keys).to_public(), &plain)?)
}

/// age spells its keys in bech32, and takes none in bytes.
fn identity(keys: &Keys) -> Identity {
    use bitcoin::bech32::{Bech32, Hrp, encode};
    let prefix = Hrp::parse("age-secret-key-").expect("a valid prefix");
    let key = keys.derive_label(LABEL);
    let text = Zeroizing::new(encode::<Bech32>(prefix, key.as_slice()).expect("short enough"));
    let text = Zeroizing::new(text.to_uppercase());
    text.parse().expect("32 bytes are a key")
}

/// What was written last. One writer at a time.
#[derive(Default)]
pub(crate) struct Recovery {
    pub(crate) last: tokio::sync::Mutex<Option<ChannelsFile>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Words;

    #[test]
    fn the_words_alone_open_it_and_no_other_words() {
        let words = Words::generate();
        let keys = Keys::derive(&words, None, Network::Regtest);
        let content = ChannelsFile {
            version: VERSION,
            network: Network::Regtest,
            channels: vec![KeptChannel {
                channel_id: "ab".repeat(32),
                funding: OutPoint::null(),
                value_sat: 500_000,
                peer: "02".repeat(33),
                addresses: vec!["127.0.0.1:9735".into()],
                opened_by_us: true,
                keys_id: Some([7; 32]),
                closing: false,
            }],
        };
        let sealed = seal(&keys, &content).unwrap();
        assert!(sealed.starts_with(b"age-encryption.org/v1"));
        assert!(!sealed.windows(9).any(|window| window == b"127.0.0.1"));
        let again = Keys::derive(&words, None, Network::Regtest);
        assert_eq!(open(&again, &sealed).unwrap(), content);
        let other = Keys::derive(&Words::generate(), None, Network::Regtest);
        assert!(matches!(open(&other, &sealed), Err(RecoveryError::Open(_))));
    }
}
