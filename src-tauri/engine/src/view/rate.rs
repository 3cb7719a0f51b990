use crate::fiat::{Currency, Fiat};
use serde::Serialize;
use ts_rs::TS;

/// What a bitcoin costs, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum RateView {
    /// Nobody wants to know, so nobody is asked.
    Off,
    /// None has come yet, or the last is too old to be shown.
    Unknown {
        #[ts(type = "string")]
        currency: Currency,
        trouble: Option<RateTrouble>,
    },
    Known {
        /// What a whole bitcoin costs.
        one_btc: Fiat,
        /// When it was fetched.
        at_secs: u64,
        /// How many servers it is made of.
        sources: u8,
        /// Too old to be trusted.
        stale: bool,
        /// Of the last attempt to get a newer one.
        trouble: Option<RateTrouble>,
    },
}

/// Why there is no new rate. What a server said is in the log alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum RateTrouble {
    /// Fewer than two answered with a price.
    Unreachable,
    /// They contradict each other.
    Differ,
}

/// What a quote's amounts are worth now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct QuoteFiat {
    pub amount: Option<Fiat>,
    pub fee_max: Option<Fiat>,
    pub total_max: Option<Fiat>,
    /// When the rate was fetched.
    pub at_secs: u64,
}

/// What a preview's amount and its fee are worth now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct PreviewFiat {
    pub amount: Option<Fiat>,
    pub fee: Option<Fiat>,
    /// When the rate was fetched.
    pub at_secs: u64,
}

/// What a movement was worth when its money moved, and what the same is worth now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct MovementFiat {
    /// `None`: nobody knew it then.
    pub then: Option<Fiat>,
    pub fee_then: Option<Fiat>,
    /// When that rate was fetched.
    pub then_at_secs: Option<u64>,
    pub now: Option<Fiat>,
}
