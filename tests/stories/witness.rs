//! A peer keeps how far the wallet was, and shows it: a copy of the wallet's whole directory, which nothing on this computer can
//! tell from the newest, says nothing of a channel and stands still. What else a peer may give back changes nothing.

use crate::code;
use crate::copy::Stick;
use crate::from_copy::{from, ready, restore_as_shown, with_a_copy, words_of};
use crate::stale::settled;
use fulmen_engine::Wallet;
use fulmen_engine::amount::Sat;
use fulmen_engine::config::Tunables;
use fulmen_engine::error::Code;
use fulmen_engine::keys::Password;
use fulmen_engine::view::{Card, ChannelState, QuarantineReason, Snapshot, SyncStatus};
use std::time::{Duration, Instant};
use stories::{Answer, Offers, PATIENCE, World, copy_dir, funding};

const CARD: Card = Card::Quarantine { channels: 1, reason: QuarantineReason::Witnessed };

/// A wallet with a channel to Hub that has gone on since its directory was copied, with its mirror, to `copied`.
async fn with_a_copied_directory() -> World {
    let mut world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    world.coffee().await;
    settled(&world).await;
    world.wallet.stop().await;
    world.keep("copied", true);
    world.reopen().await;
    world.until("the channel", ready).await;
    world.knows_the_network().await;
    world.coffee().await;
    settled(&world).await;
    world
}

/// Waits until another wallet than the world's shows it.
async fn until(wallet: &Wallet, what: &str, condition: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let mut events = wallet.bus().subscribe();
    let begun = Instant::now();
    loop {
        let now = wallet.snapshot();
        if condition(&now) {
            return now;
        }
        assert!(begun.elapsed() < PATIENCE, "never happened: {what}; the wallet is {now:#?}");
        drop(tokio::time::timeout(Duration::from_millis(250), events.recv()).await);
    }
}

fn stands_still(now: &Snapshot) -> bool {
    now.sync == SyncStatus::Quarantine
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_directory_stands_still_and_the_original_goes_on() {
    let mut world = with_a_copied_directory().await;
    let mut offers = Offers::to(&world.network);
    let at = funding(&world.network, &world.snapshot().channels.list[0]);
    // Beside the original, which Hub speaks to; then it is alone.
    let copy = Wallet::open(world.settings_of("copied"), Password::StoredBeside).await;
    let copy = copy.expect("opens");
    copy.sync().await;
    assert!(!stands_still(&copy.snapshot()), "nothing on this computer tells");
    world.wallet.stop().await;
    let (_, greeted) = world.keepers.counts();
    let now = until(&copy, "the copy stands still", stands_still).await;
    assert_eq!(now.cards.first(), Some(&CARD));
    assert_eq!(world.keepers.counts().1, greeted, "no channel was spoken of");
    assert_eq!(code(copy.receive(None, None, 3600).await), Code::Quarantine);
    copy.durable().await;
    copy.stop().await;

    // It is remembered, also where nobody shows it again.
    world.keepers.answer(Answer::Nothing);
    let copy = Wallet::open(world.settings_of("copied"), Password::StoredBeside).await;
    let copy = copy.expect("opens");
    copy.sync().await;
    world.network.mine(20).await.expect("mined");
    copy.sync().await;
    assert_eq!(copy.snapshot().cards.first(), Some(&CARD));
    assert!(!copy.is_connected(&world.network.hub().node_id()));
    copy.stop().await;

    world.keepers.answer(Answer::Truth);
    world.reopen().await;
    world.until("the channel", ready).await;
    world.knows_the_network().await;
    world.coffee().await;
    assert!(offers.commitments(at).is_empty(), "nothing was published");
    world.close_all().await;
    world.end().await;
}

/// What a wallet would do that heeds no witness: where Hub shows none, the copy speaks of its channel, and Hub's proof alone stops it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_witness_a_copied_directory_speaks() {
    let world = with_a_copied_directory().await;
    world.wallet.stop().await;
    world.keepers.answer(Answer::Nothing);
    let (_, greeted) = world.keepers.counts();
    let copy = Wallet::open(world.settings_of("copied"), Password::StoredBeside).await;
    let copy = copy.expect("opens");
    let waits = |now: &Snapshot| {
        now.channels.list.first().is_some_and(|one| one.state == ChannelState::WaitingForPeer)
    };
    let now = until(&copy, "Hub's proof", waits).await;
    assert!(!stands_still(&now));
    assert!(world.keepers.counts().1 > greeted, "it spoke of the channel");
    copy.stop().await;
}

/// Hub gives it back when we have stopped waiting for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_late_counts_all_the_same() {
    let world = with_a_copied_directory().await;
    world.wallet.stop().await;
    let settings = world.settings_of("copied");
    let tunables = Tunables { witness_patience: Duration::ZERO, ..settings.tunables.clone() };
    let settings = fulmen_engine::config::Settings { tunables, ..settings };
    let copy = Wallet::open(settings, Password::StoredBeside).await.expect("opens");
    let now = until(&copy, "the copy stands still", stands_still).await;
    assert_eq!(now.cards.first(), Some(&CARD));
    copy.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_else_that_a_peer_gives_back_changes_anything() {
    let mut world = with_a_copied_directory().await;
    let answers = [Answer::Truth, Answer::Nothing, Answer::First, Answer::Garbage, Answer::TooMuch];
    for answer in answers {
        world.keepers.answer(answer);
        let (given_back, _) = world.keepers.counts();
        world.reopen().await;
        world.until("the channel", ready).await;
        assert!(world.keepers.counts().0 > given_back, "Hub keeps it");
        world.knows_the_network().await;
        world.coffee().await;
    }
    world.close_all().await;
    world.end().await;
}

/// The folder of the copy is not in reach of both: the peer tells whoever was taken over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_wallet_goes_on_and_whoever_it_was_restored_from_hears_of_it() {
    let (mut world, stick, words) = with_a_copy().await;
    world.wallet.stop().await;
    let other = Stick::new();
    copy_dir(&stick.path(), &other.path());
    let elsewhere = || world.settings_of("elsewhere");
    let source = from(&words, &other.path());
    let second = restore_as_shown(elsewhere(), source).await.expect("restored");
    until(&second, "the channel goes on", ready).await;
    // What Hub kept of the first one is an earlier term.
    assert!(!stands_still(&second.snapshot()));
    let first = std::mem::replace(&mut world.wallet, second);
    drop(first);
    world.knows_the_network().await;
    world.coffee().await;
    settled(&world).await;
    world.wallet.stop().await;

    let first = Wallet::open(world.settings(), Password::StoredBeside).await.expect("opens");
    let now = until(&first, "the first one stands still", stands_still).await;
    assert_eq!(now.cards.first(), Some(&CARD));
    first.stop().await;
    let again = Wallet::open(world.settings_of("elsewhere"), Password::StoredBeside).await;
    world.wallet = again.expect("opens");
    world.until("the channel", ready).await;
    world.close_all().await;
    world.end().await;
}

/// Words alone know no peers. One that is asked names the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wallet_from_words_alone_hears_which_channels_there_were() {
    let world = with_a_copied_directory().await;
    let at = funding(&world.network, &world.snapshot().channels.list[0]);
    let words = words_of(&world).await;
    world.lose().await;
    let settings = world.settings_of("from words");
    let restored = Wallet::restore(settings, words, None, Password::StoredBeside).await;
    let restored = restored.expect("restored");
    restored.sync().await;
    let hub = world.network.hub_peer().uri;
    restored.connect(&hub).await.expect("connected");
    let heard = |_: &Snapshot| !restored.witnessed().is_empty();
    until(&restored, "what Hub keeps", heard).await;
    let said = restored.witnessed().remove(0);
    assert_eq!(said.peers[0].fundings, [at]);
    let address = said.peers[0].address.as_ref().map(ToString::to_string);
    assert_eq!(format!("{}@{}", said.peers[0].node, address.expect("known")), hub);
    assert!(said.left_out == 0 && said.generation > 10);
    assert!(!stands_still(&restored.snapshot()), "another life");
    restored.stop().await;
}
