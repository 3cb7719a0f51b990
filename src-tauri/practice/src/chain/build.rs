//! Building a block: coinbase with height (BIP 34) and witness commitment (BIP 141), header, proof of work by grinding
//! the nonce. Regtest's target lets every second hash through.

use super::ledger::Ledger;
use bitcoin::block::{Header, Version};
use bitcoin::hashes::Hash;
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::{
    Amount, Block, CompactTarget, OutPoint, ScriptBuf, Sequence, Target, Transaction, TxIn,
    TxMerkleNode, TxOut, Witness, absolute, transaction,
};

/// Regtest's difficulty.
pub(crate) const BITS: u32 = 0x207f_ffff;
/// Regtest halves the subsidy every 150 blocks.
const HALVING: u32 = 150;
/// What marks an output as the witness commitment (BIP 141).
const COMMITMENT: [u8; 4] = [0xaa, 0x21, 0xa9, 0xed];

/// What the chain itself pays for the block at `height`. Nothing for genesis, whose reward cannot be spent.
pub(crate) fn subsidy(height: u32) -> Amount {
    if height == 0 {
        return Amount::ZERO;
    }
    Amount::from_sat(Amount::from_int_btc(50).to_sat().checked_shr(height / HALVING).unwrap_or(0))
}

/// The beginning of the coinbase's script.
pub(crate) fn height_push(height: u32) -> ScriptBuf {
    Builder::new().push_int(i64::from(height)).into_script()
}

/// Builds a block on the tip that pays `script`, with a proof of work. `time` is raised if the rules ask for it.
pub(crate) fn block(
    ledger: &Ledger,
    txdata: Vec<Transaction>,
    fees: Amount,
    script: ScriptBuf,
    time: u32,
) -> Block {
    let spot = ledger.next();
    let header = Header {
        version: Version::from_consensus(0x2000_0000),
        prev_blockhash: ledger.tip().block.block_hash(),
        merkle_root: TxMerkleNode::all_zeros(),
        time: time.max(spot.median_time.saturating_add(1)),
        bits: CompactTarget::from_consensus(BITS),
        nonce: 0,
    };
    let reward = TxOut { value: subsidy(spot.height) + fees, script_pubkey: script };
    let mut block = Block { header, txdata: vec![coinbase(spot.height, ledger.born(), reward)] };
    block.txdata.extend(txdata);
    seal(&mut block);
    block
}

/// Commits the block to its transactions and grinds the nonce.
pub(crate) fn seal(block: &mut Block) {
    let root = block.witness_root().expect("a block has a coinbase");
    let commitment = Block::compute_witness_commitment(&root, &[0; 32]);
    let bytes = [&COMMITMENT[..], commitment.as_byte_array()].concat();
    let push = PushBytesBuf::try_from(bytes).expect("36 bytes can be pushed");
    let output = TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::new_op_return(&push) };
    block.txdata[0].output.truncate(1);
    block.txdata[0].output.push(output);
    block.header.merkle_root = block.compute_merkle_root().expect("a block has a coinbase");
    let target = Target::from_compact(block.header.bits);
    while block.header.validate_pow(target).is_err() {
        block.header.nonce = block.header.nonce.wrapping_add(1);
    }
}

fn coinbase(height: u32, born: u64, reward: TxOut) -> Transaction {
    let mut script = height_push(height).into_bytes();
    script.push(8);
    script.extend(born.to_le_bytes());
    Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint::null(),
            script_sig: ScriptBuf::from_bytes(script),
            sequence: Sequence::MAX,
            witness: Witness::from_slice(&[[0u8; 32]]),
        }],
        output: vec![reward],
    }
}
