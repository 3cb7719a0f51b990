use crate::amount::{Msat, Sat};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One thing that moved money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Movement {
    pub id: String,
    pub kind: MovementKind,
    pub direction: Direction,
    pub status: Status,
    /// Who, if known: a node's own name, an address, a short node id.
    pub party: Option<String>,
    /// Out: which payee it is, if they can be paid again.
    pub payee_id: Option<String>,
    /// How many were paid with it, where they are several.
    pub recipients: Option<u32>,
    /// What the person calls it.
    pub label: Option<String>,
    /// What was written on the invoice or the request. Untrusted text if the direction is out.
    pub note: Option<String>,
    /// What the other side gets or gave; fees are beside it.
    #[ts(type = "number")]
    pub amount_msat: Msat,
    #[ts(type = "number | null")]
    pub fee_msat: Option<Msat>,
    /// What left the wallet: amount and fee. Outgoing movements only.
    #[ts(type = "number | null")]
    pub total_msat: Option<Msat>,
    /// What it did to the total, as far as it is decided: all rows together are the total.
    #[ts(type = "number")]
    pub change_msat: i64,
    /// Why it failed: a code of `Code`.
    pub failure: Option<crate::error::Code>,
    /// Why no server has shown an on-chain payment yet; nothing once one has.
    pub unsent: Option<Unsent>,
    /// No money has left, so it can be taken back: on-chain nothing of it has left this computer; of an offer the payee has not
    /// answered.
    pub can_take_back: bool,
    /// Over Lightning: it has left, and further tries can be given up.
    pub can_abandon: bool,
    /// Over Lightning: there is no further try. What has left arrives or comes back.
    pub abandoned: bool,
    /// On-chain: it was called off, and what comes back to us waits for a block.
    pub called_off: bool,
    /// On-chain, to ourselves: what it does to another one.
    pub bump: Option<super::BumpKind>,
    /// BOLT 12: the payee was asked for an invoice and has not answered.
    pub awaits_invoice: bool,
    /// Why a channel was closed; closings only.
    pub close_reason: Option<super::CloseReason>,
    pub created_at_secs: u64,
    pub updated_at_secs: u64,
    /// For on-chain movements.
    pub confirmations: Option<u32>,
}

/// What kind of thing moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum MovementKind {
    Lightning,
    Onchain,
    ChannelOpen,
    ChannelOpenByPeer,
    ChannelClose,
}

/// Which way. `Between` moves your own money between on-chain and a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum Direction {
    In,
    Out,
    Between,
}

/// Where it stands. `Paid` and `Failed` and `Expired` are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum Status {
    /// Asked for, nothing came yet (in) or not confirmed (on-chain).
    Pending,
    /// It has left and is not decided.
    InTransit,
    Paid,
    Failed,
    /// A request nobody paid in time.
    Expired,
}

/// Why an on-chain payment is not known to be on its way. Fulmen goes on offering it, with every look at the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum Unsent {
    /// It is about to be offered for the first time.
    Waiting,
    /// No server could be reached, or none that understands.
    Unreachable,
    /// A server said that it took it, and does not show it.
    NotShown,
    /// It pays too little for the mempool as it is now.
    FeeTooLow,
    /// It spends from too many transactions that wait themselves.
    ChainTooLong,
    /// Its time has not come, by the server's chain.
    Early,
    /// A coin of it is missing or spent, by the server's account.
    Conflict,
    /// Refused for another reason.
    Refused,
}

/// Everything known about one movement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct MovementDetail {
    pub movement: Movement,
    pub history: Vec<HistoryStep>,
    pub payment_hash: Option<String>,
    /// The proof of payment: shown once paid, 64 hex digits.
    pub preimage: Option<String>,
    pub invoice: Option<String>,
    /// BOLT 12: the offer that was paid.
    pub offer: Option<String>,
    /// BOLT 12, to us: which offer of ours it came by.
    pub offer_id: Option<String>,
    /// BOLT 12: the payee's invoice for this payment, in hex: with the preimage the proof.
    pub bolt12_invoice: Option<String>,
    /// What the payer wrote to the payee.
    pub payer_note: Option<String>,
    #[ts(type = "number | null")]
    pub quantity: Option<u64>,
    pub node_id: Option<String>,
    pub txid: Option<String>,
    pub address: Option<String>,
    /// Who was paid with it, where they are several.
    pub recipients: Vec<Recipient>,
    #[ts(type = "number | null")]
    pub fee_limit_msat: Option<Msat>,
    pub expires_at_secs: Option<u64>,
    /// The transaction that took its place, if it was replaced and that is known.
    pub replaced_by: Option<String>,
    /// Over Lightning, on its way: if nobody takes it, it is back by about then.
    pub back_by_secs: Option<u64>,
    /// On-chain: its block lies below those whose headers are checked, so it is in one by a server's word.
    pub unchecked: bool,
    /// While it waits for a block.
    pub waiting: Option<super::Waiting>,
    /// The wallet's transactions that it tells of: its own, or all of a channel's opening or end.
    pub transactions: Vec<OwnTransaction>,
    /// Out: whom to pay again.
    pub payee: Option<super::Payee>,
    /// What the payee says once it is paid (LUD-09). Untrusted text.
    pub success: Option<Success>,
    /// What it was and is worth, where a person wants to know.
    pub fiat: Option<super::MovementFiat>,
}

/// One of the wallet's transactions, and what it did to the money on-chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct OwnTransaction {
    pub txid: String,
    pub part: TransactionPart,
    /// What came with it, fees apart; zero if it took more.
    #[ts(type = "number")]
    pub brought_sat: Sat,
    /// What it took, its fee included; zero if it brought more.
    #[ts(type = "number")]
    pub took_sat: Sat,
    /// What miners got for it, if this wallet paid that.
    #[ts(type = "number | null")]
    pub fee_sat: Option<Sat>,
    pub confirmations: u32,
}

/// What a transaction is in what it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum TransactionPart {
    Payment,
    /// Opens a channel.
    Funding,
    /// Closes it as both agreed.
    CoopClose,
    /// Closes it by force, ours or the peer's.
    Commitment,
    /// Pays for the close.
    AnchorBump,
    /// Takes a payment that was under way.
    Claim,
    /// Takes what a peer tried to take by an old state.
    Penalty,
    /// Brings what was left to the wallet.
    Sweep,
}

/// One of several who were paid with one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Recipient {
    pub address: String,
    #[ts(type = "number")]
    pub amount_msat: Msat,
    /// What the link said. Untrusted text.
    pub note: Option<String>,
    /// Whom this pays: the id of a contact, if they are one.
    pub payee_id: String,
}

/// What a payee says once it is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum Success {
    Message {
        text: String,
    },
    /// A page of the host that made the invoice.
    Url {
        text: String,
        url: String,
    },
    /// What only the proof of payment opens; `None`: it does not.
    Secret {
        text: String,
        secret: Option<String>,
    },
}

/// One step in a movement's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct HistoryStep {
    pub status: Status,
    pub at_secs: u64,
}
