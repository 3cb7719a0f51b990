//! What LDK watches of a server whose blocks are read.

use bdk_wallet::chain::BlockId;
use bitcoin::{Block, OutPoint, Script, Transaction, Txid};
use lightning::chain::{Filter, WatchedOutput};
use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, MutexGuard};

/// What LDK watches, and up to where it was told of that.
#[derive(Default)]
pub(crate) struct Watched(Mutex<Registered>);

#[derive(Default)]
struct Registered {
    transactions: HashSet<Txid>,
    outputs: HashSet<OutPoint>,
    told: Option<BlockId>,
    again: BTreeSet<BlockId>,
}

impl Watched {
    fn registered(&self) -> MutexGuard<'_, Registered> {
        self.0.lock().expect("never poisoned: nothing panics there")
    }

    pub(super) fn told(&self) -> Option<BlockId> {
        self.registered().told
    }

    /// LDK was told of all up to this block.
    pub(super) fn tell(&self, block: BlockId) {
        self.registered().told = Some(block);
    }

    /// An output is spent in this block. LDK may have begun to watch it later than it was told of the block: what it can sweep
    /// when its time is over may have been taken long before.
    pub(super) fn is_spent_in(&self, out: &OutPoint, block: BlockId) {
        let mut registered = self.registered();
        let was_told = registered.told.is_some_and(|told| told.height >= block.height);
        if was_told && registered.outputs.contains(out) {
            registered.again.insert(block);
        }
    }

    /// Blocks that LDK has to be told of again.
    pub(super) fn again(&self) -> BTreeSet<BlockId> {
        std::mem::take(&mut self.registered().again)
    }

    pub(super) fn is_empty(&self) -> bool {
        let registered = self.registered();
        registered.transactions.is_empty() && registered.outputs.is_empty()
    }

    /// Those of a block that it watches, and that are not in `told`.
    pub(super) fn of<'a>(
        &self,
        block: &'a Block,
        told: &HashSet<usize>,
    ) -> Vec<(usize, &'a Transaction)> {
        let registered = self.registered();
        let is_watched = |transaction: &Transaction| {
            let mut spent = transaction.input.iter().map(|input| input.previous_output);
            spent.any(|out| registered.outputs.contains(&out))
                || registered.transactions.contains(&transaction.compute_txid())
        };
        let all = block.txdata.iter().enumerate();
        all.filter(|(index, one)| !told.contains(index) && is_watched(one)).collect()
    }
}

impl Filter for Watched {
    fn register_tx(&self, txid: &Txid, _: &Script) {
        self.registered().transactions.insert(*txid);
    }

    fn register_output(&self, output: WatchedOutput) {
        self.registered().outputs.insert(output.outpoint.into_bitcoin_outpoint());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::hashes::Hash;
    use bitcoin::{BlockHash, ScriptBuf};
    use lightning::chain::transaction;

    #[test]
    fn a_block_with_the_spend_of_what_is_watched_is_told_again() {
        let block = |height| BlockId { height, hash: BlockHash::all_zeros() };
        let watched = Watched::default();
        let script_pubkey = ScriptBuf::new();
        let outpoint = transaction::OutPoint { txid: Txid::all_zeros(), index: 1 };
        watched.register_output(WatchedOutput { block_hash: None, outpoint, script_pubkey });
        let out = outpoint.into_bitcoin_outpoint();
        watched.is_spent_in(&out, block(5));
        assert!(watched.again().is_empty(), "it is told of that one yet");
        watched.tell(block(10));
        watched.is_spent_in(&OutPoint { vout: 2, ..out }, block(5));
        watched.is_spent_in(&out, block(11));
        assert!(watched.again().is_empty(), "of another, and of one to come");
        watched.is_spent_in(&out, block(5));
        assert_eq!(watched.again(), BTreeSet::from([block(5)]));
        assert!(watched.again().is_empty(), "once");
    }
}
