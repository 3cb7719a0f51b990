//! Paying: read → check → show → confirm. The row is staged before LDK is called and both become durable in one commit,
//! before any message leaves; so a crash knows either both or neither.

use super::journal::is_open;
use super::model::{Payment, PaymentId, StoredDirection, StoredKind, StoredStatus};
use super::send_onchain;
use super::transition::Fact;
use crate::amount::Msat;
use crate::config::Persistence;
use crate::core::Core;
use crate::error::{Code, Coded};
use crate::onchain::SpendError;
use crate::previews::{LightningCheque, Preview};
use crate::status::DiskTrouble;
use crate::time::Timestamp;
use crate::uri::{ParseError, Parsed};
use crate::view::{AmountRule, Cheque, FeeSpeed, Instruction, InstructionKind, WaysToPay};
use bitcoin::hashes::Hash as _;
use lightning::ln::channelmanager::{
    Bolt11PaymentError, PaymentId as LdkId, Retry, RetryableSendFailure,
};
use lightning::routing::router::{
    PaymentParameters, RouteParameters, RouteParametersConfig, Router as _,
};
use lightning_invoice::Bolt11Invoice;

/// Why nothing is paid. In each case no money has left.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error("cannot read it")]
    Parse(#[from] ParseError),
    #[error("the invoice has expired")]
    Expired,
    #[error("the invoice is our own")]
    OwnInvoice,
    #[error("it is paid already")]
    AlreadyPaid,
    #[error("it is being paid")]
    InFlight,
    #[error("the amount is missing")]
    AmountNeeded,
    #[error("the amount is below the least that can be sent, {0}")]
    TooSmall(Msat),
    #[error("the amount is above the most that can be sent, {0}")]
    TooLarge(Msat),
    #[error("only {0} can be sent")]
    InsufficientBalance(Msat),
    #[error("no way to the payee was found")]
    NoRoute,
    #[error("not synchronised yet")]
    NotReady,
    #[error("this copy of the wallet is old")]
    Quarantine,
    #[error("what was shown is no longer true")]
    Stale,
    #[error("that is a node, not a payment")]
    NotAPayment,
    #[error("cannot pay on-chain")]
    Onchain(#[from] SpendError),
    #[error("nothing is sent now")]
    Disk(#[from] DiskTrouble),
    #[error("cannot make it durable")]
    Storage,
    #[error("LDK refuses: {0}")]
    Refused(String),
}

impl Coded for SendError {
    fn code(&self) -> Code {
        match self {
            Self::Parse(error) => error.code(),
            Self::Expired => Code::Expired,
            Self::OwnInvoice => Code::OwnInvoice,
            Self::AlreadyPaid => Code::AlreadyPaid,
            Self::InFlight => Code::InFlight,
            Self::AmountNeeded => Code::AmountNeeded,
            Self::TooSmall(_) => Code::AmountTooSmall,
            Self::TooLarge(_) => Code::AmountTooLarge,
            Self::InsufficientBalance(_) => Code::InsufficientBalance,
            Self::NoRoute => Code::NoRoute,
            Self::NotReady => Code::NotReady,
            Self::Quarantine => Code::Quarantine,
            Self::Stale => Code::Stale,
            Self::NotAPayment => Code::NotUnderstood,
            Self::Onchain(error) => error.code(),
            Self::Disk(trouble) => trouble.code(),
            Self::Storage => Code::Storage,
            Self::Refused(_) => Code::Internal,
        }
    }
}

/// The least that is worth a Lightning payment.
const SMALLEST_MSAT: u64 = 1;
/// All bitcoin there will ever be, in msat.
pub(super) const ALL_BITCOIN_MSAT: u64 = 2_100_000_000_000_000_000;

/// What a text asks for. Refuses at once what can never be paid.
pub(crate) fn read(core: &Core, text: &str, now: Timestamp) -> Result<Instruction, SendError> {
    let parsed = crate::uri::parse(text, core.settings.network)?;
    if let Some(invoice) = &parsed.lightning {
        // A URI with an address beside a dead invoice can still be paid on-chain.
        let dead = check_invoice(core, invoice, now);
        if parsed.onchain.is_none() {
            dead?;
        }
    }
    let mut shown = describe(core, &parsed);
    let id = core.previews.put(|_| Preview::Instruction(Box::new(parsed)));
    shown.id = id;
    Ok(shown)
}

fn check_invoice(core: &Core, invoice: &Bolt11Invoice, now: Timestamp) -> Result<(), SendError> {
    let hash = invoice.payment_hash().to_byte_array();
    if invoice.get_payee_pub_key() == core.node.keys.node_id() {
        return Err(SendError::OwnInvoice);
    }
    if let Some(row) = core.journal.by_hash(StoredDirection::Out, &hash) {
        match row.status {
            StoredStatus::Paid => return Err(SendError::AlreadyPaid),
            StoredStatus::Pending | StoredStatus::InTransit => return Err(SendError::InFlight),
            StoredStatus::Failed | StoredStatus::Expired => {}
        }
    }
    if invoice.would_expire(std::time::Duration::from_secs(now.secs())) {
        return Err(SendError::Expired);
    }
    Ok(())
}

pub(super) fn describe(core: &Core, parsed: &Parsed) -> Instruction {
    let payee = parsed.lightning.as_ref().map(Bolt11Invoice::get_payee_pub_key);
    let node = parsed.node.as_ref().map(|node| node.node_id);
    let own_note = parsed.lightning.as_ref().map(|invoice| invoice.description().to_string());
    let amount = parsed.amount.filter(|amount| *amount > Msat::ZERO);
    Instruction {
        id: String::new(),
        kind: parsed.kind(),
        ways: WaysToPay {
            lightning: parsed.lightning.is_some(),
            onchain: parsed.onchain.is_some(),
        },
        payee_name: payee
            .or(node)
            .and_then(|node| core.node.knowledge.alias(&node))
            .or_else(|| parsed.label.clone()),
        payee_node: payee.or(node).map(|node| node.to_string()),
        address: parsed.onchain.as_ref().map(ToString::to_string),
        amount: amount.map_or(AmountRule::Open, |msat| AmountRule::Fixed { msat }),
        note: own_note.filter(|note| !note.is_empty()).or_else(|| parsed.message.clone()),
        expires_at_secs: parsed
            .lightning
            .as_ref()
            .and_then(|invoice| invoice.expires_at())
            .map(|expiry| expiry.as_secs()),
    }
}

/// What the payer chose.
pub struct Choice {
    pub instruction: String,
    pub amount: Option<Msat>,
    pub speed: Option<FeeSpeed>,
    pub everything: bool,
}

/// The cheque: over Lightning where the invoice can be paid that way, else on-chain.
pub(crate) fn preview(core: &Core, choice: &Choice, now: Timestamp) -> Result<Cheque, SendError> {
    let Some(Preview::Instruction(parsed)) = core.previews.get(&choice.instruction) else {
        return Err(SendError::Stale);
    };
    if parsed.kind() == InstructionKind::Node {
        return Err(SendError::NotAPayment);
    }
    let wants_onchain = choice.everything || choice.speed.is_some();
    let lightning = match &parsed.lightning {
        Some(invoice) if !(wants_onchain && parsed.onchain.is_some()) => {
            Some(preview_lightning(core, choice, &parsed, invoice, now))
        }
        _ => None,
    };
    match (lightning, &parsed.onchain) {
        (Some(Ok(cheque)), _) => Ok(cheque),
        // Never a way around a payment that is under way or done: that would pay twice.
        (
            Some(Err(
                error @ (SendError::InFlight | SendError::AlreadyPaid | SendError::OwnInvoice),
            )),
            _,
        ) => Err(error),
        (Some(Err(error)), None) => Err(error),
        (_, Some(address)) => send_onchain::preview(core, choice, &parsed, address),
        (None, None) => Err(SendError::NotAPayment),
    }
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
    now: Timestamp,
) -> Result<Cheque, SendError> {
    check_invoice(core, invoice, now)?;
    let amount = chosen_amount(choice, parsed)?;
    if !core.status.was_synced() {
        // Nothing can be sent yet, which is not the same as having too little.
        return Err(SendError::NotReady);
    }
    let can_send = core.can_send();
    if amount > can_send {
        return Err(SendError::InsufficientBalance(can_send));
    }
    let fee = estimate_fee(core, invoice, amount).ok_or(SendError::NoRoute)?;
    let fee_limit = fee_limit(fee, amount).min(can_send.minus_or_zero(amount).max(fee));
    let total = amount.checked_add(fee_limit).ok_or(SendError::TooLarge(can_send))?;
    let mut shown = Cheque {
        id: String::new(),
        instruction: with_id(describe(core, parsed), &choice.instruction),
        lightning: true,
        amount_msat: amount,
        fee_about_msat: fee,
        fee_max_msat: fee_limit,
        total_max_msat: total,
        fee_choices: Vec::new(),
        speed: None,
        everything: false,
    };
    core.previews.put(|id| {
        id.clone_into(&mut shown.id);
        Preview::Lightning(Box::new(LightningCheque {
            shown: shown.clone(),
            invoice: invoice.clone(),
            amount,
            fee_limit,
        }))
    });
    Ok(shown)
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

/// What a route would cost now. An estimate: the payment finds its own.
fn estimate_fee(core: &Core, invoice: &Bolt11Invoice, amount: Msat) -> Option<Msat> {
    let parameters = PaymentParameters::from_bolt11_invoice(invoice);
    let parameters = RouteParameters::from_payment_params_and_value(parameters, amount.get());
    let channels = core.node.manager.list_usable_channels();
    let first_hops: Vec<_> = channels.iter().collect();
    let inflight = core.node.manager.compute_inflight_htlcs();
    let route = core.node.router.find_route(
        &core.node.keys.node_id(),
        &parameters,
        Some(&first_hops),
        inflight,
    );
    route.ok().map(|route| Msat::new(route.get_total_fees()))
}

/// Pays exactly what the cheque showed, once.
pub(crate) async fn pay(core: &Core, cheque: &str, now: Timestamp) -> Result<Payment, SendError> {
    if core.freshness.is_quarantined() {
        return Err(SendError::Quarantine);
    }
    // Before the queue too: the payment in front may be the one that waits for the disk.
    core.status.disk()?;
    let one_at_a_time = core.paying.lock().await;
    core.status.disk()?;
    if !core.status.was_synced() {
        return Err(SendError::NotReady);
    }
    match core.previews.take(cheque) {
        Some(Preview::Lightning(cheque)) => {
            let (id, outcome) = start(core, &cheque, now).await?;
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
            core.journal.get(&id).ok_or(SendError::Storage)
        }
        Some(Preview::Onchain(cheque)) => send_onchain::pay(core, *cheque, now).await,
        _ => Err(SendError::Stale),
    }
}

/// Stages the row, then hands the payment to LDK. What LDK refused is final in the row, too: nothing was sent.
async fn start(
    core: &Core,
    cheque: &LightningCheque,
    now: Timestamp,
) -> Result<(PaymentId, Result<(), SendError>), SendError> {
    check_invoice(core, &cheque.invoice, now)?;
    let id = stage_row(core, cheque, now);
    let attempt =
        core.journal.start_attempt(&id, cheque.fee_limit, now).ok_or(SendError::InFlight)?;
    let config = RouteParametersConfig {
        max_total_routing_fee_msat: Some(cheque.fee_limit.get()),
        ..RouteParametersConfig::default()
    };
    if core.settings.tunables.persistence == Persistence::Synchronous {
        // LDK's own write comes inside the call: the row must be there before it.
        core.wake.durable().await.map_err(|_| SendError::Storage)?;
    }
    let amountless = cheque.invoice.amount_milli_satoshis().is_none();
    let sent = core.node.manager.pay_for_bolt11_invoice(
        &cheque.invoice,
        LdkId(attempt),
        amountless.then_some(cheque.amount.get()),
        config,
        Retry::Timeout(core.settings.tunables.pay_for),
    );
    let outcome = sent.map_err(|error| {
        let (code, error) = refusal(error);
        let attempts = core.journal.get(&id).map_or(0, |row| row.attempts);
        core.journal.tell(&id, Fact::Failed { code, attempt: attempts }, now);
        error
    });
    Ok((id, outcome))
}

/// The row of this invoice: a new one, or the failed one that is tried again.
fn stage_row(core: &Core, cheque: &LightningCheque, now: Timestamp) -> PaymentId {
    let hash = cheque.invoice.payment_hash().to_byte_array();
    if let Some(row) = core.journal.by_hash(StoredDirection::Out, &hash) {
        return row.id;
    }
    let instruction = &cheque.shown.instruction;
    let mut row = Payment::new(
        PaymentId::random(),
        StoredKind::Lightning,
        StoredDirection::Out,
        cheque.amount,
        now,
    );
    row.hash = Some(hash);
    row.note.clone_from(&instruction.note);
    row.party.clone_from(&instruction.payee_name);
    row.node_id.clone_from(&instruction.payee_node);
    row.invoice = Some(cheque.invoice.to_string());
    row.expires_at = instruction.expires_at_secs.map(Timestamp::from_secs);
    let id = row.id;
    core.journal.insert(row);
    id
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

/// True while a payment may still change; what Home shows as in transit.
pub(crate) fn is_in_transit(row: &Payment) -> bool {
    row.direction == StoredDirection::Out && row.kind == StoredKind::Lightning && is_open(row)
}
