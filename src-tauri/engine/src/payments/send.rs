//! Paying what a quote showed. The row is staged before LDK is called and both become durable in one commit, before any
//! message leaves; so a crash knows either both or neither.

use super::JournalError;
use super::error::SendError;
use super::instruction::check_time;
use super::transition::Fact;
use super::{attempt, offer, send_onchain, spontaneous};
use crate::core::Core;
use crate::error::Code;
use crate::payment::{Payment, PaymentId, StoredDirection, StoredKind};
use crate::previews::{LightningQuote, Preview};
use crate::time::Timestamp;
use bitcoin::hashes::Hash as _;
use lightning::ln::channelmanager::{
    Bolt11PaymentError, PaymentId as LdkId, Retry, RetryableSendFailure,
};
use lightning::routing::router::RouteParametersConfig;

/// Pays exactly what the quote showed, once.
pub(crate) async fn pay(core: &Core, quote: &str, now: Timestamp) -> Result<Payment, SendError> {
    if core.freshness.is_quarantined() {
        return Err(SendError::Quarantine);
    }
    // Before the queue too: the payment in front may be the one that waits for the disk.
    core.status.disk()?;
    let one_at_a_time = core.paying.lock().await;
    core.status.disk()?;
    let current = if matches!(core.previews.get(quote), Some(Preview::Onchain(_))) {
        core.status.onchain_is_current(now)
    } else {
        core.status.blocks_come(now)?;
        core.status.channels_are_current(now)
    };
    if !current {
        return Err(SendError::NotReady);
    }
    let (id, outcome) = match core.previews.take(quote) {
        Some(Preview::Lightning(quote)) => start(core, &quote, now).await?,
        Some(Preview::Offer(quote)) => offer::start(core, &quote, now).await?,
        Some(Preview::Spontaneous(quote)) => spontaneous::start(core, &quote, now).await?,
        Some(Preview::Onchain(quote)) => {
            return send_onchain::pay(core, *quote, one_at_a_time, now).await;
        }
        _ => return Err(SendError::Stale),
    };
    // The row now refuses a second payment of this invoice; payments of others share the commit.
    drop(one_at_a_time);
    // What a person is told is on disk: a kill right after "on its way" must not leave a payment without its row.
    // What was sent has a commit coming; a refusal has none of its own.
    let durable = match outcome {
        Ok(()) => core.wake.durable_soon().await,
        Err(_) => core.wake.durable().await,
    };
    durable.map_err(|_| SendError::Storage)?;
    outcome?;
    core.journal.get(&id)?.ok_or(SendError::Storage)
}

/// Takes back a payment of which no money has left: one on-chain that no server was handed, or one that waits for the payee's
/// invoice.
pub(crate) async fn take_back(
    core: &Core,
    id: &PaymentId,
    now: Timestamp,
) -> Result<(), SendError> {
    match core.journal.get(id)?.filter(Payment::can_be_taken_back) {
        Some(row) if row.awaits_invoice() => offer::cancel(core, &row).await,
        Some(_) => send_onchain::take_back(core, id, now).await,
        None => Err(SendError::Stale),
    }
}

/// Gives up further tries of a payment that is on its way. What has left is not called back by this: its payee may still take
/// it, and else it comes back as the nodes on the way fail it, at the latest as its time runs out.
pub(crate) async fn abandon(core: &Core, id: &PaymentId, now: Timestamp) -> Result<(), SendError> {
    let row = core.journal.record(id, Fact::Abandoned, now)?.ok_or(SendError::Stale)?;
    let last = super::journal::attempt_id(&row.id, row.attempts);
    attempt::row_before_call(core).await?;
    core.node.manager.abandon_payment(LdkId(last));
    core.wake.durable().await.map_err(|_| SendError::Storage)
}

/// Stages the row, then hands the payment to LDK. What LDK refused is also final in the row: nothing was sent.
async fn start(
    core: &Core,
    quote: &LightningQuote,
    now: Timestamp,
) -> Result<(PaymentId, Result<(), SendError>), SendError> {
    check_time(core, &quote.invoice, now)?;
    quote.debt.check_again(&core.journal, quote.shown.paid_before.as_ref())?;
    let id = stage_row(core, quote, now)?;
    let config = RouteParametersConfig {
        max_total_routing_fee_msat: Some(quote.fee_limit.get()),
        ..RouteParametersConfig::default()
    };
    let attempt = attempt::begin(core, &id, (quote.amount, quote.fee_limit), now).await?;
    // An amount of 0 is also one that is left to the payer.
    let amountless = quote.invoice.amount_milli_satoshis().is_none_or(|msat| msat == 0);
    let sent = core.node.manager.pay_for_bolt11_invoice(
        &quote.invoice,
        attempt,
        amountless.then_some(quote.amount.get()),
        config,
        Retry::Timeout(core.settings.tunables.pay_for),
    );
    let Err(error) = sent else { return Ok((id, Ok(()))) };
    let (code, error) = refusal(error);
    let attempt = core.journal.get(&id)?.map_or(0, |row| row.attempts);
    core.journal.record(&id, Fact::Failed { code, attempt }, now)?;
    Ok((id, Err(error)))
}

/// The row of this invoice: a new one, or the failed one that is tried again.
fn stage_row(
    core: &Core,
    quote: &LightningQuote,
    now: Timestamp,
) -> Result<PaymentId, JournalError> {
    let hash = quote.invoice.payment_hash().to_byte_array();
    let comment = core.links.stage(&quote.shown.id).and_then(|said| said.comment);
    if let Some(row) = core.journal.by_hash(StoredDirection::Out, &hash)? {
        core.journal.change(&row.id, |row| {
            let before = row.clone();
            row.asked_address = quote.debt.address.clone().or(row.asked_address.take());
            row.payer_note = comment.or(row.payer_note.take());
            row.looked_up = quote.looked_up.clone().or(row.looked_up.take());
            *row != before
        })?;
        return Ok(row.id);
    }
    let instruction = &quote.shown.instruction;
    let mut row = Payment::new(
        PaymentId::random(),
        StoredKind::Lightning,
        StoredDirection::Out,
        quote.amount,
        now,
    );
    row.hash = Some(hash);
    row.note.clone_from(&instruction.note);
    row.payer_note = comment;
    row.party.clone_from(&instruction.payee_name);
    row.node_id.clone_from(&instruction.payee_node);
    row.invoice = Some(quote.invoice.to_string());
    row.asked_address.clone_from(&quote.debt.address);
    row.looked_up.clone_from(&quote.looked_up);
    row.expires_at = instruction.expires_at_secs.map(Timestamp::from_secs);
    let id = row.id;
    core.journal.insert(row)?;
    Ok(id)
}

fn refusal(error: Bolt11PaymentError) -> (Code, SendError) {
    match error {
        Bolt11PaymentError::SendingFailed(RetryableSendFailure::RouteNotFound) => {
            (Code::NoRoute, SendError::NoRoute)
        }
        Bolt11PaymentError::SendingFailed(RetryableSendFailure::PaymentExpired) => {
            (Code::Expired, SendError::Expired)
        }
        other => (Code::Internal, SendError::Refused(format!("{other:?}"))),
    }
}

/// True while a payment may still change; what Home shows as in transit. See [`Payment::awaits_invoice`] for those of which no
/// money has left.
pub(crate) fn is_in_transit(row: &Payment) -> bool {
    row.direction == StoredDirection::Out && row.kind == StoredKind::Lightning && row.is_open()
}
