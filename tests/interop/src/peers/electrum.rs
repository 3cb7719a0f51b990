//! Electrum's own Lightning, over its daemon's JSON-RPC. It reads the chain from electrs.

use crate::electrs::Electrs;
use crate::peer::{Outcome, Peer, Place};
use crate::process::{Process, free_port, in_tree};
use crate::stories::{away, closing, offers, paying, refunds, unconfirmed};
use crate::{PATIENCE, looks};
use bitcoin::hashes::sha256;
use bitcoin::{Address, Amount, Denomination, address::NetworkUnchecked};
use fulmen_engine::amount::{Msat, Sat};
use lightning_invoice::Bolt11Invoice;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

const USER: &str = "story";
/// For how many blocks it has an estimate.
const TARGETS: [u32; 7] = [1, 2, 5, 10, 25, 144, 1008];
/// What it takes for an ordinary day's, in sat/vB.
const ORDINARY: u64 = 5;

/// See the module.
pub(crate) struct Electrum {
    process: Process,
    electrs: Electrs,
    client: reqwest::Client,
    words: Vec<String>,
    env: Vec<(&'static str, String)>,
    dir: PathBuf,
    rpc: u16,
    uri: String,
    payments: Payments,
}

/// What became of payments, once it is known.
type Payments = Arc<Mutex<HashMap<String, Outcome>>>;

impl Peer for Electrum {
    const NAME: &'static str = "Electrum";
    const ASKS_FOR_FEES: bool = true;

    fn cannot(story: &str) -> Option<&'static str> {
        match story {
            paying::IT_CHOOSES => Some("its command `lnpay` takes no amount"),
            paying::IT_DID_NOT_ASK | paying::WE_DID_NOT_ASK => Some("it has no keysend"),
            offers::STORY | refunds::STORY => Some("it knows no offers"),
            unconfirmed::OURS => Some(
                "it takes one only if the channel's type asks for that, which LDK's never does",
            ),
            unconfirmed::THEIRS => {
                Some("its `open_channel zeroconf` does not publish the opening of such a channel")
            }
            away::UNHEARD | closing::OURS_BY_US | closing::OURS_BY_THEM => {
                Some("it needs minutes for the hundreds of blocks that are mined here")
            }
            _ => None,
        }
    }

    async fn start(place: &Place<'_>) -> Self {
        let dir = place.dir.to_owned();
        let bitcoind = &place.mirror.bitcoind;
        let electrs = Electrs::start(&place.tools.electrs, &dir.join("electrs"), bitcoind).await;
        let [rpc, listen] = std::array::from_fn(|_| free_port());
        configure(&dir, rpc, listen, electrs.port);
        let tree = &place.tools.debian;
        let mut words = in_tree(tree, "python3.14");
        let script = tree.join("usr/bin/electrum");
        words.extend(
            [script, "--regtest".into(), "-D".into(), dir.clone()]
                .map(|word: PathBuf| word.display().to_string()),
        );
        let env = vec![
            ("PYTHONHOME", tree.join("usr").display().to_string()),
            ("PYTHONNOUSERSITE", "1".to_owned()),
            ("HOME", dir.display().to_string()),
        ];
        let create: Vec<String> =
            words.iter().cloned().chain(["--offline", "create"].map(str::to_owned)).collect();
        let made = Process::command(&dir, "create.log", &create, &env).status();
        assert!(made.expect("Electrum starts").success(), "a wallet is made");
        words.push("daemon".to_owned());
        let process = Process::start(Self::NAME, &dir, &words, &env);
        let (client, payments) = (reqwest::Client::new(), Payments::default());
        let uri = String::new();
        let mut electrum = Self { process, electrs, client, words, env, dir, rpc, uri, payments };
        electrum.until_loaded().await;
        electrum.uri = text(&electrum.ask("nodeid", json!({})).await);
        electrum
    }

    async fn version(&self) -> String {
        text(&self.ask("version", json!({})).await)
    }

    fn uri(&self) -> String {
        self.uri.clone()
    }

    async fn address(&self) -> Address {
        let address = text(&self.ask("getunusedaddress", json!({})).await);
        let address: Address<NetworkUnchecked> = address.parse().expect("an address");
        address.assume_checked()
    }

    async fn onchain(&self) -> Sat {
        let balance = self.ask("getbalance", json!({})).await;
        let sum: i64 = ["confirmed", "unconfirmed"].map(|name| signed(&balance[name])).iter().sum();
        Sat::new(u64::try_from(sum).expect("no debts"))
    }

    async fn has_read(&self, height: u32) -> bool {
        let info = self.ask("getinfo", json!({})).await;
        let wallets = self.ask("list_wallets", json!({})).await;
        info["blockchain_height"] == height
            && info["server_height"] == height
            && wallets[0]["synchronized"] == true
    }

    async fn opens(&self, node: &str, amount: Sat, pushed: Sat) {
        // Connected by us, it needs no address.
        let order =
            json!({ "connection_string": node, "amount": btc(amount), "push_amount": btc(pushed) });
        self.ask("open_channel", order).await;
    }

    async fn usable(&self) -> usize {
        let is_usable =
            |channel: &&Value| channel["state"] == "OPEN" && channel["peer_state"] == "GOOD";
        self.channels().await.iter().filter(is_usable).count()
    }

    async fn rests(&self) -> bool {
        let unsettled = ["local_unsettled_sent", "remote_unsettled_sent"];
        self.channels().await.iter().all(|channel| unsettled.iter().all(|name| channel[name] == 0))
    }

    async fn invoice(&self, amount: Option<Msat>) -> String {
        let amount = amount.map_or(Sat::ZERO, Msat::to_sat_floor);
        let order = json!({ "amount": btc(amount), "memo": "coffee", "lightning": true });
        text(&self.ask("add_request", order).await["lightning_invoice"])
    }

    async fn hold(&self, hash: sha256::Hash, amount: Msat) -> String {
        let order = json!({ "payment_hash": hash, "amount": btc(amount.to_sat_floor()) });
        text(&self.ask("add_hold_invoice", order).await["invoice"])
    }

    async fn holds(&self, hash: sha256::Hash) -> bool {
        self.ask("check_hold_invoice", json!({ "payment_hash": hash })).await["status"] == "paid"
    }

    async fn settles(&self, preimage: [u8; 32], _: Msat) {
        let preimage: String = preimage.iter().map(|byte| format!("{byte:02x}")).collect();
        self.ask("settle_hold_invoice", json!({ "preimage": preimage })).await;
    }

    async fn cancels(&self, hash: sha256::Hash) {
        self.ask("cancel_hold_invoice", json!({ "payment_hash": hash })).await;
    }

    async fn pays(&self, invoice: &str, _: Option<Msat>) -> String {
        let read: Bolt11Invoice = invoice.parse().expect("an invoice");
        let hash = read.payment_hash().to_string();
        let amount = Msat::new(read.amount_milli_satoshis().expect("an amount"));
        let request = self.request("lnpay", json!({ "invoice": invoice }));
        let (payments, key) = (self.payments.clone(), hash.clone());
        let set = move |outcome| {
            payments.lock().expect("never poisoned").insert(key.clone(), outcome);
        };
        set(Outcome::InFlight);
        // The command answers when it is over.
        tokio::spawn(async move {
            set(match answered(request).await {
                Ok(answer) if answer["success"] == true => Outcome::Paid { amount },
                Ok(answer) => Outcome::Failed(answer.to_string()),
                Err(error) => Outcome::Failed(error),
            });
        });
        hash
    }

    async fn keysends(&self, _: &str, _: Msat) -> String {
        unreachable!("it has none")
    }

    async fn outcome(&self, payment: &str) -> Outcome {
        self.payments.lock().expect("never poisoned")[payment].clone()
    }

    async fn closes(&self, node: &str, force: bool) {
        let channels = self.channels().await;
        let ours =
            |channel: &&Value| channel["remote_pubkey"] == node && channel["state"] == "OPEN";
        let point = text(&channels.iter().find(ours).expect("a channel")["channel_point"]);
        self.ask("close_channel", json!({ "channel_point": point, "force": force })).await;
    }

    async fn waits(&self) -> Option<u32> {
        let channels = self.channels().await;
        let is_open = channels.iter().any(|channel| channel["state"] != "REDEEMED");
        let balance = self.ask("getbalance", json!({})).await;
        // It does not say for how many blocks.
        let closed = channels.iter().any(|channel| channel["state"] == "CLOSED");
        let waits = is_open || signed(&balance["unconfirmed"]) != 0;
        waits.then_some(if closed { 36 } else { 0 })
    }

    fn kill(&mut self) {
        self.process.kill();
    }

    async fn again(&mut self) {
        self.process = Process::start(Self::NAME, &self.dir, &self.words, &self.env);
        self.until_loaded().await;
    }

    fn data(&self) -> PathBuf {
        self.dir.join("regtest")
    }

    /// bitcoind's estimates, which it takes, rise over days.
    async fn fees(&self, sat_per_vb: Option<u64>) {
        let own = json!({ "key": "test_disable_automatic_fee_eta_update", "value": "true" });
        self.ask("setconfig", own).await;
        let rate = sat_per_vb.unwrap_or(ORDINARY) * 1_000;
        let each = TARGETS.map(|blocks| format!("{blocks}: {rate}")).join(", ");
        self.ask("test_inject_fee_etas", json!({ "fee_est": format!("{{{each}}}") })).await;
    }

    /// It says nothing by itself any more.
    async fn asks_for_a_close(&self) {
        let behind = async {
            let mut looks = looks();
            loop {
                let channels = self.channels().await;
                let found = channels.iter().find(|channel| channel["state"] == "WE_ARE_TOXIC");
                if let Some(channel) = found {
                    break text(&channel["channel_point"]);
                }
                looks.tick().await;
            }
        };
        let point =
            tokio::time::timeout(PATIENCE, behind).await.expect("it sees that it is behind");
        self.ask("request_force_close", json!({ "channel_point": point })).await;
    }

    fn moves(&mut self) {
        let listen = free_port();
        configure(&self.dir, self.rpc, listen, self.electrs.port);
        self.uri = format!("{}@127.0.0.1:{listen}", self.id());
    }
}

impl Electrum {
    async fn until_loaded(&self) {
        let starting = async {
            let mut looks = looks();
            while answered(self.request("load_wallet", json!({}))).await.is_err() {
                looks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, starting).await.expect("Electrum starts");
    }

    async fn channels(&self) -> Vec<Value> {
        self.ask("list_channels", json!({})).await.as_array().cloned().expect("a list")
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        let answer = answered(self.request(method, params)).await;
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn request(&self, method: &str, params: Value) -> reqwest::RequestBuilder {
        let request = self.client.post(format!("http://127.0.0.1:{}/", self.rpc));
        let request = request.basic_auth(USER, Some(USER));
        request.json(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Result<Value, String> {
    let answer = request.send().await.map_err(|error| error.to_string())?;
    let mut answer: Value = answer.json().await.map_err(|error| error.to_string())?;
    match &answer["error"] {
        Value::Null => Ok(answer["result"].take()),
        error => Err(error.to_string()),
    }
}

/// Read at every start.
fn configure(dir: &std::path::Path, rpc: u16, listen: u16, server: u16) {
    let configuration = json!({
        "config_version": 3,
        "rpchost": "127.0.0.1",
        "rpcport": rpc,
        "rpcuser": USER,
        "rpcpassword": USER,
        "rpcsock": "tcp",
        "server": format!("127.0.0.1:{server}:t"),
        "oneserver": true,
        "auto_connect": false,
        "check_updates": false,
        "lightning_listen": format!("127.0.0.1:{listen}"),
        // Else it pays over trampolines alone.
        "use_gossip": true,
        // Else it never says what forwarding costs, and a channel with it has no room for payments to us.
        "lightning_forward_payments": true,
        // Else nobody may open a channel to it.
        "use_recoverable_channels": false,
        "lightning_to_self_delay": 144,
    });
    std::fs::create_dir_all(dir.join("regtest")).expect("a directory");
    std::fs::write(dir.join("regtest/config"), configuration.to_string()).expect("written");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

/// It counts in bitcoin, and leaves out what is nothing.
fn signed(value: &Value) -> i64 {
    let Some(text) = value.as_str() else { return 0 };
    let amount = bitcoin::SignedAmount::from_str_in(text.trim(), Denomination::Bitcoin);
    amount.expect("an amount").to_sat()
}

fn btc(amount: Sat) -> String {
    Amount::from_sat(amount.get()).to_string_in(Denomination::Bitcoin)
}
