//! Sending in two steps: a plan that holds nothing, shown to the person, and its execution. Dropping a plan cancels it.

use super::selection::{Available, LargestFirst, sorted};
use super::{Inner, Onchain};
use crate::amount::Sat;
use crate::error::{Code, Coded};
use crate::keys::{Keys, SignError};
use crate::time::Timestamp;
use bdk_wallet::{KeychainKind, error::CreateTxError};
use bitcoin::{
    Amount, FeeRate, OutPoint, Psbt, Script, ScriptBuf, Sequence, Transaction, Txid,
    absolute::LockTime,
};

/// How much to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendAmount {
    /// The payee gets this; the fee comes on top.
    Exact(Sat),
    /// All that can be spent; the fee and the reserve go off. Coins that cost more than they bring stay.
    Everything,
}

/// Whom a transaction pays, and what.
#[derive(Clone, Copy, Debug)]
pub struct Payees<'a> {
    payee: &'a Script,
    amount: SendAmount,
    /// Others that are paid with the same transaction.
    beside: &'a [(ScriptBuf, Sat)],
}

impl<'a> Payees<'a> {
    /// One alone.
    pub fn one(payee: &'a Script, amount: SendAmount) -> Self {
        Self { payee, amount, beside: &[] }
    }

    /// These get exactly so much beside the one, whatever it gets.
    pub fn with(self, beside: &'a [(ScriptBuf, Sat)]) -> Self {
        Self { beside, ..self }
    }

    /// What the others get together.
    fn others_get(&self) -> Option<Sat> {
        Sat::sum(self.beside.iter().map(|(_, amount)| *amount))
    }

    /// The dust limit that one of them is below.
    fn too_small(&self) -> Option<Sat> {
        let first = match self.amount {
            SendAmount::Exact(amount) => Some((self.payee, amount)),
            SendAmount::Everything => None,
        };
        let beside = self.beside.iter().map(|(script, amount)| (script.as_script(), *amount));
        let least = |script: &Script| Sat::from(script.minimal_non_dust());
        let small = |(script, amount): (&Script, Sat)| Some(least(script)).filter(|l| amount < *l);
        first.into_iter().chain(beside).find_map(small)
    }
}

/// A transaction that would be made. Exact: [`Onchain::finish`] makes this one or none.
#[derive(Clone, Debug)]
pub struct SendPlan {
    pub(super) psbt: Psbt,
    amount: Sat,
    fee: Sat,
    left: Sat,
}

/// Why nothing is sent.
#[derive(Debug, thiserror::Error)]
pub enum SpendError {
    /// More than can be spent after the fee and the reserve.
    #[error("not enough on-chain: {available} can be sent")]
    InsufficientBalance {
        /// The most the payee can get at this rate.
        available: Sat,
    },
    /// The same of the coins that a person chose.
    #[error("not enough in the chosen coins: {available} can be sent")]
    ChosenCoinsShort {
        /// The most the payee can get of them at this rate.
        available: Sat,
    },
    /// Nodes do not relay outputs this small.
    #[error("too little to send on-chain: the least is {least}")]
    AmountTooSmall {
        /// The dust limit of the payee's script.
        least: Sat,
    },
    /// A coin of the plan was spent or locked meanwhile: look again.
    #[error("the coins of this plan are no longer free")]
    Stale,
    /// The keys refused.
    #[error("cannot sign")]
    Sign(#[from] SignError),
    /// BDK could not build it, for a reason that should not arise here.
    #[error("cannot build the transaction")]
    Build(#[source] Box<CreateTxError>),
    /// Signed, and yet not a whole transaction.
    #[error("cannot complete the transaction: {0}")]
    Incomplete(String),
}

impl Coded for SpendError {
    fn code(&self) -> Code {
        match self {
            Self::InsufficientBalance { .. } => Code::InsufficientBalance,
            Self::ChosenCoinsShort { .. } => Code::ChosenCoinsShort,
            Self::AmountTooSmall { .. } => Code::AmountTooSmall,
            Self::Stale => Code::Stale,
            Self::Sign(_) | Self::Build(_) | Self::Incomplete(_) => Code::Internal,
        }
    }
}

impl SendPlan {
    pub(super) fn new(psbt: Psbt, amount: Sat, fee: Sat) -> Self {
        Self { psbt, amount, fee, left: Sat::ZERO }
    }

    /// What the payees get, all together.
    pub fn amount(&self) -> Sat {
        self.amount
    }

    /// What the miners get.
    pub fn fee(&self) -> Sat {
        self.fee
    }

    /// What a plan for everything leaves behind: coins that cost more than they bring.
    pub fn left(&self) -> Sat {
        self.left
    }

    /// What comes back to this wallet.
    pub fn change(&self) -> Sat {
        let outputs = self.psbt.unsigned_tx.output.iter().map(|output| output.value.into());
        Sat::sum(outputs).unwrap_or_default().minus_or_zero(self.amount)
    }

    /// The coins it spends.
    pub fn inputs(&self) -> Vec<OutPoint> {
        self.psbt.unsigned_tx.input.iter().map(|input| input.previous_output).collect()
    }

    /// Without signatures.
    pub(crate) fn psbt(&self) -> &Psbt {
        &self.psbt
    }

    /// The id it will have. Known before signing, because all inputs are segwit.
    pub fn txid(&self) -> Txid {
        self.psbt.unsigned_tx.compute_txid()
    }
}

/// How a transaction is built. A send can be replaced (BIP 125) and does not tempt miners to reorganise (its lock time
/// is the tip); a channel's funding must keep its id.
pub(super) enum Kind<'a> {
    Send,
    /// A send of exactly these coins, which a person chose.
    SendOf(&'a [OutPoint]),
    Funding,
}

impl Kind<'_> {
    fn short(&self, available: Sat) -> SpendError {
        match self {
            Self::SendOf(_) => SpendError::ChosenCoinsShort { available },
            Self::Send | Self::Funding => SpendError::InsufficientBalance { available },
        }
    }
}

impl Onchain {
    /// What sending would do, exactly. `reserve` stays.
    ///
    /// # Errors
    /// [`SpendError::AmountTooSmall`], [`SpendError::InsufficientBalance`]; [`SpendError::Build`] should not arise.
    pub fn preview_send(
        &self,
        payees: &Payees<'_>,
        rate: FeeRate,
        reserve: Sat,
    ) -> Result<SendPlan, SpendError> {
        self.change(|inner| inner.plan(payees, rate, reserve, &Kind::Send))
    }

    /// The same with exactly these coins. What comes back of them and the coins beside them keep the reserve.
    ///
    /// # Errors
    /// [`SpendError::ChosenCoinsShort`], [`SpendError::Stale`] if one of them is not free, [`SpendError::AmountTooSmall`].
    pub fn preview_send_of(
        &self,
        coins: &[OutPoint],
        payees: &Payees<'_>,
        rate: FeeRate,
        reserve: Sat,
    ) -> Result<SendPlan, SpendError> {
        self.change(|inner| inner.plan(payees, rate, reserve, &Kind::SendOf(coins)))
    }

    /// Whether `reserve` would stay after this plan: there may be more to keep than when it was made.
    pub(crate) fn keeps(&self, plan: &SendPlan, reserve: Sat) -> bool {
        self.lock().keeps(plan.inputs(), &plan.psbt.unsigned_tx, reserve)
    }

    /// Makes the planned transaction: signs it, locks its coins and books it as unconfirmed. To be broadcast once that is
    /// committed.
    ///
    /// # Errors
    /// [`SpendError::Stale`], [`SpendError::Sign`], [`SpendError::Incomplete`]; nothing is changed then.
    pub fn finish(
        &self,
        plan: SendPlan,
        keys: &Keys,
        now: Timestamp,
    ) -> Result<Transaction, SpendError> {
        self.change(|inner| {
            let transaction = inner.complete(plan, keys)?;
            inner.wallet.apply_unconfirmed_txs([(transaction.clone(), now.secs())]);
            inner.count();
            Ok(transaction)
        })
    }
}

impl Inner {
    /// The same of a transaction that spends these coins of ours.
    pub(super) fn keeps(
        &self,
        spent: impl IntoIterator<Item = OutPoint>,
        transaction: &Transaction,
        reserve: Sat,
    ) -> bool {
        let value = |outpoint| self.unspent_output(outpoint).map(|coin| coin.value.into());
        let spent = spent.into_iter().map(value).collect::<Option<Vec<Sat>>>();
        let outputs = transaction.output.iter();
        let back = outputs.filter(|output| self.wallet.is_mine(output.script_pubkey.clone()));
        let back = Sat::sum(back.map(|output| output.value.into()));
        let (free, _) = self.free_at(FeeRate::ZERO);
        let left = spent.and_then(Sat::sum).and_then(|spent| free.checked_sub(spent));
        let left = left.zip(back).and_then(|(left, back)| left.checked_add(back));
        left.is_some_and(|left| left >= reserve)
    }

    /// A plan. Leaves no mark but perhaps a revealed change address, which the next plan uses.
    pub(super) fn plan(
        &mut self,
        payees: &Payees<'_>,
        rate: FeeRate,
        reserve: Sat,
        kind: &Kind<'_>,
    ) -> Result<SendPlan, SpendError> {
        if let Some(least) = payees.too_small() {
            return Err(SpendError::AmountTooSmall { least });
        }
        let SendAmount::Exact(amount) = payees.amount else {
            return self.plan_everything(payees, rate, reserve, kind);
        };
        let available = self.available(rate, reserve, kind)?;
        let affordable = |plan: &SendPlan| {
            let spent = Sat::sum([plan.amount, plan.fee, available.reserve]);
            spent.is_some_and(|spent| spent <= available.worth)
        };
        let beside = payees.beside.iter().map(|(script, amount)| (script.as_script(), *amount));
        let outputs: Vec<_> = [(payees.payee, amount)].into_iter().chain(beside).collect();
        let total = payees.others_get().and_then(|others| others.checked_add(amount));
        let total = total.ok_or_else(|| kind.short(available.worth))?;
        // Change that costs more than it brings is made only if the reserve needs it.
        for lost in [self.cost_of_coin(rate), Amount::ZERO] {
            let plan = match self.build(&outputs, None, rate, kind, lost) {
                Err(CreateTxError::CoinSelection(_) | CreateTxError::NoUtxosSelected) => break,
                built => planned(built.map_err(built_not)?, total)?,
            };
            if affordable(&plan) {
                return Ok(plan);
            }
        }
        match self.plan_everything(payees, rate, reserve, kind) {
            // Rounding may cost one satoshi more the other way.
            Ok(most) if most.amount == total => Ok(most),
            most => Err(kind.short(most.map_or(Sat::ZERO, |most| most.amount))),
        }
    }

    /// All coins in that bring something, or all that were chosen; the reserve back to ourselves, what the others get to them,
    /// the rest to the payee.
    fn plan_everything(
        &mut self,
        payees: &Payees<'_>,
        rate: FeeRate,
        reserve: Sat,
        kind: &Kind<'_>,
    ) -> Result<SendPlan, SpendError> {
        let Available { left, reserve, .. } = self.available(rate, reserve, kind)?;
        let ours = self.wallet.next_unused_address(KeychainKind::Internal).script_pubkey();
        // A reserve below dust could not be an output.
        let back = reserve.max(ours.minimal_non_dust().into());
        let back = (reserve > Sat::ZERO).then_some((ours.as_script(), back));
        let beside = payees.beside.iter().map(|(script, amount)| (script.as_script(), *amount));
        let outputs: Vec<_> = back.into_iter().chain(beside).collect();
        let psbt = match self.build(&outputs, Some(payees.payee), rate, kind, Amount::ZERO) {
            Err(CreateTxError::CoinSelection(_) | CreateTxError::NoUtxosSelected) => {
                return Err(kind.short(Sat::ZERO));
            }
            built => built.map_err(built_not)?,
        };
        let outputs = &psbt.unsigned_tx.output;
        let paid = outputs.iter().find(|output| *output.script_pubkey == *payees.payee);
        let paid = paid.map(|output| Sat::from(output.value));
        // What is left for the payee may be dust, which BDK gives to the miners.
        let others = payees.others_get();
        let Some(paid) = paid.zip(others).and_then(|(paid, others)| paid.checked_add(others))
        else {
            return Err(kind.short(Sat::ZERO));
        };
        Ok(SendPlan { left, ..planned(psbt, paid)? })
    }

    fn build(
        &mut self,
        outputs: &[(&Script, Sat)],
        drain_to: Option<&Script>,
        rate: FeeRate,
        kind: &Kind<'_>,
        lost: Amount,
    ) -> Result<Psbt, CreateTxError> {
        let unspendable = self.unspendable();
        let chosen = if let Kind::SendOf(coins) = kind { Some(*coins) } else { None };
        let selection = LargestFirst { lost, chosen: chosen.is_some() };
        let mut builder = self.wallet.build_tx().coin_selection(selection);
        builder.fee_rate(rate).unspendable(unspendable).ordering(sorted());
        for &(script, amount) in outputs {
            builder.add_recipient(script.to_owned(), bitcoin::Amount::from(amount));
        }
        if let Some(script) = drain_to {
            builder.drain_to(script.to_owned());
        }
        match (chosen, drain_to) {
            (Some(coins), _) => {
                builder.add_utxos(coins).map_err(|_| CreateTxError::UnknownUtxo)?;
                builder.manually_selected_only();
            }
            (None, Some(_)) => {
                builder.drain_wallet();
            }
            (None, None) => {}
        }
        if let Kind::Funding = kind {
            // Final at any height, because LDK may be some blocks behind BDK when it checks.
            builder.nlocktime(LockTime::ZERO).set_exact_sequence(Sequence::ENABLE_LOCKTIME_NO_RBF);
        }
        let psbt = builder.finish()?;
        // BDK marks the change address used; a plan may be dropped, so that waits for `complete`.
        self.mark_change(&psbt.unsigned_tx, false);
        Ok(psbt)
    }

    /// Signs and locks, if every coin is still free.
    pub(super) fn complete(
        &mut self,
        plan: SendPlan,
        keys: &Keys,
    ) -> Result<Transaction, SpendError> {
        let unspendable = self.unspendable();
        let free =
            |outpoint| self.unspent_output(outpoint).is_some() && !unspendable.contains(&outpoint);
        if !plan.psbt.unsigned_tx.input.iter().all(|input| free(input.previous_output)) {
            return Err(SpendError::Stale);
        }
        self.sign_and_lock(plan, keys)
    }

    pub(super) fn sign_and_lock(
        &mut self,
        plan: SendPlan,
        keys: &Keys,
    ) -> Result<Transaction, SpendError> {
        let mut psbt = plan.psbt;
        if keys.sign_psbt(&mut psbt)?.len() != psbt.inputs.len() {
            return Err(SpendError::Incomplete("a signature is missing".to_owned()));
        }
        let transaction =
            psbt.extract_tx().map_err(|error| SpendError::Incomplete(error.to_string()))?;
        for input in &transaction.input {
            self.wallet.lock_outpoint(input.previous_output);
        }
        self.mark_change(&transaction, true);
        Ok(transaction)
    }

    /// Marks a transaction's change addresses used or unused.
    pub(super) fn mark_change(&mut self, transaction: &Transaction, used: bool) {
        for output in &transaction.output {
            let script: ScriptBuf = output.script_pubkey.clone();
            if let Some((KeychainKind::Internal, place)) = self.wallet.derivation_of_spk(script) {
                let keychain = KeychainKind::Internal;
                if used {
                    self.wallet.mark_used(keychain, place)
                } else {
                    self.wallet.unmark_used(keychain, place)
                };
            }
        }
    }
}

fn planned(psbt: Psbt, amount: Sat) -> Result<SendPlan, SpendError> {
    let fee = psbt.fee().map_err(|error| SpendError::Incomplete(error.to_string()))?.into();
    Ok(SendPlan::new(psbt, amount, fee))
}

pub(super) fn built_not(error: CreateTxError) -> SpendError {
    SpendError::Build(Box::new(error))
}
