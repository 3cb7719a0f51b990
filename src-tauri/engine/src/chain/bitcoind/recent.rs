//! The newest blocks: the last ones whole, and of more of them what is in them, so that a transaction or a spend is found that
//! the node keeps no index of.

use super::super::SourceError;
use super::Bitcoind;
use super::deeper::LOOKED_BACK;
use bdk_wallet::chain::BlockId;
use bitcoin::hashes::Hash;
use bitcoin::{Block, BlockHash, OutPoint, Transaction, Txid};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

/// Blocks that are kept whole.
const MOST_BLOCKS: usize = 8;

/// See the module.
#[derive(Default)]
pub(super) struct Recent(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    blocks: VecDeque<(BlockHash, Arc<Block>)>,
    /// By block, what [`Mark`]s are in it, sorted.
    marks: HashMap<BlockHash, Vec<u64>>,
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Transaction(Txid),
    Spend(OutPoint),
}

impl Wanted {
    /// Eight bytes of it: two that have the same are told apart by a look at the block.
    fn mark(self) -> u64 {
        let of = |txid: Txid| {
            let bytes: [u8; 8] =
                txid.to_byte_array()[..8].try_into().expect("an id has more than eight bytes");
            u64::from_le_bytes(bytes)
        };
        match self {
            Self::Transaction(txid) => of(txid),
            Self::Spend(out) => of(out.txid).rotate_left(17) ^ (u64::from(out.vout) + 1),
        }
    }

    fn is_in(self, transaction: &Transaction) -> bool {
        match self {
            Self::Transaction(txid) => transaction.compute_txid() == txid,
            Self::Spend(out) => transaction.input.iter().any(|input| input.previous_output == out),
        }
    }
}

fn marks(block: &Block) -> Vec<u64> {
    let txids = block.txdata.iter().map(|one| Wanted::Transaction(one.compute_txid()).mark());
    let inputs = block.txdata.iter().flat_map(|one| &one.input);
    let spends = inputs.map(|input| Wanted::Spend(input.previous_output).mark());
    let mut marks: Vec<u64> = txids.chain(spends).collect();
    marks.sort_unstable();
    marks
}

impl Recent {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().expect("never poisoned: nothing panics there")
    }

    pub(super) fn block(&self, hash: &BlockHash) -> Option<Arc<Block>> {
        self.kept().blocks.iter().find(|(one, _)| one == hash).map(|(_, block)| block.clone())
    }

    pub(super) fn keep(&self, hash: BlockHash, block: &Arc<Block>) {
        let mut kept = self.kept();
        kept.blocks.push_back((hash, block.clone()));
        if kept.blocks.len() > MOST_BLOCKS {
            kept.blocks.pop_front();
        }
    }

    fn knows(&self, hash: &BlockHash, wanted: Wanted) -> Option<bool> {
        let kept = self.kept();
        Some(kept.marks.get(hash)?.binary_search(&wanted.mark()).is_ok())
    }
}

impl Bitcoind {
    /// The newest block that has it, not deeper than [`LOOKED_BACK`]. What a pruned node has thrown away is not looked at.
    pub(super) async fn look_back(
        &self,
        wanted: Wanted,
    ) -> Result<Option<(Transaction, BlockId)>, SourceError> {
        let tip = self.height().await?;
        let lowest = tip.saturating_sub(LOOKED_BACK - 1);
        let hashes = self.hashes(lowest, tip).await?;
        for (height, hash) in (lowest..=tip).rev().zip(hashes.iter().rev()) {
            if self.recent.knows(hash, wanted).is_none() {
                let block = match self.whole(*hash).await {
                    Err(SourceError::Pruned) => break,
                    block => block?,
                };
                self.recent.kept().marks.insert(*hash, marks(&block));
            }
            if self.recent.knows(hash, wanted) == Some(true) {
                let block = self.whole(*hash).await?;
                let found = block.txdata.iter().find(|one| wanted.is_in(one));
                if let Some(found) = found {
                    return Ok(Some((found.clone(), BlockId { height, hash: *hash })));
                }
            }
        }
        self.recent.kept().marks.retain(|hash, _| hashes.contains(hash));
        Ok(None)
    }

    /// The spend of an output that has one; the newest blocks were read just now. `None`: not in those that were read so far.
    pub(super) async fn look_deeper(
        &self,
        out: OutPoint,
    ) -> Result<Option<(Txid, BlockId)>, SourceError> {
        let tip = self.height().await?;
        if let Some((by, block)) = self.deeper.found(&out)
            && self.ask_hash(block.height).await? == block.hash
        {
            return Ok(Some((by, block)));
        }
        let next = self.deeper.next(&out, tip);
        let mut read = next.end;
        for height in next.rev() {
            let hash = self.ask_hash(height).await?;
            let block = match self.whole(hash).await {
                Err(SourceError::Pruned) => break,
                block => block?,
            };
            let by = block.txdata.iter().find(|one| Wanted::Spend(out).is_in(one));
            if let Some(by) = by.map(Transaction::compute_txid) {
                let place = BlockId { height, hash };
                self.deeper.find(out, by, place);
                return Ok(Some((by, place)));
            }
            read = height;
        }
        self.deeper.is_not_from(out, read, tip);
        Ok(None)
    }

    /// One that was found so.
    pub(super) async fn found_deeper(
        &self,
        txid: Txid,
    ) -> Result<Option<Transaction>, SourceError> {
        let Some(block) = self.deeper.block_with(txid) else { return Ok(None) };
        let block = self.whole(block.hash).await?;
        Ok(block.txdata.iter().find(|one| one.compute_txid() == txid).cloned())
    }
}
