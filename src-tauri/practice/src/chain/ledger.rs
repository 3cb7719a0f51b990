//! The confirmed chain: blocks, unspent outputs and what is needed to undo a block. It never holds an invalid block:
//! the only way in is `connect::connect`, which checks everything.

use super::coin::{Coin, Spot};
use super::index::{Index, Place};
use bitcoin::{
    Amount, Block, BlockHash, Network, OutPoint, Transaction, Txid,
    blockdata::constants::genesis_block,
};
use std::collections::HashMap;

/// A block in the chain, with what undoing and reading it needs.
#[derive(Clone, Debug)]
pub(crate) struct Connected {
    pub(crate) block: Block,
    /// What each transaction spent, in the order of the block and of its inputs. The coinbase spends nothing.
    pub(crate) spent: Vec<Vec<Coin>>,
    /// What the miner earned beside the subsidy.
    pub(crate) fees: Amount,
}

/// The chain from regtest's genesis to the tip. Heights count from 0.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    blocks: Vec<Connected>,
    heights: HashMap<BlockHash, u32>,
    coins: HashMap<OutPoint, Coin>,
    pub(crate) index: Index,
    /// Blocks ever connected, undone ones too. A block built later is never the same as one that was undone.
    born: u64,
}

impl Ledger {
    /// Regtest's genesis. Its reward is not spendable, as in bitcoin itself, and so not a coin.
    pub(crate) fn genesis() -> Self {
        let block = genesis_block(Network::Regtest);
        let heights = HashMap::from([(block.block_hash(), 0)]);
        let mut index = Index::default();
        index.add(&block.txdata[0], &[], Place { height: 0, position: 0 });
        let blocks = vec![Connected { block, spent: vec![Vec::new()], fees: Amount::ZERO }];
        Self { blocks, heights, coins: HashMap::new(), index, born: 0 }
    }

    pub(crate) fn height(&self) -> u32 {
        u32::try_from(self.blocks.len() - 1).expect("fewer than 2^32 blocks")
    }

    pub(crate) fn tip(&self) -> &Connected {
        self.blocks.last().expect("genesis is never undone")
    }

    pub(crate) fn at(&self, height: u32) -> Option<&Connected> {
        self.blocks.get(height as usize)
    }

    pub(crate) fn height_of(&self, hash: &BlockHash) -> Option<u32> {
        self.heights.get(hash).copied()
    }

    pub(crate) fn coin(&self, output: &OutPoint) -> Option<&Coin> {
        self.coins.get(output)
    }

    pub(crate) fn coins(&self) -> impl Iterator<Item = (&OutPoint, &Coin)> {
        self.coins.iter()
    }

    /// A confirmed transaction with what it spent.
    pub(crate) fn transaction(&self, txid: &Txid) -> Option<(&Transaction, &[Coin], Place)> {
        let place = self.index.place(txid)?;
        let connected = self.at(place.height)?;
        Some((&connected.block.txdata[place.position], &connected.spent[place.position], place))
    }

    /// Median time of the block at `height` and the ten before it (BIP 113). 0 above the tip.
    pub(crate) fn median_time(&self, height: u32) -> u32 {
        let end = self.blocks.len().min(height as usize + 1);
        let mut times: Vec<u32> = self.blocks[end.saturating_sub(11)..end]
            .iter()
            .map(|connected| connected.block.header.time)
            .collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or(0)
    }

    /// Where the next block stands.
    pub(crate) fn next(&self) -> Spot {
        Spot { height: self.height() + 1, median_time: self.median_time(self.height()) }
    }

    /// How many blocks were ever connected.
    pub(crate) fn born(&self) -> u64 {
        self.born
    }

    /// Makes the tip of a block that `check` finds right. It says what each transaction spends, and the sum of the fees.
    pub(super) fn connect<E>(
        &mut self,
        block: Block,
        check: impl FnOnce(&Self, &Block) -> Result<(Vec<Vec<Coin>>, Amount), E>,
    ) -> Result<&Connected, E> {
        let (spent, fees) = check(self, &block)?;
        let height = self.height() + 1;
        for (position, (tx, coins)) in block.txdata.iter().zip(&spent).enumerate() {
            self.spend_and_pay(tx, height, position == 0);
            self.index.add(tx, coins, Place { height, position });
        }
        self.heights.insert(block.block_hash(), height);
        self.born += 1;
        self.blocks.push(Connected { block, spent, fees });
        Ok(self.tip())
    }

    /// Undoes the tip. Genesis stays.
    pub(crate) fn disconnect(&mut self) -> Option<Block> {
        if self.height() == 0 {
            return None;
        }
        let Connected { block, spent, .. } = self.blocks.pop()?;
        for (tx, coins) in block.txdata.iter().zip(&spent).rev() {
            self.index.remove(tx, coins);
            for (output, _) in outputs(tx) {
                self.coins.remove(&output);
            }
            for (input, coin) in tx.input.iter().zip(coins) {
                self.coins.insert(input.previous_output, coin.clone());
            }
        }
        self.heights.remove(&block.block_hash());
        Some(block)
    }

    fn spend_and_pay(&mut self, tx: &Transaction, height: u32, coinbase: bool) {
        for input in &tx.input {
            self.coins.remove(&input.previous_output);
        }
        for (output, value) in outputs(tx) {
            self.coins.insert(output, Coin { output: value.clone(), height, coinbase });
        }
    }
}

/// The outputs a transaction adds to the unspent ones: all but those nobody can spend.
pub(crate) fn outputs(tx: &Transaction) -> impl Iterator<Item = (OutPoint, &bitcoin::TxOut)> {
    let txid = tx.compute_txid();
    let numbered = (0u32..).zip(&tx.output);
    numbered
        .filter(|(_, output)| !output.script_pubkey.is_op_return())
        .map(move |(vout, output)| (OutPoint { txid, vout }, output))
}
