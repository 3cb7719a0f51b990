//! LND, over its REST interface.

use crate::bitcoind::{PASSWORD, USER};
use crate::peer::{Outcome, Peer, Place};
use crate::process::{Process, free_port};
use crate::stories::{dear, offers, refunds, unconfirmed};
use crate::{PATIENCE, looks};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::{Address, address::NetworkUnchecked};
use fulmen_engine::amount::{Msat, Sat};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::PathBuf;

/// With both it opens channels to be used before a block, and takes none that no program of its owner's has looked at.
const BEFORE_A_BLOCK: [&str; 2] = ["--protocol.zero-conf", "--protocol.option-scid-alias"];

/// See the module.
pub(crate) struct Lnd {
    process: Process,
    client: reqwest::Client,
    words: Vec<String>,
    dir: PathBuf,
    rest: u16,
    listen: u16,
    id: String,
}

impl Peer for Lnd {
    const NAME: &'static str = "LND";
    const ASKS_FOR_FEES: bool = false;

    fn cannot(story: &str) -> Option<&'static str> {
        match story {
            offers::STORY | refunds::STORY => Some("it knows no offers"),
            unconfirmed::OURS => Some(
                "a node that may take one refuses all that no program of its owner's has agreed to",
            ),
            dear::THEIRS => Some("it looks at its fees every ten minutes at the soonest"),
            _ => None,
        }
    }

    async fn start(place: &Place<'_>) -> Self {
        let [rest, listen, rpc] = std::array::from_fn(|_| free_port());
        let bitcoind = &place.mirror.bitcoind;
        let mut words: Vec<String> = [
            place.tools.lnd.to_str().expect("a path"),
            "--noseedbackup",
            "--no-macaroons",
            "--no-rest-tls",
            "--nobootstrap",
            "--accept-keysend",
            "--bitcoin.regtest",
            "--bitcoin.node=bitcoind",
            "--bitcoin.defaultchanconfs=3",
            // What it tells and asks at leisure, it tells and asks at once.
            "--trickledelay=50",
            "--minbackoff=1s",
            "--maxbackoff=2s",
        ]
        .map(str::to_owned)
        .into();
        words.extend([
            format!("--lnddir={}", place.dir.display()),
            format!("--bitcoind.rpchost=127.0.0.1:{}", bitcoind.rpc),
            format!("--bitcoind.rpcuser={USER}"),
            format!("--bitcoind.rpcpass={PASSWORD}"),
            format!("--bitcoind.zmqpubrawblock=tcp://127.0.0.1:{}", bitcoind.zmq_blocks),
            format!("--bitcoind.zmqpubrawtx=tcp://127.0.0.1:{}", bitcoind.zmq_transactions),
            format!("--listen=127.0.0.1:{listen}"),
            format!("--rpclisten=127.0.0.1:{rpc}"),
            format!("--restlisten=127.0.0.1:{rest}"),
        ]);
        let process = Process::start(Self::NAME, place.dir, &words, &[]);
        let (client, dir, id) = (reqwest::Client::new(), place.dir.to_owned(), String::new());
        let mut lnd = Self { process, client, words, dir, rest, listen, id };
        lnd.until_active().await;
        lnd.id = text(&lnd.get("/v1/getinfo").await["identity_pubkey"]);
        lnd
    }

    async fn version(&self) -> String {
        let version = text(&self.get("/v1/getinfo").await["version"]);
        version.split(' ').next().unwrap_or_default().to_owned()
    }

    fn uri(&self) -> String {
        format!("{}@127.0.0.1:{}", self.id, self.listen)
    }

    async fn address(&self) -> Address {
        let answer = self.get("/v1/newaddress?type=TAPROOT_PUBKEY").await;
        let address: Address<NetworkUnchecked> =
            text(&answer["address"]).parse().expect("an address");
        address.assume_checked()
    }

    async fn onchain(&self) -> Sat {
        Sat::new(number(&self.get("/v1/balance/blockchain").await["total_balance"]))
    }

    async fn has_read(&self, height: u32) -> bool {
        let info = self.get("/v1/getinfo").await;
        info["synced_to_chain"] == true && number(&info["block_height"]) == u64::from(height)
    }

    async fn opens(&self, node: &str, amount: Sat, pushed: Sat) {
        self.opens_to(node, amount, pushed, true).await;
    }

    /// Those that its router has heard of, too: it is told by itself, a moment after the channel is active.
    async fn usable(&self) -> usize {
        let mut usable = 0;
        for channel in self.channels().await {
            let path = format!("/v1/graph/edge/{}", text(&channel["chan_id"]));
            let edge = self.ask(Method::GET, &path, None).await.unwrap_or_default();
            let policy =
                if edge["node1_pub"] == self.id.as_str() { "node1_policy" } else { "node2_policy" };
            usable += usize::from(channel["active"] == true && edge[policy].is_object());
        }
        usable
    }

    async fn rests(&self) -> bool {
        let is_empty = |list: &Value| list.as_array().is_none_or(Vec::is_empty);
        self.channels().await.iter().all(|channel| is_empty(&channel["pending_htlcs"]))
    }

    async fn invoice(&self, amount: Option<Msat>) -> String {
        let value = amount.map_or(0, Msat::get).to_string();
        let answer =
            self.post("/v1/invoices", &json!({ "value_msat": value, "private": true })).await;
        text(&answer["payment_request"])
    }

    async fn hold(&self, hash: sha256::Hash, amount: Msat) -> String {
        let hash = STANDARD.encode(hash.as_byte_array());
        let asked =
            json!({ "hash": hash, "value_msat": amount.get().to_string(), "private": true });
        text(&self.post("/v2/invoices/hodl", &asked).await["payment_request"])
    }

    async fn holds(&self, hash: sha256::Hash) -> bool {
        self.get(&format!("/v1/invoice/{hash}")).await["state"] == "ACCEPTED"
    }

    async fn settles(&self, preimage: [u8; 32], _: Msat) {
        let preimage = STANDARD.encode(preimage);
        self.post("/v2/invoices/settle", &json!({ "preimage": preimage })).await;
    }

    async fn cancels(&self, hash: sha256::Hash) {
        let hash = STANDARD.encode(hash.as_byte_array());
        self.post("/v2/invoices/cancel", &json!({ "payment_hash": hash })).await;
    }

    async fn pays(&self, invoice: &str, amount: Option<Msat>) -> String {
        let mut order = json!({ "payment_request": invoice });
        if let Some(amount) = amount {
            order["amt_msat"] = json!(amount.get().to_string());
        }
        self.send(order).await
    }

    async fn keysends(&self, node: &str, amount: Msat) -> String {
        let preimage = [7; 32];
        self.send(json!({
            "dest": STANDARD.encode(bytes(node)),
            "amt_msat": amount.get().to_string(),
            "payment_hash": STANDARD.encode(sha256::Hash::hash(&preimage).as_byte_array()),
            // The record of a keysend (bLIP 3).
            "dest_custom_records": { "5482373484": STANDARD.encode(preimage) },
        }))
        .await
    }

    async fn outcome(&self, payment: &str) -> Outcome {
        let all = self.get("/v1/payments?include_incomplete=true").await;
        let all = all["payments"].as_array().expect("a list").iter();
        let found = all.into_iter().find(|one| one["payment_hash"] == payment).expect("its own");
        match text(&found["status"]).as_str() {
            "SUCCEEDED" => Outcome::Paid { amount: Msat::new(number(&found["value_msat"])) },
            "FAILED" => Outcome::Failed(text(&found["failure_reason"])),
            _ => Outcome::InFlight,
        }
    }

    async fn closes(&self, node: &str, force: bool) {
        let channels = self.channels().await;
        let ours = |channel: &&Value| channel["remote_pubkey"] == node;
        let point = text(&channels.iter().find(ours).expect("a channel")["channel_point"]);
        let path = format!("/v1/channels/{}?force={force}", point.replace(':', "/"));
        // It tells until the close is in a block; the first it tells is that it is under way.
        self.first(Method::DELETE, &path, None).await;
    }

    async fn waits(&self) -> Option<u32> {
        let pending = self.get("/v1/channels/pending").await;
        let lists =
            ["pending_open_channels", "pending_force_closing_channels", "waiting_close_channels"];
        let lists = lists.map(|name| pending[name].as_array().cloned().unwrap_or_default());
        let sweeps = self.get("/v2/wallet/sweeps/pending").await;
        let is_sweeping = sweeps["pending_sweeps"].as_array().is_some_and(|list| {
            // An anchor that costs more than it brings waits for ever.
            list.iter().any(|sweep| number(&sweep["amount_sat"]) > 330)
        });
        let balance = self.get("/v1/balance/blockchain").await;
        let is_open = !self.channels().await.is_empty();
        let waits = is_open
            || is_sweeping
            || number(&balance["unconfirmed_balance"]) > 0
            || lists.iter().any(|list| !list.is_empty());
        let ripe = lists[1].iter().filter_map(|one| one["blocks_til_maturity"].as_u64());
        let ripe = ripe.filter(|blocks| *blocks > 0).min().unwrap_or(0);
        waits.then_some(u32::try_from(ripe).expect("blocks"))
    }

    fn kill(&mut self) {
        self.process.kill();
    }

    async fn again(&mut self) {
        self.process = Process::start(Self::NAME, &self.dir, &self.words, &[]);
        self.until_active().await;
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    fn trusts(&mut self, _: &str) {
        self.words.extend(BEFORE_A_BLOCK.map(str::to_owned));
    }

    fn moves(&mut self) {
        let listens = |listen: u16| format!("--listen=127.0.0.1:{listen}");
        let (before, after) = (listens(self.listen), free_port());
        let word = self.words.iter_mut().find(|word| **word == before);
        *word.expect("where it listens") = listens(after);
        self.listen = after;
    }
}

impl Lnd {
    /// Opens a channel, announced unless it is private.
    pub(crate) async fn opens_to(&self, node: &str, amount: Sat, pushed: Sat, private: bool) {
        let order = json!({
            "node_pubkey": STANDARD.encode(bytes(node)),
            "local_funding_amount": amount.get().to_string(),
            "push_sat": pushed.get().to_string(),
            "commitment_type": "ANCHORS",
            "private": private,
            "zero_conf": self.words.iter().any(|word| word == BEFORE_A_BLOCK[0]),
        });
        self.post("/v1/channels", &order).await;
    }

    pub(crate) async fn connect(&self, other: &Self) {
        let address = json!({ "pubkey": other.id, "host": format!("127.0.0.1:{}", other.listen) });
        self.post("/v1/peers", &json!({ "addr": address })).await;
    }

    /// How many announced channels it knows of.
    pub(crate) async fn announced(&self) -> u64 {
        number(&self.get("/v1/graph/info").await["num_channels"])
    }

    async fn until_active(&self) {
        let starting = async {
            let mut looks = looks();
            loop {
                let state = self.ask(Method::GET, "/v1/state", None).await;
                if state.is_ok_and(|state| state["state"] == "SERVER_ACTIVE") {
                    break;
                }
                looks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, starting).await.expect("LND starts");
    }

    async fn channels(&self) -> Vec<Value> {
        self.get("/v1/channels").await["channels"].as_array().cloned().unwrap_or_default()
    }

    async fn send(&self, mut order: Value) -> String {
        order["timeout_seconds"] = json!(30);
        order["fee_limit_sat"] = json!("1000");
        let told = self.first(Method::POST, "/v2/router/send", Some(&order)).await;
        text(&told["result"]["payment_hash"])
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, None).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.ask(Method::POST, path, Some(body)).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let answer = self.request(method, path, body).await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let said = answer.text().await.map_err(|error| error.to_string())?;
        if !status.is_success() {
            return Err(format!("{status}: {said}"));
        }
        serde_json::from_str(&said).map_err(|error| format!("{error}: {said}"))
    }

    /// The first thing that is told; it goes on, and we do not listen.
    async fn first(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let mut answer = self.request(method, path, body).await.expect("LND answers");
        let mut line = Vec::new();
        while !line.contains(&b'\n') {
            let Some(more) = answer.chunk().await.expect("LND tells") else { break };
            line.extend_from_slice(&more);
        }
        let told: Value = serde_json::from_slice(&line).expect("a line of JSON");
        assert!(told.get("error").is_none(), "{path}: {told}");
        told
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<reqwest::Response> {
        let request = self.client.request(method, format!("http://127.0.0.1:{}{path}", self.rest));
        match body {
            Some(body) => request.json(body).send().await,
            None => request.send().await,
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

/// Whole numbers of 64 bits are written as texts.
fn number(value: &Value) -> u64 {
    let text = value.as_str().and_then(|text| text.parse::<i64>().ok()).or_else(|| value.as_i64());
    u64::try_from(text.unwrap_or_default()).unwrap_or_default()
}

fn bytes(node: &str) -> [u8; 33] {
    let key: bitcoin::secp256k1::PublicKey = node.parse().expect("a node id");
    key.serialize()
}
