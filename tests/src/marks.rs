//! What can be read off a transaction without asking any wallet.

use bitcoin::Transaction;

/// A closing by force: its number hides in lock time and sequence (BOLT 3).
pub fn is_commitment(transaction: &Transaction) -> bool {
    transaction.lock_time.to_consensus_u32() >> 24 == 0x20
        && transaction.input[0].sequence.0 >> 24 == 0x80
}
