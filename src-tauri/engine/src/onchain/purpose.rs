//! The purpose of each transaction of this wallet. Decided once, when it is staged for sending or first seen, and never deleted:
//! LDK forgets a transaction when it is buried, and its sweeper what it swept. Whoever asks later whose money moved asks here.

use crate::payment::PaymentId;
use crate::store::StagedKv;
use bitcoin::{OutPoint, Transaction, Txid};
use lightning::util::persist::KVStoreSync;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

const PRIMARY: &str = "fulmen";
const SECONDARY: &str = "transactions";

/// Why a transaction was made; shaped like `TransactionType` of LDK 0.3. A channel is named by its `user_channel_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// Opens a channel.
    Funding { channel: u128 },
    /// Closes it as both sides agreed.
    CoopClose { channel: u128 },
    /// Closes it by force, ours or the peer's.
    Commitment { channel: u128 },
    /// Spends an anchor of a commitment, and coins of the wallet, to pay for it.
    AnchorBump { channel: u128 },
    /// Takes a payment of a commitment, by its preimage or because its time is over.
    Claim { channel: u128 },
    /// Takes outputs of a revoked commitment.
    Penalty { channel: u128 },
    /// Brings what LDK's sweeper was handed over, perhaps of several channels, to the wallet.
    Sweep { shares: Vec<Share> },
    /// Moves money of a row of its own.
    Payment { row: PaymentId },
}

/// What a sweep takes from one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share {
    pub(crate) channel: u128,
    pub(crate) value_sat: u64,
}

impl Purpose {
    /// It belongs to the end of this channel.
    pub(crate) fn ends(&self, user_id: u128) -> bool {
        match self {
            Self::CoopClose { channel }
            | Self::Commitment { channel }
            | Self::AnchorBump { channel }
            | Self::Claim { channel }
            | Self::Penalty { channel } => *channel == user_id,
            Self::Sweep { shares } => shares.iter().any(|share| share.channel == user_id),
            Self::Funding { .. } | Self::Payment { .. } => false,
        }
    }
}

/// See the module.
pub(crate) struct Purposes {
    kept: Mutex<HashMap<Txid, Purpose>>,
    kv: Arc<StagedKv>,
}

impl Purposes {
    pub(crate) fn load(kv: Arc<StagedKv>) -> std::io::Result<Self> {
        let mut kept = HashMap::new();
        for (key, bytes) in kv.read_all(PRIMARY, SECONDARY).map_err(std::io::Error::other)? {
            let txid = key.parse().map_err(std::io::Error::other)?;
            kept.insert(txid, serde_json::from_slice(&bytes)?);
        }
        Ok(Self { kept: Mutex::new(kept), kv })
    }

    pub(crate) fn get(&self, txid: &Txid) -> Option<Purpose> {
        self.lock().get(txid).cloned()
    }

    /// Staged for the next commit. What is kept already stays as it is.
    pub(crate) fn keep(&self, txid: Txid, purpose: Purpose) {
        if self.get(&txid).is_none() {
            self.change(txid, purpose);
        }
    }

    /// The same for a payment that another row records from now on.
    pub(crate) fn change(&self, txid: Txid, purpose: Purpose) {
        let mut kept = self.lock();
        let bytes = serde_json::to_vec(&purpose).expect("a purpose is plain data");
        kept.insert(txid, purpose);
        // Under the lock: what is staged last is what memory has.
        if let Err(error) = self.kv.write(PRIMARY, SECONDARY, &txid.to_string(), bytes) {
            tracing::error!(%error, "cannot stage a transaction's purpose");
        }
    }

    /// Those for which `wanted` holds.
    pub(crate) fn select(&self, wanted: impl Fn(&Purpose) -> bool) -> Vec<(Txid, Purpose)> {
        let kept = self.lock();
        let found = kept.iter().filter(|(_, purpose)| wanted(purpose));
        found.map(|(txid, purpose)| (*txid, purpose.clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Txid, Purpose>> {
        self.kept.lock().expect("never poisoned: a panic in the engine ends the process")
    }
}

pub(crate) fn spends(transaction: &Transaction, outpoint: &OutPoint) -> bool {
    transaction.input.iter().any(|input| input.previous_output == *outpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_read_back_as_it_was_written() {
        let shares = vec![Share { channel: u128::MAX, value_sat: 5 }];
        for purpose in [
            Purpose::Funding { channel: u128::MAX },
            Purpose::Sweep { shares },
            Purpose::Payment { row: PaymentId::named("a", b"row") },
        ] {
            let bytes = serde_json::to_vec(&purpose).unwrap();
            assert_eq!(serde_json::from_slice::<Purpose>(&bytes).unwrap(), purpose);
        }
    }
}
