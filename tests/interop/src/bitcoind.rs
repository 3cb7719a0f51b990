//! Bitcoin Knots on regtest, with Bitcoin Core's policy.

use crate::PATIENCE;
use crate::process::{Process, free_port, in_tree};
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Block, Transaction, Txid};
use fulmen_engine::time::Timestamp;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub(crate) const USER: &str = "story";
pub(crate) const PASSWORD: &str = "story";
/// [`USER`] and [`PASSWORD`], as `rpcauth` takes them: so bitcoind writes its cookie as well, which `rpcuser` would turn off.
const RPC_AUTH: &str =
    "story:5a17$2e4ff78cda9683084ccc9d7abfac0ab5ecb69f93ddf8cfa8307af8a622902efa";

/// See the module.
pub(crate) struct Bitcoind {
    _process: Process,
    client: reqwest::Client,
    pub(crate) dir: PathBuf,
    pub(crate) rpc: u16,
    pub(crate) p2p: u16,
    pub(crate) zmq_blocks: u16,
    pub(crate) zmq_transactions: u16,
}

/// What it said when it refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) code: i64,
    pub(crate) said: String,
}

impl Bitcoind {
    /// On its genesis block, and answering.
    pub(crate) async fn start(tree: &Path, dir: &Path) -> Self {
        let [rpc, p2p, zmq_blocks, zmq_transactions] = std::array::from_fn(|_| free_port());
        let mut words = in_tree(tree, "bitcoind");
        words.extend(
            [
                "-regtest",
                "-server",
                "-txindex=1",
                "-disablewallet",
                "-printtoconsole=1",
                "-nodebuglogfile",
                // Knots' own policy gives version 3 no meaning of its own.
                "-corepolicy=1",
                "-minrelaytxfee=0.00001",
                "-incrementalrelayfee=0.00001",
                "-dnsseed=0",
                "-fixedseeds=0",
                "-discover=0",
                "-listenonion=0",
                "-par=1",
                "-dbcache=50",
                // On regtest it goes through its whole index after each block, which judges no block. Of tens of thousands that is
                // minutes.
                "-checkblockindex=0",
            ]
            .map(str::to_owned),
        );
        words.extend([
            format!("-datadir={}", dir.display()),
            format!("-rpcauth={RPC_AUTH}"),
            format!("-rpcport={rpc}"),
            format!("-bind=127.0.0.1:{p2p}"),
            format!("-zmqpubrawblock=tcp://127.0.0.1:{zmq_blocks}"),
            format!("-zmqpubrawtx=tcp://127.0.0.1:{zmq_transactions}"),
        ]);
        let _process = Process::start("bitcoind", dir, &words, &[]);
        let client = reqwest::Client::new();
        let dir = dir.to_owned();
        let bitcoind = Self { _process, client, dir, rpc, p2p, zmq_blocks, zmq_transactions };
        bitcoind.answers().await;
        bitcoind
    }

    async fn answers(&self) {
        let starting = async {
            let mut looks = crate::looks();
            while self.call("getblockcount", json!([])).await.is_err() {
                looks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, starting).await.expect("bitcoind starts");
    }

    /// Where it is, as Fulmen's settings name it.
    pub(crate) fn url(&self) -> String {
        let cookie = self.dir.join("regtest").join(".cookie");
        format!("bitcoind://127.0.0.1:{}?cookie={}", self.rpc, cookie.display())
    }

    pub(crate) async fn version(&self) -> String {
        let info = self.call("getnetworkinfo", json!([])).await.expect("always");
        info["subversion"].as_str().unwrap_or_default().trim_matches('/').to_owned()
    }

    /// Refused where it is not the new tip afterwards.
    pub(crate) async fn submit(&self, block: &Block) -> Result<(), Refused> {
        let said = self.call("submitblock", json!([serialize_hex(block)])).await?;
        match said.as_str() {
            None => Ok(()),
            Some(said) => Err(Refused { code: 0, said: said.to_owned() }),
        }
    }

    /// Its clock stands there from now on.
    pub(crate) async fn set_clock(&self, time: Timestamp) {
        self.call("setmocktime", json!([time.secs()])).await.expect("on regtest");
    }

    /// This block of its chain and all after it count no more.
    pub(crate) async fn forget_from(&self, height: u32) {
        let hash = self.call("getblockhash", json!([height])).await.expect("below its tip");
        self.call("invalidateblock", json!([hash])).await.expect("it is known");
    }

    pub(crate) async fn tip(&self) -> String {
        let hash = self.call("getbestblockhash", json!([])).await.expect("always");
        hash.as_str().expect("a hash").to_owned()
    }

    pub(crate) async fn send(&self, transaction: &Transaction) -> Result<(), Refused> {
        self.call("sendrawtransaction", json!([hex(transaction)])).await.map(drop)
    }

    /// Parents and their child, their fees counted together.
    pub(crate) async fn send_package(&self, package: &[Transaction]) -> Result<(), Refused> {
        let package: Vec<String> = package.iter().map(serialize_hex).collect();
        let answer = self.call("submitpackage", json!([package])).await?;
        match answer["package_msg"].as_str() {
            Some("success") => Ok(()),
            _ => Err(Refused { code: 0, said: answer.to_string() }),
        }
    }

    /// What waits, in no order.
    pub(crate) async fn mempool(&self) -> Vec<Txid> {
        let all = self.call("getrawmempool", json!([])).await.expect("always");
        let all = all.as_array().expect("a list").iter();
        all.map(|txid| txid.as_str().and_then(|text| text.parse().ok()).expect("an id")).collect()
    }

    /// Of the mempool or a block.
    pub(crate) async fn transaction(&self, txid: Txid) -> Option<Transaction> {
        let hex = self.call("getrawtransaction", json!([txid])).await.ok()?;
        Some(deserialize_hex(hex.as_str()?).expect("a transaction"))
    }

    async fn call(&self, method: &str, params: Value) -> Result<Value, Refused> {
        let unreachable = |error: reqwest::Error| Refused { code: 0, said: error.to_string() };
        let request = self.client.post(format!("http://127.0.0.1:{}/", self.rpc));
        let request = request.basic_auth(USER, Some(PASSWORD));
        let body = json!({ "jsonrpc": "1.0", "id": 1, "method": method, "params": params });
        let answer = request.json(&body).send().await.map_err(unreachable)?;
        let mut answer: Value = answer.json().await.map_err(unreachable)?;
        match &answer["error"] {
            Value::Null => Ok(answer["result"].take()),
            error => Err(Refused {
                code: error["code"].as_i64().unwrap_or_default(),
                said: error["message"].as_str().unwrap_or_default().to_owned(),
            }),
        }
    }
}

/// Without inputs, rust-bitcoin writes that witnesses follow, which bitcoind does not read.
fn hex(transaction: &Transaction) -> String {
    if !transaction.input.is_empty() {
        return serialize_hex(transaction);
    }
    let Transaction { version, input, output, lock_time } = transaction.clone();
    serialize_hex(&(version, input, output, lock_time))
}
