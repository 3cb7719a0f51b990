use super::amounts::fee_of;
use super::{Inner, Onchain};
use crate::amount::Sat;
use crate::time::Timestamp;
use bdk_wallet::chain::{BlockId, ChainPosition};
use bdk_wallet::{LocalOutput, WalletTx};
use bitcoin::{BlockHash, OutPoint, Transaction, TxOut, Txid};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A reorganisation is not so deep.
const WELL_BELOW: u32 = 20;

/// A transaction that moved money of this wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnchainTx {
    /// Its id.
    pub txid: Txid,
    /// It, whole.
    pub transaction: Arc<Transaction>,
    /// What it took from us, fee included.
    pub sent: Sat,
    /// What it gave to us, change included.
    pub received: Sat,
    /// What the miners got, if all inputs are known.
    pub fee: Option<Sat>,
    /// Every input is ours: we made it.
    pub own: bool,
    /// Its block, if it is in one.
    pub confirmation: Option<Confirmation>,
    /// When it was first seen outside a block, if it was.
    pub seen: Option<Timestamp>,
}

/// Where a transaction confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Height of its block.
    pub height: u32,
    /// Hash of its block.
    pub block: BlockHash,
    /// The block's own time.
    pub time: Timestamp,
    /// 1 in the newest block.
    pub count: u32,
}

/// What the wallet counts. BDK works it out of everything that it ever heard; so that is done once for each change of the
/// wallet, and whoever looks shares the answer.
#[derive(Debug, Default)]
pub struct History {
    /// Those outside a block first, then the newest.
    transactions: Vec<OnchainTx>,
    places: HashMap<Txid, usize>,
    spenders: HashMap<OutPoint, usize>,
    pub(super) unspent: Vec<LocalOutput>,
}

impl History {
    /// All transactions: those outside a block first, then the newest.
    pub fn all(&self) -> &[OnchainTx] {
        &self.transactions
    }

    /// One transaction, if it is ours and can (still) be on the chain.
    pub fn get(&self, txid: &Txid) -> Option<&OnchainTx> {
        self.places.get(txid).map(|place| &self.transactions[*place])
    }

    /// The transaction that spends this output.
    pub(crate) fn spender(&self, outpoint: &OutPoint) -> Option<&OnchainTx> {
        self.spenders.get(outpoint).map(|place| &self.transactions[*place])
    }
}

impl Onchain {
    /// What the wallet counts now.
    pub fn history(&self) -> Arc<History> {
        self.lock().history.clone()
    }

    /// One transaction, if it is ours and can (still) be on the chain.
    pub fn transaction(&self, txid: Txid) -> Option<OnchainTx> {
        self.history().get(&txid).cloned()
    }

    /// Transactions of which nobody has learnt yet that they are where they are: all that are outside a block, and those in
    /// another block than the last time.
    pub(crate) fn unlearnt(&self) -> Vec<Txid> {
        let inner = self.lock();
        let is_learnt = |tx: &&OnchainTx| {
            let block = tx.confirmation.map(|at| at.block);
            block.is_some() && inner.learnt.get(&tx.txid).copied() == block
        };
        inner.history.all().iter().filter(|tx| !is_learnt(tx)).map(|tx| tx.txid).collect()
    }

    /// It has been learnt where this transaction is.
    pub(crate) fn learnt(&self, tx: &OnchainTx) {
        let mut inner = self.lock();
        match tx.confirmation {
            Some(at) => inner.learnt.insert(tx.txid, at.block),
            None => inner.learnt.remove(&tx.txid),
        };
    }
}

impl Inner {
    /// After a change of what the wallet counts. BDK decides once which transactions are: its list of unspent coins would be
    /// a second time.
    pub(super) fn count(&mut self) {
        let counted: Vec<WalletTx<'_>> = self.wallet.transactions().collect();
        let mut transactions: Vec<OnchainTx> = counted.iter().map(|tx| self.describe(tx)).collect();
        let age = |tx: &OnchainTx| {
            std::cmp::Reverse((tx.confirmation.map_or(u32::MAX, |at| at.height), tx.seen))
        };
        transactions.sort_by_key(|tx| (age(tx), tx.txid));
        let (mut places, mut spenders) = (HashMap::new(), HashMap::new());
        for (place, tx) in transactions.iter().enumerate() {
            places.insert(tx.txid, place);
            let spent = tx.transaction.input.iter().map(|input| input.previous_output);
            spenders.extend(spent.map(|outpoint| (outpoint, place)));
        }
        let unspent = counted.iter().flat_map(|tx| self.coins_from(tx));
        let unspent = unspent.filter(|coin| !spenders.contains_key(&coin.outpoint)).collect();
        self.history = Arc::new(History { transactions, places, spenders, unspent });
    }

    /// What does not count because of what it conflicts with, and would if that were gone. Our own is gone for good: only what
    /// we signed took its place.
    pub(super) fn conflicted(&self) -> impl Iterator<Item = (Txid, Arc<Transaction>)> {
        let graph = self.wallet.tx_graph();
        // Those that were missed since are not among them.
        let seen = graph.txids_by_descending_last_seen().map(|(_, txid)| txid);
        let beside = seen.filter(|txid| self.history.get(txid).is_none());
        let known = beside.filter_map(|txid| Some((txid, graph.get_tx(txid)?)));
        known.filter(|(_, one)| !self.is_own(one, false))
    }

    /// One of this wallet's coins, if it is there and nothing spends it. BDK's own answer works out anew, for each coin, which
    /// of all transactions count.
    pub(super) fn unspent_output(&self, outpoint: OutPoint) -> Option<&TxOut> {
        self.history.get(&outpoint.txid)?;
        let (_, coin) = self.wallet.spk_index().txout(outpoint)?;
        self.history.spender(&outpoint).is_none().then_some(coin)
    }

    /// A transaction's outputs to this wallet, as if none were spent.
    fn coins_from(&self, tx: &WalletTx<'_>) -> impl Iterator<Item = LocalOutput> {
        let (txid, transaction) = (tx.tx_node.txid, tx.tx_node.tx.clone());
        let outputs = (0..).map(move |vout| OutPoint { txid, vout }).take(transaction.output.len());
        outputs.filter_map(|outpoint| {
            let ((keychain, derivation_index), txout) = self.wallet.spk_index().txout(outpoint)?;
            Some(LocalOutput {
                outpoint,
                txout: txout.clone(),
                keychain,
                is_spent: false,
                derivation_index,
                chain_position: tx.chain_position,
            })
        })
    }

    pub(super) fn describe(&self, tx: &WalletTx<'_>) -> OnchainTx {
        let transaction = tx.tx_node.tx.clone();
        let (sent, received) = self.wallet.sent_and_received(&transaction);
        let tip = self.wallet.latest_checkpoint().height();
        let (confirmation, seen) = match &tx.chain_position {
            ChainPosition::Confirmed { anchor, .. } => {
                let confirmation = Confirmation {
                    height: anchor.block_id.height,
                    block: anchor.block_id.hash,
                    time: Timestamp::from_secs(anchor.confirmation_time),
                    count: tip.saturating_sub(anchor.block_id.height) + 1,
                };
                (Some(confirmation), tx.tx_node.first_seen)
            }
            ChainPosition::Unconfirmed { first_seen, .. } => (None, *first_seen),
        };
        OnchainTx {
            txid: tx.tx_node.txid,
            sent: sent.into(),
            received: received.into(),
            fee: fee_of(&self.wallet, &transaction),
            own: self.is_own(&transaction, confirmation.is_some()),
            confirmation,
            seen: seen.map(Timestamp::from_secs),
            transaction,
        }
    }
}

impl Onchain {
    /// Transactions, known but perhaps not on the chain, that spend what this one spends.
    pub(crate) fn conflicts(&self, txid: &Txid) -> Vec<Txid> {
        let inner = self.lock();
        let graph = inner.wallet.tx_graph();
        let Some(transaction) = graph.get_tx(*txid) else { return Vec::new() };
        let mut found: Vec<Txid> =
            graph.direct_conflicts(&transaction).map(|(_, conflict)| conflict).collect();
        found.dedup();
        found
    }

    /// What a transaction spends of this wallet's, spent or not.
    pub(crate) fn coins_of(&self, transaction: &Transaction) -> Vec<(OutPoint, TxOut)> {
        let inner = self.lock();
        let coins = transaction.input.iter().filter_map(|input| {
            let (_, coin) = inner.wallet.spk_index().txout(input.previous_output)?;
            Some((input.previous_output, coin.clone()))
        });
        coins.collect()
    }

    /// The blocks that the wallet knows, by height.
    pub(crate) fn blocks(&self) -> BTreeMap<u32, BlockHash> {
        let checkpoint = self.lock().wallet.latest_checkpoint();
        checkpoint.iter().map(|block| (block.height(), block.hash())).collect()
    }

    /// The newest block that is so deep that nothing undoes it.
    pub(crate) fn well_below_tip(&self) -> Option<BlockId> {
        let tip = self.lock().wallet.latest_checkpoint();
        let deep = |height: u32| height.saturating_add(WELL_BELOW) <= tip.height();
        tip.iter().map(|block| block.block_id()).find(|block| deep(block.height))
    }

    /// The sum of a transaction's outputs to us.
    pub(crate) fn paid_to_us(&self, transaction: &Transaction) -> Sat {
        self.lock().wallet.sent_and_received(transaction).1.into()
    }

    /// Whether an output was ever this wallet's.
    pub(crate) fn holds(&self, outpoint: &OutPoint) -> bool {
        self.lock().wallet.spk_index().txout(*outpoint).is_some()
    }

    /// The sum of the coins a transaction spends, if all of them are this wallet's.
    pub fn value_of_inputs(&self, transaction: &Transaction) -> Option<Sat> {
        let inner = self.lock();
        let coins =
            transaction.input.iter().map(|input| inner.unspent_output(input.previous_output));
        coins
            .map(|coin| coin.map(|coin| coin.value.into()))
            .collect::<Option<Vec<Sat>>>()
            .and_then(Sat::sum)
    }
}
