//! Whether transactions may enter the mempool, alone or as a package, and what they replace. Every replacement is
//! allowed that pays for itself, signalled or not, as in Bitcoin Core 28.

use super::coin::Coin;
use super::ledger::Ledger;
use super::mempool::Mempool;
use super::{Refusal, connect, rules};
use bitcoin::{Amount, OutPoint, Transaction, Txid};
use std::collections::{HashMap, HashSet};

/// BIP 125 rule 5.
const MAX_REPLACED: usize = 100;

/// Transactions that were judged and may enter together.
pub(crate) struct Admission {
    /// In the order given, with what each spends and pays.
    pub(crate) entries: Vec<(Transaction, Vec<Coin>, Amount)>,
    /// What leaves for them.
    pub(crate) replaced: HashSet<Txid>,
}

/// Judges one or more transactions whose fees count together. Changes nothing.
pub(crate) fn judge(
    mempool: &Mempool,
    ledger: &Ledger,
    group: &[Transaction],
) -> Result<Admission, (Txid, Refusal)> {
    let mut fresh = Fresh::default();
    let mut entries = Vec::with_capacity(group.len());
    for tx in group {
        let txid = tx.compute_txid();
        let (coins, fee) =
            one(mempool, ledger, tx, &mut fresh).map_err(|refusal| (txid, refusal))?;
        entries.push((tx.clone(), coins, fee));
    }
    let head = || group.last().expect("a group is never empty").compute_txid();
    let replaced = price(mempool, &entries).map_err(|refusal| (head(), refusal))?;
    Ok(Admission { entries, replaced })
}

/// Judges a transaction by itself, its fee aside. For one that was in a block that was undone.
pub(crate) fn judge_unpriced(
    mempool: &Mempool,
    ledger: &Ledger,
    tx: &Transaction,
) -> Result<(Vec<Coin>, Amount), Refusal> {
    if let Some(input) =
        tx.input.iter().find(|input| mempool.spender(&input.previous_output).is_some())
    {
        return Err(Refusal::SpentInput(input.previous_output));
    }
    one(mempool, ledger, tx, &mut Fresh::default())
}

/// What the transactions of a group add and take among themselves.
#[derive(Default)]
struct Fresh {
    coins: HashMap<OutPoint, Coin>,
    gone: HashSet<OutPoint>,
}

fn one(
    mempool: &Mempool,
    ledger: &Ledger,
    tx: &Transaction,
    fresh: &mut Fresh,
) -> Result<(Vec<Coin>, Amount), Refusal> {
    rules::shape(tx)?;
    rules::standard(tx)?;
    let (txid, height) = (tx.compute_txid(), ledger.next().height);
    if ledger.index.place(&txid).is_some() {
        return Err(Refusal::AlreadyConfirmed);
    }
    let mut coins = Vec::with_capacity(tx.input.len());
    for input in &tx.input {
        let output = input.previous_output;
        let waiting = || {
            mempool.output(&output).map(|found| Coin {
                output: found.clone(),
                height,
                coinbase: false,
            })
        };
        let known = fresh.coins.get(&output).or_else(|| ledger.coin(&output)).cloned();
        coins.push(known.or_else(waiting).ok_or_else(|| connect::absent(ledger, output))?);
        if !fresh.gone.insert(output) {
            return Err(Refusal::SpentInput(output));
        }
    }
    let fee = rules::judge(tx, &coins, ledger)?;
    rules::pays_sanely(fee, tx.vsize() as u64)?;
    for (vout, output) in (0u32..).zip(&tx.output) {
        fresh.coins.insert(
            OutPoint { txid, vout },
            Coin { output: output.clone(), height, coinbase: false },
        );
    }
    Ok((coins, fee))
}

/// Judges the fee of a group: the relay fee, and the price of what it replaces (BIP 125 rules 2 to 6).
fn price(
    mempool: &Mempool,
    entries: &[(Transaction, Vec<Coin>, Amount)],
) -> Result<HashSet<Txid>, Refusal> {
    let fee: Amount = entries.iter().map(|(_, _, fee)| *fee).sum();
    let vsize: u64 = entries.iter().map(|(tx, _, _)| tx.vsize() as u64).sum();
    mempool.lets_in(fee, vsize)?;
    let inputs =
        || entries.iter().flat_map(|(tx, _, _)| &tx.input).map(|input| input.previous_output);
    let conflicts: HashSet<Txid> =
        inputs().filter_map(|output| mempool.spender(&output)).map(|(txid, _)| txid).collect();
    let replaced: HashSet<Txid> = conflicts.iter().flat_map(|txid| mempool.family(*txid)).collect();
    if inputs().any(|output| replaced.contains(&output.txid)) {
        return Err(Refusal::SpendsReplaced);
    }
    if replaced.len() > MAX_REPLACED {
        return Err(Refusal::TooManyReplaced);
    }
    if replaced.is_empty() {
        return Ok(replaced);
    }
    let mut needed = mempool.sum(replaced.iter()).0 + rules::relay_fee(vsize);
    for conflict in conflicts.iter().filter_map(|txid| mempool.get(txid)) {
        needed = needed.max(better_rate(conflict.fee, conflict.vsize, vsize));
    }
    if fee < needed {
        return Err(Refusal::ReplacementFee { fee: fee.into(), needed: needed.into() });
    }
    Ok(replaced)
}

/// The smallest fee for `vsize` bytes at a strictly higher rate than `conflict_fee` for `conflict_vsize`.
fn better_rate(conflict_fee: Amount, conflict_vsize: u64, vsize: u64) -> Amount {
    let product = u128::from(conflict_fee.to_sat()) * u128::from(vsize);
    let fee = product / u128::from(conflict_vsize.max(1)) + 1;
    Amount::from_sat(u64::try_from(fee).unwrap_or(u64::MAX))
}
