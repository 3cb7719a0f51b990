//! Everything that moved money, as a list and one by one.

use super::filter::passes;
use super::unchecked::is_unchecked;
use super::worth;
use crate::amount::Msat;
use crate::contacts;
use crate::core::Core;
use crate::onchain::OnchainTx;
use crate::onchain::purpose::Purpose;
use crate::payments::fee_bump;
use crate::payments::{
    JournalError, Payment, PaymentId, Sought, StoredDirection, StoredKind, StoredStatus,
};
use crate::time::{BLOCK_SECS, Timestamp};
use crate::view::{
    ActivityFilter, HistoryStep, Movement, MovementDetail, OwnTransaction, Recipient,
    TransactionPart,
};
use bitcoin::hashes::Hash as _;
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
        payee_id: row.payee().map(|payee| payee.id().to_string()),
        recipients: u32::try_from(row.recipients.len()).ok().filter(|several| *several > 0),
        label: row.label.clone(),
        note: row.note.clone(),
        amount_msat: Msat::new(row.amount_msat),
        fee_msat: row.fee_msat.map(Msat::new),
        total_msat: total_of(row),
        failure: row.failure,
        unsent: row.unsent,
        can_take_back: row.can_be_taken_back(),
        can_abandon: row.can_be_abandoned(),
        abandoned: row.abandoned && row.is_open(),
        called_off: row.is_called_off(),
        bump: row.bump.map(|bump| bump.kind),
        awaits_invoice: row.awaits_invoice(),
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
    match (row.change_msat, row.direction) {
        _ if !row.has_moved() => 0,
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

fn confirmed_at(core: &Core, row: &Payment) -> Option<u32> {
    let txid = row.txid.as_ref()?.parse().ok()?;
    Some(core.onchain.transaction(txid)?.confirmation?.height)
}

fn total_of(row: &Payment) -> Option<Msat> {
    let fee = Msat::new(row.fee_msat.unwrap_or(0));
    (row.direction == StoredDirection::Out).then(|| Msat::new(row.amount_msat).checked_add(fee))?
}

/// A row with everything known.
pub(crate) fn detail(core: &Core, row: &Payment) -> MovementDetail {
    use hex::DisplayHex;
    let paid = row.status == StoredStatus::Paid;
    let is_out = row.direction == StoredDirection::Out;
    let shown = total_of(row).unwrap_or(Msat::new(row.amount_msat));
    let said = row.hash.filter(|_| is_out).and_then(|hash| core.links.said(&hash));
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
        offer: row.offer.clone(),
        offer_id: row
            .offer_id
            .filter(|_| row.direction == StoredDirection::In)
            .map(|id| id.to_lower_hex_string()),
        bolt12_invoice: row.bolt12_invoice.clone(),
        payer_note: row.payer_note.clone(),
        quantity: row.quantity,
        node_id: row.node_id.clone(),
        txid: row.txid.clone(),
        address: row.address.clone(),
        recipients: row.recipients.iter().map(recipient).collect(),
        fee_limit_msat: row.fee_limit_msat.map(Msat::new),
        expires_at_secs: row.expires_at.map(|at| at.min(Timestamp::LAST).secs()),
        replaced_by: row.replaced_by.clone(),
        back_by_secs: back_by(core, row),
        unchecked: confirmed_at(core, row).is_some_and(|height| is_unchecked(core, height)),
        waiting: fee_bump::waiting(core, row),
        transactions: transactions_of(core, row),
        payee: row.payee().map(|payee| contacts::shown(core, &payee)),
        success: said
            .and_then(|said| said.success)
            .filter(|_| paid)
            .map(|success| success.view(row.preimage.as_ref())),
        fiat: worth::of_row(core, row, shown, Timestamp::now()),
    }
}

fn recipient(one: &crate::payment::Recipient) -> Recipient {
    Recipient {
        address: one.address.clone(),
        amount_msat: Msat::new(one.amount_msat),
        note: one.note.clone(),
        payee_id: one.payee().id().to_string(),
    }
}

/// When the last part of a payment that is on its way comes back, by the blocks.
fn back_by(core: &Core, row: &Payment) -> Option<u64> {
    let hash = row.hash.filter(|_| row.direction == StoredDirection::Out && row.is_open())?;
    let channels = core.node.manager.list_channels();
    let parts = channels.iter().flat_map(|channel| &channel.pending_outbound_htlcs);
    let last =
        parts.filter(|part| part.payment_hash.0 == hash).map(|part| part.cltv_expiry).max()?;
    let tip = core.status.tip();
    Some(tip.time_secs + u64::from(last.saturating_sub(tip.height)) * BLOCK_SECS)
}

/// The transactions that a row tells of and that the on-chain wallet counts, oldest first.
fn transactions_of(core: &Core, row: &Payment) -> Vec<OwnTransaction> {
    let is_its = |purpose: &Purpose| match (row.kind, row.channel, purpose) {
        (_, _, Purpose::Payment { row: id }) => *id == row.id,
        (StoredKind::ChannelOpen, Some(channel), Purpose::Funding { channel: of }) => {
            channel == *of
        }
        (StoredKind::ChannelClose, Some(channel), purpose) => purpose.ends(channel),
        _ => false,
    };
    let found = core.purposes.select(is_its).into_iter();
    let counted =
        found.filter_map(|(txid, purpose)| Some((core.onchain.transaction(txid)?, purpose)));
    let mut counted: Vec<_> = counted.collect();
    counted.sort_by_key(|(tx, _)| {
        (tx.confirmation.map_or(u32::MAX, |confirmation| confirmation.height), tx.txid)
    });
    counted.iter().map(|(tx, purpose)| own_transaction(tx, purpose)).collect()
}

fn own_transaction(tx: &OnchainTx, purpose: &Purpose) -> OwnTransaction {
    OwnTransaction {
        txid: tx.txid.to_string(),
        part: match purpose {
            Purpose::Funding { .. } => TransactionPart::Funding,
            Purpose::CoopClose { .. } => TransactionPart::CoopClose,
            Purpose::Commitment { .. } => TransactionPart::Commitment,
            Purpose::AnchorBump { .. } => TransactionPart::AnchorBump,
            Purpose::Claim { .. } => TransactionPart::Claim,
            Purpose::Penalty { .. } => TransactionPart::Penalty,
            Purpose::Sweep { .. } => TransactionPart::Sweep,
            Purpose::Payment { .. } => TransactionPart::Payment,
        },
        brought_sat: tx.received.minus_or_zero(tx.sent),
        took_sat: tx.sent.minus_or_zero(tx.received),
        fee_sat: tx.fee.filter(|_| tx.own),
        confirmations: tx.confirmation.map_or(0, |confirmation| confirmation.count),
    }
}

/// The list: what is still open first, then the newest. Requests that nobody has paid are not movements. `before` is the last
/// row of the page before.
///
/// # Errors
/// [`JournalError::NoSuchRow`] if `before` is no row; or if the vault does not say.
pub(crate) fn list(
    core: &Core,
    filter: &ActivityFilter,
    before: Option<&str>,
) -> Result<Vec<Movement>, JournalError> {
    let parse = |id: &str| PaymentId::parse(id).ok_or(JournalError::NoSuchRow);
    let before = before.map(parse).transpose()?;
    let invoice = filter.text.trim().to_lowercase().parse::<Bolt11Invoice>().ok();
    let wanted = |row: &Payment| passes(filter, row);
    let rows = match invoice {
        Some(invoice) if before.is_none() => {
            let mut rows = core.journal.of_invoice(&invoice.payment_hash().to_byte_array())?;
            rows.retain(wanted);
            rows
        }
        Some(_) => Vec::new(),
        None => {
            let sought = Sought::words(&filter.text, |part| core.contacts.called(part));
            core.journal.page_of(sought.as_ref(), before.as_ref(), PAGE, wanted)?
        }
    };
    Ok(rows.iter().map(|row| movement(core, row)).collect())
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
