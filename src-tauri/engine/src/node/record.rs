//! What LDK does not keep about channels: who opened them, where the peer lives, how they ended. Staged for the same
//! commit as the state it belongs to.

use crate::payment::PaymentId;
use crate::store::{KvWrite, StagedKv, StoreError, Vault};
use crate::time::Timestamp;
use crate::uri::plain;
use crate::view::{CloseReason, Peer, PeerAssertion};
use bitcoin::OutPoint;
use bitcoin::secp256k1::PublicKey;
use lightning::ln::channel_state::{ChannelDetails, InboundHTLCDetails, OutboundHTLCDetails};
use lightning::ln::channelmanager::RecentPaymentDetails;
use lightning::ln::types::ChannelId;
use lightning::util::persist::KVStoreSync;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

const PRIMARY: &str = "fulmen";
const SECONDARY: &str = "channels";

/// One channel, from the first wish to the last sweep. The key is LDK's `user_channel_id`, stable for its whole life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChannelRecord {
    pub(crate) user_id: u128,
    /// LDK's channel id in hex, once the funding is known.
    pub(crate) channel_id: Option<String>,
    /// Node id in hex.
    pub(crate) peer: String,
    /// `host:port` of the peer, if we know it.
    pub(crate) address: Option<String>,
    pub(crate) amount_sat: u64,
    pub(crate) ours: bool,
    pub(crate) funding: Option<OutPoint>,
    /// Miner fee of the funding transaction; ours only.
    pub(crate) funding_fee_sat: Option<u64>,
    /// What the peer gave us with the opening.
    #[serde(default)]
    pub(crate) pushed_msat: u64,
    /// What LDK calls the channel in the first hop of a path, while it can be paid through.
    #[serde(default)]
    pub(crate) first_hops: BTreeSet<u64>,
    pub(crate) opened_at: Timestamp,
    pub(crate) ending: Option<Ending>,
    /// What the peer said last when something went wrong. Untrusted.
    #[serde(rename = "said")]
    pub(crate) last_peer_error: Option<String>,
    /// Names this channel's keys to LDK's `SignerProvider`.
    #[serde(default)]
    pub(crate) keys_id: Option<[u8; 32]>,
    /// Our state of it is old, so only the peer may close it; see `node::gate::stale`.
    #[serde(default, rename = "behind")]
    pub(crate) stale: bool,
    /// Its peer said what it cannot prove, and no person has decided yet; see `node::gate::stale`.
    #[serde(default)]
    pub(crate) disputed: bool,
    /// Its state was read from a copy, and its peer has not said yet that it knows no other; see `node::gate::stale`.
    #[serde(default)]
    pub(crate) restored: bool,
    /// Coins that are locked for its funding; ours only.
    #[serde(default)]
    pub(crate) coins: Vec<OutPoint>,
    /// Where on the external keychain the scripts are that it pays to when it ends.
    #[serde(default)]
    pub(crate) places: Vec<u32>,
    /// What the peer said last of our state of it.
    #[serde(default, rename = "claim")]
    pub(crate) assertion: Option<PeerAssertion>,
    /// When a person asked to close it cooperatively. LDK has not been asked yet: the peer is away.
    #[serde(default)]
    pub(crate) close_asked: Option<Timestamp>,
    /// Fulfilled HTLCs that are not yet irrevocably removed (BOLT 2). LDK's balance of the channel counts them for whoever
    /// offered them, and the peer may close with a commitment that has paid them already.
    #[serde(default)]
    pub(crate) fulfilled: BTreeSet<FulfilledHtlc>,
    /// Fulfilled HTLCs of ours that are irrevocably removed, of payments that LDK may still tell of.
    #[serde(default)]
    pub(crate) removed: BTreeSet<FulfilledHtlc>,
}

impl ChannelRecord {
    /// A channel that is only wished for.
    pub(crate) fn new(
        user_id: u128,
        peer: &PublicKey,
        amount_sat: u64,
        ours: bool,
        now: Timestamp,
    ) -> Self {
        Self {
            user_id,
            channel_id: None,
            peer: peer.to_string(),
            address: None,
            amount_sat,
            ours,
            funding: None,
            funding_fee_sat: None,
            pushed_msat: 0,
            first_hops: BTreeSet::new(),
            opened_at: now,
            ending: None,
            last_peer_error: None,
            keys_id: None,
            stale: false,
            disputed: false,
            restored: false,
            coins: Vec::new(),
            places: Vec::new(),
            assertion: None,
            close_asked: None,
            fulfilled: BTreeSet::new(),
            removed: BTreeSet::new(),
        }
    }

    /// Moves on the fulfilled HTLCs that are irrevocably removed: LDK's balance counts them as paid. `recent` are the payment
    /// hashes that LDK remembers; it forgets none of which an event waits.
    pub(crate) fn forget_removed(
        &mut self,
        pending: &BTreeSet<FulfilledHtlc>,
        recent: &BTreeSet<[u8; 32]>,
    ) {
        let removed: Vec<_> = self.fulfilled.difference(pending).copied().collect();
        self.fulfilled.retain(|htlc| pending.contains(htlc));
        self.removed.extend(removed.into_iter().filter(|htlc| !htlc.incoming));
        self.removed.retain(|htlc| recent.contains(&htlc.hash));
    }

    /// The peer took an HTLC of ours after LDK dropped the channel. LDK tells that with the same event, and maybe as late, as
    /// of one that was irrevocably removed before.
    pub(crate) fn taken_on_chain(&mut self, htlc: FulfilledHtlc) {
        if !self.removed.contains(&htlc) {
            self.fulfilled.insert(htlc);
        }
    }

    /// Its peer as screens show it. `view` makes one of a node id.
    pub(crate) fn peer_in(&self, view: impl FnOnce(&PublicKey) -> Peer) -> Peer {
        let unread = || Peer { node_id: self.peer.clone(), alias: None, connected: false };
        self.peer.parse().map_or_else(|_| unread(), |node| view(&node))
    }

    /// LDK closed it: no state of it is left that could be compared, and none that could be lost.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.closed) && !self.stale && !self.disputed
    }

    /// It is closed cooperatively, as a person or the peer asked: LDK knows.
    pub(crate) fn begin_cooperative_close(&mut self, at: Timestamp) {
        self.close_asked = None;
        self.ending.get_or_insert(Ending {
            cooperative: true,
            at,
            closed: false,
            reason: None,
            why: None,
            arrived: false,
            resolved: false,
            owned_msat: None,
            taken: Vec::new(),
        });
    }

    /// LDK's channel id, once the funding is known.
    pub(crate) fn channel(&self) -> Option<ChannelId> {
        let bytes = hex::FromHex::from_hex(self.channel_id.as_deref()?).ok()?;
        Some(ChannelId(bytes))
    }
}

/// An HTLC whose preimage both sides know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct FulfilledHtlc {
    /// The peer offered it.
    pub(crate) incoming: bool,
    pub(crate) hash: [u8; 32],
    pub(crate) amount_msat: u64,
}

impl FulfilledHtlc {
    pub(crate) fn incoming(htlc: &InboundHTLCDetails) -> Self {
        Self { incoming: true, hash: htlc.payment_hash.0, amount_msat: htlc.amount_msat }
    }

    pub(crate) fn outgoing(htlc: &OutboundHTLCDetails) -> Self {
        Self { incoming: false, hash: htlc.payment_hash.0, amount_msat: htlc.amount_msat }
    }
}

/// The hashes of payments that LDK remembers, as [`ChannelRecord::forget_removed`] wants them.
pub(crate) fn hashes_of(recent: Vec<RecentPaymentDetails>) -> BTreeSet<[u8; 32]> {
    let hash_of = |payment: RecentPaymentDetails| match payment {
        RecentPaymentDetails::Pending { payment_hash, .. }
        | RecentPaymentDetails::Abandoned { payment_hash, .. } => Some(payment_hash.0),
        RecentPaymentDetails::Fulfilled { payment_hash, .. } => payment_hash.map(|hash| hash.0),
        RecentPaymentDetails::AwaitingInvoice { .. } => None,
    };
    recent.into_iter().filter_map(hash_of).collect()
}

/// The HTLCs of a channel, in either direction.
pub(crate) fn pending_htlcs(channel: &ChannelDetails) -> BTreeSet<FulfilledHtlc> {
    let incoming = channel.pending_inbound_htlcs.iter().map(FulfilledHtlc::incoming);
    let outgoing = channel.pending_outbound_htlcs.iter().map(FulfilledHtlc::outgoing);
    incoming.chain(outgoing).collect()
}

/// How a channel ends or ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ending {
    #[serde(rename = "together")]
    pub(crate) cooperative: bool,
    pub(crate) at: Timestamp,
    /// LDK has dropped the channel.
    pub(crate) closed: bool,
    /// LDK's reason, for the record.
    pub(crate) reason: Option<String>,
    /// The same, for a person. Unknown of channels that older versions closed.
    #[serde(default)]
    pub(crate) why: Option<CloseReason>,
    /// All money is in blocks, which may still be undone.
    #[serde(default)]
    pub(crate) arrived: bool,
    /// All money is buried.
    #[serde(rename = "settled")]
    pub(crate) resolved: bool,
    /// What was ours when it closed, with the payments that were on their way from us.
    #[serde(default)]
    pub(crate) owned_msat: Option<u64>,
    /// Parts of our payments that were taken afterwards: which, and how much. Written by earlier versions; now they are in
    /// [`ChannelRecord::fulfilled`].
    #[serde(default)]
    pub(crate) taken: Vec<(PaymentId, u64)>,
}

/// See the module.
pub(crate) struct ChannelStore {
    records: Mutex<BTreeMap<u128, ChannelRecord>>,
    kv: Arc<StagedKv>,
}

impl ChannelStore {
    pub(crate) fn load(kv: Arc<StagedKv>) -> std::io::Result<Self> {
        let mut records = BTreeMap::new();
        for (_, bytes) in kv.read_all(PRIMARY, SECONDARY).map_err(std::io::Error::other)? {
            let record: ChannelRecord = serde_json::from_slice(&bytes)?;
            records.insert(record.user_id, record);
        }
        Ok(Self { records: Mutex::new(records), kv })
    }

    pub(crate) fn get(&self, user_id: u128) -> Option<ChannelRecord> {
        self.lock().get(&user_id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<ChannelRecord> {
        self.lock().values().cloned().collect()
    }

    /// The first that fits; nothing else is copied.
    pub(crate) fn find(&self, fits: impl Fn(&ChannelRecord) -> bool) -> Option<ChannelRecord> {
        self.lock().values().find(|record| fits(record)).cloned()
    }

    /// Adds or replaces.
    pub(crate) fn put(&self, record: ChannelRecord) {
        let mut records = self.lock();
        self.stage(&record);
        records.insert(record.user_id, record);
    }

    /// Changes a record if it is there.
    pub(crate) fn change(
        &self,
        user_id: u128,
        edit: impl FnOnce(&mut ChannelRecord),
    ) -> Option<ChannelRecord> {
        let mut records = self.lock();
        let record = records.get_mut(&user_id)?;
        let before = record.clone();
        edit(record);
        if *record != before {
            self.stage(record);
        }
        Some(record.clone())
    }

    /// Forgets a channel that never came to be.
    pub(crate) fn drop_unfunded(&self, user_id: u128) -> Option<ChannelRecord> {
        let mut records = self.lock();
        let removed = records.remove(&user_id)?;
        if let Err(error) = self.kv.remove(PRIMARY, SECONDARY, &key_of(user_id), false) {
            tracing::error!(%error, "cannot stage the removal of a channel record");
        }
        Some(removed)
    }

    /// Called with the lock held: what is staged last is what memory has.
    fn stage(&self, record: &ChannelRecord) {
        let bytes = serde_json::to_vec(record).expect("a channel record is plain data");
        if let Err(error) = self.kv.write(PRIMARY, SECONDARY, &key_of(record.user_id), bytes) {
            tracing::error!(%error, "cannot stage a channel record");
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u128, ChannelRecord>> {
        self.records.lock().expect("records lock is never poisoned: a panic ends the process")
    }
}

/// What makes the channels of a vault that was made from a copy wait for their peers' word, before anything opens it.
///
/// # Errors
/// [`StoreError::Damaged`] if a record cannot be read; what the disk says.
pub(crate) fn doubted(vault: &Vault) -> Result<Vec<KvWrite>, StoreError> {
    let damaged = |error: serde_json::Error| StoreError::Damaged {
        doing: "reading a channel's record",
        source: error.into(),
    };
    let doubt = |(key, bytes): (String, Vec<u8>)| {
        let mut record: ChannelRecord = serde_json::from_slice(&bytes).map_err(damaged)?;
        record.restored = true;
        let value = serde_json::to_vec(&record).map_err(damaged)?;
        Ok(KvWrite::put((PRIMARY, SECONDARY, &key), value))
    };
    vault.all_kv(PRIMARY, SECONDARY)?.into_iter().map(doubt).collect()
}

/// A fresh `user_channel_id`.
pub(crate) fn random_user_id() -> u128 {
    u128::from_be_bytes(PaymentId::random().0[..16].try_into().expect("16 of 32 bytes"))
}

/// Peer text without what could fake a screen. Cut first: what joins two characters may be the last one left.
pub(crate) fn harmless(text: &str) -> String {
    plain(&text.chars().take(300).collect::<String>()).unwrap_or_default()
}

fn key_of(user_id: u128) -> String {
    format!("{user_id:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel() -> ChannelRecord {
        let secp = bitcoin::secp256k1::Secp256k1::new();
        let key = bitcoin::secp256k1::SecretKey::from_slice(&[7; 32]).expect("a key");
        ChannelRecord::new(1, &key.public_key(&secp), 100_000, true, Timestamp::from_secs(0))
    }

    #[test]
    fn what_a_peer_says_cannot_disguise_itself() {
        assert_eq!(harmless("see \u{202e}moc.live\u{2069}\u{1b}[2K\r\n"), "see moc.live [2K");
        assert_eq!(harmless("\u{202e}\u{200d}"), "");
        assert_eq!(harmless(&"a".repeat(301)).len(), 300);
        let cut = "a".repeat(298) + "👩\u{200d}👩";
        assert_eq!(harmless(&cut).chars().last(), Some('👩'), "and nothing that joins");
    }

    const COFFEE: FulfilledHtlc =
        FulfilledHtlc { incoming: false, hash: [1; 32], amount_msat: 2_101_000 };

    #[test]
    fn what_was_removed_before_the_close_is_not_taken_after_it() {
        let (mut record, recent) = (channel(), BTreeSet::from([COFFEE.hash]));
        record.fulfilled.insert(COFFEE);
        record.forget_removed(&BTreeSet::from([COFFEE]), &recent);
        assert_eq!(record.fulfilled, BTreeSet::from([COFFEE]));
        record.forget_removed(&BTreeSet::new(), &recent);
        assert_eq!(record.fulfilled, BTreeSet::new());
        record.taken_on_chain(COFFEE);
        record.taken_on_chain(COFFEE);
        assert_eq!(record.fulfilled, BTreeSet::new());
    }

    #[test]
    fn what_was_not_removed_is_taken_on_the_chain() {
        let mut record = channel();
        record.taken_on_chain(COFFEE);
        record.taken_on_chain(COFFEE);
        assert_eq!(record.fulfilled, BTreeSet::from([COFFEE]));
    }

    #[test]
    fn what_ldk_forgot_and_what_came_to_us_is_not_kept() {
        let came = FulfilledHtlc { incoming: true, ..COFFEE };
        let mut record = channel();
        record.fulfilled.extend([COFFEE, came]);
        record.forget_removed(&BTreeSet::new(), &BTreeSet::from([COFFEE.hash]));
        assert_eq!(record.removed, BTreeSet::from([COFFEE]));
        record.forget_removed(&BTreeSet::new(), &BTreeSet::new());
        assert_eq!(record.removed, BTreeSet::new());
    }
}
