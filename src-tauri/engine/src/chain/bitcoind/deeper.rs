//! What is known of the spend of an output that the newest blocks do not have. A node does not name it, so older blocks are read: a
//! day more with each look, until it is found. Where it was looked for, and nothing of how.

use bdk_wallet::chain::BlockId;
use bitcoin::{OutPoint, Txid};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};

/// How far back something is looked for at once: a day.
pub(super) const LOOKED_BACK: u32 = 144;
/// How far back in all: longer than a peer can keep money of a closed channel waiting (2016 blocks), because what took it may
/// have been mined when that began.
const DEEPEST: u32 = 2016 + LOOKED_BACK;
/// Outputs that are remembered.
const MOST_OUTPUTS: usize = 100;

/// See the module.
#[derive(Default)]
pub(super) struct Deeper(Mutex<HashMap<OutPoint, Sought>>);

/// What is known of one output.
#[derive(Clone, Copy)]
enum Sought {
    /// No block from the first of these heights to the second has its spend.
    Between(u32, u32),
    Found(Txid, BlockId),
}

impl Deeper {
    fn sought(&self) -> MutexGuard<'_, HashMap<OutPoint, Sought>> {
        self.0.lock().expect("never poisoned: nothing panics there")
    }

    fn remember(&self, out: OutPoint, what: Sought) {
        let mut sought = self.sought();
        if sought.len() >= MOST_OUTPUTS && !sought.contains_key(&out) {
            sought.clear();
        }
        sought.insert(out, what);
    }

    /// The spend, if it was found.
    pub(super) fn found(&self, out: &OutPoint) -> Option<(Txid, BlockId)> {
        match self.sought().get(out)? {
            Sought::Found(by, block) => Some((*by, *block)),
            Sought::Between(..) => None,
        }
    }

    /// The heights that are to be read next, from the highest down; the newest [`LOOKED_BACK`] blocks below the tip were read.
    pub(super) fn next(&self, out: &OutPoint, tip: u32) -> Range<u32> {
        let newest = tip.saturating_sub(LOOKED_BACK - 1);
        let above = match self.sought().get(out) {
            Some(Sought::Between(from, to)) if newest <= to.saturating_add(1) => *from,
            _ => newest,
        };
        let below = above.saturating_sub(LOOKED_BACK).max(tip.saturating_sub(DEEPEST));
        below.min(above)..above
    }

    pub(super) fn find(&self, out: OutPoint, by: Txid, block: BlockId) {
        self.remember(out, Sought::Found(by, block));
    }

    /// From this height to the tip it is in no block.
    pub(super) fn is_not_from(&self, out: OutPoint, height: u32, tip: u32) {
        self.remember(out, Sought::Between(height, tip));
    }

    /// The block with a spend that was found.
    pub(super) fn block_with(&self, txid: Txid) -> Option<BlockId> {
        self.sought().values().find_map(|sought| match sought {
            Sought::Found(by, block) if *by == txid => Some(*block),
            _ => None,
        })
    }
}
