//! Who may open the wallet: the password, one process at a time, and the words.

use crate::{WALLET, code};
use fulmen_engine::Wallet;
use fulmen_engine::amount::Sat;
use fulmen_engine::config::{Settings, Tunables};
use fulmen_engine::error::Code;
use fulmen_engine::keys::{Password, Secret};
use std::time::{Duration, Instant};
use stories::{Audit, Remote, World};

fn given(text: &str) -> Password {
    Password::Given(Secret::from(text.to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_password() {
    let world = World::new().await;
    let settings = world.settings_of("locked");
    let wallet = Wallet::create(settings.clone(), given("first")).await.expect("made");
    let node = wallet.node_id();
    assert_eq!(code(Wallet::create(settings.clone(), given("first")).await), Code::WalletExists);
    assert_eq!(code(wallet.words(given("wrong")).await), Code::WrongPassword);
    assert_eq!(
        code(wallet.change_password(given("wrong"), given("second")).await),
        Code::WrongPassword
    );
    wallet.change_password(given("first"), given("second")).await.expect("changed");
    wallet.stop().await;

    for wrong in [given("first"), given("Second"), given(""), Password::StoredBeside] {
        assert_eq!(code(Wallet::open(settings.clone(), wrong).await), Code::WrongPassword);
    }
    let wallet = Wallet::open(settings, given("second")).await.expect("opens");
    assert_eq!(wallet.node_id(), node);
    wallet.stop().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_start_is_refused() {
    let world = World::new().await;
    // As sealed as the real one, whose password takes a second to try.
    let shipped =
        Tunables { seal_work_factor: Tunables::default().seal_work_factor, ..stories::quick() };
    let settings = Settings { tunables: shipped, ..world.settings_of("once") };
    let wallet = Wallet::create(settings.clone(), given("first")).await.expect("made");
    for password in [given("first"), given("wrong")] {
        let begun = Instant::now();
        assert_eq!(code(Wallet::open(settings.clone(), password).await), Code::AlreadyRunning);
        assert!(begun.elapsed() < Duration::from_secs(1), "said after {:?}", begun.elapsed());
    }
    wallet.stop().await;

    // Another process, and the lock of one that was killed.
    let dir = world.settings_of("other").dir;
    let mut remote = Remote::new(WALLET, dir, &world.network, "first");
    remote.start().await;
    let theirs = world.settings_of("other");
    assert_eq!(code(Wallet::open(theirs.clone(), given("first")).await), Code::AlreadyRunning);
    remote.kill();
    let wallet =
        Wallet::open(theirs, given("first")).await.expect("a killed process locks nothing");
    wallet.stop().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_bring_back_what_is_on_chain() {
    let world = World::new().await;
    world.fund().await;
    let node = world.wallet.node_id();
    let words = world.wallet.words(Password::StoredBeside).await.expect("the words");
    world.wallet.stop().await;

    let restored = Wallet::restore(world.settings_of("restored"), words, None, given("new"))
        .await
        .expect("restored");
    restored.sync().await;
    assert_eq!(restored.node_id(), node, "the same words are the same node");
    assert_eq!(restored.snapshot().balance.onchain.total_sat, Sat::new(1_000_000));
    assert_eq!(
        restored.activity(None, None).expect("rows").len(),
        1,
        "and what was received is in the list"
    );
    restored.stop().await;
    let books = Audit::of(&world);
    assert_eq!(books.unexplained(), 0, "{books}");
    world.end().await;
}
