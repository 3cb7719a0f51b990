//! Wallets in memory, fed with made-up blocks: no server, no disk.

mod address;
mod amounts;
mod balance;
mod chosen;
mod coins;
mod due;
mod fee_bump;
mod freeze;
mod said;
mod selection;
mod spend;
mod sync;
mod test_wallet;
mod waiting;

use crate::amount::Sat;
use bitcoin::FeeRate;

fn sat(amount: u64) -> Sat {
    Sat::new(amount)
}

/// 2 sat/vB.
fn slow() -> FeeRate {
    FeeRate::from_sat_per_vb_u32(2)
}
