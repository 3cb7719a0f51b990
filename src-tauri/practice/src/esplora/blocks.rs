//! Blocks.

use super::reply::{Fault, Raw, Reply, read};
use super::{Source, json};
use crate::chain::{Connected, View};
use axum::Json;
use axum::extract::{Path, State};
use bitcoin::{BlockHash, Transaction, consensus};
use serde_json::{Value, json};

/// Blocks a page.
const PAGE: u32 = 10;
/// Transactions a page.
const TX_PAGE: usize = 25;

pub(super) async fn tip_hash(State(source): State<Source>) -> Reply<String> {
    tip_is_told(&source)?;
    Ok(source.read(|view| view.ledger.tip().block.block_hash().to_string()))
}

pub(super) async fn tip_height(State(source): State<Source>) -> Reply<String> {
    tip_is_told(&source)?;
    Ok(source.read(|view| view.ledger.height().to_string()))
}

pub(super) async fn newest(State(source): State<Source>) -> Reply<Json<Vec<Value>>> {
    tip_is_told(&source)?;
    Ok(Json(source.read(|view| page(view, view.ledger.height()))))
}

pub(super) async fn from(
    State(source): State<Source>,
    Path(start): Path<String>,
) -> Reply<Json<Vec<Value>>> {
    let start = read(&start, "height")?;
    Ok(Json(source.read(|view| page(view, start))))
}

pub(super) async fn hash_at(
    State(source): State<Source>,
    Path(height): Path<String>,
) -> Reply<String> {
    let height: u32 = read(&height, "height")?;
    if let Some(other) = source.lies.told().genesis.filter(|_| height == 0) {
        return Ok(other.to_string());
    }
    let hash = |view: &View| {
        view.ledger.at(height).map(|connected| connected.block.block_hash().to_string())
    };
    source.read(hash).ok_or_else(Fault::no_block)
}

pub(super) async fn info(
    State(source): State<Source>,
    Path(hash): Path<String>,
) -> Reply<Json<Value>> {
    block(&source, &hash, json::block).map(Json)
}

pub(super) async fn header(
    State(source): State<Source>,
    Path(hash): Path<String>,
) -> Reply<String> {
    block(&source, &hash, |_, _, connected| {
        consensus::encode::serialize_hex(&connected.block.header)
    })
}

pub(super) async fn raw(State(source): State<Source>, Path(hash): Path<String>) -> Reply<Raw> {
    block(&source, &hash, |_, _, connected| consensus::serialize(&connected.block)).map(Raw)
}

/// Whether a block is in the chain. A block that was undone and one that never was look alike.
pub(super) async fn status(
    State(source): State<Source>,
    Path(hash): Path<String>,
) -> Reply<Json<Value>> {
    let hash: BlockHash = read(&hash, "block hash")?;
    Ok(Json(source.read(|view| match view.ledger.height_of(&hash) {
        None => json!({ "in_best_chain": false }),
        Some(height) => json!({
            "in_best_chain": true,
            "height": height,
            "next_best": view.ledger.at(height + 1).map(|next| next.block.block_hash()),
        }),
    })))
}

pub(super) async fn txids(
    State(source): State<Source>,
    Path(hash): Path<String>,
) -> Reply<Json<Value>> {
    let ids = |connected: &Connected| {
        connected.block.txdata.iter().map(Transaction::compute_txid).collect::<Vec<_>>()
    };
    block(&source, &hash, |_, _, connected| json!(ids(connected))).map(Json)
}

pub(super) async fn txid_at(
    State(source): State<Source>,
    Path((hash, position)): Path<(String, String)>,
) -> Reply<String> {
    let position: usize = read(&position, "position")?;
    let id = |connected: &Connected| {
        connected.block.txdata.get(position).map(|tx| tx.compute_txid().to_string())
    };
    block(&source, &hash, |_, _, connected| id(connected))?
        .ok_or_else(|| Fault::missing("tx not found"))
}

pub(super) async fn first_txs(
    State(source): State<Source>,
    Path(hash): Path<String>,
) -> Reply<Json<Vec<Value>>> {
    txs(State(source), Path((hash, "0".to_owned()))).await
}

pub(super) async fn txs(
    State(source): State<Source>,
    Path((hash, start)): Path<(String, String)>,
) -> Reply<Json<Vec<Value>>> {
    let start: usize = read(&start, "start index")?;
    if !start.is_multiple_of(TX_PAGE) {
        return Err(Fault::bad(format!("start index must be a multipication of {TX_PAGE}")));
    }
    block(&source, &hash, |view, _, connected| {
        let page = connected.block.txdata.iter().skip(start).take(TX_PAGE);
        page.filter_map(|tx| json::tx(view, &tx.compute_txid())).collect()
    })
    .map(Json)
}

fn tip_is_told(source: &Source) -> Reply<()> {
    if source.lies.told().no_tip { Err(Fault::no_block()) } else { Ok(()) }
}

/// Blocks from `start` downwards.
fn page(view: &View, start: u32) -> Vec<Value> {
    let heights = (0..=start.min(view.ledger.height())).rev().take(PAGE as usize);
    heights
        .filter_map(|height| {
            view.ledger.at(height).map(|connected| json::block(view, height, connected))
        })
        .collect()
}

fn block<T>(
    source: &Source,
    hash: &str,
    look: impl FnOnce(&View, u32, &Connected) -> T,
) -> Reply<T> {
    let hash: BlockHash = read(hash, "block hash")?;
    source.read(|view| {
        let height = view.ledger.height_of(&hash).ok_or_else(Fault::no_block)?;
        let connected = view.ledger.at(height).ok_or_else(Fault::no_block)?;
        Ok(look(view, height, connected))
    })
}
