//! Bitcoin Knots on regtest, with Bitcoin Core's policy.

use crate::PATIENCE;
use crate::process::{Process, free_port, in_tree};
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Address, Block, Network, Script, Transaction, Txid};
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
    process: Process,
    words: Vec<String>,
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
        let process = Process::start("bitcoind", dir, &words, &[]);
        let client = reqwest::Client::new();
        let dir = dir.to_owned();
        let bitcoind = Self { process, words, client, dir, rpc, p2p, zmq_blocks, zmq_transactions };
        bitcoind.answers().await;
        bitcoind
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts again where it was. What it had not written yet it has forgotten, blocks among it.
    pub(crate) async fn again(&mut self) {
        self.process = Process::start("bitcoind", &self.dir, &self.words, &[]);
        self.answers().await;
    }

    /// The same without an index of transactions. It throws blocks away when it is told to, in small portions.
    pub(crate) async fn again_pruned(&mut self) {
        self.words.retain(|word| !word.starts_with("-txindex"));
        self.words.extend(["-prune=1", "-fastprune"].map(str::to_owned));
        self.again().await;
    }

    /// It throws away those that it does not need itself, up to this one. The highest of them.
    pub(crate) async fn prune(&self, height: u32) -> u64 {
        let pruned = self.call("pruneblockchain", json!([height])).await.expect("it prunes");
        pruned.as_u64().expect("a height")
    }

    pub(crate) async fn height(&self) -> u32 {
        let height = self.call("getblockcount", json!([])).await.expect("always");
        height.as_u64().and_then(|height| u32::try_from(height).ok()).expect("a height")
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

    /// Makes the next block, of what waits as it likes, for whoever owns the script.
    pub(crate) async fn mine(&self, script: &Script) -> Block {
        let address = Address::from_script(script, Network::Regtest).expect("an address");
        let mined = self.call("generatetoaddress", json!([1, address.to_string()])).await;
        let hash = mined.expect("it mines")[0].take();
        let block = self.call("getblock", json!([hash, 0])).await.expect("its own");
        deserialize_hex(block.as_str().expect("hexadecimal digits")).expect("a block")
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
