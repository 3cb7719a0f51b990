//! Whom to ask for channels: read from what a person hands over, and held against it. Nobody is asked here.

use crate::config::Settings;
use crate::error::{Code, Coded};
use crate::files::read_own;
use crate::keys::Keys;
use crate::store::channels_file::{self, ChannelsFile, KeptChannel, RecoveryError};
use crate::uri::{self, NodeUri};
use bitcoin::secp256k1::PublicKey;
use std::collections::BTreeMap;
use std::path::Path;

/// No wallet has more peers than these, and no file makes us call on more.
pub(super) const MOST_PEERS: usize = 100;
/// Channels of one peer.
pub(super) const MOST_CHANNELS: usize = 50;
/// Of a `channels.age`, sealed.
const MOST_BYTES: u64 = 1 << 20;

/// What a person knows of the peers of a lost wallet.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// A `channels.age` of these words, as it lies in a file.
    pub file: Option<Vec<u8>>,
    /// `node_id@host:port`, one a line.
    pub peers: String,
    /// Those of the network's table as well.
    pub suggested: bool,
}

impl Ask {
    /// The file of channels at this path, or in this folder. Blocking.
    ///
    /// # Errors
    /// If there is none, or nothing of its size is one.
    pub fn read_file(path: &Path) -> Result<Vec<u8>, AskError> {
        let path = match path.is_dir() {
            true => path.join(channels_file::FILE),
            false => path.to_owned(),
        };
        let length = std::fs::metadata(&path).map_err(RecoveryError::Io)?.len();
        if length > MOST_BYTES {
            return Err(AskError::TooLong);
        }
        Ok(read_own(&path).map_err(RecoveryError::Io)?)
    }
}

/// It cannot be used. Nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("cannot use the file of channels")]
    File(#[from] RecoveryError),
    #[error("the file of channels is of another network")]
    OtherNetwork,
    #[error("too much for a file of channels")]
    TooLong,
    #[error("line {0} names no node and where it lives")]
    Line(u32),
    #[error("more peers than any wallet has")]
    TooMany,
}

impl Coded for AskError {
    fn code(&self) -> Code {
        match self {
            Self::File(RecoveryError::Io(_)) => Code::CopyMissing,
            Self::File(RecoveryError::Seal(_)) => Code::Storage,
            Self::File(RecoveryError::Open(_)) | Self::OtherNetwork => Code::CopyForeign,
            Self::File(RecoveryError::Content(_)) | Self::TooLong => Code::CopyDamaged,
            Self::Line(_) | Self::TooMany => Code::NotUnderstood,
        }
    }
}

/// A peer to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) node: PublicKey,
    /// `host:port`, the likeliest first.
    pub(crate) addresses: Vec<String>,
    /// That the file names.
    pub(crate) channels: Vec<KeptChannel>,
}

/// All of them, and the lines that cannot be read, counted from 1.
pub(crate) fn read(
    ask: &Ask,
    keys: &Keys,
    settings: &Settings,
) -> Result<(Vec<Told>, Vec<u32>), AskError> {
    let mut all = BTreeMap::new();
    for channel in file(ask, keys, settings)?.into_iter().flat_map(|file| file.channels) {
        // A line of ours names a node; what else stands there is of no use.
        let Ok(node) = channel.peer.parse() else { continue };
        let one = known(&mut all, node);
        one.addresses.extend(channel.addresses.iter().cloned());
        if one.channels.len() < MOST_CHANNELS {
            one.channels.push(channel);
        }
    }
    let mut wrong = Vec::new();
    for (number, line) in (1..).zip(ask.peers.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        match node_of(line, settings) {
            // What a person says goes before what a file knew.
            Some((node, address)) => known(&mut all, node).addresses.insert(0, address),
            None => wrong.push(number),
        }
    }
    let suggested = settings.suggested_peers.iter().filter(|_| ask.suggested);
    for (node, address) in suggested.filter_map(|peer| node_of(&peer.uri, settings)) {
        known(&mut all, node).addresses.push(address);
    }
    if all.len() > MOST_PEERS {
        return Err(AskError::TooMany);
    }
    Ok((all.into_values().collect(), wrong))
}

fn known(all: &mut BTreeMap<PublicKey, Told>, node: PublicKey) -> &mut Told {
    all.entry(node).or_insert(Told { node, addresses: Vec::new(), channels: Vec::new() })
}

fn file(ask: &Ask, keys: &Keys, settings: &Settings) -> Result<Option<ChannelsFile>, AskError> {
    let Some(sealed) = &ask.file else { return Ok(None) };
    if u64::try_from(sealed.len()).unwrap_or(u64::MAX) > MOST_BYTES {
        return Err(AskError::TooLong);
    }
    let file = channels_file::open(keys, sealed)?;
    match file.network == settings.network.chain() {
        true => Ok(Some(file)),
        false => Err(AskError::OtherNetwork),
    }
}

pub(super) fn node_of(line: &str, settings: &Settings) -> Option<(PublicKey, String)> {
    let node: NodeUri = uri::parse(line, settings.network).ok()?.node?;
    Some((node.node_id, node.place()?))
}
