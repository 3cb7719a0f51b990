//! The quote for an instruction: what would be paid, which way, and at what cost. Nothing is staged and nothing leaves.

use super::debt::Debt;
use super::error::{JournalError, SendError};
use super::instruction::{
    Choice, check_time, chosen_amount, describe, has_channel, living, refuse_own, with_id,
};
use super::payee::looked_up;
use super::{offer, send_onchain, spontaneous};
use crate::amount::{Msat, Sat};
use crate::core::Core;
use crate::node::money::limit_of;
use crate::payment::{Payment, PaymentId, StoredDirection, StoredStatus};
use crate::previews::{LightningQuote, Preview, SpontaneousQuote};
use crate::time::Timestamp;
use crate::uri::{NodeUri, Parsed};
use crate::view::{PaidBefore, Quote};
use bitcoin::hashes::Hash as _;
use lightning::offers::invoice::Bolt12Invoice;
use lightning::routing::router::{PaymentParameters, Route, RouteParameters, Router as _};
use lightning_invoice::Bolt11Invoice;

/// The quote: over Lightning if there is an invoice or an offer, and on-chain if there is none or the payer says so. What cannot
/// go over Lightning now is told, with the reason: it never goes another way by itself.
pub(crate) fn preview(core: &Core, choice: &Choice, now: Timestamp) -> Result<Quote, SendError> {
    if !choice.also.is_empty() {
        return send_onchain::preview(core, choice, now);
    }
    let Some(Preview::Instruction(parsed)) = core.previews.get(&choice.instruction) else {
        return Err(SendError::Stale);
    };
    refuse_own(core, &parsed)?;
    let parsed = living(core, *parsed, now);
    let before = Debt::of(&parsed).check(&core.journal)?;
    let has_lightning = parsed.lightning.is_some() || parsed.offer.is_some();
    let chosen = choice.everything || choice.speed.is_some() || choice.coins.is_some();
    match (&parsed.lightning, &parsed.offer, &parsed.onchain) {
        (.., Some(_)) if !has_lightning || chosen || !has_channel(core) => {
            send_onchain::preview(core, choice, now)
        }
        (Some(invoice), ..) => preview_lightning(core, choice, &parsed, invoice, before, now),
        (None, Some(offer), _) => offer::preview(core, choice, &parsed, offer, before, now),
        (None, None, _) => {
            let node = parsed.node.as_ref().ok_or(SendError::NotAPayment)?;
            preview_spontaneous(core, choice, &parsed, node, now)
        }
    }
}

fn preview_lightning(
    core: &Core,
    choice: &Choice,
    parsed: &Parsed,
    invoice: &Bolt11Invoice,
    paid_before: Option<PaidBefore>,
    now: Timestamp,
) -> Result<Quote, SendError> {
    check_time(core, invoice, now)?;
    let amount = chosen_amount(choice, parsed)?;
    let can_send = check_room(core, amount, now)?;
    let parameters = PaymentParameters::from_bolt11_invoice(invoice);
    let (fee, usual_limit) = estimate_fee(core, parameters, amount)?;
    let fee_limit = fee_limit(fee, amount, can_send);
    let hash = invoice.payment_hash().to_byte_array();
    let before = match core.journal.by_hash(StoredDirection::Out, &hash)? {
        None => tried_before(core, choice)?,
        before => before,
    };
    let raised_by_msat = before.as_ref().and_then(|before| raised_by(before, amount, fee_limit));
    let shown = over_lightning(core, choice, parsed, (amount, fee_limit), can_send)?;
    let mut shown = Quote {
        fee_about_msat: Some(fee),
        usual_limit_msat: usual_limit,
        raised_by_msat,
        paid_before,
        ..shown
    };
    core.previews.put(|id| {
        id.clone_into(&mut shown.id);
        Preview::Lightning(Box::new(LightningQuote {
            shown: shown.clone(),
            invoice: invoice.clone(),
            debt: Debt::of(parsed),
            looked_up: parsed.looked_up.as_ref().and_then(looked_up),
            amount,
            fee_limit,
        }))
    });
    Ok(shown)
}

/// A node that did not ask.
fn preview_spontaneous(
    core: &Core,
    choice: &Choice,
    parsed: &Parsed,
    node: &NodeUri,
    now: Timestamp,
) -> Result<Quote, SendError> {
    let amount = chosen_amount(choice, parsed)?;
    let can_send = check_room(core, amount, now)?;
    let (fee, usual_limit) = estimate_fee(core, spontaneous::parameters(node.node_id), amount)?;
    let fee_limit = fee_limit(fee, amount, can_send);
    let shown = over_lightning(core, choice, parsed, (amount, fee_limit), can_send)?;
    let mut shown = Quote { fee_about_msat: Some(fee), usual_limit_msat: usual_limit, ..shown };
    core.previews.put(|id| {
        id.clone_into(&mut shown.id);
        Preview::Spontaneous(Box::new(SpontaneousQuote {
            shown: shown.clone(),
            node: node.node_id,
            amount,
            fee_limit,
        }))
    });
    Ok(shown)
}

/// The quote of a payment over Lightning, as far as all of them are alike.
pub(super) fn over_lightning(
    core: &Core,
    choice: &Choice,
    parsed: &Parsed,
    (amount, fee_limit): (Msat, Msat),
    can_send: Msat,
) -> Result<Quote, SendError> {
    Ok(Quote {
        id: String::new(),
        instruction: with_id(describe(core, parsed, true), &choice.instruction),
        lightning: true,
        amount_msat: amount,
        fee_about_msat: None,
        fee_max_msat: fee_limit,
        total_max_msat: amount.checked_add(fee_limit).ok_or(SendError::TooLarge(can_send))?,
        usual_limit_msat: None,
        raised_by_msat: None,
        quantity: None,
        payer_note: None,
        large_fee: false,
        fee_choices: Vec::new(),
        speed: None,
        everything: false,
        left_sat: Sat::ZERO,
        paid_before: None,
        looks_like: None,
        chosen_coins: None,
        recipients: Vec::new(),
        fee_permille: None,
        fiat: None,
    })
}

/// What can be sent now, if that is enough.
pub(super) fn check_room(core: &Core, amount: Msat, now: Timestamp) -> Result<Msat, SendError> {
    core.status.blocks_come(now)?;
    if !core.status.channels_are_current(now) {
        // Nothing can be sent yet, which is not the same as having too little.
        return Err(SendError::NotReady);
    }
    let can_send = core.can_send();
    if amount <= can_send {
        return Ok(can_send);
    }
    let channels = core.node.manager.list_channels();
    let ready = channels.iter().filter(|channel| channel.is_channel_ready);
    let connected = Msat::sum(ready.map(limit_of)).unwrap_or_default();
    if amount <= connected {
        Err(SendError::PeersAway)
    } else {
        Err(SendError::InsufficientBalance(can_send))
    }
}

/// Never more than: the estimate and a half, and at least 5 sat or half a percent so that a small change on the way does
/// not stop the payment. Nor more than is left beside the amount, unless the estimate itself is.
fn fee_limit(estimate: Msat, amount: Msat, can_send: Msat) -> Msat {
    let generous = estimate.get().saturating_add(estimate.get() / 2);
    let share = (amount.get() / 200).clamp(5_000, 5_000_000);
    Msat::new(generous.max(share)).min(can_send.minus_or_zero(amount).max(estimate))
}

/// The payment that failed and is tried again, as the payer says.
pub(super) fn tried_before(core: &Core, choice: &Choice) -> Result<Option<Payment>, JournalError> {
    let id = choice.retries.as_deref().and_then(PaymentId::parse);
    id.map_or(Ok(None), |id| core.journal.get(&id))
}

/// By how much the limit is higher than for the last attempt at this amount, which failed.
fn raised_by(before: &Payment, amount: Msat, limit: Msat) -> Option<Msat> {
    let is_same = before.status == StoredStatus::Failed && before.amount_msat == amount.get();
    let last = Msat::new(before.fee_limit_msat.filter(|_| is_same)?);
    Some(limit.minus_or_zero(last)).filter(|more| *more > Msat::ZERO)
}

/// A higher limit for an offer, where the invoice of the attempt before shows that the way to its payee costs more than was
/// allowed then: what it costs about, the limit, and by how much that is higher.
pub(super) fn learnt_limit(
    core: &Core,
    before: &Payment,
    amount: Msat,
    can_send: Msat,
) -> Option<(Msat, Msat, Msat)> {
    let bytes: Vec<u8> = hex::FromHex::from_hex(before.bolt12_invoice.as_ref()?).ok()?;
    let invoice = Bolt12Invoice::try_from(bytes).ok()?;
    let parameters = PaymentParameters::from_bolt12_invoice(&invoice);
    let mut parameters = RouteParameters::from_payment_params_and_value(parameters, amount.get());
    parameters.max_total_routing_fee_msat = None;
    let fee = cheapest(core, &parameters)?;
    if fee.get() <= before.fee_limit_msat? {
        return None;
    }
    let limit = fee_limit(fee, amount, can_send);
    Some((fee, limit, raised_by(before, amount, limit)?))
}

/// What a route would cost now, and the usual limit if it costs more than that (LDK's 1 % and 50 sat). An estimate: the
/// payment finds its own.
fn estimate_fee(
    core: &Core,
    parameters: PaymentParameters,
    amount: Msat,
) -> Result<(Msat, Option<Msat>), SendError> {
    let mut parameters = RouteParameters::from_payment_params_and_value(parameters, amount.get());
    if let Some(fee) = cheapest(core, &parameters) {
        return Ok((fee, None));
    }
    let usual = parameters.max_total_routing_fee_msat.take().map(Msat::new);
    cheapest(core, &parameters).map(|fee| (fee, usual)).ok_or(SendError::NoRoute)
}

fn cheapest(core: &Core, parameters: &RouteParameters) -> Option<Msat> {
    find_route(core, parameters).ok().map(|route| Msat::new(route.get_total_fees()))
}

/// From our channels as they are now.
pub(crate) fn find_route(core: &Core, parameters: &RouteParameters) -> Result<Route, &'static str> {
    let channels = core.node.manager.list_usable_channels();
    let first_hops: Vec<_> = channels.iter().collect();
    let inflight = core.node.manager.compute_inflight_htlcs();
    let us = core.node.keys.node_id();
    core.node.router.find_route(&us, parameters, Some(&first_hops), inflight)
}
