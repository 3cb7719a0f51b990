//! An unspent output, and where the next block stands.

use bitcoin::TxOut;

/// Confirmations a block's reward needs before it can be spent.
pub(crate) const MATURITY: u32 = 100;

/// An unspent output of the chain, or of the mempool, then with the next block's height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coin {
    /// Value and script.
    pub output: TxOut,
    /// The height of its block.
    pub height: u32,
    /// Whether it is a block's reward.
    pub coinbase: bool,
}

/// The place a transaction asks for: the block after the tip.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    /// The block's height.
    pub(crate) height: u32,
    /// Median time of the eleven blocks before it, which is what BIP 113 calls "now".
    pub(crate) median_time: u32,
}
