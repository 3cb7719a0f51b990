//! What a server says, looked at before anybody counts with it. Heights and times are bounded, so that no sum of them
//! can overflow; blocks must hang together. It proves nothing: a lie that is consistent passes.

use super::{SourceError, Tip};
use crate::time::Timestamp;
use bdk_wallet::chain::BlockId;
use bitcoin::block::Header;

/// Above every height of the next hundred years.
const MOST_HEIGHT: u32 = 10_000_000;
/// Bitcoin allows a block two hours (`MAX_FUTURE_BLOCK_TIME`); the rest is for a clock that is wrong. LDK keeps the latest
/// time that it saw for ever, and takes no payment for a request that is over by it.
const LATER_SECS: u64 = 24 * 60 * 60;

/// Blocks that follow each other, oldest first: a server's newest ones, or some below them.
#[derive(Clone, Debug)]
pub(crate) struct Newest {
    /// The last of them.
    pub(crate) tip: Tip,
    pub(crate) blocks: Vec<BlockId>,
    pub(crate) headers: Vec<Header>,
}

impl Newest {
    /// The height of the first.
    pub(super) fn first(&self) -> u32 {
        self.blocks.first().map_or(self.tip.height, |block| block.height)
    }

    /// Panics where they do not follow each other.
    #[cfg(feature = "test-util")]
    pub(super) fn hangs_together(&self) {
        assert_eq!(self.blocks.len(), self.headers.len());
        for (block, header) in self.blocks.iter().zip(&self.headers) {
            assert_eq!(block.hash, header.block_hash());
        }
        for (pair, above) in self.blocks.windows(2).zip(self.headers.iter().skip(1)) {
            assert_eq!(pair[0].height + 1, pair[1].height);
            assert_eq!(pair[0].hash, above.prev_blockhash);
        }
        assert_eq!(self.blocks.last().map(|last| last.hash), Some(self.tip.hash));
        assert!(self.tip.height <= MOST_HEIGHT);
    }

    /// These, and those above them. `None`, if they do not follow.
    pub(super) fn and(mut self, above: Self) -> Option<Self> {
        let follows = self.tip.height.checked_add(1) == Some(above.first())
            && above.headers.first().is_some_and(|next| next.prev_blockhash == self.tip.hash);
        self.tip = above.tip;
        self.blocks.extend(above.blocks);
        self.headers.extend(above.headers);
        follows.then_some(self)
    }

    /// Those up to this height. `None`: there are none.
    pub(super) fn up_to(mut self, height: u32) -> Option<Self> {
        let count = height.checked_sub(self.first())?.checked_add(1)?;
        self.blocks.truncate(usize::try_from(count).ok()?);
        self.headers.truncate(self.blocks.len());
        let (block, header) = (self.blocks.last()?, self.headers.last()?);
        self.tip = tip(*block, header);
        Some(self)
    }
}

fn tip(block: BlockId, header: &Header) -> Tip {
    let time = Timestamp::from_secs(u64::from(header.time));
    Tip { height: block.height, hash: block.hash, time }
}

/// A block as a server listed it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    pub(super) block: BlockId,
    pub(super) header: Header,
}

/// Blocks as a server listed them.
///
/// # Errors
/// Where they do not follow each other, or no chain can have them.
pub(super) fn newest(mut listed: Vec<Listed>) -> Result<Newest, SourceError> {
    listed.sort_by_key(|listed| listed.block.height);
    let nonsense = |what: &'static str| SourceError::Nonsense(what.into());
    for pair in listed.windows(2) {
        let (one, next) = (&pair[0], &pair[1]);
        let follows = one.block.height.checked_add(1) == Some(next.block.height);
        if !follows || next.header.prev_blockhash != one.block.hash {
            return Err(nonsense("its newest blocks do not follow each other"));
        }
    }
    // Its time, its work and what it hangs on are part of a block's name.
    if listed.iter().any(|listed| listed.header.block_hash() != listed.block.hash) {
        return Err(nonsense("a block is another than it says"));
    }
    let last = listed.last().ok_or_else(|| nonsense("it lists no blocks"))?;
    if last.block.height > MOST_HEIGHT {
        return Err(nonsense("its newest block cannot be"));
    }
    Ok(Newest {
        tip: tip(last.block, &last.header),
        blocks: listed.iter().map(|listed| listed.block).collect(),
        headers: listed.iter().map(|listed| listed.header).collect(),
    })
}

/// A tip that is not further ahead of this computer's clock than a wrong clock explains.
///
/// # Errors
/// [`SourceError::FromTheFuture`].
pub(crate) fn in_time(tip: Tip, now: Timestamp) -> Result<Tip, SourceError> {
    if tip.time > now.after(LATER_SECS) {
        return Err(SourceError::FromTheFuture { secs: tip.time.secs() - now.secs() });
    }
    Ok(tip)
}
