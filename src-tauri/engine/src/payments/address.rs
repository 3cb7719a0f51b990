//! Which request an on-chain address belongs to. A request that says how much or what for has an address of its own, so
//! that what arrives is told from what was asked elsewhere; those that say nothing share one. Never gives out so many that
//! a restore would miss some: then addresses are shared, and the amount decides.

use super::model::{Payment, PaymentId, StoredDirection, StoredStatus};
use crate::amount::{Msat, Sat};
use crate::core::Core;
use bitcoin::Address;
use std::collections::HashSet;

/// A request that nothing came for yet.
struct Waiting {
    id: PaymentId,
    address: String,
    plain: bool,
}

/// The addresses that someone may still pay to.
pub(crate) fn taken(core: &Core) -> HashSet<String> {
    waiting(core).into_iter().map(|one| one.address).collect()
}

fn waiting(core: &Core) -> Vec<Waiting> {
    core.journal.pick(|row| {
        let address = row.address.as_ref().filter(|_| is_waiting(row));
        Some(Waiting { id: row.id, address: address?.clone(), plain: is_plain(row) })
    })
}

/// Gives a new request its address and writes both down. One that takes the place of another, which is being written, takes
/// its row and its address too.
pub(super) fn give(
    core: &Core,
    mut row: Payment,
    replaced: Option<PaymentId>,
) -> (PaymentId, Address) {
    // Two requests at once do not choose the same address.
    let _together = core.staging.lock().expect("staging lock is never poisoned");
    let replaced = replaced.and_then(|id| core.journal.get(&id)).filter(is_waiting);
    let address = choose(core, &row, replaced.as_ref().map(|old| old.id));
    row.address = Some(address.to_string());
    let Some(old) = replaced else {
        let id = row.id;
        core.journal.insert(row);
        return (id, address);
    };
    // It may have been paid a moment ago.
    let rewritten = core.journal.change(&old.id, |old| {
        let waits = is_waiting(old);
        if waits {
            row.earlier.clone_from(&old.earlier);
            row.earlier.extend(old.hash.map(|hash| (hash, old.amount_msat)));
            row.id = old.id;
            old.clone_from(&row);
        }
        waits
    });
    if rewritten.is_none() {
        core.journal.insert(row.clone());
    }
    (row.id, address)
}

fn choose(core: &Core, new: &Payment, replaced: Option<PaymentId>) -> Address {
    let waiting = waiting(core);
    let alone =
        |one: &Waiting| waiting.iter().filter(|row| row.address == one.address).count() == 1;
    let kept = waiting.iter().find(|row| Some(row.id) == replaced && alone(row));
    let shared = waiting.iter().find(|row| is_plain(new) && row.plain);
    let known = kept.or(shared).and_then(|row| parse(core, &row.address));
    known.unwrap_or_else(|| {
        core.onchain.fresh_address(&waiting.into_iter().map(|row| row.address).collect())
    })
}

/// A request that nothing came for yet, and that still can be paid.
fn is_waiting(row: &Payment) -> bool {
    row.direction == StoredDirection::In
        && row.status == StoredStatus::Pending
        && row.txid.is_none()
}

/// The request that was paid at one of `addresses`. Of several: the one of this amount, then the one still open, then the
/// newest.
pub(crate) fn paid_request(core: &Core, addresses: &[String], received: Sat) -> Option<PaymentId> {
    let amount = Msat::from_sat(received).map(Msat::get);
    let asked = core.journal.select(|row| {
        let unpaid = row.txid.is_none() && row.status != StoredStatus::Paid;
        let here = row.address.as_ref().is_some_and(|address| addresses.contains(address));
        row.direction == StoredDirection::In && unpaid && here
    });
    let rank = |row: &Payment| {
        (Some(row.amount_msat) == amount, row.status == StoredStatus::Pending, row.created_at)
    };
    asked.iter().max_by_key(|row| rank(row)).map(|row| row.id)
}

fn is_plain(row: &Payment) -> bool {
    row.amount_msat == 0 && row.note.is_none()
}

fn parse(core: &Core, text: &str) -> Option<Address> {
    text.parse::<Address<_>>().ok()?.require_network(core.network).ok()
}
