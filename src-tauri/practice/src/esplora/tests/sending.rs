//! Posted transactions, alone and as packages.

use super::*;
use crate::chain::tests::{Bench as ChainBench, first_output};
use esplora_client::Error;

/// A server over a chain with a purse of its own.
async fn serve(bench: &ChainBench) -> (EsploraServer, AsyncClient) {
    let server = EsploraServer::start(bench.chain.clone(), Lies::none()).await.unwrap();
    let client = Builder::new(&server.url()).max_retries(0).build_async().unwrap();
    (server, client)
}

fn answer(refused: Result<(), Error>) -> (u16, String) {
    match refused {
        Err(Error::HttpResponse { status, message }) => (status, message),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_posted_transaction_reaches_the_mempool() {
    let bench = ChainBench::new();
    let (_server, client) = serve(&bench).await;
    let tx = bench.spend(&[bench.coin(10_000)], 500);
    client.broadcast(&tx).await.unwrap();
    client.broadcast(&tx).await.unwrap();
    assert_eq!(bench.chain.mempool(), [tx.compute_txid()]);
}

#[tokio::test]
async fn refusals_carry_the_code_and_words_of_bitcoind() {
    let bench = ChainBench::new();
    let (server, client) = serve(&bench).await;
    let coin = [bench.coin(10_000)];
    let expect = |code: i32, message: &str| {
        let body = serde_json::json!({ "code": code, "message": message });
        (400, format!("sendrawtransaction RPC error: {body}"))
    };
    let poor = bench.spend(&coin, 10);
    let words = format!("min relay fee not met, 10 < {}", poor.vsize());
    assert_eq!(answer(client.broadcast(&poor).await), expect(-26, &words));
    bench.chain.submit(bench.spend(&coin, 500)).unwrap();
    bench.chain.mine(1).unwrap();
    let late = bench.spend(&coin, 900);
    assert_eq!(
        answer(client.broadcast(&late).await),
        expect(-25, "bad-txns-inputs-missingorspent")
    );
    let response =
        client.client().post(format!("{}/tx", server.url())).body("00").send().await.unwrap();
    let words = "TX decode failed. Make sure the tx has at least one input.";
    assert_eq!((response.status().as_u16(), response.text().await.unwrap()), expect(-22, words));
}

#[tokio::test]
async fn a_package_is_judged_together() {
    let bench = ChainBench::new();
    let (_server, client) = serve(&bench).await;
    let parent = bench.spend(&[bench.coin(100_000)], 0);
    let child = bench.spend(&[first_output(&parent)], 1_000);
    let result = client.submit_package(&[parent.clone(), child.clone()], None, None).await.unwrap();
    assert_eq!(result.package_msg, "success");
    let told = &result.tx_results[&child.compute_wtxid()];
    assert_eq!(told.fees.as_ref().unwrap().base.to_sat(), 1_000);
    assert_eq!(bench.chain.mempool(), [parent.compute_txid(), child.compute_txid()]);
    let poor = bench.spend(&[bench.coin(100_000)], 0);
    let child = bench.spend(&[first_output(&poor)], 120);
    let result = client.submit_package(&[poor.clone(), child], None, None).await.unwrap();
    assert_eq!(result.package_msg, "transaction failed");
    assert!(
        result.tx_results[&poor.compute_wtxid()]
            .error
            .as_ref()
            .unwrap()
            .starts_with("min relay fee not met")
    );
}
