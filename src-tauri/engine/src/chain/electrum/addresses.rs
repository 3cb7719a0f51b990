//! What happened to addresses, as BDK wants to hear it.

use super::super::SourceError;
use super::Electrum;
use super::line::{Line, nonsense};
use super::questions::Entry;
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::chain::{BlockId, ConfirmationBlockTime, TxUpdate};
use bdk_wallet::{KeychainKind, Update};
use bitcoin::{OutPoint, ScriptBuf, Transaction, Txid};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Addresses asked for at once.
const AT_ONCE: usize = 20;
/// A place that deep is looked at once.
const BURIED: u32 = 100;
/// Whoever pays with more coins than this keeps to himself what fee he paid.
const MOST_FOREIGN: usize = 100;

/// What was found so far.
struct Found {
    now: u64,
    update: TxUpdate<ConfirmationBlockTime>,
    heights: BTreeMap<Txid, Option<u32>>,
}

impl Found {
    fn at(now: u64) -> Self {
        Self { now, update: TxUpdate::default(), heights: BTreeMap::new() }
    }

    fn add(&mut self, entries: &[Entry]) {
        for entry in entries {
            let known = self.heights.entry(entry.txid).or_default();
            *known = known.or(entry.height);
        }
    }
}

impl Electrum {
    pub(super) async fn scan_addresses(
        &self,
        mut request: FullScanRequest<KeychainKind>,
        gap: usize,
    ) -> Result<Update, SourceError> {
        let mut line = self.line().await?;
        let mut found = Found::at(request.start_time());
        let mut last_active_indices = BTreeMap::new();
        for keychain in request.keychains() {
            let mut scripts = request.iter_spks(keychain);
            let mut unused = 0;
            while unused < gap {
                let some: Vec<(u32, ScriptBuf)> = scripts.by_ref().take(AT_ONCE).collect();
                if some.is_empty() {
                    break;
                }
                let texts: Vec<ScriptBuf> = some.iter().map(|(_, script)| script.clone()).collect();
                for ((index, _), history) in some.iter().zip(line.histories(&texts).await?) {
                    if history.is_empty() {
                        unused += 1;
                    } else {
                        unused = 0;
                        last_active_indices.insert(keychain, *index);
                    }
                    found.add(&history);
                }
            }
        }
        let tx_update = self.told(&mut line, found).await?;
        line.keep();
        Ok(Update { tx_update, last_active_indices, chain: None })
    }

    pub(super) async fn sync_addresses(
        &self,
        mut request: SyncRequest<(KeychainKind, u32)>,
    ) -> Result<Update, SourceError> {
        let mut line = self.line().await?;
        let mut found = Found::at(request.start_time());
        let all: Vec<_> = request.iter_spks_with_expected_txids().collect();
        let scripts: Vec<ScriptBuf> = all.iter().map(|one| one.spk.clone()).collect();
        let mut missing: HashSet<Txid> = HashSet::new();
        for (one, history) in all.iter().zip(line.histories(&scripts).await?) {
            let shown: HashSet<Txid> = history.iter().map(|entry| entry.txid).collect();
            missing.extend(one.expected_txids.difference(&shown));
            found.add(&history);
        }
        // One that an address misses may stand under another, to which it came since.
        missing.retain(|txid| !found.heights.contains_key(txid));
        let now = found.now;
        found.update.evicted_ats.extend(missing.into_iter().map(|txid| (txid, now)));
        let tx_update = self.told(&mut line, found).await?;
        line.keep();
        Ok(Update { tx_update, last_active_indices: BTreeMap::new(), chain: None })
    }

    /// The transactions, where they are, and the outputs that they spend.
    async fn told(
        &self,
        line: &mut Line,
        found: Found,
    ) -> Result<TxUpdate<ConfirmationBlockTime>, SourceError> {
        let Found { now, mut update, heights } = found;
        let txids: Vec<Txid> = heights.keys().copied().collect();
        let transactions = self.all_of(line, &txids).await?;
        let mut confirmed = Vec::new();
        for (transaction, height) in transactions.iter().zip(heights.values()) {
            match height {
                Some(height) => confirmed.push((transaction.as_ref(), *height)),
                None => {
                    update.seen_ats.insert((transaction.compute_txid(), now));
                }
            }
        }
        update.anchors = self.anchors(line, &confirmed).await?;
        update.txouts = self.foreign(line, &transactions).await?;
        update.txs = transactions;
        Ok(update)
    }

    /// All of these; the server listed them.
    async fn all_of(
        &self,
        line: &mut Line,
        txids: &[Txid],
    ) -> Result<Vec<Arc<Transaction>>, SourceError> {
        let found = self.transactions(line, txids).await?;
        let all: Option<Vec<_>> = found.into_iter().collect();
        all.ok_or_else(|| nonsense("a transaction that it listed is not there"))
    }

    async fn anchors(
        &self,
        line: &mut Line,
        confirmed: &[(&Transaction, u32)],
    ) -> Result<BTreeSet<(ConfirmationBlockTime, Txid)>, SourceError> {
        let tip = line.tip().await?.height;
        let mut anchors = BTreeSet::new();
        let mut open = Vec::new();
        {
            let buried = self.buried.lock().expect("never poisoned: nothing panics there");
            for (transaction, height) in confirmed {
                match buried.get(&(transaction.compute_txid(), *height)) {
                    Some(anchor) => drop(anchors.insert((*anchor, transaction.compute_txid()))),
                    None => open.push((*transaction, *height)),
                }
            }
        }
        let placed = line.placed(&open).await?;
        let mut buried = self.buried.lock().expect("never poisoned: nothing panics there");
        for ((transaction, height), placed) in open.into_iter().zip(placed) {
            let placed =
                placed.ok_or_else(|| nonsense("it cannot prove where a transaction is"))?;
            let block_id = BlockId { height, hash: placed.header.block_hash() };
            let confirmation_time = u64::from(placed.header.time);
            let anchor = ConfirmationBlockTime { block_id, confirmation_time };
            let txid = transaction.compute_txid();
            anchors.insert((anchor, txid));
            if tip.saturating_sub(height) >= BURIED {
                buried.insert((txid, height), anchor);
            }
        }
        Ok(anchors)
    }

    /// What others spent, for the fees that they paid.
    async fn foreign(
        &self,
        line: &mut Line,
        transactions: &[Arc<Transaction>],
    ) -> Result<BTreeMap<OutPoint, bitcoin::TxOut>, SourceError> {
        let known: HashMap<Txid, &Transaction> =
            transactions.iter().map(|one| (one.compute_txid(), one.as_ref())).collect();
        let mut wanted: BTreeSet<OutPoint> = BTreeSet::new();
        for transaction in transactions {
            let spent = transaction.input.iter().map(|input| input.previous_output);
            let foreign: Vec<OutPoint> =
                spent.filter(|out| !out.is_null() && !known.contains_key(&out.txid)).collect();
            if foreign.len() <= MOST_FOREIGN {
                wanted.extend(foreign);
            }
        }
        let mut txids: Vec<Txid> = wanted.iter().map(|out| out.txid).collect();
        txids.dedup();
        let parents = self.transactions(line, &txids).await?;
        let parents: HashMap<Txid, Arc<Transaction>> =
            txids.into_iter().zip(parents).filter_map(|(txid, one)| Some((txid, one?))).collect();
        let output = |out: OutPoint| {
            let vout = usize::try_from(out.vout).ok()?;
            Some((out, parents.get(&out.txid)?.output.get(vout)?.clone()))
        };
        Ok(wanted.into_iter().filter_map(output).collect())
    }
}
