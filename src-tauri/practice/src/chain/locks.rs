//! Time locks: `nLockTime` (with BIP 113's median time) and relative locks (BIP 68).

use super::coin::{Coin, Spot};
use super::{Refusal, ledger::Ledger};
use bitcoin::{Transaction, absolute, relative::LockTime};

/// Refuses a transaction whose `nLockTime` is not over in the block at `spot`.
pub(crate) fn absolute(tx: &Transaction, spot: Spot) -> Result<(), Refusal> {
    let over = match tx.lock_time {
        absolute::LockTime::Blocks(height) => height.to_consensus_u32() < spot.height,
        absolute::LockTime::Seconds(time) => time.to_consensus_u32() < spot.median_time,
    };
    if over || !tx.is_lock_time_enabled() { Ok(()) } else { Err(Refusal::NotFinal) }
}

/// Refuses a transaction with an input whose relative lock is not over in the block after the tip.
pub(crate) fn relative(tx: &Transaction, coins: &[Coin], ledger: &Ledger) -> Result<(), Refusal> {
    // Bitcoin Core compares the version as unsigned, so a negative one has BIP 68 too.
    if tx.version.0.cast_unsigned() < 2 {
        return Ok(());
    }
    let spot = ledger.next();
    for (input, coin) in tx.input.iter().zip(coins) {
        let over = match input.sequence.to_relative_lock_time() {
            None => true,
            Some(LockTime::Blocks(blocks)) => {
                coin.height + u32::from(blocks.value()) <= spot.height
            }
            Some(LockTime::Time(time)) => {
                let since = ledger.median_time(coin.height.saturating_sub(1));
                since + u32::from(time.value()) * 512 <= spot.median_time
            }
        };
        if !over {
            return Err(Refusal::SequenceLock);
        }
    }
    Ok(())
}
