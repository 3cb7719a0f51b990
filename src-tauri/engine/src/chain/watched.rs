//! What LDK watches of a server whose blocks are read.

use bdk_wallet::chain::BlockId;
use bitcoin::{Block, OutPoint, Script, Transaction, Txid};
use lightning::chain::{Filter, WatchedOutput};
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard};

/// What LDK watches, and up to where it was told of that.
#[derive(Default)]
pub(crate) struct Watched(Mutex<Registered>);

#[derive(Default)]
struct Registered {
    transactions: HashSet<Txid>,
    outputs: HashSet<OutPoint>,
    told: Option<BlockId>,
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
