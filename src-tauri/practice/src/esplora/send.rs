//! Posted transactions. Refusals carry `bitcoind`'s code and words, as electrs passes them on.

use super::Source;
use super::reply::{Fault, Reply};
use crate::chain::{ChainError, PackageResult, Refusal};
use axum::Json;
use axum::extract::State;
use bitcoin::{Transaction, Txid, consensus};
use serde_json::{Map, Value, json};

/// `bitcoind`'s answer to bytes that are no transaction.
const DECODE_FAILED: (i32, &str) =
    (-22, "TX decode failed. Make sure the tx has at least one input.");

pub(super) async fn one(State(source): State<Source>, body: String) -> Reply<String> {
    let tx = decode(&body)
        .ok_or_else(|| refused("sendrawtransaction", DECODE_FAILED.0, DECODE_FAILED.1))?;
    source
        .chain
        .submit(tx)
        .map(|txid| txid.to_string())
        .map_err(|failed| fault("sendrawtransaction", &failed))
}

pub(super) async fn package(State(source): State<Source>, body: String) -> Reply<Json<Value>> {
    let texts: Vec<String> = serde_json::from_str(&body).map_err(|_| Fault::bad("Invalid JSON"))?;
    let txs: Option<Vec<Transaction>> = texts.iter().map(|text| decode(text)).collect();
    let txs = txs.ok_or_else(|| refused("submitpackage", DECODE_FAILED.0, DECODE_FAILED.1))?;
    let result =
        source.chain.submit_package(&txs).map_err(|failed| fault("submitpackage", &failed))?;
    Ok(Json(answer(&source, &txs, &result)))
}

fn decode(text: &str) -> Option<Transaction> {
    consensus::encode::deserialize_hex(text.trim()).ok()
}

fn fault(method: &str, failed: &ChainError) -> Fault {
    match failed {
        ChainError::Refused(refusal) => refused(method, refusal.code(), &refusal.to_string()),
        other => refused(method, -1, &other.to_string()),
    }
}

fn refused(method: &str, code: i32, message: &str) -> Fault {
    Fault::bad(format!("{method} RPC error: {}", json!({ "code": code, "message": message })))
}

/// `submitpackage`'s answer.
pub(crate) fn answer(source: &Source, txs: &[Transaction], result: &PackageResult) -> Value {
    let refusal = |txid: &Txid| {
        result.refused.iter().find(|(other, _)| other == txid).map(|(_, refusal)| refusal)
    };
    let results: Map<String, Value> =
        txs.iter().map(|tx| (tx.compute_wtxid().to_string(), entry(source, tx, refusal))).collect();
    let message = if result.refused.is_empty() { "success" } else { "transaction failed" };
    json!({ "package_msg": message, "tx-results": results, "replaced-transactions": result.replaced })
}

fn entry<'a>(
    source: &Source,
    tx: &Transaction,
    refusal: impl Fn(&Txid) -> Option<&'a Refusal>,
) -> Value {
    let txid = tx.compute_txid();
    match refusal(&txid) {
        Some(refusal) => json!({ "txid": txid, "error": refusal.to_string() }),
        None => {
            let fee = source.chain.fee_of(&txid).map(bitcoin::Amount::from).unwrap_or_default();
            json!({ "txid": txid, "vsize": tx.vsize(), "fees": { "base": fee.to_btc() } })
        }
    }
}
