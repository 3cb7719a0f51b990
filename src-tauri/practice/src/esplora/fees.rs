//! Fee estimates and the mempool as a whole.

use super::Source;
use crate::chain::View;
use axum::Json;
use axum::extract::State;
use bitcoin::{Amount, Txid};
use serde_json::{Map, Value, json};

/// Transactions `/mempool/recent` shows.
const RECENT: usize = 10;

/// The fee rate for a confirmation target, in sat/vB. A calm mempool: falling with patience, never zero.
pub(crate) fn rate(source: &Source, target: u16) -> u64 {
    source.lies.told().fee_rate.unwrap_or(if target <= 2 {
        5
    } else if target <= 6 {
        3
    } else if target <= 25 {
        2
    } else {
        1
    })
}

pub(super) async fn estimates(State(source): State<Source>) -> Json<Map<String, Value>> {
    let targets = (1u16..=25).chain([144, 504, 1008]);
    Json(targets.map(|target| (target.to_string(), json!(rate(&source, target)))).collect())
}

pub(super) async fn mempool(State(source): State<Source>) -> Json<Value> {
    Json(source.read(|view| {
        let entries = view.mempool.by_arrival();
        json!({
            "count": entries.len(),
            "vsize": entries.iter().map(|entry| entry.vsize).sum::<u64>(),
            "total_fee": entries.iter().map(|entry| entry.fee).sum::<Amount>().to_sat(),
            "fee_histogram": histogram(view),
        })
    }))
}

pub(super) async fn txids(State(source): State<Source>) -> Json<Vec<Txid>> {
    Json(
        source.read(|view| view.mempool.by_arrival().into_iter().map(|entry| entry.txid).collect()),
    )
}

pub(super) async fn recent(State(source): State<Source>) -> Json<Vec<Value>> {
    Json(source.read(|view| {
        let newest = view.mempool.by_arrival().into_iter().rev().take(RECENT);
        newest
            .map(|entry| {
                let value: Amount = entry.tx.output.iter().map(|output| output.value).sum();
                json!({
                    "txid": entry.txid,
                    "fee": entry.fee.to_sat(),
                    "vsize": entry.vsize,
                    "value": value.to_sat(),
                })
            })
            .collect()
    }))
}

/// Virtual bytes for each whole fee rate, the highest first.
fn histogram(view: &View) -> Vec<(u64, u64)> {
    let mut rates = std::collections::BTreeMap::new();
    for entry in view.mempool.by_arrival() {
        *rates.entry(entry.fee.to_sat() / entry.vsize.max(1)).or_insert(0) += entry.vsize;
    }
    rates.into_iter().rev().collect()
}
