//! Transactions, where they are, and who spends them.

use super::reply::{Fault, Raw, Reply, read};
use super::{Source, json};
use crate::chain::{Place, View};
use axum::Json;
use axum::extract::{Path, State};
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::{Block, MerkleBlock, OutPoint, Transaction, Txid, consensus};
use serde_json::{Value, json};

pub(super) async fn info(
    State(source): State<Source>,
    Path(txid): Path<String>,
) -> Reply<Json<Value>> {
    let txid = read(&txid, "txid")?;
    source.read(|view| json::tx(view, &txid)).map(Json).ok_or_else(Fault::no_tx)
}

pub(super) async fn raw(State(source): State<Source>, Path(txid): Path<String>) -> Reply<Raw> {
    transaction(&source, &txid, consensus::serialize).map(Raw)
}

pub(super) async fn hex(State(source): State<Source>, Path(txid): Path<String>) -> Reply<String> {
    transaction(&source, &txid, consensus::encode::serialize_hex)
}

/// An unknown transaction is not confirmed, and no error.
pub(super) async fn status(
    State(source): State<Source>,
    Path(txid): Path<String>,
) -> Reply<Json<Value>> {
    let txid = read(&txid, "txid")?;
    Ok(Json(source.read(|view| json::status(view, view.ledger.index.place(&txid)))))
}

pub(super) async fn merkle_proof(
    State(source): State<Source>,
    Path(txid): Path<String>,
) -> Reply<Json<Value>> {
    confirmed(&source, &txid, |block, _, place| {
        json!({ "block_height": place.height, "merkle": branch(block, place.position), "pos": place.position })
    })
    .map(Json)
}

pub(super) async fn merkle_block(
    State(source): State<Source>,
    Path(txid): Path<String>,
) -> Reply<String> {
    confirmed(&source, &txid, |block, txid, _| {
        consensus::encode::serialize_hex(&MerkleBlock::from_block_with_predicate(block, |other| {
            *other == txid
        }))
    })
}

pub(super) async fn outspend(
    State(source): State<Source>,
    Path((txid, vout)): Path<(String, String)>,
) -> Reply<Json<Value>> {
    let output = OutPoint { txid: read(&txid, "txid")?, vout: read(&vout, "output")? };
    Ok(Json(source.read(|view| spending(view, &output))))
}

pub(super) async fn outspends(
    State(source): State<Source>,
    Path(txid): Path<String>,
) -> Reply<Json<Vec<Value>>> {
    let txid: Txid = read(&txid, "txid")?;
    source
        .read(|view| {
            let (tx, _, _) = view.transaction(&txid)?;
            let outputs = (0u32..).zip(&tx.output);
            Some(outputs.map(|(vout, _)| spending(view, &OutPoint { txid, vout })).collect())
        })
        .map(Json)
        .ok_or_else(Fault::no_tx)
}

fn spending(view: &View, output: &OutPoint) -> Value {
    match view.spender(output) {
        None => json!({ "spent": false }),
        Some(spender) => json!({
            "spent": true,
            "txid": spender.txid,
            "vin": spender.vin,
            "status": json::status(view, spender.place),
        }),
    }
}

fn transaction<T>(source: &Source, txid: &str, look: impl FnOnce(&Transaction) -> T) -> Reply<T> {
    let txid = read(txid, "txid")?;
    source.read(|view| view.transaction(&txid).map(|(tx, _, _)| look(tx))).ok_or_else(Fault::no_tx)
}

fn confirmed<T>(
    source: &Source,
    txid: &str,
    look: impl FnOnce(&Block, Txid, Place) -> T,
) -> Reply<T> {
    let txid: Txid = read(txid, "txid")?;
    source
        .read(|view| {
            let place = view.ledger.index.place(&txid)?;
            Some(look(&view.ledger.at(place.height)?.block, txid, place))
        })
        .ok_or_else(|| Fault::missing("Transaction not found or is unconfirmed"))
}

/// The hashes a transaction is paired with on the way up to the Merkle root, deepest first.
pub(crate) fn branch(block: &Block, mut position: usize) -> Vec<Txid> {
    let mut level: Vec<Txid> = block.txdata.iter().map(Transaction::compute_txid).collect();
    let mut branch = Vec::new();
    while level.len() > 1 {
        branch.push(*level.get(position ^ 1).unwrap_or(&level[position]));
        let pair = |pair: &[Txid]| {
            let right = pair.get(1).unwrap_or(&pair[0]);
            let bytes = [&pair[0].to_byte_array()[..], &right.to_byte_array()].concat();
            Txid::from_raw_hash(sha256d::Hash::hash(&bytes))
        };
        level = level.chunks(2).map(pair).collect();
        position /= 2;
    }
    branch
}
