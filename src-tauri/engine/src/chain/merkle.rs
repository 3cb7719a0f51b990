//! What must not pass for a proof that a transaction is in a block. An inner node of the merkle tree is the hash of 64 bytes, and a
//! transaction of 64 bytes is too: a node can pass for a transaction, and such a transaction for a node with anything beneath it.

use bitcoin::consensus::deserialize;
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::merkle_tree::PartialMerkleTree;
use bitcoin::{Amount, Transaction, TxMerkleNode};

/// Bytes that an inner node is the hash of.
const NODE: usize = 64;
/// No branch is longer: a block has room for 16,666 of the smallest transactions.
pub(super) const LONGEST_BRANCH: usize = 15;

/// Whether an inner node can pass for this transaction.
pub(super) fn is_like_a_node(transaction: &Transaction) -> bool {
    transaction.base_size() == NODE
}

/// The node above two others. `None`: the two are a transaction, so that nothing beneath is in the block. Of honest nodes one in a
/// million millions looks like it.
pub(super) fn above(left: [u8; 32], right: [u8; 32]) -> Option<[u8; 32]> {
    let both = [left, right].concat();
    let can_be = |one: Transaction| one.output.iter().all(|out| out.value <= Amount::MAX_MONEY);
    let is_transaction = deserialize(&both).is_ok_and(can_be);
    (!is_transaction).then(|| sha256d::Hash::hash(&both).to_byte_array())
}

/// Where all branches of a tree lead that is one ([`PartialMerkleTree::extract_matches`] says so). `None`: one goes through a
/// transaction.
pub(super) fn root_of(tree: &PartialMerkleTree) -> Option<TxMerkleNode> {
    let leaves = tree.num_transactions();
    let height = u32::BITS - leaves.saturating_sub(1).leading_zeros();
    let mut walk = Walk { leaves, bits: tree.bits().iter(), hashes: tree.hashes().iter() };
    walk.node(height, 0).map(TxMerkleNode::from_byte_array)
}

/// From the root down, the left side first, as a tree is written.
struct Walk<'a> {
    leaves: u32,
    bits: std::slice::Iter<'a, bool>,
    hashes: std::slice::Iter<'a, TxMerkleNode>,
}

impl Walk<'_> {
    /// The `place`th node so far above the transactions.
    fn node(&mut self, height: u32, place: u32) -> Option<[u8; 32]> {
        let leads_on = *self.bits.next()?;
        let Some(below) = height.checked_sub(1).filter(|_| leads_on) else {
            return Some(self.hashes.next()?.to_byte_array());
        };
        let left = self.node(below, place * 2)?;
        // The last one of an odd number stands beside itself.
        let has_right = place * 2 + 1 < self.leaves.div_ceil(1 << below);
        let right = if has_right { self.node(below, place * 2 + 1)? } else { left };
        above(left, right)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use bitcoin::block::{Header, Version as BlockVersion};
    use bitcoin::consensus::serialize;
    use bitcoin::{
        BlockHash, CompactTarget, MerkleBlock, OutPoint, ScriptBuf, Sequence, TxIn, TxOut, Txid,
        Witness, absolute::LockTime, transaction::Version,
    };

    /// A transaction of 64 bytes.
    pub(crate) fn of_64_bytes() -> Transaction {
        let outpoint = OutPoint::new(Txid::from_byte_array([7; 32]), 1);
        let script_sig = ScriptBuf::from_bytes(vec![0x51; 4]);
        let one = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: outpoint,
                script_sig,
                sequence: Sequence::MAX,
                witness: Witness::new(),
            }],
            output: vec![TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::new() }],
        };
        assert!(is_like_a_node(&one));
        one
    }

    /// A block of two, the second of which has 64 bytes: half of them are the name of a transaction that is nowhere.
    pub(crate) struct Trick {
        pub(crate) header: Header,
        pub(crate) nowhere: Transaction,
        /// What stands beside it, and beside the two.
        pub(crate) branch: [[u8; 32]; 2],
    }

    impl Trick {
        pub(crate) fn new() -> Self {
            let honest = of_64_bytes();
            let template = serialize(&honest);
            let begins = |lock: u32| {
                let lock_time = LockTime::from_consensus(lock);
                Transaction { lock_time, input: vec![], output: vec![], ..honest.clone() }
            };
            // As a transaction's fifth byte says that it has one input.
            let fits = |one: &Transaction| one.compute_txid().to_byte_array()[4] == 1;
            let nowhere = (0..).map(begins).find(fits).expect("one in 256");
            let left = nowhere.compute_txid().to_byte_array();
            let right: [u8; 32] = template[32..].try_into().unwrap();
            let real: Transaction = deserialize(&[left, right].concat()).unwrap();
            let first = [9; 32];
            let second = real.compute_txid().to_byte_array();
            let root = sha256d::Hash::hash(&[first, second].concat());
            let header = mined(TxMerkleNode::from_byte_array(root.to_byte_array()));
            Self { header, nowhere, branch: [right, first] }
        }

        /// The same as a server of Esplora's writes it: of four, the third.
        pub(crate) fn proof(&self) -> MerkleBlock {
            let third = self.nowhere.compute_txid().to_byte_array();
            let hashes = [self.branch[1], third, self.branch[0]].concat();
            let (count, bits) = (4u32.to_le_bytes(), [1, 0b0_1101]);
            let tree = [count.as_slice(), &[3], hashes.as_slice(), &bits].concat();
            deserialize(&[serialize(&self.header), tree].concat()).unwrap()
        }
    }

    /// With the work that regtest asks for.
    pub(crate) fn mined(merkle_root: TxMerkleNode) -> Header {
        let header = |nonce| Header {
            version: BlockVersion::TWO,
            prev_blockhash: BlockHash::all_zeros(),
            merkle_root,
            time: 1_800_000_000,
            bits: CompactTarget::from_consensus(0x207f_ffff),
            nonce,
        };
        let has_work = |header: &Header| header.validate_pow(header.target()).is_ok();
        (0..).map(header).find(has_work).expect("one in two")
    }

    #[test]
    fn what_is_beneath_a_transaction_is_in_no_block() {
        let trick = Trick::new();
        let (mut found, mut places) = (Vec::new(), Vec::new());
        let proof = trick.proof();
        proof.extract_matches(&mut found, &mut places).unwrap();
        assert_eq!(found, [trick.nowhere.compute_txid()], "the library believes it");
        assert_eq!(root_of(&proof.txn), None);
    }

    #[test]
    fn every_honest_tree_leads_to_its_root() {
        let txid = |number: u8| Txid::from_byte_array([number; 32]);
        for count in 1..=33u8 {
            let txids: Vec<Txid> = (1..=count).map(txid).collect();
            for chosen in [1, count / 2 + 1, count] {
                let is_chosen: Vec<bool> = txids.iter().map(|one| *one == txid(chosen)).collect();
                let tree = PartialMerkleTree::from_txids(&txids, &is_chosen);
                let root = tree.extract_matches(&mut vec![], &mut vec![]).unwrap();
                assert_eq!(root_of(&tree), Some(root), "{chosen} of {count}");
            }
        }
    }
}
