//! Raising the fee of a transaction that waits for a block: by another one in its place (BIP 125), or by a child that pays for
//! both. And calling a payment off: what takes its place comes back to us.

use super::selection::{cost_of_input, sorted};
use super::spend::{SendPlan, built_not};
use super::{Inner, Onchain, OnchainTx, SpendError};
use crate::amount::Sat;
use crate::keys::Keys;
use crate::time::Timestamp;
use bdk_wallet::coin_selection::{
    CoinSelectionAlgorithm, CoinSelectionResult, InsufficientFunds, LargestFirstCoinSelection,
};
use bdk_wallet::error::CreateTxError;
use bdk_wallet::{KeychainKind, WeightedUtxo};
use bitcoin::key::rand::RngCore;
use bitcoin::{Amount, FeeRate, OutPoint, Psbt, Script, ScriptBuf, Transaction, Txid, Weight};

/// What a replacement adds at least, over the fee of what it replaces and over its rate (Core's incremental relay fee).
const INCREMENT: FeeRate = FeeRate::from_sat_per_kwu(250);

/// How a transaction that waits can be hurried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Another one takes its place.
    Replace,
    /// One that spends what it brings us pays for both.
    Child,
}

/// What takes the place of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instead<'a> {
    /// Each payee gets the same.
    Same,
    /// All there was is sent: this payee gets what is left, each other one the same, and this stays here.
    Rest { to: &'a Script, kept: Sat },
    /// Nothing: all of it comes back.
    Nothing,
}

/// A transaction that would be made. See [`Onchain::finish_bump`].
#[derive(Clone, Debug)]
pub(crate) struct BumpPlan {
    pub(super) plan: SendPlan,
    /// The one that waits.
    pub(crate) of: Txid,
    /// What it costs more than what is paid now.
    pub(crate) extra: Sat,
    /// The rate at which it, or both together, pay.
    pub(crate) rate: FeeRate,
}

impl BumpPlan {
    /// What the payees get, all together.
    pub(crate) fn amount(&self) -> Sat {
        self.plan.amount()
    }

    /// The fee of the transaction itself.
    pub(crate) fn fee(&self) -> Sat {
        self.plan.fee()
    }
}

/// Largest first; what the replaced one spends is spent, whatever it brings, or both could confirm.
#[derive(Debug)]
struct Replacing;

impl CoinSelectionAlgorithm for Replacing {
    fn coin_select<R: RngCore>(
        &self,
        required: Vec<WeightedUtxo>,
        mut optional: Vec<WeightedUtxo>,
        rate: FeeRate,
        target: Amount,
        drain_script: &Script,
        rng: &mut R,
    ) -> Result<CoinSelectionResult, InsufficientFunds> {
        optional
            .retain(|coin| coin.utxo.txout().value > cost_of_input(rate, coin.satisfaction_weight));
        LargestFirstCoinSelection.coin_select(required, optional, rate, target, drain_script, rng)
    }
}

impl Onchain {
    /// How this one can be hurried, if it waits and can be.
    pub(crate) fn way_to_bump(&self, txid: &Txid) -> Option<Way> {
        let inner = self.lock();
        let tx = inner.waiting(txid).ok()?;
        inner.way_to_bump(tx)
    }

    /// What a replacement would be. `reserve` stays.
    ///
    /// # Errors
    /// [`SpendError::Stale`] for what cannot be replaced (any more); [`SpendError::InsufficientBalance`].
    pub(crate) fn plan_replacement(
        &self,
        txid: &Txid,
        instead: Instead<'_>,
        rate: FeeRate,
        reserve: Sat,
    ) -> Result<BumpPlan, SpendError> {
        self.change(|inner| inner.plan_replacement(txid, instead, rate, reserve))
    }

    /// What a child would be, that brings both to this rate.
    ///
    /// # Errors
    /// As [`Onchain::plan_replacement`].
    pub(crate) fn plan_child(
        &self,
        txid: &Txid,
        rate: FeeRate,
        reserve: Sat,
    ) -> Result<BumpPlan, SpendError> {
        self.change(|inner| inner.plan_child(txid, rate, reserve))
    }

    /// Whether `reserve` would stay.
    pub(crate) fn keeps_after(&self, plan: &BumpPlan, reserve: Sat) -> bool {
        self.lock().keeps_after(plan, reserve)
    }

    /// Makes the planned transaction, as [`Onchain::finish`] does. Of two that conflict the one seen last counts.
    ///
    /// # Errors
    /// As [`Onchain::finish`].
    pub(crate) fn finish_bump(
        &self,
        plan: BumpPlan,
        keys: &Keys,
        now: Timestamp,
    ) -> Result<Transaction, SpendError> {
        self.change(|inner| {
            inner.waiting(&plan.of)?;
            let node = inner.wallet.tx_graph().get_tx_node(plan.of);
            let seen = node.and_then(|node| node.last_seen).unwrap_or_default();
            if !inner.can_still(&plan) {
                return Err(SpendError::Stale);
            }
            let transaction = inner.sign_and_lock(plan.plan, keys)?;
            let at = now.secs().max(seen.saturating_add(1));
            inner.wallet.apply_unconfirmed_txs([(transaction.clone(), at)]);
            inner.count();
            Ok(transaction)
        })
    }
}

impl Inner {
    fn waiting(&self, txid: &Txid) -> Result<&OnchainTx, SpendError> {
        let tx = self.history.get(txid).filter(|tx| tx.confirmation.is_none());
        tx.ok_or(SpendError::Stale)
    }

    /// What spends from it would go with it if it were replaced, so then a child is the way.
    fn way_to_bump(&self, tx: &OnchainTx) -> Option<Way> {
        tx.fee?;
        let signals = tx.transaction.input.iter().any(|input| input.sequence.is_rbf());
        let mut outputs = (0..).map(|vout| OutPoint { txid: tx.txid, vout });
        let is_spent = outputs
            .by_ref()
            .take(tx.transaction.output.len())
            .any(|output| self.history.spender(&output).is_some());
        if tx.own && signals && !is_spent {
            return Some(Way::Replace);
        }
        (!self.brought_by(&tx.txid).is_empty()).then_some(Way::Child)
    }

    /// What it brings us that nothing spends, that is promised to nothing and not frozen.
    fn brought_by(&self, txid: &Txid) -> Vec<OutPoint> {
        let unspent = self.history.unspent.iter().map(|coin| coin.outpoint);
        let free = |at: &OutPoint| {
            at.txid == *txid && !self.wallet.is_outpoint_locked(*at) && !self.is_frozen(at)
        };
        unspent.filter(free).collect()
    }

    fn plan_replacement(
        &mut self,
        txid: &Txid,
        instead: Instead<'_>,
        rate: FeeRate,
        reserve: Sat,
    ) -> Result<BumpPlan, SpendError> {
        let tx = self.waiting(txid)?.clone();
        if self.way_to_bump(&tx) != Some(Way::Replace) {
            return Err(SpendError::Stale);
        }
        let before = tx.fee.ok_or(SpendError::Stale)?;
        let rate = rate.max(above(before, tx.transaction.weight()));
        let mut psbt = self.build_replacement(&tx, instead, Fee::Rate(rate))?;
        // It may be smaller, and pays for its own way on top of what it replaces all the same.
        let least = Amount::from(before) + fee_of(INCREMENT, self.signed_weight(&psbt));
        if fee(&psbt)? < least {
            psbt = self.build_replacement(&tx, instead, Fee::Exact(least))?;
        }
        let spends =
            |at: &OutPoint| psbt.unsigned_tx.input.iter().any(|i| i.previous_output == *at);
        if !tx.transaction.input.iter().all(|input| spends(&input.previous_output)) {
            return Err(SpendError::Incomplete("both could confirm".to_owned()));
        }
        let fee = Sat::from(fee(&psbt)?);
        let amount = match instead {
            Instead::Nothing => Sat::ZERO,
            Instead::Same | Instead::Rest { .. } => self.paid_to_others(&psbt.unsigned_tx),
        };
        let plan = SendPlan::new(psbt, amount, fee);
        let plan = BumpPlan { plan, of: *txid, extra: fee.minus_or_zero(before), rate };
        self.within(plan, reserve)
    }

    fn build_replacement(
        &mut self,
        tx: &OnchainTx,
        instead: Instead<'_>,
        fee: Fee,
    ) -> Result<Psbt, SpendError> {
        let ours = self.wallet.next_unused_address(KeychainKind::Internal).script_pubkey();
        // BIP 125: it brings no input that waits itself. And what it replaces is no coin any more.
        let waits = self.coins().into_iter().map(|(coin, _)| coin);
        let waits = waits.filter(|coin| !coin.chain_position.is_confirmed());
        let mut unspendable = self.unspendable();
        unspendable.extend(waits.map(|coin| coin.outpoint));
        let others = self.others(&tx.transaction);
        let builder = self.wallet.build_fee_bump(tx.txid).map_err(|_| SpendError::Stale)?;
        let mut builder = builder.coin_selection(Replacing);
        builder.unspendable(unspendable).ordering(sorted());
        match fee {
            Fee::Rate(rate) => builder.fee_rate(rate),
            Fee::Exact(amount) => builder.fee_absolute(amount),
        };
        match instead {
            Instead::Same => {}
            Instead::Rest { to, kept } => {
                let count = others.len();
                let mut outputs = others;
                outputs.retain(|(script, _)| **script != *to);
                if outputs.len() == count {
                    return Err(SpendError::Stale);
                }
                if kept > Sat::ZERO {
                    let back = Amount::from(kept).max(ours.minimal_non_dust());
                    outputs.push((ours, back));
                }
                builder.set_recipients(outputs).drain_to(to.to_owned()).manually_selected_only();
            }
            Instead::Nothing => {
                builder.set_recipients(vec![]).drain_to(ours).manually_selected_only();
            }
        }
        let built = builder.finish();
        let psbt = self.unless_short(built)?;
        let pays =
            |to: &Script| psbt.unsigned_tx.output.iter().any(|output| *output.script_pubkey == *to);
        match instead {
            // What is left may be dust, which BDK gives to the miners.
            Instead::Rest { to, .. } if !pays(to) => {
                Err(SpendError::InsufficientBalance { available: Sat::ZERO })
            }
            Instead::Rest { .. } | Instead::Same | Instead::Nothing => Ok(psbt),
        }
    }

    fn plan_child(
        &mut self,
        txid: &Txid,
        rate: FeeRate,
        reserve: Sat,
    ) -> Result<BumpPlan, SpendError> {
        let tx = self.waiting(txid)?.clone();
        let before = tx.fee.ok_or(SpendError::Stale)?;
        let rate = rate.max(above(before, tx.transaction.weight()));
        let coins = self.brought_by(txid);
        let bare = self.build_child(&coins, Amount::ZERO)?;
        let weight = self.signed_weight(&bare);
        let both = fee_of(rate, tx.transaction.weight() + weight);
        let pays = both.checked_sub(before.into()).unwrap_or_default().max(fee_of(rate, weight));
        let psbt = self.build_child(&coins, pays)?;
        let fee = Sat::from(fee(&psbt)?);
        let plan = SendPlan::new(psbt, Sat::ZERO, fee);
        self.within(BumpPlan { plan, of: *txid, extra: fee, rate }, reserve)
    }

    /// Everything that these bring, back to us.
    fn build_child(&mut self, coins: &[OutPoint], fee: Amount) -> Result<Psbt, SpendError> {
        let ours = self.wallet.next_unused_address(KeychainKind::Internal).script_pubkey();
        let mut builder = self.wallet.build_tx();
        builder.add_utxos(coins).map_err(|_| SpendError::Stale)?;
        builder.manually_selected_only().fee_absolute(fee).drain_to(ours).ordering(sorted());
        let built = builder.finish();
        self.unless_short(built)
    }

    fn unless_short(&mut self, built: Result<Psbt, CreateTxError>) -> Result<Psbt, SpendError> {
        use CreateTxError::{CoinSelection, OutputBelowDustLimit};
        match built {
            Ok(psbt) => {
                // As after any plan: it may be dropped.
                self.mark_change(&psbt.unsigned_tx, false);
                Ok(psbt)
            }
            Err(CoinSelection(_) | OutputBelowDustLimit(_)) => {
                Err(SpendError::InsufficientBalance { available: Sat::ZERO })
            }
            Err(error) => Err(built_not(error)),
        }
    }

    fn within(&self, plan: BumpPlan, reserve: Sat) -> Result<BumpPlan, SpendError> {
        if self.keeps_after(&plan, reserve) {
            return Ok(plan);
        }
        Err(SpendError::InsufficientBalance { available: Sat::ZERO })
    }

    /// What is free after it: without what it spends and what it replaces, with what comes back.
    fn keeps_after(&self, plan: &BumpPlan, reserve: Sat) -> bool {
        let transaction = &plan.plan.psbt.unsigned_tx;
        let spent = |at: &OutPoint| transaction.input.iter().any(|i| i.previous_output == *at);
        let replaces = transaction.input.iter().any(|input| input.previous_output.txid != plan.of);
        let free = self.free_coins().filter(|(at, _)| !spent(at));
        let free = free.filter(|(at, _)| !(replaces && at.txid == plan.of)).map(|(_, sat)| sat);
        let back = transaction.output.iter();
        let back = back.filter(|output| self.wallet.is_mine(output.script_pubkey.clone()));
        let all = Sat::sum(free.chain(back.map(|output| output.value.into())));
        all.is_some_and(|all| all >= reserve)
    }

    /// It still takes the place of the one that waits, or spends from it; and nothing else has taken its other coins.
    fn can_still(&self, plan: &BumpPlan) -> bool {
        let unspendable = self.unspendable();
        let inputs = plan.plan.psbt.unsigned_tx.input.iter().map(|input| input.previous_output);
        inputs.into_iter().all(|at| match self.history.spender(&at) {
            Some(spender) => spender.txid == plan.of,
            None if at.txid == plan.of => self.brought_by(&plan.of).contains(&at),
            None => self.unspent_output(at).is_some() && !unspendable.contains(&at),
        })
    }

    /// Outputs of a payment that are not ours.
    fn others(&self, transaction: &Transaction) -> Vec<(ScriptBuf, Amount)> {
        let outputs = transaction.output.iter();
        let others = outputs.filter(|output| !self.wallet.is_mine(output.script_pubkey.clone()));
        others.map(|output| (output.script_pubkey.clone(), output.value)).collect()
    }

    fn paid_to_others(&self, transaction: &Transaction) -> Sat {
        self.others(transaction).into_iter().map(|(_, value)| value).sum::<Amount>().into()
    }

    /// What it weighs once it is signed: all inputs are P2WPKH of this wallet.
    fn signed_weight(&self, psbt: &Psbt) -> Weight {
        let witness = self.weight_of_witness() + ITEMS;
        let inputs = psbt.unsigned_tx.input.iter().map(|_| witness).sum::<Weight>();
        psbt.unsigned_tx.weight() + SEGWIT_MARKER + inputs
    }
}

/// How many items a witness has, which an unsigned transaction does not say.
const ITEMS: Weight = Weight::from_wu(1);
/// Marker and flag of a segwit transaction.
const SEGWIT_MARKER: Weight = Weight::from_wu(2);

enum Fee {
    Rate(FeeRate),
    Exact(Amount),
}

fn fee(psbt: &Psbt) -> Result<Amount, SpendError> {
    psbt.fee().map_err(|error| SpendError::Incomplete(error.to_string()))
}

/// Rounded up.
fn fee_of(rate: FeeRate, weight: Weight) -> Amount {
    rate.fee_wu(weight).unwrap_or(Amount::MAX_MONEY)
}

/// The least rate, in whole sat/vB, that is enough above what is paid now.
fn above(fee: Sat, weight: Weight) -> FeeRate {
    let now = rate_of(fee, weight);
    let least = FeeRate::from_sat_per_kwu(now.to_sat_per_kwu() + INCREMENT.to_sat_per_kwu());
    FeeRate::from_sat_per_vb(least.to_sat_per_vb_ceil()).unwrap_or(least)
}

/// What a transaction pays.
pub(crate) fn rate_of(fee: Sat, weight: Weight) -> FeeRate {
    Amount::from(fee) / weight
}
