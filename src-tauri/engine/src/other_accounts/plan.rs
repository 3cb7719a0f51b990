//! What moving everything of another account would be.

use super::scan::{Coin, Scanned};
use crate::amount::Sat;
use crate::chain::SourceError;
use crate::error::{Code, Coded};
use crate::keys::{AccountId, SealError, SignError, WifKey};
use crate::payments::JournalError;
use crate::status::DiskTrouble;
use bitcoin::hashes::Hash;
use bitcoin::{FeeRate, Psbt, ScriptBuf, Sequence, TxIn, WPubkeyHash};

/// Where the money is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SweepFrom {
    Account(AccountId),
    Key(WifKey),
}

/// A transaction that would move everything that is there. Its output is a stand-in until it is confirmed, so that looking
/// gives no address out.
#[derive(Clone, Debug)]
pub(crate) struct SweepPlan {
    pub(super) from: SweepFrom,
    pub(super) psbt: Psbt,
    pub(super) amount: Sat,
    pub(super) fee: Sat,
}

/// Why nothing is moved.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error("there is nothing that can be moved")]
    Nothing,
    #[error("what is there costs more to move than it brings")]
    TooLittle,
    #[error("what was shown is no longer what would be done")]
    Stale,
    #[error("nothing leaves a copy of the wallet that may be old")]
    Quarantine,
    #[error("nothing new can be written down")]
    Disk(#[source] DiskTrouble),
    #[error("cannot look at earlier payments")]
    Journal(#[from] JournalError),
    #[error("cannot look at the account")]
    Source(#[from] SourceError),
    #[error("cannot open the words")]
    Seal(#[from] SealError),
    #[error("cannot sign")]
    Sign(#[from] SignError),
    #[error("cannot read the words")]
    Io(#[from] std::io::Error),
    #[error("cannot build the transaction: {0}")]
    Build(String),
}

impl Coded for SweepError {
    fn code(&self) -> Code {
        match self {
            Self::Nothing => Code::InsufficientBalance,
            Self::TooLittle => Code::AmountTooSmall,
            Self::Stale => Code::Stale,
            Self::Quarantine => Code::Quarantine,
            Self::Disk(trouble) => trouble.code(),
            Self::Journal(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Seal(error) => error.code(),
            Self::Sign(_) | Self::Build(_) => Code::Internal,
            Self::Io(_) => Code::Storage,
        }
    }
}

/// What a channel's peer paid out waits for one block.
const ONE_BLOCK: Sequence = Sequence(1);

/// All coins that bring more than they cost at this rate, into one output.
pub(super) fn plan(
    scanned: &mut Scanned,
    from: &SweepFrom,
    rate: FeeRate,
) -> Result<SweepPlan, SweepError> {
    let Scanned { wallet, coins } = scanned;
    if coins.is_empty() {
        return Err(SweepError::Nothing);
    }
    let worth: Vec<&Coin> =
        coins.iter().filter(|coin| brings_more_than_it_costs(coin, rate)).collect();
    if worth.is_empty() {
        return Err(SweepError::TooLittle);
    }
    let mut builder = wallet.build_tx();
    for Coin { outpoint, satisfaction, input, .. } in worth {
        let added = match input.clone() {
            None => builder.add_utxo(*outpoint).map(drop).map_err(|error| error.to_string()),
            Some(input) => builder
                .add_foreign_utxo_with_sequence(*outpoint, input, *satisfaction, ONE_BLOCK)
                .map(drop)
                .map_err(|error| error.to_string()),
        };
        added.map_err(SweepError::Build)?;
    }
    builder.manually_selected_only().fee_rate(rate).drain_to(stand_in());
    let psbt = builder.finish().map_err(|error| {
        use bdk_wallet::error::CreateTxError::{CoinSelection, OutputBelowDustLimit};
        match error {
            CoinSelection(_) | OutputBelowDustLimit(_) => SweepError::TooLittle,
            other => SweepError::Build(other.to_string()),
        }
    })?;
    let fee = psbt.fee().map_err(|error| SweepError::Build(error.to_string()))?.into();
    let Some(output) = psbt.unsigned_tx.output.first() else { return Err(SweepError::TooLittle) };
    Ok(SweepPlan { from: from.clone(), amount: output.value.into(), fee, psbt })
}

fn brings_more_than_it_costs(coin: &Coin, rate: FeeRate) -> bool {
    let input = TxIn::default().segwit_weight() + coin.satisfaction;
    rate.fee_wu(input).is_some_and(|cost| coin.value > cost)
}

/// P2WPKH, like every address of this wallet, so that the fee is the one that was shown.
fn stand_in() -> ScriptBuf {
    ScriptBuf::new_p2wpkh(&WPubkeyHash::all_zeros())
}
