//! Following the chain with a server that keeps no index of addresses. Its blocks are read from the last one that the wallet knows,
//! or from its birthday, and then what waits. After a block with something of ours the wallet takes it in before the next one
//! is read, because its addresses go further then: however many are used, the search never falls behind.

use super::{Inner, Onchain};
use crate::chain::{Blocks, Mempool, READING, Source, SourceError};
use crate::time::Timestamp;
use bdk_wallet::chain::{BlockId, CheckPoint, ConfirmationBlockTime, TxUpdate};
use bdk_wallet::{KeychainKind, Update, WalletEvent};
use bitcoin::{OutPoint, Transaction, Txid};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Instant;

/// Blocks that the wallet takes in at once, if nothing in them is ours.
const AT_ONCE: u32 = 100;

/// Whoever pays with more coins than this keeps to himself what fee he paid.
const MOST_FOREIGN: usize = 100;

/// What of some transactions is ours.
#[derive(Default)]
struct Found {
    transactions: Vec<Arc<Transaction>>,
    /// The last address of each keychain that is paid there.
    last_used: BTreeMap<KeychainKind, u32>,
}

/// Where a transaction is that was not in the mempool any more.
enum Later {
    In(ConfirmationBlockTime),
    /// For a block, or its block for being checked.
    Waits,
}

impl Source {
    pub(super) async fn read_blocks(
        &self,
        blocks: &dyn Blocks,
        onchain: &Onchain,
        now: Timestamp,
    ) -> Result<Vec<WalletEvent>, SourceError> {
        let begun = Instant::now();
        let mut events = Vec::new();
        loop {
            let known = onchain.checkpoint();
            // A wallet without a birthday begins with the first block that can have paid it.
            let first = self.agreed(&known).saturating_add(1).max(self.first_payable());
            let tip = self.checked_height();
            if first > tip {
                break;
            }
            let last = tip.min(first.saturating_add(AT_ONCE - 1));
            let reading = self.read_some(blocks, onchain, &known, (first, last), begun);
            let update = crate::chain::within(reading).await?;
            events.extend(taken(onchain, update)?);
            let left = tip.saturating_sub(onchain.tip().height);
            if left > 0 && begun.elapsed() > READING {
                return Err(SourceError::Reading { left });
            }
        }
        let mempool = crate::chain::within(blocks.mempool()).await?;
        let update = self.waiting(blocks, onchain, &mempool, now).await?;
        events.extend(taken(onchain, update)?);
        blocks.was_read(&mempool);
        Ok(events)
    }

    /// Blocks up to the first with something of ours.
    async fn read_some(
        &self,
        blocks: &dyn Blocks,
        onchain: &Onchain,
        known: &CheckPoint,
        (first, last): (u32, u32),
        begun: Instant,
    ) -> Result<Update, SourceError> {
        let mut update = Update::default();
        let mut read = known.block_id();
        for height in first..=last {
            let hash = self.block_at(height).await?;
            let block = blocks.block(hash).await?;
            let found = onchain.found_in(&block.txdata);
            read = BlockId { height, hash };
            let confirmation_time = u64::from(block.header.time);
            let anchor = ConfirmationBlockTime { block_id: read, confirmation_time };
            let txids = found.transactions.iter().map(|one| one.compute_txid());
            update.tx_update.anchors.extend(txids.map(|txid| (anchor, txid)));
            let is_ours = !found.transactions.is_empty();
            update.tx_update.txs.extend(found.transactions);
            update.last_active_indices.extend(found.last_used);
            if is_ours || begun.elapsed() > READING {
                break;
            }
        }
        update.chain = Some(self.blocks_above(known, std::iter::once(read), read.height));
        Ok(update)
    }

    /// What waits and is ours; what waited and does no more is looked for.
    pub(super) async fn waiting(
        &self,
        blocks: &dyn Blocks,
        onchain: &Onchain,
        mempool: &Mempool,
        now: Timestamp,
    ) -> Result<Update, SourceError> {
        let found = onchain.found_in(&mempool.transactions);
        let mut told = TxUpdate::<ConfirmationBlockTime>::default();
        let seen = found.transactions.iter().map(|one| one.compute_txid());
        told.seen_ats.extend(seen.map(|txid| (txid, now.secs())));
        for txid in onchain.outside_a_block() {
            if mempool.waiting.contains(&txid) {
                told.seen_ats.insert((txid, now.secs()));
                continue;
            }
            match self.found_later(blocks, txid).await? {
                Some(Later::In(anchor)) => drop(told.anchors.insert((anchor, txid))),
                None if mempool.is_whole => drop(told.evicted_ats.insert((txid, now.secs()))),
                Some(Later::Waits) | None => {}
            }
        }
        for out in onchain.foreign(&found.transactions) {
            told.txouts.extend(blocks.spent(out).await?.map(|output| (out, output)));
        }
        told.txs = found.transactions;
        let known = onchain.checkpoint();
        let places: Vec<BlockId> = told.anchors.iter().map(|(anchor, _)| anchor.block_id).collect();
        let chain = Some(self.blocks_above(&known, places.into_iter(), known.height()));
        Ok(Update { tx_update: told, last_active_indices: found.last_used, chain })
    }

    /// Where one is that waited and is not in the mempool that was read. Its block may have been read already, if another kind of
    /// server did not prove it then; or it came just now. `None`: the node does not know it.
    async fn found_later(
        &self,
        blocks: &dyn Blocks,
        txid: Txid,
    ) -> Result<Option<Later>, SourceError> {
        let Some(position) = self.tx_status(txid).await? else { return Ok(None) };
        let Some(block_id) = position.block.filter(|block| self.is_checked(block)) else {
            return Ok(Some(Later::Waits));
        };
        let block = blocks.block(block_id.hash).await?;
        let is_in = block.txdata.iter().any(|one| one.compute_txid() == txid);
        let confirmation_time = u64::from(block.header.time);
        let anchor = ConfirmationBlockTime { block_id, confirmation_time };
        Ok(is_in.then_some(Later::In(anchor)))
    }
}

fn taken(onchain: &Onchain, update: Update) -> Result<Vec<WalletEvent>, SourceError> {
    onchain.apply(update).map_err(|error| SourceError::Nonsense(Box::new(error)))
}

impl Onchain {
    /// Those that pay this wallet, or that spend what is its own, in whatever order they come.
    fn found_in(&self, all: &[Transaction]) -> Found {
        self.lock().found_in(all)
    }

    /// What these spend and nobody has seen, for the fees that they pay.
    fn foreign(&self, all: &[Arc<Transaction>]) -> BTreeSet<OutPoint> {
        let inner = self.lock();
        let graph = inner.wallet.tx_graph();
        let together: HashSet<Txid> = all.iter().map(|one| one.compute_txid()).collect();
        let is_new =
            |out: &OutPoint| !together.contains(&out.txid) && graph.get_txout(*out).is_none();
        let of_each = all.iter().map(|one| {
            one.input.iter().map(|input| input.previous_output).filter(is_new).collect::<Vec<_>>()
        });
        of_each.filter(|outs| outs.len() <= MOST_FOREIGN).flatten().collect()
    }

    fn outside_a_block(&self) -> Vec<Txid> {
        let inner = self.lock();
        let history = inner.history.all().iter();
        let outside = history.take_while(|one| one.confirmation.is_none()).map(|one| one.txid);
        outside.chain(inner.conflicted().map(|(txid, _)| txid)).collect()
    }
}

impl Inner {
    fn found_in(&self, all: &[Transaction]) -> Found {
        let index = self.wallet.spk_index();
        let (mut found, mut coins, mut seen) =
            (Found::default(), HashSet::<OutPoint>::new(), HashSet::<usize>::new());
        loop {
            let before = seen.len();
            for (place, one) in all.iter().enumerate() {
                let outs = one.input.iter().map(|input| input.previous_output);
                let spends = |out: OutPoint| coins.contains(&out) || index.txout(out).is_some();
                let paid = one.output.iter().enumerate().filter_map(|(vout, output)| {
                    Some((vout, *index.index_of_spk(output.script_pubkey.clone())?))
                });
                let paid: Vec<(usize, (KeychainKind, u32))> = paid.collect();
                let is_ours = !paid.is_empty() || outs.into_iter().any(spends);
                if !is_ours || !seen.insert(place) {
                    continue;
                }
                let txid = one.compute_txid();
                for (vout, (keychain, used)) in paid {
                    let vout = u32::try_from(vout).unwrap_or(u32::MAX);
                    coins.insert(OutPoint { txid, vout });
                    let last = found.last_used.entry(keychain).or_default();
                    *last = used.max(*last);
                }
                found.transactions.push(Arc::new(one.clone()));
            }
            if seen.len() == before {
                return found;
            }
        }
    }
}
