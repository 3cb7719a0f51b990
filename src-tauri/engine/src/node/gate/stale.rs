//! What we know of our channels may be old: a vault that was put back, a close that only the peer has finished. Nothing
//! here decides by itself; gate, outbox and peers ask. It must only ever hold back, never let out what another check
//! refused.
//!
//! * *closing*: a close was under way when we ended, and its peer is not spoken to before the chain was asked;
//! * *unverified*: loaded at the start, and its peer has not yet shown that it knows nothing newer;
//! * *restored*: unverified, and read from a copy that may lack what came after it. Nothing of it leaves before its peer has
//!   said, before we did, that it knows the same state; if it says anything else, the channel is stale;
//! * *disputed*: unverified, and its peer says that it knows more, without proof, or asks us to close. A peer that saw us fall
//!   behind could say so to make us publish what it punishes: a person decides, at no time of our own;
//! * *stale*: its peer proved that it knows something newer. Our commitment would be punished; only the peer may close.

use bitcoin::secp256k1::PublicKey;
use bitcoin::{OutPoint, Transaction};
use lightning::ln::types::ChannelId;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};

/// So many blocks the peer has to show itself before a commitment of an unverified channel may leave without a person's
/// word. LDK acts 18 blocks before an incoming payment could be taken back (`CLTV_CLAIM_BUFFER`), so enough are left.
const PEER_FIRST_BLOCKS: u32 = 6;

/// See the module.
#[derive(Default)]
pub(crate) struct Staleness {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The whole vault is old: nothing leaves.
    quarantine: bool,
    /// Nothing becomes durable any more: nothing leaves.
    stopped: bool,
    closing: HashMap<ChannelId, (PublicKey, OutPoint)>,
    unverified: HashMap<ChannelId, Unverified>,
    stale: HashMap<ChannelId, OutPoint>,
    /// A commitment was held back that may leave now.
    missed: bool,
    height: u32,
}

struct Unverified {
    funding: OutPoint,
    /// Height at which a commitment was held back first.
    since: Option<u32>,
    doubt: Doubt,
}

/// What makes a channel that was loaded more doubtful than any other.
#[derive(Clone, Copy, Default)]
pub(crate) struct Doubt {
    pub(crate) disputed: bool,
    pub(crate) restored: bool,
}

impl Doubt {
    /// No time of ours ends it.
    fn lasts(self) -> bool {
        self.disputed || self.restored
    }
}

impl Staleness {
    pub(crate) fn new(quarantine: bool) -> Self {
        Self { state: Mutex::new(State { quarantine, ..State::default() }) }
    }

    /// Nothing will be written down any more, perhaps because another wrote to the vault: no peer is spoken to, and nothing
    /// leaves.
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
    }

    /// Another copy of this wallet goes on: nothing leaves any more.
    pub(crate) fn begin_quarantine(&self) {
        self.lock().quarantine = true;
    }

    /// The vault is taken for what it is, and its channels are given up: see [`crate::channels::give_up`].
    pub(crate) fn end_quarantine(&self) {
        self.lock().quarantine = false;
    }

    /// The newest block's height, for the peer's time.
    pub(crate) fn at_height(&self, height: u32) {
        self.lock().height = height;
    }

    /// A close was under way: its peer may have finished it.
    pub(crate) fn mark_closing(&self, channel: ChannelId, peer: PublicKey, funding: OutPoint) {
        self.lock().closing.insert(channel, (peer, funding));
    }

    /// Closes whose funding output must still be looked up, or whose spend is not in a block yet.
    pub(crate) fn closing(&self) -> Vec<(ChannelId, OutPoint)> {
        let state = self.lock();
        state.closing.iter().map(|(channel, (_, funding))| (*channel, *funding)).collect()
    }

    /// Not agreed upon, or confirmed.
    pub(crate) fn mark_looked_up(&self, channel: &ChannelId) {
        self.lock().closing.remove(channel);
    }

    /// Whether this peer must wait. All its channels wait with the one: a connection is for all of them.
    pub(crate) fn must_wait(&self, peer: &PublicKey) -> bool {
        let state = self.lock();
        state.quarantine
            || state.stopped
            || state.closing.values().any(|(waiting, _)| waiting == peer)
    }

    /// No peer is spoken to.
    pub(crate) fn stands_still(&self) -> bool {
        let state = self.lock();
        state.quarantine || state.stopped
    }

    /// Loaded from the vault, with what earlier runs doubted.
    pub(crate) fn mark_unverified(&self, channel: ChannelId, funding: OutPoint, doubt: Doubt) {
        self.lock().unverified.insert(channel, Unverified { funding, since: None, doubt });
    }

    /// Read from a copy, and its peer has not agreed yet.
    pub(crate) fn is_restored(&self, channel: &ChannelId) -> bool {
        self.lock().unverified.get(channel).is_some_and(|unverified| unverified.doubt.restored)
    }

    /// The peer says of a channel that is unverified what it cannot prove. False for any other: our state of it is the newest.
    pub(crate) fn dispute(&self, channel: &ChannelId) -> bool {
        let mut state = self.lock();
        let unverified = state.unverified.get_mut(channel);
        unverified.map(|unverified| unverified.doubt.disputed = true).is_some()
    }

    pub(crate) fn is_disputed(&self, channel: &ChannelId) -> bool {
        self.lock().unverified.get(channel).is_some_and(|unverified| unverified.doubt.disputed)
    }

    /// The peer knows nothing newer, or a person takes the risk.
    pub(crate) fn mark_verified(&self, channel: &ChannelId) {
        let mut state = self.lock();
        let heard = state.unverified.remove(channel);
        state.missed |= heard.is_some_and(|heard| heard.since.is_some());
    }

    /// True once after a doubt ended that held something back: LDK should ask again for what it wants out.
    pub(crate) fn take_missed(&self) -> bool {
        std::mem::take(&mut self.lock().missed)
    }

    pub(crate) fn is_unverified(&self, channel: &ChannelId) -> bool {
        self.lock().unverified.contains_key(channel)
    }

    /// The peer proved that it knows something newer.
    pub(crate) fn mark_stale(&self, channel: ChannelId, funding: OutPoint) {
        self.lock().stale.insert(channel, funding);
    }

    pub(crate) fn is_stale(&self, channel: &ChannelId) -> bool {
        self.lock().stale.contains_key(channel)
    }

    /// Whether something new may be broadcast: no commitment of a channel that may be old.
    pub(crate) fn may_stage(&self, package: &[Transaction]) -> bool {
        let mut state = self.lock();
        let height = state.height;
        let commitments: HashSet<OutPoint> =
            package.iter().filter(|tx| is_commitment(tx)).flat_map(spent).collect();
        let held = state.unverified.values_mut().any(|unverified| {
            commitments.contains(&unverified.funding)
                && (height < *unverified.since.get_or_insert(height) + PEER_FIRST_BLOCKS
                    || unverified.doubt.lasts())
        });
        !held && state.may_leave(package)
    }

    /// Whether what is durable may leave. It was decided before the vault was closed, and a channel has no later state
    /// than its close: only a proof stops it.
    pub(crate) fn may_leave(&self, package: &[Transaction]) -> bool {
        self.lock().may_leave(package)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("staleness lock is never poisoned: a panic ends the process")
    }
}

impl State {
    fn may_leave(&self, package: &[Transaction]) -> bool {
        !self.quarantine
            && !self.stopped
            && !package.iter().flat_map(spent).any(|input| self.stale.values().any(|f| *f == input))
    }
}

fn spent(transaction: &Transaction) -> impl Iterator<Item = OutPoint> {
    transaction.input.iter().map(|input| input.previous_output)
}

/// Lock time and sequence carry the obscured commitment number (BOLT 3); a close that both agreed to has neither.
pub(crate) fn is_commitment(transaction: &Transaction) -> bool {
    transaction.lock_time.to_consensus_u32() >> 24 == 0x20
        && transaction.input.first().is_some_and(|input| input.sequence.0 >> 24 == 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::hashes::Hash;
    use bitcoin::{Sequence, TxIn, absolute::LockTime, transaction::Version};

    fn spending(funding: OutPoint, commitment: bool) -> Transaction {
        let (lock, sequence) = if commitment { (0x2012_3456, 0x8012_3456) } else { (0, u32::MAX) };
        Transaction {
            version: Version::TWO,
            lock_time: LockTime::from_consensus(lock),
            input: vec![TxIn {
                previous_output: funding,
                sequence: Sequence(sequence),
                ..TxIn::default()
            }],
            output: Vec::new(),
        }
    }

    fn channel() -> (ChannelId, OutPoint) {
        (ChannelId([7; 32]), OutPoint::new(bitcoin::Txid::from_byte_array([9; 32]), 1))
    }

    #[test]
    fn a_commitment_waits_for_the_peer_and_not_for_ever() {
        let (channel, funding) = channel();
        let staleness = Staleness::default();
        staleness.at_height(100);
        staleness.mark_unverified(channel, funding, Doubt::default());
        let commitment = [spending(funding, true)];
        assert!(!staleness.may_stage(&commitment));
        assert!(staleness.may_stage(&[spending(funding, false)]), "an agreed close may leave");
        assert!(staleness.may_leave(&commitment), "what was decided before may leave");
        staleness.at_height(105);
        assert!(!staleness.may_stage(&commitment));
        staleness.at_height(106);
        assert!(staleness.may_stage(&commitment));
    }

    #[test]
    fn a_disputed_channel_waits_for_a_person() {
        let (channel, funding) = channel();
        let staleness = Staleness::default();
        assert!(!staleness.dispute(&channel), "nothing to doubt");
        staleness.mark_unverified(channel, funding, Doubt::default());
        assert!(!staleness.is_disputed(&channel));
        assert!(staleness.dispute(&channel) && staleness.is_disputed(&channel));
        let commitment = [spending(funding, true)];
        assert!(!staleness.may_stage(&commitment));
        staleness.at_height(10_000);
        assert!(!staleness.may_stage(&commitment), "no time of ours ends it");
        assert!(!staleness.take_missed());
        staleness.mark_verified(&channel);
        assert!(staleness.take_missed() && !staleness.take_missed());
        assert!(!staleness.is_disputed(&channel) && staleness.may_stage(&commitment));
    }

    #[test]
    fn a_channel_from_a_copy_waits_for_its_peer_for_ever() {
        let (channel, funding) = channel();
        let staleness = Staleness::default();
        staleness.mark_unverified(channel, funding, Doubt { restored: true, disputed: false });
        let commitment = [spending(funding, true)];
        assert!(!staleness.may_stage(&commitment));
        staleness.at_height(10_000);
        assert!(!staleness.may_stage(&commitment) && staleness.is_restored(&channel));
        staleness.mark_verified(&channel);
        assert!(staleness.may_stage(&commitment) && !staleness.is_restored(&channel));
    }

    #[test]
    fn nothing_of_a_channel_that_is_stale_ever_leaves() {
        let (channel, funding) = channel();
        let staleness = Staleness::default();
        assert!(staleness.may_leave(&[spending(funding, true)]));
        staleness.mark_stale(channel, funding);
        staleness.mark_verified(&channel);
        staleness.at_height(1_000);
        let other = OutPoint { vout: 0, ..funding };
        let package = [spending(other, false), spending(funding, true)];
        assert!(!staleness.may_stage(&package) && !staleness.may_leave(&package));
        assert!(staleness.may_stage(&[spending(other, true)]));
    }

    #[test]
    fn nothing_leaves_and_nobody_is_spoken_to_after_the_last_commit() {
        let (_, funding) = channel();
        let staleness = Staleness::default();
        let secp = bitcoin::secp256k1::Secp256k1::new();
        let key = bitcoin::secp256k1::SecretKey::from_slice(&[7; 32]).unwrap();
        let peer = PublicKey::from_secret_key(&secp, &key);
        assert!(!staleness.must_wait(&peer));
        staleness.stop();
        assert!(staleness.must_wait(&peer));
        assert!(!staleness.may_leave(&[spending(funding, false)]));
    }

    #[test]
    fn nothing_leaves_a_quarantine() {
        let (_, funding) = channel();
        let staleness = Staleness::new(true);
        assert!(!staleness.may_leave(&[spending(funding, false)]));
        staleness.end_quarantine();
        assert!(staleness.may_leave(&[spending(funding, false)]));
    }
}
