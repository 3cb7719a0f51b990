//! What a header must be where it stands: it follows the one below, has the work that it names, and names the work that its
//! network asks for. Bitcoin Core's rules (`pow.cpp`, `ContextualCheckBlockHeader`), as far as a header alone shows them.

use crate::network::{Difficulty, NetworkId};
use bitcoin::block::Header;
use bitcoin::consensus::Params;
use bitcoin::{BlockHash, CompactTarget, Target};

/// Blocks between two changes of the difficulty.
pub(crate) const PERIOD: u32 = 2016;
/// A block is later than the median of so many before it.
const MEDIAN_OF: u32 = 11;
/// Where blocks may be easy: a block so much later than the one below may have the least work there is.
const EASY_AFTER_SECS: u32 = 20 * 60;
/// BIP 94: the first block of a period is at most so much earlier than the one below.
const MOST_BACK_SECS: u32 = 10 * 60;

/// Why a header cannot stand where it was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadHeader {
    #[error("it does not follow the block below")]
    Link,
    #[error("it has not the work that it names")]
    Work,
    #[error("it names another difficulty than its network asks for")]
    Difficulty,
    #[error("its time is before the blocks below")]
    Time,
    #[error("it is another block than the one that is known to be there")]
    Checkpoint,
}

/// What is known below a header.
pub(crate) trait Below {
    /// The header at this height, where it is known.
    fn header(&self, height: u32) -> Option<Header>;
    /// The difficulty that the checkpoint names for the first header above it.
    fn first_bits(&self) -> Option<CompactTarget>;
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    params: Params,
    difficulty: Difficulty,
}

impl Rules {
    pub(crate) fn of(network: NetworkId) -> Self {
        let params = Params::new(network.chain());
        Self { params, difficulty: network.parameters().difficulty }
    }

    /// Whether a header can stand at this height above the block with the hash `before`.
    pub(crate) fn check(
        &self,
        below: &impl Below,
        before: BlockHash,
        height: u32,
        header: &Header,
    ) -> Result<(), BadHeader> {
        if header.prev_blockhash != before {
            return Err(BadHeader::Link);
        }
        worked(header)?;
        if header.target() > self.params.max_attainable_target {
            return Err(BadHeader::Difficulty);
        }
        if self.bits(below, height, header).is_some_and(|bits| bits != header.bits) {
            return Err(BadHeader::Difficulty);
        }
        self.check_time(below, height, header)
    }

    /// The difficulty of a header at this height. `None`: what it depends on is below the checkpoint, or nobody says.
    pub(super) fn bits(
        &self,
        below: &impl Below,
        height: u32,
        header: &Header,
    ) -> Option<CompactTarget> {
        let last = height.checked_sub(1).and_then(|before| below.header(before));
        match self.difficulty {
            Difficulty::Named => None,
            Difficulty::Fixed => last.map(|last| last.bits).or_else(|| below.first_bits()),
            Difficulty::Retargeted | Difficulty::RetargetedWithEasyBlocks
                if height.is_multiple_of(PERIOD) =>
            {
                match last {
                    Some(_) => self.retargeted(below, height),
                    None => below.first_bits(),
                }
            }
            Difficulty::Retargeted => last.map(|last| last.bits).or_else(|| below.first_bits()),
            Difficulty::RetargetedWithEasyBlocks => self.with_easy_blocks(below, height, header),
        }
    }

    /// What the last period's time makes of its difficulty.
    fn retargeted(&self, below: &impl Below, height: u32) -> Option<CompactTarget> {
        let first = below.header(height.checked_sub(PERIOD)?)?;
        let last = below.header(height.checked_sub(1)?)?;
        // A period that ends before it began counts as a short one.
        let took = u64::from(last.time.saturating_sub(first.time));
        let of = match self.difficulty {
            Difficulty::RetargetedWithEasyBlocks => first.bits,
            _ => last.bits,
        };
        Some(CompactTarget::from_next_work_required(of, took, &self.params))
    }

    /// Testnet 4, within a period.
    fn with_easy_blocks(
        &self,
        below: &impl Below,
        height: u32,
        header: &Header,
    ) -> Option<CompactTarget> {
        let easy = self.params.max_attainable_target.to_compact_lossy();
        let last = below.header(height.checked_sub(1)?)?;
        if header.time > last.time.saturating_add(EASY_AFTER_SECS) {
            return Some(easy);
        }
        let mut at = height.checked_sub(1)?;
        loop {
            let bits = below.header(at)?.bits;
            if bits != easy || at.is_multiple_of(PERIOD) {
                return Some(bits);
            }
            at = at.checked_sub(1)?;
        }
    }

    fn check_time(
        &self,
        below: &impl Below,
        height: u32,
        header: &Header,
    ) -> Result<(), BadHeader> {
        let mut times: Vec<u32> = (1..=MEDIAN_OF)
            .filter_map(|back| Some(below.header(height.checked_sub(back)?)?.time))
            .collect();
        // As Core does: of as many as there are, and below a checkpoint nobody knows.
        let whole = times.len() == MEDIAN_OF as usize;
        times.sort_unstable();
        if whole && header.time <= times[times.len() / 2] {
            return Err(BadHeader::Time);
        }
        let before = height.checked_sub(1).and_then(|before| below.header(before));
        let begins = self.difficulty == Difficulty::RetargetedWithEasyBlocks
            && height.is_multiple_of(PERIOD);
        let is_early = |before: Header| header.time < before.time.saturating_sub(MOST_BACK_SECS);
        if begins && before.is_some_and(is_early) {
            return Err(BadHeader::Time);
        }
        Ok(())
    }
}

/// Every block has the work that it names.
fn worked(header: &Header) -> Result<(), BadHeader> {
    let target = header.target();
    let can_be = target > Target::ZERO;
    if can_be && header.validate_pow(target).is_ok() { Ok(()) } else { Err(BadHeader::Work) }
}
