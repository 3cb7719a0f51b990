use super::{FeeChoice, FeeSpeed, Status};
use crate::amount::{Msat, Sat};
use crate::fiat::Fiat;
use serde::Serialize;
use ts_rs::TS;

/// What a pasted or scanned text asks for. Held by the engine; the page keeps the `id`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Instruction {
    pub id: String,
    pub kind: InstructionKind,
    pub ways: WaysToPay,
    /// It goes on-chain: no other way is there, it was chosen, or there is no channel yet.
    pub goes_onchain: bool,
    /// The name the payee's node gives itself (gossip alias): a claim. Mostly absent, and always for an address.
    pub payee_name: Option<String>,
    /// Which payee it is, if they can be paid again.
    pub payee_id: Option<String>,
    /// Node id of the payee, 66 hex digits. Absent where an address is paid.
    pub payee_node: Option<String>,
    /// `node_id@host:port` (or the id alone) as it was understood, where it is a node.
    pub node_uri: Option<String>,
    pub address: Option<String>,
    pub amount: AmountRule,
    /// Whom the link says that it pays: anybody could have written that.
    pub label: Option<String>,
    /// Untrusted text of the payee, or of the link.
    pub note: Option<String>,
    /// The payer may write something to the payee.
    pub takes_note: bool,
    /// Several may be asked for: the amount is that of one.
    pub quantity: Option<QuantityRule>,
    /// Never beyond the year 9999.
    pub expires_at_secs: Option<u64>,
    /// Who has to be asked, or was.
    pub link: Option<LinkView>,
}

/// How many of what is offered may be paid for at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct QuantityRule {
    /// Nothing: any number.
    #[ts(type = "number | null")]
    pub most: Option<u64>,
}

/// What was handed says whom to ask, not what it is: an LNURL, or a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct LinkView {
    /// The host that is asked. TLS proves that it is the one that answers.
    pub host: String,
    /// `ada@example.com`, where it is a name.
    pub name: Option<String>,
    /// The domain's owner signed the instruction, and the signatures were checked here up to the root of the DNS (BIP 353).
    pub signed: bool,
    /// More of what the payee wrote, where it is long. Untrusted text.
    pub details: Option<String>,
    /// How many characters one may write to the payee; 0: none.
    pub longest_comment: u16,
    /// What the payee asks to know of the payer.
    pub wants: Vec<PayerWant>,
    /// What a signature is for, where the site says so.
    pub action: Option<AuthAction>,
}

/// What a payee asks to know of its payer (LUD-18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct PayerWant {
    pub field: PayerField,
    /// It takes no payment without.
    pub mandatory: bool,
}

/// What a payer could give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum PayerField {
    Name,
    Email,
}

/// What a site does with a signature (LUD-04).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum AuthAction {
    Register,
    Login,
    Link,
    Auth,
}

impl AuthAction {
    /// By the name it has in a link.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "register" => Some(Self::Register),
            "login" => Some(Self::Login),
            "link" => Some(Self::Link),
            "auth" => Some(Self::Auth),
            _ => None,
        }
    }
}

/// What kind of thing was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum InstructionKind {
    #[default]
    Lightning,
    /// BOLT 12: its payee is asked for an invoice, which is then paid.
    Offer,
    Onchain,
    /// A BIP 321 URI with a way over Lightning and an address.
    Unified,
    /// A node: a peer to open a channel to, or one that is paid though it did not ask (keysend).
    Node,
    /// `ada@example.com`: its host has to be asked.
    Name,
    /// An LNURL: its host has to be asked what it is.
    Lnurl,
    /// A host that makes an invoice for an amount that the payer chooses (LUD-06).
    LnurlPay,
    /// A host that pays an invoice of ours (LUD-03).
    LnurlWithdraw,
    /// A site that wants a signature (LUD-04).
    LnurlAuth,
    /// A private key (WIF), whose money can be collected.
    PrivateKey,
    /// BOLT 12: who made it pays an invoice of ours.
    Refund,
    /// A transaction that others made and that is to be signed (BIP 174).
    Psbt,
}

/// Which ways of paying it offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct WaysToPay {
    pub lightning: bool,
    pub onchain: bool,
}

/// Whether the payer chooses the amount.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum AmountRule {
    Fixed {
        #[ts(type = "number")]
        msat: Msat,
    },
    #[default]
    Open,
    /// Within what the other side allows.
    Between {
        #[ts(type = "number")]
        min_msat: Msat,
        #[ts(type = "number")]
        max_msat: Msat,
    },
}

impl AmountRule {
    /// Any amount from `min` to `max`: one alone if these are equal.
    pub(crate) fn within(min: Msat, max: Msat) -> Self {
        if min == max {
            Self::Fixed { msat: min }
        } else {
            Self::Between { min_msat: min, max_msat: max }
        }
    }
}

/// The quote: exactly what will be paid if it is confirmed, by its `id` alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Quote {
    pub id: String,
    pub instruction: Instruction,
    /// The way chosen: over Lightning where it can be, else on-chain.
    pub lightning: bool,
    #[ts(type = "number")]
    pub amount_msat: Msat,
    /// An estimate. Nothing where the way shows only in the invoice that the payee is yet to be asked for.
    #[ts(type = "number | null")]
    pub fee_about_msat: Option<Msat>,
    /// A limit that is enforced.
    #[ts(type = "number")]
    pub fee_max_msat: Msat,
    #[ts(type = "number")]
    pub total_max_msat: Msat,
    /// The usual limit, where the cheapest way costs more than that: only a payer who was told pays it.
    #[ts(type = "number | null")]
    pub usual_limit_msat: Option<Msat>,
    /// Tried before, and failed: the limit is higher than it was then, by this. Only a payer who was told pays it.
    #[ts(type = "number | null")]
    pub raised_by_msat: Option<Msat>,
    /// BOLT 12: how many, where several may be asked for.
    #[ts(type = "number | null")]
    pub quantity: Option<u64>,
    /// BOLT 12: what is written to the payee.
    pub payer_note: Option<String>,
    /// On-chain: the fee is half of what the payee gets, or more. Only a payer who was told pays it.
    pub large_fee: bool,
    /// On-chain only: the choices.
    pub fee_choices: Vec<FeeChoice>,
    pub speed: Option<FeeSpeed>,
    /// Sending all there is: the amount is what is left after fees. Of several the first one gets what the others leave.
    pub everything: bool,
    /// Of all there is, this stays: small coins that cost more to send than they bring, at this speed.
    #[ts(type = "number")]
    pub left_sat: Sat,
    /// The same address was paid before, for another request or none, or the same offer is being paid: only a payer who was
    /// told pays it again.
    pub paid_before: Option<PaidBefore>,
    /// On-chain: an address that was paid before has the same ends, and is another one. Only a payer who was told pays it.
    pub looks_like: Option<String>,
    /// On-chain: the coins that the payer chose, where it did.
    pub chosen_coins: Option<ChosenCoins>,
    /// On-chain: the fee by what the payee gets, in thousandths.
    pub fee_permille: Option<u32>,
    /// What it is worth, where a person wants to know.
    pub fiat: Option<super::QuoteFiat>,
    /// On-chain, where several are paid with one transaction: each of them, with what `paid_before` and `looks_like` are of it.
    /// `instruction` is then the first one's, and `amount_msat` what they get together.
    pub recipients: Vec<RecipientQuote>,
}

/// One of several who would be paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct RecipientQuote {
    pub instruction: Instruction,
    #[ts(type = "number")]
    pub amount_msat: Msat,
    /// As [`Quote::paid_before`].
    pub paid_before: Option<PaidBefore>,
    /// As [`Quote::looks_like`].
    pub looks_like: Option<String>,
    /// The place, from 1, of an earlier one of these whose address has the same ends, and is another one. Only a payer who was
    /// told pays it.
    pub like_recipient: Option<u32>,
    /// What the amount is worth now.
    pub fiat: Option<Fiat>,
}

/// Coins that a payer chose for a payment. All of them are spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct ChosenCoins {
    /// Each `txid:vout`.
    pub outpoints: Vec<String>,
    /// What they are worth together.
    #[ts(type = "number")]
    pub total_sat: Sat,
    /// What comes back of that.
    #[ts(type = "number")]
    pub change_sat: Sat,
}

/// An earlier payment to the same address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct PaidBefore {
    pub movement_id: String,
    /// Over Lightning, by the invoice that stood beside the address.
    pub lightning: bool,
    pub status: Status,
    #[ts(type = "number")]
    pub amount_msat: Msat,
    pub at_secs: u64,
}

/// A request for money, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Request {
    /// Movement id: when a movement with this id becomes `paid`, this request is paid.
    pub id: String,
    /// BIP 321: address and invoice in one.
    pub uri: String,
    pub invoice: Option<String>,
    pub address: String,
    #[ts(type = "number | null")]
    pub amount_msat: Option<Msat>,
    pub note: Option<String>,
    pub created_at_secs: u64,
    pub expires_at_secs: u64,
    pub notice: ReceiveNotice,
    /// The most that one payment over Lightning can bring now.
    #[ts(type = "number")]
    pub can_receive_msat: Msat,
    /// What the amount is worth now, where a person wants to know.
    pub fiat: Option<Fiat>,
    /// When the rate for it was fetched.
    pub fiat_at_secs: Option<u64>,
}

/// A refund whose issuer was sent an invoice of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub struct Collecting {
    /// Movement id: when a movement with this id becomes `paid`, it is here.
    pub id: String,
    #[ts(type = "number")]
    pub amount_msat: Msat,
    /// Until then the issuer can pay that invoice.
    pub expires_at_secs: u64,
}

/// What the person should know before anyone scans the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export, export_to = "view.ts")]
pub enum ReceiveNotice {
    /// It will simply work.
    Fine,
    /// There is no channel, so only on-chain can arrive.
    NoChannel,
    /// All peers are away: Lightning would fail now.
    PeersAway,
    /// This computer's clock is slow, by more than the request is good for: over Lightning it is expired for its payer.
    ClockBehind { secs: u64 },
    /// More than Lightning can take in now.
    OverLimit {
        #[ts(type = "number")]
        limit_msat: Msat,
    },
}
