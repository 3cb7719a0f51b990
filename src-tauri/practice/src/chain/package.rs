//! Packages: a child with its parents, judged as Bitcoin Core's `submitpackage` does. Each transaction is tried alone
//! first; those that fail for their fee alone are then judged together.

use super::Refusal;
use super::state::State;
use bitcoin::{Transaction, Txid};
use std::collections::HashSet;

const MAX_COUNT: usize = 25;

/// What became of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageResult {
    /// Those in the mempool now, or before already.
    pub accepted: Vec<Txid>,
    /// Those refused, with the reason.
    pub refused: Vec<(Txid, Refusal)>,
    /// What left the mempool for them.
    pub replaced: Vec<Txid>,
}

/// Submits a package, parents first. What is acceptable alone stays, even if the rest is refused.
pub(crate) fn submit(state: &mut State, package: &[Transaction]) -> Result<PackageResult, Refusal> {
    shape(package)?;
    let mut result = PackageResult::default();
    let mut rest = Vec::new();
    let mut resting = HashSet::new();
    for tx in package {
        let txid = tx.compute_txid();
        if state.view.mempool.get(&txid).is_some() {
            result.accepted.push(txid);
            continue;
        }
        match state.admit(std::slice::from_ref(tx)) {
            Ok(replaced) => {
                result.accepted.push(txid);
                result.replaced.extend(replaced);
            }
            Err((_, refusal)) if waits(&refusal, &resting) => {
                resting.insert(txid);
                rest.push(tx.clone());
            }
            Err(refused) => result.refused.push(refused),
        }
    }
    together(state, &rest, &mut result);
    Ok(result)
}

/// Judges what could not stand alone. Nothing is kept of it when one is refused.
fn together(state: &mut State, rest: &[Transaction], result: &mut PackageResult) {
    if rest.is_empty() {
        return;
    }
    match state.admit(rest) {
        Ok(replaced) => {
            result.accepted.extend(rest.iter().map(Transaction::compute_txid));
            result.replaced.extend(replaced);
        }
        Err((_, refusal)) => {
            result.refused.extend(rest.iter().map(|tx| (tx.compute_txid(), refusal.clone())));
        }
    }
}

/// Whether the others of the package can still help.
fn waits(refusal: &Refusal, resting: &HashSet<Txid>) -> bool {
    match refusal {
        Refusal::FeeTooLow { .. } | Refusal::ReplacementFee { .. } => true,
        Refusal::MissingInput(output) => resting.contains(&output.txid),
        _ => false,
    }
}

fn shape(package: &[Transaction]) -> Result<(), Refusal> {
    let Some((child, parents)) = package.split_last().filter(|_| package.len() <= MAX_COUNT) else {
        return Err(Refusal::PackageShape);
    };
    let spent: HashSet<Txid> = child.input.iter().map(|input| input.previous_output.txid).collect();
    let ids: Vec<Txid> = parents.iter().map(Transaction::compute_txid).collect();
    let related =
        |tx: &Transaction| tx.input.iter().any(|input| ids.contains(&input.previous_output.txid));
    if !ids.iter().all(|txid| spent.contains(txid)) || parents.iter().any(related) {
        return Err(Refusal::PackageShape);
    }
    Ok(())
}
