//! Following the chain with a server that keeps no index: its blocks are read one after the other, each by its name in the
//! checked chain. LDK's parts hear of what they watch, and of nothing else, through the same gate as with every server: a block
//! at a time, because what they hear in one may have them watch more of it. `Listen` would be a second way to LDK beside the
//! gate, and would have every monitor written for every block.

use super::gate::Gate;
use super::server::{Blocks, Following};
use super::watched::Watched;
use super::{Source, SourceError};
use bdk_wallet::chain::{BlockId, CheckPoint};
use bitcoin::{Block, BlockHash};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// How long one look reads blocks; the next one goes on from there.
pub(crate) const READING: Duration = Duration::from_secs(60);
/// What LDK heard before is told again so far down, if a block that it heard of is not in the chain, or if it is not known how far
/// it was told everything. Hearing of a transaction twice changes nothing.
const TOLD_AGAIN: u32 = 144;

impl Source {
    /// The server, if its blocks have to be read.
    pub(crate) fn blocks(&self) -> Option<&dyn Blocks> {
        self.server.blocks()
    }

    pub(super) async fn follow_blocks(
        &self,
        blocks: &dyn Blocks,
        following: Following<'_>,
    ) -> Result<(), SourceError> {
        let Following { parts, told, settled } = following;
        if parts.is_empty() {
            return Ok(());
        }
        if let Some(settled) = settled {
            settled().await;
        }
        let gate = Gate::before(parts);
        gate.undo_all(&self.headers);
        if let (Some(tip), false) = (self.headers.tip(), blocks.watched().is_empty()) {
            let told = blocks.watched().told().or(told);
            self.tell_up_to(tip.height, blocks, &gate, told).await?;
        }
        gate.reach(&self.headers);
        Ok(())
    }

    async fn tell_up_to(
        &self,
        tip: u32,
        blocks: &dyn Blocks,
        gate: &Gate<'_>,
        told: Option<BlockId>,
    ) -> Result<(), SourceError> {
        let (begun, watched) = (Instant::now(), blocks.watched());
        for BlockId { height, hash } in watched.again() {
            if self.headers.hash(height) == Some(hash) {
                let block = blocks.block(hash).await?;
                self.tell(gate, watched, &block, height);
            }
        }
        for height in self.first_untold(told)..=tip {
            let Some(hash) = self.headers.hash(height) else { break };
            if begun.elapsed() > READING {
                return Err(SourceError::Reading {
                    left: tip.saturating_sub(height).saturating_add(1),
                });
            }
            let block = blocks.block(hash).await?;
            self.tell(gate, watched, &block, height);
            watched.tell(BlockId { height, hash });
        }
        Ok(())
    }

    /// The block up to which LDK was told of all that it watches, if the server's blocks are read.
    pub(crate) fn told(&self) -> Option<BlockId> {
        self.server.blocks()?.watched().told()
    }

    /// What LDK watches of a block, and what it watches then.
    fn tell(&self, gate: &Gate<'_>, watched: &Watched, block: &Block, height: u32) {
        let mut told = HashSet::new();
        loop {
            let found = watched.of(block, &told);
            if found.is_empty() {
                return;
            }
            told.extend(found.iter().map(|(index, _)| *index));
            gate.confirm(&block.header, &found, height, &self.headers);
        }
    }

    /// No block below can have paid a wallet.
    pub(crate) fn first_payable(&self) -> u32 {
        self.network.parameters().first_segwit
    }

    /// The newest block of a wallet's that is in the checked chain, or that nobody checks.
    pub(crate) fn agreed(&self, known: &CheckPoint) -> u32 {
        let tip = self.headers.tip();
        let is_agreed = |block: &CheckPoint| match self.headers.hash(block.height()) {
            Some(hash) => hash == block.hash(),
            None => tip.is_some_and(|tip| block.height() <= tip.height),
        };
        known.iter().find(is_agreed).map_or(0, |block| block.height())
    }

    /// The block at this height: that of the checked chain, and below it the server's.
    pub(crate) async fn block_at(&self, height: u32) -> Result<BlockHash, SourceError> {
        match self.headers.hash(height) {
            Some(hash) => Ok(hash),
            None => self.server.hash_at(height).await,
        }
    }

    /// Whether this block is in the checked chain.
    pub(crate) fn is_checked(&self, block: &BlockId) -> bool {
        self.headers.hash(block.height) == Some(block.hash)
    }

    fn first_untold(&self, told: Option<BlockId>) -> u32 {
        let begins = self.headers.begins_above().map_or(0, |block| block.height);
        let after = match told {
            Some(told) if self.headers.hash(told.height) == Some(told.hash) => told.height,
            Some(told) => {
                let tip = self.headers.tip().map_or(0, |tip| tip.height);
                told.height.min(tip).saturating_sub(TOLD_AGAIN)
            }
            None => begins,
        };
        after.max(begins).saturating_add(1)
    }
}
