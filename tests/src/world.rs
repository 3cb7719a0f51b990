//! A practice network and the wallet of the person the story is about.

use crate::keepers::Keepers;
use crate::server::{Kind, Server};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::{Role, Settings, Tunables};
use fulmen_engine::keys::Password;
use fulmen_engine::probe::Probe;
use fulmen_engine::view::{
    Channel, ChannelState, CloseWay, MovementDetail, MovementKind, NetworkId, Snapshot, Status,
};
use fulmen_engine::{Choice, PaymentId, Wallet};
use fulmen_practice::network::PracticeNetwork;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// Patience of a story with anything that should happen at once; generous, for a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// For how many blocks after its last use a coin of a fee bump stays out of other hands.
const KEPT_FOR_A_FEE: u32 = 12;

/// Our knobs, small where only time would be lost.
pub fn quick() -> Tunables {
    Tunables {
        seal_work_factor: 2,
        reconnect_interval: Duration::from_millis(500),
        fee_hour: Duration::ZERO,
        rate_interval: Duration::from_millis(200),
        ..Tunables::default()
    }
}

/// See the module.
pub struct World {
    pub network: PracticeNetwork,
    pub wallet: Wallet,
    /// Where the wallet reads the chain, if not at the network's own server.
    other: Option<Server>,
    /// Where there is no way to.
    cut: Cut,
    /// What its peers keep for it.
    pub keepers: Keepers,
    dir: TempDir,
}

/// Addresses that a story's wallet does not reach.
type Cut = Arc<Mutex<HashSet<String>>>;

impl World {
    /// A fresh network and a fresh wallet.
    pub async fn new() -> Self {
        Self::with(quick()).await
    }

    /// The same with other knobs for Hub and Shop. STORY_SOURCE=electrum tells a story with a wallet that reads the chain from
    /// an Electrum server, STORY_SOURCE=bitcoind from a bitcoind; the few that are about Esplora's answers do not pass then.
    pub async fn with(nodes: Tunables) -> Self {
        let kind = match std::env::var("STORY_SOURCE").as_deref() {
            Ok("electrum") => Kind::Electrum,
            Ok("bitcoind") => Kind::Bitcoind,
            _ => Kind::Esplora,
        };
        Self::made(nodes, kind).await
    }

    /// A fresh network, and a wallet that reads the chain from an Electrum server, which lies by the same switches.
    pub async fn on_electrum() -> Self {
        Self::made(quick(), Kind::Electrum).await
    }

    /// A fresh network, and a wallet that reads the chain from a bitcoind, which lies by the same switches.
    pub async fn on_bitcoind() -> Self {
        Self::on_bitcoind_with(quick()).await
    }

    /// The same with other knobs for Hub and Shop.
    pub async fn on_bitcoind_with(nodes: Tunables) -> Self {
        Self::made(nodes, Kind::Bitcoind).await
    }

    async fn made(nodes: Tunables, kind: Kind) -> Self {
        // RUST_LOG=ldk=debug,fulmen_engine=debug shows what a failing story did.
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        drop(tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init());
        let dir = tempfile::tempdir().expect("a temporary directory");
        let network =
            PracticeNetwork::open(&dir.path().join("network"), nodes, None).await.expect("network");
        let (chain, lies) = (network.chain().clone(), network.lies().clone());
        let other = match kind {
            Kind::Esplora => None,
            Kind::Electrum | Kind::Bitcoind => Some(Server::start(kind, chain, lies).await),
        };
        let url = other.as_ref().map_or_else(|| network.url(), Server::url);
        let (cut, keepers) = (Cut::default(), Keepers::default());
        let settings = settings(&network, dir.path().join("wallet"), url, (&cut, &keepers));
        let wallet = Wallet::create(settings, Password::StoredBeside).await.expect("wallet");
        wallet.sync().await;
        Self { network, wallet, other, cut, keepers, dir }
    }

    /// Where the wallet reads the chain.
    pub fn url(&self) -> String {
        self.other.as_ref().map_or_else(|| self.network.url(), Server::url)
    }

    /// The same as a wallet names it, without a password.
    pub fn source_name(&self) -> String {
        self.other.as_ref().map_or_else(|| self.network.url(), Server::name)
    }

    /// From now on there is no way to this address (`host:port`); who is connected stays so.
    pub fn cut_off(&self, address: &str) {
        self.cut.lock().expect("not poisoned").insert(address.to_owned());
    }

    /// There is a way again.
    pub fn reconnect(&self, address: &str) {
        self.cut.lock().expect("not poisoned").remove(address);
    }

    /// The wallet's own directory.
    pub fn wallet_dir(&self) -> PathBuf {
        self.dir.path().join("wallet")
    }

    /// How the wallet is opened.
    pub fn settings(&self) -> Settings {
        settings(&self.network, self.wallet_dir(), self.url(), (&self.cut, &self.keepers))
    }

    /// How another wallet is opened, in a folder of its own.
    pub fn settings_of(&self, name: &str) -> Settings {
        let dir = self.dir.path().join(name);
        settings(&self.network, dir, self.url(), (&self.cut, &self.keepers))
    }

    /// Copies the wallet's directory, which must not be in use; with the generation's mirror where `whole`.
    pub fn keep(&self, name: &str, whole: bool) {
        copy(&self.wallet_dir(), &self.dir.path().join(name));
        if whole {
            copy_mirror(&self.wallet_dir(), &self.dir.path().join(name));
        }
    }

    /// Copies the directory of another wallet, see [`Self::settings_of`], with its mirror.
    pub fn keep_of(&self, name: &str, copied: &str) {
        copy(&self.dir.path().join(name), &self.dir.path().join(copied));
        copy_mirror(&self.dir.path().join(name), &self.dir.path().join(copied));
    }

    /// Puts a copy back in the place of the wallet's directory, which must not be in use.
    pub fn put_back(&self, name: &str, whole: bool) {
        let copied = self.dir.path().join(name);
        std::fs::remove_dir_all(self.wallet_dir()).expect("removed");
        copy(&copied, &self.wallet_dir());
        if whole {
            copy_mirror(&copied, &self.wallet_dir());
        }
    }

    /// The computer is lost: the wallet ends, and nothing of its directory is left.
    pub async fn lose(&self) {
        self.wallet.stop().await;
        std::fs::remove_dir_all(self.wallet_dir()).expect("gone");
    }

    /// Stops the wallet and opens it again.
    pub async fn reopen(&mut self) {
        self.reopen_after(|| {}).await;
    }

    /// The same, and something happens while it is closed.
    pub async fn reopen_after(&mut self, meanwhile: impl FnOnce()) {
        self.wallet.stop().await;
        meanwhile();
        self.open(self.settings()).await;
        self.wallet.sync().await;
    }

    /// The same with other settings, without a look at the chain.
    pub async fn reopen_with(&mut self, settings: Settings) {
        self.wallet.stop().await;
        self.open(settings).await;
    }

    async fn open(&mut self, settings: Settings) {
        self.wallet = Wallet::open(settings, Password::StoredBeside).await.expect("opens again");
    }

    /// Mines blocks; everyone has seen them.
    pub async fn mine(&self, blocks: u32) {
        self.network.mine(blocks).await.expect("mined");
        self.wallet.sync().await;
    }

    /// A million from the faucet, confirmed.
    pub async fn fund(&self) {
        let address = self.wallet.address().await.expect("address");
        self.network.faucet(&address).expect("faucet");
        self.mine(1).await;
    }

    /// Opens a channel with Hub and mines it ready.
    pub async fn open_to_hub(&self, amount: Sat) {
        self.open_to(&self.network.hub_peer().uri, amount).await;
    }

    /// Opens a channel with a peer (`id@host:port`) and mines it ready.
    pub async fn open_to(&self, uri: &str, amount: Sat) {
        let before = self.ready();
        let preview = self.wallet.preview_open(uri, amount).expect("preview");
        self.wallet.open_channel(&preview.id).await.expect("opened");
        self.mine_ready(before + 1).await;
    }

    /// Hub opens its channel to the wallet, mined ready.
    pub async fn hub_opens(&self) {
        let before = self.ready();
        let could_receive = self.snapshot().balance.lightning.can_receive_msat;
        self.network.hub_opens(&self.wallet.node_id()).await.expect("hub opens");
        let wanted = self.snapshot().channels.list.len();
        self.until("the channel from Hub", |snapshot| {
            snapshot.channels.list.len() >= wanted.max(before + 1)
        })
        .await;
        self.mine_ready(before + 1).await;
        // Hub has said what it asks for forwarding.
        self.until("room to be paid", |snapshot| {
            snapshot.balance.lightning.can_receive_msat > could_receive
        })
        .await;
    }

    /// A fresh world with a channel each way, in which the way to the shop is known.
    pub async fn with_channels() -> Self {
        let world = Self::new().await;
        world.fund().await;
        world.open_to_hub(Sat::new(500_000)).await;
        world.hub_opens().await;
        world.knows_the_network().await;
        world
    }

    async fn mine_ready(&self, channels: usize) {
        self.mine(3).await;
        self.until("a ready channel", |snapshot| ready_in(snapshot) >= channels).await;
    }

    fn ready(&self) -> usize {
        ready_in(&self.snapshot())
    }

    /// Knows the way to the shop.
    pub async fn knows_the_network(&self) {
        let known = || self.wallet.health().graph_channels >= 2;
        self.until("gossip", |_| known()).await;
    }

    pub fn snapshot(&self) -> Snapshot {
        self.wallet.snapshot()
    }

    /// Waits until a look at the wallet shows it; woken by its events.
    pub async fn until(&self, what: &str, condition: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let mut events = self.wallet.bus().subscribe();
        let waiting = async {
            loop {
                let now = self.snapshot();
                if condition(&now) {
                    return now;
                }
                // The observer looks at least once a second, so a missed hint costs a second.
                drop(tokio::time::timeout(Duration::from_millis(250), events.recv()).await);
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(now) => now,
            Err(_) => panic!("never happened: {what}; the wallet is {:#?}", self.snapshot()),
        }
    }

    /// The newest movement of a kind.
    pub fn newest(&self, kind: MovementKind) -> MovementDetail {
        let all = self.wallet.activity(None, None).expect("rows");
        let row = all
            .iter()
            .find(|row| row.kind == kind)
            .unwrap_or_else(|| panic!("no {kind:?} in {all:#?}"));
        self.wallet.detail(&row.id).expect("rows").expect("a listed row is there")
    }

    /// Reads, previews and pays a text. The payment's id; not decided yet.
    pub async fn start_paying(&self, text: &str) -> PaymentId {
        let instruction = self.wallet.read(text).expect("readable");
        let choice = Choice {
            instruction: instruction.id,
            amount: None,
            speed: None,
            everything: false,
            ..Choice::default()
        };
        let quote = self.wallet.preview(choice).await.expect("payable");
        self.wallet.pay(&quote.id).await.expect("starts").id
    }

    /// Waits for a payment's end.
    pub async fn decided(&self, id: PaymentId) -> MovementDetail {
        let id = id.to_string();
        let detail = || self.wallet.detail(&id).expect("rows").expect("the row is there");
        let is_final = |status| matches!(status, Status::Paid | Status::Failed);
        self.until("a decided payment", |_| is_final(detail().movement.status)).await;
        detail()
    }

    /// Orders a coffee and pays it.
    pub async fn coffee(&self) -> MovementDetail {
        let invoice = self.network.order_coffee().await.expect("an invoice");
        let id = self.start_paying(&invoice).await;
        let paid = self.decided(id).await;
        assert_eq!(paid.movement.status, Status::Paid, "the coffee is paid: {paid:?}");
        paid
    }

    /// The shop pays a request of this amount.
    pub async fn be_paid(&self, amount: Sat, note: &str) -> String {
        let amount = Msat::from_sat(amount).expect("small");
        let request = self
            .wallet
            .receive(Some(amount), Some(note.to_owned()), 3600)
            .await
            .expect("a request");
        let status = self.network.shop_pays(&request.uri).await.expect("the shop pays");
        assert_eq!(status, Status::Paid);
        let id = request.id.clone();
        self.until("money", |snapshot| {
            snapshot
                .movements
                .iter()
                .any(|movement| movement.id == id && movement.status == Status::Paid)
        })
        .await;
        request.id
    }

    /// Closes every channel together and mines until nothing is on its way any more.
    pub async fn close_all(&self) {
        // After a restart they come back one by one.
        self.until("every peer", |now| {
            now.channels.list.iter().all(|channel| channel.state != ChannelState::PeerAway)
        })
        .await;
        let ready = |channel: &&Channel| channel.state == ChannelState::Ready;
        let channels: Vec<String> = self
            .snapshot()
            .channels
            .list
            .iter()
            .filter(ready)
            .map(|channel| channel.id.clone())
            .collect();
        for channel in channels {
            let preview =
                self.wallet.preview_close(&channel, CloseWay::Cooperative).expect("preview");
            self.wallet.close_channel(&preview.id).await.expect("closing");
        }
        self.until("closed channels", |snapshot| {
            snapshot
                .channels
                .list
                .iter()
                .all(|channel| channel.state == ChannelState::ClosingCooperatively)
        })
        .await;
        self.settle().await;
    }

    /// Mines until no channel and no closing is left, Hub's side included.
    pub async fn settle(&self) {
        for _ in 0..60 {
            let now = self.snapshot();
            let hubs = self.network.hub().snapshot().balance.closing;
            if now.channels.list.is_empty() && now.balance.closing.is_empty() && hubs.is_empty() {
                self.mine(1).await;
                if self.network.chain().mempool().is_empty() {
                    return;
                }
            }
            // A channel closed by force keeps its money for hundreds of blocks.
            let closing = now.balance.closing.iter().chain(&hubs);
            let waits = closing.filter_map(|closing| closing.blocks_left).min().unwrap_or(1);
            self.mine(waits.max(1)).await;
        }
        panic!("never settled: {:#?}", self.snapshot());
    }

    /// Ends all of it. Where the wallet rests, its rows are what it owns.
    pub async fn end(self) {
        // Coins that LDK took for a fee are kept for it for some blocks after their last use, and no longer.
        if crate::weigh(&self.wallet).iter().any(|what| what.starts_with("locked")) {
            self.mine(KEPT_FOR_A_FEE).await;
        }
        // What was mined last may be read, and not be in the rows yet.
        let weighed = async {
            let mut events = self.wallet.bus().subscribe();
            while !crate::weigh(&self.wallet).is_empty() {
                drop(tokio::time::timeout(Duration::from_millis(250), events.recv()).await);
            }
        };
        if tokio::time::timeout(PATIENCE / 2, weighed).await.is_err() {
            panic!("the rows are not what there is: {:#?}", crate::weigh(&self.wallet));
        }
        self.stop().await;
    }

    /// Stops everything, in a test that injected false LDK events.
    pub async fn stop(self) {
        self.wallet.stop().await;
        self.network.stop().await;
        if let Some(place) = std::env::var_os("STORY_CHAINS") {
            self.leave_chain(Path::new(&place));
        }
    }

    /// For bitcoind to judge, in `npm run interop`.
    fn leave_chain(&self, place: &Path) {
        static LEFT: AtomicU32 = AtomicU32::new(0);
        let number = LEFT.fetch_add(1, Ordering::Relaxed);
        let to = place.join(format!("{}-{number}", std::process::id()));
        std::fs::create_dir_all(&to).expect("a folder");
        std::fs::copy(self.dir.path().join("network/chain.log"), to.join("chain.log"))
            .expect("copied");
    }
}

/// Copies a directory with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("copied");
        }
    }
}

fn copy_mirror(from: &Path, to: &Path) {
    std::fs::copy(from.with_extension("generation"), to.with_extension("generation"))
        .expect("a mirror");
}

fn settings(
    network: &PracticeNetwork,
    dir: PathBuf,
    url: String,
    (cut, keepers): (&Cut, &Keepers),
) -> Settings {
    let cut = cut.clone();
    let probe = Probe::default()
        .reaching(move |address| !cut.lock().expect("not poisoned").contains(address));
    let probe = keepers.watch(probe);
    let tunables = Tunables { probe, local: network.local(), ..quick() };
    Settings { suggested_peers: vec![network.hub_peer()], tunables, ..leaf(dir, url) }
}

/// How a person's wallet is opened that knows nobody.
pub fn leaf(dir: PathBuf, url: String) -> Settings {
    Settings {
        network: NetworkId::Practice,
        dir,
        source_urls: vec![url],
        rgs_urls: Vec::new(),
        listen: None,
        role: Role::Leaf,
        alias: None,
        suggested_peers: Vec::new(),
        tunables: quick(),
    }
}

/// Channels that can be used.
pub fn ready_in(snapshot: &Snapshot) -> usize {
    snapshot.channels.list.iter().filter(|channel| channel.state == ChannelState::Ready).count()
}
