//! electrs serves the chain that practice mines and bitcoind checked.

use crate::bitcoind::Bitcoind;
use crate::electrs::Electrs;
use crate::mirror::{Mirror, Tally};
use crate::peer::Tools;
use crate::{PATIENCE, looks};
use bitcoin::block::Header;
use bitcoin::consensus::encode::deserialize_hex;
use bitcoin::hashes::{Hash, sha256};
use fulmen_engine::amount::Sat;
use fulmen_engine::time::Timestamp;
use fulmen_practice::chain::PracticeChain;
use serde_json::{Value, json};
use std::path::PathBuf;

pub(super) async fn by_electrs(tools: Tools, dir: PathBuf) -> (String, Tally) {
    let chain = PracticeChain::open(&dir.join("chain"), Timestamp::now).expect("a chain");
    let bitcoind = Bitcoind::start(&tools.debian, &dir.join("bitcoind")).await;
    let mut mirror = Mirror::new(chain.clone(), bitcoind).await;
    let electrs = Electrs::start(&tools.electrs, &dir.join("electrs"), &mirror.bitcoind).await;
    let script = bitcoin::ScriptBuf::new_op_return([0; 0]).to_p2wsh();
    // Electrum's hash of a script is written backwards.
    let mut hash = sha256::Hash::hash(script.as_bytes()).to_byte_array();
    hash.reverse();
    let hash = sha256::Hash::from_byte_array(hash).to_string();
    let history = async || {
        let history = electrs.ask("blockchain.scripthash.get_history", json!([hash])).await;
        history.expect("electrs answers")
    };

    let paid = chain.faucet(script, Sat::new(100_000)).expect("the faucet pays").compute_txid();
    mirror.exchange().await;
    let entry = |height: u32| json!([paid.to_string(), height]);
    let shown = |list: &Value| json!([list[0]["tx_hash"], list[0]["height"]]);
    until("it waits", async || shown(&history().await) == entry(0)).await;
    for _ in 0..3 {
        mirror.mine().await;
    }
    let tip = chain.tip();
    until("the newest block", async || {
        let newest = electrs.ask("blockchain.headers.subscribe", json!([])).await;
        let newest = newest.expect("electrs answers");
        let header: Header =
            deserialize_hex(newest["hex"].as_str().expect("a header")).expect("a header");
        newest["height"] == tip.height && header.block_hash() == tip.hash
    })
    .await;
    let place = chain.place_of(&paid).expect("in a block");
    until("its block", async || shown(&history().await) == entry(place.height)).await;
    (electrs.version().await, mirror.tally)
}

async fn until(what: &str, shows: impl AsyncFn() -> bool) {
    let looking = async {
        let mut looks = looks();
        while !shows().await {
            looks.tick().await;
        }
    };
    let shown = tokio::time::timeout(PATIENCE, looking).await;
    assert!(shown.is_ok(), "never: {what}");
}
