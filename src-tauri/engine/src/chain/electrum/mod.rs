//! An Electrum server (protocol 1.4), over TLS or on this computer. BDK and LDK have clients for it, which block a thread, take
//! answers of any size for as long as they come, and end the process over some of them. So what they ask is asked here.
//!
//! What it says of a transaction's place is proven to it: see [`questions`].

mod addresses;
mod channels;
#[cfg(feature = "test-util")]
pub(super) mod fuzz;
mod line;
mod place;
mod questions;
#[cfg(test)]
mod tests;

use super::SourceError;
use super::plausible::{self, Listed, Newest};
use super::refusal::{BroadcastError, judge};
use super::server::{Asked, Confirmables, Later, Outspend, Position, Server};
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::chain::{BlockId, ConfirmationBlockTime};
use bdk_wallet::{KeychainKind, Update};
use bitcoin::block::Header;
use bitcoin::consensus::encode;
use bitcoin::{BlockHash, OutPoint, Transaction, Txid};
use channels::{Followed, Registered};
use lightning::chain::Filter;
use line::{Line, Question, nonsense};
use place::Place;
use questions::read;
use rustls::ClientConfig;
use serde_json::json;
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// See [`Electrum::patience`].
const PATIENCE: Duration = Duration::from_secs(20);
/// Connections that are kept for the next question. Hardly ever do two ask at once.
const MOST_KEPT: usize = 2;
/// The newest blocks that are asked for.
const NEWEST: u32 = 10;
/// The most that a server gives at once.
const MOST_HEADERS: u32 = 2_016;
/// Within how many blocks, for each estimate asked for. Bitcoin Core knows nothing sooner.
const TARGETS: [u16; 6] = [2, 6, 12, 24, 144, 1008];
/// An estimate is said in bitcoin for so many vbytes.
const SAT_PER_VB: f64 = 100_000.0;
/// Transactions that are not asked for again.
const MOST_KNOWN: usize = 20_000;

/// See the module.
pub(super) struct Electrum {
    url: String,
    place: Place,
    /// For as many questions as are asked at once; a stalled server must not stall the wallet.
    patience: Duration,
    tls: Arc<ClientConfig>,
    /// Connections that nobody uses now.
    idle: Mutex<Vec<Line>>,
    /// What a transaction is never changes.
    known: Mutex<HashMap<Txid, Arc<Transaction>>>,
    /// Where those are that nothing will undo, with the height that the server named.
    buried: Mutex<HashMap<(Txid, u32), ConfirmationBlockTime>>,
    registered: Registered,
    followed: tokio::sync::Mutex<Followed>,
}

/// A connection in one hand; it is closed if it is not kept, because after an error nobody knows which answer comes next.
struct Held<'a> {
    line: Option<Line>,
    electrum: &'a Electrum,
}

impl Held<'_> {
    fn keep(mut self) {
        let mut idle = self.electrum.idle();
        if idle.len() < MOST_KEPT {
            idle.extend(self.line.take());
        }
    }
}

impl Deref for Held<'_> {
    type Target = Line;
    fn deref(&self) -> &Line {
        self.line.as_ref().expect("until it is kept")
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Line {
        self.line.as_mut().expect("until it is kept")
    }
}

fn listed(first: u32, headers: Vec<Header>) -> Result<Newest, SourceError> {
    // A server may name the highest height there is.
    let listed = (first..=u32::MAX).zip(headers).map(|(height, header)| Listed {
        block: BlockId { height, hash: header.block_hash() },
        header,
    });
    plausible::newest(listed.collect())
}

impl Electrum {
    /// Whether an address names a server of this kind.
    pub(super) fn is_meant(url: &str) -> bool {
        Place::is_meant(url)
    }

    /// # Errors
    /// [`SourceError::BadUrl`].
    pub(super) fn new(url: &str, patience: Option<Duration>) -> Result<Self, SourceError> {
        Ok(Self {
            url: url.to_owned(),
            place: Place::read(url)?,
            patience: patience.unwrap_or(PATIENCE),
            tls: line::tls(line::roots())?,
            idle: Mutex::default(),
            known: Mutex::default(),
            buried: Mutex::default(),
            registered: Registered::default(),
            followed: tokio::sync::Mutex::default(),
        })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Line>> {
        self.idle.lock().expect("never poisoned: nothing panics there")
    }

    /// A connection for one task: one that was kept, if it is alive, else a new one.
    async fn line(&self) -> Result<Held<'_>, SourceError> {
        loop {
            let kept = self.idle().pop();
            let Some(mut line) = kept else { break };
            if line.is_alive().await {
                return Ok(Held { line: Some(line), electrum: self });
            }
        }
        let line = Line::open(&self.place, &self.url, self.tls.clone(), self.patience).await?;
        Ok(Held { line: Some(line), electrum: self })
    }

    /// As [`Line::transactions`], asked for once.
    async fn transactions(
        &self,
        line: &mut Line,
        txids: &[Txid],
    ) -> Result<Vec<Option<Arc<Transaction>>>, SourceError> {
        let known = || self.known.lock().expect("never poisoned: nothing panics there");
        let missing: Vec<Txid> = {
            let known = known();
            txids.iter().copied().filter(|txid| !known.contains_key(txid)).collect()
        };
        let asked = line.transactions(&missing).await?;
        let mut known = known();
        if known.len() > MOST_KNOWN {
            known.retain(|txid, _| txids.contains(txid));
        }
        let found = missing.into_iter().zip(asked).filter_map(|(txid, one)| Some((txid, one?)));
        known.extend(found);
        Ok(txids.iter().map(|txid| known.get(txid).cloned()).collect())
    }

    /// One as the server has it now: that it was known once says nothing.
    async fn one(
        &self,
        line: &mut Line,
        txid: Txid,
    ) -> Result<Option<Arc<Transaction>>, SourceError> {
        Ok(line.transactions(&[txid]).await?.pop().flatten())
    }

    async fn ask_newest(&self) -> Result<Newest, SourceError> {
        let mut line = self.line().await?;
        let tip = line.tip().await?;
        let first = tip.height.saturating_sub(NEWEST - 1);
        let count = tip.height.saturating_sub(first).saturating_add(1);
        let headers = line.headers_from(first, count).await?;
        line.keep();
        if headers.last() != Some(&tip.header) {
            return Err(nonsense("its newest blocks do not end with its newest"));
        }
        listed(first, headers)
    }

    async fn ask_blocks(&self, first: u32, last: u32) -> Result<Newest, SourceError> {
        let mut line = self.line().await?;
        let count = last.saturating_sub(first).saturating_add(1).min(MOST_HEADERS);
        let headers = line.headers_from(first, count).await?;
        line.keep();
        listed(first, headers)
    }

    async fn ask_hash(&self, height: u32) -> Result<BlockHash, SourceError> {
        let mut line = self.line().await?;
        let headers = line.headers(&[height]).await?;
        line.keep();
        Ok(headers.first().ok_or_else(|| nonsense("no header"))?.block_hash())
    }

    async fn ask_estimates(&self) -> Result<HashMap<u16, f64>, SourceError> {
        let mut line = self.line().await?;
        let questions: Vec<Question> =
            TARGETS.iter().map(|target| ("blockchain.estimatefee", json!([target]))).collect();
        let answers = line.ask_all(&questions).await?;
        line.keep();
        let rate = |answer: line::Answer| Some(read::<f64>(&answer.ok()?).ok()? * SAT_PER_VB);
        let rates = TARGETS.into_iter().zip(answers.into_iter().map(rate));
        // -1: not known.
        Ok(rates
            .filter_map(|(target, rate)| Some((target, rate.filter(|rate| *rate > 0.0)?)))
            .collect())
    }

    async fn ask_outspend(&self, outpoint: OutPoint) -> Result<Option<Outspend>, SourceError> {
        let mut line = self.line().await?;
        let Some(parent) = self.one(&mut line, outpoint.txid).await? else {
            line.keep();
            return Ok(None);
        };
        let output = usize::try_from(outpoint.vout).ok().and_then(|vout| parent.output.get(vout));
        let script = output.ok_or_else(|| nonsense("no such output"))?.script_pubkey.clone();
        let history = line.histories(&[script]).await?.pop().unwrap_or_default();
        let others: Vec<_> =
            history.into_iter().filter(|entry| entry.txid != outpoint.txid).collect();
        let txids: Vec<Txid> = others.iter().map(|entry| entry.txid).collect();
        let transactions = self.transactions(&mut line, &txids).await?;
        let spends = |transaction: &Transaction| {
            transaction.input.iter().any(|input| input.previous_output == outpoint)
        };
        let mut outspend = Outspend { spent: false, txid: None, block: None };
        for (entry, transaction) in others.iter().zip(transactions) {
            // One that has gone since it was listed spends nothing.
            let Some(transaction) = transaction.filter(|transaction| spends(transaction)) else {
                continue;
            };
            let block = block_of(&mut line, &transaction, entry.height).await?;
            outspend = Outspend { spent: true, txid: Some(entry.txid), block };
            if block.is_some() {
                break;
            }
        }
        line.keep();
        Ok(Some(outspend))
    }

    async fn ask_position(&self, txid: Txid) -> Result<Option<Position>, SourceError> {
        let mut line = self.line().await?;
        let Some(transaction) = self.one(&mut line, txid).await? else {
            line.keep();
            return Ok(None);
        };
        let height = line.height_of(&transaction).await?;
        let block = block_of(&mut line, &transaction, height).await?;
        line.keep();
        Ok(Some(Position { block }))
    }

    async fn ask_transaction(&self, txid: Txid) -> Result<Option<Transaction>, SourceError> {
        let mut line = self.line().await?;
        let found = self.one(&mut line, txid).await?;
        line.keep();
        Ok(found.map(Arc::unwrap_or_clone))
    }

    async fn ask_proof(
        &self,
        transaction: &Transaction,
        block: BlockId,
    ) -> Result<bool, SourceError> {
        let mut line = self.line().await?;
        let placed = block_of(&mut line, transaction, Some(block.height)).await?;
        line.keep();
        Ok(placed == Some(block))
    }

    async fn send_one(&self, transaction: &Transaction) -> Result<(), BroadcastError> {
        let mut line = self.line().await?;
        let text = encode::serialize_hex(transaction);
        let answer = line.try_ask("blockchain.transaction.broadcast", json!([text])).await?;
        line.keep();
        match answer {
            Ok(id) if read::<Txid>(&id).is_ok_and(|id| id == transaction.compute_txid()) => Ok(()),
            Ok(_) => Err(nonsense("its answer is not the transaction's id").into()),
            Err(refusal) if refusal.is_trouble() => Err(SourceError::from(refusal).into()),
            // The network's word, passed on.
            Err(refusal) => judge(400, refusal.said),
        }
    }
}

/// The block that a transaction is in, proven. `None` if it waits, or if the server cannot prove it.
async fn block_of(
    line: &mut Line,
    transaction: &Transaction,
    height: Option<u32>,
) -> Result<Option<BlockId>, SourceError> {
    let Some(height) = height else { return Ok(None) };
    let placed = line.placed(&[(transaction, height)]).await?.pop().flatten();
    Ok(placed.map(|placed| BlockId { height, hash: placed.header.block_hash() }))
}

impl Server for Electrum {
    fn url(&self) -> &str {
        &self.url
    }

    fn filter(&self) -> &(dyn Filter + Send + Sync) {
        &self.registered
    }

    fn newest(&self) -> Asked<'_, Newest> {
        Box::pin(self.ask_newest())
    }

    fn blocks_from(&self, first: u32, last: u32) -> Asked<'_, Newest> {
        Box::pin(self.ask_blocks(first, last))
    }

    fn hash_at(&self, height: u32) -> Asked<'_, BlockHash> {
        Box::pin(self.ask_hash(height))
    }

    fn estimates(&self) -> Asked<'_, HashMap<u16, f64>> {
        Box::pin(self.ask_estimates())
    }

    fn scan(&self, request: FullScanRequest<KeychainKind>, gap: usize) -> Asked<'_, Update> {
        Box::pin(self.scan_addresses(request, gap))
    }

    fn sync(&self, request: SyncRequest<(KeychainKind, u32)>) -> Asked<'_, Update> {
        Box::pin(self.sync_addresses(request))
    }

    fn follow<'a>(&'a self, confirmables: Confirmables<'a>) -> Asked<'a, ()> {
        Box::pin(self.follow_channels(confirmables))
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

    fn has_proven(&self) -> bool {
        true
    }

    fn proves<'a>(&'a self, transaction: &'a Transaction, block: BlockId) -> Asked<'a, bool> {
        Box::pin(self.ask_proof(transaction, block))
    }

    fn send<'a>(&'a self, transaction: &'a Transaction) -> Later<'a, Result<(), BroadcastError>> {
        Box::pin(self.send_one(transaction))
    }

    /// The protocol has it from 1.6 on, which few servers speak.
    fn send_package<'a>(&'a self, _: &'a [Transaction]) -> Asked<'a, bool> {
        Box::pin(async { Ok(false) })
    }

    fn relays_packages(&self) -> Later<'_, Option<bool>> {
        Box::pin(async { Some(false) })
    }

    fn known_relays_packages(&self) -> Option<bool> {
        Some(false)
    }
}
