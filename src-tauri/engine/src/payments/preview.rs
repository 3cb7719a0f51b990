//! Reading what asks for money, and the cheque for it: what would be paid, which way, and at what cost. Nothing is staged and
//! nothing leaves.

use super::debt::Debt;
use super::error::SendError;
use super::send_onchain;
use crate::amount::{Msat, Sat};
use crate::core::Core;
use crate::ledger::balance::limit_of;
use crate::previews::{LightningCheque, Preview};
use crate::time::Timestamp;
use crate::uri::Parsed;
use crate::view::{
    AmountRule, Cheque, FeeSpeed, Instruction, InstructionKind, PaidBefore, WaysToPay,
};
use lightning::routing::router::{PaymentParameters, RouteParameters, Router as _};
use lightning_invoice::Bolt11Invoice;

/// The least that is worth a Lightning payment.
const SMALLEST_MSAT: u64 = 1;
/// All bitcoin there will ever be, in msat.
pub(super) const ALL_BITCOIN_MSAT: u64 = 2_100_000_000_000_000_000;

/// What a text asks for. Refuses at once what can never be paid.
pub(crate) fn read(core: &Core, text: &str, now: Timestamp) -> Result<Instruction, SendError> {
    let parsed = crate::uri::parse(text, core.settings.network)?;
    refuse_own(core, &parsed)?;
    Debt::of(&parsed).check(core)?;
    if let (Some(invoice), None) = (&parsed.lightning, &parsed.onchain) {
        // With an address beside it a dead invoice leaves a choice.
        check_time(core, invoice, now)?;
    }
    let lightning = parsed.onchain.is_none() || has_channel(core);
    let mut shown = describe(core, &parsed, lightning);
    let id = core.previews.put(|_| Preview::Instruction(Box::new(parsed)));
    shown.id = id;
    Ok(shown)
}

fn refuse_own(core: &Core, parsed: &Parsed) -> Result<(), SendError> {
    let payee = parsed.lightning.as_ref().map(Bolt11Invoice::get_payee_pub_key);
    if payee == Some(core.node.keys.node_id()) { Err(SendError::OwnInvoice) } else { Ok(()) }
}

pub(super) fn check_time(
    core: &Core,
    invoice: &Bolt11Invoice,
    now: Timestamp,
) -> Result<(), SendError> {
    let expired = |at: Timestamp| invoice.would_expire(std::time::Duration::from_secs(at.secs()));
    if !expired(now) {
        return Ok(());
    }
    // By the blocks' time it may be good.
    match core.status.clock_offset() {
        Some(offset) if !expired(offset.corrected(now)) => Err(SendError::ClockWrong),
        Some(_) | None => Err(SendError::Expired),
    }
}

/// What is shown of it. Whoever is paid on-chain is an address and nothing else: an invoice beside it may be anybody's.
pub(super) fn describe(core: &Core, parsed: &Parsed, lightning: bool) -> Instruction {
    let invoice = parsed.lightning.as_ref().filter(|_| lightning);
    let node = invoice
        .map(Bolt11Invoice::get_payee_pub_key)
        .or(parsed.node.as_ref().map(|node| node.node_id));
    let amount = parsed.amount.filter(|amount| *amount > Msat::ZERO);
    Instruction {
        id: String::new(),
        kind: parsed.kind(),
        ways: WaysToPay {
            lightning: parsed.lightning.is_some(),
            onchain: parsed.onchain.is_some(),
        },
        payee_name: node.and_then(|node| core.node.knowledge.alias(&node)),
        payee_node: node.map(|node| node.to_string()),
        node_uri: parsed.node.as_ref().map(ToString::to_string),
        address: parsed.onchain.as_ref().map(ToString::to_string),
        amount: amount.map_or(AmountRule::Open, |msat| AmountRule::Fixed { msat }),
        label: parsed.label.clone(),
        note: invoice.and_then(crate::uri::description).or_else(|| parsed.link_message.clone()),
        expires_at_secs: invoice.map(expiry),
    }
}

/// When it expires, as far as a calendar goes.
fn expiry(invoice: &Bolt11Invoice) -> u64 {
    let last = Timestamp::LAST.secs();
    invoice.expires_at().map_or(last, |at| at.as_secs().min(last))
}

/// What the payer chose.
pub struct Choice {
    pub instruction: String,
    pub amount: Option<Msat>,
    /// On-chain, and how soon. Of two ways only this takes the one on-chain.
    pub speed: Option<FeeSpeed>,
    /// All there is, on-chain.
    pub everything: bool,
}

/// The cheque: over Lightning where there is an invoice, and on-chain where there is none or the payer says so. What cannot
/// go over Lightning now is told, with the reason: it never goes another way by itself.
pub(crate) fn preview(core: &Core, choice: &Choice, now: Timestamp) -> Result<Cheque, SendError> {
    let Some(Preview::Instruction(parsed)) = core.previews.get(&choice.instruction) else {
        return Err(SendError::Stale);
    };
    if parsed.kind() == InstructionKind::Node {
        return Err(SendError::NotAPayment);
    }
    refuse_own(core, &parsed)?;
    let before = Debt::of(&parsed).check(core)?;
    let chosen = choice.everything || choice.speed.is_some();
    match (&parsed.lightning, &parsed.onchain) {
        (Some(_), Some(address)) if chosen || !has_channel(core) => {
            send_onchain::preview(core, choice, &parsed, address, before, now)
        }
        (Some(invoice), _) => preview_lightning(core, choice, &parsed, invoice, before, now),
        (None, Some(address)) => send_onchain::preview(core, choice, &parsed, address, before, now),
        (None, None) => Err(SendError::NotAPayment),
    }
}

/// Whether Lightning is a way at all: a channel was ready once and is not closing, its peer connected or not.
fn has_channel(core: &Core) -> bool {
    core.node.manager.list_channels().iter().any(|channel| channel.is_channel_ready)
}

pub(super) fn chosen_amount(choice: &Choice, parsed: &Parsed) -> Result<Msat, SendError> {
    let fixed = parsed.amount.filter(|amount| *amount > Msat::ZERO);
    let amount = fixed.or(choice.amount).ok_or(SendError::AmountNeeded)?;
    if amount.get() < SMALLEST_MSAT {
        return Err(SendError::TooSmall(Msat::new(SMALLEST_MSAT)));
    }
    if amount.get() > ALL_BITCOIN_MSAT {
        return Err(SendError::TooLarge(Msat::new(ALL_BITCOIN_MSAT)));
    }
    Ok(amount)
}

fn preview_lightning(
    core: &Core,
    choice: &Choice,
    parsed: &Parsed,
    invoice: &Bolt11Invoice,
    paid_before: Option<PaidBefore>,
    now: Timestamp,
) -> Result<Cheque, SendError> {
    check_time(core, invoice, now)?;
    let amount = chosen_amount(choice, parsed)?;
    let can_send = check_room(core, amount, now)?;
    let (fee, usual_limit) = estimate_fee(core, invoice, amount)?;
    let fee_limit = fee_limit(fee, amount).min(can_send.minus_or_zero(amount).max(fee));
    let total = amount.checked_add(fee_limit).ok_or(SendError::TooLarge(can_send))?;
    let mut shown = Cheque {
        id: String::new(),
        instruction: with_id(describe(core, parsed, true), &choice.instruction),
        lightning: true,
        amount_msat: amount,
        fee_about_msat: fee,
        fee_max_msat: fee_limit,
        total_max_msat: total,
        usual_limit_msat: usual_limit,
        fee_choices: Vec::new(),
        speed: None,
        everything: false,
        left_sat: Sat::ZERO,
        paid_before,
    };
    core.previews.put(|id| {
        id.clone_into(&mut shown.id);
        Preview::Lightning(Box::new(LightningCheque {
            shown: shown.clone(),
            invoice: invoice.clone(),
            debt: Debt::of(parsed),
            amount,
            fee_limit,
        }))
    });
    Ok(shown)
}

/// What can be sent now, where that is enough.
fn check_room(core: &Core, amount: Msat, now: Timestamp) -> Result<Msat, SendError> {
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

pub(super) fn with_id(mut instruction: Instruction, id: &str) -> Instruction {
    id.clone_into(&mut instruction.id);
    instruction
}

/// Never more than: the estimate and a half, and at least 5 sat or half a percent so that a small change on the way does
/// not stop the payment.
fn fee_limit(estimate: Msat, amount: Msat) -> Msat {
    let generous = estimate.get().saturating_add(estimate.get() / 2);
    let share = (amount.get() / 200).clamp(5_000, 5_000_000);
    Msat::new(generous.max(share))
}

/// What a route would cost now, and the usual limit where it costs more than that (LDK's 1 % and 50 sat). An estimate: the
/// payment finds its own.
fn estimate_fee(
    core: &Core,
    invoice: &Bolt11Invoice,
    amount: Msat,
) -> Result<(Msat, Option<Msat>), SendError> {
    let parameters = PaymentParameters::from_bolt11_invoice(invoice);
    let mut parameters = RouteParameters::from_payment_params_and_value(parameters, amount.get());
    if let Some(fee) = cheapest(core, &parameters) {
        return Ok((fee, None));
    }
    let usual = parameters.max_total_routing_fee_msat.take().map(Msat::new);
    cheapest(core, &parameters).map(|fee| (fee, usual)).ok_or(SendError::NoRoute)
}

fn cheapest(core: &Core, parameters: &RouteParameters) -> Option<Msat> {
    let channels = core.node.manager.list_usable_channels();
    let first_hops: Vec<_> = channels.iter().collect();
    let inflight = core.node.manager.compute_inflight_htlcs();
    let us = core.node.keys.node_id();
    let route = core.node.router.find_route(&us, parameters, Some(&first_hops), inflight);
    route.ok().map(|route| Msat::new(route.get_total_fees()))
}
