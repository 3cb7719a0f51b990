//! Following the chain. One task owns it: fees, then BDK, then LDK, then "synchronised". Another sends out what the outbox
//! lets go, and looks after what was sent until it is buried.

use super::watch::Watching;
use crate::chain::{BroadcastError, Following, Round, Settled, Source, SourceError};
use crate::channels::closing::all_claimable;
use crate::config::Role;
use crate::core::Core;
use crate::error::chain_of;
use crate::ledger::onchain_rows;
use crate::node::to_local::ToLocal;
use crate::node::{Origin, Package, is_commitment};
use crate::payments::{Fact, onchain_row};
use crate::time::Timestamp;
use crate::view::Unsent;
use bdk_wallet::chain::BlockId;
use bitcoin::consensus::encode::{deserialize, serialize};
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, OutPoint, Transaction, Txid};
use lightning::chain::Confirm;
use lightning::util::persist::KVStoreSync;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;

/// Deep enough that nothing will undo it.
const BURIED: u32 = 6;
/// How long the chain may wait for what is not applied yet.
const APPLIED_WITHIN: Duration = Duration::from_secs(3);
/// LDK archives monitors of channels that are long over; look for them so often.
const ARCHIVE_EVERY_BLOCKS: u32 = 6;
/// A look ahead costs a hundred requests. With every block and every eighth sync (six minutes) these are 27 a minute, with
/// every sync they would be 133, and what a public server bears is not known.
const AHEAD_EVERY_SYNCS: u32 = 8;

pub(crate) const HEADERS: (&str, &str) = ("fulmen", "headers");
/// Up to which block LDK was told of all that it watches.
const TOLD_KEY: (&str, &str, &str) = ("fulmen", "facts", "told");
pub(crate) const FEES_KEY: (&str, &str, &str) = ("fulmen", "facts", "fees");

/// Synchronises for ever: when asked, and from time to time.
pub(crate) async fn keep_synced(core: Arc<Core>) {
    core.status.online().await;
    // LDK hands in at its first pass what its monitors lack of what it knew.
    if timeout(APPLIED_WITHIN, core.wake.durable()).await.is_err() {
        tracing::warn!("the chain is read before the first commit");
    }
    let mut syncs = Syncs::default();
    let mut asked = false;
    loop {
        core.status.syncs_begun.fetch_add(1, Ordering::SeqCst);
        core.frozen.begin(|| all_claimable(&core));
        let sync = once(&core, &mut syncs).await;
        if let Err(error) = &sync {
            tracing::warn!(error = chain_of(error), "the chain was not synced");
            core.status.offline(error, Timestamp::now(), &core.bus);
        }
        core.frozen.chain_is_read();
        core.wake.soon();
        core.status.money_moved();
        if sync.is_ok() {
            look_ahead(&core, &mut syncs, asked).await;
        }
        core.status.syncs.send_modify(|syncs| *syncs += 1);
        // After the rest, which it must not hold up.
        syncs.watching.looked(&core, sync.is_ok(), Timestamp::now()).await;
        asked = tokio::select! {
            () = core.status.sync_now.notified() => true,
            () = tokio::time::sleep(core.settings.tunables.sync_interval) => false,
        }
    }
}

/// Money on addresses that were given out elsewhere, if it is time to look for some: `asked` counts where another computer
/// had these words. A router's words are nowhere else. After the rest of the sync, which it must not hold up: on a slow link
/// a hundred requests take a while, and the channels come first.
async fn look_ahead(core: &Core, syncs: &mut Syncs, asked: bool) {
    let (tip, now) = (core.onchain.tip(), Timestamp::now());
    let due = syncs.ahead_is_due(tip) || (asked && core.other_accounts.were_elsewhere());
    if !due || core.settings.role == Role::Router {
        return;
    }
    let before = core.onchain.history().all().len();
    match core.source.source().look_ahead(&core.onchain, now).await {
        Err(error) => {
            tracing::debug!(error = chain_of(&error), "cannot look ahead now");
            return;
        }
        Ok(_) if core.onchain.history().all().len() != before => {
            learn(core, now);
            core.wake.soon();
            core.status.money_moved();
        }
        Ok(_) => {}
    }
    syncs.ahead = Some((tip, 0));
}

fn learn(core: &Core, now: Timestamp) {
    if let Err(error) = onchain_rows::learn(core, now) {
        tracing::error!(error = chain_of(&error), "not all transactions have their rows yet");
    }
}

/// State that one sync leaves to the next.
#[derive(Default)]
struct Syncs {
    /// The last source that was seen to be on our chain.
    checked: Option<Arc<Source>>,
    /// The tip at the last look ahead, and how many syncs ago that was.
    ahead: Option<(BlockId, u32)>,
    watching: Watching,
}

impl Syncs {
    /// With each block, and from time to time without one.
    fn ahead_is_due(&mut self, tip: BlockId) -> bool {
        let Some((at, since)) = &mut self.ahead else { return true };
        *since += 1;
        *at != tip || *since >= AHEAD_EVERY_SYNCS
    }
}

/// One whole sync, with one source.
async fn once(core: &Core, syncs: &mut Syncs) -> Result<(), SourceError> {
    let source = core.source.source();
    if !syncs.checked.as_ref().is_some_and(|checked| Arc::ptr_eq(checked, &source)) {
        source.check().await?;
        syncs.checked = Some(source.clone());
        if source.relays_packages().await == Some(false) {
            tracing::warn!(url = source.url(), "the chain server does not relay packages");
        }
    }
    let before = core.status.tip();
    let now = Timestamp::now();
    let advance = source.advance(now).await;
    if let Some(heard) = source.heard() {
        core.status.hears(&heard, &core.bus);
    }
    keep_headers(core);
    let height = advance?.tip.height;
    // Before the monitors see the blocks: what they then do counts from here.
    core.node.staleness.at_height(height);
    let ahead = height.saturating_sub(core.onchain.tip().height);
    if ahead > 1 && core.status.last_good().is_some() {
        core.status.behind(ahead, &core.bus);
    }
    let node = &core.node;
    // In quarantine no monitor sees a block: it might act on what it knows, which is old.
    let to_local = ToLocal { node, records: &core.records };
    let parts: Vec<&(dyn Confirm + Send + Sync)> = if core.freshness.is_quarantined() {
        Vec::new()
    } else {
        vec![&to_local, &*node.manager, &*node.chain_monitor, &*node.gate, &*node.sweeper]
    };
    let settled: Settled<'_> = Box::new(|| Box::pin(applied(core)));
    let following = Following { parts, told: Some(told(core)), settled: Some(settled) };
    let round = source.sync_round(&core.fees, &core.onchain, following, now).await?;
    if matches!(round.channels, Err(SourceError::Lied)) {
        // It remembers what it was told. The next sync asks for everything, as after a start.
        core.source.change(source.anew()?);
    }
    finish(core, &round, before.height, now).await;
    core.fundings.look(&core.node, &core.source.source(), &core.status).await;
    Ok(())
}

/// What waits for a monitor comes before what the chain says. A server of the copy that is away does not hold that up for long: a
/// claim must not depend on it.
async fn applied(core: &Core) {
    if timeout(APPLIED_WITHIN, core.node.watch.applied()).await.is_err() {
        tracing::warn!("the chain is told before what waits for the copy");
    }
}

/// The block up to which LDK was told of all that it watches. A vault of before says only how far LDK counts.
fn told(core: &Core) -> BlockId {
    let (primary, secondary, key) = TOLD_KEY;
    let kept = core.kv.read(primary, secondary, key).ok();
    let kept = kept.and_then(|row| deserialize::<(u32, BlockHash)>(&row).ok());
    let (height, hash) = kept
        .unwrap_or_else(|| (core.node.manager.current_best_block().height, BlockHash::all_zeros()));
    BlockId { height, hash }
}

/// In the commit that has what LDK made of it.
fn keep_told(core: &Core, block: BlockId) {
    if block == told(core) {
        return;
    }
    let ((primary, secondary, key), row) = (TOLD_KEY, serialize(&(block.height, block.hash)));
    if let Err(error) = core.kv.write(primary, secondary, key, row) {
        tracing::error!(%error, "cannot stage how far the channels are told");
    }
}

/// What was checked stays checked.
fn keep_headers(core: &Core) {
    let (primary, secondary) = HEADERS;
    for (name, row) in core.source.headers().unwritten() {
        if let Err(error) = core.kv.write(primary, secondary, &name, row) {
            tracing::error!(%error, "cannot stage the chain of headers");
        }
    }
}

async fn finish(core: &Core, round: &Round, before: u32, now: Timestamp) {
    keep_headers(core);
    let (primary, secondary, key) = FEES_KEY;
    if let Err(error) = core.kv.write(primary, secondary, key, core.fees.to_bytes()) {
        tracing::error!(%error, "cannot stage the fees");
    }
    if let Err(error) = &round.onchain {
        tracing::warn!(error = chain_of(error), "the on-chain wallet is not at the newest block");
    } else {
        learn(core, now);
    }
    if let Err(error) = &round.channels {
        tracing::warn!(error = chain_of(error), "the channels are not at the newest block");
    }
    if !core.freshness.is_quarantined() {
        let told = match &round.channels {
            Ok(()) => Some(round.tip.into()),
            Err(SourceError::Reading { .. }) => core.source.source().told(),
            Err(_) => None,
        };
        told.into_iter().for_each(|block| keep_told(core, block));
    }
    if !core.freshness.is_quarantined() {
        look_after_sent(core, now).await;
    }
    if round.tip.height != before && !core.freshness.is_quarantined() {
        if core.node.outbox.at_block() {
            core.wake.soon();
        }
        if round.tip.height.is_multiple_of(ARCHIVE_EVERY_BLOCKS) {
            core.archive.store(true, Ordering::SeqCst);
            core.wake.soon();
        }
    }
    core.status.looked(round, now, &core.bus);
}

/// Sends what the outbox lets go, for ever. What no server shows stays in the vault and is offered again with every sync.
pub(crate) async fn broadcast(core: Arc<Core>, mut packages: UnboundedReceiver<Package>) {
    core.status.online().await;
    while let Some(package) = packages.recv().await {
        // Given up while it waited here: its coins may be promised to something else.
        let Some(last) = package.last().map(Transaction::compute_txid) else { continue };
        if core.node.outbox.origin(&last).is_none() {
            continue;
        }
        let source = core.source.source();
        let unsent = match may_leave(&core, &source, &last).await {
            Ok(true) => offer(&core, &source, &package, &last).await,
            Ok(false) => continue,
            Err(error) => Some(BroadcastError::from(error).unsent()),
        };
        match unsent {
            None => shown(&core, &package, Timestamp::now()),
            Some(unsent) => tell(&core, &last, Some(unsent), Timestamp::now()),
        }
        core.status.was_offered(last);
        core.status.money_moved();
    }
}

/// A payment that no server was handed yet can be taken back. So it is handed out only if a server answers, and after its
/// row says so on disk.
async fn may_leave(core: &Core, source: &Source, last: &Txid) -> Result<bool, SourceError> {
    let id = onchain_row(last);
    let row = match core.journal.get(&id) {
        Ok(row) => row,
        Err(error) => {
            tracing::error!(
                error = chain_of(&error),
                "a transaction stays here until the next sync"
            );
            return Ok(false);
        }
    };
    if !row.is_some_and(|row| row.kept_here) {
        return Ok(true);
    }
    source.tip().await?;
    let leaves = core.journal.record(&id, Fact::Leaves, Timestamp::now());
    Ok(leaves.is_ok_and(|row| row.is_some()) && core.wake.durable().await.is_ok())
}

/// Why no server shows it; `None` if one does.
async fn offer(core: &Core, source: &Source, package: &Package, last: &Txid) -> Option<Unsent> {
    match source.broadcast(package).await {
        // Its word is not enough: what it took, it can show.
        Ok(()) => match source.tx_status(*last).await {
            Ok(Some(_)) => None,
            Ok(None) | Err(_) => Some(Unsent::NotShown),
        },
        Err(error) => {
            refused(core, package, &error).await;
            Some(error.unsent())
        }
    }
}

/// A server has it in its mempool or in a block, so none of its conflicts is.
fn shown(core: &Core, package: &Package, now: Timestamp) {
    for transaction in package {
        let txid = transaction.compute_txid();
        core.status.was_sent(txid);
        tell(core, &txid, None, now);
    }
    for conflict in core.node.outbox.conflicts(package) {
        give_up(core, Origin::Lightning, &conflict, None, now);
    }
}

/// What a person's payment says of itself; for what LDK sends there is no such row.
fn tell(core: &Core, txid: &Txid, unsent: Option<Unsent>, now: Timestamp) {
    record(core, txid, Fact::Offered { unsent }, now);
}

/// The next sync records it again if the vault does not answer.
fn record(core: &Core, txid: &Txid, fact: Fact, now: Timestamp) {
    let telling = onchain_rows::row_telling(core, txid);
    let recorded = telling.and_then(|row| match row {
        Some(row) => core.journal.record(&row.id, fact, now).map(drop),
        None => Ok(()),
    });
    if let Err(error) = recorded {
        tracing::error!(error = chain_of(&error), %txid, "cannot record what became of a payment");
    }
}

/// The next block may be long in coming, and until then the wallet would count the fee of a child whose parent lost.
async fn refused(core: &Core, package: &Package, error: &BroadcastError) {
    let last = package.last().map(Transaction::compute_txid);
    tracing::warn!(
        error = chain_of(error),
        ?last,
        "a broadcast failed; it is tried again with the next sync"
    );
    let BroadcastError::Conflict { .. } = error else { return };
    let Some(origin) = last.and_then(|last| core.node.outbox.origin(&last)) else { return };
    let unfunded = unfunded(core, package).await;
    if let Some(funding) = unfunded {
        core.node.outbox.mark_unfunded(funding);
    }
    // One of its conflicts is out, or is tried after it; without any it is tried again.
    let has_conflicts =
        origin == Origin::Lightning && !core.node.outbox.conflicts(package).is_empty();
    let beaten_by = beaten_by(core, origin, package).await;
    if has_conflicts || unfunded.is_some() || beaten_by.is_some() {
        give_up(core, origin, package, beaten_by, Timestamp::now());
    }
}

/// The funding output that a commitment spends, if the chain does not know it: the peer never sent it out. A server that
/// only lags does no harm, because it is asked again with every block.
async fn unfunded(core: &Core, package: &Package) -> Option<OutPoint> {
    let commitment = package.first().filter(|first| is_commitment(first))?;
    let funding = commitment.input.first()?.previous_output;
    let unknown = matches!(core.source.source().tx_status(funding.txid).await, Ok(None));
    (unknown && !core.node.outbox.holds(&funding.txid)).then_some(funding)
}

/// Everything that was sent and is not buried: sent again if the chain does not know it, forgotten if it is proven to be buried
/// or if its coins are spent otherwise.
async fn look_after_sent(core: &Core, now: Timestamp) {
    let (tip, source) = (core.onchain.tip().height, core.source.source());
    for funding in core.node.outbox.unfunded() {
        if let Ok(Some(_)) = source.tx_status(funding.txid).await {
            core.node.outbox.mark_funded(&funding);
        }
    }
    for (origin, package) in core.node.outbox.packages() {
        let Some(last) = package.last() else { continue };
        let txid = last.compute_txid();
        match source.tx_status(txid).await {
            Ok(Some(position)) => {
                if core.status.is_sent(&txid) {
                    tell(core, &txid, None, now);
                } else {
                    shown(core, &package, now);
                }
                let depth = |block: &BlockId| tip.saturating_sub(block.height).saturating_add(1);
                if let Some(block) = position.block.filter(|block| depth(block) >= BURIED)
                    && source.shows(last, block).await.is_ok_and(|is_there| is_there)
                {
                    core.node.outbox.forget(&txid);
                }
            }
            Ok(None) => match beaten_by(core, origin, &package).await {
                Some(by) => give_up(core, origin, &package, Some(by), now),
                None => core.node.outbox.send(package),
            },
            Err(error) => {
                tracing::debug!(error = chain_of(&error), "cannot look after a transaction now")
            }
        }
    }
}

/// Its last transaction can never be.
fn give_up(core: &Core, origin: Origin, package: &Package, by: Option<Txid>, now: Timestamp) {
    let Some(last) = package.last() else { return };
    let txid = last.compute_txid();
    core.onchain.forget(last, now);
    match origin {
        Origin::Lightning => core.node.outbox.give_up(&txid),
        Origin::Payment => {
            core.node.outbox.forget(&txid);
            record(core, &txid, Fact::Replaced { by }, now);
        }
    }
}

/// The transaction in a block that spends a coin of one of them, so that the last can never be. For the child of a
/// commitment that lost, this is the funding; its own coins are free. What a person sent is given up only for a spender
/// that was looked at: the same money would be sent again.
async fn beaten_by(core: &Core, origin: Origin, package: &Package) -> Option<Txid> {
    let source = core.source.source();
    for transaction in package {
        let txid = transaction.compute_txid();
        if origin == Origin::Payment {
            let (coins, tip) = (core.onchain.coins_of(transaction), core.onchain.tip().height);
            let spender = source.confirmed_spender(txid, &coins, tip, &core.onchain.blocks()).await;
            match spender {
                Ok(None) => continue,
                Ok(found) => return found,
                Err(error) => {
                    tracing::debug!(error = chain_of(&error), "cannot look for a spender now");
                    continue;
                }
            }
        }
        for input in &transaction.input {
            if let Ok(Some(by)) = source.proven_spender(txid, input.previous_output).await {
                return Some(by);
            }
        }
    }
    None
}
