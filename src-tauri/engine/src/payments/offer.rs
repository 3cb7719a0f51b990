//! Paying a BOLT 12 offer: its payee is asked for an invoice, by a message and without any money; what it answers is looked at
//! in [`crate::run::events`] and paid. Each time an offer is paid is a payment of its own.

use super::attempt;
use super::debt::Debt;
use super::error::SendError;
use super::instruction::{Choice, check_offer_time, chosen_amount, offer_expiry};
use super::payee::looked_up;
use super::preview::{check_room, learnt_limit, over_lightning, tried_before};
use crate::amount::Msat;
use crate::core::Core;
use crate::error::Code;
use crate::payment::{Payment, PaymentId, StoredDirection, StoredKind};
use crate::payments::Fact;
use crate::previews::{OfferQuote, Preview};
use crate::time::Timestamp;
use crate::uri::Parsed;
use crate::view::{PaidBefore, Quote};
use lightning::ln::channelmanager::{OptionalOfferPaymentParams, PaymentId as LdkId, Retry};
use lightning::offers::offer::Offer;
use lightning::offers::parse::Bolt12SemanticError;
use lightning::routing::router::RouteParametersConfig;

/// As much as fits into a message with room to spare.
const LONGEST_NOTE: usize = 512;

/// The quote. What the way to the payee costs shows only in its invoice: the limit is LDK's usual one, 1 % and 50 sat.
pub(super) fn preview(
    core: &Core,
    choice: &Choice,
    parsed: &Parsed,
    offer: &Offer,
    paid_before: Option<PaidBefore>,
    now: Timestamp,
) -> Result<Quote, SendError> {
    check_offer_time(core, offer, now)?;
    let quantity = chosen_quantity(choice, offer)?;
    let amount = total(chosen_amount(choice, parsed)?, quantity, offer)?;
    let payer_note = choice.comment.clone().filter(|note| !note.trim().is_empty());
    if payer_note.as_ref().is_some_and(|note| note.len() > LONGEST_NOTE) {
        return Err(SendError::NoteTooLong);
    }
    let can_send = check_room(core, amount, now)?;
    let usual = Msat::new((amount.get() / 100).saturating_add(50_000));
    let before = tried_before(core, choice)?.filter(|row| row.offer_id == Some(offer.id().0));
    let learnt = before.and_then(|before| learnt_limit(core, &before, amount, can_send));
    let usual = usual.min(can_send.minus_or_zero(amount));
    let fee_limit = learnt.map_or(usual, |(_, limit, _)| limit);
    let shown = over_lightning(core, choice, parsed, (amount, fee_limit), can_send)?;
    let mut shown = Quote {
        fee_about_msat: learnt.map(|(about, ..)| about),
        raised_by_msat: learnt.map(|(.., more)| more),
        quantity,
        payer_note: payer_note.clone(),
        paid_before,
        ..shown
    };
    core.previews.put(|id| {
        id.clone_into(&mut shown.id);
        Preview::Offer(Box::new(OfferQuote {
            shown: shown.clone(),
            offer: offer.clone(),
            debt: Debt::of(parsed),
            looked_up: parsed.looked_up.as_ref().and_then(looked_up),
            amount,
            fee_limit,
            quantity,
            payer_note,
        }))
    });
    Ok(shown)
}

fn chosen_quantity(choice: &Choice, offer: &Offer) -> Result<Option<u64>, SendError> {
    if !offer.expects_quantity() {
        return Ok(None);
    }
    let quantity = choice.quantity.unwrap_or(1);
    if offer.is_valid_quantity(quantity) { Ok(Some(quantity)) } else { Err(SendError::Quantity) }
}

/// An offer's own amount is that of one; what a payer chose is all of it.
fn total(amount: Msat, quantity: Option<u64>, offer: &Offer) -> Result<Msat, SendError> {
    let count = if offer.amount().is_some() { quantity.unwrap_or(1) } else { 1 };
    let total = amount.get().checked_mul(count).map(Msat::new).filter(|total| *total <= Msat::MOST);
    total.ok_or(SendError::TooLarge(Msat::MOST))
}

/// Stages the row, then has LDK ask the payee. The message leaves after the commit that holds both.
pub(super) async fn start(
    core: &Core,
    quote: &OfferQuote,
    now: Timestamp,
) -> Result<(PaymentId, Result<(), SendError>), SendError> {
    check_offer_time(core, &quote.offer, now)?;
    quote.debt.check_again(&core.journal, quote.shown.paid_before.as_ref())?;
    let id = PaymentId::random();
    core.journal.insert(row(id, quote, now))?;
    let attempt = attempt::begin(core, &id, (quote.amount, quote.fee_limit), now).await?;
    let Err(error) = ask(core, quote, attempt) else { return Ok((id, Ok(()))) };
    let (code, error) = refusal(error);
    core.journal.record(&id, Fact::Failed { code, attempt: 1 }, now)?;
    Ok((id, Err(error)))
}

fn row(id: PaymentId, quote: &OfferQuote, now: Timestamp) -> Payment {
    let instruction = &quote.shown.instruction;
    let (kind, direction) = (StoredKind::Lightning, StoredDirection::Out);
    let mut row = Payment::new(id, kind, direction, quote.amount, now);
    row.note = crate::uri::offered(&quote.offer).or_else(|| instruction.note.clone());
    row.party = instruction.payee_name.clone().or_else(|| instruction.label.clone());
    row.node_id.clone_from(&instruction.payee_node);
    row.offer = Some(quote.offer.to_string());
    row.offer_id = Some(quote.offer.id().0);
    row.looked_up.clone_from(&quote.looked_up);
    row.quantity = quote.quantity;
    row.payer_note.clone_from(&quote.payer_note);
    row.asked_address.clone_from(&quote.debt.address);
    row.asked_hash = quote.debt.hash;
    row.expires_at = offer_expiry(&quote.offer);
    row
}

fn ask(core: &Core, quote: &OfferQuote, attempt: LdkId) -> Result<(), Bolt12SemanticError> {
    let config = RouteParametersConfig {
        max_total_routing_fee_msat: Some(quote.fee_limit.get()),
        ..RouteParametersConfig::default()
    };
    let parameters = OptionalOfferPaymentParams {
        payer_note: quote.payer_note.clone(),
        route_params_config: config,
        retry_strategy: Retry::Timeout(core.settings.tunables.pay_for),
    };
    let (manager, amount) = (&core.node.manager, Some(quote.amount.get()));
    match quote.quantity {
        Some(quantity) => {
            manager.pay_for_offer_with_quantity(&quote.offer, amount, attempt, parameters, quantity)
        }
        None => manager.pay_for_offer(&quote.offer, amount, attempt, parameters),
    }
}

fn refusal(error: Bolt12SemanticError) -> (Code, SendError) {
    match error {
        Bolt12SemanticError::AlreadyExpired => (Code::Expired, SendError::Expired),
        Bolt12SemanticError::MissingPaths => (Code::NoRelay, SendError::NoRelay),
        other => (Code::Internal, SendError::Refused(format!("{other:?}"))),
    }
}

/// Takes back a payment whose payee has not answered. An answer that comes later is not paid.
pub(super) async fn cancel(core: &Core, row: &Payment) -> Result<(), SendError> {
    let attempt = super::journal::attempt_id(&row.id, row.attempts);
    // The row follows by LDK's event.
    core.node.manager.abandon_payment(LdkId(attempt));
    core.wake.durable().await.map_err(|_| SendError::Storage)
}
