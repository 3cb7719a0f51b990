use crate::amount::Msat;
use serde::Serialize;
use ts_rs::TS;

/// An offer of ours (BOLT 12): it stays, and is paid again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct OwnOfferView {
    pub id: String,
    /// The offer itself, to be given out.
    pub text: String,
    /// What one payment brings; nothing where the payer chooses.
    #[ts(type = "number | null")]
    pub amount_msat: Option<Msat>,
    /// What payers read.
    pub description: Option<String>,
    /// What it is called here.
    pub label: Option<String>,
    pub created_at_secs: u64,
    /// How often it was paid, and what that brought.
    #[ts(type = "number")]
    pub payments: u64,
    #[ts(type = "number")]
    pub received_msat: Msat,
    pub notice: OfferNotice,
}

/// Whether an offer can be paid now. A payer asks for an invoice by a message, which one of our peers must relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum OfferNotice {
    Fine,
    /// There is no channel.
    NoChannel,
    /// The peers through which it is reached are away.
    PeersAway,
    /// No channel's peer relays messages and hides the way to us.
    NoRelay,
    /// There is no channel any more with the peers through which it is reached.
    PeerGone,
}
