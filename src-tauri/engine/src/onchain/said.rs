//! What a server says of this wallet's transactions, before BDK takes it. BDK believes all of it and forgets nothing: what has
//! nothing to do with this wallet would stay in the vault for ever, and what spends its coins would hold them.

#[cfg(feature = "test-util")]
pub(crate) mod fuzz;

use super::Inner;
use crate::chain::is_signed;
use bdk_wallet::chain::{ConfirmationBlockTime, TxUpdate};
use bitcoin::{OutPoint, Transaction, TxOut, Txid};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What nodes pass on is no heavier (Bitcoin Core's `MAX_STANDARD_TX_WEIGHT`).
const MOST_WEIGHT: u64 = 400_000;
/// Bytes of transactions that no block has. They cost a server nothing, and none is ever forgotten; another one is taken once it
/// is in a block.
const MOST_WAITING: usize = 16 * 1024 * 1024;
/// Bytes of transactions that a look may bring.
const MOST_AT_ONCE: usize = 64 * 1024 * 1024;

/// Only the keys of this wallet spend its coins, and they did not sign that.
#[derive(Debug, thiserror::Error)]
#[error("the server names a spend of {0} that is not signed")]
pub(crate) struct Unsigned(OutPoint);

/// One look brings more than a wallet can have.
#[derive(Debug, thiserror::Error)]
#[error("the server names too many transactions")]
pub(crate) struct TooMuch;

type Said = TxUpdate<ConfirmationBlockTime>;

impl Inner {
    /// Strikes what is not about this wallet, and what it knows.
    pub(super) fn strike_foreign(&self, said: &mut Said) -> Result<(), TooMuch> {
        let graph = self.wallet.tx_graph();
        let paying = self.paying(said);
        let is_ours = |one: &Transaction| {
            let mut spent = one.input.iter().map(|input| input.previous_output);
            paying.contains_key(&one.compute_txid())
                || spent.any(|out| self.coin(&paying, out).is_some())
        };
        // A server could give one that is known a witness that is none.
        let is_news = |txid: Txid| graph.get_tx(txid).is_none_or(|known| !self.is_signed(&known));
        said.txs.retain(|one| is_ours(one) && is_news(one.compute_txid()));
        self.limit(said)?;
        let txids: HashSet<Txid> = said.txs.iter().map(|one| one.compute_txid()).collect();
        let inputs = said.txs.iter().flat_map(|one| &one.input);
        let spent: HashSet<OutPoint> = inputs.map(|input| input.previous_output).collect();
        // A coin of ours comes with the transaction that pays it. What was spent never changes.
        said.txouts.retain(|out, spends| {
            let is_known = graph.get_txout(*out).is_some();
            spent.contains(out) && !is_known && !self.wallet.is_mine(spends.script_pubkey.clone())
        });
        let is_known = |txid: &Txid| txids.contains(txid) || graph.get_tx(*txid).is_some();
        said.anchors.retain(|(_, txid)| is_known(txid));
        said.seen_ats.retain(|(txid, _)| is_known(txid));
        said.evicted_ats.retain(|(txid, _)| is_known(txid));
        Ok(())
    }

    /// Refuses a spend of this wallet's coins that their keys did not sign.
    pub(super) fn check_spends(&self, said: &Said) -> Result<(), Unsigned> {
        let paying = self.paying(said);
        for one in &said.txs {
            for input in &one.input {
                let out = input.previous_output;
                if self.coin(&paying, out).is_some_and(|coin| !is_signed(one, &out, coin)) {
                    return Err(Unsigned(out));
                }
            }
        }
        Ok(())
    }

    /// Whether everything of ours that it spends is signed.
    pub(super) fn is_signed(&self, transaction: &Transaction) -> bool {
        let mut spent = transaction.input.iter().map(|input| input.previous_output);
        spent.all(|out| self.known_coin(out).is_none_or(|coin| is_signed(transaction, &out, coin)))
    }

    fn known_coin(&self, out: OutPoint) -> Option<&TxOut> {
        self.wallet.spk_index().txout(out).map(|(_, coin)| coin)
    }

    /// Those that pay this wallet.
    fn paying(&self, said: &Said) -> HashMap<Txid, Arc<Transaction>> {
        let is_mine = |output: &TxOut| self.wallet.is_mine(output.script_pubkey.clone());
        let paying = said.txs.iter().filter(|one| one.output.iter().any(is_mine));
        paying.map(|one| (one.compute_txid(), one.clone())).collect()
    }

    /// A coin of this wallet's, known or said just now.
    fn coin<'a>(
        &'a self,
        paying: &'a HashMap<Txid, Arc<Transaction>>,
        out: OutPoint,
    ) -> Option<&'a TxOut> {
        let said = || {
            let output = paying.get(&out.txid)?.output.get(usize::try_from(out.vout).ok()?)?;
            self.wallet.is_mine(output.script_pubkey.clone()).then_some(output)
        };
        self.known_coin(out).or_else(said)
    }

    /// No more than a wallet can have.
    fn limit(&self, said: &mut Said) -> Result<(), TooMuch> {
        let in_block: HashSet<Txid> = said.anchors.iter().map(|(_, txid)| *txid).collect();
        let known = self.wallet.tx_graph().full_txs().filter(|known| known.anchors.is_empty());
        let mut waiting: usize = known.map(|known| known.tx.total_size()).sum();
        said.txs.retain(|one| {
            if in_block.contains(&one.compute_txid()) {
                return true;
            }
            waiting = waiting.saturating_add(one.total_size());
            one.weight().to_wu() <= MOST_WEIGHT && waiting <= MOST_WAITING
        });
        let sizes = said.txs.iter().map(|one| one.total_size());
        let all = sizes.fold(0, usize::saturating_add);
        if all > MOST_AT_ONCE { Err(TooMuch) } else { Ok(()) }
    }
}
