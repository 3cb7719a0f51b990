//! Every lie is told, and the truth again after it.

use super::*;
use bitcoin::BlockHash;
use bitcoin::hashes::Hash;
use esplora_client::Error;
use std::time::{Duration, Instant};

fn status<T: std::fmt::Debug>(refused: Result<T, Error>) -> u16 {
    match refused {
        Err(Error::HttpResponse { status, .. }) => status,
        other => panic!("answered: {other:?}"),
    }
}

#[tokio::test]
async fn offline_drops_open_and_new_connections() {
    let bench = Bench::new().await;
    // The client keeps this connection open in its pool.
    bench.client.get_height().await.unwrap();
    bench.lies.tell(|told| told.offline = true);
    assert!(matches!(bench.client.get_height().await, Err(Error::Reqwest(_))));
    let fresh = Builder::new(&bench.server.url()).max_retries(0).build_async().unwrap();
    assert!(matches!(fresh.get_height().await, Err(Error::Reqwest(_))));
    bench.lies.truth();
    assert_eq!(bench.client.get_height().await.unwrap(), 110);
    assert_eq!(fresh.get_height().await.unwrap(), 110);
}

#[tokio::test]
async fn a_broken_server_answers_nothing_but_its_status() {
    let bench = Bench::new().await;
    for code in [500, 429, 503] {
        bench.lies.tell(|told| told.status = Some(code));
        assert_eq!(status(bench.client.get_height().await), code);
        assert_eq!(status(bench.client.get_fee_estimates().await), code);
    }
    bench.lies.truth();
    bench.client.get_height().await.unwrap();
}

#[tokio::test]
async fn another_genesis_and_no_tip_are_told() {
    let bench = Bench::new().await;
    let other = BlockHash::from_byte_array([3; 32]);
    bench.lies.tell(|told| told.genesis = Some(other));
    assert_eq!(bench.client.get_block_hash(0).await.unwrap(), other);
    assert_eq!(bench.client.get_block_hash(1).await.unwrap(), bench.chain.hash_at(1).unwrap());
    bench.lies.truth();
    bench.lies.tell(|told| told.no_tip = true);
    assert_eq!(status(bench.client.get_tip_hash().await), 404);
    assert_eq!(status(bench.client.get_height().await), 404);
    assert_eq!(status(bench.client.get_block_infos(None).await), 404);
}

#[tokio::test]
async fn a_frozen_server_knows_nothing_new_but_passes_transactions_on() {
    let bench = Bench::new().await;
    let before = bench.chain.tip();
    bench.lies.tell(|told| told.frozen = Some(Frozen::now(&bench.chain)));
    let tx = bench.pay(&script(1), 50_000);
    bench.chain.mine(2).unwrap();
    assert_eq!(bench.client.get_tip_hash().await.unwrap(), before.hash);
    assert_eq!(bench.client.get_tx(&tx.compute_txid()).await.unwrap(), None);
    assert!(bench.client.scripthash_txs(&script(1), None).await.unwrap().is_empty());
    bench.lies.truth();
    assert_eq!(bench.client.get_tip_hash().await.unwrap(), bench.chain.tip().hash);
    assert_eq!(bench.client.scripthash_txs(&script(1), None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn fees_and_delays_are_as_told() {
    let bench = Bench::new().await;
    bench.lies.tell(|told| {
        told.fee_rate = Some(0);
        told.delay = Some(Duration::from_millis(120));
    });
    let asked = Instant::now();
    let estimates = bench.client.get_fee_estimates().await.unwrap();
    assert!(asked.elapsed() >= Duration::from_millis(120));
    assert!(estimates.values().all(|rate| *rate == 0.0));
}

#[tokio::test]
async fn a_stopped_or_dropped_server_is_gone_with_its_connections() {
    let Bench { chain, server, client, .. } = Bench::new().await;
    client.get_height().await.unwrap();
    let url = server.url();
    server.stop().await;
    assert!(matches!(client.get_height().await, Err(Error::Reqwest(_))));
    let port = url.rsplit_once(':').unwrap().1.parse().unwrap();
    let again = EsploraServer::start_on(port, chain, Lies::none()).await.unwrap();
    assert_eq!(client.get_height().await.unwrap(), 110);
    drop(again);
    assert!(matches!(client.get_height().await, Err(Error::Reqwest(_))));
}
