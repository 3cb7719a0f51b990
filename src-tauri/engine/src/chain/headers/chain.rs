//! A chain of headers above a block that is known to be right. Pure: whoever brings headers has them checked here, and a branch
//! takes the chain's place only if it has more work.

use super::rules::{BadHeader, Below, Rules};
use crate::network::NetworkId;
use bdk_wallet::chain::BlockId;
use bitcoin::block::Header;
use bitcoin::{BlockHash, CompactTarget, Work};

/// The block that a chain begins above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) block: BlockId,
    /// The difficulty of the next block, where it is known.
    pub(crate) next_bits: Option<CompactTarget>,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct HeaderChain {
    rules: Rules,
    anchor: Anchor,
    /// A block that must be in it, where that is above the anchor: every branch that has another one there is wrong.
    required: Option<BlockId>,
    headers: Vec<Header>,
}

/// What became of a branch that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offered {
    /// The chain has all of it already.
    Known,
    /// It is the chain now, from this height on.
    Taken { from: u32 },
    /// It is right, and has no more work than what it would replace.
    Lighter,
    /// The block below it is not in the chain.
    Apart,
}

/// A chain with some of its upper headers replaced.
struct Replaced<'a> {
    chain: &'a HeaderChain,
    from: u32,
    branch: &'a [Header],
}

impl Below for Replaced<'_> {
    fn header(&self, height: u32) -> Option<Header> {
        match height.checked_sub(self.from) {
            Some(place) => self.branch.get(usize::try_from(place).ok()?).copied(),
            None => self.chain.header(height),
        }
    }

    fn first_bits(&self) -> Option<CompactTarget> {
        self.chain.anchor.next_bits
    }
}

impl HeaderChain {
    pub(crate) fn above(network: NetworkId, anchor: Anchor) -> Self {
        Self { rules: Rules::of(network), anchor, required: None, headers: Vec::new() }
    }

    /// The same, which can only become a chain with this block.
    pub(crate) fn with(self, required: Option<BlockId>) -> Self {
        Self { required, ..self }
    }

    pub(crate) fn anchor(&self) -> Anchor {
        self.anchor
    }

    pub(crate) fn height(&self) -> u32 {
        let above = u32::try_from(self.headers.len()).unwrap_or(u32::MAX);
        self.anchor.block.height.saturating_add(above)
    }

    pub(crate) fn tip(&self) -> BlockId {
        let hash = self.headers.last().map_or(self.anchor.block.hash, Header::block_hash);
        BlockId { height: self.height(), hash }
    }

    /// The header at this height; the anchor's own is not known.
    pub(crate) fn header(&self, height: u32) -> Option<Header> {
        self.headers.get(self.place(height)?).copied()
    }

    /// The block at this height. `None`: below the anchor, or above the tip.
    pub(crate) fn hash(&self, height: u32) -> Option<BlockHash> {
        if height == self.anchor.block.height {
            return Some(self.anchor.block.hash);
        }
        Some(self.header(height)?.block_hash())
    }

    fn place(&self, height: u32) -> Option<usize> {
        usize::try_from(height.checked_sub(self.anchor.block.height)?.checked_sub(1)?).ok()
    }

    /// Takes headers that follow each other, the first of them at `from`, where they are right and have more work.
    ///
    /// # Errors
    /// Where one of them cannot stand there. The chain is as before.
    pub(crate) fn offer(&mut self, from: u32, branch: &[Header]) -> Result<Offered, BadHeader> {
        let above = u32::try_from(branch.len()).ok().and_then(|count| from.checked_add(count));
        if above.is_none() {
            return Ok(Offered::Apart);
        }
        let is_known = |(height, header): (u32, &Header)| {
            height < self.anchor.block.height || self.hash(height) == Some(header.block_hash())
        };
        let known = (from..=u32::MAX).zip(branch).take_while(|pair| is_known(*pair)).count();
        let (new, known) = (&branch[known..], u32::try_from(known).unwrap_or(u32::MAX));
        let from = from.saturating_add(known);
        let Some(first) = new.first() else { return Ok(Offered::Known) };
        let before = from.checked_sub(1).and_then(|below| self.hash(below));
        if before != Some(first.prev_blockhash) {
            return Ok(Offered::Apart);
        }
        self.check(from, new)?;
        let place = self.place(from).expect("the block below is in the chain");
        if !self.headers[place..].is_empty() && work(new) <= work(&self.headers[place..]) {
            return Ok(Offered::Lighter);
        }
        self.headers.truncate(place);
        self.headers.extend_from_slice(new);
        Ok(Offered::Taken { from })
    }

    fn check(&self, from: u32, branch: &[Header]) -> Result<(), BadHeader> {
        let below = Replaced { chain: self, from, branch };
        let mut before = branch.first().map(|first| first.prev_blockhash);
        for (height, header) in (from..=u32::MAX).zip(branch) {
            let hash = header.block_hash();
            let follows = before.replace(hash).ok_or(BadHeader::Link)?;
            self.rules.check(&below, follows, height, header)?;
            if self.required.is_some_and(|block| block.height == height && block.hash != hash) {
                return Err(BadHeader::Checkpoint);
            }
        }
        Ok(())
    }

    /// Headers that were checked before and kept: as many of them as hang together.
    pub(crate) fn restore(&mut self, headers: impl IntoIterator<Item = Header>) {
        let mut tip = self.tip().hash;
        for header in headers {
            if header.prev_blockhash != tip {
                return;
            }
            tip = header.block_hash();
            self.headers.push(header);
        }
    }
}

fn work(headers: &[Header]) -> Work {
    let zero = Work::from_be_bytes([0; 32]);
    headers.iter().fold(zero, |sum, header| sum + header.work())
}
