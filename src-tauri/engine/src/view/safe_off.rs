use serde::Serialize;
use ts_rs::TS;

/// Until when this computer may be off without a loss, and what could happen later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct SafeOff {
    /// About, and rather too early.
    pub until_secs: u64,
    /// Blocks from the newest one that is known. None: stay on.
    pub blocks: u32,
    pub risk: OffRisk,
}

/// What could happen to a channel while nobody looks. What costs most comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum OffRisk {
    /// The peer has published an old state; what it had is being fetched.
    Penalty,
    /// The peer could keep what an old state gives it.
    OldState,
    /// A payment of a closed channel is ours, and the peer could take it.
    ContestedPayment,
    /// A payment to us could go back to its sender.
    IncomingPayment,
    /// The peer would close the channel by force for a payment of ours.
    OutgoingPayment,
}

/// What quitting now would mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Leaving {
    /// Lightning payments under way, in either direction.
    pub payments: u32,
    pub safe_off: Option<SafeOff>,
}
