//! Everything that moved money, as a list and one by one. On-chain transactions become rows here when a sync shows them.

use crate::amount::{Msat, Sat};
use crate::channels_book::ChannelRecord;
use crate::core::Core;
use crate::onchain::OnchainTx;
use crate::payments::address::paid_request;
use crate::payments::{
    Fact, Payment, PaymentId, StoredDirection, StoredKind, StoredStatus, onchain_row,
};
use crate::time::Timestamp;
use crate::view::{HistoryStep, Movement, MovementDetail};

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
        created_at_secs: row.created_at.secs(),
        updated_at_secs: row.updated_at.secs(),
        confirmations: confirmations(core, row),
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
    }
}

/// The list: what is still open first, then the newest. Requests that nobody has paid are not movements.
pub(crate) fn list(core: &Core, query: Option<&str>, before: Option<&str>) -> Vec<Movement> {
    let needle = query.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
    let mut rows = core
        .journal
        .select(|row| moved(row) && needle.as_deref().is_none_or(|needle| mentions(row, needle)));
    rows.sort_by_key(|row| row.status.is_final());
    let start = before
        .and_then(|id| rows.iter().position(|row| row.id.to_string() == id))
        .map_or(0, |found| found + 1);
    rows[start..].iter().take(PAGE).map(|row| movement(core, row)).collect()
}

/// An unpaid request is not a movement.
pub(crate) fn moved(row: &Payment) -> bool {
    let request = row.direction == StoredDirection::In && row.kind == StoredKind::Lightning;
    !request || row.status == StoredStatus::Paid
}

fn mentions(row: &Payment, needle: &str) -> bool {
    let texts = [&row.note, &row.party, &row.node_id, &row.address, &row.txid, &row.invoice];
    let amount = (row.amount_msat / 1000).to_string();
    texts.into_iter().flatten().any(|text| text.to_lowercase().contains(needle))
        || amount.starts_with(needle)
}

/// After a sync: every transaction of the wallet is in the journal, each in exactly one row.
pub(crate) fn learn_onchain(core: &Core, now: Timestamp) {
    for tx in core.onchain.history() {
        let confirmed = tx.confirmation.is_some();
        let fee = tx.fee.filter(|_| tx.own).and_then(Msat::from_sat);
        if belongs_to_channel(core, &tx) {
            continue;
        }
        let id = match request_of(core, &tx) {
            Some(id) => id,
            None => {
                core.journal.insert(row_of(&tx, now));
                onchain_row(&tx.txid)
            }
        };
        core.journal.tell(&id, Fact::OnChain { confirmed, fee }, now);
    }
    expire(core, now);
}

/// Funding, closing and sweeping are told by their channel's rows.
fn belongs_to_channel(core: &Core, tx: &OnchainTx) -> bool {
    let records = core.book.all();
    let fundings: Vec<_> = records.iter().filter_map(|record| record.funding).collect();
    let funds = fundings.iter().any(|funding| funding.txid == tx.txid);
    let closes = tx.transaction.input.iter().any(|input| fundings.contains(&input.previous_output));
    funds || closes || core.is_sweep(&tx.txid) || core.is_anchor_bump(&tx.transaction)
}

/// The request whose address was paid, which thereby becomes an on-chain receipt.
fn request_of(core: &Core, tx: &OnchainTx) -> Option<PaymentId> {
    let txid = tx.txid.to_string();
    let known = core
        .journal
        .select(|row| row.txid.as_deref() == Some(&txid) && row.direction == StoredDirection::In);
    if let Some(row) = known.first() {
        return Some(row.id);
    }
    // What comes back from our own channels pays no request, even where both were given the same address.
    if tx.own || core.node.outbox.holds(&tx.txid) {
        return None;
    }
    let addresses: Vec<String> = tx
        .transaction
        .output
        .iter()
        .filter(|output| core.onchain.is_mine(&output.script_pubkey))
        .filter_map(|output| {
            bitcoin::Address::from_script(&output.script_pubkey, core.network).ok()
        })
        .map(|address| address.to_string())
        .collect();
    let id = paid_request(core, &addresses, tx.received)?;
    core.journal.change(&id, |row| {
        row.kind = StoredKind::Onchain;
        row.txid = Some(txid);
        row.amount_msat = Msat::from_sat(tx.received).unwrap_or_default().get();
        row.status = StoredStatus::Pending;
        true
    });
    Some(id)
}

fn row_of(tx: &OnchainTx, now: Timestamp) -> Payment {
    let first_seen =
        tx.seen.or(tx.confirmation.map(|confirmation| confirmation.time)).unwrap_or(now);
    let (direction, amount) = if tx.sent > tx.received {
        let fee = tx.fee.unwrap_or_default();
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

fn expire(core: &Core, now: Timestamp) {
    let over = core.journal.select(|row| {
        row.direction == StoredDirection::In
            && row.status == StoredStatus::Pending
            && row.txid.is_none()
            && row.expires_at.is_some_and(|expiry| expiry < now)
    });
    for row in over {
        core.journal.tell(&row.id, Fact::Expired, now);
    }
}

/// Closed channels that seem to be over: nothing of theirs is left to wait for. LDK says so a moment before it hands over
/// what is to be swept, so this counts only when it is still true after all its events are handled: see [`settle`].
pub(crate) fn over(core: &Core) -> Vec<ChannelRecord> {
    let mut records = core.book.all();
    records.retain(|record| {
        let ending = record.ending.as_ref().filter(|ending| ending.closed && !ending.settled);
        ending.is_some() && core.is_settled(record)
    });
    records
}

/// Those of `over`, asked before the last events were handled, whose money has arrived: their rows become final, with
/// what came and what it cost.
pub(crate) fn settle(core: &Core, over: &[ChannelRecord], now: Timestamp) {
    if over.is_empty() {
        return;
    }
    for record in self::over(core) {
        let Some(funding) = record.funding else { continue };
        if !over.iter().any(|before| before.user_id == record.user_id) {
            continue;
        }
        let arrived = core.arrived_from(&record, &funding);
        let id = PaymentId::named("close", &record.user_id.to_be_bytes());
        core.journal.change(&id, |row| {
            let owned = Msat::new(row.amount_msat).to_sat_floor();
            row.amount_msat = Msat::from_sat(arrived).unwrap_or_default().get();
            // What was owned in a state that was old is not known, so neither is what closing cost.
            row.fee_msat = Msat::from_sat(owned.minus_or_zero(arrived))
                .filter(|_| !record.behind)
                .map(Msat::get);
            true
        });
        core.journal.tell(&id, Fact::OnChain { confirmed: true, fee: None }, now);
        core.book.change(record.user_id, |record| {
            if let Some(ending) = &mut record.ending {
                ending.settled = true;
            }
        });
    }
    core.status.money_moved();
}

/// What Home shows: the newest ten.
pub(crate) fn recent(core: &Core) -> Vec<Movement> {
    let mut all = list(core, None, None);
    all.truncate(10);
    all
}

/// The sum of a transaction's outputs to us.
pub(crate) fn paid_to_us(core: &Core, transaction: &bitcoin::Transaction) -> Sat {
    let ours =
        transaction.output.iter().filter(|output| core.onchain.is_mine(&output.script_pubkey));
    Sat::sum(ours.map(|output| output.value.into())).unwrap_or_default()
}
