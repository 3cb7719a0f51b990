//! Freshness, witnessed by peers (BOLT 1, `option_provide_storage`). Each peer of a channel that stores for us keeps one blob,
//! sealed with a key from the words: how far the vault is, and with whom it has channels. It gives the blob back at each
//! connection, before its `channel_reestablish`. One that is ahead of this vault proves that another copy of the wallet went on:
//! this one goes into quarantine before it has said a word about a channel.
//!
//! *Ahead*: a vault has a *life*, a random id that was made with it and goes wherever it is copied. Within a life the later
//! *term* is ahead (a restore from the living copy raises it, see [`crate::copy`]), then the later generation. A blob is sent
//! after the commit that it names, so none of this vault's past is ahead of what it held when it was opened; what this opening
//! wrote itself it knows by its name. An opening commits before it sends one, so that it is ahead of every copy of what it
//! found. Another life says nothing of this one: whoever restores from words alone begins a new
//! one, and is not locked out by the old one's blobs. They tell it which channels there were: [`Witnesses::found`]. A person
//! who gives up the channels of an old vault has decided about every blob from before; a later one is news again.
//!
//! A peer may keep silent or give back an older blob; it cannot forge a newer one. So a witness says that a vault is old, and
//! never that it is the newest: commits follow without one. That is also why a restore from a folder does not take a witness of
//! the copy's own generation for a proof that nothing followed. Nothing is seen where no peer of both copies stores, where it
//! is gone or lies, and of what was copied since the last blob.
//!
//! It must not reach LDK, whose own blobs have another format and whose reader panics; and nothing but the quarantine may hang
//! on it.

/// What a blob says, and its seal.
mod blob;
/// What holds of hostile bytes.
#[cfg(feature = "test-util")]
pub(crate) mod fuzz;

pub use blob::{Witnessed, WitnessedPeer};

use crate::keys::{Keys, random};
use crate::network::NetworkId;
use crate::store::{StagedKv, Stamp, Vault};
use crate::time::Timestamp;
use bitcoin::secp256k1::PublicKey;
use blob::Seal;
use lightning::util::persist::KVStoreSync;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::{Notify, watch};

/// The vault's life. A vault of an older Fulmen has none and takes zeros.
const LIFE: (&str, &str, &str) = ("fulmen", "facts", "life");
/// The furthest place that was seen elsewhere. Once a person has ended the quarantine it is no news any more.
const SEEN: (&str, &str, &str) = ("fulmen", "facts", "witness_seen");
/// When channels were given up last, in seconds. What was written before is no news any more.
const GIVEN_UP: (&str, &str, &str) = ("fulmen", "facts", "given_up");

/// Of so many peers what they gave back is kept. More is of no use to anyone, and peers cost nothing.
const MOST_FOUND: usize = 64;

/// How far a vault is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Progress {
    pub(crate) term: u64,
    pub(crate) generation: u64,
}

/// See the module.
pub(crate) struct Witnesses {
    seal: Seal,
    life: [u8; 16],
    term: u64,
    /// What this opening of the vault found, and its name.
    opening: Stamp,
    vault: Arc<Vault>,
    state: Mutex<State>,
    /// A peer that stores came, or was heard.
    pub(crate) changed: Notify,
    found: watch::Sender<BTreeMap<PublicKey, Witnessed>>,
    ahead: watch::Sender<Option<Progress>>,
}

struct State {
    /// No news any more.
    seen: Progress,
    given_up_secs: u64,
    /// Peers that have had a blob of this opening.
    given: HashSet<PublicKey>,
    /// Those that had it when they connected: what they give back was written after it. A peer speaks once a connection, and one
    /// that is slow may do so after it was given one.
    had: HashSet<PublicKey>,
}

impl Witnesses {
    /// For the vault as it was opened. `new` begins a life; `term` is the living copy's.
    pub(crate) fn load(
        (kv, vault): (&StagedKv, Arc<Vault>),
        (keys, network): (&Keys, NetworkId),
        term: u64,
        new: bool,
    ) -> Self {
        let life = if new { begin_life(kv) } else { read(kv, LIFE).unwrap_or_default() };
        let seen = read(kv, SEEN).map(u128::from_be_bytes).map(Progress::from).unwrap_or_default();
        let given_up = read(kv, GIVEN_UP).map(u128::from_be_bytes).unwrap_or_default();
        let given_up_secs = u64::try_from(given_up).unwrap_or_default();
        let (given, had) = Default::default();
        Self {
            seal: Seal::new(keys, network),
            life,
            term,
            opening: vault.opening(),
            vault,
            state: Mutex::new(State { seen, given_up_secs, given, had }),
            changed: Notify::new(),
            found: watch::Sender::default(),
            ahead: watch::Sender::default(),
        }
    }

    /// A connection with a peer begins.
    pub(crate) fn begins(&self, peer: PublicKey) {
        let mut state = self.lock();
        if state.given.contains(&peer) {
            state.had.insert(peer);
        }
    }

    /// A peer gives back what it keeps. True if another copy of this vault is ahead: nothing may be said any more. What does not
    /// open is nothing.
    pub(crate) fn hear(&self, peer: PublicKey, sealed: &[u8]) -> bool {
        let Some(said) = self.seal.open(sealed) else {
            tracing::debug!(%peer, bytes = sealed.len(), "what a peer gives back is not ours");
            return false;
        };
        let theirs = Progress { term: said.term, generation: said.generation };
        let is_of_another = said.life == self.life && said.writer != self.opening.writer;
        let at_secs = said.at_secs;
        self.keep(peer, said);
        let mut state = self.lock();
        let generation = if state.had.contains(&peer) {
            self.vault.generation().0
        } else {
            self.opening.generation
        };
        let ours = Progress { term: self.term, generation }.max(state.seen);
        if !is_of_another || theirs <= ours || at_secs <= state.given_up_secs {
            return false;
        }
        tracing::error!(%peer, ?theirs, ?ours, "a peer shows that a newer copy of this wallet exists");
        state.seen = theirs;
        self.ahead.send_replace(Some(theirs));
        true
    }

    /// The blob for a peer, which has it from now on.
    pub(crate) fn give(
        &self,
        peer: PublicKey,
        peers: Vec<WitnessedPeer>,
        now: Timestamp,
    ) -> Vec<u8> {
        let mut state = self.lock();
        state.given.insert(peer);
        let generation = self.vault.generation().0;
        let Progress { term, generation } =
            Progress { term: self.term, generation }.max(state.seen);
        let (life, writer) = (self.life, self.opening.writer);
        let at_secs = now.secs();
        self.seal.seal(Witnessed { life, writer, term, generation, at_secs, peers, left_out: 0 })
    }

    /// Says when another copy is ahead.
    pub(crate) fn ahead(&self) -> watch::Receiver<Option<Progress>> {
        self.ahead.subscribe()
    }

    /// Goes with the next commit.
    pub(crate) fn remember(kv: &StagedKv, seen: Progress) -> lightning::io::Result<()> {
        let (primary, secondary, key) = SEEN;
        kv.write(primary, secondary, key, u128::from(seen).to_be_bytes().to_vec())
    }

    /// The channels are given up, with the next commit.
    pub(crate) fn gave_up(&self, kv: &StagedKv, now: Timestamp) -> lightning::io::Result<()> {
        let (primary, secondary, key) = GIVEN_UP;
        kv.write(primary, secondary, key, u128::from(now.secs()).to_be_bytes().to_vec())?;
        self.lock().given_up_secs = now.secs();
        Ok(())
    }

    /// What peers gave back since the start, of this life and of earlier ones of the same words, by who gave it. A restore from
    /// words alone dials the peers that it can think of, and subscribes: each blob names more of them.
    pub(crate) fn found(&self) -> watch::Receiver<BTreeMap<PublicKey, Witnessed>> {
        self.found.subscribe()
    }

    /// Whom wallets of these words had channels with before this life of theirs, as far as it was shown since the start.
    pub(crate) fn earlier_peers(&self) -> Vec<WitnessedPeer> {
        self.peers_of(|said| said.life != self.life)
    }

    /// The same before this vault was restored from a copy, which may lack some of it.
    pub(crate) fn peers_before_the_copy(&self) -> Vec<WitnessedPeer> {
        self.peers_of(|said| said.life == self.life && said.term < self.term)
    }

    fn peers_of(&self, counts: impl Fn(&Witnessed) -> bool) -> Vec<WitnessedPeer> {
        let found = self.found.borrow();
        found.values().filter(|said| counts(said)).flat_map(|said| said.peers.clone()).collect()
    }

    fn keep(&self, peer: PublicKey, said: Witnessed) {
        self.found.send_if_modified(|found| {
            let has_room = found.len() < MOST_FOUND || found.contains_key(&peer);
            has_room && found.insert(peer, said.clone()).as_ref() != Some(&said)
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("witness lock is never poisoned: a panic ends the process")
    }
}

fn begin_life(kv: &StagedKv) -> [u8; 16] {
    let life = *random();
    let (primary, secondary, key) = LIFE;
    if let Err(error) = kv.write(primary, secondary, key, life.to_vec()) {
        tracing::error!(%error, "cannot stage a fact");
    }
    life
}

fn read(kv: &StagedKv, (primary, secondary, key): (&str, &str, &str)) -> Option<[u8; 16]> {
    kv.read(primary, secondary, key).ok()?.try_into().ok()
}

impl From<Progress> for u128 {
    fn from(progress: Progress) -> Self {
        Self::from(progress.term) << 64 | Self::from(progress.generation)
    }
}

impl From<u128> for Progress {
    fn from(both: u128) -> Self {
        let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(u64::MAX);
        Self { term: half(both >> 64), generation: half(both) }
    }
}

#[cfg(test)]
mod tests;
