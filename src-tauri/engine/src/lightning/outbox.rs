//! The broadcast outbox. A transaction leaves only after the commit that holds both it and the state it belongs to, and
//! stays in the vault until it is buried: LDK does not keep a cooperative close, and a server may forget anything.

use super::doubts::Doubts;
use super::wake::Wake;
use crate::store::OutboxRow;
use crate::time::Timestamp;
use bitcoin::consensus::encode;
use bitcoin::hashes::Hash;
use bitcoin::{OutPoint, Transaction, Txid};
use lightning::chain::chaininterface::BroadcasterInterface;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::mpsc;

/// Who asked for a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// LDK: funding, closing, claims, sweeps.
    Lightning,
    /// A person's on-chain payment.
    Payment,
}

/// Transactions to be broadcast together, parents first.
pub(crate) type Package = Vec<Transaction>;

/// See the module.
pub(crate) struct Outbox {
    state: Mutex<State>,
    doubts: Arc<Doubts>,
    wake: Wake,
    out: mpsc::UnboundedSender<Package>,
}

#[derive(Default)]
struct State {
    epoch: u64,
    waiting: Vec<(u64, Origin, Package)>,
    /// What the vault holds, by the last transaction of the package.
    durable: HashMap<Txid, (Origin, Package)>,
    /// Rows to remove with the next commit.
    finished: Vec<[u8; 32]>,
}

impl Outbox {
    /// `stored` is what the vault holds; the receiver gets what may leave.
    pub(crate) fn new(
        stored: &[OutboxRow],
        doubts: Arc<Doubts>,
        wake: Wake,
    ) -> (Self, mpsc::UnboundedReceiver<Package>) {
        let (out, receiver) = mpsc::unbounded_channel();
        let durable = stored
            .iter()
            .filter_map(|row| {
                let package: Package = encode::deserialize(&row.package).ok()?;
                let origin = if row.kind == 0 { Origin::Lightning } else { Origin::Payment };
                Some((package.last()?.compute_txid(), (origin, package)))
            })
            .collect();
        let state = State { durable, ..State::default() };
        (Self { state: Mutex::new(state), doubts, wake, out }, receiver)
    }

    /// Stages a package. It leaves after the next commit; one that is durable already leaves at once.
    pub(crate) fn stage(&self, origin: Origin, package: Package) {
        let Some(last) = package.last().map(Transaction::compute_txid) else { return };
        let mut state = self.lock();
        if !state.durable.contains_key(&last) && !self.doubts.may_stage(&package) {
            // LDK asks again as long as it matters.
            tracing::warn!(%last, "not broadcast: the state it belongs to may be old");
            return;
        }
        if state.durable.contains_key(&last) {
            self.send(package);
            return;
        }
        let epoch = state.epoch;
        if !state
            .waiting
            .iter()
            .any(|(_, _, waiting)| waiting.last().is_some_and(|tx| tx.compute_txid() == last))
        {
            state.waiting.push((epoch, origin, package));
        }
        drop(state);
        self.wake.urgent();
    }

    /// Starts a new epoch, like [`super::gate::Gate::bump`].
    pub(crate) fn bump(&self) -> u64 {
        let mut state = self.lock();
        state.epoch += 1;
        state.epoch
    }

    /// The rows for everything staged before `epoch` began.
    pub(crate) fn rows(&self, epoch: u64, now: Timestamp) -> Vec<OutboxRow> {
        let state = self.lock();
        let covered = state.waiting.iter().filter(|(tag, _, _)| *tag < epoch);
        covered
            .filter_map(|(_, origin, package)| {
                Some(OutboxRow {
                    txid: package.last()?.compute_txid().to_byte_array(),
                    kind: u8::from(*origin == Origin::Payment),
                    package: encode::serialize(package),
                    created_secs: now.secs(),
                })
            })
            .collect()
    }

    /// The rows of `epoch` are durable: their transactions may leave. Returns them.
    pub(crate) fn release(&self, epoch: u64) -> Vec<Package> {
        let mut state = self.lock();
        let (covered, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut state.waiting).into_iter().partition(|(tag, _, _)| *tag < epoch);
        state.waiting = rest;
        let mut released = Vec::new();
        for (_, origin, package) in covered {
            let Some(last) = package.last().map(Transaction::compute_txid) else { continue };
            state.durable.insert(last, (origin, package.clone()));
            self.send(package.clone());
            released.push(package);
        }
        released
    }

    /// Everything durable, for re-broadcast and for keeping our own coins known.
    pub(crate) fn packages(&self) -> Vec<(Origin, Package)> {
        self.lock().durable.values().cloned().collect()
    }

    /// Who asked for a durable package with this last transaction.
    pub(crate) fn origin(&self, last: &Txid) -> Option<Origin> {
        self.lock().durable.get(last).map(|(origin, _)| *origin)
    }

    /// True where a durable package spends this.
    pub(crate) fn spends(&self, outpoint: &OutPoint) -> bool {
        let state = self.lock();
        let mut inputs = state
            .durable
            .values()
            .flat_map(|(_, package)| package)
            .flat_map(|transaction| &transaction.input);
        inputs.any(|input| input.previous_output == *outpoint)
    }

    /// True for a transaction that we sent, until it is buried.
    pub(crate) fn holds(&self, txid: &Txid) -> bool {
        let state = self.lock();
        let mut packages = state.durable.values().flat_map(|(_, package)| package);
        packages.any(|transaction| transaction.compute_txid() == *txid)
    }

    /// Buried or beaten: forget it. Its row goes with the next commit.
    pub(crate) fn forget(&self, last: &Txid) {
        let mut state = self.lock();
        if state.durable.remove(last).is_some() {
            state.finished.push(last.to_byte_array());
        }
    }

    /// Rows the next commit removes.
    pub(crate) fn take_finished(&self) -> Vec<[u8; 32]> {
        std::mem::take(&mut self.lock().finished)
    }

    /// That commit failed.
    pub(crate) fn put_back_finished(&self, mut finished: Vec<[u8; 32]>) {
        self.lock().finished.append(&mut finished);
    }

    /// Sends a durable package again.
    pub(crate) fn send(&self, package: Package) {
        if !self.doubts.may_leave(&package) {
            tracing::warn!("a broadcast stays here: the state it belongs to is old");
            return;
        }
        if self.out.send(package).is_err() {
            tracing::debug!("the broadcaster has stopped; the package stays in the vault");
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        !self.lock().waiting.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("outbox lock is never poisoned: a panic ends the process")
    }
}

impl BroadcasterInterface for Outbox {
    fn broadcast_transactions(&self, transactions: &[&Transaction]) {
        self.stage(Origin::Lightning, transactions.iter().map(|tx| (*tx).clone()).collect());
    }
}
