//! A start on a disk that is full or read only is refused with the reason, and changes nothing; so is a new password.

use super::ground::Ground;
use crate::code;
use fulmen_engine::Wallet;
use fulmen_engine::config::Settings;
use fulmen_engine::error::Code;
use fulmen_engine::keys::{Password, Secret};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use stories::World;

fn given(text: &str) -> Password {
    Password::Given(Secret::from(text.to_owned()))
}

/// What a wallet's folder holds.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries =
        std::fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("a file").path());
    entries
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), std::fs::read(&path).expect("readable")))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_cannot_write() {
    let Some(ground) = Ground::new("start::a_start_that_cannot_write") else { return };
    let world = World::new().await;
    let settings = Settings { dir: ground.path().join("wallet"), ..world.settings() };
    let wallet = Wallet::create(settings.clone(), given("first")).await.expect("made");
    let node = wallet.node_id();
    wallet.stop().await;
    drop(wallet);
    let before = files(&settings.dir);

    ground.set_read_only(true);
    assert_eq!(code(Wallet::open(settings.clone(), given("first")).await), Code::Storage);
    ground.set_read_only(false);
    assert_eq!(files(&settings.dir), before, "read only");

    ground.fill();
    assert_eq!(code(Wallet::open(settings.clone(), given("first")).await), Code::Storage);
    let new = Settings { dir: ground.path().join("new"), ..settings.clone() };
    assert_eq!(code(Wallet::create(new, given("first")).await), Code::Storage);
    ground.make_room();

    let wallet = Wallet::open(settings.clone(), given("first")).await.expect("opens");
    assert_eq!(wallet.node_id(), node);
    ground.fill();
    let changed = wallet.change_password(given("first"), given("second")).await;
    assert_eq!(code(changed), Code::Storage);
    assert!(wallet.words(given("first")).await.is_ok(), "the old password still opens it");
    ground.make_room();
    wallet.change_password(given("first"), given("second")).await.expect("changed");
    assert!(wallet.words(given("second")).await.is_ok());
    wallet.stop().await;
    world.end().await;
}
