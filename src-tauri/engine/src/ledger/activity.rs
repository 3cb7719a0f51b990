//! Everything that moved money, as a list and one by one. On-chain transactions become rows here when a sync shows them.

use crate::amount::Msat;
use crate::channels::purpose;
use crate::core::Core;
use crate::onchain::purpose::Purpose;
use crate::onchain::{History, OnchainTx};
use crate::payments::address::{Came, asked_at, paid_request};
use crate::payments::{
    Fact, JournalError, Payment, PaymentId, StoredDirection, StoredKind, StoredStatus, onchain_row,
};
use crate::time::Timestamp;
use crate::view::{HistoryStep, Movement, MovementDetail};
use bitcoin::hashes::Hash as _;
use bitcoin::{Address, Txid};
use lightning_invoice::Bolt11Invoice;

/// How many movements one page of the list has.
const PAGE: usize = 50;

/// A row as the list shows it.
pub(crate) fn movement(core: &Core, row: &Payment) -> Movement {
    Movement {
        id: row.id.to_string(),
        kind: row.kind.into(),
        direction: row.direction.into(),
        status: row.status.into(),
        party: party(row),
        note: row.note.clone(),
        amount_msat: Msat::new(row.amount_msat),
        fee_msat: row.fee_msat.map(Msat::new),
        total_msat: total_of(row),
        failure: row.failure,
        unsent: row.unsent,
        can_take_back: row.can_be_taken_back(),
        close_reason: row.close_reason,
        created_at_secs: row.created_at.secs(),
        updated_at_secs: row.updated_at.secs(),
        confirmations: confirmations(core, row),
        change_msat: change_of(row),
    }
}

/// What it did to the sum of what a person owns, as far as it is decided. All of them together are that sum.
fn change_of(row: &Payment) -> i64 {
    let signed = |msat: u64| i64::try_from(msat).unwrap_or(i64::MAX);
    let (amount, fee) = (signed(row.amount_msat), signed(row.fee_msat.unwrap_or(0)));
    let moved = match row.status {
        StoredStatus::Paid | StoredStatus::InTransit => true,
        StoredStatus::Pending => row.txid.is_some(),
        StoredStatus::Failed | StoredStatus::Expired => false,
    };
    match (row.change_msat, row.direction) {
        _ if !moved => 0,
        (Some(change), _) => change,
        (None, StoredDirection::In) => amount,
        (None, StoredDirection::Out) => amount.saturating_add(fee).saturating_neg(),
        (None, StoredDirection::Between) => fee.saturating_neg(),
    }
}

/// Who was paid on-chain is an address: a name beside it was the link's word.
fn party(row: &Payment) -> Option<String> {
    let paid = row.kind == StoredKind::Onchain && row.direction == StoredDirection::Out;
    row.address.clone().filter(|_| paid).or_else(|| row.party.clone())
}

/// The on-chain wallet counts its own transactions. What a peer paid for is none of them: LDK counts while the channel
/// lives, and then nobody does.
fn confirmations(core: &Core, row: &Payment) -> Option<u32> {
    let txid = row.txid.as_ref()?.parse().ok()?;
    if row.kind == StoredKind::ChannelOpenByPeer {
        let channels = core.node.manager.list_channels();
        return channels.iter().find(|one| Some(one.user_channel_id) == row.channel)?.confirmations;
    }
    let confirmation = core.onchain.transaction(txid).and_then(|tx| tx.confirmation);
    Some(confirmation.map_or(0, |confirmation| confirmation.count))
}

fn total_of(row: &Payment) -> Option<Msat> {
    let fee = Msat::new(row.fee_msat.unwrap_or(0));
    (row.direction == StoredDirection::Out).then(|| Msat::new(row.amount_msat).checked_add(fee))?
}

/// A row with everything known.
pub(crate) fn detail(core: &Core, row: &Payment) -> MovementDetail {
    use hex::DisplayHex;
    let paid = row.status == StoredStatus::Paid;
    MovementDetail {
        movement: movement(core, row),
        history: row
            .history
            .iter()
            .map(|(status, at)| HistoryStep { status: (*status).into(), at_secs: at.secs() })
            .collect(),
        payment_hash: row.hash.map(|hash| hash.to_lower_hex_string()),
        preimage: row.preimage.filter(|_| paid).map(|preimage| preimage.0.to_lower_hex_string()),
        invoice: row.invoice.clone(),
        node_id: row.node_id.clone(),
        txid: row.txid.clone(),
        address: row.address.clone(),
        fee_limit_msat: row.fee_limit_msat.map(Msat::new),
        expires_at_secs: row.expires_at.map(|at| at.min(Timestamp::LAST).secs()),
        replaced_by: row.replaced_by.clone(),
        transactions: transactions_of(core, row),
    }
}

/// The transactions that a row tells of and that the on-chain wallet counts.
fn transactions_of(core: &Core, row: &Payment) -> Vec<String> {
    let is_its = |purpose: &Purpose| match (row.kind, row.channel, purpose) {
        (_, _, Purpose::Payment { row: id }) => *id == row.id,
        (StoredKind::ChannelOpen, Some(channel), Purpose::Funding { channel: of }) => {
            channel == *of
        }
        (StoredKind::ChannelClose, Some(channel), purpose) => purpose.ends(channel),
        _ => false,
    };
    let mut found = core.purposes.select(is_its);
    found.retain(|(txid, _)| core.onchain.transaction(*txid).is_some());
    let mut found: Vec<String> = found.into_iter().map(|(txid, _)| txid.to_string()).collect();
    found.sort();
    found
}

/// The list: what is still open first, then the newest. Requests that nobody has paid are not movements.
pub(crate) fn list(
    core: &Core,
    query: Option<&str>,
    before: Option<&str>,
) -> Result<Vec<Movement>, JournalError> {
    let needle = query.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
    let before = before.and_then(PaymentId::parse);
    let invoice = needle.as_deref().and_then(|text| text.parse::<Bolt11Invoice>().ok());
    let rows = match invoice {
        Some(invoice) if before.is_none() => {
            core.journal.of_invoice(&invoice.payment_hash().to_byte_array())?
        }
        Some(_) => Vec::new(),
        None => core.journal.page(needle.as_deref(), before.as_ref(), PAGE)?,
    };
    Ok(rows.iter().map(|row| movement(core, row)).collect())
}

/// After a sync: every transaction of the wallet is told by exactly one row. Funding, closing and what belongs to it are told
/// by their channel's rows.
///
/// # Errors
/// Where the vault does not say what a row is: the next look learns it.
pub(crate) fn learn_onchain(core: &Core, now: Timestamp) -> Result<(), JournalError> {
    let history = core.onchain.history();
    for tx in core.onchain.unlearnt() {
        // A row and what says that it is a transaction's are of one commit.
        let _together = core.staging.lock().expect("staging lock is never poisoned");
        if let Purpose::Payment { row } = purpose_of(core, &tx, now)? {
            let row = alone(core, &history, &tx, row, now)?;
            follow(core, &row, &tx)?;
            let fee = tx.fee.filter(|_| tx.own).and_then(Msat::from_sat);
            let confirmed = tx.confirmation.is_some();
            core.journal.record(&row, Fact::OnChain { confirmed, fee }, now)?;
        }
        core.onchain.learnt(&tx);
    }
    gone(core, &history, now)?;
    expire(core, now)
}

/// The row of a transaction; its own where the one it had tells of another that is on the chain, or was paid otherwise.
fn alone(
    core: &Core,
    history: &History,
    tx: &OnchainTx,
    row: PaymentId,
    now: Timestamp,
) -> Result<PaymentId, JournalError> {
    let is_free = core.journal.get(&row)?.is_some_and(|row| {
        let telling = row.txid.as_ref().and_then(|txid| txid.parse::<Txid>().ok());
        let of_another =
            telling.is_some_and(|txid| txid != tx.txid && history.get(&txid).is_some());
        let otherwise = row.kind == StoredKind::Lightning && row.status == StoredStatus::Paid;
        !of_another && !otherwise
    });
    if is_free {
        return Ok(row);
    }
    core.journal.insert(row_of(tx, now))?;
    let row = onchain_row(&tx.txid);
    core.purposes.change(tx.txid, Purpose::Payment { row });
    Ok(row)
}

/// What a transaction is for. One that nobody knows yet, and that is of no channel, gets its row: of what it replaces, of the
/// request that it pays, or its own.
fn purpose_of(core: &Core, tx: &OnchainTx, now: Timestamp) -> Result<Purpose, JournalError> {
    if let Some(known) = core.purposes.get(&tx.txid) {
        return Ok(known);
    }
    let purpose = match purpose::of_channel(core, &tx.transaction) {
        Some(purpose) => purpose,
        None => Purpose::Payment { row: row_for(core, tx, now)? },
    };
    core.purposes.keep(tx.txid, purpose.clone());
    Ok(purpose)
}

fn row_for(core: &Core, tx: &OnchainTx, now: Timestamp) -> Result<PaymentId, JournalError> {
    let came = came_with(core, tx);
    if !tx.own {
        if let Some(row) = replaced(core, tx, &came)? {
            return Ok(row);
        }
        if let Some(row) = paid_request(core, &came)? {
            return Ok(row);
        }
    }
    let mut row = row_of(tx, now);
    // Too little for the request: what it was for is said all the same.
    if !tx.own
        && let Some(asked) = asked_at(core, &came)?.first()
    {
        (row.note, row.address) = (asked.note.clone(), asked.address.clone());
    }
    core.journal.insert(row)?;
    Ok(onchain_row(&tx.txid))
}

/// What a transaction gives to which of our addresses.
fn came_with(core: &Core, tx: &OnchainTx) -> Came {
    let mut came = Came::new();
    for output in &tx.transaction.output {
        if core.onchain.is_mine(&output.script_pubkey)
            && let Ok(address) = Address::from_script(&output.script_pubkey, core.network)
        {
            let sum = came.entry(address.to_string()).or_default();
            *sum = sum.checked_add(output.value.into()).unwrap_or(*sum);
        }
    }
    came
}

/// The row of a payment to us whose place this one takes. A request's only where it is paid by this one, too.
fn replaced(core: &Core, tx: &OnchainTx, came: &Came) -> Result<Option<PaymentId>, JournalError> {
    for conflict in core.onchain.conflicts(&tx.txid) {
        let Some(row) = row_telling(core, &conflict)? else { continue };
        let paid = row.address.as_ref().and_then(|address| Msat::from_sat(*came.get(address)?));
        let is_request = row.expires_at.is_some();
        let pays = !is_request || paid.is_some_and(|paid| paid.get() >= row.requested());
        if row.direction == StoredDirection::In && pays {
            return Ok(Some(row.id));
        }
    }
    Ok(None)
}

/// The on-chain row that tells of this transaction now.
fn row_telling(core: &Core, txid: &Txid) -> Result<Option<Payment>, JournalError> {
    let Some(Purpose::Payment { row }) = core.purposes.get(txid) else { return Ok(None) };
    let telling = |row: &Payment| row.txid.as_deref() == Some(&txid.to_string());
    Ok(core.journal.get(&row)?.filter(|row| row.kind == StoredKind::Onchain && telling(row)))
}

/// A row tells of the transaction that is on the chain: the first for a request, or what took another's place.
fn follow(core: &Core, row: &PaymentId, tx: &OnchainTx) -> Result<(), JournalError> {
    let txid = tx.txid.to_string();
    let followed = core.journal.change(row, |row| {
        if row.direction != StoredDirection::In || row.txid.as_deref() == Some(&txid) {
            return false;
        }
        if row.expires_at.is_some() {
            row.requested_msat = Some(row.requested());
        }
        row.kind = StoredKind::Onchain;
        row.txid = Some(txid);
        let amount = tx.received.minus_or_zero(tx.sent);
        row.amount_msat = Msat::from_sat(amount).unwrap_or_default().get();
        row.status = StoredStatus::Pending;
        true
    });
    followed.map(drop)
}

/// Payments that are not on the chain any more: replaced, or dropped. One of ours is dropped by nobody but us.
fn gone(core: &Core, history: &History, now: Timestamp) -> Result<(), JournalError> {
    let payments = core.purposes.select(|purpose| matches!(purpose, Purpose::Payment { .. }));
    for (txid, _) in payments.into_iter().filter(|(txid, _)| history.get(txid).is_none()) {
        let Some(row) = row_telling(core, &txid)? else { continue };
        let conflicts = core.onchain.conflicts(&txid);
        let instead = conflicts.iter().filter_map(|conflict| history.get(conflict)).next();
        let is_conflicted = instead.is_some_and(|tx| tx.confirmation.is_some());
        // What is moved here from another account comes in, and is ours to send.
        let is_dropped = row.direction == StoredDirection::In && !core.node.outbox.will_send(&txid);
        if is_dropped || is_conflicted {
            let by = instead.map(|tx| tx.txid);
            core.journal.record(&row.id, Fact::Replaced { by }, now)?;
        }
    }
    Ok(())
}

fn row_of(tx: &OnchainTx, now: Timestamp) -> Payment {
    let first_seen =
        tx.seen.or(tx.confirmation.map(|confirmation| confirmation.time)).unwrap_or(now);
    let (direction, amount) = if tx.sent > tx.received {
        // Where others paid in too, what of the fee is ours is part of what left.
        let fee = tx.fee.filter(|_| tx.own).unwrap_or_default();
        (StoredDirection::Out, tx.sent.minus_or_zero(tx.received).minus_or_zero(fee))
    } else {
        (StoredDirection::In, tx.received.minus_or_zero(tx.sent))
    };
    let amount = Msat::from_sat(amount).unwrap_or_default();
    let mut row =
        Payment::new(onchain_row(&tx.txid), StoredKind::Onchain, direction, amount, first_seen);
    row.txid = Some(tx.txid.to_string());
    row
}

fn expire(core: &Core, now: Timestamp) -> Result<(), JournalError> {
    let over = core.journal.live(|row| {
        let is_over = row.direction == StoredDirection::In
            && row.status == StoredStatus::Pending
            && row.txid.is_none()
            && row.expires_at.is_some_and(|expiry| expiry < now);
        is_over.then_some(row.id)
    });
    over.iter().try_for_each(|row| core.journal.record(row, Fact::Expired, now).map(drop))
}

/// What Home shows.
pub(crate) fn recent(core: &Core) -> Vec<Movement> {
    core.journal.newest().iter().map(|row| movement(core, row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: StoredKind, direction: StoredDirection, status: StoredStatus) -> Payment {
        let (id, now) = (PaymentId::named("test", b"one"), Timestamp::from_secs(1));
        let row = Payment::new(id, kind, direction, Msat::new(1000), now);
        Payment { status, fee_msat: Some(7), ..row }
    }

    #[test]
    fn a_row_changes_what_is_owned_by_what_it_moved() {
        use StoredDirection::{Between, In, Out};
        use StoredKind::{ChannelClose, ChannelOpen, ChannelOpenByPeer, Lightning, Onchain};
        use StoredStatus::{Failed, InTransit, Paid, Pending};
        let of = |kind, direction, status| change_of(&row(kind, direction, status));
        assert_eq!(of(Lightning, Out, Paid), -1007);
        assert_eq!(of(Lightning, Out, InTransit), -1007);
        assert_eq!(of(Lightning, Out, Failed), 0);
        assert_eq!(of(Lightning, In, Paid), 1000);
        assert_eq!(of(Lightning, In, Pending), 0, "asked for");
        let seen = Payment { txid: Some("id".into()), ..row(Onchain, In, Pending) };
        assert_eq!(change_of(&seen), 1000);
        assert_eq!(of(Onchain, In, Failed), 0, "replaced");
        assert_eq!(of(ChannelOpen, Between, Paid), -7);
        let given = Payment { change_msat: Some(50), ..row(ChannelOpenByPeer, Between, Paid) };
        assert_eq!(change_of(&given), 50);
        let penalty = Payment { change_msat: Some(90), ..row(ChannelClose, Between, Paid) };
        assert_eq!(change_of(&penalty), 90);
        let undone = Payment { status: Pending, ..penalty };
        assert_eq!(change_of(&undone), 0, "on its way again");
    }
}
