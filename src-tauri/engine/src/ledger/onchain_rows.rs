//! The rows of on-chain transactions: what a sync shows becomes a row, or part of one that is there; what is not on the chain
//! any more is recorded as replaced.

use super::unchecked;
use crate::amount::Msat;
use crate::channels::purpose;
use crate::core::Core;
use crate::onchain::purpose::Purpose;
use crate::onchain::{History, OnchainTx};
use crate::payments::address::{Came, asked_at, paid_request};
use crate::payments::fee_bump;
use crate::payments::{
    Fact, JournalError, Payment, PaymentId, StoredDirection, StoredKind, StoredStatus, onchain_row,
};
use crate::time::Timestamp;
use bitcoin::{Address, Txid};

/// After a sync: every transaction of the wallet is told by exactly one row. Funding, closing and what belongs to it are told
/// by their channel's rows.
///
/// # Errors
/// If the vault does not say what a row is: the next look learns it.
pub(crate) fn learn(core: &Core, now: Timestamp) -> Result<(), JournalError> {
    for txid in core.onchain.unlearnt() {
        // A row and what says that it is a transaction's are of one commit.
        let _together = core.staging.lock().expect("staging lock is never poisoned");
        // A person may have put another one in its place meanwhile.
        let history = core.onchain.history();
        let Some(tx) = history.get(&txid) else { continue };
        if let Purpose::Payment { row } = purpose_of(core, tx, now)? {
            let row = alone(core, &history, tx, row, now)?;
            follow(core, &row, tx, now)?;
            let fee = tx.fee.filter(|_| tx.own).and_then(Msat::from_sat);
            let confirmed = is_confirmed(core, &row, tx)?;
            core.journal.record(&row, Fact::OnChain { confirmed, fee }, now)?;
            fee_bump::takes_its_place(core, &row, confirmed)?;
        }
        core.onchain.learnt(tx);
    }
    record_replaced(core, now)?;
    expire(core, now)
}

/// Whether a row's transaction is in a block. A request is younger than the blocks that nobody checks.
fn is_confirmed(core: &Core, row: &PaymentId, tx: &OnchainTx) -> Result<bool, JournalError> {
    if !is_unchecked(core, tx) {
        return Ok(tx.confirmation.is_some());
    }
    Ok(core.journal.get(row)?.is_none_or(|row| row.expires_at.is_none()))
}

fn is_unchecked(core: &Core, tx: &OnchainTx) -> bool {
    tx.confirmation.is_some_and(|at| unchecked::is_unchecked(core, at.height))
}

/// The row of a transaction; its own if the one it had tells of another that is on the chain, or was paid otherwise.
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
    if !tx.own && !is_unchecked(core, tx) {
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

/// The row of a payment to us whose place this one takes. A request's only if it is also paid by this one.
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
pub(crate) fn row_telling(core: &Core, txid: &Txid) -> Result<Option<Payment>, JournalError> {
    let Some(Purpose::Payment { row }) = core.purposes.get(txid) else { return Ok(None) };
    let telling = |row: &Payment| row.txid.as_deref() == Some(&txid.to_string());
    Ok(core.journal.get(&row)?.filter(|row| row.kind == StoredKind::Onchain && telling(row)))
}

/// A row tells of the transaction that is on the chain: the first for a request, or what took another's place.
fn follow(
    core: &Core,
    row: &PaymentId,
    tx: &OnchainTx,
    now: Timestamp,
) -> Result<(), JournalError> {
    let txid = tx.txid.to_string();
    let followed = core.journal.change(row, |row| {
        if row.direction == StoredDirection::Between || row.txid.as_deref() == Some(&txid) {
            return false;
        }
        if row.direction == StoredDirection::Out {
            // Its fee was raised: of those that it can be, the chain has this one.
            let amount =
                tx.sent.minus_or_zero(tx.received).minus_or_zero(tx.fee.unwrap_or_default());
            row.pays(Msat::from_sat(amount).unwrap_or_default().get());
            row.txid = Some(txid);
            return true;
        }
        if row.expires_at.is_some() {
            row.requested_msat = Some(row.requested());
        }
        row.kind = StoredKind::Onchain;
        row.txid = Some(txid);
        let amount = tx.received.minus_or_zero(tx.sent);
        row.amount_msat = Msat::from_sat(amount).unwrap_or_default().get();
        row.status = StoredStatus::Pending;
        row.updated_at = row.updated_at.max(first_seen(tx, now));
        true
    });
    followed.map(drop)
}

/// Payments that are not on the chain any more: replaced, or dropped. One of ours is dropped by nobody but us.
fn record_replaced(core: &Core, now: Timestamp) -> Result<(), JournalError> {
    let history = core.onchain.history();
    let payments = core.purposes.select(|purpose| matches!(purpose, Purpose::Payment { .. }));
    for (txid, _) in payments.into_iter().filter(|(txid, _)| history.get(txid).is_none()) {
        // A row is seen together with the transaction that the outbox has for it, or not at all.
        let _together = core.staging.lock().expect("staging lock is never poisoned");
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

fn first_seen(tx: &OnchainTx, now: Timestamp) -> Timestamp {
    tx.seen.or(tx.confirmation.map(|confirmation| confirmation.time)).unwrap_or(now)
}

fn row_of(tx: &OnchainTx, now: Timestamp) -> Payment {
    let (direction, amount) = if tx.sent > tx.received {
        // If others paid in too, what of the fee is ours is part of what left.
        let fee = tx.fee.filter(|_| tx.own).unwrap_or_default();
        (StoredDirection::Out, tx.sent.minus_or_zero(tx.received).minus_or_zero(fee))
    } else {
        (StoredDirection::In, tx.received.minus_or_zero(tx.sent))
    };
    let amount = Msat::from_sat(amount).unwrap_or_default();
    let mut row = Payment::new(
        onchain_row(&tx.txid),
        StoredKind::Onchain,
        direction,
        amount,
        first_seen(tx, now),
    );
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
