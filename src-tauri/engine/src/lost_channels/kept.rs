//! What the vault keeps of lost channels, so that a restart goes on where it was.

use super::told::{MOST_CHANNELS, Told};
use crate::amount::Sat;
use crate::store::StagedKv;
use crate::store::channels_file::KeptChannel;
use bitcoin::{Amount, OutPoint, Txid};
use lightning::util::persist::KVStoreSync;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;

const KEY: (&str, &str, &str) = ("fulmen", "facts", "lost_channels");

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Known {
    peers: Vec<LostPeer>,
}

/// A peer that is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LostPeer {
    /// Node id in hex.
    pub(super) peer: String,
    /// It answered, and had the time to name its channels.
    pub(super) heard: bool,
    pub(super) channels: Vec<LostChannel>,
}

/// One channel of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LostChannel {
    /// LDK's channel id in hex.
    pub(super) channel_id: String,
    /// The output that holds its money. `None`: not found.
    pub(super) funding: Option<OutPoint>,
    pub(super) capacity: Option<Sat>,
    /// The peer named it, and heard that nobody here knows it.
    pub(super) asked: bool,
    pub(super) ended: Option<Ended>,
}

/// Its money left it, in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ended {
    pub(super) txid: Txid,
    /// What that paid to scripts of the words.
    pub(super) amount: Sat,
    /// Where it lies on a static payment key: it is to be moved.
    #[serde(default)]
    pub(super) lies_at: Option<OutPoint>,
    #[serde(default)]
    pub(super) moved: bool,
}

impl LostPeer {
    pub(crate) fn of(told: &Told) -> Self {
        let channels = told.channels.iter().map(LostChannel::of).collect();
        Self { peer: told.node.to_string(), heard: false, channels }
    }

    pub(crate) fn channels_mut(&mut self) -> impl Iterator<Item = &mut LostChannel> {
        self.channels.iter_mut()
    }

    fn is_wanted(&self) -> bool {
        !self.heard || self.channels.iter().any(|channel| channel.ended.is_none())
    }
}

impl LostChannel {
    /// What it holds, as long as it is open: the peer's part too.
    pub(crate) fn locked(&self) -> Sat {
        let open = self.capacity.filter(|_| self.ended.is_none());
        open.unwrap_or_default()
    }

    fn of(kept: &KeptChannel) -> Self {
        let possible = Sat::new(kept.value_sat) <= Amount::MAX_MONEY.into();
        Self {
            channel_id: kept.channel_id.clone(),
            funding: Some(kept.funding),
            // What the file cannot know is looked up.
            capacity: possible.then(|| Sat::new(kept.value_sat)),
            ..Self::default()
        }
    }
}

/// See the module.
pub(crate) struct LostChannels {
    known: Mutex<Known>,
    /// More peers are to be asked.
    pub(super) more: Notify,
    kv: Arc<StagedKv>,
}

impl LostChannels {
    pub(crate) fn load(kv: Arc<StagedKv>) -> std::io::Result<Self> {
        let (primary, secondary, key) = KEY;
        let known = match kv.read(primary, secondary, key) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == lightning::io::ErrorKind::NotFound => Known::default(),
            Err(error) => return Err(std::io::Error::other(error)),
        };
        Ok(Self { known: Mutex::new(known), more: Notify::new(), kv })
    }

    /// More peers, and more channels of known ones.
    pub(super) fn add(&self, told: &[Told]) {
        self.change(|peers| {
            for more in told.iter().map(LostPeer::of) {
                match peers.iter_mut().find(|peer| peer.peer == more.peer) {
                    None => peers.push(more),
                    Some(peer) => {
                        peer.heard = false;
                        for channel in more.channels {
                            peer.add(channel);
                        }
                    }
                }
            }
        });
        self.more.notify_one();
    }

    /// A peer named a channel, and heard that nobody here knows it. Of nobody that was not asked.
    pub(super) fn named(&self, peer: &str, channel_id: &str) {
        self.change(|peers| {
            let Some(peer) = peers.iter_mut().find(|one| one.peer == peer) else { return };
            let channel_id = channel_id.to_owned();
            peer.add(LostChannel { channel_id: channel_id.clone(), ..LostChannel::default() });
            let named = peer.channels.iter_mut().find(|one| one.channel_id == channel_id);
            if let Some(channel) = named {
                channel.asked = true;
            }
        });
    }

    /// A peer had the time to name its channels.
    pub(super) fn heard(&self, peer: &str) {
        self.change(|peers| {
            peers.iter_mut().filter(|one| one.peer == peer).for_each(|one| one.heard = true);
        });
    }

    /// What the chain says of one.
    pub(super) fn put(&self, looked_up: &LostChannel) {
        let LostChannel { channel_id, funding, capacity, ended, .. } = looked_up.clone();
        self.change(|peers| {
            let mut channels = peers.iter_mut().flat_map(|peer| &mut peer.channels);
            if let Some(one) = channels.find(|one| one.channel_id == channel_id) {
                (one.funding, one.capacity, one.ended) = (funding, capacity, ended);
            }
        });
    }

    pub(super) fn all(&self) -> Vec<LostPeer> {
        self.lock().peers.clone()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().peers.is_empty()
    }

    /// Node ids of peers that are to be reached.
    pub(crate) fn wanted(&self) -> Vec<String> {
        let known = self.lock();
        known.peers.iter().filter(|one| one.is_wanted()).map(|one| one.peer.clone()).collect()
    }

    /// Changes what is known, and stages it.
    fn change(&self, edit: impl FnOnce(&mut Vec<LostPeer>)) {
        let mut known = self.lock();
        let before = known.clone();
        edit(&mut known.peers);
        if *known == before {
            return;
        }
        let bytes = serde_json::to_vec(&*known).expect("plain values are always JSON");
        let (primary, secondary, key) = KEY;
        if let Err(error) = self.kv.write(primary, secondary, key, bytes) {
            tracing::error!(%error, "cannot stage what is known of lost channels");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("never poisoned: a panic in the engine ends the process")
    }
}

impl LostPeer {
    fn add(&mut self, channel: LostChannel) {
        let is_known = self.channels.iter().any(|one| one.channel_id == channel.channel_id);
        if !is_known && self.channels.len() < MOST_CHANNELS {
            self.channels.push(channel);
        }
    }
}
