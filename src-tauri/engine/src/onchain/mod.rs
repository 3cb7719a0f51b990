//! The on-chain wallet: addresses, coins, sends, and the funding of channels. One BDK wallet (BIP 84, P2WPKH) that knows
//! public keys only; the keys are passed in where something is signed. The lock is never held across an await.
//!
//! It writes nothing to disk. Every change is staged; [`Onchain::take_staged`] hands it to the engine's commit, and an
//! address or a transaction from here may leave the machine only after that commit. The `on_change` callback says that
//! something waits to be committed.
//!
//! ```text
//! a coin:  incoming ──block──▶ confirmed ──┬─ preview/finish ─▶ spent by our own transaction
//!          own change (spendable at once) ─┤
//!                                          ├─ prove/finish_psbt ─▶ spent by what others made and we signed
//!                                          ├─ fund ─▶ locked ─ reapply ─▶ spent · release ─▶ free again
//!                                          ├─ Coins (LDK's fee bumps) ─▶ claimed for some blocks
//!                                          └─ freeze ─▶ frozen · unfreeze ─▶ free again
//! ```

/// Addresses and scripts handed out.
mod address;
/// Amounts that a server names.
mod amounts;
/// What there is, and why not all of it can be used.
mod balance;
/// Labels as a file has them.
pub(crate) mod bip329;
/// Following the chain block by block.
mod blocks;
/// Which coins pay for a fee bump.
mod bump;
/// LDK's view of the wallet, for fee bumps.
mod coins;
/// Which addresses a look asks for.
mod due;
/// Hurrying what waits for a block.
mod fee_bump;
/// Coins that a person froze.
mod freeze;
/// Paying for channels.
mod fund;
/// What holds of hostile bytes.
#[cfg(feature = "test-util")]
pub(crate) mod fuzz;
/// The wallet's transactions.
mod history;
/// What a person says of coins.
pub(crate) mod labels;
/// Transactions that others made, to be signed.
mod psbt;
/// What each transaction is for.
pub(crate) mod purpose;
/// What is kept for closing channels.
mod reserve;
/// What came to the addresses given out.
mod revealed;
/// One look at the chain.
mod round;
/// What a server says of the wallet's transactions.
pub(crate) mod said;
/// Which coins pay.
mod selection;
/// Sending.
mod spend;
/// Following the chain.
mod sync;

#[cfg(test)]
mod tests;

pub(crate) use amounts::check_amounts;
pub(crate) use balance::Use;
pub use coins::Coins;
pub(crate) use fee_bump::{BumpPlan, Instead, Way, rate_of};
pub(crate) use freeze::Coin;
pub use freeze::CoinError;
pub use history::{Confirmation, History, OnchainTx};
pub use psbt::PsbtError;
pub(crate) use psbt::{Limits, ProvenPsbt};
pub use reserve::{reserve_for, reserve_per_channel};
pub(crate) use revealed::{Moved, Revealed};
pub use spend::{Payees, SendAmount, SendPlan, SpendError};

use crate::keys::Keys;
use bdk_wallet::chain::{BlockId, Merge};
use bdk_wallet::{ChangeSet, KeychainKind, LoadError, Update, Wallet, descriptor::DescriptorError};
use bitcoin::{BlockHash, Network, OutPoint, Txid};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// How many unused addresses in a row end a search, and how many are given out ahead at most. More than BIP 44's 20,
/// because failed channel openings skip addresses.
const STOP_GAP: u32 = 50;

/// Called (outside the lock) when something waits to be committed.
pub type OnChange = Arc<dyn Fn() + Send + Sync>;

/// The on-chain wallet.
pub struct Onchain {
    inner: Mutex<Inner>,
    on_change: OnChange,
}

struct Inner {
    wallet: Wallet,
    /// Coins that LDK's fee bumps use, and the height at which it last said so. In memory only: LDK asks again with every
    /// block, also after a start.
    claims: HashMap<OutPoint, u32>,
    /// What each transaction is for, once that is read.
    purposes: Option<Arc<purpose::Purposes>>,
    /// Coins that a person froze. The vault has them as [`labels::OutputLabels`].
    frozen: HashSet<OutPoint>,
    /// What the wallet counts: see [`Inner::count`].
    history: Arc<History>,
    /// Transactions that the list of payments has, by the block that it knows them in.
    learnt: HashMap<Txid, BlockHash>,
    /// Places of scripts that were given to LDK for a channel since it was last asked which channel they belong to.
    promised: Vec<u32>,
    /// How many of the settled addresses were asked for. It begins anywhere, so that short sessions do not ask for the same
    /// ones again and again.
    settled_asked: usize,
}

/// Why the wallet cannot be made or read back.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The keys' descriptors are not descriptors.
    #[error("cannot make an on-chain wallet from the keys")]
    Descriptor(#[source] Box<DescriptorError>),
    /// The kept state is damaged, or of other keys or another network.
    #[error("cannot read the on-chain wallet back")]
    Load(#[source] Box<LoadError>),
    /// Nothing was kept.
    #[error("there is no on-chain wallet to read back")]
    Empty,
    /// The birthday is not on this network.
    #[error("cannot start the on-chain wallet at the given block")]
    Birthday(#[source] bdk_wallet::chain::local_chain::CannotConnectError),
}

impl Onchain {
    /// A wallet without a history: its first sync scans from the genesis block.
    ///
    /// # Errors
    /// [`OpenError::Descriptor`].
    pub fn create(keys: &Keys, network: Network, on_change: OnChange) -> Result<Self, OpenError> {
        let (external, internal) = descriptors(keys);
        let wallet = Wallet::create(external, internal)
            .network(network)
            .lookahead(STOP_GAP)
            .use_spk_cache(true)
            .create_wallet_no_persist()
            .map_err(|error| OpenError::Descriptor(Box::new(error)))?;
        Ok(Self::over(wallet, on_change))
    }

    /// For new keys: nothing can have been paid to them before this block, the tip of a checked server.
    ///
    /// # Errors
    /// [`OpenError::Birthday`].
    pub fn begin_at(&self, birthday: BlockId) -> Result<(), OpenError> {
        self.change(|inner| {
            let chain = inner.wallet.latest_checkpoint().insert(birthday);
            let update = Update { chain: Some(chain), ..Update::default() };
            inner.wallet.apply_update(update).map_err(OpenError::Birthday)
        })
    }

    /// The wallet as it was committed: all change sets, merged in their order.
    ///
    /// # Errors
    /// [`OpenError::Load`], [`OpenError::Empty`].
    pub fn load(
        mut kept: ChangeSet,
        keys: &Keys,
        network: Network,
        on_change: OnChange,
    ) -> Result<Self, OpenError> {
        amounts::strike_impossible(&mut kept.tx_graph);
        let (external, internal) = descriptors(keys);
        let wallet = Wallet::load()
            .descriptor(KeychainKind::External, Some(external))
            .descriptor(KeychainKind::Internal, Some(internal))
            .check_network(network)
            .lookahead(STOP_GAP)
            // A start that derives every address again takes longer with each one.
            .use_spk_cache(true)
            .load_wallet_no_persist(kept)
            .map_err(|error| OpenError::Load(Box::new(error)))?
            .ok_or(OpenError::Empty)?;
        Ok(Self::over(wallet, on_change))
    }

    fn over(wallet: Wallet, on_change: OnChange) -> Self {
        let mut inner = Inner {
            wallet,
            claims: HashMap::new(),
            frozen: HashSet::new(),
            history: Arc::default(),
            learnt: HashMap::new(),
            promised: Vec::new(),
            purposes: None,
            settled_asked: anywhere(),
        };
        inner.count();
        Self { inner: Mutex::new(inner), on_change }
    }

    /// What changed since the last call, to be committed. The caller keeps it until it is durable; if the commit fails it
    /// merges it in front of the next one.
    pub fn take_staged(&self) -> Option<ChangeSet> {
        self.lock().wallet.take_staged()
    }

    /// The newest block the wallet has seen.
    pub fn tip(&self) -> BlockId {
        self.lock().wallet.latest_checkpoint().block_id()
    }

    /// Coins that are locked.
    #[cfg(test)]
    fn locked(&self) -> Vec<OutPoint> {
        self.lock().wallet.list_locked_outpoints().collect()
    }

    /// Frees coins that nothing needs any more. A lock whose coin is spent goes when that is buried.
    pub(crate) fn unlock_unspent(&self, is_needed: impl Fn(&OutPoint) -> bool) {
        self.change(|inner| {
            let unspent = |outpoint: &OutPoint| inner.unspent_output(*outpoint).is_some();
            let locked = inner.wallet.list_locked_outpoints();
            let idle: Vec<OutPoint> = locked.filter(unspent).filter(|at| !is_needed(at)).collect();
            for outpoint in idle {
                tracing::info!(%outpoint, "a coin that nothing needs is free again");
                inner.wallet.unlock_outpoint(outpoint);
            }
        });
    }

    /// Hears what each transaction is for.
    pub(crate) fn told_by(&self, purposes: Arc<purpose::Purposes>) {
        self.lock().purposes = Some(purposes);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("never poisoned: a panic in the engine ends the process")
    }

    /// Does something that may change the wallet, and calls `on_change` if it did.
    fn change<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        let mut inner = self.lock();
        let result = act(&mut inner);
        let staged = inner.wallet.staged().is_some_and(|changes| !changes.is_empty());
        drop(inner);
        if staged {
            (self.on_change)();
        }
        result
    }
}

fn anywhere() -> usize {
    let number = getrandom::u32().expect("the operating system gives random bytes");
    usize::try_from(number).unwrap_or_default()
}

/// The public descriptors: addresses for others, and change.
fn descriptors(keys: &Keys) -> (String, String) {
    (keys.descriptor(KeychainKind::External), keys.descriptor(KeychainKind::Internal))
}
