use crate::amount::Sat;
use serde::Serialize;
use ts_rs::TS;

/// An address of the on-chain wallet that somebody has, and what came to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct OwnAddress {
    pub address: String,
    pub origin: AddressOrigin,
    /// When a request first gave it out, unix seconds, if one did.
    pub given_at_secs: Option<u64>,
    /// A person's name for what it was given out for, or for what came.
    pub label: Option<String>,
    /// What the newest request that gave it out says.
    pub note: Option<String>,
    /// All that ever came to it, also outside a block.
    #[ts(type = "number")]
    pub received_sat: Sat,
    /// What of it is still there.
    #[ts(type = "number")]
    pub held_sat: Sat,
    /// Those outside a block first, then the newest.
    pub movements: Vec<AddressMovement>,
}

/// Who has an address, as far as this wallet knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum AddressOrigin {
    /// Whoever was given a request.
    Request,
    /// The peer of a channel, which paid to it when it ended. No person was given it.
    Channel,
    /// Something came to it, and no request here asked for that: it was given out before a restore, or on another computer.
    Unknown,
}

/// What one transaction did to an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct AddressMovement {
    pub txid: String,
    /// What it paid there.
    #[ts(type = "number")]
    pub came_sat: Sat,
    /// What it spent from there.
    #[ts(type = "number")]
    pub left_sat: Sat,
    /// 0 outside a block.
    pub confirmations: u32,
    /// When it was first seen or confirmed, unix seconds, if that is known.
    pub at_secs: Option<u64>,
    /// The row of Activity that tells of it.
    pub movement_id: Option<String>,
}
