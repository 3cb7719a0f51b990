//! What words bring back, and go on bringing back: money on addresses that another computer had given out.

use bitcoin::{Network, ScriptBuf};
use fulmen_engine::Wallet;
use fulmen_engine::amount::Sat;
use fulmen_engine::keys::{Keys, Password, Words};
use fulmen_engine::onchain::Onchain;
use fulmen_engine::view::{Direction, MovementKind, Status};
use std::sync::Arc;
use stories::{Audit, World};

/// The first scripts of words, as the old computer gave them out: addresses for others, and change.
struct OldComputer {
    external: Vec<ScriptBuf>,
    change: Vec<ScriptBuf>,
}

impl OldComputer {
    fn of(words: &Words) -> Self {
        let keys = Keys::derive(words, None, Network::Regtest);
        let onchain = Onchain::create(&keys, Network::Regtest, Arc::new(|| ())).expect("made");
        Self {
            external: (0..50).map(|_| onchain.destination_script()).collect(),
            change: (0..50).map(|_| onchain.change_script()).collect(),
        }
    }
}

/// A world whose wallet was restored, and what the old computer had given out.
async fn restored() -> (World, OldComputer) {
    let mut world = World::new().await;
    let words = world.wallet.words(Password::StoredBeside).await.expect("the words");
    world.wallet.stop().await;
    let old = OldComputer::of(&words);
    std::fs::remove_dir_all(world.wallet_dir()).expect("the old computer is gone");
    world.wallet = Wallet::restore(world.settings(), words, None, Password::StoredBeside)
        .await
        .expect("restored");
    world.wallet.sync().await;
    (world, old)
}

fn total(world: &World) -> u64 {
    world.snapshot().balance.total_msat.to_sat_floor().get()
}

/// Pays a script; the wallet looks once, and has it.
async fn is_seen(world: &World, script: &ScriptBuf, case: &str) {
    let before = total(world);
    world.network.chain().faucet(script.clone(), Sat::new(10_000)).expect("paid");
    world.wallet.sync().await;
    assert_eq!(total(world), before + 10_000, "{case}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_paid_to_addresses_of_the_old_computer_is_seen() {
    let (mut world, old) = restored().await;
    is_seen(&world, &old.external[0], "the first address").await;
    is_seen(&world, &old.external[19], "the last that is shown ahead").await;
    is_seen(&world, &old.change[0], "the first change address").await;
    is_seen(&world, &old.change[19], "a later one").await;
    world.mine(6).await;
    is_seen(&world, &old.external[38], "past what was found, after six blocks").await;
    world.reopen().await;
    is_seen(&world, &old.external[49], "after a restart").await;
    is_seen(&world, &old.change[49], "as far ahead as change goes").await;
    is_seen(&world, &old.external[7], "one that was passed over").await;
    world.mine(1).await;

    let rows = world.wallet.activity(None, None).expect("rows");
    assert_eq!(rows.len(), 8, "a row each");
    let arrived = |row: &&fulmen_engine::view::Movement| {
        (row.kind, row.direction, row.status)
            == (MovementKind::Onchain, Direction::In, Status::Paid)
    };
    assert_eq!(rows.iter().filter(arrived).count(), 8);
    assert_eq!(world.snapshot().balance.onchain.total_sat.get(), 80_000);
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_is_enough_where_nobody_asks() {
    let (world, old) = restored().await;
    world.network.chain().faucet(old.external[12].clone(), Sat::new(10_000)).expect("paid");
    world.network.chain().mine(1).expect("a block");
    let settings = fulmen_engine::config::Settings {
        tunables: fulmen_engine::config::Tunables {
            sync_interval: std::time::Duration::from_millis(200),
            ..stories::quick()
        },
        ..world.settings()
    };
    let mut world = world;
    world.reopen_with(settings).await;
    world
        .until("what was paid meanwhile", |now| now.balance.onchain.total_sat.get() == 10_000)
        .await;
    world.network.chain().faucet(old.change[3].clone(), Sat::new(5_000)).expect("paid");
    world.network.mine(1).await.expect("a block");
    world.until("what is paid later", |now| now.balance.onchain.total_sat.get() == 15_000).await;
    world.end().await;
}
