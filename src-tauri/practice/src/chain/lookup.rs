//! Reading chain and mempool as one.

use super::coin::Coin;
use super::index::Place;
use super::{PracticeChain, connect, state::View};
use bitcoin::{Amount, Block, BlockHash, OutPoint, Transaction, Txid};

/// Who spent an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spender {
    /// The spending transaction.
    pub txid: Txid,
    /// Its input, from 0.
    pub vin: u32,
    /// Its place in the chain. `None` while it waits.
    pub place: Option<Place>,
}

impl View {
    /// A transaction, what it spends, and its place in the chain unless it waits.
    pub(crate) fn transaction(
        &self,
        txid: &Txid,
    ) -> Option<(&Transaction, &[Coin], Option<Place>)> {
        let confirmed =
            self.ledger.transaction(txid).map(|(tx, spent, place)| (tx, spent, Some(place)));
        confirmed.or_else(|| {
            self.mempool.get(txid).map(|entry| (&entry.tx, entry.spent.as_slice(), None))
        })
    }

    pub(crate) fn spender(&self, output: &OutPoint) -> Option<Spender> {
        let (txid, vin) =
            self.ledger.index.spender(output).or_else(|| self.mempool.spender(output))?;
        Some(Spender { txid, vin, place: self.ledger.index.place(&txid) })
    }

    pub(crate) fn fee(&self, txid: &Txid) -> Option<Amount> {
        self.transaction(txid).map(|(tx, spent, _)| connect::miner_fee(tx, spent))
    }
}

impl PracticeChain {
    /// A transaction of chain or mempool.
    pub fn transaction(&self, txid: &Txid) -> Option<Transaction> {
        self.read(|view| view.transaction(txid).map(|(tx, _, _)| tx.clone()))
    }

    /// A confirmed transaction's place.
    pub fn place_of(&self, txid: &Txid) -> Option<Place> {
        self.read(|view| view.ledger.index.place(txid))
    }

    /// The hash of the block at `height`.
    pub fn hash_at(&self, height: u32) -> Option<BlockHash> {
        self.read(|view| view.ledger.at(height).map(|connected| connected.block.block_hash()))
    }

    /// The block at `height`.
    pub fn block_at(&self, height: u32) -> Option<Block> {
        self.read(|view| view.ledger.at(height).map(|connected| connected.block.clone()))
    }

    /// Who spends an output, in chain or mempool.
    pub fn spender_of(&self, output: &OutPoint) -> Option<Spender> {
        self.read(|view| view.spender(output))
    }

    /// The waiting transactions, first come first.
    pub fn mempool(&self) -> Vec<Txid> {
        self.read(|view| view.mempool.by_arrival().into_iter().map(|entry| entry.txid).collect())
    }
}
