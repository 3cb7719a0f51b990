//! What goes into the next block: the whole mempool as long as it fits, parents before children, the best-paying
//! families first.

use super::mempool::{Entry, Mempool};
use super::rules;
use bitcoin::{Amount, Transaction, Txid};
use std::collections::HashSet;

/// Room for transactions in a block, in weight units; the rest is for header and coinbase.
const ROOM: u64 = 3_996_000;

/// Chooses transactions for a block, in a valid order, and says what they pay together.
pub(crate) fn choose(mempool: &Mempool) -> (Vec<Transaction>, Amount) {
    let mut left: Vec<&Entry> = mempool.by_arrival();
    let (mut chosen, mut fees) = (Vec::new(), Amount::ZERO);
    let (mut done, mut room) = (HashSet::new(), ROOM);
    loop {
        let families = left.iter().map(|entry| with_parents(mempool, entry, &done));
        let fitting = families.filter(|family| {
            family.weight <= room && rules::pays_relay(family.fee, family.vsize).is_ok()
        });
        // First come first where two pay the same: `reduce` keeps the earlier one.
        let Some(best) =
            fitting.reduce(|best, family| if family.beats(&best) { family } else { best })
        else {
            break;
        };
        room -= best.weight;
        fees += best.fee;
        for entry in best.entries {
            done.insert(entry.txid);
            chosen.push(entry.tx.clone());
        }
        left.retain(|entry| !done.contains(&entry.txid));
    }
    (chosen, fees)
}

/// A transaction and the parents it needs, parents first.
struct Family<'a> {
    entries: Vec<&'a Entry>,
    fee: Amount,
    vsize: u64,
    weight: u64,
}

impl Family<'_> {
    fn beats(&self, other: &Self) -> bool {
        u128::from(self.fee.to_sat()) * u128::from(other.vsize)
            > u128::from(other.fee.to_sat()) * u128::from(self.vsize)
    }
}

fn with_parents<'a>(mempool: &'a Mempool, entry: &'a Entry, done: &HashSet<Txid>) -> Family<'a> {
    let mut seen = HashSet::new();
    let mut entries = Vec::new();
    let mut todo = vec![entry];
    while let Some(entry) = todo.pop() {
        let txid = entry.txid;
        if done.contains(&txid) || !seen.insert(txid) {
            continue;
        }
        entries.push(entry);
        todo.extend(
            entry.tx.input.iter().filter_map(|input| mempool.get(&input.previous_output.txid)),
        );
    }
    // A parent always arrived before its child.
    entries.sort_unstable_by_key(|entry| entry.arrival);
    let fee = entries.iter().map(|entry| entry.fee).sum();
    let vsize = entries.iter().map(|entry| entry.vsize).sum();
    let weight = entries.iter().map(|entry| entry.tx.weight().to_wu()).sum();
    Family { entries, fee, vsize, weight }
}
