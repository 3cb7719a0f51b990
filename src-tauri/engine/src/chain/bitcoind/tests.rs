//! Against a server on this computer that answers by the byte as a test wants.

use super::super::refusal::BroadcastError;
use super::super::server::{Blocks as _, Server as _};
use super::super::{Address, SourceError};
use super::recent::Wanted;
use super::{Arc, Bitcoind};
use crate::http::lying::Server;
use bdk_wallet::chain::BlockId;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::constants::genesis_block;
use bitcoin::hashes::Hash;
use bitcoin::{Block, Network, OutPoint, Txid};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn bitcoind(server: &Server) -> Bitcoind {
    let url = server.url("").replace("http://", "bitcoind://");
    let address = Address::read(&url);
    Bitcoind::new(&address, Some(Duration::from_millis(500))).unwrap()
}

/// One that answers every question, which must be one alone, with this.
async fn answering(result: Value, error: Value) -> Server {
    let answer = json!([{ "id": 0, "result": result, "error": error }]).to_string();
    Server::start(move |_| Server::ok(answer.as_bytes())).await
}

fn genesis() -> Block {
    genesis_block(Network::Regtest)
}

#[tokio::test]
async fn a_block_is_the_one_that_was_asked_for_with_the_transactions_that_its_header_names() {
    let right = genesis();
    let hash = right.block_hash();
    let server = answering(json!(serialize_hex(&right)), Value::Null).await;
    assert_eq!(*bitcoind(&server).block(hash).await.unwrap(), right);
    let other = genesis_block(Network::Bitcoin);
    let mut foreign = right.clone();
    foreign.txdata[0].output[0].value = bitcoin::Amount::from_sat(1);
    let mut longer = right.clone();
    longer.txdata.push(right.txdata[0].clone());
    let mut empty = right.clone();
    empty.txdata.clear();
    for (what, wrong) in [
        ("another block", json!(serialize_hex(&other))),
        ("another transaction", json!(serialize_hex(&foreign))),
        ("one transaction twice, which has the same merkle root", json!(serialize_hex(&longer))),
        ("none", json!(serialize_hex(&empty))),
        ("half of it", json!(&serialize_hex(&right)[..200])),
        ("no text", json!(7)),
    ] {
        let server = answering(wrong, Value::Null).await;
        let told = bitcoind(&server).block(hash).await;
        assert!(matches!(told, Err(SourceError::Nonsense(_))), "{what}: {told:?}");
    }
}

#[tokio::test]
async fn what_a_pruned_node_threw_away_is_named() {
    let said = json!({ "code": -1, "message": "Block not available (pruned data)" });
    let server = answering(Value::Null, said).await;
    let told = bitcoind(&server).block(genesis().block_hash()).await;
    assert!(matches!(told, Err(SourceError::Pruned)), "{told:?}");
}

#[tokio::test]
async fn answers_without_an_end_html_and_silence_are_errors() {
    let endless = Server::start(|_| Server::endless(b"[{\"id\":0,\"result\":\"")).await;
    let html = Server::start(|_| Server::ok(b"<html>Sign in</html>")).await;
    let to_nothing = Server::start(|_| Server::ok(b"[{\"id\":9,\"result\":1}]")).await;
    let nothing = Server::start(|_| Server::ok(b"[]")).await;
    for server in [&endless, &html, &to_nothing, &nothing] {
        let told = bitcoind(server).newest().await;
        assert!(matches!(told, Err(SourceError::Nonsense(_))), "{told:?}");
    }
    let silent = Server::start(|_| Server::silence()).await;
    assert!(bitcoind(&silent).newest().await.is_err());
    let stranger = Server::start(|_| Server::status(401)).await;
    let told = bitcoind(&stranger).newest().await;
    assert!(matches!(told, Err(SourceError::Refused { status: 401, .. })), "{told:?}");
    assert_eq!(told.unwrap_err().trouble(), crate::view::SourceTrouble::NotAllowed);
}

#[tokio::test]
async fn what_is_looked_for_is_found_in_the_blocks_that_were_read() {
    let block = genesis();
    let (hash, txid) = (block.block_hash(), block.txdata[0].compute_txid());
    let answers = [json!(0), json!(hash), json!(serialize_hex(&block))];
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |_| {
        let turn = asked.fetch_add(1, Ordering::SeqCst);
        let answer = json!([{ "id": 0, "result": answers[turn.min(2)] }]).to_string();
        Server::ok(answer.as_bytes())
    })
    .await;
    let bitcoind = bitcoind(&server);
    let found = bitcoind.look_back(Wanted::Transaction(txid)).await.unwrap();
    assert_eq!(found.map(|(one, at)| (one.compute_txid(), at.height)), Some((txid, 0)));
    assert_eq!(bitcoind.recent.block(&hash), Some(Arc::new(block)));
    let spend = Wanted::Spend(OutPoint::null());
    assert_ne!(spend, Wanted::Transaction(Txid::all_zeros()), "told apart by what is looked for");
}

/// Without `txindex` a node names no transaction that is in a block.
#[tokio::test]
async fn a_spent_output_is_found_in_the_block_that_its_depth_names() {
    let block = genesis();
    let (hash, txid) = (block.block_hash(), block.txdata[0].compute_txid());
    let unknown = json!({ "code": -5, "message": "No such mempool transaction. Use -txindex" });
    let answers = [
        json!([
            { "id": 0, "error": unknown },
            { "id": 1, "result": hash },
            { "id": 2, "result": { "confirmations": 1 } },
        ]),
        json!([{ "id": 0, "result": { "height": 0, "confirmations": 1 } }]),
        json!([{ "id": 0, "result": hash }]),
        json!([{ "id": 0, "result": serialize_hex(&block) }]),
    ];
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |_| {
        let turn = asked.fetch_add(1, Ordering::SeqCst);
        Server::ok(answers[turn.min(3)].to_string().as_bytes())
    })
    .await;
    let spent = bitcoind(&server).spent(OutPoint { txid, vout: 0 }).await.unwrap();
    assert_eq!(spent, Some(block.txdata[0].output[0].clone()));

    let other = serialize_hex(&genesis_block(Network::Bitcoin).txdata[0].input[0]);
    let answer = json!([{ "id": 0, "result": other }, { "id": 1 }, { "id": 2 }]).to_string();
    let server = Server::start(move |_| Server::ok(answer.as_bytes())).await;
    let told = bitcoind(&server).spent(OutPoint { txid, vout: 0 }).await;
    assert!(matches!(told, Err(SourceError::Nonsense(_))), "{told:?}");
}

/// A node with 300 blocks, all of them the first of all. The question at each of these turns is how many there are.
async fn of_300_blocks(counted: &'static [usize]) -> (Server, Arc<AtomicUsize>) {
    let block = genesis();
    let asked = Arc::new(AtomicUsize::new(0));
    let turns = asked.clone();
    let server = Server::start(move |_| {
        let turn = turns.fetch_add(1, Ordering::SeqCst);
        let result = match turn {
            2 => json!(serialize_hex(&block)),
            turn if counted.contains(&turn) => json!(300),
            _ => json!(block.block_hash()),
        };
        Server::ok(json!([{ "id": 0, "result": result }]).to_string().as_bytes())
    })
    .await;
    (server, asked)
}

#[tokio::test]
async fn an_old_spend_is_found_a_day_deeper_with_each_look() {
    let (server, asked) = of_300_blocks(&[0]).await;
    let node = bitcoind(&server);
    let coinbase = genesis().txdata[0].clone();
    let found = node.look_deeper(OutPoint::null()).await.unwrap();
    let place = BlockId { height: 156, hash: genesis().block_hash() };
    assert_eq!(found, Some((coinbase.compute_txid(), place)), "below the newest 144");
    let again = node.found_deeper(coinbase.compute_txid()).await.unwrap();
    assert_eq!((again, asked.load(Ordering::SeqCst)), (Some(coinbase), 3));

    let (server, asked) = of_300_blocks(&[0, 146, 160]).await;
    let node = bitcoind(&server);
    let unspent = OutPoint { txid: Txid::all_zeros(), vout: 7 };
    for expected in [146, 160, 161] {
        assert_eq!(node.look_deeper(unspent).await.unwrap(), None);
        assert_eq!(asked.load(Ordering::SeqCst), expected, "no block is read twice");
    }
}

/// One that answers each of so many questions with this error.
async fn refusing(code: i64, questions: usize) -> Server {
    let error = json!({ "code": code, "message": "Loading block index…" });
    let all: Vec<Value> =
        (0..questions).map(|id| json!({ "id": id, "result": null, "error": error })).collect();
    let answer = json!(all).to_string();
    Server::start(move |_| Server::ok(answer.as_bytes())).await
}

/// It judges nothing, and that it names nothing does not mean that there is nothing.
#[tokio::test]
async fn a_node_that_starts_says_nothing_of_what_it_is_asked() {
    let transaction = genesis().txdata[0].clone();
    let out = OutPoint { txid: transaction.compute_txid(), vout: 0 };
    let trouble = |answer: Option<SourceError>| {
        assert!(matches!(answer, Some(SourceError::Refused { status: 503, .. })), "{answer:?}");
    };
    for code in [-28, -9, -10] {
        match bitcoind(&refusing(code, 1).await).send(&transaction).await {
            Err(BroadcastError::Source(error)) => trouble(Some(error)),
            other => panic!("{code}: {other:?}"),
        }
        trouble(bitcoind(&refusing(code, 3).await).spent(out).await.err());
        trouble(bitcoind(&refusing(code, 7).await).position(out.txid).await.err());
        trouble(bitcoind(&refusing(code, 2).await).outspend(out).await.err());
        trouble(bitcoind(&refusing(code, 6).await).estimates().await.err());
    }
    let refused = bitcoind(&refusing(-26, 1).await).send(&transaction).await;
    assert!(matches!(refused, Err(BroadcastError::Invalid { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_mempool_that_is_still_read_from_disk_is_not_whole() {
    let unknown = json!({ "error": { "code": -32601, "message": "Method not found" } });
    for (mut info, is_whole) in [
        (json!({ "result": { "loaded": false } }), false),
        (json!({ "result": { "loaded": true } }), true),
        (json!({ "result": { "size": 0 } }), true),
        (unknown, true),
    ] {
        info["id"] = json!(0);
        let answer = json!([info, { "id": 1, "result": [] }]).to_string();
        let server = Server::start(move |_| Server::ok(answer.as_bytes())).await;
        assert_eq!(bitcoind(&server).mempool().await.unwrap().is_whole, is_whole);
    }
}

/// However many transactions are asked for at once.
#[tokio::test]
async fn the_answers_to_one_request_are_bounded_together() {
    let server = Server::start(|_| Server::endless(b"[")).await;
    let address = Address::read(&server.url("").replace("http://", "bitcoind://"));
    let rpc = super::rpc::Rpc::new(&address, Some(Duration::from_secs(60))).unwrap();
    let questions = vec![("getrawtransaction", json!([])); super::AT_ONCE];
    let answer = rpc.ask_all(&questions, super::TRANSACTION).await.map(|all| all.len());
    assert!(matches!(answer, Err(SourceError::Nonsense(_))), "{answer:?}");
    // And what the connection holds.
    assert!(server.written() < 192 * 1024 * 1024, "{}", server.written());
}
