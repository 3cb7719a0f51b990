//! The disk is full, read only, fails, fails once, or is slow: payments stop, the person is told within two seconds,
//! nothing is closed, and it heals by itself. Real faults of a real file system and of real system calls.

mod foreign;
mod ground;
mod start;

use crate::WALLET;
use fulmen_engine::amount::Msat;
use fulmen_engine::view::Status;
use fulmen_practice::network::PracticeNetwork;
use ground::{Fault, Ground};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use stories::{Audit, PATIENCE, Remote, quick};
use tempfile::TempDir;

/// A person is notified within this time.
const TOLD: Duration = Duration::from_secs(2);

struct Story {
    network: PracticeNetwork,
    wallet: Remote,
    ground: Ground,
    /// Where the others live: their disk is well.
    _beside: TempDir,
    coffees: u64,
    cakes: u64,
}

fn msat(now: &Value, which: &str) -> u64 {
    now.pointer(which).and_then(Value::as_u64).expect("an amount")
}

fn list<'a>(now: &'a Value, which: &str) -> &'a Vec<Value> {
    now.pointer(which).and_then(Value::as_array).expect("a list")
}

fn ready(now: &Value) -> usize {
    let list = list(now, "/channels/list").iter();
    list.filter(|channel| channel["state"]["type"] == "ready").count()
}

fn status(now: &Value, id: &Value) -> Option<Value> {
    let row = list(now, "/movements").iter().find(|row| row["id"] == *id)?;
    Some(row["status"].clone())
}

impl Story {
    /// A wallet on the small file system, with a channel each way.
    async fn begin(ground: Ground) -> Self {
        let beside = tempfile::tempdir().expect("a folder");
        let network = PracticeNetwork::open(beside.path(), quick(), None).await.expect("network");
        let dir = ground.path().join("wallet");
        let wallet = Remote::new(WALLET, dir, &network, "a failing disk");
        let mut story = Self { network, wallet, ground, _beside: beside, coffees: 0, cakes: 0 };
        story.start().await;
        story.wallet.opens_a_channel(&story.network).await;
        story.wallet.until("ready", |now| ready(now) == 1).await;
        story.wallet.hub_opens(&story.network).await;
        story.usable().await;
        story
    }

    /// Without a log, which would fill the small file system.
    async fn start(&mut self) {
        self.wallet.spawn(&[], &["log=off".into()]);
        self.wallet.open().await.expect("opens");
    }

    async fn mine(&mut self, blocks: u32) {
        self.network.mine(blocks).await.expect("mined");
        self.wallet.sync().await;
    }

    /// Both channels work, and the way to the shop is known.
    async fn usable(&mut self) {
        self.wallet.until("both ready", |now| ready(now) == 2).await;
        self.wallet.knows_the_network().await;
    }

    /// Reads every event so far.
    async fn drain(&mut self) {
        while self.wallet.ask("event", "").await.expect("always") != Value::Null {}
    }

    /// Waits until the wallet reports this state.
    async fn told(&mut self, state: &str) {
        let begun = Instant::now();
        while self.wallet.ask("event", "").await.expect("always")["sync"]["type"] != state {
            assert!(begun.elapsed() < PATIENCE, "{state} was never told");
        }
    }

    /// Something small has to be written; nobody waits for it.
    async fn touch(&mut self) {
        self.wallet.ask("backed_up", "true").await.expect("always");
    }

    async fn coffee(&mut self, invoice: &str) {
        let row = self.wallet.ask("pay", invoice).await.expect("starts");
        self.coffees += 1;
        self.wallet.until("paid", |now| status(now, &row["id"]) == Some(json!("paid"))).await;
    }

    /// One fault: reported, payments refused, nothing closed, then healed; money that came in meanwhile arrives once.
    async fn endures<F>(
        &mut self,
        name: &str,
        told_as: &str,
        code: &str,
        fault: impl FnOnce(&Self) -> F,
        heal: impl FnOnce(&Self, F) -> Option<F>,
    ) {
        self.usable().await;
        let coffee = self.network.order_coffee().await.expect("an invoice");
        let cake = self.wallet.ask("receive", "3000").await.expect("a request");
        self.drain().await;
        let before = self.wallet.snapshot().await;
        let fault = fault(self);
        let begun = Instant::now();
        self.touch().await;
        self.told(told_as).await;
        let told = begun.elapsed();
        assert!(told < TOLD, "{name}: told after {told:?}");

        for (verb, rest) in [("pay", coffee.as_str()), ("receive", "1000"), ("address", "")] {
            assert_eq!(self.wallet.ask(verb, rest).await, Err(code.into()), "{name}: {verb}");
        }
        let now = self.wallet.snapshot().await;
        assert_eq!(now["balance"], before["balance"], "{name}: what is shown is what is durable");
        assert_eq!(now["movements"], before["movements"], "{name}");
        let uri = cake["uri"].as_str().expect("text").to_owned();
        let network = self.network.clone();
        let paying = tokio::spawn(async move { network.shop_pays(&uri).await });
        let fault = heal(self, fault);
        let begun = Instant::now();
        self.wallet.until("healed", |now| now["sync"]["type"] == "ready").await;
        let healed = begun.elapsed();
        drop(fault);

        let paid = paying.await.expect("no panic").expect("decided");
        assert_eq!(paid, Status::Paid, "{name}: what was on its way arrives");
        self.cakes += 1;
        self.wallet.until("received", |now| status(now, &cake["id"]) == Some(json!("paid"))).await;
        self.coffee(&coffee).await;
        self.nothing_closed(name).await;
        eprintln!("{name}: told after {told:.1?}, healed after {healed:.1?}");
    }

    async fn nothing_closed(&mut self, name: &str) {
        self.wallet.until("both ready", |now| ready(now) == 2).await;
        assert!(self.network.chain().mempool().is_empty(), "{name}: something was broadcast");
    }

    /// Killed, started, everything there; both closed, and the books are right.
    async fn ends(mut self) {
        self.wallet.kill();
        self.start().await;
        self.usable().await;
        let said = self.wallet.ask("acknowledge", "").await.expect("always");
        let rows = |direction: &str| {
            let paid = |row: &&Value| {
                row["kind"] == "lightning"
                    && row["status"] == "paid"
                    && row["direction"] == direction
            };
            list(&said, "/acknowledged/rows").iter().filter(paid).count() as u64
        };
        assert_eq!((rows("out"), rows("in")), (self.coffees, self.cakes));
        for channel in list(&said, "/acknowledged/channels") {
            let id = channel["id"].as_str().expect("an id");
            self.wallet.ask("close", id).await.expect("begins");
        }
        let network = self.network.clone();
        self.wallet.until("closings", |_| network.chain().mempool().len() == 2).await;
        self.mine(1).await;
        self.mine(10).await;
        let over = |now: &Value| {
            list(now, "/channels/list").is_empty() && list(now, "/balance/closing").is_empty()
        };
        let end = self.wallet.until("over", over).await;
        let books = Audit::with(&self.network, Msat::new(msat(&end, "/balance/totalMsat")));
        // Each of the two closings may cost either side a rest of a sat.
        assert!((0..4_000).contains(&books.unexplained()), "{books}");
        self.wallet.kill();
        self.network.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_heals() {
    let Some(ground) = Ground::new("every_fault_heals") else { return };
    let mut story = Story::begin(ground).await;

    // Started anew, so that its log is short and has to grow.
    story.wallet.kill();
    story.start().await;
    story
        .endures(
            "full",
            "diskTrouble",
            "storage",
            |story| story.ground.fill(),
            |story, ()| {
                story.ground.make_room();
                None
            },
        )
        .await;
    let traced = |what: &'static str| move |story: &Story| Fault::on(story.wallet.pid(), what);
    let gone = |_: &Story, fault: Fault| {
        drop(fault);
        None
    };
    story
        .endures(
            "every sync fails",
            "diskTrouble",
            "storage",
            traced("fsync,fdatasync:error=EIO"),
            gone,
        )
        .await;
    story
        .endures(
            "every write fails",
            "diskTrouble",
            "storage",
            traced("pwrite64,ftruncate:error=EIO"),
            gone,
        )
        .await;
    story
        .endures(
            "read only",
            "diskTrouble",
            "storage",
            traced("pwrite64,ftruncate:error=EROFS"),
            gone,
        )
        .await;
    story
        .endures(
            "a sync of 5 s",
            "diskSlow",
            "disk_slow",
            traced("fsync,fdatasync:delay_enter=5000000:when=1"),
            // It stays until the sync is over: nothing heals this but the disk.
            |_, fault| Some(fault),
        )
        .await;
    once(&mut story).await;
    story.ends().await;
}

/// One sync fails and the next one works: the fault is reported, then cleared.
async fn once(story: &mut Story) {
    story.usable().await;
    let coffee = story.network.order_coffee().await.expect("an invoice");
    story.drain().await;
    let fault = Fault::on(story.wallet.pid(), "fsync,fdatasync:error=EIO:when=1");
    let begun = Instant::now();
    story.touch().await;
    story.told("diskTrouble").await;
    let told = begun.elapsed();
    assert!(told < TOLD, "told after {told:?}");
    story.told("ready").await;
    let healed = begun.elapsed() - told;
    drop(fault);
    story.coffee(&coffee).await;
    story.nothing_closed("one sync").await;
    eprintln!("one failed sync: told after {told:.1?}, healed after {healed:.1?}");
}
