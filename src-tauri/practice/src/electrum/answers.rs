//! What is answered to each method.

use crate::chain::{ChainError, ScriptId, View};
use crate::esplora::{Source, branch, confirmed, rate, waiting};
use crate::json_rpc::{Answer, SAT_PER_VB, UNKNOWN_METHOD, read, refused};
use bitcoin::block::Header;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::hashes::Hash;
use bitcoin::{Transaction, Txid};
use serde_json::{Value, json};

/// "Bad request" and "daemon error" of electrs.
const BAD: i32 = 1;
const DAEMON: i32 = 2;

pub(super) fn answer(source: &Source, method: &str, params: &Value) -> Answer {
    let answered = match method {
        "server.version" => Some(Answer::Ok(json!(["practice", "1.4"]))),
        "server.ping" => Some(Answer::Ok(Value::Null)),
        "blockchain.headers.subscribe" => Some(tip(source)),
        "blockchain.block.header" => read(params, 0).map(|height| header(source, height)),
        "blockchain.block.headers" => {
            read(params, 0).zip(read(params, 1)).map(|(from, count)| headers(source, from, count))
        }
        "blockchain.estimatefee" => read(params, 0).map(|target| fee(source, target)),
        "blockchain.scripthash.get_history" => {
            read(params, 0).map(|script| history(source, script))
        }
        "blockchain.transaction.get" => read(params, 0).map(|txid| transaction(source, txid)),
        "blockchain.transaction.get_merkle" => {
            read(params, 0).zip(read(params, 1)).map(|(txid, height)| proof(source, txid, height))
        }
        "blockchain.transaction.broadcast" => {
            read(params, 0).map(|text: String| broadcast(source, &text))
        }
        _ => Some(refused(UNKNOWN_METHOD, "method not found")),
    };
    answered.unwrap_or_else(|| refused(BAD, "invalid params"))
}

fn header_at(view: &View, height: u32) -> Option<Header> {
    view.ledger.at(height).map(|connected| connected.block.header)
}

fn tip(source: &Source) -> Answer {
    if source.lies.told().no_tip {
        return refused(-32603, "unavailable index");
    }
    source.read(|view| {
        let header = view.ledger.tip().block.header;
        Answer::Ok(json!({ "height": view.ledger.height(), "hex": serialize_hex(&header) }))
    })
}

fn header(source: &Source, height: u32) -> Answer {
    let mut found = source.read(|view| header_at(view, height));
    // The first block of another chain, as far as a header can name it.
    if let Some(other) = source.lies.told().genesis.filter(|_| height == 0) {
        let others = [bitcoin::Network::Bitcoin, bitcoin::Network::Testnet4];
        let others = others.map(|network| bitcoin::constants::genesis_block(network).header);
        found = others.into_iter().find(|header| header.block_hash() == other);
    }
    match found {
        Some(header) => Answer::Ok(json!(serialize_hex(&header))),
        None => refused(BAD, format!("missing block at {height}")),
    }
}

fn headers(source: &Source, from: u32, count: u32) -> Answer {
    let found: Vec<Header> = source.read(|view| {
        (from..from.saturating_add(count.min(2016)))
            .map_while(|height| header_at(view, height))
            .collect()
    });
    let hex: String = found.iter().map(serialize_hex).collect();
    Answer::Ok(json!({ "count": found.len(), "hex": hex, "max": 2016 }))
}

fn fee(source: &Source, target: u16) -> Answer {
    let rate = u32::try_from(rate(source, target)).unwrap_or(u32::MAX);
    Answer::Ok(json!(f64::from(rate) * SAT_PER_VB))
}

/// Confirmed ones in the order of the chain, then those that wait.
fn history(source: &Source, script: ScriptId) -> Answer {
    let mut bytes = script.to_byte_array();
    bytes.reverse();
    let script = ScriptId::from_byte_array(bytes);
    source.read(|view| {
        let place = |txid: &Txid| view.ledger.index.place(txid).map(|place| place.height);
        let mut all: Vec<Value> = confirmed(view, &script)
            .map(|txid| json!({ "tx_hash": txid, "height": place(&txid) }))
            .collect();
        all.reverse();
        let spends_waiting = |tx: &Transaction| {
            tx.input.iter().any(|input| place(&input.previous_output.txid).is_none())
        };
        all.extend(waiting(view, &script).map(|entry| {
            let height = if spends_waiting(&entry.tx) { -1 } else { 0 };
            json!({ "tx_hash": entry.txid, "height": height, "fee": entry.fee.to_sat() })
        }));
        Answer::Ok(json!(all))
    })
}

fn transaction(source: &Source, txid: Txid) -> Answer {
    let found = source.read(|view| view.transaction(&txid).map(|(tx, _, _)| serialize_hex(tx)));
    found.map_or_else(
        || refused(DAEMON, "No such mempool or blockchain transaction. Use gettransaction for wallet transactions."),
        |hex| Answer::Ok(json!(hex)),
    )
}

fn proof(source: &Source, txid: Txid, height: u32) -> Answer {
    let found = source.read(|view| {
        let place = view.ledger.index.place(&txid).filter(|place| place.height == height)?;
        Some((branch(&view.ledger.at(height)?.block, place.position), place.position))
    });
    match found {
        Some((merkle, pos)) => {
            Answer::Ok(json!({ "block_height": height, "merkle": merkle, "pos": pos }))
        }
        None => refused(BAD, format!("missing txid {txid} in the block at {height}")),
    }
}

fn broadcast(source: &Source, text: &str) -> Answer {
    let Ok(transaction) = deserialize_hex::<Transaction>(text.trim()) else {
        return refused(BAD, "TX decode failed");
    };
    match source.chain.submit(transaction) {
        Ok(txid) => Answer::Ok(json!(txid)),
        Err(ChainError::Refused(refusal)) => refused(DAEMON, refusal.to_string()),
        Err(failed) => refused(DAEMON, failed.to_string()),
    }
}
