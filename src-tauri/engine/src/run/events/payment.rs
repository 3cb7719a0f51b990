//! Payment events become facts about journal rows.

use crate::amount::Msat;
use crate::core::Core;
use crate::error::{Code, chain_of};
use crate::event::Event as BusEvent;
use crate::node::record::{ChannelRecord, FulfilledHtlc, hashes_of, pending_htlcs};
use crate::onchain::purpose::Purpose;
use crate::payments::receive_offer;
use crate::payments::{
    Fact, JournalError, Payment, PaymentId, Preimage, StoredDirection, StoredKind, StoredStatus,
    onchain_row,
};
use crate::probe::HtlcPolicy;
use crate::time::Timestamp;
use hex::DisplayHex as _;
use lightning::blinded_path::message::OffersContext;
use lightning::blinded_path::payment::Bolt12OfferContext;
use lightning::events::{ClaimedHTLC, PaymentFailureReason, PaymentPurpose, ReplayEvent};
use lightning::ln::channelmanager::{
    PaymentId as LdkId, RecentPaymentDetails, RecipientOnionFields,
};
use lightning::offers::invoice::Bolt12Invoice;
use lightning::routing::router::Path;
use lightning::types::payment::{PaymentHash, PaymentPreimage};
use lightning::util::ser::Writeable as _;
use std::collections::HashSet;

/// Money can be taken: take it when we asked for it and it is enough, else send it back at once.
pub(crate) fn claimable(
    core: &Core,
    hash: PaymentHash,
    purpose: &PaymentPurpose,
    amount_msat: u64,
    skimmed_msat: u64,
    onion: Option<&RecipientOnionFields>,
    now: Timestamp,
) -> Result<(), ReplayEvent> {
    let manager = &core.node.manager;
    let row = core.journal.by_hash(StoredDirection::In, &hash.0)?;
    let knows_every_field =
        onion.is_none_or(|fields| fields.custom_tlvs().iter().all(|(number, _)| number % 2 == 1));
    // A claim and the news of it are durable together with the manager, so LDK never offers again what a paid row holds:
    // if it does, someone pays a second time, and that goes back.
    let asked = match &row {
        // One that is paid on-chain is not paid a second time.
        Some(row) => {
            let unpaid = row.txid.is_none() && row.status != StoredStatus::Paid;
            (unpaid || row.waits_again()) && amount_msat >= row.asks_msat(&hash.0)
        }
        // LDK takes no less than the invoice that it made for the payer of an offer; its row is made when the money is ours.
        None => offer_of(purpose).is_some_and(|of| receive_offer::is_own(core, &of.offer_id.0)),
    };
    let taking = core.settings.tunables.probe.takes();
    let asked = asked
        || (taking == HtlcPolicy::Anything
            && matches!(purpose, PaymentPurpose::SpontaneousPayment(_)));
    // Its time may be over on the chain already, and whoever takes it then gives the preimage for nothing.
    let in_time = core.status.blocks_come(now).is_ok();
    let wanted = asked && skimmed_msat == 0 && knows_every_field && in_time;
    if taking == HtlcPolicy::NotYet {
        return Err(ReplayEvent());
    }
    match purpose.preimage().filter(|_| wanted && taking != HtlcPolicy::Never) {
        Some(preimage) => {
            fulfills(core, hash);
            manager.claim_funds(preimage);
        }
        None => {
            tracing::warn!(
                amount_msat,
                known = row.is_some(),
                in_time,
                "an incoming payment is sent back"
            );
            manager.fail_htlc_backwards(&hash);
        }
    }
    Ok(())
}

/// The offer of ours that it came by.
fn offer_of(purpose: &PaymentPurpose) -> Option<&Bolt12OfferContext> {
    match purpose {
        PaymentPurpose::Bolt12OfferPayment { payment_context, .. } => Some(payment_context),
        PaymentPurpose::Bolt11InvoicePayment { .. }
        | PaymentPurpose::Bolt12RefundPayment { .. }
        | PaymentPurpose::SpontaneousPayment(_) => None,
    }
}

/// Noted in the same commit as the claim.
fn fulfills(core: &Core, hash: PaymentHash) {
    for channel in core.node.manager.list_channels() {
        let pending = channel.pending_inbound_htlcs.iter();
        let claimed: Vec<_> =
            pending.filter(|htlc| htlc.payment_hash == hash).map(FulfilledHtlc::incoming).collect();
        if !claimed.is_empty() {
            core.records.change(channel.user_channel_id, |record| record.fulfilled.extend(claimed));
        }
    }
}

/// After a start, before LDK tells of any close: a kill may have come between LDK's count and ours.
pub(crate) fn forget_removed(core: &Core) {
    let recent = hashes_of(core.node.manager.list_recent_payments());
    for channel in core.node.manager.list_channels() {
        let pending = pending_htlcs(&channel);
        core.records.change(channel.user_channel_id, |record| {
            record.forget_removed(&pending, &recent);
        });
    }
}

/// Money is ours. Repeated after every restart until the monitor forgets it.
pub(crate) fn claimed(
    core: &Core,
    hash: PaymentHash,
    purpose: &PaymentPurpose,
    amount_msat: u64,
    htlcs: &[ClaimedHTLC],
    now: Timestamp,
) -> Result<(), ReplayEvent> {
    let amount = Msat::new(amount_msat);
    let preimage = purpose.preimage().map(|preimage| Preimage(preimage.0));
    let id = match core.journal.by_hash(StoredDirection::In, &hash.0)? {
        Some(row) => row.id,
        None => {
            // By an offer. Other money without a row cannot happen (the row is older than the invoice); if it does, it still
            // counts.
            let id = PaymentId::named("received", &hash.0);
            let mut row = Payment::new(id, StoredKind::Lightning, StoredDirection::In, amount, now);
            row.hash = Some(hash.0);
            if let Some(offer) = offer_of(purpose) {
                receive_offer::came_by(core, &mut row, offer);
            }
            core.journal.insert(row)?;
            id
        }
    };
    core.journal.change(&id, |row| row.paid_by(&hash.0))?;
    over_lightning(core, &id)?;
    if htlcs.len() > 1 {
        let parts = htlcs.iter().map(|part| (part.user_channel_id, part.value_msat)).collect();
        core.journal.change(&id, |row| {
            let before = std::mem::replace(&mut row.parts, parts);
            row.parts != before
        })?;
    }
    core.journal.record(&id, Fact::Received { amount, preimage }, now)?;
    core.status.money_moved();
    Ok(())
}

/// A request that is paid over Lightning after all. What came for it on-chain, between our taking of the one and our seeing
/// of the other, gets a row of its own.
fn over_lightning(core: &Core, id: &PaymentId) -> Result<(), JournalError> {
    let Some(row) = core.journal.get(id)?.filter(|row| row.kind == StoredKind::Onchain) else {
        return Ok(());
    };
    let together = core.staging.lock().expect("staging lock is never poisoned");
    if let Some(txid) = row.txid.as_ref().and_then(|txid| txid.parse().ok()) {
        let receipt = onchain_row(&txid);
        let (earlier, invoice, hash, expires_at) = (Vec::new(), None, None, None);
        core.journal.insert(Payment { id: receipt, earlier, invoice, hash, expires_at, ..row })?;
        // And those that it took the place of.
        for (txid, _) in core.purposes.select(|of| *of == Purpose::Payment { row: *id }) {
            core.purposes.change(txid, Purpose::Payment { row: receipt });
        }
    }
    core.journal.change(id, |row| {
        row.kind = StoredKind::Lightning;
        (row.txid, row.failure, row.replaced_by) = (None, None, None);
        row.status = StoredStatus::Pending;
        true
    })?;
    drop(together);
    Ok(())
}

/// The payee of an offer answered. The row has the hash before it is paid: it is then known like any other, and an invoice
/// whose hash was paid before is refused.
pub(crate) fn invoice_received(
    core: &Core,
    id: LdkId,
    invoice: &Bolt12Invoice,
    context: Option<&OffersContext>,
    now: Timestamp,
) -> Result<(), ReplayEvent> {
    let Some((row, attempt)) = core.journal.by_attempt(&id.0)? else {
        tracing::error!("an invoice for a payment that the journal does not know is not paid");
        core.node.manager.abandon_payment(id);
        return Ok(());
    };
    let hash = invoice.payment_hash().0;
    let other = core.journal.by_hash(StoredDirection::Out, &hash)?;
    let is_used = other.is_some_and(|other| other.id != row.id);
    if !row.awaits_invoice() && row.hash != Some(hash) {
        // It is decided.
        core.node.manager.abandon_payment(id);
        return Ok(());
    }
    if is_used || invoice.amount_msats() != row.amount_msat {
        tracing::warn!(is_used, "the payee answered with an invoice that is not for this payment");
        core.journal.record(&row.id, Fact::Failed { code: Code::InvoiceWrong, attempt }, now)?;
        core.node.manager.abandon_payment(id);
        return Ok(());
    }
    let mut bytes = Vec::new();
    invoice.write(&mut bytes).expect("memory takes what is written");
    core.journal.record(
        &row.id,
        Fact::Invoice { hash, invoice: bytes.to_lower_hex_string() },
        now,
    )?;
    let synchronous = core.settings.tunables.persistence.is_synchronous();
    if synchronous && core.journal.is_staged(&row.id) {
        return Err(ReplayEvent());
    }
    if let Err(error) = core.node.manager.send_payment_for_bolt12_invoice(invoice, context) {
        // LDK has told why by an event, unless it was taken back meanwhile, or is on its way already.
        tracing::warn!(?error, "an invoice is not paid");
    }
    Ok(())
}

/// The payee was paid.
pub(crate) fn sent(
    core: &Core,
    id: Option<LdkId>,
    preimage: PaymentPreimage,
    hash: PaymentHash,
    amount_msat: Option<u64>,
    fee_msat: Option<u64>,
    now: Timestamp,
) -> Result<(), ReplayEvent> {
    let by_attempt = match id {
        Some(id) => core.journal.by_attempt(&id.0)?.map(|(row, _)| row),
        None => None,
    };
    let row = match by_attempt {
        Some(row) => Some(row),
        None => core.journal.by_hash(StoredDirection::Out, &hash.0)?,
    };
    let Some(row) = row else {
        // The row is durable before LDK may send: this would mean that the vault was exchanged under us.
        tracing::error!("a payment was sent that the journal does not know; it is recorded now");
        let id = PaymentId::named("sent", &hash.0);
        let amount = Msat::new(amount_msat.unwrap_or(0));
        let mut row = Payment::new(id, StoredKind::Lightning, StoredDirection::Out, amount, now);
        row.hash = Some(hash.0);
        core.journal.insert(row)?;
        return sent(core, None, preimage, hash, amount_msat, fee_msat, now);
    };
    let preimage = Preimage(preimage.0);
    debug_assert!(preimage.proves(&hash.0), "LDK hands out preimages that match");
    let fact = Fact::Settled {
        preimage,
        amount: amount_msat.map(Msat::new),
        fee: fee_msat.map(Msat::new),
    };
    core.journal.record(&row.id, fact, now)?;
    core.status.money_moved();
    // With this answer LDK lets the channel forget the payment. Deferred, that goes with the row's commit; else it is written
    // at once, so it has to wait for the row.
    let synchronous = core.settings.tunables.persistence.is_synchronous();
    if synchronous && core.journal.is_staged(&row.id) {
        return Err(ReplayEvent());
    }
    Ok(())
}

/// A part of a payment was taken. If LDK has dropped the channel and had not removed the HTLC before, the peer took it on the
/// chain, and LDK's last balance of the channel counted it as ours.
pub(super) fn part_arrived(
    core: &Core,
    hash: Option<PaymentHash>,
    path: &Path,
) -> Result<(), ReplayEvent> {
    let (Some(first), Some(hash)) = (path.hops.first(), hash) else { return Ok(()) };
    let is_it = |record: &ChannelRecord| {
        record.first_hops.contains(&first.short_channel_id)
            && record.ending.as_ref().is_none_or(|ending| !ending.resolved)
    };
    let Some(record) = core.records.find(is_it).map(|record| record.user_id) else {
        return Ok(());
    };
    let listed = core.node.manager.list_channels();
    if listed.iter().any(|channel| channel.user_channel_id == record) {
        return Ok(());
    }
    let amount_msat = path.final_value_msat().saturating_add(path.fee_msat());
    let htlc = FulfilledHtlc { incoming: false, hash: hash.0, amount_msat };
    core.records.change(record, |record| record.taken_on_chain(htlc));
    Ok(())
}

/// No part of this attempt can succeed any more.
pub(crate) fn failed(
    core: &Core,
    id: LdkId,
    reason: Option<PaymentFailureReason>,
    now: Timestamp,
) -> Result<(), ReplayEvent> {
    if let Some((row, attempt)) = core.journal.by_attempt(&id.0)? {
        let code = match code_of(reason) {
            // Of an offer that was not answered, no money had left.
            Code::TakenBack if row.abandoned => Code::Abandoned,
            code => code,
        };
        core.journal.record(&row.id, Fact::Failed { code, attempt }, now)?;
        core.status.money_moved();
    }
    Ok(())
}

/// A router's fee. It is in its balance; this only tells of it, and not if a close by force hid what it was.
pub(crate) fn forwarded(core: &Core, fee_msat: Option<u64>) -> Result<(), ReplayEvent> {
    if let Some(fee) = fee_msat {
        core.bus.send(BusEvent::Forwarded(Msat::new(fee)));
    }
    Ok(())
}

fn code_of(reason: Option<PaymentFailureReason>) -> Code {
    match reason {
        Some(PaymentFailureReason::RecipientRejected) => Code::Rejected,
        Some(PaymentFailureReason::InvoiceRequestRejected) => Code::InvoiceRefused,
        Some(PaymentFailureReason::InvoiceRequestExpired) => Code::NoAnswer,
        Some(PaymentFailureReason::RetriesExhausted) => Code::RetriesExhausted,
        Some(PaymentFailureReason::PaymentExpired) => Code::Expired,
        Some(PaymentFailureReason::RouteNotFound) => Code::NoRoute,
        Some(PaymentFailureReason::BlindedPathCreationFailed) => Code::NoRelay,
        Some(PaymentFailureReason::UnknownRequiredFeatures) => Code::UnsupportedMethod,
        Some(PaymentFailureReason::UserAbandoned) => Code::TakenBack,
        Some(PaymentFailureReason::UnexpectedError) | None => Code::Internal,
    }
}

/// After a start: a row that LDK does not know was never sent, because its commit held both or neither. Runs once, after
/// the monitors are loaded and the start-up events are handled.
pub(crate) fn reconcile(core: &Core, now: Timestamp) {
    let known: HashSet<[u8; 32]> =
        core.node.manager.list_recent_payments().iter().map(id_of).collect();
    for (row, attempts) in core.journal.undecided() {
        if !attempts.iter().any(|attempt| known.contains(attempt)) {
            let never_sent = Fact::Failed { code: Code::NeverSent, attempt: row.attempts };
            if let Err(error) = core.journal.record(&row.id, never_sent, now) {
                // It is in memory, where nothing fails; and the next start asks again.
                tracing::error!(error = chain_of(&error), "a payment stays undecided");
            }
        }
    }
}

fn id_of(payment: &RecentPaymentDetails) -> [u8; 32] {
    match payment {
        RecentPaymentDetails::AwaitingInvoice { payment_id }
        | RecentPaymentDetails::Pending { payment_id, .. }
        | RecentPaymentDetails::Fulfilled { payment_id, .. }
        | RecentPaymentDetails::Abandoned { payment_id, .. } => payment_id.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page has a sentence for each code (its table of words has to be whole), so each reason is told.
    #[test]
    fn each_reason_for_a_failure_has_a_code_of_its_own() {
        use PaymentFailureReason as Reason;
        let reasons = [
            Reason::RecipientRejected,
            Reason::UserAbandoned,
            Reason::RetriesExhausted,
            Reason::PaymentExpired,
            Reason::RouteNotFound,
            Reason::UnknownRequiredFeatures,
            Reason::InvoiceRequestExpired,
            Reason::InvoiceRequestRejected,
            Reason::BlindedPathCreationFailed,
        ];
        let codes: HashSet<Code> = reasons.iter().map(|reason| code_of(Some(*reason))).collect();
        assert_eq!(codes.len(), reasons.len(), "two reasons share a sentence");
        assert!(!codes.contains(&Code::Internal), "only what LDK cannot explain is a fault");
        assert_eq!(code_of(Some(Reason::UnexpectedError)), Code::Internal);
    }
}
