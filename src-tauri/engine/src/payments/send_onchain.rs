//! Paying on-chain: the quote with its choice of fees, and the transaction, durable before it leaves.

use super::error::SendError;
use super::instruction::Choice;
use super::recipients::{self, Paid};
use super::transition::Fact;
use crate::amount::{Msat, Sat};
use crate::core::Core;
use crate::node::Origin;
use crate::onchain::purpose::Purpose;
use crate::onchain::{Payees, SendAmount, SendPlan, SpendError};
use crate::payment::{Payment, PaymentId, StoredDirection, StoredKind};
use crate::previews::{OnchainPayee, OnchainQuote, Preview, is_old};
use crate::time::Timestamp;
use crate::view::{
    ChosenCoins, FeeChoice, FeeSpeed, Quote, RecipientQuote, Unsent, share_permille,
};
use bitcoin::{OutPoint, Txid};
use tokio::sync::MutexGuard;

pub(super) fn preview(core: &Core, choice: &Choice, now: Timestamp) -> Result<Quote, SendError> {
    let wanted = Wanted { paid: recipients::of(core, choice)?, coins: coins_of(choice)? };
    let speed = choice.speed.unwrap_or(FeeSpeed::Normal);
    let plan_at = |speed| wanted.plan(core, speed);
    let options = [FeeSpeed::Fast, FeeSpeed::Normal, FeeSpeed::Slow].into_iter();
    let fee_choices =
        options.filter_map(|speed| Some(fee_choice(core, speed, &plan_at(speed).ok()?))).collect();
    let plan = plan_at(speed)?;
    let to_msat = |sat: Sat| Msat::from_sat(sat).ok_or(SendError::TooLarge(Msat::MOST));
    let (amount_msat, fee) = (to_msat(plan.amount())?, to_msat(plan.fee())?);
    let gets: Vec<_> =
        wanted.paid.iter().map(|one| one.gets(&wanted.paid, plan.amount())).collect();
    let shown = wanted.paid.iter().zip(&gets).map(|(one, gets)| {
        Ok(RecipientQuote { amount_msat: to_msat(*gets)?, ..one.shown.clone() })
    });
    let shown = shown.collect::<Result<Vec<_>, SendError>>()?;
    let first = shown.first().cloned().ok_or(SendError::NotAPayment)?;
    // Of several each has its own.
    let alone = Some(&first).filter(|_| shown.len() == 1);
    let fee_permille = share_permille(plan.fee(), plan.amount());
    let mut shown = Quote {
        id: String::new(),
        lightning: false,
        amount_msat,
        fee_about_msat: Some(fee),
        fee_max_msat: fee,
        total_max_msat: amount_msat.checked_add(fee).ok_or(SendError::TooLarge(amount_msat))?,
        usual_limit_msat: None,
        raised_by_msat: None,
        quantity: None,
        payer_note: None,
        large_fee: fee_permille.is_none_or(|share| share >= LARGE_FEE),
        fee_choices,
        speed: Some(speed),
        everything: choice.everything,
        paid_before: alone.and_then(|one| one.paid_before.clone()),
        looks_like: alone.and_then(|one| one.looks_like.clone()),
        left_sat: plan.left(),
        chosen_coins: wanted.coins.is_some().then(|| chosen_coins(&plan)),
        instruction: first.instruction,
        recipients: if shown.len() > 1 { shown } else { Vec::new() },
        fee_permille,
        fiat: None,
    };
    let payees = wanted.paid.into_iter().zip(gets).map(|(one, gets)| one.of_plan(gets)).collect();
    core.previews.put(|id| {
        id.clone_into(&mut shown.id);
        Preview::Onchain(Box::new(OnchainQuote { shown: shown.clone(), plan, payees, at: now }))
    });
    Ok(shown)
}

/// Whom a payer wants to be paid, and with which coins.
struct Wanted {
    paid: Vec<Paid>,
    /// Exactly these, if the payer chose.
    coins: Option<Vec<OutPoint>>,
}

impl Wanted {
    fn plan(&self, core: &Core, speed: FeeSpeed) -> Result<SendPlan, SpendError> {
        let (rate, reserve) = (core.fees.rate(speed), core.reserve_with(0));
        let scripts = self.paid.iter().map(|one| (one.address.script_pubkey(), one.amount));
        let mut scripts = scripts.collect::<Vec<_>>().into_iter();
        let (payee, amount) = scripts.next().ok_or(SpendError::Stale)?;
        let exact = |(script, amount)| match amount {
            SendAmount::Exact(amount) => Some((script, amount)),
            SendAmount::Everything => None,
        };
        let beside: Vec<_> = scripts.filter_map(exact).collect();
        let payees = Payees::one(&payee, amount).with(&beside);
        match &self.coins {
            None => core.onchain.preview_send(&payees, rate, reserve),
            Some(coins) => core.onchain.preview_send_of(coins, &payees, rate, reserve),
        }
    }
}

fn coins_of(choice: &Choice) -> Result<Option<Vec<OutPoint>>, SpendError> {
    let outpoint = |coin: &String| coin.parse().map_err(|_| SpendError::Stale);
    let coins = choice.coins.as_ref();
    coins.map(|coins| coins.iter().map(outpoint).collect()).transpose()
}

fn chosen_coins(plan: &SendPlan) -> ChosenCoins {
    let spent = Sat::sum([plan.amount(), plan.fee(), plan.change()]);
    ChosenCoins {
        outpoints: plan.inputs().iter().map(ToString::to_string).collect(),
        total_sat: spent.unwrap_or_default(),
        change_sat: plan.change(),
    }
}

/// Half of what the payee gets.
const LARGE_FEE: u32 = 500;

fn fee_choice(core: &Core, speed: FeeSpeed, plan: &SendPlan) -> FeeChoice {
    FeeChoice {
        speed,
        sat_per_vb: core.fees.sat_per_vb(speed),
        fee_sat: plan.fee(),
        about_minutes: crate::chain::Fees::about_minutes(speed),
        share_permille: share_permille(plan.fee(), plan.amount()),
        fiat: None,
    }
}

pub(super) async fn pay(
    core: &Core,
    quote: OnchainQuote,
    one_at_a_time: MutexGuard<'_, ()>,
    now: Timestamp,
) -> Result<Payment, SendError> {
    for payee in &quote.payees {
        payee.debt.check_again(&core.journal, payee.paid_before.as_ref())?;
    }
    let (id, txid) = stage(core, quote, now)?;
    // The row now refuses a second payment of this request.
    drop(one_at_a_time);
    core.wake.durable().await.map_err(|_| SendError::Storage)?;
    core.status.offered(txid).await;
    core.journal.get(&id)?.ok_or(SendError::Storage)
}

/// The wallet's coins, the row and the transaction in the outbox become durable in one commit: a kill between two of them
/// would leave coins spent by a transaction that nobody sends.
fn stage(core: &Core, quote: OnchainQuote, now: Timestamp) -> Result<(PaymentId, Txid), SendError> {
    let _together = core.staging.lock().expect("staging lock is never poisoned");
    // A channel that came meanwhile also needs its reserve.
    if is_old(quote.at, now) || !core.onchain.keeps(&quote.plan, core.reserve_with(0)) {
        return Err(SpendError::Stale.into());
    }
    let fee = Msat::from_sat(quote.plan.fee()).unwrap_or_default();
    let transaction = core.onchain.finish(quote.plan, &core.signer, now)?;
    let txid = transaction.compute_txid();
    let id = super::onchain_row(&txid);
    let mut row =
        Payment::new(id, StoredKind::Onchain, StoredDirection::Out, quote.shown.amount_msat, now);
    row.fee_msat = Some(fee.get());
    match &quote.payees[..] {
        [payee] => {
            row.address = Some(payee.address.to_string());
            row.note.clone_from(&payee.note);
            row.asked_hash = payee.debt.hash;
            row.looked_up.clone_from(&payee.looked_up);
        }
        several => row.recipients = several.iter().map(OnchainPayee::row).collect(),
    }
    row.everything = quote.shown.everything;
    row.txid = Some(txid.to_string());
    row.unsent = Some(Unsent::Waiting);
    row.kept_here = true;
    core.journal.insert(row)?;
    core.purposes.keep(txid, Purpose::Payment { row: id });
    core.node.outbox.stage(Origin::Payment, vec![transaction]);
    Ok((id, txid))
}

/// Takes back an on-chain payment of which nothing has left this computer. Its coins are free again.
pub(super) async fn take_back(
    core: &Core,
    id: &PaymentId,
    now: Timestamp,
) -> Result<(), SendError> {
    {
        let _together = core.staging.lock().expect("staging lock is never poisoned");
        // The row decides: whoever hands it out also asks the row first.
        let row = core.journal.record(id, Fact::TakenBack, now)?.ok_or(SendError::Stale)?;
        let txid: Option<Txid> = row.txid.and_then(|txid| txid.parse().ok());
        for (_, package) in core.node.outbox.packages() {
            let Some(last) = package.last() else { continue };
            if Some(last.compute_txid()) == txid {
                core.onchain.forget(last, now);
                core.node.outbox.forget(&last.compute_txid());
            }
        }
    }
    core.status.money_moved();
    core.wake.durable().await.map_err(|_| SendError::Storage)
}
