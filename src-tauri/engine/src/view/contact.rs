use crate::amount::Msat;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How somebody can be paid more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum PayeeKind {
    /// `ada@example.com`; with `₿` before it, in the DNS alone (BIP 353).
    Name,
    /// An LNURL, whose host makes an invoice each time.
    Lnurl,
    /// BOLT 12.
    Offer,
    /// A node, paid though it did not ask (keysend).
    Node,
    /// On-chain. Paying it again links the payments for anyone to see.
    Address,
}

/// Somebody who can be paid again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Payee {
    pub id: String,
    pub kind: PayeeKind,
    /// What is handed in to pay again.
    pub text: String,
    /// Who is asked, if it is an LNURL.
    pub host: Option<String>,
}

/// A name that a person gave to a payee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Contact {
    pub payee: Payee,
    pub name: String,
    /// Another contact has the same name.
    pub same_name: bool,
}

/// A contact, and what they were paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct ContactTotals {
    pub contact: Contact,
    /// Payments that arrived.
    #[ts(type = "number")]
    pub payments: u64,
    /// What arrived with them.
    #[ts(type = "number")]
    pub paid_msat: Msat,
    /// What they cost on the way.
    #[ts(type = "number")]
    pub fees_msat: Msat,
    /// When the last of them was begun.
    pub last_secs: Option<u64>,
}
