//! What one commit holds, and what a start reads back. Plain data: no SQL, no meaning.

use std::fmt;

/// How many commits the vault has seen. Every commit adds one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(pub u64);

/// Everything that becomes durable together. What is left empty is left alone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// LDK's `ChannelManager`, encoded.
    pub manager: Option<Vec<u8>>,
    /// Whole monitors: each replaces its base and drops the update rows it contains.
    pub monitors: Vec<FullMonitor>,
    /// Monitor updates, each under a monitor that is there or comes in this batch.
    pub updates: Vec<MonitorUpdate>,
    /// Monitors that are no longer loaded. They are kept in the file.
    pub archived: Vec<String>,
    /// Payments, inserted or replaced by id.
    pub journal: Vec<JournalRow>,
    /// New attempts under payments. Only the same attempt may be written again, by a commit's retry.
    pub attempts: Vec<AttemptRow>,
    /// BDK change sets ([`super::changesets::encode`]), appended in order.
    pub changesets: Vec<Vec<u8>>,
    /// Transactions to broadcast, inserted or replaced by id.
    pub outbox: Vec<OutboxRow>,
    /// Transactions that need no broadcast any more.
    pub outbox_done: Vec<[u8; 32]>,
    /// LDK's key-value writes, in order.
    pub kv: Vec<KvWrite>,
}

/// A whole `ChannelMonitor`.
#[derive(Clone, PartialEq, Eq)]
pub struct FullMonitor {
    /// The channel id in hex.
    pub key: String,
    /// The monitor's latest update id.
    pub update_id: u64,
    /// The monitor, encoded.
    pub bytes: Vec<u8>,
}

/// One `ChannelMonitorUpdate`.
#[derive(Clone, PartialEq, Eq)]
pub struct MonitorUpdate {
    /// The channel id in hex.
    pub key: String,
    /// The update's id.
    pub update_id: u64,
    /// The update, encoded.
    pub bytes: Vec<u8>,
}

/// A payment. `(direction, hash)` is unique if a hash is known.
#[derive(Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Our own payment id.
    pub id: [u8; 32],
    /// In or out, as the journal numbers them.
    pub direction: u8,
    /// The payment hash, once it is known.
    pub hash: Option<[u8; 32]>,
    /// The status, as the journal numbers it.
    pub status: u8,
    /// Unix seconds.
    pub created_secs: u64,
    /// Unix seconds.
    pub updated_secs: u64,
    /// The rest, encoded by the journal.
    pub body: Vec<u8>,
    /// The journal holds it in memory, because it may still change: [`Loaded::journal`] has it.
    pub live: bool,
    /// Its entry in the list, once it is decided.
    pub listed: Option<Listed>,
    /// What else it is found by, now and for ever.
    pub keys: Vec<JournalKey>,
}

/// A payment's entry in the list, as a search sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Listed {
    /// The amount in satoshis.
    pub sat: u64,
    /// Everything else that can be searched for, in lower case.
    pub text: String,
}

/// Something that payments are found by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct JournalKey {
    /// What it is, as the journal numbers it.
    pub kind: u8,
    /// The hash or the text itself.
    pub key: Vec<u8>,
}

/// One attempt to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// The payment it belongs to ([`JournalRow::id`]).
    pub payment: [u8; 32],
    /// From 1, within the payment.
    pub number: u32,
    /// LDK's `PaymentId` of this attempt.
    pub attempt_id: [u8; 32],
    /// Unix seconds.
    pub started_secs: u64,
}

/// A transaction (or package) that must reach the network.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// The id of the transaction that matters.
    pub txid: [u8; 32],
    /// What it is for, as the broadcaster numbers it.
    pub kind: u8,
    /// The transactions, encoded by the broadcaster.
    pub package: Vec<u8>,
    /// Unix seconds.
    pub created_secs: u64,
}

/// One write of LDK's key-value store.
#[derive(Clone, PartialEq, Eq)]
pub struct KvWrite {
    /// The primary namespace.
    pub primary: String,
    /// The secondary namespace.
    pub secondary: String,
    /// The key.
    pub key: String,
    /// The value; `None` removes it.
    pub value: Option<Vec<u8>>,
}

impl KvWrite {
    /// Puts a value in this place (primary namespace, secondary namespace, key).
    pub(crate) fn put((primary, secondary, key): (&str, &str, &str), value: Vec<u8>) -> Self {
        Self {
            primary: primary.to_owned(),
            secondary: secondary.to_owned(),
            key: key.to_owned(),
            value: Some(value),
        }
    }
}

/// Everything that a start needs besides BDK's log.
#[derive(Clone, PartialEq, Eq)]
pub struct Loaded {
    /// LDK's `ChannelManager`, encoded; `None` in a new vault.
    pub manager: Option<Vec<u8>>,
    /// The monitors that are not archived, by key.
    pub monitors: Vec<StoredMonitor>,
    /// The bodies of live payments and of the newest decided ones of the list, by time of creation, then id.
    pub journal: Vec<Vec<u8>>,
    /// Their attempts, by payment, then number.
    pub attempts: Vec<AttemptRow>,
    /// What must still be broadcast, oldest first.
    pub outbox: Vec<OutboxRow>,
    /// The generation all this belongs to.
    pub generation: Generation,
}

/// A monitor and the updates since its base was written.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredMonitor {
    /// The channel id in hex.
    pub key: String,
    /// The whole monitor, encoded.
    pub base: Vec<u8>,
    /// The base's latest update id.
    pub base_update_id: u64,
    /// `(update id, update)` in id order, all above the base.
    pub updates: Vec<(u64, Vec<u8>)>,
}

/// `Debug` shows only the fields that identify a row: manager, monitors and payments hold secrets.
macro_rules! debug_without_content {
    ($($name:ident { $($shown:ident),* })*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($shown), &self.$shown))*.finish_non_exhaustive()
            }
        }
    )*};
}

debug_without_content! {
    Batch { monitors, updates, archived, journal, attempts, outbox, outbox_done, kv }
    FullMonitor { key, update_id }
    MonitorUpdate { key, update_id }
    JournalRow { id, direction, hash, status, created_secs, updated_secs, live }
    OutboxRow { txid, kind, created_secs }
    Listed {}
    JournalKey { kind }
    KvWrite { primary, secondary, key }
    Loaded { monitors, attempts, outbox, generation }
    StoredMonitor { key, base_update_id }
}
