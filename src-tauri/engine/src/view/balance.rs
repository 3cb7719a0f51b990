use crate::amount::{Msat, Sat};
use crate::fiat::Fiat;
use serde::Serialize;
use ts_rs::TS;

/// What a person owns, and why not all of it can be used now. Every sum here adds up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Balance {
    /// Lightning + on-chain + closing.
    #[ts(type = "number")]
    pub total_msat: Msat,
    pub lightning: LightningBalance,
    pub onchain: OnchainBalance,
    /// Money on its way from closed channels to the chain; in neither of the two above.
    pub closing: Vec<Closing>,
    /// Outgoing payments not yet decided; not in `total_msat`.
    #[ts(type = "number")]
    pub in_transit_msat: Msat,
    /// What `total_msat` is worth, where that is known and wanted.
    pub fiat: Option<Fiat>,
}

/// The Lightning side. `total_msat` = `can_send_msat` + Σ `kept`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct LightningBalance {
    #[ts(type = "number")]
    pub total_msat: Msat,
    #[ts(type = "number")]
    pub can_send_msat: Msat,
    #[ts(type = "number")]
    pub can_receive_msat: Msat,
    /// Σ `kept`.
    #[ts(type = "number")]
    pub kept_msat: Msat,
    pub kept: Vec<Part>,
}

/// The on-chain side. `total_sat` = `can_spend_sat` + Σ `kept`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct OnchainBalance {
    #[ts(type = "number")]
    pub total_sat: Sat,
    #[ts(type = "number")]
    pub can_spend_sat: Sat,
    /// Σ `kept`.
    #[ts(type = "number")]
    pub kept_msat: Msat,
    pub kept: Vec<Part>,
}

/// One reason why an amount cannot be used now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Part {
    pub kind: PartKind,
    #[ts(type = "number")]
    pub amount_msat: Msat,
}

/// Why an amount is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum PartKind {
    /// The reserve each side keeps in a channel so that cheating costs (BOLT 2 `channel_reserve_satoshis`).
    Reserve,
    /// The fee set aside for closing a channel we opened, anchors included.
    ClosingFee,
    /// In a channel whose peer is not connected.
    PeerAway,
    /// In a channel that is not confirmed yet.
    Opening,
    /// In a channel that is closing together and has no closing transaction yet.
    Closing,
    /// Coming in, not confirmed.
    Unconfirmed,
    /// Kept so that channels can always be closed safely (anchor reserve).
    ForClosing,
    /// Promised to a channel or a payment that is being made.
    Locked,
    /// Coins that a person froze.
    Frozen,
    /// Too little to send: below a channel's smallest payment, or parts of a satoshi.
    Rest,
}

/// A closed channel whose money is not on-chain yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Closing {
    pub channel_id: String,
    pub peer: String,
    #[ts(type = "number")]
    pub amount_sat: Sat,
    /// True if both sides agreed to close.
    #[serde(rename = "together")]
    pub cooperative: bool,
    /// The closing transaction is in a block.
    pub confirmed: bool,
    /// First block height at which the money is free, if known.
    pub free_at_height: Option<u32>,
    /// Blocks until then.
    pub blocks_left: Option<u32>,
    /// About when that is, unix seconds, ten minutes a block.
    pub free_at_secs: Option<u64>,
}
