//! Sending transactions out. Being refused because the network already has it is success. Every other refusal is sorted
//! by what the caller should do: try later, or look whether someone else spent the coins. The words are a server's: Bitcoin
//! Core's reject reasons, passed on by Esplora as text.

use super::{Source, SourceError};
use crate::error::chain_of;
use crate::view::Unsent;
use bitcoin::consensus::encode;
use bitcoin::{Transaction, Txid};
use std::collections::HashSet;
use std::sync::atomic::Ordering;

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
/// It pays too little for the mempool as it is now.
const FEE: [&str; 4] =
    ["min relay fee not met", "mempool min fee not met", "mempool full", "insufficient fee"];
/// It hangs on too many that wait.
const CHAIN: [&str; 4] = ["too-long-mempool-chain", "too many", "exceeds descendant", "cluster"];
/// Its time has not come.
const EARLY: [&str; 2] = ["non-final", "non-bip68-final"];

/// The most bytes of an answer to a transaction.
const ANSWER: usize = 64 * 1024;
/// The answer to a package names each of up to 25 transactions.
const PACKAGE_ANSWER: usize = 1024 * 1024;
/// What a server showed of packages.
const TAKES_PACKAGES: u8 = 1;
const TAKES_NO_PACKAGES: u8 = 2;

/// Why a transaction is not out. What a server said is untrusted and for the log alone.
#[derive(Debug, thiserror::Error)]
pub enum BroadcastError {
    /// The network or the server, not the transaction. Try again.
    #[error("cannot send the transaction out")]
    Source(#[from] SourceError),
    /// Too low a fee for the mempool as it is now. Try again, or raise the fee.
    #[error("the transaction pays too little now: {said}")]
    Fee { said: String },
    /// It spends from too many that wait for a block themselves. Try again.
    #[error("the transaction hangs on too many that wait: {said}")]
    Chain { said: String },
    /// Its time has not come, by the server's chain. Try again.
    #[error("the transaction is not final yet: {said}")]
    Early { said: String },
    /// An input is missing or spent by another transaction. That is final only if [`Source::outspend`] shows another
    /// confirmed spender: a lagging server, an unknown parent and our own long confirmed transaction look the same.
    #[error("an input of the transaction is missing or spent: {said}")]
    Conflict { said: String },
    /// Refused for another reason; by the rules of that server at least.
    #[error("the transaction is refused: {said}")]
    Invalid { said: String },
}

impl BroadcastError {
    /// What a screen says of a payment that is not out.
    pub(crate) fn unsent(&self) -> Unsent {
        match self {
            Self::Source(_) => Unsent::Unreachable,
            Self::Fee { .. } => Unsent::FeeTooLow,
            Self::Chain { .. } => Unsent::ChainTooLong,
            Self::Early { .. } => Unsent::Early,
            Self::Conflict { .. } => Unsent::Conflict,
            Self::Invalid { .. } => Unsent::Refused,
        }
    }
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
        match self.send_package(&ordered).await {
            Ok(said) if said == "success" => return Ok(()),
            Ok(said) => tracing::debug!(said, "package refused: sending one by one"),
            Err(error) => {
                tracing::debug!(error = chain_of(&error), "no packages here: sending one by one");
            }
        }
        let mut outcome = Ok(());
        for transaction in &ordered {
            let sent = self.send_one(transaction).await;
            outcome = outcome.and(sent);
        }
        outcome
    }

    /// Only a server that names the transaction took it: a page of a network that asks for a login answers 200 as well.
    async fn send_one(&self, transaction: &Transaction) -> Result<(), BroadcastError> {
        match self.http.post("/tx", encode::serialize_hex(transaction), ANSWER).await {
            Ok(answer) if answer.trim().parse() == Ok(transaction.compute_txid()) => Ok(()),
            Ok(_) => {
                Err(SourceError::Nonsense("its answer is not the transaction's id".into()).into())
            }
            Err(SourceError::Refused { status, said }) => judge(status, said),
            Err(error) => Err(error.into()),
        }
    }

    /// What it says of the package as a whole.
    async fn send_package(&self, transactions: &[Transaction]) -> Result<String, SourceError> {
        #[derive(serde::Deserialize)]
        struct Answer {
            package_msg: String,
        }
        let body: Vec<String> = transactions.iter().map(encode::serialize_hex).collect();
        let body = serde_json::to_string(&body)?;
        let answer = self.http.post("/txs/package", body, PACKAGE_ANSWER).await;
        self.notes_packages(&answer);
        Ok(serde_json::from_str::<Answer>(&answer?)?.package_msg)
    }

    /// Whether it passes on packages, without which a commitment that pays too little alone stays here. Asked with an empty
    /// one, which every server refuses that knows what it is. `None`: it did not say.
    pub(crate) async fn relays_packages(&self) -> Option<bool> {
        if self.known_relays_packages().is_none() {
            let answer = self.http.post("/txs/package", "[]".to_owned(), PACKAGE_ANSWER).await;
            self.notes_packages(&answer);
        }
        self.known_relays_packages()
    }

    /// What it showed so far.
    pub(crate) fn known_relays_packages(&self) -> Option<bool> {
        match self.packages.load(Ordering::SeqCst) {
            TAKES_PACKAGES => Some(true),
            TAKES_NO_PACKAGES => Some(false),
            _ => None,
        }
    }

    fn notes_packages(&self, answer: &Result<String, SourceError>) {
        let seen = match answer {
            Err(SourceError::Refused { status: 404 | 405 | 501, .. }) => TAKES_NO_PACKAGES,
            Err(SourceError::Refused { status: 400, .. }) => TAKES_PACKAGES,
            Ok(answer) if serde_json::from_str::<serde_json::Value>(answer).is_ok() => {
                TAKES_PACKAGES
            }
            _ => return,
        };
        self.packages.store(seen, Ordering::SeqCst);
    }
}

/// What a server's refusal means.
fn judge(status: u16, said: String) -> Result<(), BroadcastError> {
    let lower = said.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if says(&HAVE_IT) {
        return Ok(());
    }
    // Rate limits and a server's own troubles say nothing about the transaction. Some servers report a refusal as 500.
    let trouble = matches!(status, 300..=399 | 408 | 429)
        || (status >= 500 && !lower.contains("sendrawtransaction"));
    Err(if trouble {
        SourceError::Refused { status, said }.into()
    } else if says(&CONFLICT) {
        BroadcastError::Conflict { said }
    } else if says(&FEE) {
        BroadcastError::Fee { said }
    } else if says(&CHAIN) {
        BroadcastError::Chain { said }
    } else if says(&EARLY) {
        BroadcastError::Early { said }
    } else if status == 400 || status >= 500 {
        BroadcastError::Invalid { said }
    } else {
        SourceError::Refused { status, said }.into()
    })
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
        for said in ["min relay fee not met, 1 < 110", "mempool min fee not met", "mempool full"] {
            assert!(matches!(of(400, said), BroadcastError::Fee { .. }), "{said}");
        }
        let said = "too-long-mempool-chain, too many unconfirmed ancestors [limit: 25]";
        assert!(matches!(of(400, said), BroadcastError::Chain { .. }));
        assert!(matches!(of(500, "sendrawtransaction: non-final"), BroadcastError::Early { .. }));
        assert!(matches!(
            of(400, "mandatory-script-verify-flag-failed"),
            BroadcastError::Invalid { .. }
        ));
        for (status, said) in
            [(429, "slow down"), (502, "bad gateway"), (403, "go away"), (302, "elsewhere")]
        {
            assert!(
                matches!(of(status, said), BroadcastError::Source(SourceError::Refused { .. })),
                "{status}"
            );
        }
    }
}
