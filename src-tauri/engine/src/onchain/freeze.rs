//! Coins that a person froze: no payment, no channel and no fee bump spends them until the person frees them.

use super::balance::Use;
use super::{Inner, Onchain};
use crate::amount::Sat;
use crate::error::{Code, Coded};
use bdk_wallet::KeychainKind;
use bdk_wallet::chain::ChainPosition;
use bitcoin::{OutPoint, ScriptBuf};

/// Why a coin stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum CoinError {
    /// It was spent meanwhile, or never was ours.
    #[error("there is no such coin")]
    Gone,
    /// A payment that is being made, a channel or a fee bump has it.
    #[error("the coin is promised to a transaction")]
    Promised,
    /// Without it less than the reserve would be left to close channels with.
    #[error("the coin is needed to close channels: {0} must stay")]
    NeededForClosing(Sat),
    /// The disk refuses.
    #[error("cannot keep what was decided about a coin")]
    Storage(#[source] lightning::io::Error),
}

impl Coded for CoinError {
    fn code(&self) -> Code {
        match self {
            Self::Gone | Self::Promised => Code::Stale,
            Self::NeededForClosing(_) => Code::NeededForClosing,
            Self::Storage(_) => Code::Storage,
        }
    }
}

/// A coin and what can be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Coin {
    pub(crate) outpoint: OutPoint,
    pub(crate) script: ScriptBuf,
    pub(crate) amount: Sat,
    pub(crate) usage: Use,
    /// On the keychain of change.
    pub(crate) is_change: bool,
    /// The height of its block, if it is in one.
    pub(crate) height: Option<u32>,
}

impl Onchain {
    /// All unspent coins, the largest first.
    pub(crate) fn list_coins(&self) -> Vec<Coin> {
        let inner = self.lock();
        let coins = inner.coins().into_iter().map(|(coin, usage)| Coin {
            outpoint: coin.outpoint,
            script: coin.txout.script_pubkey,
            amount: coin.txout.value.into(),
            usage,
            is_change: coin.keychain == KeychainKind::Internal,
            height: match coin.chain_position {
                ChainPosition::Confirmed { anchor, .. } => Some(anchor.block_id.height),
                ChainPosition::Unconfirmed { .. } => None,
            },
        });
        let mut coins: Vec<Coin> = coins.collect();
        coins.sort_by_key(|coin| (std::cmp::Reverse(coin.amount), coin.outpoint));
        coins
    }

    /// Freezes a coin, if `reserve` stays without it. In memory: the caller keeps it.
    ///
    /// # Errors
    /// [`CoinError`].
    pub(crate) fn freeze(&self, outpoint: OutPoint, reserve: Sat) -> Result<(), CoinError> {
        let mut inner = self.lock();
        let coins = inner.coins();
        let (coin, usage) =
            coins.iter().find(|(coin, _)| coin.outpoint == outpoint).ok_or(CoinError::Gone)?;
        match usage {
            Use::Frozen => return Ok(()),
            Use::Locked => return Err(CoinError::Promised),
            Use::Incoming => {}
            Use::Free => {
                let free = coins.iter().filter(|(_, usage)| *usage == Use::Free);
                let free = Sat::sum(free.map(|(coin, _)| coin.txout.value.into()));
                let left = free.and_then(|free| free.checked_sub(coin.txout.value.into()));
                if reserve > Sat::ZERO && left.is_none_or(|left| left < reserve) {
                    return Err(CoinError::NeededForClosing(reserve));
                }
            }
        }
        inner.frozen.insert(outpoint);
        Ok(())
    }

    /// Frees a coin again.
    pub(crate) fn unfreeze(&self, outpoint: &OutPoint) {
        self.lock().frozen.remove(outpoint);
    }

    /// At the start: those that were frozen.
    pub(crate) fn stay_frozen(&self, outpoints: Vec<OutPoint>) {
        self.lock().frozen.extend(outpoints);
    }

    /// Whether it is an output of this wallet, spent or not.
    pub(crate) fn is_output(&self, outpoint: OutPoint) -> bool {
        self.lock().wallet.spk_index().txout(outpoint).is_some()
    }

    /// Whether it is one of the unspent coins.
    pub(crate) fn has_coin(&self, outpoint: OutPoint) -> bool {
        self.lock().unspent_output(outpoint).is_some()
    }
}

impl Inner {
    pub(super) fn is_frozen(&self, outpoint: &OutPoint) -> bool {
        self.frozen.contains(outpoint)
    }
}
