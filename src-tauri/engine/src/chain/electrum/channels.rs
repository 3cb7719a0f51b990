//! LDK's side: what it watches, and telling its parts what became of that. The order is LDK's own (its `Confirm`, and the
//! client of `lightning-transaction-sync`): what is no longer in the chain, the newest block, then what is in it, by height and
//! place, until nothing is new. A tip that changes in between begins it again.

use super::super::SourceError;
use super::super::server::Confirmables;
use super::Electrum;
use super::line::{Line, nonsense};
use super::questions::{Placed, Tip};
use bitcoin::{BlockHash, OutPoint, Script, ScriptBuf, Transaction, Txid};
use lightning::chain::channelmonitor::ANTI_REORG_DELAY;
use lightning::chain::{Filter, WatchedOutput};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// A chain that changes more often while it is read is left for the next look.
const MOST_TRIES: usize = 20;

/// What LDK registered since the last look.
#[derive(Default)]
pub(super) struct Registered(Mutex<Watched>);

#[derive(Default)]
struct Watched {
    /// Each with scripts of its outputs, as far as they were named.
    transactions: HashMap<Txid, Vec<ScriptBuf>>,
    outputs: HashMap<OutPoint, WatchedOutput>,
}

/// What is known of the watched.
#[derive(Default)]
pub(super) struct Followed {
    watched: Watched,
    /// Spends that may still be undone: by which transaction, at which height.
    spent: Vec<(Txid, u32, WatchedOutput)>,
    /// The tip that LDK's parts heard of.
    synced: Option<BlockHash>,
    /// A round did not come to its end.
    unfinished: bool,
}

/// One that is in a block, and where.
type Confirmed = (Arc<Transaction>, Placed);

impl Filter for Registered {
    fn register_tx(&self, txid: &Txid, script: &Script) {
        let mut watched = self.0.lock().expect("never poisoned: nothing panics there");
        let scripts = watched.transactions.entry(*txid).or_default();
        if scripts.iter().all(|known| known != script) {
            scripts.push(script.to_owned());
        }
    }

    fn register_output(&self, output: WatchedOutput) {
        let mut watched = self.0.lock().expect("never poisoned: nothing panics there");
        watched.outputs.insert(output.outpoint.into_bitcoin_outpoint(), output);
    }
}

impl Followed {
    /// Whether LDK registered anything.
    fn take(&mut self, registered: &Registered) -> bool {
        let mut registered = registered.0.lock().expect("never poisoned: nothing panics there");
        let Watched { transactions, outputs } = std::mem::take(&mut *registered);
        let is_new = !transactions.is_empty() || !outputs.is_empty();
        for (txid, scripts) in transactions {
            self.watched.transactions.entry(txid).or_default().extend(scripts);
        }
        self.watched.outputs.extend(outputs);
        is_new
    }

    fn undo(&mut self, gone: Vec<Txid>, confirmables: &Confirmables<'_>) {
        for txid in gone {
            confirmables.iter().for_each(|part| part.transaction_unconfirmed(&txid));
            self.watched.transactions.entry(txid).or_default();
            let outputs = &mut self.watched.outputs;
            self.spent.retain(|(by, _, output)| {
                if *by == txid {
                    outputs.insert(output.outpoint.into_bitcoin_outpoint(), output.clone());
                }
                *by != txid
            });
        }
    }

    fn reach(&mut self, tip: Tip, confirmables: &Confirmables<'_>) {
        confirmables.iter().for_each(|part| part.best_block_updated(&tip.header, tip.height));
        let is_open =
            |height: u32| tip.height < height.saturating_add(ANTI_REORG_DELAY).saturating_sub(1);
        self.spent.retain(|(_, height, _)| is_open(*height));
    }

    fn confirm(&mut self, confirmed: &[Confirmed], confirmables: &Confirmables<'_>) {
        for (transaction, placed) in confirmed {
            let Placed { height, header, index } = placed;
            for part in confirmables {
                part.transactions_confirmed(header, &[(*index, transaction.as_ref())], *height);
            }
            let txid = transaction.compute_txid();
            self.watched.transactions.remove(&txid);
            for input in &transaction.input {
                if let Some(output) = self.watched.outputs.remove(&input.previous_output) {
                    self.spent.push((txid, *height, output));
                }
            }
        }
    }
}

impl Electrum {
    pub(super) async fn follow_channels(
        &self,
        confirmables: Confirmables<'_>,
    ) -> Result<(), SourceError> {
        let mut followed = self.followed.lock().await;
        let mut line = self.line().await?;
        for _ in 0..MOST_TRIES {
            let tip = line.tip().await?;
            let registered = followed.take(&self.registered);
            let is_new = followed.synced != Some(tip.header.block_hash());
            if !registered && !is_new && !followed.unfinished {
                line.keep();
                return Ok(());
            }
            followed.unfinished = true;
            if is_new {
                let gone = gone(&mut line, &confirmables, tip).await?;
                if line.tip().await? != tip {
                    continue;
                }
                followed.undo(gone, &confirmables);
                followed.reach(tip, &confirmables);
            }
            let Some(confirmed) = self.confirmed(&mut line, &followed.watched, tip).await? else {
                continue;
            };
            if line.tip().await? != tip {
                continue;
            }
            followed.confirm(&confirmed, &confirmables);
            followed.synced = Some(tip.header.block_hash());
            followed.unfinished = false;
        }
        Err(SourceError::Lightning)
    }

    /// What is in a block now, in the order of the chain. `None` if the answers contradict each other, as they do if the
    /// chain changes in between.
    async fn confirmed(
        &self,
        line: &mut Line,
        watched: &Watched,
        tip: Tip,
    ) -> Result<Option<Vec<Confirmed>>, SourceError> {
        let mut found = self.watched_transactions(line, watched).await?;
        let Some(spends) = self.watched_spends(line, watched).await? else { return Ok(None) };
        for (txid, spend) in spends {
            found.entry(txid).or_insert(spend);
        }
        if found.values().any(|(_, height)| *height > tip.height) {
            return Ok(None);
        }
        let found: Vec<(Arc<Transaction>, u32)> = found.into_values().collect();
        let asked: Vec<(&Transaction, u32)> =
            found.iter().map(|(transaction, height)| (transaction.as_ref(), *height)).collect();
        let placed = line.placed(&asked).await?;
        let placed: Option<Vec<Placed>> = placed.into_iter().collect();
        let Some(placed) = placed else { return Ok(None) };
        let transactions = found.into_iter().map(|(transaction, _)| transaction);
        let mut confirmed: Vec<Confirmed> = transactions.zip(placed).collect();
        confirmed.sort_by_key(|(_, placed)| (placed.height, placed.index));
        Ok(Some(confirmed))
    }

    async fn watched_transactions(
        &self,
        line: &mut Line,
        watched: &Watched,
    ) -> Result<HashMap<Txid, (Arc<Transaction>, u32)>, SourceError> {
        let txids: Vec<Txid> = watched.transactions.keys().copied().collect();
        let known = self.transactions(line, &txids).await?;
        let known: Vec<Arc<Transaction>> = known.into_iter().flatten().collect();
        let script = |transaction: &Arc<Transaction>| {
            let named = watched.transactions.get(&transaction.compute_txid());
            script_of(transaction, named.map(Vec::as_slice).unwrap_or_default())
        };
        let scripts: Vec<ScriptBuf> = known.iter().map(script).collect();
        let histories = line.histories(&scripts).await?;
        let mut found = HashMap::new();
        for (transaction, history) in known.into_iter().zip(histories) {
            let txid = transaction.compute_txid();
            let entry = history.iter().find(|entry| entry.txid == txid);
            if let Some(height) = entry.and_then(|entry| entry.height) {
                found.insert(txid, (transaction, height));
            }
        }
        Ok(found)
    }

    async fn watched_spends(
        &self,
        line: &mut Line,
        watched: &Watched,
    ) -> Result<Option<HashMap<Txid, (Arc<Transaction>, u32)>>, SourceError> {
        let outputs: Vec<&WatchedOutput> = watched.outputs.values().collect();
        let scripts: Vec<ScriptBuf> =
            outputs.iter().map(|output| output.script_pubkey.clone()).collect();
        let histories = line.histories(&scripts).await?;
        let mut heights: HashMap<Txid, u32> = HashMap::new();
        for (output, history) in outputs.iter().zip(&histories) {
            let others = history.iter().filter(|entry| entry.txid != output.outpoint.txid);
            heights.extend(others.filter_map(|entry| Some((entry.txid, entry.height?))));
        }
        let txids: Vec<Txid> = heights.keys().copied().collect();
        let transactions: Option<Vec<_>> =
            self.transactions(line, &txids).await?.into_iter().collect();
        let Some(transactions) = transactions else { return Ok(None) };
        let spends = |transaction: &Arc<Transaction>| {
            let mut inputs = transaction.input.iter();
            inputs.any(|input| watched.outputs.contains_key(&input.previous_output))
        };
        let spends = transactions.into_iter().filter(spends);
        let spend = |transaction: Arc<Transaction>| {
            let txid = transaction.compute_txid();
            Some((txid, (transaction, *heights.get(&txid)?)))
        };
        Ok(Some(spends.filter_map(spend).collect()))
    }
}

/// A script of the transaction that servers keep a history of, if there is one; one that it was registered with, if it has it.
fn script_of(transaction: &Transaction, named: &[ScriptBuf]) -> ScriptBuf {
    let scripts = || transaction.output.iter().map(|output| &output.script_pubkey);
    let kept = || scripts().filter(|script| !script.is_op_return());
    let found = kept().find(|script| named.contains(script)).or_else(|| kept().next());
    found.or_else(|| scripts().next()).cloned().unwrap_or_default()
}

/// What LDK believes in a block that is not in the chain any more.
async fn gone(
    line: &mut Line,
    confirmables: &Confirmables<'_>,
    tip: Tip,
) -> Result<Vec<Txid>, SourceError> {
    let believed: HashSet<(Txid, u32, Option<BlockHash>)> =
        confirmables.iter().flat_map(|part| part.get_relevant_txids()).collect();
    let heights: BTreeSet<u32> = believed.iter().map(|(_, height, _)| *height).collect();
    let heights: Vec<u32> = heights.into_iter().filter(|height| *height <= tip.height).collect();
    let headers = line.headers(&heights).await?;
    let hashes: HashMap<u32, BlockHash> =
        heights.into_iter().zip(headers.iter().map(|header| header.block_hash())).collect();
    let mut gone = Vec::new();
    for (txid, height, block) in believed {
        let block =
            block.ok_or_else(|| nonsense("LDK does not know the block of a transaction"))?;
        if hashes.get(&height) != Some(&block) {
            gone.push(txid);
        }
    }
    Ok(gone)
}
