//! `channels.age`: what the words alone do not know of channels, kept beside the vault at every opening and closing. With
//! the words it is enough to ask each peer to close and to own what that pays (`to_remote`, BOLT 3): LDK's seed comes from
//! the words, the name of each channel's keys is here. It holds no state of a channel, so an old one does no harm.
//!
//! An age file for an X25519 key that is derived from the words. It is never written in quarantine, and what this vault
//! does not know of is kept.

use crate::core::Core;
use crate::error::chain_of;
use crate::event::Event;
use crate::keys::Keys;
use crate::node::record::ChannelRecord;
use crate::store::{read_own, write_atomic};
use age::x25519::Identity;
use bitcoin::{Network, OutPoint};
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;
use zeroize::Zeroizing;

/// The file's name in the wallet's directory.
pub const FILE: &str = "channels.age";

const VERSION: u32 = 1;
/// The label of the file's key, for ever.
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
    /// `host:port`, where known.
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

fn seal(keys: &Keys, content: &ChannelsFile) -> Result<Vec<u8>, RecoveryError> {
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
    last: tokio::sync::Mutex<Option<ChannelsFile>>,
}

/// Writes the file where it would change.
pub(crate) async fn write(core: &Core) -> Result<(), RecoveryError> {
    if core.freshness.is_quarantined() {
        return Ok(());
    }
    let mut last = core.recovery.last.lock().await;
    let path = core.settings.dir.join(FILE);
    let known = match &*last {
        Some(known) => Some(known.clone()),
        None => match read_own(&path) {
            Ok(sealed) => open(&core.signer, &sealed)
                .inspect_err(|error| tracing::warn!(error = chain_of(error), "a new one is made"))
                .ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        },
    };
    let content = content(core, known.as_ref());
    if known.as_ref() != Some(&content) {
        let sealed = seal(&core.signer, &content)?;
        let writing = tokio::task::spawn_blocking(move || write_atomic(&path, &sealed));
        writing.await.map_err(io::Error::other)??;
    }
    *last = Some(content);
    Ok(())
}

/// The same where nobody can be told; it is tried again with the next change.
pub(crate) async fn write_or_warn(core: &Core) {
    if let Err(error) = write(core).await {
        tracing::error!(error = chain_of(&error), "cannot keep the file of channels");
    }
}

/// Keeps it written, for ever: peers open and close channels too.
pub(crate) async fn keep_written(core: Arc<Core>) {
    core.freshness.trusted().await;
    let mut events = core.bus.subscribe();
    loop {
        write_or_warn(&core).await;
        loop {
            match events.recv().await {
                Ok(Event::Channels(_)) | Err(RecvError::Lagged(_)) => break,
                Ok(_) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }
}

fn content(core: &Core, before: Option<&ChannelsFile>) -> ChannelsFile {
    let records = core.book.all();
    let known = |channel: &KeptChannel| {
        records.iter().any(|record| record.channel_id.as_ref() == Some(&channel.channel_id))
    };
    let unknown = before.map(|file| file.channels.as_slice()).unwrap_or_default();
    let unknown = unknown.iter().filter(|channel| !known(channel)).cloned();
    let mut channels: Vec<_> =
        records.iter().filter_map(|record| kept(core, record)).chain(unknown).collect();
    channels.sort_by(|a, b| a.channel_id.cmp(&b.channel_id));
    ChannelsFile { version: VERSION, network: core.network, channels }
}

fn kept(core: &Core, record: &ChannelRecord) -> Option<KeptChannel> {
    let ending = record.ending.as_ref();
    if ending.is_some_and(|ending| ending.settled) {
        return None;
    }
    let peer = record.peer.parse().ok();
    let addresses = peer.map(|peer| crate::peers::addresses::of(core, &peer));
    Some(KeptChannel {
        channel_id: record.channel_id.clone()?,
        funding: record.funding?,
        value_sat: record.amount_sat,
        peer: record.peer.clone(),
        addresses: addresses.unwrap_or_default(),
        opened_by_us: record.ours,
        keys_id: record.keys_id,
        closing: ending.is_some() || record.behind,
    })
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
