use crate::amount::Sat;
use crate::fiat::Fiat;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One on-chain fee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct FeeChoice {
    pub speed: FeeSpeed,
    pub sat_per_vb: u32,
    #[ts(type = "number")]
    pub fee_sat: Sat,
    pub about_minutes: u32,
    /// The fee by what the payee gets, in thousandths, where somebody gets something.
    pub share_permille: Option<u32>,
    /// What the fee is worth now.
    pub fiat: Option<Fiat>,
}

/// A fee by what the payee gets, in thousandths, rounded up.
pub(crate) fn share_permille(fee: Sat, amount: Sat) -> Option<u32> {
    let share = fee.get().checked_mul(1000)?.checked_add(amount.get().checked_sub(1)?)?;
    u32::try_from(share / amount.get()).ok()
}

/// How soon. `Custom` is a rate in sat/vB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum FeeSpeed {
    Fast,
    Normal,
    Slow,
    Custom { sat_per_vb: u32 },
}
