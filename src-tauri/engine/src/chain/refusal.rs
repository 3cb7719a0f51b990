//! What a refusal means. Being refused because the network already has it is success. Every other refusal is sorted by what
//! the caller should do: try later, or look whether someone else spent the coins. The words are a server's: Bitcoin Core's reject
//! reasons, passed on as text.

use super::SourceError;
use crate::view::Unsent;

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

/// What a server's refusal means.
pub(super) fn judge(status: u16, said: String) -> Result<(), BroadcastError> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
