//! Money of the same words in accounts of other programs, at the door.

use super::Wallet;
use crate::chain::SourceError;
use crate::keys::{AccountId, Password, seal};
use crate::ledger::worth;
use crate::other_accounts::plan::SweepFrom;
use crate::other_accounts::{SweepError, look, sweep};
use crate::payments::Payment;
use crate::task::blocking;
use crate::time::Timestamp;
use crate::view::{self, FeeSpeed};

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
        look::look(self.core(), Timestamp::now()).await?;
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
        let from = SweepFrom::Account(account);
        self.sweep_of(from, speed).await
    }

    /// The same for an instruction of the kind [`view::InstructionKind::PrivateKey`].
    ///
    /// # Errors
    /// [`SweepError`].
    pub async fn preview_key_sweep(
        &self,
        instruction: &str,
        speed: FeeSpeed,
    ) -> Result<view::SweepPreview, SweepError> {
        self.sweep_of(sweep::key_of(self.core(), instruction)?, speed).await
    }

    async fn sweep_of(
        &self,
        from: SweepFrom,
        speed: FeeSpeed,
    ) -> Result<view::SweepPreview, SweepError> {
        let (core, now) = (self.core(), Timestamp::now());
        let shown = sweep::preview(core, from, speed, now).await?;
        Ok(worth::with_worth(core, shown, now))
    }

    /// Does it: signed with keys of the words, for which the password is needed, or with the private key; durable before it leaves. Returns its row, an incoming one.
    ///
    /// # Errors
    /// [`SweepError`]; nothing has left then.
    pub async fn sweep(&self, preview: &str, password: Password) -> Result<Payment, SweepError> {
        let path = seal::path(&self.core().settings.dir);
        let secrets = match sweep::needs_words(self.core(), preview) {
            true => Some(blocking(move || seal::unseal(&path, &password)).await??),
            false => None,
        };
        sweep::sweep(self.core(), preview, secrets.as_ref(), Timestamp::now()).await
    }
}
