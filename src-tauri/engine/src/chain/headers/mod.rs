//! The chain of headers that everything a server says is held against: which blocks there are, and how high the newest is. It
//! begins above a block that the table of networks names, is kept in the vault, and is one for every server.

mod chain;
#[cfg(feature = "test-util")]
pub(super) mod fuzz;
mod rules;
#[cfg(test)]
pub(super) mod tests;

use chain::{Anchor, HeaderChain};

pub(crate) use chain::Offered;
pub(crate) use rules::BadHeader;

use super::Tip;
use crate::network::NetworkId;
use crate::time::Timestamp;
use bdk_wallet::chain::BlockId;
use bitcoin::BlockHash;
use bitcoin::block::Header;
use bitcoin::consensus::encode::{deserialize, serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// Headers of a row in the vault. A new block writes one row.
const ROW: u32 = 64;
/// Bytes of a header.
const HEADER: usize = 80;
/// The name of the row that says what the chain begins above.
const ANCHOR: &str = "anchor";

/// See the module.
pub(crate) struct Headers {
    network: NetworkId,
    kept: Mutex<Kept>,
}

struct Kept {
    /// `None`: no block is known to be right yet.
    chain: Option<HeaderChain>,
    /// The lowest height that the vault has not.
    unwritten: Option<u32>,
}

impl Headers {
    /// Nothing but what the table of networks says.
    pub(crate) fn new(network: NetworkId) -> Self {
        let above = |anchor| HeaderChain::above(network, anchor);
        let chain = known(network).map(above);
        Self { network, kept: Mutex::new(Kept { chain, unwritten: None }) }
    }

    /// As the vault has it; what does not hang together is left. A chain that ends below the block which this program knows goes
    /// on from where it is, so that nothing between the two stays unchecked, and must lead there. Where the vault has none,
    /// it begins above `followed`, if that is below: a wallet with channels was told of every block up to there.
    pub(crate) fn load(
        network: NetworkId,
        rows: Vec<(String, Vec<u8>)>,
        followed: Option<BlockId>,
    ) -> Self {
        let headers = Self::new(network);
        let known = known(network);
        let required = known.map(|known| known.block);
        let mut rows: BTreeMap<String, Vec<u8>> = rows.into_iter().collect();
        let kept = rows.remove(ANCHOR).and_then(|bytes| read_anchor(&bytes));
        let is_below = |block: &BlockId| required.is_none_or(|known| block.height < known.height);
        let begun = followed.filter(is_below).map(|block| Anchor { block, next_bits: None });
        let Some(anchor) = kept.or(begun) else { return headers };
        let mut chain = HeaderChain::above(network, anchor).with(required);
        let headers_of = |row: Vec<u8>| {
            let header = |bytes: &[u8]| deserialize::<Header>(bytes).ok();
            row.chunks(HEADER).map(header).collect::<Vec<_>>()
        };
        chain.restore(rows.into_values().flat_map(headers_of).map_while(|header| header));
        let leads_elsewhere = |known: BlockId| {
            let hash = chain.hash(known.height);
            hash.is_some_and(|hash| hash != known.hash)
        };
        if !required.is_some_and(leads_elsewhere) {
            let unwritten = kept.is_none().then_some(anchor.block.height);
            *headers.kept() = Kept { chain: Some(chain), unwritten };
        }
        headers
    }

    /// The same chain, which goes its own way from here.
    pub(crate) fn copy(&self) -> Self {
        let kept = Kept { chain: self.kept().chain.clone(), unwritten: None };
        Self { network: self.network, kept: Mutex::new(kept) }
    }

    /// What the vault has not yet: names and values of rows.
    pub(crate) fn unwritten(&self) -> Vec<(String, Vec<u8>)> {
        let mut kept = self.kept();
        let Kept { chain: Some(chain), unwritten } = &mut *kept else { return Vec::new() };
        let Some(from) = unwritten.take() else { return Vec::new() };
        let mut rows = vec![(ANCHOR.to_owned(), write_anchor(chain.anchor()))];
        for row in from / ROW..=chain.height() / ROW {
            let heights = row * ROW..row.saturating_add(1).saturating_mul(ROW);
            let headers = heights.filter_map(|height| chain.header(height));
            let bytes: Vec<u8> = headers.flat_map(|header| serialize(&header)).collect();
            // In the order of heights, as the vault sorts names.
            rows.push((format!("{row:010}"), bytes));
        }
        rows
    }

    /// Where no block is known to be right, the first one that a server names is taken for it.
    pub(crate) fn begin_above(&self, block: BlockId) {
        let mut kept = self.kept();
        if kept.chain.is_none() {
            let anchor = Anchor { block, next_bits: None };
            kept.chain = Some(HeaderChain::above(self.network, anchor));
            kept.unwritten = Some(block.height);
        }
    }

    /// As [`HeaderChain::offer`].
    pub(crate) fn offer(&self, from: u32, branch: &[Header]) -> Result<Offered, BadHeader> {
        let mut kept = self.kept();
        let Some(chain) = &mut kept.chain else { return Ok(Offered::Apart) };
        let offered = chain.offer(from, branch)?;
        if let Offered::Taken { from } = offered {
            kept.unwritten = Some(kept.unwritten.map_or(from, |before| before.min(from)));
        }
        Ok(offered)
    }

    /// The newest block that is checked. Its time is not known where it is the one that everything begins above.
    pub(crate) fn tip(&self) -> Option<Tip> {
        let kept = self.kept();
        let chain = kept.chain.as_ref()?;
        let BlockId { height, hash } = chain.tip();
        let time = chain.header(height).map_or(0, |header| u64::from(header.time));
        Some(Tip { height, hash, time: Timestamp::from_secs(time) })
    }

    /// The header of the newest block that is checked, and its height. `None`: none is above the block it begins above.
    pub(crate) fn newest(&self) -> Option<(Header, u32)> {
        let kept = self.kept();
        let chain = kept.chain.as_ref()?;
        Some((chain.header(chain.height())?, chain.height()))
    }

    /// The block at this height. `None`: nobody checked it.
    pub(crate) fn hash(&self, height: u32) -> Option<BlockHash> {
        self.kept().chain.as_ref()?.hash(height)
    }

    /// The header at this height, as [`Self::hash`]; not that of the block it begins above.
    pub(crate) fn header(&self, height: u32) -> Option<Header> {
        self.kept().chain.as_ref()?.header(height)
    }

    /// What lies below is not checked.
    pub(crate) fn begins_above(&self) -> Option<BlockId> {
        Some(self.kept().chain.as_ref()?.anchor().block)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("never poisoned: nothing panics there")
    }
}

/// What the table of networks says.
fn known(network: NetworkId) -> Option<Anchor> {
    let (height, hash, next_bits) = network.checkpoint()?;
    Some(Anchor { block: BlockId { height, hash }, next_bits })
}

fn write_anchor(anchor: Anchor) -> Vec<u8> {
    let bits = anchor.next_bits.map_or(0, bitcoin::CompactTarget::to_consensus);
    serialize(&(anchor.block.height, anchor.block.hash, bits))
}

fn read_anchor(bytes: &[u8]) -> Option<Anchor> {
    let (height, hash, bits): (u32, BlockHash, u32) = deserialize(bytes).ok()?;
    let next_bits = (bits != 0).then(|| bitcoin::CompactTarget::from_consensus(bits));
    Some(Anchor { block: BlockId { height, hash }, next_bits })
}
