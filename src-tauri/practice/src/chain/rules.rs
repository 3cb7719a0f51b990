//! What a transaction must keep: consensus, in the mempool and in a block, and policy, which only the mempool has. Pure:
//! given the outputs it spends and the place it asks for. Fees and conflicts are judged elsewhere, because they are judged
//! for packages.

use super::coin::{Coin, MATURITY, Spot};
use super::ledger::Ledger;
use super::{Refusal, locks, scripts};
use bitcoin::{Amount, Transaction};
use std::collections::HashSet;

/// Smallest fee rate that is relayed, in sat per virtual byte.
const MIN_RELAY_SAT_PER_VB: u64 = 1;
/// Largest fee rate `sendrawtransaction` lets through, in sat per virtual byte.
const MAX_SAT_PER_VB: u64 = 10_000;
const MAX_WEIGHT: u64 = 400_000;
const MIN_BASE_SIZE: usize = 65;

/// Judges a transaction by consensus and says what it pays the miner. `coins` are the outputs it spends, in its inputs'
/// order.
pub(crate) fn judge(tx: &Transaction, coins: &[Coin], ledger: &Ledger) -> Result<Amount, Refusal> {
    let spot = ledger.next();
    let fee = fee(tx, coins)?;
    mature(coins, spot)?;
    locks::absolute(tx, spot)?;
    locks::relative(tx, coins, ledger)?;
    scripts::verify(tx, coins)?;
    Ok(fee)
}

/// What consensus says of a transaction alone. Judged first, before anything is looked up. A block is limited as a whole.
pub(crate) fn shape(tx: &Transaction) -> Result<(), Refusal> {
    if tx.input.is_empty() {
        return Err(Refusal::NoInputs);
    }
    if tx.output.is_empty() {
        return Err(Refusal::NoOutputs);
    }
    if tx.input.iter().any(|input| input.previous_output.is_null()) {
        return Err(Refusal::Coinbase);
    }
    let mut seen = HashSet::new();
    if !tx.input.iter().all(|input| seen.insert(input.previous_output)) {
        return Err(Refusal::DuplicateInput);
    }
    out_value(tx).map(|_| ())
}

/// What nodes ask of a transaction alone before they relay it. A miner may take it all the same.
pub(crate) fn standard(tx: &Transaction) -> Result<(), Refusal> {
    if tx.weight().to_wu() > MAX_WEIGHT {
        return Err(Refusal::TooLarge);
    }
    if tx.base_size() < MIN_BASE_SIZE {
        return Err(Refusal::TooSmall);
    }
    for (index, output) in tx.output.iter().enumerate() {
        if output.script_pubkey.is_op_return() && output.value > Amount::ZERO {
            return Err(Refusal::Burn);
        }
        if output.value < output.script_pubkey.minimal_non_dust() {
            return Err(Refusal::Dust { output: index });
        }
    }
    Ok(())
}

/// What `vsize` virtual bytes must pay at least.
pub(crate) fn relay_fee(vsize: u64) -> Amount {
    Amount::from_sat(vsize.saturating_mul(MIN_RELAY_SAT_PER_VB))
}

/// Refuses a fee below what is relayed.
pub(crate) fn pays_relay(fee: Amount, vsize: u64) -> Result<(), Refusal> {
    let needed = relay_fee(vsize);
    if fee < needed {
        Err(Refusal::FeeTooLow { fee: fee.into(), needed: needed.into() })
    } else {
        Ok(())
    }
}

/// Refuses a fee that can only be a slip.
pub(crate) fn pays_sanely(fee: Amount, vsize: u64) -> Result<(), Refusal> {
    let most = Amount::from_sat(vsize.saturating_mul(MAX_SAT_PER_VB));
    if fee > most { Err(Refusal::FeeTooHigh) } else { Ok(()) }
}

/// The sum of a transaction's outputs, at most 21 million bitcoin.
pub(crate) fn out_value(tx: &Transaction) -> Result<Amount, Refusal> {
    let sum = tx.output.iter().try_fold(Amount::ZERO, |sum, output| sum.checked_add(output.value));
    sum.filter(|sum| *sum <= Amount::MAX_MONEY).ok_or(Refusal::TooMuch)
}

fn fee(tx: &Transaction, coins: &[Coin]) -> Result<Amount, Refusal> {
    let out = out_value(tx)?;
    let into = coins.iter().try_fold(Amount::ZERO, |sum, coin| sum.checked_add(coin.output.value));
    let into = into.ok_or(Refusal::TooMuch)?;
    into.checked_sub(out).ok_or(Refusal::ValueFromNothing { into: into.into(), out: out.into() })
}

fn mature(coins: &[Coin], spot: Spot) -> Result<(), Refusal> {
    for coin in coins.iter().filter(|coin| coin.coinbase) {
        let depth = spot.height.saturating_sub(coin.height);
        if depth < MATURITY {
            return Err(Refusal::ImmatureCoinbase { depth });
        }
    }
    Ok(())
}
