//! What is answered to each method.

use crate::chain::{ChainError, View};
use crate::esplora::{Source, package_answer, rate};
use crate::json_rpc::{Answer, SAT_PER_VB, UNKNOWN_METHOD, read, refused};
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Block, BlockHash, OutPoint, Transaction, Txid};
use serde_json::{Value, json};

/// Bitcoin Core's codes.
const MISC: i32 = -1;
const NOT_FOUND: i32 = -5;
const INVALID: i32 = -8;
const NO_TRANSACTION: i32 = -22;

pub(super) fn answer(source: &Source, method: &str, params: &Value) -> Answer {
    let answered = match method {
        "getblockcount" => Some(height(source)),
        "getbestblockhash" => {
            Some(source.read(|view| Answer::Ok(json!(view.ledger.tip().block.block_hash()))))
        }
        "getblockhash" => read(params, 0).map(|height| hash_at(source, height)),
        "getblockheader" => {
            read(params, 0).map(|hash| header(source, hash, read(params, 1).unwrap_or(true)))
        }
        "getblock" => read(params, 0).map(|hash| block(source, hash)),
        "estimatesmartfee" => read(params, 0).map(|target| fee(source, target)),
        "getrawmempool" => Some(mempool(source)),
        "getmempoolentry" => read(params, 0).map(|txid| waiting(source, txid)),
        "getrawtransaction" => read(params, 0).map(|txid| transaction(source, txid)),
        "gettxout" => read(params, 0).zip(read(params, 1)).map(|(txid, vout)| {
            output(source, OutPoint { txid, vout }, read(params, 2).unwrap_or(true))
        }),
        "gettxspendingprevout" => read(params, 0).map(|outs: Vec<OutPointed>| spends(source, outs)),
        "sendrawtransaction" => read(params, 0).map(|text: String| send(source, &text)),
        "submitpackage" => read(params, 0).map(|texts: Vec<String>| package(source, &texts)),
        _ => Some(refused(UNKNOWN_METHOD, "Method not found")),
    };
    answered.unwrap_or_else(|| refused(INVALID, "Invalid parameter"))
}

#[derive(serde::Deserialize)]
struct OutPointed {
    txid: Txid,
    vout: u32,
}

fn height(source: &Source) -> Answer {
    if source.lies.told().no_tip {
        return refused(MISC, "no tip");
    }
    source.read(|view| Answer::Ok(json!(view.ledger.height())))
}

fn hash_at(source: &Source, height: u32) -> Answer {
    let mut found = source.read(|view| view.ledger.at(height).map(|one| one.block.block_hash()));
    if height == 0 {
        found = source.lies.told().genesis.or(found);
    }
    found.map_or_else(
        || refused(INVALID, "Block height out of range"),
        |hash| Answer::Ok(json!(hash)),
    )
}

fn found(view: &View, hash: BlockHash) -> Option<(u32, &Block)> {
    (0..=view.ledger.height())
        .rev()
        .filter_map(|height| Some((height, &view.ledger.at(height)?.block)))
        .find(|(_, block)| block.block_hash() == hash)
}

fn header(source: &Source, hash: BlockHash, verbose: bool) -> Answer {
    source.read(|view| match found(view, hash) {
        None => refused(NOT_FOUND, "Block not found"),
        Some((_, block)) if !verbose => Answer::Ok(json!(serialize_hex(&block.header))),
        Some((height, _)) => {
            let deep = view.ledger.height() - height + 1;
            Answer::Ok(json!({ "hash": hash, "height": height, "confirmations": deep }))
        }
    })
}

fn block(source: &Source, hash: BlockHash) -> Answer {
    source.read(|view| match found(view, hash) {
        None => refused(NOT_FOUND, "Block not found"),
        Some((_, block)) => Answer::Ok(json!(serialize_hex(block))),
    })
}

fn fee(source: &Source, target: u16) -> Answer {
    let rate = u32::try_from(rate(source, target)).unwrap_or(u32::MAX);
    Answer::Ok(json!({ "feerate": f64::from(rate) * SAT_PER_VB, "blocks": target }))
}

fn mempool(source: &Source) -> Answer {
    source.read(|view| {
        let all: Vec<Txid> =
            view.mempool.by_arrival().into_iter().map(|entry| entry.txid).collect();
        Answer::Ok(json!(all))
    })
}

fn waiting(source: &Source, txid: Txid) -> Answer {
    source.read(|view| match view.mempool.get(&txid) {
        Some(entry) => Answer::Ok(json!({ "vsize": entry.vsize })),
        None => refused(NOT_FOUND, "Transaction not in mempool"),
    })
}

/// As without `txindex`: what waits.
fn transaction(source: &Source, txid: Txid) -> Answer {
    source.read(|view| match view.mempool.get(&txid) {
        Some(entry) => Answer::Ok(json!(serialize_hex(&entry.tx))),
        None => refused(NOT_FOUND, "No such mempool transaction. Use -txindex"),
    })
}

fn output(source: &Source, out: OutPoint, with_mempool: bool) -> Answer {
    source.read(|view| {
        let Some((tx, _, place)) = view.transaction(&out.txid) else {
            return Answer::Ok(Value::Null);
        };
        let there = usize::try_from(out.vout).ok().and_then(|vout| tx.output.get(vout));
        let is_spent = view.spender(&out).is_some_and(|by| with_mempool || by.place.is_some());
        let is_there = with_mempool || place.is_some();
        let (Some(there), true, false) = (there, is_there, is_spent) else {
            return Answer::Ok(Value::Null);
        };
        let deep = place.map_or(0, |place| view.ledger.height() - place.height + 1);
        Answer::Ok(json!({ "confirmations": deep, "value": there.value.to_btc() }))
    })
}

fn spends(source: &Source, outs: Vec<OutPointed>) -> Answer {
    source.read(|view| {
        let spent = |OutPointed { txid, vout }: OutPointed| {
            let by = view.mempool.spender(&OutPoint { txid, vout });
            let mut told = json!({ "txid": txid, "vout": vout });
            if let Some((by, _)) = by {
                told["spendingtxid"] = json!(by);
            }
            told
        };
        Answer::Ok(outs.into_iter().map(spent).collect())
    })
}

fn send(source: &Source, text: &str) -> Answer {
    let Ok(transaction) = deserialize_hex::<Transaction>(text) else {
        return refused(NO_TRANSACTION, "TX decode failed");
    };
    match source.chain.submit(transaction) {
        Ok(txid) => Answer::Ok(json!(txid)),
        Err(failed) => failure(&failed),
    }
}

fn failure(failed: &ChainError) -> Answer {
    match failed {
        ChainError::Refused(refusal) => refused(refusal.code(), refusal.to_string()),
        other => refused(MISC, other.to_string()),
    }
}

fn package(source: &Source, texts: &[String]) -> Answer {
    if texts.is_empty() {
        return refused(INVALID, "Array must contain between 1 and 25 transactions.");
    }
    let all: Option<Vec<Transaction>> =
        texts.iter().map(|text| deserialize_hex(text).ok()).collect();
    let Some(all) = all else { return refused(NO_TRANSACTION, "TX decode failed") };
    match source.chain.submit_package(&all) {
        Ok(result) => Answer::Ok(package_answer(source, &all, &result)),
        Err(failed) => failure(&failed),
    }
}
