use super::{OtherAccount, Peer};
use crate::amount::Sat;
use serde::Serialize;
use ts_rs::TS;

/// Channels of these words that this vault does not know, and the peers that are asked to close them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct LostChannels {
    pub peers: Vec<LostPeer>,
    /// Where peers' closes pay to.
    pub scripts: u32,
    /// So many of them were looked at, in the look that is under way or was the last.
    pub scripts_looked_at: u32,
}

/// A peer that is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct LostPeer {
    pub peer: Peer,
    /// `host:port`, where it is tried first.
    pub address: Option<String>,
    pub state: LostPeerState,
    pub channels: Vec<LostChannel>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum LostPeerState {
    /// It never answered.
    NotReached,
    /// It is there now.
    Connected,
    /// It was there, and is not now.
    Away,
    /// It was there and named no channel.
    HasNone,
}

/// One channel of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct LostChannel {
    pub id: String,
    /// All of it, the peer's part too. `None`: its funding was not found.
    #[ts(type = "number | null")]
    pub capacity_sat: Option<Sat>,
    pub state: LostChannelState,
}

/// How far a lost channel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum LostChannelState {
    /// Its money is in it, and its peer was not asked yet.
    Open,
    /// The peer heard that nothing is known of it here: it is to close.
    Asked,
    /// Closed, in a block. This waits to be moved.
    Closed {
        #[ts(type = "number")]
        amount_sat: Sat,
    },
    /// Closed, and this was moved, or came to the wallet's own addresses.
    Back {
        #[ts(type = "number")]
        amount_sat: Sat,
    },
}

/// What the words alone bring back, as the chain has it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct WordsPreview {
    /// Comes back by itself.
    #[ts(type = "number")]
    pub onchain_sat: Sat,
    /// In other accounts of the words, and paid out by peers that closed: to be moved.
    pub accounts: Vec<OtherAccount>,
    #[ts(type = "number")]
    pub accounts_sat: Sat,
    /// Both.
    #[ts(type = "number")]
    pub total_sat: Sat,
    /// Peers that will be asked, with the channels that are known of.
    pub peers: Vec<LostPeer>,
    /// What channels hold that are still open, the peers' part too. How much of it is the wallet's is not known.
    #[ts(type = "number")]
    pub locked_sat: Sat,
    /// Lines of the list of peers that cannot be read, counted from 1.
    pub wrong_lines: Vec<u32>,
}
