//! What the journal holds: one row for everything that moved money. Rows are persisted as JSON inside the encrypted
//! vault; a new field needs a default so that older rows still open.

use crate::amount::Msat;
use crate::error::Code;
use crate::fiat::Rate;
use crate::time::Timestamp;
use crate::view::{BumpKind, CloseReason, Direction, MovementKind, PayeeKind, Status, Unsent};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Our own payment id: 32 bytes that name one row for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PaymentId(pub(crate) [u8; 32]);

impl PaymentId {
    /// A fresh random id.
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        Self(bytes)
    }

    /// An id made from what it names, so that seeing the same thing twice finds the same row.
    pub(crate) fn named(kind: &str, bytes: &[u8]) -> Self {
        use bitcoin::hashes::{Hash, HashEngine, sha256};
        let mut engine = sha256::Hash::engine();
        engine.input(kind.as_bytes());
        engine.input(bytes);
        Self(sha256::Hash::from_engine(engine).to_byte_array())
    }

    /// From 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        hex::FromHex::from_hex(text).ok().map(Self)
    }
}

impl fmt::Display for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", hex::DisplayHex::as_hex(&self.0))
    }
}

impl fmt::Debug for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PaymentId({self})")
    }
}

/// The row of an on-chain transaction.
pub(crate) fn onchain_row(txid: &bitcoin::Txid) -> PaymentId {
    use bitcoin::hashes::Hash as _;
    PaymentId::named("onchain", &txid.to_byte_array())
}

/// A hash that is paid (SHA-256 of the preimage).
pub(crate) type Hash = [u8; 32];

/// Proof of payment. Redacted in `Debug`: it is worth money until it is used.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preimage(pub(crate) [u8; 32]);

impl fmt::Debug for Preimage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Preimage(<redacted>)")
    }
}

impl Preimage {
    /// True where this is the preimage of `hash`.
    pub(crate) fn proves(&self, hash: &Hash) -> bool {
        use bitcoin::hashes::{Hash as _, sha256};
        sha256::Hash::hash(&self.0).as_byte_array() == hash
    }
}

/// What a transaction to ourselves does to another row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bump {
    pub kind: BumpKind,
    pub of: PaymentId,
}

/// One of several who are paid with one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    pub address: String,
    pub amount_msat: u64,
    /// The hash of the invoice beside the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_hash: Option<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Recipient {
    /// Whom it pays: an address can be paid again.
    pub(crate) fn payee(&self) -> Payee {
        Payee::new(PayeeKind::Address, &self.address)
    }
}

/// A BOLT 12 offer's own id (LDK's `OfferId`).
pub(crate) type OfferId = [u8; 32];

/// What a payment out answers: the invoice, the address, or the offer.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Asked {
    Hash(Hash),
    Address(String),
    Offer(OfferId),
}

/// Whom a payment out was made to, as they can be paid again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Payee {
    pub kind: PayeeKind,
    /// What is read again to pay them: a name, an LNURL in bech32, an offer, a node id, an address.
    pub text: String,
}

/// Names a payee for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PayeeId(pub(crate) [u8; 32]);

impl fmt::Display for PayeeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", hex::DisplayHex::as_hex(&self.0))
    }
}

impl PayeeId {
    /// From 64 hex digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        hex::FromHex::from_hex(text).ok().map(Self)
    }
}

impl Payee {
    pub(crate) fn new(kind: PayeeKind, text: &impl ToString) -> Self {
        Self { kind, text: text.to_string() }
    }

    pub(crate) fn id(&self) -> PayeeId {
        let kind = match self.kind {
            PayeeKind::Name => "payee name",
            PayeeKind::Lnurl => "payee lnurl",
            PayeeKind::Offer => "payee offer",
            PayeeKind::Node => "payee node",
            PayeeKind::Address => "payee address",
        };
        PayeeId(PaymentId::named(kind, self.text.as_bytes()).0)
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub id: PaymentId,
    pub kind: StoredKind,
    pub direction: StoredDirection,
    pub status: StoredStatus,
    pub hash: Option<Hash>,
    pub preimage: Option<Preimage>,
    /// What the payee gets. For a request without an amount: nothing until it is paid.
    pub amount_msat: u64,
    pub fee_msat: Option<u64>,
    pub fee_limit_msat: Option<u64>,
    pub note: Option<String>,
    /// What the person calls it. Of no concern to the other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    pub party: Option<String>,
    pub node_id: Option<String>,
    pub invoice: Option<String>,
    pub address: Option<String>,
    /// BOLT 12, out: the offer as it was read. Its payee answers with an invoice, and that brings the hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<String>,
    /// BOLT 12: which offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_id: Option<[u8; 32]>,
    /// BOLT 12: the refund, that we collect (in) or that we gave (out: whoever collects it answers with an invoice, and that
    /// brings the hash).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<String>,
    /// BOLT 12, out: the invoice that the payee answered with, in hex. With the preimage it is the proof of payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bolt12_invoice: Option<String>,
    /// Out: the name or the LNURL that was looked up. Whoever else can be paid again stands in the row anyway: see
    /// [`Payment::payee`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_up: Option<Payee>,
    /// What the payer wrote to the payee, with an offer or an LNURL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer_note: Option<String>,
    /// BOLT 12: how many of what is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u64>,
    /// The hash of the invoice beside the address or the offer that was paid. Not `hash`, which LDK's payments go by.
    #[serde(default)]
    pub asked_hash: Option<Hash>,
    /// On-chain out, where one transaction pays several: each of them. `address`, `asked_hash` and `note` are then empty, and
    /// `amount_msat` is what they get together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<Recipient>,
    /// Lightning out: the address beside the invoice that was paid.
    #[serde(default)]
    pub asked_address: Option<String>,
    /// Requests: hashes and least amounts of its invoices from before it was edited. Someone may hold one of them.
    #[serde(default)]
    pub earlier: Vec<(Hash, u64)>,
    pub txid: Option<String>,
    pub channel: Option<u128>,
    /// What a request asked for, where an on-chain payment came for it and says another amount.
    #[serde(default)]
    pub requested_msat: Option<u64>,
    /// The transaction that took the place of a payment that was replaced, where it is known.
    #[serde(default)]
    pub replaced_by: Option<String>,
    /// What it did to what a person owns, where amount and fee do not say it: the end of a channel, or a gift at its opening.
    #[serde(default)]
    pub change_msat: Option<i64>,
    /// Through which channels it came, and how much through each, where it came through several.
    #[serde(default)]
    pub parts: Vec<(u128, u64)>,
    /// Attempts so far; each has its own id towards LDK.
    pub attempts: u32,
    /// Lightning out: a person wants no further try of this attempt. What has left arrives or comes back all the same.
    #[serde(default)]
    pub abandoned: bool,
    pub failure: Option<Code>,
    /// Why no server has shown an on-chain payment of ours yet; nothing once one has.
    #[serde(default)]
    pub unsent: Option<Unsent>,
    /// An on-chain payment of ours that no server was ever handed.
    #[serde(default)]
    pub kept_here: bool,
    /// On-chain out: all there was was sent, and the payee, of several the first one, gets what the fee and the others leave.
    #[serde(default)]
    pub everything: bool,
    /// On-chain, to ourselves: what it does to another row.
    #[serde(default)]
    pub bump: Option<Bump>,
    /// Why a channel was closed; closings only. Older rows have it in words, as their note.
    #[serde(default)]
    pub close_reason: Option<CloseReason>,
    /// What a bitcoin cost when its money moved, where that was known then. It is never learnt later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    pub expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub history: Vec<(StoredStatus, Timestamp)>,
}

macro_rules! stored {
    ($(#[$doc:meta])* $name:ident => $view:ident { $($variant:ident = $number:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name { $($variant = $number),* }
        impl From<$name> for $view {
            fn from(stored: $name) -> Self {
                match stored { $($name::$variant => Self::$variant),* }
            }
        }
    };
}

stored!(
    /// [`Status`] on disk.
    StoredStatus => Status { Pending = 0, InTransit = 1, Paid = 2, Failed = 3, Expired = 4 }
);
stored!(
    /// [`Direction`] on disk.
    StoredDirection => Direction { In = 0, Out = 1, Between = 2 }
);
stored!(
    /// [`MovementKind`] on disk.
    StoredKind => MovementKind { Lightning = 0, Onchain = 1, ChannelOpen = 2, ChannelOpenByPeer = 3, ChannelClose = 4 }
);

impl StoredStatus {
    /// Nothing will change it any more.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Paid | Self::Failed | Self::Expired)
    }
}

impl Payment {
    /// It counts: what it says has come or gone, as far as that is decided.
    pub(crate) fn has_moved(&self) -> bool {
        match self.status {
            StoredStatus::Paid => true,
            StoredStatus::InTransit => !self.awaits_invoice(),
            StoredStatus::Pending => self.txid.is_some() && !self.is_called_off(),
            StoredStatus::Failed | StoredStatus::Expired => false,
        }
    }

    /// No money has left, and none will once it is taken back.
    pub(crate) fn can_be_taken_back(&self) -> bool {
        self.is_kept_here() || self.awaits_invoice()
    }

    /// On-chain: nothing of it has left this computer.
    pub(crate) fn is_kept_here(&self) -> bool {
        self.kept_here && self.status == StoredStatus::Pending
    }

    /// On-chain: what comes back to us is about to take its place.
    pub(crate) fn is_called_off(&self) -> bool {
        self.status == StoredStatus::Pending && self.replaced_by.is_some()
    }

    /// BOLT 12: the payee was asked for an invoice, or is about to be, or was given a refund, and has not answered. No money has
    /// left.
    pub(crate) fn awaits_invoice(&self) -> bool {
        let open = matches!(self.status, StoredStatus::Pending | StoredStatus::InTransit);
        open && self.direction == StoredDirection::Out
            && (self.offer.is_some() || self.refund.is_some())
            && self.hash.is_none()
    }

    /// BOLT 12: a refund that we collect, or did.
    pub(crate) fn collects_refund(&self) -> bool {
        self.direction == StoredDirection::In && self.refund.is_some()
    }

    /// Over Lightning: money has left, and further tries may follow until this one is decided.
    pub(crate) fn can_be_abandoned(&self) -> bool {
        self.kind == StoredKind::Lightning
            && self.direction == StoredDirection::Out
            && self.status == StoredStatus::InTransit
            && !self.awaits_invoice()
            && !self.abandoned
    }

    /// A fresh row.
    pub(crate) fn new(
        id: PaymentId,
        kind: StoredKind,
        direction: StoredDirection,
        amount: Msat,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            kind,
            direction,
            status: StoredStatus::Pending,
            hash: None,
            preimage: None,
            amount_msat: amount.get(),
            fee_msat: None,
            fee_limit_msat: None,
            note: None,
            label: None,
            party: None,
            node_id: None,
            invoice: None,
            address: None,
            offer: None,
            offer_id: None,
            refund: None,
            bolt12_invoice: None,
            looked_up: None,
            payer_note: None,
            quantity: None,
            asked_hash: None,
            recipients: Vec::new(),
            asked_address: None,
            earlier: Vec::new(),
            txid: None,
            channel: None,
            requested_msat: None,
            replaced_by: None,
            change_msat: None,
            parts: Vec::new(),
            attempts: 0,
            abandoned: false,
            failure: None,
            unsent: None,
            kept_here: false,
            everything: false,
            bump: None,
            close_reason: None,
            rate: None,
            expires_at: None,
            created_at: now,
            updated_at: now,
            history: vec![(StoredStatus::Pending, now)],
        }
    }

    /// Whom it pays, if it is one and they can be paid again. An invoice is paid once.
    pub(crate) fn payee(&self) -> Option<Payee> {
        if self.direction != StoredDirection::Out || self.bump.is_some() {
            return None;
        }
        let standing = match self.kind {
            StoredKind::Lightning => match (&self.offer, &self.invoice, &self.node_id) {
                (Some(offer), ..) => Some(Payee::new(PayeeKind::Offer, offer)),
                (None, None, Some(node)) => Some(Payee::new(PayeeKind::Node, node)),
                (None, ..) => None,
            },
            StoredKind::Onchain => {
                self.address.as_ref().map(|address| Payee::new(PayeeKind::Address, address))
            }
            StoredKind::ChannelOpen | StoredKind::ChannelOpenByPeer | StoredKind::ChannelClose => {
                None
            }
        };
        self.looked_up.clone().or(standing)
    }

    /// All whom it pays and who can be paid again, with what each gets.
    pub(crate) fn payees(&self) -> Vec<(Payee, u64)> {
        let alone = self.payee().map(|payee| (payee, self.amount_msat));
        let several = self.recipients.iter().map(|one| (one.payee(), one.amount_msat));
        alone.into_iter().chain(several).collect()
    }

    /// What the invoice of this hash asks for.
    pub(crate) fn asks_msat(&self, hash: &Hash) -> u64 {
        let earlier = self.earlier.iter().find(|(earlier, _)| earlier == hash);
        earlier.map_or(self.requested(), |(_, amount)| *amount)
    }

    /// It was paid by the invoice of this hash.
    pub(crate) fn paid_by(&mut self, hash: &Hash) -> bool {
        let earlier = self.hash != Some(*hash);
        if earlier {
            self.hash = Some(*hash);
            self.invoice = None;
        }
        earlier
    }

    /// All that it answers: of a link both its ways, whichever was taken. Payments out only.
    pub(crate) fn asked(&self) -> impl Iterator<Item = Asked> {
        let out = self.direction == StoredDirection::Out;
        let hashes = [self.hash, self.asked_hash].map(|hash| hash.map(Asked::Hash));
        let addresses =
            [&self.address, &self.asked_address].map(|address| address.clone().map(Asked::Address));
        let offer = self.offer_id.map(Asked::Offer);
        let recipients = self.recipients.iter().flat_map(|one| {
            [one.asked_hash.map(Asked::Hash), Some(Asked::Address(one.address.clone()))]
        });
        let all = hashes.into_iter().chain(addresses).chain([offer]).chain(recipients);
        all.flatten().filter(move |_| out)
    }

    /// The addresses that were paid with it, on-chain.
    pub(crate) fn paid_addresses(&self) -> impl Iterator<Item = &str> {
        let out = self.direction == StoredDirection::Out;
        let several = self.recipients.iter().map(|one| one.address.as_str());
        self.address.as_deref().into_iter().chain(several).filter(move |_| out)
    }

    /// On-chain out, where all there was was sent: the address that gets what the fee and the others leave.
    pub(crate) fn rest_to(&self) -> Option<&str> {
        let first = self.recipients.first().map(|one| &one.address);
        first.or(self.address.as_ref()).filter(|_| self.everything).map(String::as_str)
    }

    /// What the payees get together from now on. Where all there was was sent to several, only the first one's part hangs on it.
    pub(crate) fn pays(&mut self, amount_msat: u64) {
        self.amount_msat = amount_msat;
        if self.everything
            && let Some((first, others)) = self.recipients.split_first_mut()
        {
            let others = others.iter().map(|one| one.amount_msat);
            first.amount_msat = others.fold(amount_msat, u64::saturating_sub);
        }
    }

    /// What it pays to an address, and the invoice that it answers there.
    pub(crate) fn paid_at(&self, address: Option<&str>) -> (u64, Option<Hash>) {
        let one = self.recipients.iter().find(|one| Some(one.address.as_str()) == address);
        let alone = (self.amount_msat, self.hash.or(self.asked_hash));
        one.map_or(alone, |one| (one.amount_msat, one.asked_hash))
    }

    /// What a request asks for; nothing where the payer chooses.
    pub(crate) fn requested(&self) -> u64 {
        self.requested_msat.unwrap_or(self.amount_msat)
    }

    /// A request that waits to be paid. One whose on-chain payment was replaced waits again.
    pub(crate) fn is_waiting(&self) -> bool {
        let open = self.status == StoredStatus::Pending && self.txid.is_none();
        self.direction == StoredDirection::In && (open || self.waits_again())
    }

    /// A request whose on-chain payment was replaced.
    pub(crate) fn waits_again(&self) -> bool {
        self.direction == StoredDirection::In
            && self.expires_at.is_some()
            && self.failure == Some(Code::Replaced)
    }
}
