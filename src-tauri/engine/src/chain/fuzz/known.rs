//! A block of four transactions whose header is known to be right: whatever is said of what is in it, is true or is refused.

use bdk_wallet::chain::BlockId;
use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::constants::genesis_block;
use bitcoin::hashes::Hash as _;
use bitcoin::transaction;
use bitcoin::{
    Amount, Block, Network, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode, TxOut,
    Txid, Witness, merkle_tree,
};
use std::sync::LazyLock;

pub(crate) const HEIGHT: u32 = 7;

pub(crate) static BLOCK: LazyLock<Block> = LazyLock::new(|| {
    let below = genesis_block(Network::Regtest);
    let mut txdata = vec![below.txdata[0].clone()];
    for number in 1..=3 {
        let spent = OutPoint { txid: txdata[0].compute_txid(), vout: number };
        txdata.push(spending(spent, number));
    }
    let ids = txdata.iter().map(|one| one.compute_txid().to_raw_hash());
    let root = merkle_tree::calculate_root(ids).expect("there are some");
    let mut header = Header {
        version: Version::TWO,
        prev_blockhash: below.header.block_hash(),
        merkle_root: TxMerkleNode::from_raw_hash(root),
        time: below.header.time + 600,
        bits: below.header.bits,
        nonce: 0,
    };
    while header.validate_pow(header.target()).is_err() {
        header.nonce += 1;
    }
    Block { header, txdata }
});

/// Not in the block.
pub(crate) static STRANGER: LazyLock<Transaction> =
    LazyLock::new(|| spending(OutPoint { txid: Txid::all_zeros(), vout: 0 }, 9));

pub(crate) fn id() -> BlockId {
    BlockId { height: HEIGHT, hash: BLOCK.block_hash() }
}

fn spending(previous_output: OutPoint, number: u32) -> Transaction {
    let input = TxIn {
        previous_output,
        script_sig: ScriptBuf::new(),
        sequence: Sequence(number),
        witness: Witness::new(),
    };
    let script_pubkey = ScriptBuf::from_bytes([&[0, 20], [7; 20].as_slice()].concat());
    let output = TxOut { value: Amount::from_sat(1_000), script_pubkey };
    Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![input],
        output: vec![output],
    }
}
