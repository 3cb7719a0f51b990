//! Chain and mempool changed together, each change noted for the log and for listeners. Everything is decided by what
//! is already here and never by a clock, so that replaying the steps gives the same state.

use super::connect::connect;
use super::ledger::Ledger;
use super::mempool::Mempool;
use super::step::Step;
use super::{BlockRefusal, ChainError, ChainEvent, Refusal, admit};
use bitcoin::{Block, Transaction, Txid};

/// The chain and the mempool as one can see them from outside.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) ledger: Ledger,
    pub(crate) mempool: Mempool,
}

/// A view that can be changed, and what was changed since the last time it was written down.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) view: View,
    pub(crate) steps: Vec<Step>,
    pub(crate) events: Vec<ChainEvent>,
}

impl State {
    pub(crate) fn genesis() -> Self {
        let view = View { ledger: Ledger::genesis(), mempool: Mempool::default() };
        Self { view, steps: Vec::new(), events: Vec::new() }
    }

    /// Makes a change from the log again.
    pub(crate) fn replay(&mut self, step: Step) -> Result<(), ChainError> {
        match step {
            Step::Connected(block) => self.connect(block)?,
            Step::Undone(depth) => self.undo(depth)?,
            Step::Evicted(txid) => self.evict(txid),
            Step::Admitted(group) => {
                // Rules may have become stricter since: a waiting transaction is not worth a chain that does not open.
                if let Err((txid, refusal)) = self.admit(&group) {
                    tracing::warn!(%txid, %refusal, "a waiting transaction is not accepted again");
                }
            }
        }
        Ok(())
    }

    /// Puts a block on the tip and takes its transactions, and whatever conflicts with them, out of the mempool.
    pub(crate) fn connect(&mut self, block: Block) -> Result<(), BlockRefusal> {
        let connected = connect(&mut self.view.ledger, block)?;
        let (block, fees) = (connected.block.clone(), connected.fees);
        let transactions: Vec<Txid> =
            block.txdata.iter().skip(1).map(Transaction::compute_txid).collect();
        for (tx, txid) in block.txdata.iter().skip(1).zip(&transactions) {
            self.view.mempool.take(txid);
            for input in &tx.input {
                if let Some((conflict, _)) = self.view.mempool.spender(&input.previous_output) {
                    self.view.mempool.evict(conflict);
                }
            }
        }
        self.view.mempool.trim();
        let (height, hash) = (self.view.ledger.height(), block.block_hash());
        self.events.push(ChainEvent::NewTip { height, hash, transactions, fees: fees.into() });
        self.steps.push(Step::Connected(block));
        Ok(())
    }

    /// Undoes blocks from the tip. Their transactions wait again, as far as they are still valid, and so do those that
    /// waited before.
    pub(crate) fn undo(&mut self, depth: u32) -> Result<(), ChainError> {
        let height = self.view.ledger.height();
        if depth > height {
            return Err(ChainError::TooDeep { depth, height });
        }
        let mut blocks: Vec<Block> =
            (0..depth).filter_map(|_| self.view.ledger.disconnect()).collect();
        blocks.reverse();
        let confirmed = blocks.into_iter().flat_map(|block| block.txdata.into_iter().skip(1));
        let before = std::mem::take(&mut self.view.mempool);
        let waiting = before.by_arrival().into_iter().map(|entry| entry.tx.clone());
        for tx in confirmed.chain(waiting) {
            let View { ledger, mempool } = &mut self.view;
            match admit::judge_unpriced(mempool, ledger, &tx) {
                Ok((spent, fee)) => mempool.insert(tx, spent, fee),
                Err(refusal) => {
                    tracing::debug!(txid = %tx.compute_txid(), %refusal, "not valid after a reorg")
                }
            }
        }
        self.view.mempool.trim();
        self.steps.push(Step::Undone(depth));
        Ok(())
    }

    /// Throws a transaction and what spends from it out of the mempool.
    pub(crate) fn evict(&mut self, txid: Txid) {
        if !self.view.mempool.evict(txid).is_empty() {
            self.view.mempool.trim();
            self.steps.push(Step::Evicted(txid));
        }
    }

    /// Takes transactions into the mempool whose fees count together, and returns what they replaced. Refused ones
    /// change nothing.
    pub(crate) fn admit(&mut self, group: &[Transaction]) -> Result<Vec<Txid>, (Txid, Refusal)> {
        let View { ledger, mempool } = &mut self.view;
        let admission = admit::judge(mempool, ledger, group)?;
        let mut replaced: Vec<Txid> =
            admission.replaced.iter().flat_map(|txid| mempool.evict(*txid)).collect();
        for (tx, spent, fee) in admission.entries {
            self.events.push(ChainEvent::TxSeen { txid: tx.compute_txid(), fee: fee.into() });
            mempool.insert(tx, spent, fee);
        }
        replaced.extend(mempool.trim());
        self.steps.push(Step::Admitted(group.to_vec()));
        Ok(replaced)
    }
}
