//! Money of the same words elsewhere: in accounts of other programs (BIP 44, 49 and 86, and later accounts), and on LDK's static
//! payment keys, where peers of channels that this vault does not know paid it out. It is found by looking, with public keys, at
//! the same chain server: after a restore, from words or from a copy, and when a person asks. A peer may close weeks after that,
//! and nobody may hear of it, so what peers pay out is looked for again, at growing distances. Moving it into this wallet takes the
//! words again, so it takes the password. What was paid to a private key that a person hands it (WIF) is found and moved the same
//! way, signed with that key.
//!
//! ```text
//! restore ─▶ due ─▶ look ─▶ found ── preview ─▶ confirm (words) ─▶ row + outbox, one commit ─▶ a block
//! ```
//! The other accounts are never watched, and nothing is received there.

/// Looking at all of them.
pub(crate) mod look;
/// What moving its money would be.
pub(crate) mod plan;
/// Looking at one account.
mod scan;
/// Moving its money.
pub(crate) mod sweep;

pub use plan::SweepError;

use crate::amount::Sat;
use crate::keys::{AccountId, WalletSecrets};
use crate::store::{KvWrite, StagedKv};
use crate::time::Timestamp;
use crate::view;
use lightning::util::persist::KVStoreSync;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard};
use tokio::sync::watch;

const KEY: (&str, &str, &str) = ("fulmen", "facts", "other_accounts");

/// What the vault keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Known {
    /// This wallet was made from words, or from a copy.
    restored: bool,
    looked_at: Option<Timestamp>,
    /// The newest block at the first look, and at the last one at what peers paid out.
    first_height: Option<u32>,
    closed_height: Option<u32>,
    found: Vec<Found>,
}

/// So many blocks after the first look what peers paid out is looked for again: for two weeks, in which a peer that was asked closes
/// or never does.
const AGAIN: [u32; 7] = [2, 6, 36, 144, 432, 1008, 2016];

impl Known {
    fn looked(&mut self, height: u32) {
        self.first_height.get_or_insert(height);
        self.closed_height = Some(height);
    }

    /// The next time to look at what peers paid out. `None`: never again.
    fn due_again(&self) -> Option<u32> {
        let (first, last) = self.first_height.zip(self.closed_height).filter(|_| self.restored)?;
        AGAIN.iter().map(|after| first.saturating_add(*after)).find(|due| *due > last)
    }
}

/// An account with money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Found {
    account: AccountId,
    amount: Sat,
}

/// See the module.
pub(crate) struct OtherAccounts {
    known: Mutex<Known>,
    /// Held by the one look that is under way.
    looking: tokio::sync::Mutex<()>,
    /// So many static payment keys were looked at.
    pub(crate) scanned: watch::Sender<u32>,
    with_passphrase: bool,
}

impl OtherAccounts {
    /// What the vault knows. A wallet that is made from words right now is to be looked through.
    pub(crate) fn load(kv: &StagedKv, restored: bool, secrets: &WalletSecrets) -> Self {
        let (primary, secondary, key) = KEY;
        let stored = kv.read(primary, secondary, key).ok();
        // A cache: what cannot be read is looked up again when a person asks.
        let known = stored.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let known: Known = known.unwrap_or_default();
        let known = Known { restored: known.restored || restored, ..known };
        if restored {
            write(kv, &known);
        }
        Self {
            known: Mutex::new(known),
            looking: tokio::sync::Mutex::default(),
            scanned: watch::Sender::new(0),
            with_passphrase: secrets.passphrase.is_some(),
        }
    }

    pub(crate) fn view(&self) -> view::OtherAccounts {
        let known = self.lock();
        view::OtherAccounts {
            looking: self.looking.try_lock().is_err(),
            looked_at_secs: known.looked_at.map(Timestamp::secs),
            found: known
                .found
                .iter()
                .map(|one| view::OtherAccount { account: one.account, amount_sat: one.amount })
                .collect(),
            requests: scan::REQUESTS,
            with_passphrase: self.with_passphrase,
        }
    }

    /// Money in accounts that were looked at.
    pub(crate) fn found(&self) -> Sat {
        Sat::sum(self.lock().found.iter().map(|one| one.amount)).unwrap_or_default()
    }

    /// The look after a restore is over.
    pub(crate) fn was_searched(&self) -> bool {
        let known = self.lock();
        known.restored && known.looked_at.is_some()
    }

    pub(crate) fn with_passphrase(&self) -> bool {
        self.with_passphrase
    }

    /// This wallet was made from words or from a copy: another computer may have given addresses out.
    pub(crate) fn were_elsewhere(&self) -> bool {
        self.lock().restored
    }

    fn is_due(&self) -> bool {
        let known = self.lock();
        known.restored && known.looked_at.is_none()
    }

    /// The block at which what peers paid out is looked for again.
    fn due_again(&self) -> Option<u32> {
        self.lock().due_again()
    }

    /// Changes what is known, and stages it.
    fn change(&self, kv: &StagedKv, edit: impl FnOnce(&mut Known)) {
        let mut known = self.lock();
        edit(&mut known);
        write(kv, &known);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("never poisoned: a panic in the engine ends the process")
    }
}

/// For a vault that was made from a copy: a channel that is younger than the copy is the peer's to close, and what it pays out
/// is to be looked for.
pub(crate) fn payouts_wanted() -> KvWrite {
    KvWrite::put(KEY, encoded(&Known { restored: true, ..Known::default() }))
}

fn encoded(known: &Known) -> Vec<u8> {
    serde_json::to_vec(known).expect("plain values are always JSON")
}

fn write(kv: &StagedKv, known: &Known) {
    let (primary, secondary, key) = KEY;
    if let Err(error) = kv.write(primary, secondary, key, encoded(known)) {
        tracing::error!(%error, "cannot stage what was found in other accounts");
    }
}

/// See [`crate::fuzz`].
#[cfg(feature = "test-util")]
pub(crate) fn reads_again(row: &[u8]) {
    crate::store::fuzz::reads_again::<Known>(row);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_peers_pay_out_is_looked_for_again_and_at_last_no_more() {
        let mut known = Known { restored: true, ..Known::default() };
        assert_eq!(known.due_again(), None, "the first look comes first");
        let mut looks = Vec::new();
        known.looked(100);
        while let Some(due) = known.due_again() {
            looks.push(due - 100);
            known.looked(due + 1);
        }
        assert_eq!(looks, AGAIN);
        known.restored = false;
        known.closed_height = known.first_height;
        assert_eq!(known.due_again(), None, "whoever was not restored has told nobody to close");
    }

    #[test]
    fn a_computer_that_was_off_looks_once() {
        let mut known = Known { restored: true, ..Known::default() };
        known.looked(100);
        known.looked(100 + 500);
        assert_eq!(known.due_again(), Some(100 + 1008));
    }
}
