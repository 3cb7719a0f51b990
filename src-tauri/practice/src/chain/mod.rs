//! An embedded regtest bitcoin: regtest's genesis and proof of work, blocks and mempool in memory, a log on disk. It
//! refuses what bitcoin refuses, and answers in `bitcoind`'s words. What it leaves out: peers, `bitcoind`'s ideas of a
//! standard script, limits on chains of waiting transactions, and any change of difficulty.
//!
//! A call changes everything it changes under one lock, writes one record, and then notifies listeners.

mod admit;
mod books;
mod build;
mod coin;
mod connect;
mod error;
mod event;
mod faucet;
mod index;
mod ledger;
mod locks;
mod log;
mod lookup;
mod mempool;
mod package;
mod refusal;
mod rules;
mod scripts;
mod state;
mod step;
mod template;
#[cfg(test)]
pub(crate) mod tests;

pub use books::ANCHOR;
pub use coin::Coin;
pub use error::{ChainError, LogError};
pub use event::ChainEvent;
pub use index::{Place, ScriptId};
pub use lookup::Spender;
pub use package::PackageResult;
pub use refusal::{BlockRefusal, Refusal};

pub(crate) use connect::miner_fee;
pub(crate) use index::{script_id, touched};
pub(crate) use ledger::Connected;
pub(crate) use mempool::Entry;
pub(crate) use state::View;

use bitcoin::{Amount, Block, BlockHash, ScriptBuf, Transaction, Txid};
use faucet::Purse;
use fulmen_engine::{amount::Sat, time::Timestamp};
use log::Log;
use state::State;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::broadcast;

/// Blocks mined at the first start. Eleven rewards can be spent then.
const FIRST_BLOCKS: u32 = 110;
/// Seconds between the first blocks, which lie in the past.
const FIRST_SPACING: u64 = 600;
const EVENTS_KEPT: usize = 4096;

/// The practice chain. A cheap handle: clones share one chain.
#[derive(Clone)]
pub struct PracticeChain {
    shared: Arc<Shared>,
}

struct Shared {
    kept: Mutex<Kept>,
    events: broadcast::Sender<ChainEvent>,
    offers: broadcast::Sender<Transaction>,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// How many seconds ahead of that clock new blocks are.
    ahead: AtomicU64,
    faucet: Purse,
}

struct Kept {
    state: State,
    log: Log,
}

/// The newest block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Blocks above genesis.
    pub height: u32,
    /// Its hash.
    pub hash: BlockHash,
    /// The time in its header.
    pub time: Timestamp,
}

/// What the new branch of a reorg holds.
#[derive(Clone, Copy, Debug)]
pub enum Branch<'a> {
    /// Everything that waits, so normally what the old branch held.
    Full,
    /// Nothing. The transactions wait on.
    Empty,
    /// Everything but these and what spends from them: they are forgotten, as if never sent.
    Without(&'a [Txid]),
}

impl PracticeChain {
    /// Opens the chain kept in `dir`, or begins one whose faucet can pay at once. `now` is the clock that blocks carry.
    ///
    /// # Errors
    /// [`ChainError::Log`] if the log cannot be used, [`ChainError::Block`] if it does not hold a valid chain.
    pub fn open(
        dir: &Path,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Result<Self, ChainError> {
        let path = dir.join("chain.log");
        std::fs::create_dir_all(dir)
            .map_err(|source| LogError::Io { path: dir.to_owned(), source })?;
        let (log, steps) = Log::open(&path)?;
        let mut state = State::genesis();
        for step in steps {
            state.replay(step)?;
        }
        state.steps.clear();
        state.events.clear();
        let (events, _) = broadcast::channel(EVENTS_KEPT);
        let (offers, _) = broadcast::channel(EVENTS_KEPT);
        let kept = Mutex::new(Kept { state, log });
        let shared = Shared {
            kept,
            events,
            offers,
            now: Box::new(now),
            ahead: AtomicU64::new(0),
            faucet: Purse::named("fulmen practice faucet"),
        };
        let chain = Self { shared: Arc::new(shared) };
        if chain.tip().height == 0 {
            chain.begin()?;
        }
        Ok(chain)
    }

    /// The newest block.
    pub fn tip(&self) -> Tip {
        self.read(|view| {
            let header = view.ledger.tip().block.header;
            let time = Timestamp::from_secs(header.time.into());
            Tip { height: view.ledger.height(), hash: header.block_hash(), time }
        })
    }

    /// Mines `count` blocks; the first one normally takes all of the mempool.
    ///
    /// # Errors
    /// [`ChainError::Log`] if the log cannot be written.
    pub fn mine(&self, count: u32) -> Result<Tip, ChainError> {
        self.change(|state| (0..count).try_for_each(|_| self.mine_full(state)))?;
        Ok(self.tip())
    }

    /// Mines `count` blocks without transactions.
    ///
    /// # Errors
    /// As [`Self::mine`].
    pub fn mine_empty(&self, count: u32) -> Result<Tip, ChainError> {
        self.change(|state| {
            (0..count).try_for_each(|_| self.mine_these(state, Vec::new(), Amount::ZERO))
        })?;
        Ok(self.tip())
    }

    /// Mines one block with exactly these transactions, parents first. They need not wait in the mempool: a miner may take
    /// what nobody relays.
    ///
    /// # Errors
    /// [`ChainError::Block`] with the reason, or as [`Self::mine`].
    pub fn mine_only(&self, transactions: &[Transaction]) -> Result<Tip, ChainError> {
        self.change(|state| {
            let (ledger, script) = (&state.view.ledger, self.faucet_script());
            let unpaid = build::block(ledger, transactions.to_vec(), Amount::ZERO, script, 0);
            let (_, fees) = connect::transactions(ledger, &unpaid)?;
            self.mine_these(state, transactions.to_vec(), fees)
        })?;
        Ok(self.tip())
    }

    /// Replaces the last `depth` blocks by a branch one block longer. Their transactions are mined again.
    ///
    /// # Errors
    /// [`ChainError::TooDeep`], or as [`Self::mine`].
    pub fn reorg(&self, depth: u32) -> Result<Tip, ChainError> {
        self.reorg_to(depth, Branch::Full)
    }

    /// Replaces the last `depth` blocks by a branch one block longer, with a say in what it holds.
    ///
    /// # Errors
    /// As [`Self::reorg`].
    pub fn reorg_to(&self, depth: u32, branch: Branch<'_>) -> Result<Tip, ChainError> {
        self.change(|state| {
            state.undo(depth)?;
            if let Branch::Without(txids) = branch {
                txids.iter().for_each(|txid| state.evict(*txid));
            }
            (0..=depth).try_for_each(|_| match branch {
                Branch::Full | Branch::Without(_) => self.mine_full(state),
                Branch::Empty => self.mine_these(state, Vec::new(), Amount::ZERO),
            })
        })?;
        Ok(self.tip())
    }

    /// Puts a block made elsewhere on the tip.
    ///
    /// # Errors
    /// [`ChainError::Block`] with the reason.
    pub fn submit_block(&self, block: Block) -> Result<(), ChainError> {
        self.change(|state| Ok(state.connect(block)?))
    }

    /// Takes a transaction into the mempool. One that waits already is accepted again, as `sendrawtransaction` does.
    ///
    /// # Errors
    /// [`ChainError::Refused`] with the reason.
    pub fn submit(&self, tx: Transaction) -> Result<Txid, ChainError> {
        let txid = tx.compute_txid();
        self.offered(std::slice::from_ref(&tx));
        self.change(|state| match state.view.mempool.get(&txid) {
            Some(_) => Ok(txid),
            None => state.admit(&[tx]).map(|_| txid).map_err(|(_, refusal)| refusal.into()),
        })
    }

    /// Takes a child and its parents into the mempool, parents first, their fees counted together if one does not
    /// pay alone.
    ///
    /// # Errors
    /// [`ChainError::Refused`] if it is no such package. What becomes of its transactions is in the result.
    pub fn submit_package(&self, package: &[Transaction]) -> Result<PackageResult, ChainError> {
        self.offered(package);
        self.change(|state| Ok(package::submit(state, package)?))
    }

    /// The mempool is busy: what enters pays at least so much from now on, in sat/vB. 0: an ordinary day. Until a restart.
    pub fn ask_for(&self, sat_per_vb: u64) {
        self.kept().state.view.mempool.ask_for(sat_per_vb);
    }

    /// From now on blocks carry a time so far ahead of the clock, as a miner's with a wrong one. Until a restart.
    pub fn set_ahead(&self, secs: u64) {
        self.shared.ahead.store(secs, Ordering::SeqCst);
    }

    /// Every transaction that is handed in from now on, whatever becomes of it: taken, known already, or refused.
    pub fn subscribe_offers(&self) -> broadcast::Receiver<Transaction> {
        self.shared.offers.subscribe()
    }

    fn offered(&self, package: &[Transaction]) {
        for transaction in package {
            // Nobody listening is no error.
            self.shared.offers.send(transaction.clone()).ok();
        }
    }

    /// Pays `amount` to `script` from the faucet, with an ordinary fee, and returns the waiting transaction.
    ///
    /// # Errors
    /// [`ChainError::FaucetEmpty`], or [`ChainError::Refused`] for dust.
    pub fn faucet(&self, script: ScriptBuf, amount: Sat) -> Result<Transaction, ChainError> {
        self.change(|state| {
            let tx = self.shared.faucet.pay(&state.view, script, amount.into())?;
            state.admit(std::slice::from_ref(&tx)).map_err(|(_, refusal)| refusal)?;
            Ok(tx)
        })
    }

    /// Pays out of the same coins as a waiting payment of the faucet's, in its place and for a higher fee.
    ///
    /// # Errors
    /// [`ChainError::Refused`], also if it does not wait.
    pub fn faucet_instead(
        &self,
        of: &Transaction,
        script: ScriptBuf,
        amount: Sat,
    ) -> Result<Transaction, ChainError> {
        self.change(|state| {
            let tx = self.shared.faucet.pay_instead(&state.view, of, script, amount.into())?;
            state.admit(std::slice::from_ref(&tx)).map_err(|(_, refusal)| refusal)?;
            Ok(tx)
        })
    }

    /// The script the faucet is paid to, and every miner's reward.
    pub fn faucet_script(&self) -> ScriptBuf {
        self.shared.faucet.script.clone()
    }

    /// What happens from now on. A listener that lags by more than 4096 events gets an error from the channel.
    pub fn subscribe(&self) -> broadcast::Receiver<ChainEvent> {
        self.shared.events.subscribe()
    }

    /// Mines a block every `period`, until the log fails. The caller owns the task this runs in, and ends it by
    /// dropping it.
    ///
    /// # Errors
    /// As [`Self::mine`]. It does not return otherwise.
    pub async fn mine_every(&self, period: Duration) -> Result<(), ChainError> {
        let mut timer = tokio::time::interval(period);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        timer.tick().await;
        loop {
            timer.tick().await;
            self.mine(1)?;
        }
    }

    /// Reads chain and mempool at one moment.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        look(&self.kept().state.view)
    }

    fn change<T>(
        &self,
        act: impl FnOnce(&mut State) -> Result<T, ChainError>,
    ) -> Result<T, ChainError> {
        let mut kept = self.kept();
        let done = act(&mut kept.state);
        // What was done before an error stays done, and so it is written down too.
        let steps = std::mem::take(&mut kept.state.steps);
        if !steps.is_empty() {
            kept.log.append(&steps)?;
        }
        for event in kept.state.events.drain(..) {
            // Nobody listening is no error.
            self.shared.events.send(event).ok();
        }
        done
    }

    fn begin(&self) -> Result<(), ChainError> {
        let start =
            (self.shared.now)().secs().saturating_sub(u64::from(FIRST_BLOCKS) * FIRST_SPACING);
        let script = self.faucet_script();
        self.change(|state| {
            (1..=u64::from(FIRST_BLOCKS)).try_for_each(|number| {
                let time = header_time(Timestamp::from_secs(start).after(number * FIRST_SPACING));
                let block = build::block(
                    &state.view.ledger,
                    Vec::new(),
                    Amount::ZERO,
                    script.clone(),
                    time,
                );
                Ok(state.connect(block)?)
            })
        })
    }

    fn mine_full(&self, state: &mut State) -> Result<(), ChainError> {
        let (transactions, fees) = template::choose(&state.view.mempool);
        self.mine_these(state, transactions, fees)
    }

    fn mine_these(
        &self,
        state: &mut State,
        txs: Vec<Transaction>,
        fees: Amount,
    ) -> Result<(), ChainError> {
        let now = (self.shared.now)().after(self.shared.ahead.load(Ordering::SeqCst));
        let time = header_time(now);
        Ok(state.connect(build::block(
            &state.view.ledger,
            txs,
            fees,
            self.faucet_script(),
            time,
        ))?)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.shared.kept.lock().expect("no panic while the chain is locked")
    }
}

/// The clock as a header carries it. The header's field ends in the year 2106.
fn header_time(now: Timestamp) -> u32 {
    u32::try_from(now.secs()).unwrap_or(u32::MAX)
}
