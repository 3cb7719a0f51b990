//! Money of the same words in accounts of other programs: BIP 44, 49 and 86, and later accounts. It is found by looking, with
//! public keys, at the same chain server: once after a restore, and when a person asks. Moving it into this wallet takes the
//! words again, so it takes the password.
//!
//! ```text
//! restore ─▶ due ─▶ look ─▶ found ── preview ─▶ confirm (words) ─▶ row + outbox, one commit ─▶ a block
//! ```
//! The other accounts are never watched, and nothing is received there.

/// Looking at one account.
mod scan;
/// Moving its money.
mod sweep;

pub use sweep::SweepError;
pub(crate) use sweep::SweepPlan;

use crate::amount::Sat;
use crate::chain::SourceError;
use crate::core::Core;
use crate::error::chain_of;
use crate::keys::{AccountId, Password, WalletSecrets, seal};
use crate::payments::Payment;
use crate::store::StagedKv;
use crate::task::blocking;
use crate::time::Timestamp;
use crate::view::{self, Balance, Card, FeeSpeed};
use crate::wallet::{Wallet, sealed};
use lightning::util::persist::KVStoreSync;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

const KEY: (&str, &str, &str) = ("fulmen", "facts", "other_accounts");
/// Between two attempts of the look after a restore.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// What the vault keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Known {
    /// This wallet was made from words.
    restored: bool,
    looked_at: Option<Timestamp>,
    found: Vec<Found>,
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
            with_passphrase: secrets.passphrase.is_some(),
        }
    }

    fn view(&self) -> view::OtherAccounts {
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

    /// What Home says of them.
    pub(crate) fn card(&self, core: &Core, balance: &Balance) -> Option<Card> {
        let known = self.lock();
        let amount_sat = Sat::sum(known.found.iter().map(|one| one.amount)).unwrap_or_default();
        if amount_sat > Sat::ZERO {
            return Some(Card::OtherAccounts { amount_sat });
        }
        let searched = known.restored && known.looked_at.is_some();
        let empty = balance.total_msat == crate::amount::Msat::ZERO
            && balance.closing.is_empty()
            && core.book.all().is_empty()
            && core.journal.select(crate::ledger::activity::moved).is_empty();
        (searched && empty).then_some(Card::NothingFound { with_passphrase: self.with_passphrase })
    }

    /// This wallet was made from words: another computer may have given addresses out.
    pub(crate) fn were_elsewhere(&self) -> bool {
        self.lock().restored
    }

    fn is_due(&self) -> bool {
        let known = self.lock();
        known.restored && known.looked_at.is_none()
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

fn write(kv: &StagedKv, known: &Known) {
    let bytes = serde_json::to_vec(known).expect("plain values are always JSON");
    let (primary, secondary, key) = KEY;
    if let Err(error) = kv.write(primary, secondary, key, bytes) {
        tracing::error!(%error, "cannot stage what was found in other accounts");
    }
}

/// The look after a restore, until it succeeded once.
pub(crate) async fn look_once(core: &Core) {
    while core.other_accounts.is_due() {
        match look(core, Timestamp::now()).await {
            Ok(()) => return,
            Err(error) => tracing::info!(error = chain_of(&error), "other accounts: not now"),
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

/// Looks at every other account. One look at a time: who asks meanwhile gets its result.
async fn look(core: &Core, now: Timestamp) -> Result<(), SourceError> {
    let accounts = &core.other_accounts;
    let _one = match accounts.looking.try_lock() {
        Ok(one) => one,
        Err(_) => {
            let before = accounts.lock().looked_at;
            let one = accounts.looking.lock().await;
            if accounts.lock().looked_at != before {
                return Ok(());
            }
            one
        }
    };
    let source = core.source.source();
    let mut found = Vec::new();
    for account in AccountId::others() {
        let Some(wallet) = source.scan_account(core, account, now).await? else { continue };
        let coins = scan::coins(core, &wallet);
        let amount = Sat::sum(coins.iter().map(|coin| coin.txout.value.into()));
        let amount = amount.unwrap_or_default();
        tracing::info!(%account, coins = coins.len(), "another account of the words was used");
        if amount > Sat::ZERO {
            found.push(Found { account, amount });
        }
    }
    accounts.change(&core.kv, |known| {
        known.looked_at = Some(now);
        known.found = found;
    });
    core.status.money_moved();
    Ok(())
}

impl Wallet {
    /// Accounts of the same words beside the wallet's own, as they were last seen.
    pub fn other_accounts(&self) -> view::OtherAccounts {
        self.core().other_accounts.view()
    }

    /// Looks at them now.
    ///
    /// # Errors
    /// Any of [`SourceError`]; what was known stays.
    pub async fn look_for_other_accounts(&self) -> Result<view::OtherAccounts, SourceError> {
        look(self.core(), Timestamp::now()).await?;
        Ok(self.other_accounts())
    }

    /// What moving everything of one of them into this wallet would cost and bring.
    ///
    /// # Errors
    /// [`SweepError`].
    pub async fn preview_sweep(
        &self,
        account: AccountId,
        speed: FeeSpeed,
    ) -> Result<view::SweepPreview, SweepError> {
        sweep::preview(self.core(), account, speed, Timestamp::now()).await
    }

    /// Does it: signed with keys of the words, durable before it leaves. Returns its row, an incoming one.
    ///
    /// # Errors
    /// [`SweepError`]; nothing has left then.
    pub async fn sweep(&self, preview: &str, password: Password) -> Result<Payment, SweepError> {
        let path = sealed(&self.core().settings.dir);
        let secrets = blocking(move || seal::unseal(&path, &password)).await??;
        sweep::sweep(self.core(), preview, &secrets, Timestamp::now()).await
    }
}
