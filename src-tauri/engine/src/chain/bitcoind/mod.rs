//! A bitcoind, over its RPC. It keeps no index of addresses, so its blocks and its mempool are read: see [`super::blocks`]. Each block
//! is asked for by a name of the checked chain, and its transactions are held against its header, so that nothing is left to prove.
//! Where a transaction is that nobody read a block for, it is asked: the node knows what waits and what is unspent, with `txindex`
//! everything, and the newest blocks are looked through, for the spend of an output older ones as well.

mod deeper;
#[cfg(feature = "test-util")]
pub(super) mod fuzz;
mod place;
mod recent;
mod rpc;
#[cfg(test)]
mod tests;

use super::merkle;
use super::packages::Packages;
use super::plausible::{self, Listed, Newest};
use super::refusal::{BroadcastError, judge};
use super::server::{Asked, Blocks, Confirmables, Later, Mempool, Outspend, Position, Server};
use super::watched::Watched;
use super::{Address, SourceError};
use crate::http::Heard;
use bdk_wallet::chain::BlockId;
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::{KeychainKind, Update};
use bitcoin::block::Header;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Block, BlockHash, OutPoint, Transaction, TxOut, Txid};
use deeper::Deeper;
use lightning::chain::Filter;
use place::Place;
use recent::{Recent, Wanted};
use rpc::{Question, Rpc, nonsense, read};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The newest blocks that are asked for.
const NEWEST: u32 = 10;
/// Headers that are asked for at once.
const MOST_HEADERS: u32 = 500;
/// Transactions of the mempool that are asked for at once, and in one look.
const AT_ONCE: usize = 100;
const MOST_READ: usize = 20_000;
/// Outputs that are asked for to learn where a transaction is.
const MOST_OUTPUTS: u32 = 4;
/// Within how many blocks, for each estimate asked for. Bitcoin Core knows nothing sooner.
const TARGETS: [u16; 6] = [2, 6, 12, 24, 144, 1008];
/// An estimate is said in bitcoin for so many vbytes.
const SAT_PER_VB: f64 = 100_000.0;
/// The most bytes of an answer: a number or a name, one transaction with what is said of it, a block, all names of a mempool.
const SHORT: usize = 4 * 1024;
const TRANSACTION: usize = 16 * 1024 * 1024;
const BLOCK: usize = 9 * 1024 * 1024;
const LIST: usize = 64 * 1024 * 1024;

/// See the module.
pub(super) struct Bitcoind {
    rpc: Rpc,
    recent: Recent,
    deeper: Deeper,
    watched: Watched,
    /// What waits and was looked at.
    read: Mutex<HashSet<Txid>>,
    packages: Packages,
}

impl Bitcoind {
    /// Whether an address names a server of this kind.
    pub(super) fn is_meant(url: &str) -> bool {
        Place::is_meant(url)
    }

    /// # Errors
    /// [`SourceError::BadUrl`].
    pub(super) fn new(address: &Address, patience: Option<Duration>) -> Result<Self, SourceError> {
        Ok(Self {
            rpc: Rpc::new(address, patience)?,
            recent: Recent::default(),
            deeper: Deeper::default(),
            watched: Watched::default(),
            read: Mutex::default(),
            packages: Packages::default(),
        })
    }

    async fn height(&self) -> Result<u32, SourceError> {
        read(&self.rpc.ask("getblockcount", json!([]), SHORT).await?)
    }

    /// The names of the blocks at these heights, both included.
    async fn hashes(&self, first: u32, last: u32) -> Result<Vec<BlockHash>, SourceError> {
        let asked: Vec<Question> =
            (first..=last).map(|height| ("getblockhash", json!([height]))).collect();
        let answers = self.rpc.ask_all(&asked, SHORT).await?;
        answers.into_iter().map(|answer| read(&answer?)).collect()
    }

    async fn listed(&self, first: u32, last: u32) -> Result<Newest, SourceError> {
        let hashes = self.hashes(first, last).await?;
        let asked: Vec<Question> =
            hashes.iter().map(|hash| ("getblockheader", json!([hash, false]))).collect();
        let answers = self.rpc.ask_all(&asked, SHORT).await?;
        let mut listed = Vec::with_capacity(hashes.len());
        // A server may name the highest height there is.
        for ((height, hash), answer) in (first..=u32::MAX).zip(hashes).zip(answers) {
            let header: Header = decoded(&answer?)?;
            listed.push(Listed { block: BlockId { height, hash }, header });
        }
        plausible::newest(listed)
    }

    async fn ask_newest(&self) -> Result<Newest, SourceError> {
        let tip = self.height().await?;
        self.listed(tip.saturating_sub(NEWEST - 1), tip).await
    }

    async fn ask_hash(&self, height: u32) -> Result<BlockHash, SourceError> {
        read(&self.rpc.ask("getblockhash", json!([height]), SHORT).await?)
    }

    async fn ask_estimates(&self) -> Result<HashMap<u16, f64>, SourceError> {
        let asked: Vec<Question> =
            TARGETS.iter().map(|target| ("estimatesmartfee", json!([target]))).collect();
        let answers = self.rpc.ask_all(&asked, SHORT).await?;
        let rate = |answer: rpc::Answer| {
            let told: Estimate = read(&answer.ok()?).ok()?;
            Some(told.feerate? * SAT_PER_VB)
        };
        let rates = TARGETS.into_iter().zip(answers.into_iter().map(rate));
        Ok(rates
            .filter_map(|(target, rate)| Some((target, rate.filter(|rate| *rate > 0.0)?)))
            .collect())
    }

    /// A block with all that its header names.
    async fn whole(&self, hash: BlockHash) -> Result<Arc<Block>, SourceError> {
        if let Some(block) = self.recent.block(&hash) {
            return Ok(block);
        }
        let block: Block = decoded(&self.rpc.ask("getblock", json!([hash, 0]), BLOCK).await?)?;
        if block.block_hash() != hash {
            return Err(nonsense("another block than was asked for"));
        }
        let is_coinbase = block.txdata.first().is_some_and(Transaction::is_coinbase);
        let is_whole = block.check_merkle_root() && block.check_witness_commitment();
        if !is_coinbase || !is_whole || block.txdata.iter().any(merkle::is_like_a_node) {
            return Err(nonsense("a block's transactions are not those of its header"));
        }
        let block = Arc::new(block);
        self.recent.keep(hash, &block);
        Ok(block)
    }

    async fn ask_mempool(&self) -> Result<Mempool, SourceError> {
        // In this order: what is whole before it is listed is listed whole.
        let asked: [Question; 2] = [("getmempoolinfo", json!([])), ("getrawmempool", json!([]))];
        let mut answers = self.rpc.ask_all(&asked, LIST).await?.into_iter();
        let mut next = || answers.next().expect("as many answers as questions");
        let (info, listed) = (next(), next()?);
        // Older nodes do not say it.
        let info = info.ok().and_then(|info| read::<MempoolInfo>(&info).ok());
        let is_whole = info.is_none_or(|info| info.loaded);
        let waiting: HashSet<Txid> = read(&listed)?;
        let unread: Vec<Txid> = {
            let mut known = self.read.lock().expect("never poisoned: nothing panics there");
            known.retain(|txid| waiting.contains(txid));
            waiting.iter().filter(|txid| !known.contains(*txid)).take(MOST_READ).copied().collect()
        };
        let mut transactions = Vec::with_capacity(unread.len());
        for some in unread.chunks(AT_ONCE) {
            let asked: Vec<Question> =
                some.iter().map(|txid| ("getrawtransaction", json!([txid, false]))).collect();
            let answers = self.rpc.ask_all(&asked, TRANSACTION).await?;
            for (txid, answer) in some.iter().zip(answers) {
                // One that is gone since it was named is looked at in its block.
                let Ok(answer) = answer else { continue };
                transactions.push(named(&answer, *txid)?);
            }
        }
        Ok(Mempool { waiting, is_whole, transactions })
    }

    /// What the node says of a transaction without a search. `None`: it says nothing.
    async fn ask_index(&self, txid: Txid) -> Result<Option<Position>, SourceError> {
        let mut asked: Vec<Question> = vec![
            ("getmempoolentry", json!([txid])),
            ("getrawtransaction", json!([txid, true])),
            ("getbestblockhash", json!([])),
        ];
        asked.extend((0..MOST_OUTPUTS).map(|vout| ("gettxout", json!([txid, vout, false]))));
        let mut answers = self.rpc.ask_all(&asked, TRANSACTION).await?.into_iter();
        let mut next = || answers.next().expect("as many answers as questions");
        let (waits, indexed, best) = (next(), next(), next());
        if waits.is_ok() {
            return Ok(Some(Position { block: None }));
        }
        let indexed = indexed.ok().and_then(|found| read::<Indexed>(&found).ok());
        let hash = indexed.and_then(|found| found.blockhash);
        if let Some(hash) = hash {
            return Ok(self.block_of(hash).await?.map(|block| Position { block: Some(block) }));
        }
        let Some(deep) = answers.find_map(deep) else { return Ok(None) };
        let block = self.below(read(&best?)?, deep).await?;
        Ok(block.map(|block| Position { block: Some(block) }))
    }

    /// The block that is so deep in the chain that ends here; the last one is one deep.
    async fn below(&self, best: BlockHash, deep: u32) -> Result<Option<BlockId>, SourceError> {
        let Some(best) = self.block_of(best).await? else { return Ok(None) };
        let Some(height) = best.height.checked_sub(deep.saturating_sub(1)) else {
            return Ok(None);
        };
        Ok(Some(BlockId { height, hash: self.ask_hash(height).await? }))
    }

    /// Out of the transaction: where that is not to be had alone, out of its block, which the output's depth names.
    async fn ask_spent(&self, out: OutPoint) -> Result<Option<TxOut>, SourceError> {
        let asked: [Question; 3] = [
            ("getrawtransaction", json!([out.txid, false])),
            ("getbestblockhash", json!([])),
            // Of the chain alone: what spends it waits.
            ("gettxout", json!([out.txid, out.vout, false])),
        ];
        let mut answers = self.rpc.ask_all(&asked, TRANSACTION).await?.into_iter();
        let mut next = || answers.next().expect("as many answers as questions");
        let (alone, best, unspent) = (next(), next(), next());
        if let Ok(alone) = alone {
            return Ok(output_of(&named(&alone, out.txid)?, out));
        }
        let Some(deep) = deep(unspent) else { return Ok(None) };
        let Some(block) = self.below(read(&best?)?, deep).await? else { return Ok(None) };
        let block = match self.whole(block.hash).await {
            Err(SourceError::Pruned) => return Ok(None),
            block => block?,
        };
        let parent = block.txdata.iter().find(|one| one.compute_txid() == out.txid);
        Ok(parent.and_then(|parent| output_of(parent, out)))
    }

    /// Where a block is. `None`: not in the node's chain.
    async fn block_of(&self, hash: BlockHash) -> Result<Option<BlockId>, SourceError> {
        let told = self.rpc.try_ask("getblockheader", json!([hash, true]), SHORT).await?;
        let Ok(told) = told else { return Ok(None) };
        let Deep { confirmations, height } = read(&told)?;
        let height = height.ok_or_else(|| nonsense("a block without a height"))?;
        Ok((confirmations > 0).then_some(BlockId { height, hash }))
    }

    async fn ask_position(&self, txid: Txid) -> Result<Option<Position>, SourceError> {
        if let Some(position) = self.ask_index(txid).await? {
            return Ok(Some(position));
        }
        let found = self.look_back(Wanted::Transaction(txid)).await?;
        Ok(found.map(|(_, block)| Position { block: Some(block) }))
    }

    async fn ask_outspend(&self, out: OutPoint) -> Result<Option<Outspend>, SourceError> {
        let spent = json!([[{ "txid": out.txid, "vout": out.vout }]]);
        let asked: [Question; 2] =
            [("gettxout", json!([out.txid, out.vout, true])), ("gettxspendingprevout", spent)];
        let mut answers = self.rpc.ask_all(&asked, TRANSACTION).await?.into_iter();
        let mut next = || answers.next().expect("as many answers as questions");
        let (unspent, waiting) = (next()?, next());
        if read::<Option<serde::de::IgnoredAny>>(&unspent)?.is_some() {
            return Ok(Some(Outspend { spent: false, txid: None, block: None }));
        }
        // Older nodes do not know the second question.
        let told = waiting.ok().and_then(|told| read::<[Spent; 1]>(&told).ok());
        if let Some(txid) = told.and_then(|[told]| told.spendingtxid) {
            return Ok(Some(Outspend { spent: true, txid: Some(txid), block: None }));
        }
        let newest = self.look_back(Wanted::Spend(out)).await?;
        let found = match newest {
            Some((by, block)) => Some((by.compute_txid(), block)),
            None => self.look_deeper(out).await?,
        };
        if let Some((txid, block)) = found {
            self.watched.is_spent_in(&out, block);
            let txid = Some(txid);
            return Ok(Some(Outspend { spent: true, txid, block: Some(block) }));
        }
        // Spent long ago, if it ever was: by whom is not known yet.
        let is_known = self.ask_position(out.txid).await?.is_some();
        Ok(is_known.then_some(Outspend { spent: true, txid: None, block: None }))
    }

    async fn ask_transaction(&self, txid: Txid) -> Result<Option<Transaction>, SourceError> {
        let told = self.rpc.try_ask("getrawtransaction", json!([txid, false]), TRANSACTION).await?;
        match told {
            Ok(found) => Ok(Some(named(&found, txid)?)),
            Err(_) => {
                if let Some(found) = self.found_deeper(txid).await? {
                    return Ok(Some(found));
                }
                let found = self.look_back(Wanted::Transaction(txid)).await?;
                Ok(found.map(|(transaction, _)| transaction))
            }
        }
    }

    async fn send_one(&self, transaction: &Transaction) -> Result<(), BroadcastError> {
        let text = serialize_hex(transaction);
        match self.rpc.try_ask("sendrawtransaction", json!([text]), SHORT).await? {
            Ok(id) if read::<Txid>(&id).is_ok_and(|id| id == transaction.compute_txid()) => Ok(()),
            Ok(_) => Err(nonsense("its answer is not the transaction's id").into()),
            Err(refusal) if refusal.is_unknown_method() => Err(SourceError::from(refusal).into()),
            Err(refusal) => judge(400, refusal.message),
        }
    }

    async fn send_all(&self, transactions: &[Transaction]) -> Result<bool, SourceError> {
        let texts: Vec<String> = transactions.iter().map(serialize_hex).collect();
        let most = SHORT.saturating_mul(transactions.len().saturating_add(1));
        let told = self.rpc.try_ask("submitpackage", json!([texts]), most).await?;
        self.notes_packages(&told);
        let Taken { package_msg } = read(&told?)?;
        tracing::debug!(said = package_msg, "a package");
        Ok(package_msg == "success")
    }

    /// Asked with an empty one, which every node refuses that knows what it is.
    async fn ask_for_packages(&self) -> Option<bool> {
        if self.packages.taken().is_none() {
            let told = self.rpc.try_ask("submitpackage", json!([[]]), SHORT).await.ok()?;
            self.notes_packages(&told);
        }
        self.packages.taken()
    }

    fn notes_packages(&self, told: &rpc::Answer) {
        let is_unknown = told.as_ref().is_err_and(rpc::Refusal::is_unknown_method);
        self.packages.show(!is_unknown);
    }
}

/// What `estimatesmartfee` says. Without enough blocks it names no rate.
#[derive(Deserialize)]
struct Estimate {
    feerate: Option<f64>,
}

/// What `getmempoolinfo` says. A node that has just started reads its mempool from disk.
#[derive(Deserialize)]
struct MempoolInfo {
    #[serde(default = "yes")]
    loaded: bool,
}

fn yes() -> bool {
    true
}

/// What `getrawtransaction` says of a transaction's place.
#[derive(Deserialize)]
struct Indexed {
    blockhash: Option<BlockHash>,
}

/// What `getblockheader` and `gettxout` say of a place in the chain. -1: in none.
#[derive(Deserialize)]
struct Deep {
    #[serde(default)]
    confirmations: i64,
    height: Option<u32>,
}

/// What `gettxspendingprevout` says of one output.
#[derive(Deserialize)]
struct Spent {
    spendingtxid: Option<Txid>,
}

/// What `submitpackage` says.
#[derive(Deserialize)]
struct Taken {
    package_msg: String,
}

fn decoded<T: bitcoin::consensus::Decodable>(value: &RawValue) -> Result<T, SourceError> {
    let text: String = read(value)?;
    deserialize_hex(&text).map_err(|_| nonsense("not what was asked for"))
}

/// How deep in the chain an output is that `gettxout` names.
fn deep(unspent: rpc::Answer) -> Option<u32> {
    let unspent: Option<Deep> = read(&unspent.ok()?).ok()?;
    u32::try_from(unspent?.confirmations).ok()
}

fn output_of(transaction: &Transaction, out: OutPoint) -> Option<TxOut> {
    transaction.output.get(usize::try_from(out.vout).ok()?).cloned()
}

/// The transaction of this id.
fn named(value: &RawValue, txid: Txid) -> Result<Transaction, SourceError> {
    let transaction: Transaction = decoded(value)?;
    if transaction.compute_txid() != txid {
        return Err(nonsense("another transaction than was asked for"));
    }
    Ok(transaction)
}

impl Blocks for Bitcoind {
    fn block(&self, hash: BlockHash) -> Asked<'_, Arc<Block>> {
        Box::pin(self.whole(hash))
    }

    fn mempool(&self) -> Asked<'_, Mempool> {
        Box::pin(self.ask_mempool())
    }

    fn spent(&self, out: OutPoint) -> Asked<'_, Option<TxOut>> {
        Box::pin(self.ask_spent(out))
    }

    fn was_read(&self, mempool: &Mempool) {
        let mut known = self.read.lock().expect("never poisoned: nothing panics there");
        known.extend(mempool.transactions.iter().map(Transaction::compute_txid));
    }

    fn watched(&self) -> &Watched {
        &self.watched
    }
}

impl Server for Bitcoind {
    fn heard(&self) -> Option<Heard> {
        self.rpc.heard()
    }

    fn url(&self) -> &str {
        self.rpc.name()
    }

    fn filter(&self) -> &(dyn Filter + Send + Sync) {
        &self.watched
    }

    fn blocks(&self) -> Option<&dyn Blocks> {
        Some(self)
    }

    fn newest(&self) -> Asked<'_, Newest> {
        Box::pin(self.ask_newest())
    }

    fn blocks_from(&self, first: u32, last: u32) -> Asked<'_, Newest> {
        let last = last.min(first.saturating_add(MOST_HEADERS - 1));
        Box::pin(self.listed(first, last))
    }

    fn hash_at(&self, height: u32) -> Asked<'_, BlockHash> {
        Box::pin(self.ask_hash(height))
    }

    fn estimates(&self) -> Asked<'_, HashMap<u16, f64>> {
        Box::pin(self.ask_estimates())
    }

    fn scan(&self, _: FullScanRequest<KeychainKind>, _: usize) -> Asked<'_, Update> {
        Box::pin(async { Err(SourceError::NoIndex) })
    }

    fn sync(&self, _: SyncRequest<(KeychainKind, u32)>) -> Asked<'_, Update> {
        Box::pin(async { Err(SourceError::NoIndex) })
    }

    fn follow<'a>(&'a self, _: Confirmables<'a>) -> Asked<'a, ()> {
        Box::pin(async { Err(SourceError::NoIndex) })
    }

    fn outspend(&self, outpoint: OutPoint) -> Asked<'_, Option<Outspend>> {
        Box::pin(self.ask_outspend(outpoint))
    }

    fn position(&self, txid: Txid) -> Asked<'_, Option<Position>> {
        Box::pin(self.ask_position(txid))
    }

    fn transaction(&self, txid: Txid) -> Asked<'_, Option<Transaction>> {
        Box::pin(self.ask_transaction(txid))
    }

    fn proves<'a>(&'a self, transaction: &'a Transaction, block: BlockId) -> Asked<'a, bool> {
        Box::pin(async move {
            let (txid, block) = (transaction.compute_txid(), self.whole(block.hash).await?);
            Ok(block.txdata.iter().any(|one| one.compute_txid() == txid))
        })
    }

    fn send<'a>(&'a self, transaction: &'a Transaction) -> Later<'a, Result<(), BroadcastError>> {
        Box::pin(self.send_one(transaction))
    }

    fn send_package<'a>(&'a self, transactions: &'a [Transaction]) -> Asked<'a, bool> {
        Box::pin(self.send_all(transactions))
    }

    fn relays_packages(&self) -> Later<'_, Option<bool>> {
        Box::pin(self.ask_for_packages())
    }

    fn known_relays_packages(&self) -> Option<bool> {
        self.packages.taken()
    }
}
