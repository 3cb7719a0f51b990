//! The broadcast outbox. A transaction leaves only after the commit that holds both it and the state it belongs to, and
//! stays in the vault until it is buried: LDK does not keep a cooperative close, and a server may forget anything.

use super::wake::Wake;
use crate::node::gate::stale::{Staleness, is_commitment};
use crate::store::OutboxRow;
use crate::time::Timestamp;
use bitcoin::consensus::encode;
use bitcoin::hashes::Hash;
use bitcoin::opcodes::all::OP_CHECKMULTISIG;
use bitcoin::{OutPoint, Transaction, TxIn, Txid};
use lightning::chain::chaininterface::BroadcasterInterface;
use std::collections::{HashMap, HashSet};
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

/// Bytes of a funding output's script (BOLT 3).
const FUNDING_SCRIPT: usize = 71;

/// Transactions to be broadcast together, parents first.
pub(crate) type Package = Vec<Transaction>;

/// A row of the outbox that holds no transaction.
#[derive(Debug, thiserror::Error)]
#[error("a row of the outbox holds no transaction")]
pub struct UnreadablePackage(#[source] Option<encode::Error>);

/// See the module.
pub(crate) struct Outbox {
    state: Mutex<State>,
    staleness: Arc<Staleness>,
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
    /// Something of LDK's was given up since the last block.
    given_up: bool,
    /// LDK should ask again.
    asks: bool,
    /// Funding outputs of which the chain knows nothing: no commitment can spend them, and no coin of ours should pay for one.
    unfunded: HashSet<OutPoint>,
}

impl Outbox {
    /// `stored` is what the vault holds; the receiver gets what may leave.
    ///
    /// # Errors
    /// If a row cannot be read: what it holds might be the only copy of a transaction that money hangs on.
    pub(crate) fn new(
        stored: &[OutboxRow],
        staleness: Arc<Staleness>,
        wake: Wake,
    ) -> Result<(Self, mpsc::UnboundedReceiver<Package>), UnreadablePackage> {
        let (out, receiver) = mpsc::unbounded_channel();
        let durable = stored
            .iter()
            .map(|row| {
                let package: Package = encode::deserialize(&row.package)
                    .map_err(|error| UnreadablePackage(Some(error)))?;
                let origin = if row.kind == 0 { Origin::Lightning } else { Origin::Payment };
                let last = package.last().ok_or(UnreadablePackage(None))?.compute_txid();
                Ok((last, (origin, package)))
            })
            .collect::<Result<_, UnreadablePackage>>()?;
        let state = State { durable, ..State::default() };
        Ok((Self { state: Mutex::new(state), staleness, wake, out }, receiver))
    }

    /// Stages a package. It leaves after the next commit; one that is durable already leaves at once.
    pub(crate) fn stage(&self, origin: Origin, package: Package) {
        let Some(last) = package.last().map(Transaction::compute_txid) else { return };
        let mut state = self.lock();
        if !state.durable.contains_key(&last) && !self.staleness.may_stage(&package) {
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

    /// Starts a new epoch, like [`crate::node::gate::Gate::bump`].
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

    /// What these rows hold.
    pub(crate) fn covered(&self, epoch: u64) -> Vec<Package> {
        let state = self.lock();
        let covered = state.waiting.iter().filter(|(tag, _, _)| *tag < epoch);
        covered.map(|(_, _, package)| package.clone()).collect()
    }

    /// The rows before `epoch` are durable: their transactions may leave. The caller sends them.
    pub(crate) fn release(&self, epoch: u64) -> Vec<Package> {
        let mut state = self.lock();
        let (covered, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut state.waiting).into_iter().partition(|(tag, _, _)| *tag < epoch);
        state.waiting = rest;
        let mut released = Vec::new();
        for (_, origin, package) in covered {
            let Some(last) = package.last().map(Transaction::compute_txid) else { continue };
            state.durable.insert(last, (origin, package.clone()));
            released.push(package);
        }
        released
    }

    /// What else LDK asked for that spends the same as this package's last transaction: it raises a fee that way, and only one
    /// of them can be. What ends a channel has no conflicts: it stays beside another end.
    pub(crate) fn conflicts(&self, package: &Package) -> Vec<Package> {
        let Some(last) = package.last().filter(|last| !ends_a_channel(last)) else {
            return Vec::new();
        };
        let spent =
            |input: &TxIn| last.input.iter().any(|n| n.previous_output == input.previous_output);
        let conflicts_with = |other: &Transaction| {
            other.compute_txid() != last.compute_txid()
                && !ends_a_channel(other)
                && other.input.iter().any(spent)
        };
        let state = self.lock();
        let packages = state.durable.values().filter(|(origin, _)| *origin == Origin::Lightning);
        let packages = packages.map(|(_, package)| package);
        packages.filter(|package| package.last().is_some_and(conflicts_with)).cloned().collect()
    }

    /// Everything durable, for re-broadcast and for keeping our own coins known.
    pub(crate) fn packages(&self) -> Vec<(Origin, Package)> {
        self.lock().durable.values().cloned().collect()
    }

    /// Who asked for a durable package with this last transaction.
    pub(crate) fn origin(&self, last: &Txid) -> Option<Origin> {
        self.lock().durable.get(last).map(|(origin, _)| *origin)
    }

    /// True if a durable package spends this.
    pub(crate) fn spends(&self, outpoint: &OutPoint) -> bool {
        self.has_spend(outpoint, |_| true)
    }

    /// True if a durable package spends this funding output, and both sides have agreed to it.
    pub(crate) fn closes_together(&self, funding: &OutPoint) -> bool {
        self.has_spend(funding, |transaction| !is_commitment(transaction))
    }

    fn has_spend(&self, outpoint: &OutPoint, is_meant: impl Fn(&Transaction) -> bool) -> bool {
        let state = self.lock();
        let mut transactions = state.durable.values().flat_map(|(_, package)| package);
        transactions.any(|transaction| {
            let mut inputs = transaction.input.iter();
            is_meant(transaction) && inputs.any(|input| input.previous_output == *outpoint)
        })
    }

    /// True for a transaction that we sent, until it is buried.
    pub(crate) fn holds(&self, txid: &Txid) -> bool {
        let state = self.lock();
        let mut packages = state.durable.values().flat_map(|(_, package)| package);
        packages.any(|transaction| transaction.compute_txid() == *txid)
    }

    /// The same, or it is about to be sent.
    pub(crate) fn will_send(&self, txid: &Txid) -> bool {
        let state = self.lock();
        let mut waiting = state.waiting.iter().flat_map(|(_, _, package)| package);
        let is_waiting = waiting.any(|transaction| transaction.compute_txid() == *txid);
        drop(state);
        is_waiting || self.holds(txid)
    }

    /// Buried or beaten: forget it. Its row goes with the next commit.
    pub(crate) fn forget(&self, last: &Txid) {
        let mut state = self.lock();
        if state.durable.remove(last).is_some() {
            state.finished.push(last.to_byte_array());
        }
    }

    /// The same for what LDK may still want, in another form: it asks again after the next block.
    pub(crate) fn give_up(&self, last: &Txid) {
        self.forget(last);
        self.lock().given_up = true;
    }

    /// A block came. True if LDK should ask again.
    pub(crate) fn at_block(&self) -> bool {
        let mut state = self.lock();
        state.asks |= std::mem::take(&mut state.given_up);
        state.asks
    }

    /// True once if LDK should ask again for what it wants out: some of it was given up, or held back by a doubt.
    pub(crate) fn asks_again(&self) -> bool {
        std::mem::take(&mut self.lock().asks) | self.staleness.take_missed()
    }

    /// Rows the next commit removes.
    pub(crate) fn take_finished(&self) -> Vec<[u8; 32]> {
        std::mem::take(&mut self.lock().finished)
    }

    /// That commit failed.
    pub(crate) fn put_back_finished(&self, mut finished: Vec<[u8; 32]>) {
        self.lock().finished.append(&mut finished);
    }

    /// The chain does not know the transaction with this funding output.
    pub(crate) fn mark_unfunded(&self, funding: OutPoint) {
        self.lock().unfunded.insert(funding);
    }

    /// It knows it now.
    pub(crate) fn mark_funded(&self, funding: &OutPoint) {
        self.lock().unfunded.remove(funding);
    }

    /// Since this start; what is not known yet is found out by one refusal.
    pub(crate) fn unfunded(&self) -> Vec<OutPoint> {
        self.lock().unfunded.iter().copied().collect()
    }

    /// Sends a durable package again.
    pub(crate) fn send(&self, package: Package) {
        if !self.staleness.may_leave(&package) {
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

/// It spends a funding output (BOLT 3: two of two keys, and nothing else in the script).
fn ends_a_channel(transaction: &Transaction) -> bool {
    transaction.input.iter().filter_map(|input| input.witness.last()).any(|script| {
        script.len() == FUNDING_SCRIPT && script.last() == Some(&OP_CHECKMULTISIG.to_u8())
    })
}

impl BroadcasterInterface for Outbox {
    fn broadcast_transactions(&self, transactions: &[&Transaction]) {
        self.stage(Origin::Lightning, transactions.iter().map(|tx| (*tx).clone()).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::{Amount, ScriptBuf, TxOut, Witness, absolute::LockTime, transaction::Version};

    /// Spends these outputs of a transaction; `fee` makes it another one.
    fn spending(outputs: &[u8], fee: u64, script: &[u8]) -> Transaction {
        let input = |byte: &u8| TxIn {
            previous_output: OutPoint::new(Txid::from_byte_array([*byte; 32]), 0),
            witness: Witness::from_slice(&[script]),
            ..TxIn::default()
        };
        Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: outputs.iter().map(input).collect(),
            output: vec![TxOut {
                value: Amount::from_sat(10_000 - fee),
                script_pubkey: ScriptBuf::new(),
            }],
        }
    }

    fn sent(outbox: &Outbox, origin: Origin, package: &[Transaction]) {
        outbox.stage(origin, package.to_vec());
        let epoch = outbox.bump();
        outbox.release(epoch);
    }

    #[test]
    fn a_raised_fee_has_rivals_until_they_are_forgotten() {
        let (outbox, _receiver) = Outbox::new(&[], Arc::default(), Wake::new()).unwrap();
        let funding = [&[0x52][..], &[0; 69], &[0xae]].concat();
        let commitment = spending(&[1], 0, &funding);
        let package = |fee| vec![commitment.clone(), spending(&[2, 3], fee, &[])];
        sent(&outbox, Origin::Lightning, &package(100));
        assert!(outbox.conflicts(&package(100)).is_empty(), "not of itself");
        sent(&outbox, Origin::Lightning, &package(200));
        sent(&outbox, Origin::Lightning, &[spending(&[9], 0, &[])]);
        assert_eq!(outbox.conflicts(&package(200)), [package(100)]);
        assert_eq!(outbox.conflicts(&package(100)), [package(200)]);
        outbox.forget(&package(100)[1].compute_txid());
        assert!(outbox.conflicts(&package(200)).is_empty());
    }

    #[test]
    fn a_row_that_cannot_be_read_is_never_passed_over() {
        let good = vec![spending(&[1], 0, &[])];
        let row = |package: Vec<u8>| OutboxRow {
            txid: good[0].compute_txid().to_byte_array(),
            kind: 0,
            package,
            created_secs: 1,
        };
        let whole = encode::serialize(&good);
        let stored = |rows: &[OutboxRow]| {
            Outbox::new(rows, Arc::default(), Wake::new())
                .map(|(outbox, _)| outbox.packages().len())
        };
        assert_eq!(stored(&[row(whole.clone())]).unwrap(), 1);
        assert!(stored(&[row(whole[..whole.len() - 1].to_vec())]).is_err());
        assert!(stored(&[row(whole), row(vec![0])]).is_err(), "an empty package");
    }

    #[test]
    fn ends_of_a_channel_and_what_a_person_sends_are_no_conflicts() {
        let (outbox, _receiver) = Outbox::new(&[], Arc::default(), Wake::new()).unwrap();
        let funding = [&[0x52][..], &[0; 69], &[0xae]].concat();
        let (agreed, commitment) = (spending(&[1], 0, &funding), spending(&[1], 9, &funding));
        sent(&outbox, Origin::Lightning, std::slice::from_ref(&agreed));
        assert!(outbox.conflicts(&vec![commitment]).is_empty());
        assert!(outbox.conflicts(&vec![spending(&[1], 9, &[])]).is_empty());
        sent(&outbox, Origin::Payment, &[spending(&[4], 0, &[])]);
        assert!(outbox.conflicts(&vec![spending(&[4], 9, &[])]).is_empty());
    }
}
