//! Where things are in the chain: transactions, who spent an output, the history of a script.

use super::coin::Coin;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::{OutPoint, Script, Transaction, Txid};
use std::collections::{HashMap, HashSet};

/// The name Esplora gives a script: the SHA-256 of its bytes.
pub type ScriptId = sha256::Hash;

/// A transaction's place in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The height of its block.
    pub height: u32,
    /// Its position in the block, the coinbase being 0.
    pub position: usize,
}

/// The look-up tables of a chain. Kept in step with it, never read from it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    places: HashMap<Txid, Place>,
    spenders: HashMap<OutPoint, (Txid, u32)>,
    histories: HashMap<ScriptId, Vec<Txid>>,
}

/// The id of a script.
pub(crate) fn script_id(script: &Script) -> ScriptId {
    sha256::Hash::hash(script.as_bytes())
}

/// Every script a transaction pays or spends from, once.
pub(crate) fn touched<'a>(tx: &'a Transaction, spent: &'a [Coin]) -> HashSet<ScriptId> {
    let paid = tx.output.iter().map(|output| &output.script_pubkey);
    paid.chain(spent.iter().map(|coin| &coin.output.script_pubkey))
        .map(|script| script_id(script))
        .collect()
}

impl Index {
    pub(crate) fn place(&self, txid: &Txid) -> Option<Place> {
        self.places.get(txid).copied()
    }

    /// The transaction and input that spent an output.
    pub(crate) fn spender(&self, output: &OutPoint) -> Option<(Txid, u32)> {
        self.spenders.get(output).copied()
    }

    /// The transactions that touch a script, oldest first.
    pub(crate) fn history(&self, script: &ScriptId) -> &[Txid] {
        self.histories.get(script).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn add(&mut self, tx: &Transaction, spent: &[Coin], place: Place) {
        let txid = tx.compute_txid();
        self.places.insert(txid, place);
        for (vin, input) in (0u32..).zip(&tx.input) {
            self.spenders.insert(input.previous_output, (txid, vin));
        }
        for script in touched(tx, spent) {
            self.histories.entry(script).or_default().push(txid);
        }
    }

    /// Forgets a transaction. Transactions leave in the reverse of the order they came in.
    pub(crate) fn remove(&mut self, tx: &Transaction, spent: &[Coin]) {
        let txid = tx.compute_txid();
        self.places.remove(&txid);
        for input in &tx.input {
            self.spenders.remove(&input.previous_output);
        }
        for script in touched(tx, spent) {
            let left = self.histories.get_mut(&script).and_then(Vec::pop);
            debug_assert_eq!(left, Some(txid), "transactions leave in reverse order");
        }
    }
}
