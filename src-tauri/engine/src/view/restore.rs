use super::Peer;
use crate::amount::{Msat, Sat};
use serde::Serialize;
use ts_rs::TS;

/// What a living copy brings back. Every sum here is of the copy: what came after it is not in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct RestorePreview {
    /// Names what was shown. An older copy is not restored.
    #[ts(type = "number")]
    pub generation: u64,
    /// When the last change was written there.
    #[ts(type = "number")]
    pub copied_at_secs: u64,
    /// False if something newer is there that cannot be read.
    pub whole: bool,
    /// On-chain, in channels, and on its way from closed ones.
    #[ts(type = "number")]
    pub total_msat: Msat,
    #[ts(type = "number")]
    pub onchain_sat: Sat,
    /// In channels, with what is kept there.
    #[ts(type = "number")]
    pub channels_msat: Msat,
    #[ts(type = "number")]
    pub closing_sat: Sat,
    pub channels: Vec<RestoredChannel>,
    /// What the channels bring where each of their peers closes instead of going on.
    #[ts(type = "number")]
    pub if_closed_sat: Sat,
}

/// A channel in the copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct RestoredChannel {
    pub id: String,
    pub peer: Peer,
    #[ts(type = "number")]
    pub capacity_sat: Sat,
    /// With what is kept in it.
    #[ts(type = "number")]
    pub yours_msat: Msat,
    /// What comes on-chain if its peer closes it instead of going on.
    #[ts(type = "number")]
    pub if_closed_sat: Sat,
}

/// What the living copy of an open wallet would bring back now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct CopyProof {
    pub restored: RestorePreview,
    /// Changes that are in the wallet and not in the copy.
    #[ts(type = "number")]
    pub changes_missing: u64,
}
