//! What happened to a script, by the hash of the script or by an address.

use super::reply::{Fault, Reply, read};
use super::{Source, json};
use crate::chain::{Coin, Entry, ScriptId, View, script_id, touched};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use bitcoin::{Address, Network, Transaction, Txid};
use serde_json::{Value, json};

/// Confirmed transactions a page.
const PAGE: usize = 25;
/// Waiting transactions at most.
const WAITING: usize = 50;

pub(super) async fn txs(
    State(source): State<Source>,
    Path(script): Path<String>,
    uri: Uri,
) -> Reply<Json<Vec<Value>>> {
    let script = script_of(&script, &uri)?;
    Ok(Json(source.read(|view| {
        let mut found = listed(view, waiting(view, &script).map(|entry| entry.txid).take(WAITING));
        found.extend(listed(view, confirmed(view, &script).take(PAGE)));
        found
    })))
}

pub(super) async fn first_chain_txs(
    State(source): State<Source>,
    Path(script): Path<String>,
    uri: Uri,
) -> Reply<Json<Vec<Value>>> {
    let script = script_of(&script, &uri)?;
    Ok(Json(source.read(|view| listed(view, confirmed(view, &script).take(PAGE)))))
}

/// The page after the transaction `last`. Nothing if `last` is not in the history.
pub(super) async fn chain_txs(
    State(source): State<Source>,
    Path((script, last)): Path<(String, String)>,
    uri: Uri,
) -> Reply<Json<Vec<Value>>> {
    let (script, last): (_, Txid) = (script_of(&script, &uri)?, read(&last, "txid")?);
    Ok(Json(source.read(|view| {
        listed(view, confirmed(view, &script).skip_while(|txid| *txid != last).skip(1).take(PAGE))
    })))
}

pub(super) async fn mempool_txs(
    State(source): State<Source>,
    Path(script): Path<String>,
    uri: Uri,
) -> Reply<Json<Vec<Value>>> {
    let script = script_of(&script, &uri)?;
    Ok(Json(
        source.read(|view| {
            listed(view, waiting(view, &script).map(|entry| entry.txid).take(WAITING))
        }),
    ))
}

pub(super) async fn utxos(
    State(source): State<Source>,
    Path(script): Path<String>,
    uri: Uri,
) -> Reply<Json<Vec<Value>>> {
    let script = script_of(&script, &uri)?;
    Ok(Json(source.read(|view| {
        let txids = waiting(view, &script).map(|entry| entry.txid).chain(confirmed(view, &script));
        txids.flat_map(|txid| unspent(view, &script, txid)).collect()
    })))
}

pub(super) async fn stats(
    State(source): State<Source>,
    Path(script): Path<String>,
    uri: Uri,
) -> Reply<Json<Value>> {
    let id = script_of(&script, &uri)?;
    let (chain, mempool) = source.read(|view| {
        let confirmed = confirmed(view, &id).filter_map(|txid| view.ledger.transaction(&txid));
        let waiting = waiting(view, &id).map(|entry| (&entry.tx, entry.spent.as_slice()));
        (sums(&id, confirmed.map(|(tx, spent, _)| (tx, spent))), sums(&id, waiting))
    });
    let name = if by_address(&uri) { "address" } else { "scripthash" };
    Ok(Json(json!({ name: script, "chain_stats": chain, "mempool_stats": mempool })))
}

fn by_address(uri: &Uri) -> bool {
    uri.path().starts_with("/address/")
}

fn script_of(text: &str, uri: &Uri) -> Reply<ScriptId> {
    if !by_address(uri) {
        return read(text, "hash");
    }
    let address: Address<_> = read(text, "Bitcoin address")?;
    let address = address
        .require_network(Network::Regtest)
        .map_err(|_| Fault::bad("Address on invalid network"))?;
    Ok(script_id(&address.script_pubkey()))
}

/// The confirmed transactions that touch a script, newest first.
pub(crate) fn confirmed(view: &View, script: &ScriptId) -> impl Iterator<Item = Txid> {
    view.ledger.index.history(script).iter().rev().copied()
}

/// The waiting transactions that touch a script, newest first.
pub(crate) fn waiting<'a>(view: &'a View, script: &'a ScriptId) -> impl Iterator<Item = &'a Entry> {
    let entries = view.mempool.by_arrival().into_iter().rev();
    entries.filter(|entry| touched(&entry.tx, &entry.spent).contains(script))
}

fn listed(view: &View, txids: impl Iterator<Item = Txid>) -> Vec<Value> {
    txids.filter_map(|txid| json::tx(view, &txid)).collect()
}

fn unspent(view: &View, script: &ScriptId, txid: Txid) -> Vec<Value> {
    let Some((tx, _, place)) = view.transaction(&txid) else { return Vec::new() };
    let own =
        (0u32..).zip(&tx.output).filter(|(_, output)| script_id(&output.script_pubkey) == *script);
    let free =
        own.filter(|(vout, _)| view.spender(&bitcoin::OutPoint { txid, vout: *vout }).is_none());
    free.map(|(vout, output)| {
        json!({ "txid": txid, "vout": vout, "value": output.value.to_sat(), "status": json::status(view, place) })
    })
    .collect()
}

fn sums<'a>(script: &ScriptId, txs: impl Iterator<Item = (&'a Transaction, &'a [Coin])>) -> Value {
    let (mut count, mut funded, mut spent) = (0, Vec::new(), Vec::new());
    for (tx, coins) in txs {
        count += 1;
        let own = |output: &bitcoin::TxOut| {
            (script_id(&output.script_pubkey) == *script).then_some(output.value)
        };
        funded.extend(tx.output.iter().filter_map(own));
        spent.extend(coins.iter().filter_map(|coin| own(&coin.output)));
    }
    json!({
        "funded_txo_count": funded.len(),
        "funded_txo_sum": funded.into_iter().sum::<bitcoin::Amount>().to_sat(),
        "spent_txo_count": spent.len(),
        "spent_txo_sum": spent.into_iter().sum::<bitcoin::Amount>().to_sat(),
        "tx_count": count,
    })
}
