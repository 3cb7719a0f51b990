//! Sending transactions out. Being refused because the network already has it is success. Every other refusal is sorted
//! by what the caller should do: try later, or look whether someone else spent the coins. The words are a server's: Bitcoin
//! Core's reject reasons, passed on by Esplora as text.

use super::{Source, SourceError};
use bitcoin::{Transaction, Txid};
use esplora_client::Error;
use std::collections::HashSet;

/// What a server says of a transaction the network has already.
const HAVE_IT: [&str; 7] = [
    "already in block chain",
    "already in mempool",
    "already in utxo set",
    "already known",
    "txn-already-in-mempool",
    "txn-already-known",
    "txn-same-nonwitness-data-in-mempool",
];
/// An input is not there (or not any more), or another transaction spends it.
const CONFLICT: [&str; 5] = [
    "missingorspent",
    "missing inputs",
    "missing-inputs",
    "txn-mempool-conflict",
    "insufficient fee, rejecting replacement",
];
/// May be welcome later: fees, the state of the mempool, its time has not come.
const NOT_NOW: [&str; 8] = [
    "min relay fee not met",
    "mempool min fee not met",
    "mempool full",
    "too-long-mempool-chain",
    "too many",
    "non-final",
    "non-bip68-final",
    "package",
];

/// Why a transaction is not out.
#[derive(Debug, thiserror::Error)]
pub enum BroadcastError {
    /// The network or the server, not the transaction. Try again.
    #[error("cannot send the transaction out")]
    Source(#[from] SourceError),
    /// Refused as the mempool is now, mostly for its fee. Try again, or raise the fee.
    #[error("the transaction is not welcome now: {said}")]
    NotNow {
        /// The server's words, untrusted.
        said: String,
    },
    /// An input is missing or spent by another transaction. That is final only if [`Source::outspend`] shows another
    /// confirmed spender: a lagging server, an unknown parent and our own long confirmed transaction look the same.
    #[error("an input of the transaction is missing or spent: {said}")]
    Conflict {
        /// The server's words, untrusted.
        said: String,
    },
    /// Invalid: it will never be accepted.
    #[error("the transaction is invalid: {said}")]
    Invalid {
        /// The server's words, untrusted.
        said: String,
    },
}

impl Source {
    /// Sends transactions that belong together; any order. Several go as a package where the server takes packages, else
    /// parents first. Succeeds where the network has them already, so it may be repeated.
    ///
    /// # Errors
    /// The first refusal's; the others were tried all the same.
    pub async fn broadcast(&self, transactions: &[Transaction]) -> Result<(), BroadcastError> {
        match transactions {
            [] => return Ok(()),
            [single] => return self.send_one(single).await,
            _ => {}
        }
        let ordered = parents_first(transactions);
        match self.client.submit_package(&ordered, None, None).await {
            Ok(result) if result.package_msg == "success" => return Ok(()),
            Ok(result) => {
                tracing::debug!(said = result.package_msg, "package refused: sending one by one")
            }
            Err(error) => {
                tracing::debug!(%error, "the server takes no packages: sending one by one")
            }
        }
        let mut outcome = Ok(());
        for transaction in &ordered {
            let sent = self.send_one(transaction).await;
            outcome = outcome.and(sent);
        }
        outcome
    }

    async fn send_one(&self, transaction: &Transaction) -> Result<(), BroadcastError> {
        match self.client.broadcast(transaction).await {
            Ok(()) => Ok(()),
            Err(Error::HttpResponse { status, message }) => judge(status, message),
            Err(error) => Err(BroadcastError::Source(error.into())),
        }
    }
}

/// What a server's refusal means.
fn judge(status: u16, message: String) -> Result<(), BroadcastError> {
    let lower = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if says(&HAVE_IT) {
        return Ok(());
    }
    // Rate limits and a server's own troubles say nothing about the transaction. Some servers report a refusal as 500.
    let trouble =
        status == 429 || status == 408 || (status >= 500 && !lower.contains("sendrawtransaction"));
    let error = match SourceError::from(Error::HttpResponse { status, message }) {
        error if trouble => BroadcastError::Source(error),
        SourceError::Refused { said, .. } if says(&CONFLICT) => BroadcastError::Conflict { said },
        SourceError::Refused { said, .. } if says(&NOT_NOW) => BroadcastError::NotNow { said },
        SourceError::Refused { said, .. } if status == 400 || status >= 500 => {
            BroadcastError::Invalid { said }
        }
        error => BroadcastError::Source(error),
    };
    Err(error)
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

    #[test]
    fn what_the_network_has_already_is_sent() {
        for said in [
            "Transaction already in block chain",
            "txn-already-known",
            "Transaction outputs already in utxo set",
        ] {
            let said =
                format!("sendrawtransaction RPC error: {{\"code\":-27,\"message\":\"{said}\"}}");
            assert!(judge(400, said).is_ok());
        }
    }

    #[test]
    fn refusals_are_sorted_by_what_to_do_next() {
        let of = |status, said: &str| judge(status, said.to_owned()).unwrap_err();
        assert!(matches!(
            of(400, "bad-txns-inputs-missingorspent"),
            BroadcastError::Conflict { .. }
        ));
        assert!(matches!(of(400, "txn-mempool-conflict"), BroadcastError::Conflict { .. }));
        assert!(matches!(of(400, "min relay fee not met, 1 < 110"), BroadcastError::NotNow { .. }));
        assert!(matches!(of(500, "sendrawtransaction: non-final"), BroadcastError::NotNow { .. }));
        assert!(matches!(
            of(400, "mandatory-script-verify-flag-failed"),
            BroadcastError::Invalid { .. }
        ));
        for (status, said) in
            [(429, "slow down"), (502, "bad gateway"), (403, "go away"), (404, "not found")]
        {
            assert!(
                matches!(of(status, said), BroadcastError::Source(SourceError::Refused { .. })),
                "{status}"
            );
        }
    }
}
