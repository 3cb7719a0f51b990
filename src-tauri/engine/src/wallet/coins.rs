//! Coins of the on-chain wallet, at the door.

use super::Wallet;
use crate::ledger::coins;
use crate::onchain::CoinError;
use crate::onchain::labels::LONGEST;
use crate::uri::plain;
use crate::view;
use bitcoin::OutPoint;

impl Wallet {
    /// All unspent coins, the largest first.
    pub fn coins(&self) -> Vec<view::Coin> {
        coins::coins(self.core())
    }

    /// Names a coin, or takes its name away. Durable when this returns.
    ///
    /// # Errors
    /// [`CoinError::Gone`], [`CoinError::Storage`].
    pub async fn label_coin(&self, outpoint: &str, label: &str) -> Result<(), CoinError> {
        let outpoint = self.coin(outpoint)?;
        let label = plain(label).map(|label| label.chars().take(LONGEST).collect());
        let change = self.core().output_labels.change(outpoint, |known| known.label = label);
        change.map_err(CoinError::Storage)?;
        self.kept().await
    }

    /// Freezes a coin, or frees it again. Durable when this returns.
    ///
    /// # Errors
    /// [`CoinError`].
    pub async fn freeze_coin(&self, outpoint: &str, frozen: bool) -> Result<(), CoinError> {
        let (core, outpoint) = (self.core(), self.coin(outpoint)?);
        if frozen {
            core.onchain.freeze(outpoint, core.reserve_with(0))?;
        }
        let change = core.output_labels.change(outpoint, |known| known.frozen = frozen);
        change.map_err(CoinError::Storage)?;
        self.kept().await?;
        if !frozen {
            // Only once the disk says so: a coin that is frozen there must not be spent.
            core.onchain.unfreeze(&outpoint);
        }
        core.status.money_moved();
        Ok(())
    }

    fn coin(&self, outpoint: &str) -> Result<OutPoint, CoinError> {
        let outpoint = outpoint.parse().map_err(|_| CoinError::Gone)?;
        if self.core().onchain.has_coin(outpoint) { Ok(outpoint) } else { Err(CoinError::Gone) }
    }

    async fn kept(&self) -> Result<(), CoinError> {
        let stopping = |_| CoinError::Storage(std::io::Error::other("the wallet stops").into());
        self.core().wake.durable().await.map_err(stopping)
    }
}
