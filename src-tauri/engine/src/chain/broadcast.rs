//! Sending transactions out.

use super::Source;
use super::refusal::BroadcastError;
use crate::error::chain_of;
use bitcoin::{Transaction, Txid};
use std::collections::HashSet;

impl Source {
    /// Sends transactions that belong together; any order. Several go as a package if the server takes packages, else
    /// parents first. Succeeds if the network has them already, so it may be repeated.
    ///
    /// # Errors
    /// The first refusal's; the others were tried all the same.
    pub async fn broadcast(&self, transactions: &[Transaction]) -> Result<(), BroadcastError> {
        match transactions {
            [] => return Ok(()),
            [single] => return self.server.send(single).await,
            _ => {}
        }
        let ordered = parents_first(transactions);
        match self.server.send_package(&ordered).await {
            Ok(true) => return Ok(()),
            Ok(false) => tracing::debug!("package refused: sending one by one"),
            Err(error) => {
                tracing::debug!(error = chain_of(&error), "no packages here: sending one by one");
            }
        }
        let mut outcome = Ok(());
        for transaction in &ordered {
            let sent = self.server.send(transaction).await;
            outcome = outcome.and(sent);
        }
        outcome
    }
}

/// Parents before their children. Any order that works is as good as another.
fn parents_first(transactions: &[Transaction]) -> Vec<Transaction> {
    let mut waiting: Vec<&Transaction> = transactions.iter().collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let inside: HashSet<Txid> = waiting.iter().map(|tx| tx.compute_txid()).collect();
        let (blocked, free): (Vec<&Transaction>, Vec<&Transaction>) =
            waiting.into_iter().partition(|tx| {
                tx.input.iter().any(|input| inside.contains(&input.previous_output.txid))
            });
        if free.is_empty() {
            // A ring of transactions cannot be made; if it could, no order would help.
            ordered.extend(blocked.into_iter().cloned());
            break;
        }
        ordered.extend(free.into_iter().cloned());
        waiting = blocked;
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::{
        Amount, OutPoint, ScriptBuf, TxIn, TxOut, absolute::LockTime, transaction::Version,
    };

    fn spending(parents: &[OutPoint]) -> Transaction {
        Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: parents
                .iter()
                .map(|&previous_output| TxIn { previous_output, ..TxIn::default() })
                .collect(),
            output: vec![TxOut { value: Amount::from_sat(1000), script_pubkey: ScriptBuf::new() }],
        }
    }

    #[test]
    fn parents_go_before_children_whatever_the_order() {
        let parent = spending(&[OutPoint::null()]);
        let child = spending(&[OutPoint::new(parent.compute_txid(), 0)]);
        let grandchild = spending(&[
            OutPoint::new(child.compute_txid(), 0),
            OutPoint::new(parent.compute_txid(), 0),
        ]);
        let expected = vec![parent.clone(), child.clone(), grandchild.clone()];
        assert_eq!(parents_first(&[grandchild.clone(), child.clone(), parent.clone()]), expected);
        assert_eq!(parents_first(&[child, grandchild, parent]), expected);
    }
}
