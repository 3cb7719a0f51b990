//! Amounts that a server names. It can name any, and BDK adds them up without looking: a sum that does not fit would end the
//! process, and again at every start.

use crate::amount::Sat;
use bdk_wallet::Wallet;
use bdk_wallet::chain::{TxUpdate, tx_graph};
use bitcoin::{Amount, OutPoint, Transaction, TxIn, TxOut};
use std::collections::HashSet;
use std::sync::Arc;

/// The most that a wallet can own: what a page can still count in msat (2^53 − 1 of them, some 90 000 bitcoin).
const MOST: Amount = Amount::from_sat(((1 << 53) - 1) / 1000);

/// A server names more bitcoin than there are, or more than one wallet can own.
#[derive(Debug, thiserror::Error)]
#[error("the server names impossible amounts")]
pub(crate) struct ImpossibleAmounts;

/// Outputs that can be, together no more than `most`.
fn fits<'a>(outputs: impl IntoIterator<Item = &'a TxOut>, most: Amount) -> bool {
    let mut values = outputs.into_iter().map(|output| output.value);
    let sum = values.try_fold(Amount::ZERO, Amount::checked_add);
    sum.is_some_and(|sum| sum <= most)
}

fn is_possible(transaction: &Transaction) -> bool {
    fits(&transaction.output, Amount::MAX_MONEY)
}

/// Strikes what cannot be from what was kept, if an older version believed it.
pub(super) fn strike_impossible<A>(kept: &mut tx_graph::ChangeSet<A>) {
    kept.txs.retain(|transaction| is_possible(transaction));
    kept.txouts.retain(|_, output| output.value <= Amount::MAX_MONEY);
}

/// Refuses an update that BDK, or a page, could not add up.
pub(crate) fn check_amounts<A>(
    wallet: &Wallet,
    update: &TxUpdate<A>,
) -> Result<(), ImpossibleAmounts> {
    let possible = update.txs.iter().all(|transaction| {
        let known = |input: &TxIn| update.txouts.get(&input.previous_output);
        let spent = transaction.input.iter().filter_map(known);
        is_possible(transaction)
            && fits(spent, Amount::MAX_MONEY)
            && fits(outputs_to(wallet, transaction).map(|(_, output)| output), MOST)
    });
    let possible =
        possible && update.txouts.values().all(|output| output.value <= Amount::MAX_MONEY);
    let possible = possible && owned_after(wallet, update).is_some_and(|owned| owned <= MOST);
    possible.then_some(()).ok_or(ImpossibleAmounts)
}

/// What the wallet would own, at most.
fn owned_after<A>(wallet: &Wallet, update: &TxUpdate<A>) -> Option<Amount> {
    let inputs = update.txs.iter().flat_map(|transaction| &transaction.input);
    let spent: HashSet<OutPoint> = inputs.map(|input| input.previous_output).collect();
    let graph = wallet.tx_graph();
    let is_new = |tx: &&Arc<Transaction>| graph.get_tx(tx.compute_txid()).is_none();
    let new = update.txs.iter().filter(is_new).flat_map(|tx| outputs_to(wallet, tx));
    let new = new.filter(|(outpoint, _)| !spent.contains(outpoint));
    let new = new.map(|(_, output)| output.value);
    wallet
        .list_unspent()
        .map(|coin| coin.txout.value)
        .chain(new)
        .try_fold(Amount::ZERO, Amount::checked_add)
}

fn outputs_to<'a>(
    wallet: &'a Wallet,
    transaction: &'a Transaction,
) -> impl Iterator<Item = (OutPoint, &'a TxOut)> {
    let txid = transaction.compute_txid();
    let outputs = (0..).zip(&transaction.output);
    outputs
        .filter(|(_, output)| wallet.is_mine(output.script_pubkey.clone()))
        .map(move |(place, output)| (OutPoint::new(txid, place), output))
}

/// What the miners got, if all that is spent is known and the sums can be. BDK's own sum would end the process.
pub(super) fn fee_of(wallet: &Wallet, transaction: &Transaction) -> Option<Sat> {
    if transaction.is_coinbase() {
        return Some(Sat::ZERO);
    }
    let value = |input: &TxIn| Some(wallet.tx_graph().get_txout(input.previous_output)?.value);
    let mut spent = transaction.input.iter().map(value);
    let spent = spent.try_fold(Amount::ZERO, |sum, value| sum.checked_add(value?))?;
    let mut paid = transaction.output.iter().map(|output| output.value);
    let fee = spent.checked_sub(paid.try_fold(Amount::ZERO, Amount::checked_add)?)?;
    (fee <= MOST).then(|| fee.into())
}

/// The sum, or the most there is: a figure that is shown must not end the process.
pub(super) fn plus(a: Sat, b: Sat) -> Sat {
    Sat::new(a.get().saturating_add(b.get()))
}
