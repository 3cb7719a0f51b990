//! Against a node that says where a transaction is that its mempool did not have any more.

use super::test_wallet::{TestWallet, block};
use crate::chain::{Address, Mempool, Source};
use crate::http::lying::Server;
use crate::logger::Log;
use crate::view::NetworkId;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::constants::genesis_block;
use bitcoin::hashes::Hash as _;
use bitcoin::{BlockHash, Network, Txid};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A node that answers this, one request after the other.
async fn node(answers: Vec<Value>) -> (Server, Source) {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |_| match answers.get(asked.fetch_add(1, Ordering::SeqCst)) {
        Some(answer) => Server::ok(answer.to_string().as_bytes()),
        None => Server::status(500),
    })
    .await;
    let address = Address::read(&server.url("").replace("http://", "bitcoind://"));
    let source = Source::new(&address, NetworkId::Regtest, Arc::new(Log)).unwrap();
    (server, source)
}

/// The answers to what a transaction's place is asked with; these two are of the node's mempool and index.
fn place(first: [Value; 2]) -> Value {
    let [waits, indexed] = first.map(|one| match one {
        Value::Null => json!({ "error": { "code": -5, "message": "not there" } }),
        result => json!({ "result": result }),
    });
    let best = json!({ "result": BlockHash::all_zeros() });
    let outputs = vec![json!({ "result": null }); 4];
    let all = [vec![waits, indexed, best], outputs].concat();
    let numbered = (0..).zip(all).map(|(id, mut one): (u32, Value)| {
        one["id"] = json!(id);
        one
    });
    numbered.collect()
}

fn one(result: &Value) -> Value {
    json!([{ "id": 0, "result": result }])
}

/// Nothing waits any more, as far as the node listed it.
async fn evicted(answers: Vec<Value>, is_whole: bool) -> Vec<Txid> {
    let test_wallet = TestWallet::new();
    let paid = test_wallet.receive(100_000);
    let (_server, source) = node(answers).await;
    let mempool = Mempool { waiting: HashSet::new(), is_whole, transactions: vec![] };
    let now = test_wallet.later();
    let blocks = source.blocks().unwrap();
    let told = source.waiting(blocks, &test_wallet.wallet, &mempool, now).await.unwrap().tx_update;
    assert!(told.anchors.is_empty() && told.seen_ats.is_empty(), "nothing is known of it");
    let evicted: Vec<Txid> = told.evicted_ats.into_iter().map(|(txid, _)| txid).collect();
    assert!(evicted.iter().all(|txid| *txid == paid.compute_txid()));
    evicted
}

/// Between the look at the headers and the question for the mempool.
#[tokio::test]
async fn a_transaction_whose_block_came_just_now_waits_for_it_to_be_checked() {
    let hash = block(101).hash;
    let mined = place([Value::Null, json!({ "blockhash": hash })]);
    let header = one(&json!({ "height": 101, "confirmations": 1 }));
    assert!(evicted(vec![mined, header], true).await.is_empty());
}

#[tokio::test]
async fn a_transaction_that_came_back_just_now_waits() {
    let waits = place([json!({ "vsize": 100 }), Value::Null]);
    assert!(evicted(vec![waits], true).await.is_empty());
}

#[tokio::test]
async fn what_nobody_has_is_evicted_unless_the_node_reads_its_mempool_still() {
    let genesis = genesis_block(Network::Regtest);
    for (is_whole, expected) in [(true, 1), (false, 0)] {
        // It is in none of the newest blocks either.
        let only = [json!(0), json!(genesis.block_hash()), json!(serialize_hex(&genesis))];
        let nowhere = place([Value::Null, Value::Null]);
        let answers = [vec![nowhere], only.iter().map(one).collect()].concat();
        assert_eq!(evicted(answers, is_whole).await.len(), expected, "{is_whole}");
    }
}
