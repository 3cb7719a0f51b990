use super::{FeeChoice, FeeSpeed, PreviewFiat};
use crate::amount::Msat;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a transaction to ourselves does to another one that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum BumpKind {
    /// It spends from it, and pays for both.
    SpeedsUp,
    /// It takes its place, and all comes back.
    CallsOff,
}

/// A transaction that waits for a block, and what can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Waiting {
    pub sat_per_vb: u32,
    /// Nothing: it pays too little to be in a block for hours.
    pub about_minutes: Option<u32>,
    pub can_speed_up: bool,
    pub can_call_off: bool,
}

/// What a person wants of a transaction that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum BumpWish {
    SpeedUp,
    CallOff,
}

/// Exactly what will be done if it is confirmed, by its `id` alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct BumpQuote {
    pub id: String,
    /// The same payment with a higher fee, or a transaction of its own beside it.
    pub replaces: bool,
    /// What the payees get, all together.
    #[ts(type = "number")]
    pub amount_msat: Msat,
    /// All there was was sent: the payee, of several the first one, gets less by what it costs more.
    pub off_the_rest: bool,
    /// The fee of the new transaction.
    #[ts(type = "number")]
    pub fee_msat: Msat,
    /// What it costs more than now.
    #[ts(type = "number")]
    pub extra_msat: Msat,
    /// The fee by what the payee gets, in thousandths, where somebody gets something.
    pub fee_permille: Option<u32>,
    /// What it costs more and its fee.
    pub fiat: Option<PreviewFiat>,
    /// The rate of it, or of both together.
    pub sat_per_vb: u32,
    pub speed: FeeSpeed,
    /// What each speed costs more than now.
    pub fee_choices: Vec<FeeChoice>,
}
