//! One request is one debt, whichever way it is paid: a link's invoice and its address stand for the same money.

use super::error::SendError;
use super::journal::Journal;
use crate::amount::Msat;
use crate::payment::{Asked, Hash, OfferId, Payment, StoredKind, StoredStatus};
use crate::uri::Parsed;
use crate::view::PaidBefore;
use bitcoin::hashes::Hash as _;

/// What a request can be told by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Debt {
    /// Of its invoice.
    pub(crate) hash: Option<Hash>,
    pub(crate) address: Option<String>,
    /// BOLT 12: an offer may be paid again and again, and not twice at once by mistake.
    pub(crate) offer: Option<OfferId>,
}

impl Debt {
    pub(crate) fn of(parsed: &Parsed) -> Self {
        Self {
            hash: parsed
                .lightning
                .as_ref()
                .or(parsed.instead_of.as_ref())
                .map(|one| one.payment_hash().to_byte_array()),
            address: parsed.onchain.as_ref().map(ToString::to_string),
            offer: parsed.offer.as_ref().map(|offer| offer.id().0),
        }
    }

    /// Refuses what is paid or being paid. If only the address was paid before, which people do again, it says so; and if the
    /// same offer is being paid.
    pub(crate) fn check(&self, journal: &Journal) -> Result<Option<PaidBefore>, SendError> {
        let with = |asked| journal.paid_with(&asked);
        if let Some(hash) = self.hash
            && let Some(row) = with(Asked::Hash(hash))?.pop()
        {
            return Err(refusal(&row));
        }
        let before = self.address.clone().map(Asked::Address).map(with).transpose()?;
        let paid_before = |row: &Payment| paid_before(row, self.address.as_deref());
        let mut told = self.being_paid(journal)?.as_ref().map(paid_before);
        for row in before.unwrap_or_default() {
            match self.beside(&row) {
                Beside::Same => return Err(refusal(&row)),
                Beside::Told => told = Some(paid_before(&row)),
                Beside::Other => {}
            }
        }
        Ok(told)
    }

    fn being_paid(&self, journal: &Journal) -> Result<Option<Payment>, SendError> {
        let Some(offer) = self.offer else { return Ok(None) };
        let mut rows = journal.paid_with(&Asked::Offer(offer))?;
        rows.retain(Payment::is_open);
        Ok(rows.pop())
    }

    /// What a payment to the same address, but not of the same invoice, is to this request.
    fn beside(&self, row: &Payment) -> Beside {
        let onchain = row.kind == StoredKind::Onchain;
        match (self.hash, row.paid_at(self.address.as_deref()).1) {
            // An address alone.
            (None, _) => Beside::Told,
            // A link whose address was paid: which invoice was meant was not said.
            (Some(_), None) => Beside::Same,
            // An invoice may have been made anew for what waits for its block.
            (Some(_), Some(_)) if onchain && row.status != StoredStatus::Paid => Beside::Same,
            (Some(_), Some(_)) if onchain => Beside::Told,
            // Each of two invoices was asked for, and only their address is the same.
            (Some(_), Some(_)) => Beside::Other,
        }
    }

    /// Whether it is as it was `shown`.
    pub(crate) fn check_again(
        &self,
        journal: &Journal,
        shown: Option<&PaidBefore>,
    ) -> Result<(), SendError> {
        let id = |before: &PaidBefore| before.movement_id.clone();
        if self.check(journal)?.as_ref().map(id) == shown.map(id) {
            Ok(())
        } else {
            Err(SendError::Stale)
        }
    }
}

enum Beside {
    Same,
    Told,
    Other,
}

fn refusal(row: &Payment) -> SendError {
    match (row.status, row.kind) {
        (StoredStatus::Paid, _) => SendError::AlreadyPaid,
        (_, StoredKind::Onchain) => SendError::WaitsForBlock,
        _ => SendError::InFlight,
    }
}

fn paid_before(row: &Payment, address: Option<&str>) -> PaidBefore {
    PaidBefore {
        movement_id: row.id.to_string(),
        lightning: row.kind == StoredKind::Lightning,
        status: row.status.into(),
        amount_msat: Msat::new(row.paid_at(address).0),
        at_secs: row.created_at.secs(),
    }
}
