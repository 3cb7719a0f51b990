//! The disk is gone and so is every copy: the words, and whom to ask. The peer is asked, closes, and what it pays is found and moved.

use crate::stale::settled;
use bitcoin::secp256k1::Secp256k1;
use bitcoin::{Network, Txid};
use fastrand::Rng;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::{Settings, Tunables};
use fulmen_engine::error::{Code, Coded};
use fulmen_engine::keys::{AccountId, AccountKind, Keys, Password, Words};
use fulmen_engine::store::channels_file;
use fulmen_engine::view::{
    FeeSpeed, LostChannel, LostChannelState, LostChannels, LostPeerState, Snapshot, WordsPreview,
};
use fulmen_engine::{Ask, Wallet};
use lightning::sign::KeysManager;
use std::time::Duration;
use stories::{Audit, World, quick, ready_in};

/// A wallet with two channels, and what is left of it: the words, `channels.age`, and what it owned in channels.
struct Lost {
    world: World,
    words: Words,
    file: Vec<u8>,
    onchain: Sat,
    in_channels: Msat,
}

impl Lost {
    async fn new() -> Self {
        let world = World::new().await;
        world.fund().await;
        world.open_to_hub(Sat::new(300_000)).await;
        world.open_to_hub(Sat::new(200_000)).await;
        world.knows_the_network().await;
        world.coffee().await;
        settled(&world).await;
        let words = world.wallet.words(Password::StoredBeside).await.expect("words");
        let now = world.snapshot();
        let file = std::fs::read(world.wallet_dir().join(channels_file::FILE)).expect("it is kept");
        world.lose().await;
        let in_channels = now.balance.lightning.total_msat;
        Self { world, words, file, onchain: now.balance.onchain.total_sat, in_channels }
    }

    fn hub(&self) -> String {
        self.world.network.hub_peer().uri
    }

    async fn shown(&self, ask: Ask) -> WordsPreview {
        Wallet::preview_words(self.world.settings(), self.words.clone(), None, ask)
            .await
            .expect("what comes back")
    }

    async fn restore(&mut self, ask: Ask) {
        let (settings, words) = (self.world.settings(), self.words.clone());
        let password = Password::StoredBeside;
        self.world.wallet =
            Wallet::restore_asking(settings, words, None, password, ask).await.expect("restored");
        self.world.wallet.sync().await;
    }

    fn now(&self) -> LostChannels {
        self.world.snapshot().lost
    }

    fn channels(&self) -> Vec<LostChannel> {
        self.now().peers.into_iter().flat_map(|peer| peer.channels).collect()
    }

    /// Until both channels are so far.
    async fn until(&self, what: &str, is: fn(&LostChannelState) -> bool) {
        let all = |peers: &LostChannels| {
            let channels = peers.peers.iter().flat_map(|peer| &peer.channels);
            channels.clone().count() == 2 && channels.clone().all(|channel| is(&channel.state))
        };
        self.world.until(what, |now| all(&now.lost)).await;
    }

    /// Both commitments wait for a block (BOLT 3: the top byte of their lock time).
    async fn hub_closes(&self) {
        let chain = self.world.network.chain();
        let is_commitment = |txid: &Txid| {
            let transaction = chain.transaction(txid).expect("it waits");
            transaction.lock_time.to_consensus_u32() >> 24 == 0x20
        };
        let both = || chain.mempool().iter().filter(|txid| is_commitment(txid)).count() == 2;
        self.world.until("Hub's closes", |_| both()).await;
    }

    /// Hub closes both, the closes are in blocks, and what they paid is moved here.
    async fn comes_back(mut self) {
        self.until("that Hub was asked", |state| *state == LostChannelState::Asked).await;
        self.hub_closes().await;
        // A restart knows whom it asked.
        self.world.reopen().await;
        assert_eq!(self.channels().len(), 2);
        self.world.mine(6).await;
        self.until("the blocks", |state| matches!(state, LostChannelState::Closed { .. })).await;
        let paid: u64 = self.channels().iter().map(|one| closed(&one.state)).sum();
        let ours = self.in_channels.to_sat_floor().get();
        assert!((ours - 8_000..=ours).contains(&paid), "{paid} of {ours}");
        let found = self.world.wallet.other_accounts().found;
        let [one] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((one.account, one.amount_sat.get()), (AccountId::CLOSED, paid));
        let speed = FeeSpeed::Normal;
        let preview = self.world.wallet.preview_sweep(AccountId::CLOSED, speed).await;
        let preview = preview.expect("a preview");
        self.world.wallet.sweep(&preview.id, Password::StoredBeside).await.expect("moved");
        self.world.mine(1).await;
        self.until("the money", |state| matches!(state, LostChannelState::Back { .. })).await;
        let total = self.onchain.get() + preview.amount_sat.get();
        assert_eq!(self.world.snapshot().balance.total_msat.to_sat_floor().get(), total);
        assert_eq!(Audit::of(&self.world).unexplained(), 0, "{}", Audit::of(&self.world));
        self.world.stop().await;
    }
}

fn closed(state: &LostChannelState) -> u64 {
    let LostChannelState::Closed { amount_sat } = state else { panic!("{state:?}") };
    amount_sat.get()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_a_person_names_is_asked_and_closes() {
    let mut lost = Lost::new().await;
    let ask = Ask { peers: format!("\n  {}  \n\n", lost.hub()), ..Ask::default() };
    let shown = lost.shown(ask.clone()).await;
    assert_eq!((shown.onchain_sat, shown.total_sat), (lost.onchain, lost.onchain));
    assert!(shown.accounts.is_empty() && shown.wrong_lines.is_empty());
    let [peer] = shown.peers.as_slice() else { panic!("{shown:?}") };
    assert_eq!((peer.channels.len(), shown.locked_sat), (0, Sat::ZERO), "nobody was asked");
    assert!(
        std::fs::read_dir(lost.world.wallet_dir()).expect("there").all(|left| {
            left.expect("an entry").file_name().to_string_lossy().ends_with("lock")
        })
    );
    assert!(lost.world.network.chain().mempool().is_empty(), "and nothing happened");
    lost.restore(ask).await;
    let balance = lost.world.snapshot().balance;
    assert_eq!(balance.total_msat.to_sat_floor(), shown.total_sat, "as it was shown");
    lost.until("their funding", |_| true).await;
    lost.world
        .until("both capacities", |now| {
            let channels = now.lost.peers.iter().flat_map(|peer| &peer.channels);
            channels.map(|one| one.capacity_sat.map_or(0, Sat::get)).sum::<u64>() == 500_000
        })
        .await;
    lost.comes_back().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_of_channels_says_whom_to_ask_and_what_is_locked() {
    let mut lost = Lost::new().await;
    let ask = Ask { file: Some(lost.file.clone()), ..Ask::default() };
    let shown = lost.shown(ask.clone()).await;
    assert_eq!((shown.onchain_sat, shown.locked_sat), (lost.onchain, Sat::new(500_000)));
    let [peer] = shown.peers.as_slice() else { panic!("{shown:?}") };
    assert_eq!(peer.state, LostPeerState::NotReached);
    assert!(peer.channels.iter().all(|channel| channel.state == LostChannelState::Open));
    lost.restore(ask).await;
    lost.comes_back().await;
}

/// Hub saw nothing of it, closed for reasons of its own, and is gone: what it paid is shown before, and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_closed_before_is_shown_to_the_sat() {
    let mut lost = Lost::new().await;
    let ask = Ask { file: Some(lost.file.clone()), ..Ask::default() };
    lost.restore(ask.clone()).await;
    lost.until("that Hub was asked", |state| *state == LostChannelState::Asked).await;
    lost.hub_closes().await;
    lost.world.lose().await;
    lost.world.network.mine(6).await.expect("blocks");
    let shown = lost.shown(ask.clone()).await;
    let [one] = shown.accounts.as_slice() else { panic!("{shown:?}") };
    let paid: u64 = shown.peers[0].channels.iter().map(|one| closed(&one.state)).sum();
    assert_eq!((one.account, one.amount_sat.get()), (AccountId::CLOSED, paid));
    assert_eq!((shown.locked_sat, shown.total_sat.get()), (Sat::ZERO, lost.onchain.get() + paid));
    lost.restore(ask).await;
    lost.world.until("the look", |_| !lost.world.wallet.other_accounts().found.is_empty()).await;
    assert_eq!(lost.world.snapshot().balance.onchain.total_sat, shown.onchain_sat);
    assert_eq!(lost.world.wallet.other_accounts().found, shown.accounts, "as it was shown");
    lost.world.stop().await;
}

/// A person remembers one peer. What it kept for the wallet names the other one, which is asked as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_shows_whom_else_to_ask() {
    let mut world = World::new().await;
    world.fund().await;
    let settings = Settings {
        listen: Some(([127, 0, 0, 1], 0).into()),
        tunables: Tunables { sync_interval: Duration::from_millis(300), ..quick() },
        ..world.settings_of("friend")
    };
    let friend = Wallet::create(settings, Password::StoredBeside).await.expect("a wallet");
    world.network.faucet(&friend.address().await.expect("an address")).expect("faucet");
    world.open_to_hub(Sat::new(300_000)).await;
    let at = friend.listening().expect("it listens");
    world.open_to(&format!("{}@{at}", friend.node_id()), Sat::new(200_000)).await;
    // A peer shows at each connection what it was told at the last one.
    let names_friend = |wallet: &Wallet| {
        let witnessed = wallet.witnessed();
        let mut peers = witnessed.iter().flat_map(|said| &said.peers);
        peers.any(|peer| peer.node.to_string() == friend.node_id())
    };
    while !names_friend(&world.wallet) {
        world.reopen().await;
        world.until("both channels", |now| ready_in(now) == 2).await;
    }
    let words = world.wallet.words(Password::StoredBeside).await.expect("words");
    world.lose().await;

    let ask = Ask { peers: world.network.hub_peer().uri, ..Ask::default() };
    let (settings, password) = (world.settings(), Password::StoredBeside);
    world.wallet =
        Wallet::restore_asking(settings, words, None, password, ask).await.expect("made");
    world.wallet.sync().await;
    let is_asked = |now: &Snapshot, id: &str| {
        let peer = now.lost.peers.iter().find(|one| one.peer.node_id == id);
        peer.is_some_and(|one| one.channels.iter().any(|one| one.state == LostChannelState::Asked))
    };
    let hub = world.network.hub().node_id();
    world.until("both", |now| is_asked(now, &hub) && is_asked(now, &friend.node_id())).await;
    friend.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_named_and_makes_nothing() {
    let mut lost = Lost::new().await;
    let peers = format!("{}\nnonsense\n02ab@example.com", lost.hub());
    let shown = lost.shown(Ask { peers: peers.clone(), ..Ask::default() }).await;
    assert_eq!((shown.wrong_lines.as_slice(), shown.peers.len()), ([2, 3].as_slice(), 1));
    let other = Keys::derive(&Words::generate(), None, Network::Regtest);
    assert!(channels_file::open(&other, &lost.file).is_err());
    for (ask, code) in [
        (Ask { peers, ..Ask::default() }, Code::NotUnderstood),
        (Ask { file: Some(lost.file[..100].to_vec()), ..Ask::default() }, Code::CopyForeign),
        (Ask { file: Some(vec![0; (1 << 20) + 1]), ..Ask::default() }, Code::CopyDamaged),
    ] {
        let (settings, words) = (lost.world.settings(), lost.words.clone());
        let password = Password::StoredBeside;
        let restored = Wallet::restore_asking(settings, words, None, password, ask).await;
        assert_eq!(restored.map(drop).expect_err("refused").code(), code);
        assert!(!Wallet::exists(&lost.world.wallet_dir()));
    }
    // Shop has no channel with anybody of these words: it is heard once, and left alone.
    let shop = lost.world.network.shop();
    let at = shop.listening();
    if let Some(at) = at {
        let peers = format!("{}@{at}", shop.node_id());
        lost.restore(Ask { peers, ..Ask::default() }).await;
        lost.world
            .until("that it has none", |now| now.lost.peers[0].state == LostPeerState::HasNone)
            .await;
    }
    assert!(lost.world.network.chain().mempool().is_empty(), "nobody closed anything");
    lost.world.stop().await;
}

/// How many lost disks: `STORY_LOST=50` for more.
const LOST: &str = "STORY_LOST";

/// Money at random places of random words: the wallet's own addresses, other accounts, and what peers pay to when they close.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_back_is_what_was_shown_wherever_it_lay() {
    let rounds: u64 = std::env::var(LOST).ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let mut world = World::new().await;
    for seed in 0..rounds {
        world.lose().await;
        let words = Words::generate();
        let paid = scatter(&world, &words, &mut Rng::with_seed(seed));
        world.network.mine(1).await.expect("a block");
        let settings = || world.settings();
        let shown = Wallet::preview_words(settings(), words.clone(), None, Ask::default())
            .await
            .expect("what comes back");
        assert_eq!(shown.total_sat.get(), paid, "round {seed}: {shown:?}");
        let (ask, password) = (Ask::default(), Password::StoredBeside);
        world.wallet =
            Wallet::restore_asking(settings(), words, None, password, ask).await.expect("restored");
        world.wallet.sync().await;
        let looked = |_: &_| world.wallet.other_accounts().looked_at_secs.is_some();
        world.until("the look", looked).await;
        let onchain = world.snapshot().balance.onchain.total_sat;
        assert_eq!(onchain, shown.onchain_sat, "round {seed}");
        assert_eq!(world.wallet.other_accounts().found, shown.accounts, "round {seed}");
    }
    world.stop().await;
}

/// Pays up to eight of the scripts that words have. What was paid in all.
fn scatter(world: &World, words: &Words, rng: &mut Rng) -> u64 {
    let keys = Keys::derive(words, None, Network::Regtest);
    let closed: Vec<_> = KeysManager::new(keys.ldk_seed(), 0, 0, true)
        .possible_v2_counterparty_closed_balance_spks(&Secp256k1::new())
        .into_iter()
        .filter(|script| script.is_p2wsh())
        .collect();
    let standard = [AccountKind::Bip44, AccountKind::Bip49, AccountKind::Bip84, AccountKind::Bip86];
    let mut paid = 0;
    for _ in 0..rng.usize(1..=8) {
        let number = rng.u32(0..5);
        let account = AccountId { kind: standard[rng.usize(0..4)], number };
        let script = match rng.u32(0..3) {
            0 => closed[rng.usize(0..closed.len())].clone(),
            1 => {
                let own = AccountId { kind: AccountKind::Bip84, number: 0 };
                crate::accounts::script(words, own, rng.u32(0..2), rng.u32(0..19))
            }
            _ => crate::accounts::script(words, account, 0, rng.u32(0..19)),
        };
        let amount = rng.u64(10_000..1_000_000);
        world.network.chain().faucet(script, Sat::new(amount)).expect("paid");
        paid += amount;
    }
    paid
}
