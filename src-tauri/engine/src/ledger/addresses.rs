//! The addresses that somebody has, with what came to each. A script that a channel was promised, or that was passed over, is
//! shown once something came to it: until then nobody was given it to pay to.

use crate::amount::Sat;
use crate::channels::rows::{close_row, open_row};
use crate::core::Core;
use crate::onchain::purpose::Purpose;
use crate::onchain::{History, Moved, Revealed};
use crate::payments::{JournalError, Payment, PaymentId};
use crate::view::{AddressMovement, AddressOrigin, OwnAddress};
use bitcoin::Address;
use std::collections::HashMap;

/// All of them, newest first.
pub(crate) fn addresses(core: &Core) -> Result<Vec<OwnAddress>, JournalError> {
    let history = core.onchain.history();
    // An output of a wallet's descriptor has an address.
    let named = core.onchain.revealed().into_iter().filter_map(|one| {
        let address = Address::from_script(&one.script, core.network).ok()?;
        Some((address.to_string(), one))
    });
    let named: Vec<(String, Revealed)> = named.collect();
    let mut asked: HashMap<String, Vec<Payment>> = HashMap::new();
    for row in core.journal.at_addresses(named.iter().map(|(address, _)| address))? {
        asked.entry(row.address.clone().unwrap_or_default()).or_default().push(row);
    }
    let mut shown = Vec::new();
    for (address, one) in named {
        let asked = asked.remove(&address).unwrap_or_default();
        shown.extend(own_address(core, &history, address, &one, &asked)?);
    }
    Ok(shown)
}

/// One of them, if somebody has it. `asked`: the requests that gave it out, newest first.
fn own_address(
    core: &Core,
    history: &History,
    address: String,
    one: &Revealed,
    asked: &[Payment],
) -> Result<Option<OwnAddress>, JournalError> {
    let came = one.moved.iter().filter(|moved| moved.came > Sat::ZERO);
    let purposes: Vec<_> = came.map(|moved| core.purposes.get(&moved.txid)).collect();
    let Some(origin) = origin(!asked.is_empty(), &purposes) else { return Ok(None) };
    let (mut movements, mut label) = (Vec::new(), asked.iter().find_map(|row| row.label.clone()));
    for moved in &one.moved {
        let row = row_telling(core, moved)?;
        if let Some(row) = row.as_ref().filter(|_| moved.came > Sat::ZERO) {
            label = label.or_else(|| row.label.clone());
        }
        movements.push(movement(history, moved, row.map(|row| row.id)));
    }
    let sum = |part: fn(&Moved) -> Sat| Sat::sum(one.moved.iter().map(part)).unwrap_or_default();
    let (received, left) = (sum(|moved| moved.came), sum(|moved| moved.left));
    Ok(Some(OwnAddress {
        address,
        origin,
        given_at_secs: asked.iter().map(|row| row.created_at.secs()).min(),
        label,
        note: asked.iter().find_map(|row| row.note.clone()),
        received_sat: received,
        held_sat: received.minus_or_zero(left),
        movements,
    }))
}

/// Who has an address, by whether a request gave it out and what brought something to it; nobody, if there is neither.
fn origin(is_asked: bool, came: &[Option<Purpose>]) -> Option<AddressOrigin> {
    let is_channels = |purpose: &Option<Purpose>| {
        purpose.as_ref().is_some_and(|purpose| !matches!(purpose, Purpose::Payment { .. }))
    };
    match (is_asked, came) {
        (true, _) => Some(AddressOrigin::Request),
        (false, []) => None,
        (false, came) if came.iter().all(is_channels) => Some(AddressOrigin::Channel),
        (false, _) => Some(AddressOrigin::Unknown),
    }
}

fn movement(history: &History, moved: &Moved, row: Option<PaymentId>) -> AddressMovement {
    let tx = history.get(&moved.txid);
    let confirmation = tx.and_then(|tx| tx.confirmation);
    let seen = confirmation.map(|at| at.time).or_else(|| tx?.seen);
    AddressMovement {
        txid: moved.txid.to_string(),
        came_sat: moved.came,
        left_sat: moved.left,
        confirmations: confirmation.map_or(0, |at| at.count),
        at_secs: seen.map(|at| at.secs()),
        movement_id: row.map(|row| row.to_string()),
    }
}

/// The row that tells of a transaction; none before a look at the chain has learnt what it is.
fn row_telling(core: &Core, moved: &Moved) -> Result<Option<Payment>, JournalError> {
    let Some(purpose) = core.purposes.get(&moved.txid) else { return Ok(None) };
    let row = match purpose {
        Purpose::Payment { row } => Some(row),
        Purpose::Funding { channel } => Some(open_row(channel)),
        Purpose::CoopClose { channel }
        | Purpose::Commitment { channel }
        | Purpose::AnchorBump { channel }
        | Purpose::Claim { channel }
        | Purpose::Penalty { channel } => Some(close_row(channel)),
        Purpose::Sweep { shares } => shares.first().map(|share| close_row(share.channel)),
    };
    row.map_or(Ok(None), |row| core.journal.get(&row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_whose_request_gave_it_out_or_what_brought_something_says() {
        let payment = || Some(Purpose::Payment { row: PaymentId::named("test", b"one") });
        let close = || Some(Purpose::CoopClose { channel: 1 });
        let sweep = || Some(Purpose::Sweep { shares: Vec::new() });
        assert_eq!(origin(false, &[]), None, "a channel was promised it, or nobody");
        assert_eq!(origin(true, &[]), Some(AddressOrigin::Request));
        assert_eq!(origin(true, &[close()]), Some(AddressOrigin::Request));
        assert_eq!(origin(false, &[close(), sweep()]), Some(AddressOrigin::Channel));
        assert_eq!(origin(false, &[close(), payment()]), Some(AddressOrigin::Unknown));
        assert_eq!(origin(false, &[None]), Some(AddressOrigin::Unknown), "not learnt yet");
    }
}
