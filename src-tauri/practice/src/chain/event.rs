//! Events for the chain's listeners, sent after the change is in the log.

use bitcoin::{BlockHash, Txid};
use fulmen_engine::amount::Sat;

/// Something happened on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainEvent {
    /// A block is the new tip, after a reorg too.
    NewTip {
        /// Its height.
        height: u32,
        /// Its hash.
        hash: BlockHash,
        /// Its transactions without the coinbase, in order.
        transactions: Vec<Txid>,
        /// What they paid the miner.
        fees: Sat,
    },
    /// A transaction entered the mempool.
    TxSeen {
        /// Which.
        txid: Txid,
        /// What it pays the miner.
        fee: Sat,
    },
}
