//! Reading what asks for money: what is shown of it, and what a payer may choose.

use super::debt::Debt;
use super::error::SendError;
use super::payee::payee;
use super::{receive_offer, refund};
use crate::amount::Msat;
use crate::core::Core;
use crate::lnurl::PayerData;
use crate::previews::Preview;
use crate::time::Timestamp;
use crate::uri::{Link, Parsed};
use crate::view::{AmountRule, FeeSpeed, Instruction, LinkView, QuantityRule, WaysToPay};
use bitcoin::secp256k1::PublicKey;
use lightning::offers::offer::{Amount, Offer, Quantity};
use lightning_invoice::Bolt11Invoice;
use std::time::Duration;

/// The least that is worth a Lightning payment.
const SMALLEST_MSAT: u64 = 1;

/// What a text asks for. Refuses at once what can never be paid.
pub(crate) fn read(core: &Core, text: &str, now: Timestamp) -> Result<Instruction, SendError> {
    accept(core, crate::uri::parse(text, core.settings.network)?, now)
}

/// The same for what was read. Refuses at once what can never be paid.
pub(crate) fn accept(
    core: &Core,
    parsed: Parsed,
    now: Timestamp,
) -> Result<Instruction, SendError> {
    refuse_own(core, &parsed)?;
    Debt::of(&parsed).check(&core.journal)?;
    let parsed = living(core, parsed, now);
    // With an address beside it a dead invoice leaves a choice.
    match (&parsed.lightning, &parsed.offer, &parsed.onchain) {
        (Some(invoice), _, None) => check_time(core, invoice, now)?,
        (None, Some(offer), None) => check_offer_time(core, offer, now)?,
        _ => {}
    }
    if let Some(refund) = &parsed.refund {
        refund::check(core, refund, now)?;
    }
    let lightning = parsed.onchain.is_none() || has_channel(core);
    let mut shown = describe(core, &parsed, lightning);
    let id = core.previews.put(|_| Preview::Instruction(Box::new(parsed)));
    shown.id = id;
    Ok(shown)
}

/// Without an invoice that has expired, if what stands beside it can still be paid over Lightning: see [`crate::uri`].
pub(super) fn living(core: &Core, parsed: Parsed, now: Timestamp) -> Parsed {
    let over = |invoice: &Bolt11Invoice| check_time(core, invoice, now).is_err();
    let good = |offer: &Offer| check_offer_time(core, offer, now).is_ok();
    if !parsed.lightning.as_ref().is_some_and(over) {
        return parsed;
    }
    if let Some(offer) = parsed.offer.as_ref().filter(|offer| good(offer)) {
        let own = match offer.amount() {
            Some(Amount::Bitcoin { amount_msats }) => Some(Msat::new(amount_msats)),
            Some(Amount::Currency { .. }) | None => None,
        };
        let amount = own.filter(|amount| *amount > Msat::ZERO).or(parsed.amount);
        return Parsed { lightning: None, instead_of: parsed.lightning, amount, ..parsed };
    }
    if parsed.or_ask.is_some() && parsed.onchain.is_none() {
        let (link, instead_of) = (parsed.or_ask, parsed.lightning);
        return Parsed { link, instead_of, ..Parsed::default() };
    }
    parsed
}

pub(super) fn refuse_own(core: &Core, parsed: &Parsed) -> Result<(), SendError> {
    let payee = parsed.lightning.as_ref().map(Bolt11Invoice::get_payee_pub_key);
    let us = core.node.keys.node_id();
    let own_node = parsed.node.as_ref().is_some_and(|node| node.node_id == us);
    let own_offer =
        parsed.offer.as_ref().is_some_and(|offer| receive_offer::is_own(core, &offer.id().0));
    if payee == Some(us) || own_offer || own_node { Err(SendError::OwnInvoice) } else { Ok(()) }
}

pub(super) fn check_time(
    core: &Core,
    invoice: &Bolt11Invoice,
    now: Timestamp,
) -> Result<(), SendError> {
    check_expiry(core, |at| invoice.would_expire(Duration::from_secs(at.secs())), now)
}

/// Refuses what has expired.
pub(super) fn check_expiry(
    core: &Core,
    expired: impl Fn(Timestamp) -> bool,
    now: Timestamp,
) -> Result<(), SendError> {
    if !expired(now) {
        return Ok(());
    }
    // By the time of blocks or servers it may be good.
    match core.status.clock_offset() {
        Some(offset) if !expired(offset.corrected(now)) => Err(SendError::ClockWrong),
        Some(_) | None => Err(SendError::Expired),
    }
}

/// What is shown of it. Whoever is paid on-chain is an address and nothing else, unless it was looked up: an invoice beside
/// it may be anybody's.
pub(super) fn describe(core: &Core, parsed: &Parsed, lightning: bool) -> Instruction {
    let invoice = parsed.lightning.as_ref().filter(|_| lightning);
    let offer = parsed.offer.as_ref().filter(|_| lightning && parsed.lightning.is_none());
    let node = invoice
        .map(Bolt11Invoice::get_payee_pub_key)
        .or_else(|| offer.and_then(named_node))
        .or(parsed.node.as_ref().map(|node| node.node_id));
    let amount = parsed.amount.filter(|amount| *amount > Msat::ZERO);
    let ways = WaysToPay {
        lightning: parsed.lightning.is_some() || parsed.offer.is_some(),
        onchain: parsed.onchain.is_some(),
    };
    let expires_at = invoice
        .map(expiry)
        .or_else(|| offer.and_then(offer_expiry))
        .or_else(|| parsed.refund.as_ref().and_then(refund::expiry));
    Instruction {
        id: String::new(),
        kind: parsed.kind(),
        ways,
        goes_onchain: ways.onchain && !(lightning && ways.lightning),
        payee_name: parsed
            .payee
            .clone()
            .or_else(|| node.and_then(|node| core.node.routing_state.alias(&node))),
        payee_id: payee(parsed, lightning).map(|payee| payee.id().to_string()),
        payee_node: node.map(|node| node.to_string()),
        node_uri: parsed.node.as_ref().map(ToString::to_string),
        address: parsed.onchain.as_ref().map(ToString::to_string),
        amount: amount.map_or(AmountRule::Open, |msat| AmountRule::Fixed { msat }),
        label: parsed.label.clone(),
        note: invoice
            .and_then(crate::uri::description)
            .or_else(|| offer.and_then(crate::uri::offered))
            .or_else(|| parsed.refund.as_ref().and_then(crate::uri::refunded))
            .or_else(|| parsed.link_message.clone()),
        takes_note: offer.is_some(),
        quantity: offer.and_then(quantity_rule),
        expires_at_secs: expires_at.map(Timestamp::secs),
        link: parsed.link.as_ref().map(link),
    }
}

/// Who has to be asked, or wants a signature.
fn link(link: &Link) -> LinkView {
    let (name, action) = match link {
        Link::Lnurl(_) => (None, None),
        Link::Name(name) => (Some(name.to_string()), None),
        Link::Auth(auth) => (None, auth.action),
    };
    LinkView { host: link.host(), name, action, ..LinkView::default() }
}

/// When it is over, if ever.
pub(super) fn offer_expiry(offer: &Offer) -> Option<Timestamp> {
    let at = offer.absolute_expiry()?;
    Some(Timestamp::from_secs(at.as_secs()).min(Timestamp::LAST))
}

pub(super) fn check_offer_time(
    core: &Core,
    offer: &Offer,
    now: Timestamp,
) -> Result<(), SendError> {
    check_expiry(core, |at| offer.is_expired_no_std(Duration::from_secs(at.secs())), now)
}

/// How many of it a payer may ask for, if it is more than one.
fn quantity_rule(offer: &Offer) -> Option<QuantityRule> {
    match offer.supported_quantity() {
        Quantity::One => None,
        Quantity::Bounded(most) => Some(QuantityRule { most: Some(most.get()) }),
        Quantity::Unbounded => Some(QuantityRule { most: None }),
    }
}

/// Who made the offer, unless it hides behind paths: its key is then made for this offer alone.
fn named_node(offer: &Offer) -> Option<PublicKey> {
    offer.issuer_signing_pubkey().filter(|_| offer.paths().is_empty())
}

/// When it expires, as far as a calendar goes.
fn expiry(invoice: &Bolt11Invoice) -> Timestamp {
    let last = Timestamp::LAST;
    invoice.expires_at().map_or(last, |at| Timestamp::from_secs(at.as_secs()).min(last))
}

/// What the payer chose.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub instruction: String,
    pub amount: Option<Msat>,
    /// On-chain, and how soon. Of two ways only this takes the one on-chain.
    pub speed: Option<FeeSpeed>,
    /// All there is, on-chain. Beside others this payee gets what they leave.
    pub everything: bool,
    /// To the payee, if it takes any.
    pub comment: Option<String>,
    /// What the payer gives of themselves, to a payee that asks for it (LUD-18).
    pub payer: PayerData,
    /// The movement that failed, if this is the same once more.
    pub retries: Option<String>,
    /// BOLT 12: how many of what is offered; one if it is not said.
    pub quantity: Option<u64>,
    /// On-chain, with exactly these coins (`txid:vout`).
    pub coins: Option<Vec<String>>,
    /// Who else is paid, on-chain, with the same transaction.
    pub also: Vec<AlsoPaid>,
}

/// Somebody who is paid with the same transaction as another one.
#[derive(Clone, Debug)]
pub struct AlsoPaid {
    pub instruction: String,
    /// Where the payer chooses it.
    pub amount: Option<Msat>,
}

pub(super) fn chosen_amount(choice: &Choice, parsed: &Parsed) -> Result<Msat, SendError> {
    amount_of(parsed, choice.amount)
}

/// What it asks for, else what was chosen.
pub(super) fn amount_of(parsed: &Parsed, chosen: Option<Msat>) -> Result<Msat, SendError> {
    let fixed = parsed.amount.filter(|amount| *amount > Msat::ZERO);
    let amount = fixed.or(chosen).ok_or(SendError::AmountNeeded)?;
    if amount.get() < SMALLEST_MSAT {
        return Err(SendError::TooSmall(Msat::new(SMALLEST_MSAT)));
    }
    if amount > Msat::MOST {
        return Err(SendError::TooLarge(Msat::MOST));
    }
    Ok(amount)
}

/// Whether Lightning is a way at all: a channel was ready once and is not closing, its peer connected or not.
pub(super) fn has_channel(core: &Core) -> bool {
    core.node.manager.list_channels().iter().any(|channel| channel.is_channel_ready)
}

pub(super) fn with_id(mut instruction: Instruction, id: &str) -> Instruction {
    id.clone_into(&mut instruction.id);
    instruction
}
