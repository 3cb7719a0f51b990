//! Which coins pay. The largest first, and none that costs more than it brings at the rate that is paid: anybody can send
//! tiny coins. No chance is in it, so the same coins give the same transaction, and a slower speed is never dearer.

use super::Inner;
use super::balance::Use;
use super::spend::{Kind, SpendError};
use crate::amount::Sat;
use bdk_wallet::coin_selection::{
    CoinSelectionAlgorithm, CoinSelectionResult, Excess, InsufficientFunds,
    LargestFirstCoinSelection,
};
use bdk_wallet::{KeychainKind, TxOrdering, WeightedUtxo};
use bitcoin::key::rand::RngCore;
use bitcoin::{Amount, FeeRate, OutPoint, Script, TxIn, Weight};
use std::collections::HashSet;
use std::sync::Arc;

/// BDK's largest-first over the coins that bring something. BDK's default draws lots if it finds no exact match.
#[derive(Debug)]
pub(super) struct LargestFirst {
    /// What is left over and is no more than this goes to the miners: as change it would cost more than it brings.
    pub(super) lost: Amount,
    /// A person chose the required ones: all of them pay, whatever they bring.
    pub(super) chosen: bool,
}

/// What [`Inner::available`] says.
pub(super) struct Available {
    pub(super) worth: Sat,
    pub(super) left: Sat,
    pub(super) reserve: Sat,
}

impl CoinSelectionAlgorithm for LargestFirst {
    fn coin_select<R: RngCore>(
        &self,
        required: Vec<WeightedUtxo>,
        optional: Vec<WeightedUtxo>,
        rate: FeeRate,
        target: Amount,
        drain_script: &Script,
        rng: &mut R,
    ) -> Result<CoinSelectionResult, InsufficientFunds> {
        let worthwhile = |coins: Vec<WeightedUtxo>| -> Vec<WeightedUtxo> {
            let brings = |coin: &WeightedUtxo| {
                coin.utxo.txout().value > cost_of_input(rate, coin.satisfaction_weight)
            };
            coins.into_iter().filter(brings).collect()
        };
        let required = if self.chosen { required } else { worthwhile(required) };
        let optional = worthwhile(optional);
        let mut selection = LargestFirstCoinSelection.coin_select(
            required,
            optional,
            rate,
            target,
            drain_script,
            rng,
        )?;
        if let Excess::Change { amount, fee } = selection.excess
            && amount <= self.lost
        {
            selection.excess = Excess::NoChange {
                dust_threshold: drain_script.minimal_non_dust(),
                remaining_amount: amount + fee,
                change_fee: fee,
            };
        }
        Ok(selection)
    }
}

/// What an input adds to the fee. Satisfaction weight: its script and witness.
pub(super) fn cost_of_input(rate: FeeRate, satisfaction: Weight) -> Amount {
    rate * (TxIn::default().segwit_weight() + satisfaction)
}

/// Sorted, so that the same plan is the same transaction, and its change is at no place of its own.
pub(super) fn sorted() -> TxOrdering {
    TxOrdering::Custom {
        input_sort: Arc::new(|a, b| a.previous_output.cmp(&b.previous_output)),
        output_sort: Arc::new(|a, b| (a.value, &a.script_pubkey).cmp(&(b.value, &b.script_pubkey))),
    }
}

impl Inner {
    /// What it costs to spend a coin of this wallet: all are P2WPKH.
    pub(super) fn cost_of_coin(&self, rate: FeeRate) -> Amount {
        cost_of_input(rate, self.weight_of_witness())
    }

    /// Script and witness of an input of this wallet.
    pub(super) fn weight_of_witness(&self) -> Weight {
        let descriptor = self.wallet.public_descriptor(KeychainKind::Internal);
        descriptor.max_weight_to_satisfy().expect("a P2WPKH descriptor can be satisfied")
    }

    /// Coins that can be spent.
    pub(super) fn free_coins(&self) -> impl Iterator<Item = (OutPoint, Sat)> {
        let free = self.coins().into_iter().filter(|(_, what)| *what == Use::Free);
        free.map(|(coin, _)| (coin.outpoint, coin.txout.value.into()))
    }

    /// What there is for a transaction: what its coins are worth, what is left of them because it costs more than it brings, and
    /// what of `reserve` must come back because no other coin is there for it.
    pub(super) fn available(
        &self,
        rate: FeeRate,
        reserve: Sat,
        kind: &Kind<'_>,
    ) -> Result<Available, SpendError> {
        let Kind::SendOf(chosen) = kind else {
            let (worth, left) = self.free_at(rate);
            return Ok(Available { worth, left, reserve });
        };
        let chosen: HashSet<&OutPoint> = chosen.iter().collect();
        let (ours, others): (Vec<_>, Vec<_>) =
            self.free_coins().partition(|(outpoint, _)| chosen.contains(outpoint));
        if ours.len() < chosen.len() {
            return Err(SpendError::Stale);
        }
        let cost = Sat::from(self.cost_of_coin(rate));
        let sum = |coins: Vec<(OutPoint, Sat)>| {
            coins.into_iter().fold(Sat::ZERO, |sum, (_, value)| super::amounts::plus(sum, value))
        };
        let others = others.into_iter().filter(|(_, value)| *value > cost).collect();
        let reserve = reserve.minus_or_zero(sum(others));
        Ok(Available { worth: sum(ours), left: Sat::ZERO, reserve })
    }

    /// What can be spent: coins that bring something at this rate, and the rest.
    pub(super) fn free_at(&self, rate: FeeRate) -> (Sat, Sat) {
        let cost = self.cost_of_coin(rate);
        let (mut worthwhile, mut left) = (Sat::ZERO, Sat::ZERO);
        for (coin, _) in self.coins().into_iter().filter(|(_, what)| *what == Use::Free) {
            let sum = if coin.txout.value > cost { &mut worthwhile } else { &mut left };
            *sum = super::amounts::plus(*sum, coin.txout.value.into());
        }
        (worthwhile, left)
    }
}
