//! A wallet's whole life on the practice network, recorded: made, funded, channels opened both ways, payments both ways,
//! ended without a word, its password changed, on-chain money sent, stopped, and all closed.

use super::claims::PASSWORDS;
use super::{Plan, copy, trace};
use crate::{PATIENCE, Remote, quick};
use fulmen_engine::keys::{Password, Secret, seal};
use fulmen_engine::store::Vault;
use fulmen_engine::view::Status;
use fulmen_practice::network::PracticeNetwork;
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Life {
    network: PracticeNetwork,
    wallet: Remote,
    place: PathBuf,
    logs: Vec<PathBuf>,
}

/// Lives it in `place`; the disk is `place/disk`. Answers the traces, one a process.
pub(super) async fn record(plan: &Plan, place: &Path) -> io::Result<Vec<PathBuf>> {
    let works = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    if !works.is_ok_and(|done| done.status.success()) {
        return Err(io::Error::other(
            "strace is missing or may not look into a process here: it records what goes to the disk",
        ));
    }
    let network = PracticeNetwork::open(&place.join("network"), quick(), None).await;
    let network = network.map_err(io::Error::other)?;
    let program = plan.program.to_str().ok_or(io::ErrorKind::InvalidInput)?;
    let disk = place.join("disk");
    std::fs::create_dir(&disk)?;
    let wallet = Remote::new(program, disk.join("wallet"), &network, PASSWORDS[0]);
    let mut life = Life { network, wallet, place: place.to_owned(), logs: Vec::new() };
    life.live(plan).await?;
    life.network.stop().await;
    Ok(life.logs)
}

impl Life {
    async fn live(&mut self, plan: &Plan) -> io::Result<()> {
        self.start().await;
        self.funded().await;
        self.opened().await;
        for _ in 0..2 {
            self.coffee().await;
            self.be_paid().await;
        }
        // Ended in the middle of whatever it does, with a payment on its way.
        let invoice = self.network.order_coffee().await.expect("an invoice");
        self.knows_the_way().await;
        self.wallet.ask("pay", &invoice).await.expect("starts");
        self.wallet.quit();
        self.start().await;
        self.coffee().await;
        let both = format!("{}/{}", PASSWORDS[0], PASSWORDS[1]);
        self.wallet.ask("password", &both).await.expect("changed");
        self.wallet.set_password(PASSWORDS[1]);
        self.wallet.ask("backed_up", "true").await.expect("always");
        self.acknowledge().await;
        self.pay_onchain().await;
        self.wallet.ask("stop", "").await.expect("always");
        self.wallet.quit();
        if let Some(fixture) = &plan.fixture {
            keep(self.wallet.dir(), fixture)?;
        }
        self.start().await;
        self.closed().await;
        self.wallet.ask("stop", "").await.expect("always");
        self.wallet.quit();
        Ok(())
    }

    async fn start(&mut self) {
        let log = self.place.join(format!("trace-{}", self.logs.len()));
        let strace = ["strace", "-f", "-y", "-xx", "--seccomp-bpf", "--string-limit=16777216"];
        let mut under: Vec<String> = strace.map(str::to_owned).into();
        under.extend(["-o".to_owned(), log.display().to_string()]);
        under.extend(["-e".to_owned(), format!("trace={}", trace::CALLS)]);
        self.logs.push(log);
        self.wallet.spawn(&under, &["log=off".to_owned()]);
        self.wallet.open().await.expect("opens");
        self.acknowledge().await;
    }

    async fn acknowledge(&mut self) {
        self.wallet.ask("acknowledge", "").await.expect("always");
    }

    async fn mine(&mut self, blocks: u32) {
        self.network.mine(blocks).await.expect("mined");
        self.wallet.sync().await;
        self.acknowledge().await;
    }

    /// Waits, and acknowledges what it sees on the way.
    async fn until(&mut self, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
        let begun = std::time::Instant::now();
        loop {
            self.acknowledge().await;
            let now = self.wallet.snapshot().await;
            if condition(&now) {
                return now;
            }
            assert!(begun.elapsed() < PATIENCE, "never happened: {what}; the wallet is {now:#}");
            self.wallet.ask("event", "").await.expect("always");
        }
    }

    async fn funded(&mut self) {
        let address = self.wallet.ask("address", "").await.expect("an address");
        let address: bitcoin::Address<_> =
            address.as_str().expect("text").parse().expect("an address");
        self.network.faucet(&address.assume_checked()).expect("faucet");
        self.mine(1).await;
        self.until("funded", |now| amount(now, "/balance/onchain/canSpendSat") == 1_000_000).await;
    }

    async fn opened(&mut self) {
        self.wallet.ask("channel", "400000").await.expect("opened");
        self.acknowledge().await;
        self.mine(3).await;
        self.until("ready", |now| ready(now) == 1).await;
        let node = self.wallet.snapshot().await["nodeId"].as_str().expect("an id").to_owned();
        self.network.hub_opens(&node).await.expect("hub opens");
        self.mine(3).await;
        self.until("both ready", |now| ready(now) == 2).await;
    }

    async fn knows_the_way(&mut self) {
        self.until("usable", |now| {
            amount(now, "/balance/lightning/canSendMsat") > 5_000_000
                && amount(now, "/balance/lightning/canReceiveMsat") > 5_000_000
        })
        .await;
        while self.wallet.ask("health", "").await.expect("always")["graphChannels"].as_u64()
            < Some(2)
        {
            self.wallet.ask("event", "").await.expect("always");
        }
    }

    async fn coffee(&mut self) {
        self.knows_the_way().await;
        let invoice = self.network.order_coffee().await.expect("an invoice");
        let row = self.wallet.ask("pay", &invoice).await.expect("starts");
        self.until("paid", |now| status(now, &row["id"]) == Some("paid")).await;
    }

    async fn be_paid(&mut self) {
        let request = self.wallet.ask("receive", "5000").await.expect("a request");
        let uri = request["uri"].as_str().expect("text").to_owned();
        let network = self.network.clone();
        let (paid, _) = tokio::join!(
            network.shop_pays(&uri),
            self.until("received", |now| status(now, &request["id"]) == Some("paid"))
        );
        assert_eq!(paid.expect("decided"), Status::Paid);
        self.acknowledge().await;
    }

    async fn pay_onchain(&mut self) {
        let address = self.network.shop().address().await.expect("an address");
        let uri = format!("bitcoin:{address}?amount=0.0005");
        let row = self.wallet.ask("pay", &uri).await.expect("starts");
        self.acknowledge().await;
        self.mine(1).await;
        self.until("confirmed", |now| status(now, &row["id"]) == Some("paid")).await;
    }

    async fn closed(&mut self) {
        let now = self.until("both ready", |now| ready(now) == 2).await;
        for channel in now["channels"]["list"].as_array().expect("a list") {
            let id = channel["id"].as_str().expect("an id");
            self.wallet.ask("close", id).await.expect("begins");
            self.acknowledge().await;
        }
        let mempool = || self.network.chain().mempool().len();
        while mempool() < 2 {
            self.wallet.ask("event", "").await.expect("always");
        }
        self.acknowledge().await;
        self.mine(1).await;
        self.mine(10).await;
        self.until("over", |now| {
            now["channels"]["list"].as_array().is_some_and(Vec::is_empty)
                && now["balance"]["closing"].as_array().is_some_and(Vec::is_empty)
        })
        .await;
    }
}

/// A copy that holds everything in the vault's file, none of it in its log.
fn keep(dir: &Path, fixture: &Path) -> io::Result<()> {
    copy(dir, fixture)?;
    let password = Password::Given(Secret::from(PASSWORDS[1].to_owned()));
    let secrets = seal::unseal(&fixture.join(seal::SEALED), &password).map_err(io::Error::other)?;
    let vault = Vault::open(&fixture.join("vault.db"), &secrets.data_key);
    drop(vault.map_err(io::Error::other)?);
    std::fs::remove_file(fixture.join("fulmen.lock"))?;
    std::fs::remove_file(fixture.join("log.txt"))
}

fn amount(now: &Value, which: &str) -> u64 {
    now.pointer(which).and_then(Value::as_u64).expect("an amount")
}

fn ready(now: &Value) -> usize {
    let list = now["channels"]["list"].as_array().expect("a list");
    list.iter().filter(|channel| channel["state"]["type"] == "ready").count()
}

fn status<'a>(now: &'a Value, id: &Value) -> Option<&'a str> {
    let rows = now["movements"].as_array().expect("a list");
    rows.iter().find(|row| row["id"] == *id).and_then(|row| row["status"].as_str())
}
