//! Esplora's JSON shapes (Blockstream/esplora `API.md`).

use crate::chain::{Coin, Connected, Place, View, miner_fee};
use bitcoin::{Address, Block, Network, Script, Transaction, TxIn, TxOut, Txid};
use serde_json::{Value, json};

/// Where a transaction stands.
pub(super) fn status(view: &View, place: Option<Place>) -> Value {
    let found = place
        .and_then(|place| view.ledger.at(place.height).map(|connected| (place, &connected.block)));
    match found {
        None => json!({ "confirmed": false }),
        Some((place, block)) => json!({
            "confirmed": true,
            "block_height": place.height,
            "block_hash": block.block_hash(),
            "block_time": block.header.time,
        }),
    }
}

/// A transaction that is in the chain or waits.
pub(super) fn tx(view: &View, txid: &Txid) -> Option<Value> {
    let (tx, spent, place) = view.transaction(txid)?;
    Some(json!({
        "txid": txid,
        "version": tx.version,
        "locktime": tx.lock_time.to_consensus_u32(),
        "vin": inputs(tx, spent),
        "vout": tx.output.iter().map(output).collect::<Vec<_>>(),
        "size": tx.total_size(),
        "weight": tx.weight().to_wu(),
        "fee": miner_fee(tx, spent).to_sat(),
        "status": status(view, place),
    }))
}

fn inputs(tx: &Transaction, spent: &[Coin]) -> Vec<Value> {
    let coinbase = tx.is_coinbase();
    let input = |(vin, input): (usize, &TxIn)| {
        json!({
            "txid": input.previous_output.txid,
            "vout": input.previous_output.vout,
            "prevout": spent.get(vin).map(|coin| output(&coin.output)),
            "scriptsig": input.script_sig.to_hex_string(),
            "scriptsig_asm": input.script_sig.to_asm_string(),
            "witness": input.witness.iter().map(hex).collect::<Vec<_>>(),
            "is_coinbase": coinbase,
            "sequence": input.sequence.0,
        })
    };
    tx.input.iter().enumerate().map(input).collect()
}

fn output(output: &TxOut) -> Value {
    let script = &output.script_pubkey;
    let mut value = json!({
        "scriptpubkey": script.to_hex_string(),
        "scriptpubkey_asm": script.to_asm_string(),
        "scriptpubkey_type": kind(script),
        "value": output.value.to_sat(),
    });
    if let Ok(address) = Address::from_script(script, Network::Regtest) {
        value["scriptpubkey_address"] = json!(address.to_string());
    }
    value
}

fn kind(script: &Script) -> &'static str {
    match script {
        script if script.is_p2pkh() => "p2pkh",
        script if script.is_p2sh() => "p2sh",
        script if script.is_p2wpkh() => "v0_p2wpkh",
        script if script.is_p2wsh() => "v0_p2wsh",
        script if script.is_p2tr() => "v1_p2tr",
        script if script.is_op_return() => "op_return",
        _ => "unknown",
    }
}

/// A block, without its transactions.
pub(super) fn block(view: &View, height: u32, connected: &Connected) -> Value {
    let Block { header, txdata } = &connected.block;
    json!({
        "id": header.block_hash(),
        "height": height,
        "version": header.version,
        "timestamp": header.time,
        "tx_count": txdata.len(),
        "size": connected.block.total_size(),
        "weight": connected.block.weight().to_wu(),
        "merkle_root": header.merkle_root,
        "previousblockhash": (height > 0).then_some(header.prev_blockhash),
        "mediantime": view.ledger.median_time(height),
        "nonce": header.nonce,
        "bits": header.bits.to_consensus(),
        "difficulty": header.difficulty_float(),
    })
}

/// Bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    use hex::DisplayHex;
    bytes.to_lower_hex_string()
}
