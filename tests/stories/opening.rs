//! Channels that almost come about, and the coins that are kept for them.

use crate::{WALLET, code, onchain_quote};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::{Role, Settings, Tunables};
use fulmen_engine::error::Code;
use fulmen_engine::keys::Password;
use fulmen_engine::probe::{Point, Probe};
use fulmen_engine::view::{Card, CloseWay, FeeSpeed, PartKind, Snapshot};
use fulmen_engine::{ChannelError, Wallet};
use lightning::events::Event;
use serde_json::Value;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use stories::{Audit, Offers, Remote, World, funding, quick};

/// A node that stops answering while a channel is opened to it.
#[derive(Clone, Default)]
struct Mute(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    silent: Option<Since>,
    asked: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Since {
    /// It does not even accept.
    Asked,
    /// It accepts, and never signs.
    Accepted,
}

impl Mute {
    fn knobs(&self) -> Tunables {
        let (events, points) = (self.clone(), self.clone());
        let then = move |event: &Event| {
            if matches!(event, Event::OpenChannelRequest { .. }) {
                events.0.0.lock().expect("not poisoned").asked += 1;
                events.stand_still(Since::Asked);
            }
            Vec::new()
        };
        let look = move |point| {
            if point == Point::Sent && points.asked() > 0 {
                points.stand_still(Since::Accepted);
            }
        };
        Tunables { probe: Probe::new(look).then(then), ..quick() }
    }

    fn stand_still(&self, since: Since) {
        let (state, changed) = &*self.0;
        let silent = |state: &mut State| state.silent == Some(since);
        let state = state.lock().expect("not poisoned");
        drop(changed.wait_while(state, silent).expect("not poisoned"));
    }

    fn set(&self, silent: Option<Since>) {
        let mut state = self.0.0.lock().expect("not poisoned");
        (state.silent, state.asked) = (silent, 0);
        self.0.1.notify_all();
    }

    fn asked(&self) -> usize {
        self.0.0.lock().expect("not poisoned").asked
    }
}

/// A forwarding node that listens, without a coin.
async fn router(world: &World, name: &str, knobs: Tunables) -> (Wallet, String) {
    let settings = Settings {
        listen: Some(([127, 0, 0, 1], 0).into()),
        role: Role::Router,
        suggested_peers: Vec::new(),
        tunables: knobs,
        ..world.settings_of(name)
    };
    let router = Wallet::create(settings, Password::StoredBeside).await.expect("a router");
    router.sync().await;
    let uri = format!("{}@{}", router.node_id(), router.listening().expect("it listens"));
    (router, uri)
}

fn kept(now: &Snapshot, kind: PartKind) -> Msat {
    let part = now.balance.onchain.kept.iter().find(|part| part.kind == kind);
    part.map_or(Msat::ZERO, |part| part.amount_msat)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_size_that_is_offered_opens() {
    let world = World::new().await;
    let hub = world.network.hub_peer().uri;
    for less in [0, 1, 24_999, 54_362] {
        let settings = world.settings_of(&format!("wallet-{less}"));
        let wallet = Wallet::create(settings, Password::StoredBeside).await.expect("a wallet");
        let address = wallet.address().await.expect("an address");
        world.network.faucet(&address).expect("faucet");
        world.mine(1).await;
        wallet.sync().await;
        let largest = wallet.preview_open(&hub, Sat::new(20_000)).expect("a preview").largest_sat;
        let size = Sat::new(largest.get() - less);
        let preview = wallet.preview_open(&hub, size).expect("a preview");
        wallet.open_channel(&preview.id).await.unwrap_or_else(|error| panic!("{less}: {error}"));
        let now = wallet.snapshot();
        let paid = 1_000_000 - size.get() - now.balance.onchain.total_sat.get();
        assert_eq!(Sat::new(paid), preview.open_fee_sat, "the fee is the one that was shown");
        assert_eq!(kept(&now, PartKind::ForClosing).to_sat_floor(), preview.kept_for_closing_sat);
        assert_eq!(kept(&now, PartKind::Locked), Msat::ZERO);
        wallet.stop().await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_answers_too_late_opens_nothing() {
    let mute = Mute::default();
    let mut world = World::with(mute.knobs()).await;
    let tunables = Tunables { opening_patience: Duration::from_millis(500), ..quick() };
    let settings = Settings { tunables, ..world.settings() };
    world.reopen_with(settings).await;
    world.fund().await;
    let before = world.snapshot();
    for since in [Since::Asked, Since::Accepted] {
        mute.set(Some(since));
        let hub = world.network.hub_peer().uri;
        let preview = world.wallet.preview_open(&hub, Sat::new(300_000)).expect("a preview");
        let outcome = world.wallet.open_channel(&preview.id).await;
        assert_eq!(code(outcome), Code::PeerUnreachable);
        // What it says now is too late.
        mute.set(None);
        let now = world.until("free coins", |now| now.balance == before.balance).await;
        assert!(now.channels.list.is_empty(), "{:#?}", now.channels);
    }
    // It answers again, and this is the only channel there ever is.
    world.open_to_hub(Sat::new(300_000)).await;
    assert_eq!(world.snapshot().channels.list.len(), 1);
    world.close_all().await;
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_here_is_not_the_peers_fault() {
    let mute = Mute::default();
    let world = World::with(mute.knobs()).await;
    world.fund().await;
    mute.set(Some(Since::Asked));
    let hub = world.network.hub_peer().uri;
    let preview = world.wallet.preview_open(&hub, Sat::new(800_000)).expect("a preview");
    let opening = world.wallet.open_channel(&preview.id);
    let spending = async {
        world.until("asked", |_| mute.asked() > 0).await;
        let shop = world.network.shop().address().await.expect("an address").to_string();
        let half = Some(Sat::new(500_000));
        let quote = onchain_quote(&world.wallet, &shop, half, FeeSpeed::Normal).await;
        world.wallet.pay(&quote.expect("a quote").id).await.expect("paid");
        mute.set(None);
    };
    let (opened, ()) = tokio::join!(opening, spending);
    assert_eq!(code(opened), Code::InsufficientBalance);
    world.until("nothing locked", |now| kept(now, PartKind::Locked) == Msat::ZERO).await;
    assert!(world.snapshot().channels.list.is_empty());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_shown_must_still_be_so() {
    let world = World::new().await;
    world.fund().await;
    let (wallet, hub) = (&world.wallet, world.network.hub_peer().uri);
    let shop = world.network.shop().address().await.expect("an address").to_string();
    let late = wallet.preview_open(&hub, Sat::new(800_000)).expect("a preview");
    let all = onchain_quote(wallet, &shop, None, FeeSpeed::Normal).await.expect("a quote");
    let some = onchain_quote(wallet, &shop, Some(Sat::new(900_000)), FeeSpeed::Slow).await;
    world.open_to_hub(Sat::new(300_000)).await;
    assert_eq!(code(wallet.open_channel(&late.id).await), Code::Stale);
    assert_eq!(code(wallet.pay(&all.id).await), Code::Stale);
    assert_eq!(code(wallet.pay(&some.expect("a quote").id).await), Code::Stale);
    world.close_all().await;
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coins_of_an_opening_that_a_kill_ended_are_free_again() {
    let mute = Mute::default();
    let world = World::with(mute.knobs()).await;
    let dir = tempfile::tempdir().expect("a folder");
    let mut wallet =
        Remote::new(WALLET, dir.path().join("wallet"), &world.network, "correct horse battery");
    wallet.start().await;
    let address = wallet.ask("address", "").await.expect("an address");
    let address: bitcoin::Address<_> = address.as_str().expect("text").parse().expect("one");
    world.network.faucet(&address.assume_checked()).expect("faucet");
    world.network.mine(1).await.expect("mined");
    wallet.sync().await;
    let can_spend = |now: &Value| now["balance"]["onchain"]["canSpendSat"].as_u64();
    wallet.until("funded", |now| can_spend(now) == Some(1_000_000)).await;

    mute.set(Some(Since::Accepted));
    wallet.tell("channel", "300000");
    wallet.until("locked coins", |now| can_spend(now) == Some(0)).await;
    wallet.ask("durable", "").await.expect("durable");
    wallet.kill();
    mute.set(None);
    wallet.start().await;
    let now = wallet.until("free coins", |now| can_spend(now) == Some(1_000_000)).await;
    assert_eq!(now["balance"]["onchain"]["kept"].as_array().map(Vec::len), Some(0));
    assert_eq!(now["channels"]["list"].as_array().map(Vec::len), Some(0));
    let health = wallet.ask("health", "").await.expect("health");
    assert_eq!(health["peers"].as_array().map(Vec::len), Some(0), "nobody is called: {health}");
    wallet.kill();
    world.end().await;
}

/// Without coins one channel is accepted, as long as nothing in it is ours; with it the wallet asks for coins. A second one
/// would share them. The peer gets the reason, and a refused offer is never made again without anchors.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_coins_takes_one_channel() {
    let world = World::new().await;
    world.fund().await;
    let mute = Mute::default();
    let (router, uri) = router(&world, "router", mute.knobs()).await;
    let open = async |amount| {
        let preview = world.wallet.preview_open(&uri, Sat::new(amount)).expect("a preview");
        world.wallet.open_channel(&preview.id).await
    };
    open(200_000).await.expect("the first");
    mute.set(None);
    let refused = open(200_000).await.expect_err("the second");
    let ChannelError::Refused(said) = &refused else { panic!("{refused:?}") };
    assert!(said.contains("not enough on-chain"), "{said}");
    assert_eq!(mute.asked(), 1, "it is not offered again");
    world.until("nothing locked", |now| kept(now, PartKind::Locked) == Msat::ZERO).await;
    assert_eq!(world.snapshot().channels.list.len(), 1);
    let asks = || router.snapshot().cards.contains(&Card::LowForClosing);
    world.until("it asks for coins", |_| asks()).await;

    // With coins it takes more.
    let address = router.address().await.expect("an address");
    world.network.faucet(&address).expect("faucet");
    world.mine(1).await;
    router.sync().await;
    open(200_000).await.expect("the second");
    world.until("it has enough", |_| !asks()).await;
    router.stop().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_channel_without_anchors() {
    let world = World::new().await;
    world.fund().await;
    let (router, uri) = router(&world, "router", Tunables { anchors: false, ..quick() }).await;
    let address = router.address().await.expect("an address");
    world.network.faucet(&address).expect("faucet");
    world.mine(1).await;
    router.sync().await;
    let before = world.snapshot().balance;

    let preview = world.wallet.preview_open(&uri, Sat::new(200_000)).expect("a preview");
    let announced = world.wallet.open_announced_channel(&preview.id).await;
    assert!(matches!(announced, Err(ChannelError::NotARouter)), "a person's channels are private");
    assert_eq!(code(world.wallet.open_channel(&preview.id).await), Code::NoAnchors);
    // They are connected now, and it offers what it can.
    let node = world.wallet.node_id();
    let preview = router.preview_open(&node, Sat::new(200_000)).expect("a preview");
    let refused = router.open_channel(&preview.id).await.expect_err("refused");
    let ChannelError::Refused(said) = &refused else { panic!("{refused:?}") };
    assert!(said.contains("only channels with anchor outputs"), "{said}");
    let now = world.snapshot();
    assert!(now.channels.list.is_empty() && router.snapshot().channels.list.is_empty());
    assert_eq!(now.balance, before);
    router.stop().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_coins_a_commitment_goes_alone() {
    let world = World::new().await;
    world.fund().await;
    let (router, uri) = router(&world, "router", quick()).await;
    let preview = world.wallet.preview_open(&uri, Sat::new(200_000)).expect("a preview");
    world.wallet.open_channel(&preview.id).await.expect("opened");
    world.mine(3).await;
    router.sync().await;
    world.until("ready", |now| stories::ready_in(now) == 1).await;
    let mut offers = Offers::to(&world.network);
    let channel = world.snapshot().channels.list[0].clone();
    let funding = funding(&world.network, &channel);
    let preview = router.preview_close(&channel.id, CloseWay::Force).expect("a preview");
    router.close_channel(&preview.id).await.expect("closed");
    let offers = Mutex::new(&mut offers);
    let sent = || !offers.lock().expect("not poisoned").commitments(funding).is_empty();
    world.until("a commitment", |_| sent()).await;
    router.stop().await;
    world.end().await;
}

/// A closed channel needs its coins until its close is in a block.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_for_closing_stays_until_it_is_closed() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    let reserve = Msat::from_sat(quick().reserve_per_channel).expect("small");
    assert_eq!(kept(&world.snapshot(), PartKind::ForClosing), reserve);
    let channel = world.snapshot().channels.list[0].id.clone();
    let preview = world.wallet.preview_close(&channel, CloseWay::Force).expect("a preview");
    world.wallet.close_channel(&preview.id).await.expect("closed");
    world.until("sent", |_| !world.network.chain().mempool().is_empty()).await;
    world.until("closing", |now| !now.balance.closing.is_empty()).await;
    assert_eq!(kept(&world.snapshot(), PartKind::ForClosing), reserve);
    world.mine(1).await;
    world.until("free", |now| kept(now, PartKind::ForClosing) == Msat::ZERO).await;
    world.settle().await;
    world.end().await;
}
