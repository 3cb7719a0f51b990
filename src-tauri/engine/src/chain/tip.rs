//! The newest block a server has.

use crate::time::Timestamp;
use crate::view;
use bdk_wallet::chain::BlockId;
use bitcoin::BlockHash;

/// The newest block a server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Its height.
    pub height: u32,
    /// Its hash.
    pub hash: BlockHash,
    /// Its own time.
    pub time: Timestamp,
}

impl From<Tip> for view::Tip {
    fn from(tip: Tip) -> Self {
        Self { height: tip.height, time_secs: tip.time.secs() }
    }
}

impl From<Tip> for BlockId {
    fn from(tip: Tip) -> Self {
        Self { height: tip.height, hash: tip.hash }
    }
}
