//! The chain against its rules.

mod blocks;
mod books;
mod mempool;
mod packages;
mod reorgs;
mod restart;
mod rules;

use super::faucet::Purse;
use super::*;
use bitcoin::{OutPoint, Sequence, TxIn, TxOut, Witness, absolute, transaction};
use std::sync::atomic::{AtomicU64, Ordering};

/// When the tests happen, in unix seconds.
pub(crate) const NOW: u64 = 1_790_000_000;

/// A chain of its own, with a clock one can set and a purse that owns coins.
pub(crate) struct Bench {
    pub(crate) chain: PracticeChain,
    pub(crate) purse: Purse,
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) dir: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicU64::new(NOW));
        let chain = open(dir.path(), &clock);
        Self { chain, purse: Purse::named("a purse"), clock, dir }
    }

    /// Closes the chain and opens it again from its log.
    pub(crate) fn restart(self) -> Self {
        let Self { chain, purse, clock, dir } = self;
        drop(chain);
        let chain = open(dir.path(), &clock);
        Self { chain, purse, clock, dir }
    }

    /// A confirmed coin of the purse.
    pub(crate) fn coin(&self, sat: u64) -> (OutPoint, TxOut) {
        let tx = self.chain.faucet(self.purse.script.clone(), Sat::new(sat)).unwrap();
        self.chain.mine(1).unwrap();
        (OutPoint { txid: tx.compute_txid(), vout: 0 }, tx.output[0].clone())
    }

    /// A signed payment of the purse to itself.
    pub(crate) fn spend(&self, from: &[(OutPoint, TxOut)], fee: u64) -> Transaction {
        let into: u64 = from.iter().map(|(_, coin)| coin.value.to_sat()).sum();
        self.signed(draft(from, &[(into - fee, &self.purse.script)]), from)
    }

    pub(crate) fn signed(&self, mut tx: Transaction, from: &[(OutPoint, TxOut)]) -> Transaction {
        let coins: Vec<TxOut> = from.iter().map(|(_, coin)| coin.clone()).collect();
        self.purse.sign(&mut tx, &coins);
        tx
    }

    /// Why the mempool refuses a transaction.
    pub(crate) fn refusal(&self, tx: &Transaction) -> Refusal {
        match self.chain.submit(tx.clone()) {
            Err(ChainError::Refused(refusal)) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// A block with these transactions on the tip, whether it is valid or not. `fees` is what the miner takes.
    pub(crate) fn block(&self, txs: &[Transaction], fees: u64) -> Block {
        let script = self.purse.script.clone();
        let time = header_time(Timestamp::from_secs(self.clock.load(Ordering::Relaxed)));
        self.chain.read(|view| {
            build::block(&view.ledger, txs.to_vec(), Amount::from_sat(fees), script, time)
        })
    }

    /// Why a block is refused.
    pub(crate) fn block_refusal(&self, block: Block) -> BlockRefusal {
        let before = self.chain.tip();
        let refused = self.chain.submit_block(block);
        assert_eq!(self.chain.tip(), before, "a refused block changes nothing");
        match refused {
            Err(ChainError::Block(refusal)) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// A transaction is refused for the same reason by the mempool and in a block.
    pub(crate) fn refused_twice(&self, tx: &Transaction, fees: u64) -> Refusal {
        let refusal = self.refusal(tx);
        let block = self.block_refusal(self.block(std::slice::from_ref(tx), fees));
        assert_eq!(
            block,
            BlockRefusal::Transaction { txid: tx.compute_txid(), refusal: refusal.clone() }
        );
        refusal
    }

    /// The books are exact.
    pub(crate) fn audit(&self) {
        assert_eq!(self.chain.utxos_total(), self.chain.subsidies_total());
    }
}

fn open(dir: &Path, clock: &Arc<AtomicU64>) -> PracticeChain {
    let clock = clock.clone();
    PracticeChain::open(dir, move || Timestamp::from_secs(clock.load(Ordering::Relaxed))).unwrap()
}

/// An unsigned transaction.
pub(crate) fn draft(from: &[(OutPoint, TxOut)], to: &[(u64, &ScriptBuf)]) -> Transaction {
    let input = |(previous_output, _): &(OutPoint, TxOut)| TxIn {
        previous_output: *previous_output,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::new(),
    };
    let output = |(sat, script): &(u64, &ScriptBuf)| TxOut {
        value: Amount::from_sat(*sat),
        script_pubkey: (*script).clone(),
    };
    Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: from.iter().map(input).collect(),
        output: to.iter().map(output).collect(),
    }
}

/// The first output of a transaction, to be spent.
pub(crate) fn first_output(tx: &Transaction) -> (OutPoint, TxOut) {
    (OutPoint { txid: tx.compute_txid(), vout: 0 }, tx.output[0].clone())
}
