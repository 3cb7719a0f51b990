//! What a server of any kind is asked. Nothing here names a kind: see [`super::esplora`], [`super::electrum`] and [`super::bitcoind`].

use super::SourceError;
use super::plausible::Newest;
use super::refusal::BroadcastError;
use super::watched::Watched;
use crate::http::Heard;
use bdk_wallet::chain::BlockId;
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::{KeychainKind, Update};
use bitcoin::{Block, BlockHash, OutPoint, Transaction, TxOut, Txid};
use lightning::chain::{Confirm, Filter};
use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;

/// What is answered later.
pub(crate) type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// The same, if the server may be of no use.
pub(crate) type Asked<'a, T> = Later<'a, Result<T, SourceError>>;
/// LDK's parts that follow the chain.
pub(crate) type Confirmables<'a> = Vec<&'a (dyn Confirm + Send + Sync)>;

/// What LDK's parts must have done first.
pub(crate) type Settled<'a> = Box<dyn Fn() -> Later<'a, ()> + Send + Sync + 'a>;

/// LDK's parts that follow the chain.
#[derive(Default)]
pub struct Following<'a> {
    /// The channel manager, the monitors, the sweeper.
    pub parts: Confirmables<'a>,
    /// They were told of all that they watch up to this block.
    pub told: Option<BlockId>,
    /// Waited for before they are told anything.
    pub settled: Option<Settled<'a>>,
}

/// Where a transaction is that a server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its block. `None`: it waits for one.
    pub block: Option<BlockId>,
}

/// What became of an output that a server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outspend {
    /// Whether a transaction spends it, confirmed or not.
    pub spent: bool,
    /// That transaction.
    pub txid: Option<Txid>,
    /// And its block, once it is in one.
    pub block: Option<BlockId>,
}

/// See the module. What it answers is a claim, but for what it says it proves. Making one touches no network.
pub(crate) trait Server: Send + Sync {
    fn url(&self) -> &str;

    /// What time it said last that it is, once, if its kind says so.
    fn heard(&self) -> Option<Heard> {
        None
    }

    /// What must hear of everything that LDK watches.
    fn filter(&self) -> &(dyn Filter + Send + Sync);

    /// Set if it keeps no index of addresses: its blocks are read instead of [`Self::scan`], [`Self::sync`] and
    /// [`Self::follow`].
    fn blocks(&self) -> Option<&dyn Blocks> {
        None
    }

    /// The newest blocks.
    fn newest(&self) -> Asked<'_, Newest>;

    /// Some of the blocks from `first` on, and none above `last`, which it has.
    fn blocks_from(&self, first: u32, last: u32) -> Asked<'_, Newest>;

    fn hash_at(&self, height: u32) -> Asked<'_, BlockHash>;

    /// Blocks to sat/vB. None, if nothing is estimated.
    fn estimates(&self) -> Asked<'_, HashMap<u16, f64>>;

    /// All that happened to these addresses, without the chain's blocks. A keychain's end is `gap` unused ones in a row.
    fn scan(&self, request: FullScanRequest<KeychainKind>, gap: usize) -> Asked<'_, Update>;

    /// The same for addresses that were given out.
    fn sync(&self, request: SyncRequest<(KeychainKind, u32)>) -> Asked<'_, Update>;

    /// Brings LDK's side to the newest block.
    fn follow<'a>(&'a self, confirmables: Confirmables<'a>) -> Asked<'a, ()>;

    /// `None`: the server does not know its transaction.
    fn outspend(&self, outpoint: OutPoint) -> Asked<'_, Option<Outspend>>;

    /// `None`: not known.
    fn position(&self, txid: Txid) -> Asked<'_, Option<Position>>;

    /// `None`: not known. It has this id.
    fn transaction(&self, txid: Txid) -> Asked<'_, Option<Transaction>>;

    /// What [`Self::scan`] and [`Self::sync`] say of a transaction's place was proven to its block's header.
    fn has_proven(&self) -> bool {
        false
    }

    /// Whether it proves that a transaction is in this block, which has its work.
    fn proves<'a>(&'a self, transaction: &'a Transaction, block: BlockId) -> Asked<'a, bool>;

    /// Sends one out. Succeeds if the network has it already.
    fn send<'a>(&'a self, transaction: &'a Transaction) -> Later<'a, Result<(), BroadcastError>>;

    /// Sends several as one, parents first. Whether they were taken.
    fn send_package<'a>(&'a self, transactions: &'a [Transaction]) -> Asked<'a, bool>;

    /// Whether it passes on packages, without which a commitment that pays too little alone stays here. `None`: it did not
    /// say.
    fn relays_packages(&self) -> Later<'_, Option<bool>>;

    /// What it showed of that so far.
    fn known_relays_packages(&self) -> Option<bool>;
}

/// A server that is read block by block.
pub(crate) trait Blocks: Send + Sync {
    /// The block of this name, with the transactions that its header names.
    fn block(&self, hash: BlockHash) -> Asked<'_, Arc<Block>>;

    /// What waits for a block.
    fn mempool(&self) -> Asked<'_, Mempool>;

    /// An output that is spent by what waits, out of the transaction of its name. `None`: nobody knows it any more.
    fn spent(&self, out: OutPoint) -> Asked<'_, Option<TxOut>>;

    /// These were looked at, and are not brought again while they wait.
    fn was_read(&self, mempool: &Mempool);

    fn watched(&self) -> &Watched;
}

/// What waits for a block.
pub(crate) struct Mempool {
    /// All of it.
    pub(crate) waiting: HashSet<Txid>,
    /// What is not in it does not wait. Not so of a node that has just started: it reads its mempool from disk.
    pub(crate) is_whole: bool,
    /// What was not looked at before.
    pub(crate) transactions: Vec<Transaction>,
}
