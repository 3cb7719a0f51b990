//! Paying on-chain: the quote with its choice of fees, and the transaction, durable before it leaves.

use super::debt::Debt;
use super::error::SendError;
use super::instruction::{ALL_BITCOIN_MSAT, Choice, chosen_amount, describe, with_id};
use super::lookalike::looks_like;
use super::payee::looked_up;
use super::transition::Fact;
use crate::amount::{Msat, Sat};
use crate::core::Core;
use crate::node::Origin;
use crate::onchain::purpose::Purpose;
use crate::onchain::{SendAmount, SendPlan, SpendError};
use crate::payment::{Payment, PaymentId, StoredDirection, StoredKind};
use crate::previews::{OnchainQuote, Preview, is_old};
use crate::time::Timestamp;
use crate::uri::Parsed;
use crate::view::{
    ChosenCoins, FeeChoice, FeeSpeed, Instruction, PaidBefore, Quote, Unsent, share_permille,
};
use bitcoin::{OutPoint, ScriptBuf, Txid};
use tokio::sync::MutexGuard;

pub(super) fn preview(
    core: &Core,
    choice: &Choice,
    parsed: &Parsed,
    address: &bitcoin::Address,
    paid_before: Option<PaidBefore>,
    now: Timestamp,
) -> Result<Quote, SendError> {
    let wanted = Wanted::of(choice, parsed, address)?;
    let speed = choice.speed.unwrap_or(FeeSpeed::Normal);
    let plan_at = |speed| wanted.plan(core, speed);
    let options = [FeeSpeed::Fast, FeeSpeed::Normal, FeeSpeed::Slow].into_iter();
    let fee_choices =
        options.filter_map(|speed| Some(fee_choice(core, speed, &plan_at(speed).ok()?))).collect();
    let plan = plan_at(speed)?;
    let to_msat =
        |sat: Sat| Msat::from_sat(sat).ok_or(SendError::TooLarge(Msat::new(ALL_BITCOIN_MSAT)));
    let (amount_msat, fee) = (to_msat(plan.amount())?, to_msat(plan.fee())?);
    let mut shown = Quote {
        id: String::new(),
        instruction: with_id(describe(core, parsed, false), &choice.instruction),
        lightning: false,
        amount_msat,
        fee_about_msat: Some(fee),
        fee_max_msat: fee,
        total_max_msat: amount_msat.checked_add(fee).ok_or(SendError::TooLarge(amount_msat))?,
        usual_limit_msat: None,
        raised_by_msat: None,
        quantity: None,
        payer_note: None,
        large_fee: share_permille(plan.fee(), plan.amount()).is_none_or(|share| share >= LARGE_FEE),
        fee_choices,
        speed: Some(speed),
        everything: choice.everything,
        paid_before,
        looks_like: looks_like(core, &address.to_string())?,
        left_sat: plan.left(),
        chosen_coins: wanted.coins.is_some().then(|| chosen_coins(&plan)),
    };
    core.previews.put(|id| {
        id.clone_into(&mut shown.id);
        Preview::Onchain(Box::new(OnchainQuote {
            shown: shown.clone(),
            plan,
            address: address.clone(),
            debt: Debt::of(parsed),
            looked_up: parsed.looked_up.as_ref().and_then(looked_up),
            at: now,
        }))
    });
    Ok(shown)
}

/// What a payer wants to be paid, and with which coins.
struct Wanted {
    payee: ScriptBuf,
    amount: SendAmount,
    /// Exactly these, if the payer chose.
    coins: Option<Vec<OutPoint>>,
}

impl Wanted {
    fn of(choice: &Choice, parsed: &Parsed, address: &bitcoin::Address) -> Result<Self, SendError> {
        let amount = if choice.everything {
            SendAmount::Everything
        } else {
            SendAmount::Exact(chosen_amount(choice, parsed)?.to_sat_ceil())
        };
        let outpoint = |coin: &String| coin.parse().map_err(|_| SpendError::Stale);
        let coins = choice.coins.as_ref();
        let coins = coins.map(|coins| coins.iter().map(outpoint).collect()).transpose()?;
        Ok(Self { payee: address.script_pubkey(), amount, coins })
    }

    fn plan(&self, core: &Core, speed: FeeSpeed) -> Result<SendPlan, SpendError> {
        let (rate, reserve) = (core.fees.rate(speed), core.reserve_with(0));
        let (onchain, payee) = (&core.onchain, &self.payee);
        match &self.coins {
            None => onchain.preview_send(payee, self.amount, rate, reserve),
            Some(coins) => onchain.preview_send_of(coins, payee, self.amount, rate, reserve),
        }
    }
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
    }
}

pub(super) async fn pay(
    core: &Core,
    quote: OnchainQuote,
    one_at_a_time: MutexGuard<'_, ()>,
    now: Timestamp,
) -> Result<Payment, SendError> {
    quote.debt.check_again(&core.journal, quote.shown.paid_before.as_ref())?;
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
    row.address = Some(quote.address.to_string());
    row.looked_up = quote.looked_up;
    let Instruction { note, label, .. } = quote.shown.instruction;
    row.note = note.or(label);
    row.asked_hash = quote.debt.hash;
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
