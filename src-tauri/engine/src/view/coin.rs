use crate::amount::Sat;
use serde::Serialize;
use ts_rs::TS;

/// An unspent output of the on-chain wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Coin {
    /// `txid:vout`.
    pub outpoint: String,
    pub txid: String,
    #[ts(type = "number")]
    pub amount_sat: Sat,
    pub address: String,
    /// Change of a transaction of one's own.
    pub is_change: bool,
    /// 0 outside a block.
    pub confirmations: u32,
    /// When it was first seen or confirmed, unix seconds, if that is known.
    pub since_secs: Option<u64>,
    pub state: CoinState,
    /// A person's name for it.
    pub label: Option<String>,
}

/// What can be done with a coin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum CoinState {
    /// Can be spent.
    Free,
    /// Comes in, and is not in a block.
    Incoming,
    /// Promised to a channel, a payment that is being made or a fee bump.
    Locked,
    /// A person froze it.
    Frozen,
}
