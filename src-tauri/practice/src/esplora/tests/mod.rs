//! The server, asked by the clients the wallet uses.

mod bdk;
mod client;
mod liars;
mod sending;

use super::*;
use crate::chain::PracticeChain;
use bitcoin::{Address, Network, ScriptBuf, Transaction};
use esplora_client::{AsyncClient, Builder};
use fulmen_engine::amount::Sat;
use fulmen_engine::time::Timestamp;
use tempfile::TempDir;

/// A chain, its server, and a client that asks once and never again.
struct Bench {
    chain: PracticeChain,
    server: EsploraServer,
    lies: Lies,
    client: AsyncClient,
    _dir: TempDir,
}

impl Bench {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let chain =
            PracticeChain::open(dir.path(), || Timestamp::from_secs(1_790_000_000)).unwrap();
        let lies = Lies::none();
        let server = EsploraServer::start(chain.clone(), lies.clone()).await.unwrap();
        let client = Builder::new(&server.url()).max_retries(0).build_async().unwrap();
        Self { chain, server, lies, client, _dir: dir }
    }

    /// A waiting payment to a script.
    fn pay(&self, script: &ScriptBuf, sat: u64) -> Transaction {
        self.chain.faucet(script.clone(), Sat::new(sat)).unwrap()
    }

    /// The body of an answer, whatever its status.
    async fn get(&self, path: &str) -> (u16, String) {
        let response =
            self.client.client().get(format!("{}{path}", self.server.url())).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

/// A script nobody can spend from in these tests.
fn script(number: u8) -> ScriptBuf {
    ScriptBuf::new_op_return([number]).to_p2wsh()
}

fn address(script: &ScriptBuf) -> Address {
    Address::from_script(script, Network::Regtest).unwrap()
}
