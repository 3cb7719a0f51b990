//! The chain over HTTP, as Blockstream's Esplora (electrs) answers it: same paths, same shapes, same errors in plain
//! text. Real TCP on this machine's loopback. It only reads the chain, except if a transaction is posted.

mod blocks;
mod fees;
mod json;
mod lies;
mod reply;
mod scripts;
mod send;
mod served;
mod server;
mod source;
#[cfg(test)]
mod tests;
mod txs;
mod wire;

pub(crate) use fees::rate;
pub(crate) use lies::tell;
pub use lies::{Frozen, Instead, Lies, Rewrite, Told};
pub(crate) use scripts::{confirmed, waiting};
pub(crate) use send::answer as package_answer;
pub(crate) use served::Served;
pub use server::EsploraServer;
pub(crate) use source::Source;
pub(crate) use txs::branch;

use axum::{Router, routing::get, routing::post};

fn routes(source: Source) -> Router {
    Router::new()
        .merge(block_routes())
        .merge(tx_routes())
        .merge(script_routes("scripthash"))
        .merge(script_routes("address"))
        .route("/fee-estimates", get(fees::estimates))
        .route("/mempool", get(fees::mempool))
        .route("/mempool/txids", get(fees::txids))
        .route("/mempool/recent", get(fees::recent))
        .layer(axum::middleware::from_fn_with_state(source.lies.clone(), lies::tell))
        .with_state(source)
}

fn block_routes() -> Router<Source> {
    Router::new()
        .route("/blocks", get(blocks::newest))
        .route("/blocks/{start}", get(blocks::from))
        .route("/blocks/tip/hash", get(blocks::tip_hash))
        .route("/blocks/tip/height", get(blocks::tip_height))
        .route("/block-height/{height}", get(blocks::hash_at))
        .route("/block/{hash}", get(blocks::info))
        .route("/block/{hash}/header", get(blocks::header))
        .route("/block/{hash}/status", get(blocks::status))
        .route("/block/{hash}/raw", get(blocks::raw))
        .route("/block/{hash}/txids", get(blocks::txids))
        .route("/block/{hash}/txid/{position}", get(blocks::txid_at))
        .route("/block/{hash}/txs", get(blocks::first_txs))
        .route("/block/{hash}/txs/{start}", get(blocks::txs))
}

fn tx_routes() -> Router<Source> {
    Router::new()
        .route("/tx", post(send::one))
        .route("/txs/package", post(send::package))
        .route("/tx/{txid}", get(txs::info))
        .route("/tx/{txid}/raw", get(txs::raw))
        .route("/tx/{txid}/hex", get(txs::hex))
        .route("/tx/{txid}/status", get(txs::status))
        .route("/tx/{txid}/merkle-proof", get(txs::merkle_proof))
        .route("/tx/{txid}/merkleblock-proof", get(txs::merkle_block))
        .route("/tx/{txid}/outspend/{vout}", get(txs::outspend))
        .route("/tx/{txid}/outspends", get(txs::outspends))
}

/// The history of a script, by its hash or by its address.
fn script_routes(by: &str) -> Router<Source> {
    let path = |rest: &str| format!("/{by}/{{script}}{rest}");
    Router::new()
        .route(&path(""), get(scripts::stats))
        .route(&path("/txs"), get(scripts::txs))
        .route(&path("/txs/chain"), get(scripts::first_chain_txs))
        .route(&path("/txs/chain/{last}"), get(scripts::chain_txs))
        .route(&path("/txs/mempool"), get(scripts::mempool_txs))
        .route(&path("/utxo"), get(scripts::utxos))
}
