use crate::amount::Msat;
use serde::Deserialize;
use ts_rs::TS;

/// Which movements are wanted: all of it must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", default)]
#[ts(export, export_to = "view.ts")]
pub struct ActivityFilter {
    /// Each word of it in names, contacts, notes and ids, or at the beginning of the amount in sat.
    pub text: String,
    pub only: Vec<ActivityKind>,
    /// At least so much.
    #[ts(type = "number | null")]
    pub min_msat: Option<Msat>,
    /// At most so much.
    #[ts(type = "number | null")]
    pub max_msat: Option<Msat>,
    /// From then on.
    #[ts(type = "number | null")]
    pub since_secs: Option<u64>,
    /// Before then.
    #[ts(type = "number | null")]
    pub until_secs: Option<u64>,
}

/// Some of the movements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum ActivityKind {
    Sent,
    Received,
    Channels,
    Opened,
    Closed,
    Lightning,
    Onchain,
    Pending,
    Failed,
}
