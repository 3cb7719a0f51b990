//! ldk-node, over lines: see `tests/peers/src/ldk_node.rs`. It asks the practice network's server about the chain.

use crate::peer::{Outcome, Peer, Place};
use crate::process::{LOG, Process, free_port, last_of};
use crate::stories::{moved, paying};
use crate::{PATIENCE, looks};
use bitcoin::hashes::sha256;
use bitcoin::{Address, address::NetworkUnchecked};
use fulmen_engine::amount::{Msat, Sat};
use serde_json::Value;
use std::cell::RefCell;
use std::path::PathBuf;
use stories::bench::Lines;

/// Which of its words says where it listens.
const LISTEN: usize = 3;

/// See the module.
pub(crate) struct LdkNode {
    /// Nothing while it is killed.
    lines: RefCell<Option<Lines>>,
    words: Vec<String>,
    dir: PathBuf,
    uri: String,
}

impl Peer for LdkNode {
    const NAME: &'static str = "ldk-node";
    const ASKS_FOR_FEES: bool = false;
    const TAKES_PERCENT: u64 = 10;

    fn cannot(story: &str) -> Option<&'static str> {
        match story {
            moved::LOST => {
                Some("it ends itself, as LDK does, when it is shown that its data is old")
            }
            paying::NINE_TENTHS_OF_OURS => {
                Some("it takes a tenth of a channel that it did not open, at once")
            }
            _ => None,
        }
    }

    async fn start(place: &Place<'_>) -> Self {
        let listen = format!("127.0.0.1:{}", free_port());
        let program = place.tools.ldk_node.display().to_string();
        let dir = place.dir.to_owned();
        let words = vec![
            program,
            dir.join("node").display().to_string(),
            place.url.to_owned(),
            listen.clone(),
        ];
        let mut node = Self { lines: RefCell::default(), words, dir, uri: String::new() };
        node.again().await;
        let id = text(&node.ask("open", ""));
        node.uri = format!("{id}@{listen}");
        node
    }

    async fn version(&self) -> String {
        "0.7.1".to_owned()
    }

    fn uri(&self) -> String {
        self.uri.clone()
    }

    async fn address(&self) -> Address {
        let address: Address<NetworkUnchecked> =
            text(&self.ask("address", "")).parse().expect("an address");
        address.assume_checked()
    }

    async fn onchain(&self) -> Sat {
        Sat::new(number(&self.ask("balances", "")["onchain"]))
    }

    async fn has_read(&self, height: u32) -> bool {
        self.ask("sync", "");
        number(&self.ask("height", "")) == u64::from(height)
    }

    async fn opens(&self, node: &str, amount: Sat, pushed: Sat) {
        let pushed = Msat::from_sat(pushed).expect("small");
        let seeing = async {
            let mut looks = looks();
            while self.ask("sees", node) != true {
                looks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, seeing).await.expect("it sees who is connected");
        self.ask("push", &format!("{node} {} {}", amount.get(), pushed.get()));
    }

    async fn usable(&self) -> usize {
        usize::try_from(number(&self.ask("usable", ""))).expect("few")
    }

    /// It does not say; nor does it mind.
    async fn rests(&self) -> bool {
        true
    }

    async fn invoice(&self, amount: Option<Msat>) -> String {
        let amount = amount.map_or("any".to_owned(), |amount| amount.get().to_string());
        text(&self.ask("receive", &amount))
    }

    async fn hold(&self, hash: sha256::Hash, amount: Msat) -> String {
        text(&self.ask("hold", &format!("{hash} {}", amount.get())))
    }

    async fn holds(&self, hash: sha256::Hash) -> bool {
        self.ask("holds", &hash.to_string()) == true
    }

    async fn settles(&self, preimage: [u8; 32], amount: Msat) {
        let preimage: String = preimage.iter().map(|byte| format!("{byte:02x}")).collect();
        self.ask("claim", &format!("{preimage} {}", amount.get()));
    }

    async fn cancels(&self, hash: sha256::Hash) {
        self.ask("fail", &hash.to_string());
    }

    async fn pays(&self, invoice: &str, amount: Option<Msat>) -> String {
        let order = match amount {
            Some(amount) => format!("{invoice} {}", amount.get()),
            None => invoice.to_owned(),
        };
        text(&self.ask("send", &order))
    }

    async fn keysends(&self, node: &str, amount: Msat) -> String {
        text(&self.ask("keysend", &format!("{node} {}", amount.get())))
    }

    async fn offer(&self, amount: Option<Msat>) -> String {
        let amount = amount.map_or("any".to_owned(), |amount| amount.get().to_string());
        text(&self.ask("offer", &amount))
    }

    async fn pays_offer(&self, offer: &str, amount: Option<Msat>) -> String {
        let amount = amount.map_or(String::new(), |amount| format!(" {}", amount.get()));
        text(&self.ask("send_offer", &format!("{offer}{amount}")))
    }

    async fn refund(&self, amount: Msat) -> (String, String) {
        let given = self.ask("refund", &amount.get().to_string());
        (text(&given["text"]), text(&given["payment"]))
    }

    async fn collects(&self, refund: &str) -> String {
        text(&self.ask("collect", refund))
    }

    async fn outcome(&self, payment: &str) -> Outcome {
        let found = self.ask("payment", payment);
        match found["status"].as_str() {
            Some("succeeded") => Outcome::Paid { amount: Msat::new(number(&found["msat"])) },
            Some("failed") => Outcome::Failed(String::new()),
            _ => Outcome::InFlight,
        }
    }

    async fn closes(&self, node: &str, force: bool) {
        self.ask("close", &format!("{node} {}", if force { "force" } else { "together" }));
    }

    async fn waits(&self) -> Option<u32> {
        self.ask("sync", "");
        let all = self.ask("balances", "");
        let counts = ["waits", "unconfirmed", "channels"].map(|name| number(&all[name]));
        // It says for how long in too many ways.
        let closing = if counts[0] > 0 && counts[2] == 0 { 12 } else { 0 };
        counts.iter().any(|count| *count > 0).then_some(closing)
    }

    fn kill(&mut self) {
        drop(self.lines.take());
    }

    async fn again(&mut self) {
        let mut command = Process::command(&self.dir, LOG, &self.words, &[]);
        *self.lines.get_mut() = Some(Lines::start(&mut command).expect("the program starts"));
        // It answers once it listens.
        self.ask("height", "");
    }

    fn data(&self) -> PathBuf {
        self.dir.join("node")
    }

    fn trusts(&mut self, node: &str) {
        self.words.push(node.to_owned());
    }

    fn moves(&mut self) {
        let listen = format!("127.0.0.1:{}", free_port());
        self.uri = format!("{}@{listen}", self.id());
        self.words[LISTEN] = listen;
    }
}

impl LdkNode {
    fn ask(&self, verb: &str, rest: &str) -> Value {
        let mut lines = self.lines.borrow_mut();
        let answer = lines.as_mut().expect("running").ask(verb, rest);
        answer.unwrap_or_else(|error| {
            panic!(
                "{}: {error}; the last of its log:\n{}",
                Self::NAME,
                last_of(&self.dir.join(LOG))
            )
        })
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("not a number: {value}"))
}
