//! Where a story is told: one chain in two places, Fulmen's wallet, and a node that somebody else wrote.

use crate::bitcoind::Bitcoind;
use crate::electrs::Electrs;
use crate::mirror::{Mirror, Tally};
use crate::peer::{Outcome, Peer, Place, Tools};
use crate::{PATIENCE, looks};
use bitcoin::Address;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::{Settings, Trusted};
use fulmen_engine::copy::Place as CopyPlace;
use fulmen_engine::keys::{Password, Words};
use fulmen_engine::probe::{HtlcPolicy, Probe};
use fulmen_engine::time::Timestamp;
use fulmen_engine::view::{
    AmountRule, ChannelState, ChannelType, CloseWay, MovementDetail, Snapshot, Status,
};
use fulmen_engine::{Ask, Choice, FromCopy, PaymentId, Wallet};
use fulmen_practice::chain::{Branch, PracticeChain};
use fulmen_practice::esplora::{EsploraServer, Instead, Lies};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use stories::{leaf, ready_in, weigh};

/// What each side has at first.
pub(crate) const PURSE: Sat = Sat::new(5_000_000);
/// A channel.
pub(crate) const CHANNEL: Sat = Sat::new(1_000_000);
/// Blocks that are mined before everyone has read them.
const AT_ONCE: u32 = 40;
/// For how many blocks after its last use a coin of a fee bump stays out of other hands.
const KEPT_FOR_A_FEE: u32 = 12;

/// See the module.
pub(crate) struct Ground<P> {
    pub(crate) chain: PracticeChain,
    server: EsploraServer,
    /// What that server says of fees.
    lies: Lies,
    pub(crate) taking: Taking,
    /// Whose channels our wallet uses before they are in a block.
    pub(crate) trusted: Trusted,
    pub(crate) mirror: Mirror,
    /// Where our wallet reads the chain.
    source: String,
    pub(crate) electrs: Option<Electrs>,
    pub(crate) wallet: Wallet,
    pub(crate) peer: P,
    pub(crate) tools: Tools,
    pub(crate) dir: PathBuf,
    /// What a third party has at the end.
    pub(crate) elsewhere: Sat,
}

impl<P: Peer> Ground<P> {
    /// Both sides have [`PURSE`] and are connected.
    pub(crate) async fn new(tools: &Tools, dir: &Path) -> Self {
        let chain = PracticeChain::open(&dir.join("chain"), Timestamp::now).expect("a chain");
        let lies = Lies::none();
        let server = EsploraServer::start(chain.clone(), lies.clone()).await.expect("a server");
        let bitcoind = Bitcoind::start(&tools.debian, &dir.join("bitcoind")).await;
        let mut mirror = Mirror::new(chain.clone(), bitcoind).await;
        if P::ASKS_FOR_FEES {
            mirror.teach_fees().await;
        }
        let taking = Taking::default();
        let settings = settings(dir, server.url(), &taking);
        let trusted = settings.tunables.trusted.clone();
        let wallet = Wallet::create(settings, Password::StoredBeside).await.expect("a wallet");
        let url = server.url();
        let place = Place { tools, dir: &dir.join("peer"), mirror: &mirror, url: &url };
        let peer = P::start(&place).await;
        let (tools, dir) = (tools.clone(), dir.to_owned());
        let (elsewhere, electrs, source) = (Sat::ZERO, None, url);
        let mut ground = Self {
            chain,
            server,
            lies,
            taking,
            trusted,
            mirror,
            source,
            electrs,
            wallet,
            peer,
            tools,
            dir,
            elsewhere,
        };
        for address in
            [ground.wallet.address().await.expect("an address"), ground.peer.address().await]
        {
            ground.faucet(&address, PURSE);
        }
        ground.mine(1).await;
        ground.until_peer("its purse", async |peer| peer.onchain().await == PURSE).await;
        ground.connect().await;
        ground
    }

    /// From now on our wallet reads the chain from electrs, which has it from bitcoind.
    pub(crate) async fn on_electrs(&mut self) {
        let (program, dir) = (&self.tools.electrs, self.dir.join("electrs"));
        let electrs = Electrs::start(program, &dir, &self.mirror.bitcoind).await;
        let url = electrs.url();
        self.electrs = Some(electrs);
        self.until_read().await;
        self.reads_from(url).await;
    }

    /// From now on our wallet reads the blocks of bitcoind itself.
    pub(crate) async fn on_bitcoind(&mut self) {
        let url = self.mirror.bitcoind.url();
        self.reads_from(url).await;
    }

    /// Our wallet reads the chain from a server that takes no transaction.
    pub(crate) async fn on_a_deaf_server(&mut self) -> EsploraServer {
        let path = "/tx".to_owned();
        let deaf = Instead { path, posted: true, status: 502, ..Instead::default() };
        let lies = Lies::none();
        lies.tell(|told| told.instead = vec![deaf]);
        let server = EsploraServer::start(self.chain.clone(), lies).await.expect("a server");
        self.reads_from(server.url()).await;
        server
    }

    /// From where it reads at first.
    pub(crate) async fn on_the_practice_server(&mut self) {
        self.reads_from(self.practice_url()).await;
    }

    /// Of the server that everyone but our wallet always reads.
    pub(crate) fn practice_url(&self) -> String {
        self.server.url()
    }

    async fn reads_from(&mut self, url: String) {
        self.wallet.use_sources(std::slice::from_ref(&url)).await.expect("used");
        assert_eq!(self.wallet.health().source, url);
        self.source = url;
        self.wallet.sync().await;
    }

    /// Stops our wallet and opens it again, with LDK's ticks as usual or so far apart.
    pub(crate) async fn reopen(&mut self, ldk_tick: Option<Duration>) {
        self.wallet.stop().await;
        let mut settings = settings(&self.dir, self.source.clone(), &self.taking);
        settings.tunables.ldk_tick = ldk_tick.unwrap_or(settings.tunables.ldk_tick);
        self.wallet = Wallet::open(settings, Password::StoredBeside).await.expect("opens again");
        self.wallet.sync().await;
    }

    /// The wallet's directory is gone. A new one is made from the words, and asks those peers.
    pub(crate) async fn loses_all_but_the_words(&mut self, ask: Ask) {
        let (settings, words) = self.loses_the_directory().await;
        let password = Password::StoredBeside;
        let restored = Wallet::restore_asking(settings, words, None, password, ask).await;
        self.wallet = restored.expect("restored");
        self.wallet.sync().await;
    }

    /// The wallet's directory is gone. A new one is made from the words and the copy at this place.
    pub(crate) async fn loses_its_disk(&mut self, place: &str) {
        let total = self.snapshot().balance.total_msat;
        let (settings, words) = self.loses_the_directory().await;
        let password = Password::StoredBeside;
        let from = FromCopy { words, passphrase: None, place: CopyPlace::read(place) };
        let tried = Wallet::try_copy(settings.clone(), from).await.expect("a copy");
        assert_eq!(tried.seen().total_msat, total);
        let shown = tried.seen().generation;
        let restored = Wallet::restore_from_copy(settings, tried, password, shown);
        self.wallet = restored.await.expect("restored");
        self.wallet.sync().await;
    }

    /// Another wallet beside ours, from other words; it has read what it could.
    pub(crate) async fn another_wallet(&self, words: Words) -> Wallet {
        let mut settings = settings(&self.dir, self.source.clone(), &Taking::default());
        settings.dir = self.dir.join("another");
        let restored = Wallet::restore(settings, words, None, Password::StoredBeside).await;
        let wallet = restored.expect("restored");
        wallet.sync().await;
        wallet
    }

    /// What a wallet can be made with again.
    async fn loses_the_directory(&self) -> (Settings, Words) {
        let words = self.wallet.words(Password::StoredBeside).await.expect("words");
        self.wallet.stop().await;
        let settings = settings(&self.dir, self.source.clone(), &self.taking);
        std::fs::remove_dir_all(&settings.dir).expect("gone");
        (settings, words)
    }

    /// What a transaction costs, in sat/vB, from now on; as it was where none is given.
    pub(crate) async fn fees(&mut self, sat_per_vb: Option<u64>) {
        self.lies.tell(|told| told.fee_rate = sat_per_vb);
        self.wallet.sync().await;
    }

    pub(crate) fn faucet(&self, address: &Address, amount: Sat) {
        self.chain.faucet(address.script_pubkey(), amount).expect("the faucet pays");
    }

    /// What another node is started with, in a directory of this name.
    pub(crate) async fn another<Q: Peer>(&self, name: &str) -> Q {
        let (dir, url) = (self.dir.join(name), self.practice_url());
        let place = Place { tools: &self.tools, dir: &dir, mirror: &self.mirror, url: &url };
        Q::start(&place).await
    }

    pub(crate) fn source(&self) -> String {
        self.source.clone()
    }

    /// Some answer us a moment before they listen to others.
    pub(crate) async fn connect(&self) {
        let connecting = async {
            let mut looks = looks();
            while self.wallet.connect(&self.peer.uri()).await.is_err() {
                looks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, connecting).await.expect("connected");
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.wallet.snapshot()
    }

    /// Mines blocks, one after the other; everyone has read them.
    pub(crate) async fn mine(&mut self, blocks: u32) {
        for block in 1..=blocks {
            self.mirror.mine().await;
            // Patience is for so many: Electrum takes its time for each.
            if block == blocks || block.is_multiple_of(AT_ONCE) {
                self.until_read().await;
            }
        }
        self.mirror.exchange().await;
        self.wallet.sync().await;
    }

    /// Replaces the last blocks by a branch one block longer; everyone has read it.
    pub(crate) async fn reorg(&mut self, depth: u32, branch: Branch<'_>) {
        self.mirror.reorg(depth, branch).await;
        self.until_read().await;
        self.mirror.exchange().await;
        self.wallet.sync().await;
    }

    async fn until_read(&mut self) {
        let height = self.chain.tip().height;
        self.until_peer("the newest block", async |peer| peer.has_read(height).await).await;
        if let Some(electrs) = &self.electrs {
            let reading = async {
                let mut looks = looks();
                while electrs.height().await != Some(u64::from(height)) {
                    looks.tick().await;
                }
            };
            tokio::time::timeout(PATIENCE, reading).await.expect("electrs reads the newest block");
        }
    }

    /// Waits until a look at the wallet shows it; woken by its events.
    pub(crate) async fn until(
        &mut self,
        what: &str,
        condition: impl Fn(&Snapshot) -> bool,
    ) -> Snapshot {
        let mut events = self.wallet.bus().subscribe();
        let begun = Instant::now();
        loop {
            if self.mirror.exchange().await {
                self.wallet.sync().await;
            }
            let now = self.snapshot();
            if condition(&now) {
                return now;
            }
            assert!(begun.elapsed() < PATIENCE, "never happened: {what}; the wallet is {now:#?}");
            drop(tokio::time::timeout(Duration::from_millis(250), events.recv()).await);
        }
    }

    /// Waits until the other node shows it, which nobody tells us.
    pub(crate) async fn until_peer(&mut self, what: &str, shows: impl AsyncFn(&P) -> bool) {
        let (begun, mut looks) = (Instant::now(), looks());
        while !shows(&self.peer).await {
            assert!(begun.elapsed() < PATIENCE, "{} never shows: {what}", P::NAME);
            looks.tick().await;
            if self.mirror.exchange().await {
                self.wallet.sync().await;
            }
        }
    }

    /// The other side opens a channel of [`CHANNEL`], part of it ours; ready on both sides.
    pub(crate) async fn they_open(&mut self, pushed: Sat) {
        let before = self.snapshot().channels.list.len();
        self.peer.opens(&self.wallet.node_id(), CHANNEL, pushed).await;
        self.until("their channel", |now| now.channels.list.len() > before).await;
        self.until_ready(before + 1).await;
    }

    /// We open a channel of this size.
    pub(crate) async fn we_open(&mut self, amount: Sat) {
        let before = self.snapshot().channels.list.len();
        let preview = self.wallet.preview_open(&self.peer.uri(), amount).expect("a preview");
        self.wallet.open_channel(&preview.id).await.expect("opened");
        self.until_ready(before + 1).await;
    }

    async fn until_ready(&mut self, channels: usize) {
        let chain = self.chain.clone();
        self.until("the opening is sent", |_| !chain.mempool().is_empty()).await;
        self.mine(6).await;
        let now = self.until("ready", |now| ready_in(now) >= channels).await;
        let with_anchors = |channel: &fulmen_engine::view::Channel| {
            channel.channel_type == Some(ChannelType::Anchors)
        };
        assert!(now.channels.list.iter().all(with_anchors), "{:#?}", now.channels.list);
        self.until_peer("a channel it can use", async |peer| peer.usable().await >= channels).await;
    }

    /// Reads, previews and pays a text. The payment's id; not decided yet.
    pub(crate) async fn start_paying(&self, text: &str, amount: Option<Msat>) -> PaymentId {
        let instruction = self.wallet.read(text).expect("readable");
        let amount = amount.filter(|_| instruction.amount == AmountRule::Open);
        let choice = Choice {
            instruction: instruction.id,
            amount,
            speed: None,
            everything: false,
            ..Choice::default()
        };
        let quote = self.wallet.preview(choice).await.expect("payable");
        assert!(quote.lightning);
        self.wallet.pay(&quote.id).await.expect("starts").id
    }

    /// Waits for a payment's end.
    pub(crate) async fn decided(&mut self, id: PaymentId) -> MovementDetail {
        let wallet = self.wallet.clone();
        let id = id.to_string();
        let detail = || wallet.detail(&id).expect("rows").expect("a row");
        let is_final = |status| matches!(status, Status::Paid | Status::Failed);
        self.until("a decided payment", |_| is_final(detail().movement.status)).await;
        detail()
    }

    /// Pays an invoice of the other side.
    pub(crate) async fn pay(&mut self, amount: Msat, is_open: bool) -> MovementDetail {
        let invoice = self.peer.invoice((!is_open).then_some(amount)).await;
        let id = self.start_paying(&invoice, Some(amount)).await;
        let paid = self.decided(id).await;
        assert_eq!((paid.movement.status, paid.movement.amount_msat), (Status::Paid, amount));
        paid
    }

    /// The other side pays a request of ours.
    pub(crate) async fn be_paid(&mut self, amount: Msat, is_open: bool) {
        self.until_quiet().await;
        let asked = (!is_open).then_some(amount);
        let request = self.wallet.receive(asked, Some("cake".into()), 3600).await;
        let request = request.expect("a request");
        let notice = request.notice;
        let invoice = request.invoice.unwrap_or_else(|| panic!("no room: {notice:?}"));
        let payment = self.peer.pays(&invoice, is_open.then_some(amount)).await;
        let paid = self.decided(PaymentId::parse(&request.id).expect("an id")).await;
        assert_eq!((paid.movement.status, paid.movement.amount_msat), (Status::Paid, amount));
        assert_eq!(self.outcome(&payment).await, Outcome::Paid { amount });
    }

    /// Waits until the other side knows what became of its payment.
    pub(crate) async fn outcome(&mut self, payment: &str) -> Outcome {
        self.until_peer("what became of its payment", async |peer| {
            peer.outcome(payment).await != Outcome::InFlight
        })
        .await;
        self.peer.outcome(payment).await
    }

    /// Nothing is under way in any channel, for either side.
    pub(crate) async fn until_quiet(&mut self) {
        self.until("quiet", |now| {
            now.channels.list.iter().all(|channel| channel.in_flight_msat == Msat::ZERO)
        })
        .await;
        self.until_peer("quiet", async |peer| peer.rests().await).await;
    }

    /// We close our first channel that is open.
    pub(crate) async fn we_close(&mut self, way: CloseWay) {
        use ChannelState::{Disputed, PeerAway, Ready};
        let now = self.snapshot();
        let mut channels = now.channels.list.iter();
        let open = channels.find(|one| matches!(one.state, Ready | PeerAway | Disputed));
        let channel = open.expect("a channel").id.clone();
        let preview = self.wallet.preview_close(&channel, way).expect("a preview");
        self.wallet.close_channel(&preview.id).await.expect("closing");
    }

    /// The other side closes its first channel with us.
    pub(crate) async fn they_close(&mut self, force: bool) {
        self.peer.closes(&self.wallet.node_id(), force).await;
    }

    /// Mines until neither side has a channel, a closing, or anything that waits.
    pub(crate) async fn settle(&mut self) {
        for _ in 0..80 {
            self.mirror.exchange().await;
            self.wallet.sync().await;
            let (now, theirs) = (self.snapshot(), self.peer.waits().await);
            let over = now.channels.list.is_empty() && now.balance.closing.is_empty();
            if over && theirs.is_none() && self.chain.mempool().is_empty() {
                return;
            }
            let ours = now.balance.closing.iter().filter_map(|closing| closing.blocks_left);
            let waits = ours.chain(theirs).filter(|blocks| *blocks > 0).min().unwrap_or(1);
            let waits = if self.chain.mempool().is_empty() { waits } else { 1 };
            self.mine(waits).await;
        }
        panic!(
            "never settled: {:#?}; the other waits {:?}",
            self.snapshot(),
            self.peer.waits().await
        );
    }

    /// What was mined is the faucet's, ours, theirs, or an anchor that nobody fetched: to the sat. The rows are what there is.
    pub(crate) async fn end(mut self) -> Tally {
        self.settle().await;
        self.balanced().await;
        self.wallet.stop().await;
        self.server.stop().await;
        self.mirror.tally
    }

    async fn balanced(&mut self) {
        if weigh(&self.wallet).iter().any(|what| what.starts_with("locked")) {
            self.mine(KEPT_FOR_A_FEE).await;
        }
        let wallet = self.wallet.clone();
        self.until("rows that are what there is", |_| weigh(&wallet).is_empty()).await;
        let (ours, theirs) = (self.snapshot().balance, self.peer.onchain().await);
        assert_eq!(ours.total_msat, Msat::from_sat(ours.onchain.total_sat).expect("small"));
        let known = [self.chain.faucet_total(), ours.onchain.total_sat, theirs, self.elsewhere];
        let known: u64 = known.iter().map(|sat| sat.get()).sum();
        let (mined, anchors) = (self.chain.utxos_total().get(), self.chain.anchors_total().get());
        assert_eq!(mined, known + anchors, "ours {ours:#?}, theirs {theirs:?}");
    }
}

/// What our wallet does with money that comes, and whether it was asked since that was set.
#[derive(Clone, Default)]
pub(crate) struct Taking(Arc<Mutex<(HtlcPolicy, bool)>>);

impl Taking {
    pub(crate) fn set(&self, policy: HtlcPolicy) {
        *self.0.lock().expect("not poisoned") = (policy, false);
    }

    pub(crate) fn was_asked(&self) -> bool {
        self.0.lock().expect("not poisoned").1
    }

    fn ask(&self) -> HtlcPolicy {
        let mut taking = self.0.lock().expect("not poisoned");
        taking.1 = true;
        taking.0
    }
}

fn settings(dir: &Path, url: String, taking: &Taking) -> Settings {
    let taking = taking.clone();
    let mut settings = leaf(dir.join("wallet"), url);
    settings.tunables.probe = Probe::default().taking(move || taking.ask());
    settings
}
