//! electrs: bitcoind's chain for programs that speak Electrum's protocol.

use crate::bitcoind::{Bitcoind, PASSWORD, USER};
use crate::process::{Process, free_port};
use crate::{PATIENCE, looks};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// See the module.
pub(crate) struct Electrs {
    process: Process,
    words: Vec<String>,
    dir: PathBuf,
    pub(crate) port: u16,
}

impl Electrs {
    /// Answering.
    pub(crate) async fn start(program: &Path, dir: &Path, bitcoind: &Bitcoind) -> Self {
        let port = free_port();
        std::fs::create_dir_all(dir).expect("a directory");
        let configuration = dir.join("electrs.toml");
        // Not an argument: everyone on the machine reads those.
        std::fs::write(&configuration, format!("auth = \"{USER}:{PASSWORD}\"\n")).expect("written");
        let words = vec![
            program.display().to_string(),
            "--skip-default-conf-files".to_owned(),
            format!("--conf={}", configuration.display()),
            "--network=regtest".to_owned(),
            "--log-filters=WARN".to_owned(),
            format!("--db-dir={}", dir.join("db").display()),
            format!("--daemon-dir={}", bitcoind.dir.display()),
            format!("--daemon-rpc-addr=127.0.0.1:{}", bitcoind.rpc),
            format!("--daemon-p2p-addr=127.0.0.1:{}", bitcoind.p2p),
            format!("--electrum-rpc-addr=127.0.0.1:{port}"),
        ];
        let process = Process::start("electrs", dir, &words, &[]);
        let electrs = Self { process, words, dir: dir.to_owned(), port };
        electrs.answers().await;
        electrs
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts again where it was.
    pub(crate) async fn again(&mut self) {
        self.process = Process::start("electrs", &self.dir, &self.words, &[]);
        self.answers().await;
    }

    /// Where it is, as Fulmen's settings name it.
    pub(crate) fn url(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.port)
    }

    pub(crate) async fn height(&self) -> Option<u64> {
        self.ask("blockchain.headers.subscribe", json!([])).await?["height"].as_u64()
    }

    pub(crate) async fn version(&self) -> String {
        let version = self.ask("server.version", json!(["stories", "1.4"])).await;
        version.expect("electrs answers")[0].as_str().unwrap_or_default().to_owned()
    }

    async fn answers(&self) {
        let starting = async {
            let mut looks = looks();
            // Anyone's; it says nothing of scripts before it has read the chain.
            let hash = "00".repeat(32);
            while self.ask("blockchain.scripthash.get_balance", json!([hash])).await.is_none() {
                looks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, starting).await.expect("electrs starts");
    }

    /// One question on a connection of its own; nothing where it is not ready yet.
    pub(crate) async fn ask(&self, method: &str, params: Value) -> Option<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
        let question = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        stream.write_all(format!("{question}\n").as_bytes()).await.ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await.ok()?;
        let mut answer: Value = serde_json::from_str(&line).ok()?;
        if answer["error"]["message"] == "unavailable index" {
            return None;
        }
        assert!(answer.get("error").is_none_or(Value::is_null), "{method}: {answer}");
        Some(answer["result"].take())
    }
}
