//! What the vault finds a payment by, and what a search compares. Pure.

use crate::payment::{
    Asked, Hash, OfferId, PayeeId, Payment, StoredDirection, StoredKind, StoredStatus,
};
use crate::store::{JournalKey, JournalRow, Listed};
use std::cmp::Reverse;

/// Kinds of [`JournalKey`]. On disk: a number is never used for anything else.
const EARLIER_HASH: u8 = 0;
const ASKED_HASH: u8 = 1;
const ASKED_ADDRESS: u8 = 2;
const OWN_ADDRESS: u8 = 3;
const ASKED_OFFER: u8 = 4;
const OWN_OFFER: u8 = 5;
const PAYEE: u8 = 6;

/// The invoice of a request from before it was edited.
pub(super) fn earlier(hash: &Hash) -> JournalKey {
    JournalKey { kind: EARLIER_HASH, key: hash.to_vec() }
}

/// What a payment out answers, if its hash does not say so.
pub(super) fn asked(asked: &Asked) -> JournalKey {
    match asked {
        Asked::Hash(hash) => JournalKey { kind: ASKED_HASH, key: hash.to_vec() },
        Asked::Address(address) => {
            JournalKey { kind: ASKED_ADDRESS, key: address.clone().into_bytes() }
        }
        Asked::Offer(offer) => JournalKey { kind: ASKED_OFFER, key: offer.to_vec() },
    }
}

/// The address of a payment to us.
pub(super) fn own(address: &str) -> JournalKey {
    JournalKey { kind: OWN_ADDRESS, key: address.to_owned().into_bytes() }
}

/// The offer of ours that a payment to us came by.
pub(super) fn own_offer(offer: &OfferId) -> JournalKey {
    JournalKey { kind: OWN_OFFER, key: offer.to_vec() }
}

/// Whom a payment out was made to.
pub(super) fn paid_to(payee: &PayeeId) -> JournalKey {
    JournalKey { kind: PAYEE, key: payee.0.to_vec() }
}

/// What is looked for, in lower case: each part in a row's text, at the beginning of its amount, or in what a person calls its
/// payee.
pub(crate) struct Sought {
    words: Vec<Word>,
}

struct Word {
    part: String,
    /// Payees with this in their name.
    payees: Vec<PayeeId>,
}

impl Sought {
    /// All of it, as it stands.
    pub(crate) fn whole(text: &str) -> Self {
        Self { words: vec![Word { part: text.to_lowercase(), payees: Vec::new() }] }
    }

    /// Each word of it, in any order. `payees`: who has a part in their name. Nothing if there is no word.
    pub(crate) fn words(text: &str, payees: impl Fn(&str) -> Vec<PayeeId>) -> Option<Self> {
        let words = text.split_whitespace().map(|word| {
            let part = word.to_lowercase();
            Word { payees: payees(&part), part }
        });
        let words: Vec<Word> = words.collect();
        (!words.is_empty()).then_some(Self { words })
    }

    /// What the vault is asked for: the part that the fewest rows have, as far as its length says, and keys that stand for it.
    pub(super) fn asked(&self) -> Option<(&str, Vec<JournalKey>)> {
        let longest = self.words.iter().max_by_key(|word| word.part.len())?;
        Some((&longest.part, longest.payees.iter().map(paid_to).collect()))
    }
}

/// A place in the list: what is open first, then the newest.
pub(super) type Place = (bool, Reverse<(u64, [u8; 32])>);

impl Payment {
    /// It is in the list. An unpaid request is not a movement.
    pub(crate) fn is_movement(&self) -> bool {
        let request = self.direction == StoredDirection::In && self.kind == StoredKind::Lightning;
        !request || self.status == StoredStatus::Paid
    }

    /// It may still change by itself.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.status, StoredStatus::Pending | StoredStatus::InTransit)
    }

    /// It is held in memory for as long as this is true.
    pub(super) fn is_live(&self) -> bool {
        self.is_open() || self.is_waiting()
    }

    pub(super) fn place(&self) -> Place {
        (self.status.is_final(), Reverse((self.created_at.secs(), self.id.0)))
    }

    fn sat(&self) -> u64 {
        self.amount_msat / 1000
    }

    /// What can be searched for, besides the amount and the invoice, in lower case.
    fn text(&self) -> String {
        let texts = [
            &self.label,
            &self.note,
            &self.party,
            &self.node_id,
            &self.address,
            &self.txid,
            &self.payer_note,
        ];
        let several = self.recipients.iter();
        let several = several.flat_map(|one| [Some(one.address.as_str()), one.note.as_deref()]);
        let texts = texts.into_iter().map(|text| text.as_deref()).chain(several);
        let texts: Vec<&str> = texts.flatten().collect();
        texts.join("\n").to_lowercase()
    }

    /// All of it is there.
    pub(super) fn has(&self, sought: &Sought) -> bool {
        let (text, sat) = (self.text(), self.sat().to_string());
        sought.words.iter().all(|Word { part, payees }| {
            text.contains(part)
                || sat.starts_with(part)
                || (!payees.is_empty()
                    && self.payees().iter().any(|(payee, _)| payees.contains(&payee.id())))
        })
    }

    fn keys(&self) -> Vec<JournalKey> {
        let mut keys: Vec<JournalKey> =
            self.earlier.iter().map(|(hash, _)| earlier(hash)).collect();
        let is_own_hash =
            |one: &Asked| matches!(one, Asked::Hash(hash) if Some(*hash) == self.hash);
        keys.extend(self.asked().filter(|one| !is_own_hash(one)).map(|one| asked(&one)));
        let own_address = self.address.as_deref().filter(|_| self.direction == StoredDirection::In);
        keys.extend(own_address.map(own));
        let offer = self.offer_id.as_ref().filter(|_| self.direction == StoredDirection::In);
        keys.extend(offer.map(own_offer));
        keys.extend(self.payees().iter().map(|(payee, _)| paid_to(&payee.id())));
        keys
    }
}

impl From<&Payment> for JournalRow {
    fn from(payment: &Payment) -> Self {
        let listed = payment.status.is_final() && payment.is_movement();
        Self {
            id: payment.id.0,
            direction: payment.direction as u8,
            hash: payment.hash,
            status: payment.status as u8,
            created_secs: payment.created_at.secs(),
            updated_secs: payment.updated_at.secs(),
            body: serde_json::to_vec(payment).expect("a payment is plain data"),
            live: payment.is_live(),
            listed: listed.then(|| Listed { sat: payment.sat(), text: payment.text() }),
            keys: payment.keys(),
        }
    }
}
