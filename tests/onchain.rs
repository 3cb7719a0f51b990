//! The on-chain wallet against a whole (pretend) chain, by each kind of server: every satoshi is in the books.

use bitcoin::{Network, ScriptBuf, Transaction, WPubkeyHash, hashes::Hash};
use fulmen_engine::amount::Sat;
use fulmen_engine::chain::{
    Address, BroadcastError, Fees, Following, LdkLogger, Source, SourceError,
};
use fulmen_engine::error::{Code, Coded};
use fulmen_engine::keys::{Keys, Words};
use fulmen_engine::onchain::{Onchain, Payees, SendAmount};
use fulmen_engine::time::Timestamp;
use fulmen_engine::view::{FeeSpeed, NetworkId};
use fulmen_practice::bitcoind::BitcoindServer;
use fulmen_practice::chain::{Branch, PracticeChain};
use fulmen_practice::electrum::ElectrumServer;
use fulmen_practice::esplora::{EsploraServer, Frozen, Lies};
use lightning::util::logger::{Logger, Record};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

struct Silent;

impl Logger for Silent {
    fn log(&self, _: Record<'_>) {}
}

fn silent() -> LdkLogger {
    Arc::new(Silent)
}

/// A server of one kind.
enum Served {
    Esplora(EsploraServer),
    Electrum(ElectrumServer),
    Bitcoind(BitcoindServer),
}

impl Served {
    async fn by_esplora(chain: PracticeChain, lies: Lies) -> Self {
        Self::Esplora(EsploraServer::start(chain, lies).await.expect("a server"))
    }

    async fn by_electrum(chain: PracticeChain, lies: Lies) -> Self {
        Self::Electrum(ElectrumServer::start(chain, lies).await.expect("a server"))
    }

    async fn by_bitcoind(chain: PracticeChain, lies: Lies) -> Self {
        Self::Bitcoind(BitcoindServer::start(chain, lies).await.expect("a server"))
    }

    fn url(&self) -> String {
        match self {
            Self::Esplora(server) => server.url(),
            Self::Electrum(server) => server.url(),
            Self::Bitcoind(server) => server.url(),
        }
    }
}

/// A chain, its server, and a wallet with its own view of both.
struct World {
    chain: PracticeChain,
    lies: Lies,
    server: Served,
    source: Source,
    fees: Fees,
    keys: Keys,
    wallet: Onchain,
    clock: Arc<AtomicU64>,
    _dir: tempfile::TempDir,
}

impl World {
    async fn new(serve: impl AsyncFnOnce(PracticeChain, Lies) -> Served) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = Arc::new(AtomicU64::new(1_800_000_000));
        let ticking = clock.clone();
        let tick = move || Timestamp::from_secs(ticking.fetch_add(1, Ordering::SeqCst));
        let chain = PracticeChain::open(dir.path(), tick).expect("a chain");
        let lies = Lies::none();
        let server = serve(chain.clone(), lies.clone()).await;
        let urls = [Address::read(&server.url())];
        let connected = Source::connect(&urls, NetworkId::Practice, silent(), None).await;
        let (source, tip) = connected.expect("the server is right");
        let keys = Keys::derive(&Words::generate(), None, Network::Regtest);
        let wallet = Onchain::create(&keys, Network::Regtest, Arc::new(|| ())).expect("a wallet");
        wallet.begin_at(tip.into()).expect("a block of this chain");
        let fees = Fees::new(NetworkId::Practice);
        Self { chain, lies, server, source, fees, keys, wallet, clock, _dir: dir }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.clock.fetch_add(1, Ordering::SeqCst))
    }

    async fn sync(&self) {
        let round = self
            .source
            .sync_round(&self.fees, &self.wallet, Following::default(), self.now())
            .await;
        assert_eq!(round.expect("a round").tip.height, self.wallet.tip().height);
    }

    async fn earn(&self, amount: u64) {
        let script = self.wallet.fresh_address(&HashSet::new()).script_pubkey();
        self.chain.faucet(script, Sat::new(amount)).expect("the faucet pays");
        self.chain.mine(1).expect("a block");
        self.sync().await;
    }

    fn total(&self) -> u64 {
        self.wallet.balance(Sat::ZERO).total_sat.get()
    }

    fn plan_and_finish(&self, amount: SendAmount, speed: FeeSpeed) -> (Transaction, Sat) {
        let rate = self.fees.rate(speed);
        let plan = self
            .wallet
            .preview_send(&Payees::one(&shop(), amount), rate, Sat::ZERO)
            .expect("a plan");
        let fee = plan.fee();
        let sent = self.wallet.finish(plan, &self.keys, self.now()).expect("a transaction");
        (sent, fee)
    }
}

fn shop() -> ScriptBuf {
    ScriptBuf::new_p2wpkh(&WPubkeyHash::hash(b"shop"))
}

async fn money_comes_in_waits_for_a_block_and_can_be_spent(world: World) {
    let address = world.wallet.fresh_address(&HashSet::new());
    world.chain.faucet(address.script_pubkey(), Sat::new(1_000_000)).expect("the faucet pays");
    world.sync().await;
    let balance = world.wallet.balance(Sat::ZERO);
    assert_eq!((balance.total_sat.get(), balance.can_spend_sat.get()), (1_000_000, 0));
    assert_ne!(address, world.wallet.fresh_address(&HashSet::new()));
    world.chain.mine(1).expect("a block");
    world.sync().await;
    assert_eq!(world.wallet.balance(Sat::ZERO).can_spend_sat.get(), 1_000_000);
}

async fn fast_custom_and_everything_arrive_and_every_satoshi_is_in_the_books(world: World) {
    world.earn(600_000).await;
    world.earn(400_000).await;
    let (mut left, mut paid) = (1_000_000, 0);
    let custom = FeeSpeed::Custom { sat_per_vb: 17 };
    for (amount, speed) in [
        (SendAmount::Exact(Sat::new(120_000)), FeeSpeed::Fast),
        (SendAmount::Exact(Sat::new(30_000)), custom),
        (SendAmount::Everything, FeeSpeed::Slow),
    ] {
        let (sent, fee) = world.plan_and_finish(amount, speed);
        world.source.broadcast(std::slice::from_ref(&sent)).await.expect("it goes out");
        world.source.broadcast(std::slice::from_ref(&sent)).await.expect("again is no error");
        assert_eq!(world.chain.fee_of(&sent.compute_txid()), Some(fee));
        let to_shop = sent.output.iter().find(|output| output.script_pubkey == shop());
        let amount = to_shop.expect("the shop is paid").value.to_sat();
        (left, paid) = (left - amount - fee.get(), paid + amount);
        world.sync().await;
        assert_eq!(world.total(), left);
        world.chain.mine(1).expect("a block");
        world.sync().await;
        assert_eq!(world.total(), left);
        let booked = world.wallet.transaction(sent.compute_txid()).expect("booked");
        assert_eq!(booked.confirmation.map(|at| at.height), Some(world.chain.tip().height));
    }
    assert_eq!((left, world.chain.total_of(&shop()).get()), (0, paid));
}

async fn a_channel_is_funded_from_a_million_and_the_reserve_stays(world: World) {
    world.earn(1_000_000).await;
    let rate = world.fees.rate(FeeSpeed::Normal);
    let script = ScriptBuf::new_p2wsh(&bitcoin::WScriptHash::hash(b"channel"));
    let funding = world
        .wallet
        .fund(&script, Sat::new(500_000), rate, Sat::new(25_000), &world.keys)
        .expect("there is enough");
    world.source.broadcast(std::slice::from_ref(&funding)).await.expect("it goes out");
    world.wallet.reapply(&funding, world.now());
    world.chain.mine(1).expect("a block");
    world.sync().await;
    let balance = world.wallet.balance(Sat::new(25_000));
    assert!(balance.can_spend_sat.get() > 470_000 && balance.total_sat.get() < 500_000);
    assert_eq!(world.chain.total_of(&script).get(), 500_000);
}

async fn the_words_bring_everything_back(world: World) {
    for _ in 0..3 {
        world.earn(50_000).await;
    }
    let restored = Onchain::create(&world.keys, Network::Regtest, Arc::new(|| ()));
    let restored = restored.expect("a wallet");
    world.source.sync_onchain(&restored, world.now()).await.expect("a full scan");
    assert_eq!(restored.balance(Sat::ZERO), world.wallet.balance(Sat::ZERO));
    assert_eq!(
        restored.fresh_address(&HashSet::new()),
        world.wallet.fresh_address(&HashSet::new())
    );
}

async fn a_server_standing_still_does_not_undo_a_payment(world: World) {
    world.earn(300_000).await;
    let frozen = Frozen::now(&world.chain);
    world.lies.tell(|told| told.frozen = Some(frozen));
    let (sent, fee) = world.plan_and_finish(SendAmount::Exact(Sat::new(100_000)), FeeSpeed::Fast);
    world.source.broadcast(std::slice::from_ref(&sent)).await.expect("it goes out");
    world.sync().await;
    world.sync().await;
    assert_eq!(world.total(), 200_000 - fee.get());
}

async fn a_payment_in_a_block_that_is_undone_is_pending_again(world: World) {
    world.earn(300_000).await;
    let (sent, fee) = world.plan_and_finish(SendAmount::Exact(Sat::new(100_000)), FeeSpeed::Fast);
    world.source.broadcast(std::slice::from_ref(&sent)).await.expect("it goes out");
    let confirmation =
        || world.wallet.transaction(sent.compute_txid()).expect("it is known").confirmation;
    assert_eq!(confirmation(), None);
    world.chain.mine(1).expect("a block");
    world.sync().await;
    assert_eq!(confirmation().map(|at| at.count), Some(1));
    world.chain.reorg_to(1, Branch::Empty).expect("another branch");
    world.sync().await;
    assert_eq!(confirmation(), None);
    assert_eq!(world.total(), 200_000 - fee.get());
    world.chain.mine(1).expect("a block");
    world.sync().await;
    assert_eq!(confirmation().map(|at| at.count), Some(1));
    assert_eq!(world.total(), 200_000 - fee.get());
}

async fn a_child_and_its_parent_go_out_together_in_any_order(world: World) {
    world.earn(300_000).await;
    let (parent, _) = world.plan_and_finish(SendAmount::Exact(Sat::new(100_000)), FeeSpeed::Slow);
    let (child, _) = world.plan_and_finish(SendAmount::Everything, FeeSpeed::Fast);
    assert_eq!(child.input[0].previous_output.txid, parent.compute_txid());
    world.source.broadcast(&[child.clone(), parent.clone()]).await.expect("they go out");
    for sent in [&parent, &child] {
        let status = world.source.tx_status(sent.compute_txid()).await.expect("an answer");
        assert!(status.is_some_and(|status| status.block.is_none()));
    }
    let spent = world.source.outspend(child.input[0].previous_output).await.expect("an answer");
    assert_eq!(spent.and_then(|spent| spent.txid), Some(child.compute_txid()));
}

async fn an_invalid_and_a_conflicting_transaction_are_told_apart(world: World) {
    world.earn(300_000).await;
    let (sent, _) = world.plan_and_finish(SendAmount::Everything, FeeSpeed::Fast);
    let mut unsigned = sent.clone();
    unsigned.input[0].witness.clear();
    let refused = world.source.broadcast(&[unsigned]).await;
    assert!(matches!(refused, Err(BroadcastError::Invalid { .. })), "{refused:?}");
    let mut orphan = sent;
    orphan.input[0].previous_output.vout = 77;
    let refused = world.source.broadcast(&[orphan]).await;
    assert!(matches!(refused, Err(BroadcastError::Conflict { .. })), "{refused:?}");
}

async fn a_server_that_is_away_wrong_or_lying_gives_a_typed_error_and_changes_nothing(
    world: World,
) {
    world.earn(300_000).await;
    let before = world.wallet.balance(Sat::ZERO);
    world.lies.tell(|told| told.fee_rate = Some(0));
    world.sync().await;
    assert!(world.fees.sat_per_vb(FeeSpeed::Slow) >= 1);
    let mainnet = bitcoin::constants::genesis_block(Network::Bitcoin).block_hash();
    world.lies.tell(|told| told.genesis = Some(mainnet));
    let wrong = world.source.check().await;
    assert!(matches!(wrong, Err(SourceError::WrongNetwork { height: 0, .. })), "{wrong:?}");
    world.lies.truth();
    let test =
        Source::test(&Address::read(&world.server.url()), NetworkId::Practice, silent()).await;
    assert!(test.reached && test.works && test.has_fees && test.trouble.is_none(), "{test:?}");
    world.lies.tell(|told| told.offline = true);
    let away = world.source.sync_onchain(&world.wallet, world.now()).await.expect_err("it is away");
    assert!(
        matches!(away, SourceError::Unreachable(_)) && away.code() == Code::Offline,
        "{away:?}"
    );
    let test =
        Source::test(&Address::read(&world.server.url()), NetworkId::Practice, silent()).await;
    assert!(!test.reached && test.trouble.is_some(), "{test:?}");
    assert_eq!(world.wallet.balance(Sat::ZERO), before);
}

/// Each story with each kind of server.
macro_rules! told {
    ($($story:ident)*) => {
        mod esplora {
            $(#[tokio::test]
            async fn $story() {
                super::$story(super::World::new(super::Served::by_esplora).await).await;
            })*
        }
        mod electrum {
            $(#[tokio::test]
            async fn $story() {
                super::$story(super::World::new(super::Served::by_electrum).await).await;
            })*
        }
        mod bitcoind {
            $(#[tokio::test]
            async fn $story() {
                super::$story(super::World::new(super::Served::by_bitcoind).await).await;
            })*
        }
    };
}

told! {
    money_comes_in_waits_for_a_block_and_can_be_spent
    fast_custom_and_everything_arrive_and_every_satoshi_is_in_the_books
    a_channel_is_funded_from_a_million_and_the_reserve_stays
    the_words_bring_everything_back
    a_server_standing_still_does_not_undo_a_payment
    a_payment_in_a_block_that_is_undone_is_pending_again
    a_child_and_its_parent_go_out_together_in_any_order
    an_invalid_and_a_conflicting_transaction_are_told_apart
    a_server_that_is_away_wrong_or_lying_gives_a_typed_error_and_changes_nothing
}
