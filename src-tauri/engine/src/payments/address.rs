//! Which request an on-chain address belongs to. A request that says how much or what for has an address of its own, so
//! that what arrives is told from what was asked elsewhere; those that say nothing share one. Never gives out so many that
//! a restore would miss some: then addresses are shared, and the amount decides.

use super::JournalError;
use crate::amount::{Msat, Sat};
use crate::core::Core;
use crate::payment::{Payment, PaymentId, StoredStatus};
use bitcoin::Address;
use std::collections::{BTreeMap, HashSet};

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
    core.journal.live(|row| {
        let address = row.address.as_ref().filter(|_| row.is_waiting());
        Some(Waiting { id: row.id, address: address?.clone(), plain: is_plain(row) })
    })
}

/// Gives a new request its address and writes both down. One that takes the place of another, which is being written, takes
/// its row and its address too.
pub(super) fn give(
    core: &Core,
    mut row: Payment,
    replaced: Option<PaymentId>,
) -> Result<(PaymentId, Address), JournalError> {
    // Two requests at once do not choose the same address.
    let _together = core.staging.lock().expect("staging lock is never poisoned");
    let replaced = match replaced {
        Some(id) => core.journal.get(&id)?.filter(Payment::is_waiting),
        None => None,
    };
    let address = choose(core, &row, replaced.as_ref().map(|old| old.id))?;
    row.address = Some(address.to_string());
    let Some(old) = replaced else {
        let id = row.id;
        core.journal.insert(row)?;
        return Ok((id, address));
    };
    // It may have been paid a moment ago.
    let rewritten = core.journal.change(&old.id, |old| {
        let waits = old.is_waiting();
        if waits {
            row.earlier.clone_from(&old.earlier);
            row.earlier.extend(old.hash.map(|hash| (hash, old.amount_msat)));
            row.id = old.id;
            old.clone_from(&row);
        }
        waits
    })?;
    if rewritten.is_none() {
        core.journal.insert(row.clone())?;
    }
    Ok((row.id, address))
}

fn choose(
    core: &Core,
    new: &Payment,
    replaced: Option<PaymentId>,
) -> Result<Address, JournalError> {
    let waiting = waiting(core);
    let alone =
        |one: &Waiting| waiting.iter().filter(|row| row.address == one.address).count() == 1;
    let kept = waiting.iter().find(|row| Some(row.id) == replaced && alone(row));
    let shared = waiting.iter().find(|row| is_plain(new) && row.plain);
    let known = kept.or(shared).and_then(|row| parse(core, &row.address));
    match known {
        Some(address) => Ok(address),
        None => fresh(core, waiting.into_iter().map(|row| row.address).collect()),
    }
}

/// Somebody may still pay to an address whose request has expired, and means that request. Only when too many are given
/// out, the one that expired first is given again.
fn fresh(core: &Core, waiting: HashSet<String>) -> Result<Address, JournalError> {
    let unpaid = core.onchain.unused_addresses();
    let asked = core.journal.at_addresses(unpaid.iter())?.into_iter();
    let expired = asked.filter_map(|row| {
        let over = row.status == StoredStatus::Expired && row.txid.is_none();
        Some((row.expires_at, row.address.filter(|_| over)?))
    });
    let mut expired: Vec<_> = expired.collect();
    expired.sort();
    expired.retain(|(_, address)| !waiting.contains(address));
    let given = expired.iter().map(|(_, address)| address.clone());
    let given = waiting.iter().cloned().chain(given).collect();
    let fresh = core.onchain.fresh_address(&given);
    let again = expired.iter().find_map(|(_, address)| {
        let address = parse(core, address)?;
        core.onchain.was_never_paid(&address.script_pubkey()).then_some(address)
    });
    Ok(if given.contains(&fresh.to_string()) { again.unwrap_or(fresh) } else { fresh })
}

/// What came to an address of ours with one transaction.
pub(crate) type Came = BTreeMap<String, Sat>;

/// The request that is paid by what came to its address: with what it asks for, or more. Less does not pay it, and neither
/// do several parts: each is a movement of its own, and the request stays open. Of several requests: the one of this
/// amount, then the one still open, then the newest.
pub(crate) fn paid_request(core: &Core, came: &Came) -> Result<Option<PaymentId>, JournalError> {
    let amount = |row: &Payment| Msat::from_sat(*came.get(row.address.as_ref()?)?).map(Msat::get);
    let asked = asked_at(core, came)?.into_iter();
    let paid = asked.filter(|row| amount(row).is_some_and(|msat| msat >= row.requested()));
    let rank = |row: &Payment| {
        (Some(row.requested()) == amount(row), row.status == StoredStatus::Pending, row.created_at)
    };
    Ok(paid.max_by_key(rank).map(|row| row.id))
}

/// Unpaid requests with one of these addresses, newest first.
pub(crate) fn asked_at(core: &Core, came: &Came) -> Result<Vec<Payment>, JournalError> {
    let mut asked = core.journal.at_addresses(came.keys())?;
    asked.retain(|row| {
        let unpaid = row.txid.is_none() && row.status != StoredStatus::Paid;
        unpaid || row.waits_again()
    });
    Ok(asked)
}

fn is_plain(row: &Payment) -> bool {
    row.amount_msat == 0 && row.note.is_none()
}

fn parse(core: &Core, text: &str) -> Option<Address> {
    text.parse::<Address<_>>().ok()?.require_network(core.network).ok()
}
