use super::{Balance, Channels, Contact, CopyView, LostChannels, Movement, RateView};
use crate::amount::{Msat, Sat};
use crate::network::NetworkId;
use crate::time::Timestamp;
use serde::Serialize;
use ts_rs::TS;

/// All of a wallet's visible state at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Snapshot {
    pub network: NetworkId,
    pub node_id: String,
    pub tip: Tip,
    pub sync: SyncStatus,
    pub balance: Balance,
    pub channels: Channels,
    /// The newest movements first; pending ones on top.
    pub movements: Vec<Movement>,
    pub cards: Vec<Card>,
    pub copy: CopyView,
    /// By name.
    pub contacts: Vec<Contact>,
    pub rate: RateView,
    pub lost: LostChannels,
}

/// The newest block known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Tip {
    pub height: u32,
    /// The block's own time.
    pub time_secs: u64,
}

/// The one status line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum SyncStatus {
    Starting,
    CatchingUp {
        blocks: u32,
    },
    Ready,
    Offline {
        since_secs: u64,
    },
    /// Synced, but the newest block is old. The server may be behind, or this computer's clock is fast. `pauses`: so old that no
    /// payment over Lightning and no channel is begun.
    NoBlocks {
        since_secs: u64,
        pauses: bool,
    },
    /// Synced, but this computer's clock is far beside the time of blocks or servers.
    ClockWrong {
        offset: ClockOffset,
    },
    /// Synced, but a channel's peer is not connected.
    PeerAway {
        peer: String,
    },
    /// A change is being written for a long time. Payments wait; nothing is lost.
    DiskSlow,
    /// The server of the living copy lacks what was written last, so that nothing leaves.
    CopyAway,
    /// The vault cannot be written. Payments are stopped; nothing is lost.
    DiskTrouble,
    /// Someone else wrote to the vault, or it is damaged. The wallet stands still; nothing is lost.
    VaultChanged,
    /// The vault refuses what this program wants to write: a fault of the program. The wallet stands still.
    VaultRefuses,
    /// The vault is not the newest: nothing is sent and no peer is spoken to.
    Quarantine,
    /// Opened without asking any server or peer for anything, after faults at the start; a person says when to.
    SafeStart,
}

/// Why a vault is not the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum QuarantineReason {
    /// It is older than what is written down beside it.
    PutBack,
    /// The wallet was restored from its living copy elsewhere.
    Moved,
    /// A peer keeps the word of a copy that is newer.
    Witnessed,
}

/// Something to do, or a wait worth knowing about. Shown on Home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum Card {
    /// There is money and the words were never written down.
    BackUpWords,
    /// There is on-chain money and no channel.
    OpenFirstChannel,
    /// There are channels but no room to receive.
    NoReceiveRoom,
    /// A payment that has left and is not decided.
    InTransit { movement_id: String },
    /// A channel closing; see `Balance::closing`.
    Closing { channel_id: String },
    /// On-chain funds are too low to close channels safely by force.
    LowForClosing,
    /// This vault is not the newest. `channels` of it may be given up to their peers.
    Quarantine { channels: u32, reason: QuarantineReason },
    /// The peer proved that our state of a channel is old: it must close it.
    WaitingForPeer { channel_id: String },
    /// The peer says of a channel what it cannot prove: a person decides.
    Disputed { channel_id: String },
    /// The words have money in accounts that are not this wallet's.
    OtherAccounts {
        #[ts(type = "number")]
        amount_sat: Sat,
    },
    /// The wallet was made from words, and there is nothing at them, nor was there ever, wherever it was looked.
    NothingFound { with_passphrase: bool },
}

/// What changed. Each carries the new value; applying one twice changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum Event {
    Balance {
        balance: Balance,
    },
    Channels {
        channels: Channels,
    },
    Movement {
        movement: Movement,
    },
    Sync {
        sync: SyncStatus,
        tip: Tip,
    },
    Cards {
        cards: Vec<Card>,
    },
    Copy {
        copy: CopyView,
    },
    Contacts {
        contacts: Vec<Contact>,
    },
    Rate {
        rate: RateView,
    },
    LostChannels {
        lost: LostChannels,
    },
    /// Something was missed: read the snapshot again.
    Refresh,
}

/// The health panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Health {
    pub sync: SyncStatus,
    pub tip: Tip,
    pub last_sync_secs: Option<u64>,
    /// Host of the chain source in use.
    pub source: String,
    /// What was wrong with it at the last look: for the on-chain wallet, and for the channels, which are followed apart.
    pub source_trouble: Option<SourceTrouble>,
    pub channels_trouble: Option<SourceTrouble>,
    /// Another one that a person listed, which watches it.
    pub watcher: Option<Watcher>,
    /// Coins in blocks below those whose headers are checked: that they are there is its word.
    #[ts(type = "number")]
    pub unchecked_msat: Msat,
    /// Whether it passes on packages of transactions; unknown before it was asked.
    pub relays_packages: Option<bool>,
    /// Set if this computer's clock is far from the blocks' time.
    pub clock: Option<ClockOffset>,
    pub peers: Vec<PeerHealth>,
    pub graph_nodes: u32,
    pub graph_channels: u32,
    pub graph_updated_secs: Option<u64>,
    /// Number of the last commit to the vault.
    #[ts(type = "number")]
    pub generation: u64,
    pub vault_bytes: u64,
}

/// A chain source beside the one in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Watcher {
    pub source: String,
    /// How many blocks it proves above those that the one in use shows.
    pub ahead: u32,
}

/// One peer, as the health panel shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct PeerHealth {
    pub node_id: String,
    pub alias: Option<String>,
    pub connected: bool,
    pub channels: u32,
    /// It keeps for us how far the vault is (BOLT 1 `option_provide_storage`), and shows it to whatever opens a copy.
    pub witness: bool,
}

/// What trying a chain source found. Each is a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct SourceTest {
    /// It answered, whatever it said.
    pub reached: bool,
    pub right_network: bool,
    /// A wallet can use it: the rest is known of none other.
    pub works: bool,
    pub height: Option<u32>,
    pub millis: u32,
    pub has_fees: bool,
    /// Whether it passes on packages of transactions; unknown if it would not say.
    pub relays_packages: Option<bool>,
    /// What went wrong.
    pub trouble: Option<SourceTrouble>,
}

/// What is wrong with a chain source. Its own words are in the log alone: they are untrusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum SourceTrouble {
    /// None is set.
    NotSet,
    /// Not an address of a server.
    BadUrl,
    /// On another computer, and not over TLS.
    NotEncrypted,
    /// No answer.
    Unreachable,
    /// It took too long.
    TooSlow,
    /// It asks for fewer requests (429).
    Busy,
    /// It answered with this HTTP status.
    Answers { status: u16 },
    /// It names another host to go to.
    SendsElsewhere,
    /// Another chain.
    WrongNetwork,
    /// Its newest block is more than a day ahead of this computer's clock.
    FromTheFuture,
    /// It has not got the whole chain yet.
    Behind,
    /// What it says cannot be.
    Nonsense,
    /// Its newest blocks are not checked yet, or are on a branch with no more work than the chain's.
    NotChecked,
    /// It refuses the name and the password (401, 403).
    NotAllowed,
    /// A block that is needed is not there any more.
    Pruned,
    /// It keeps no index of addresses.
    NoIndex,
    /// Its blocks are being read, and so many are left.
    Reading { left: u32 },
    /// The channels were not brought to its newest block.
    Incomplete,
}

/// Who says that the clock is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum ClockWitness {
    /// By their times, which are proven by work; to two hours.
    Blocks,
    /// Most of those that were asked of late; to ten minutes. They may lie.
    Servers,
}

/// How far this computer's clock is beside the time of blocks or servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum ClockOffset {
    /// Slow: blocks come from its future.
    Behind { secs: u64, by: ClockWitness },
    /// Fast; or, by blocks, the source holds them back: new blocks look this old.
    Ahead { secs: u64, by: ClockWitness },
}

impl ClockOffset {
    /// The time as they have it.
    pub fn corrected(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Behind { secs, .. } => now.after(secs),
            Self::Ahead { secs, .. } => Timestamp::from_secs(now.secs().saturating_sub(secs)),
        }
    }

    /// Who says so.
    pub(crate) fn by(self) -> ClockWitness {
        match self {
            Self::Behind { by, .. } | Self::Ahead { by, .. } => by,
        }
    }

    /// How far.
    pub(crate) fn secs(self) -> u64 {
        match self {
            Self::Behind { secs, .. } | Self::Ahead { secs, .. } => secs,
        }
    }
}
