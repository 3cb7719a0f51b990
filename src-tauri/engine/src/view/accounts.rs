use super::{FeeChoice, FeeSpeed, PreviewFiat};
use crate::amount::Sat;
use crate::keys::AccountId;
use serde::Serialize;
use ts_rs::TS;

/// Accounts of the same words beside the wallet's own, and what was found there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct OtherAccounts {
    /// Right now.
    pub looking: bool,
    /// When all of them were last looked at. `None`: never.
    pub looked_at_secs: Option<u64>,
    /// Those with money.
    pub found: Vec<OtherAccount>,
    /// How many requests a look makes if nothing is found.
    pub requests: u32,
    /// The words have a passphrase: without it they open other accounts.
    pub with_passphrase: bool,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct OtherAccount {
    pub account: AccountId,
    /// What lies there in blocks.
    #[ts(type = "number")]
    pub amount_sat: Sat,
}

/// Moving everything from another account into this wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct SweepPreview {
    /// Confirmed by this id.
    pub id: String,
    /// Where it comes from. `None`: from a private key.
    pub account: Option<AccountId>,
    /// What arrives.
    #[ts(type = "number")]
    pub amount_sat: Sat,
    #[ts(type = "number")]
    pub fee_sat: Sat,
    /// What stays, because fetching it costs more than it brings.
    #[ts(type = "number")]
    pub left_sat: Sat,
    pub fee_choices: Vec<FeeChoice>,
    pub speed: FeeSpeed,
    /// What arrives and the fee.
    pub fiat: Option<PreviewFiat>,
}
