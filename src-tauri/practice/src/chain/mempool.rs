//! Transactions that wait for a block. No two spend the same output, and each one's inputs are unspent in the chain or
//! are outputs of another one here.

use super::coin::Coin;
use super::{Refusal, rules};
use bitcoin::{Amount, OutPoint, Transaction, TxOut, Txid};
use std::collections::{HashMap, HashSet};

/// A waiting transaction.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) txid: Txid,
    pub(crate) tx: Transaction,
    /// What it spends, in its inputs' order.
    pub(crate) spent: Vec<Coin>,
    /// What it pays the miner.
    pub(crate) fee: Amount,
    /// Its size in virtual bytes.
    pub(crate) vsize: u64,
    /// Its place in the order of arrival.
    pub(crate) arrival: u64,
}

/// The waiting transactions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mempool {
    entries: HashMap<Txid, Entry>,
    spenders: HashMap<OutPoint, (Txid, u32)>,
    arrivals: u64,
    /// What a busy mempool asks for, in sat/vB, if that is more than the relay fee.
    least: u64,
}

impl Mempool {
    /// What enters pays at least so much from now on, in sat/vB; what is in it stays.
    pub(crate) fn ask_for(&mut self, sat_per_vb: u64) {
        self.least = sat_per_vb;
    }

    /// Refuses what pays too little to enter.
    pub(crate) fn lets_in(&self, fee: Amount, vsize: u64) -> Result<(), Refusal> {
        rules::pays_relay(fee, vsize)?;
        let needed = Amount::from_sat(vsize.saturating_mul(self.least));
        if fee < needed {
            return Err(Refusal::FeeTooLow { fee: fee.into(), needed: needed.into() });
        }
        Ok(())
    }

    pub(crate) fn get(&self, txid: &Txid) -> Option<&Entry> {
        self.entries.get(txid)
    }

    /// The waiting transaction and its input that spend an output.
    pub(crate) fn spender(&self, output: &OutPoint) -> Option<(Txid, u32)> {
        self.spenders.get(output).copied()
    }

    pub(crate) fn output(&self, output: &OutPoint) -> Option<&TxOut> {
        self.entries.get(&output.txid)?.tx.output.get(output.vout as usize)
    }

    /// All of them, first come first.
    pub(crate) fn by_arrival(&self) -> Vec<&Entry> {
        let mut entries: Vec<_> = self.entries.values().collect();
        entries.sort_unstable_by_key(|entry| entry.arrival);
        entries
    }

    /// A transaction and everything here that spends from it.
    pub(crate) fn family(&self, txid: Txid) -> HashSet<Txid> {
        let mut family = HashSet::new();
        let mut todo = vec![txid];
        while let Some(txid) = todo.pop() {
            let Some(entry) = self.entries.get(&txid) else { continue };
            if family.insert(txid) {
                let outputs =
                    (0u32..).zip(&entry.tx.output).map(|(vout, _)| OutPoint { txid, vout });
                todo.extend(
                    outputs.filter_map(|output| self.spender(&output)).map(|(child, _)| child),
                );
            }
        }
        family
    }

    /// Takes a transaction in. The caller has judged it.
    pub(crate) fn insert(&mut self, tx: Transaction, spent: Vec<Coin>, fee: Amount) {
        let txid = tx.compute_txid();
        for (vin, input) in (0u32..).zip(&tx.input) {
            self.spenders.insert(input.previous_output, (txid, vin));
        }
        let (vsize, arrival) = (tx.vsize() as u64, self.arrivals);
        self.arrivals += 1;
        self.entries.insert(txid, Entry { txid, tx, spent, fee, vsize, arrival });
    }

    /// Takes one transaction out and leaves what spends from it, because it is confirmed now.
    pub(crate) fn take(&mut self, txid: &Txid) -> Option<Entry> {
        let entry = self.entries.remove(txid)?;
        for input in &entry.tx.input {
            self.spenders.remove(&input.previous_output);
        }
        Some(entry)
    }

    /// Throws a transaction out, with everything that spends from it.
    pub(crate) fn evict(&mut self, txid: Txid) -> Vec<Txid> {
        let family = self.family(txid);
        family.into_iter().filter(|txid| self.take(txid).is_some()).collect()
    }

    /// Throws out whatever does not pay the relay fee, alone or with what spends from it: a parent whose paying child
    /// was replaced.
    pub(crate) fn trim(&mut self) -> Vec<Txid> {
        let mut gone = Vec::new();
        while let Some(txid) =
            self.entries.iter().find(|(txid, entry)| !self.pays(txid, entry)).map(|(txid, _)| *txid)
        {
            gone.extend(self.evict(txid));
        }
        gone
    }

    fn pays(&self, txid: &Txid, entry: &Entry) -> bool {
        if rules::pays_relay(entry.fee, entry.vsize).is_ok() {
            return true;
        }
        let family = self.family(*txid);
        let (fee, vsize) = self.sum(family.iter());
        rules::pays_relay(fee, vsize).is_ok()
    }

    /// Fees and virtual bytes of some of them together.
    pub(crate) fn sum<'a>(&self, txids: impl Iterator<Item = &'a Txid>) -> (Amount, u64) {
        txids
            .filter_map(|txid| self.get(txid))
            .fold((Amount::ZERO, 0), |(fee, vsize), entry| (fee + entry.fee, vsize + entry.vsize))
    }
}
