//! What is in blocks below those whose headers are checked: a server's word, which a wallet that was restored from words begins with.

use crate::amount::{Msat, Sat};
use crate::core::Core;
use bdk_wallet::chain::BlockId;

/// Whether no header here names the block at this height.
pub(crate) fn is_unchecked(core: &Core, height: u32) -> bool {
    lies_below(core.source.headers().begins_above(), height)
}

/// What unspent coins in such blocks come to.
pub(crate) fn unchecked_coins(core: &Core) -> Msat {
    let begins = core.source.headers().begins_above();
    let coins = core.onchain.list_coins();
    let unchecked =
        coins.iter().filter(|coin| coin.height.is_some_and(|at| lies_below(begins, at)));
    let sum = Sat::sum(unchecked.map(|coin| coin.amount));
    sum.and_then(Msat::from_sat).unwrap_or_default()
}

/// The block that the headers begin above is known by its name alone: what is in it is not proven either. Nothing comes before
/// the first of all, and what is in that one is in this program.
fn lies_below(begins: Option<BlockId>, height: u32) -> bool {
    begins.is_some_and(|begins| begins.height > 0 && height <= begins.height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::BlockHash;
    use bitcoin::hashes::Hash;

    #[test]
    fn what_no_header_proves_is_unchecked() {
        let begins = |height| Some(BlockId { height, hash: BlockHash::all_zeros() });
        for height in [1, 899_999, 900_000] {
            assert!(lies_below(begins(900_000), height), "{height}");
        }
        assert!(!lies_below(begins(900_000), 900_001));
        assert!(!lies_below(begins(0), 0), "checked from the first block on");
        assert!(!lies_below(None, 5), "nothing was looked at");
    }
}
