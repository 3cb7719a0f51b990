//! Someone else with the keys writes to the vault of a running wallet: it stops before it could do harm, says so, and
//! works again after a new start.

use super::TOLD;
use crate::code;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::Code;
use fulmen_engine::event::Event;
use fulmen_engine::keys::{Password, seal};
use fulmen_engine::store::{Batch, Vault};
use fulmen_engine::view::SyncStatus;
use std::time::Instant;
use stories::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_write_stops_the_wallet() {
    let mut world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let instruction = world.wallet.read(&coffee).expect("readable");
    let before = world.snapshot();

    let dir = world.wallet_dir();
    let secrets = seal::unseal(&dir.join(seal::SEALED), &Password::StoredBeside).expect("the keys");
    let mut events = world.wallet.bus().subscribe();
    // The wallet may come first, and then it is the other that is refused.
    loop {
        let other = Vault::open(&dir.join("vault.db"), &secrets.data_key).expect("opens");
        if other.commit(&Batch::default()).is_ok() {
            break;
        }
    }

    let begun = Instant::now();
    world.wallet.set_words_backed_up(true);
    loop {
        if let Event::Sync(SyncStatus::VaultChanged, _) = events.recv().await.expect("told") {
            break;
        }
    }
    let told = begun.elapsed();
    assert!(told < TOLD, "told after {told:?}");
    eprintln!("a foreign write: told after {told:.1?}");

    let choice = fulmen_engine::Choice {
        instruction: instruction.id,
        amount: None,
        speed: None,
        everything: false,
        ..fulmen_engine::Choice::default()
    };
    match world.wallet.preview(choice).await {
        Ok(quote) => assert_eq!(code(world.wallet.pay(&quote.id).await), Code::VaultDamaged),
        // Its peers are let go.
        Err(error) => eprintln!("no quote any more: {error}"),
    }
    assert_eq!(code(world.wallet.address().await), Code::VaultDamaged);
    assert_eq!(world.snapshot().balance.total_msat, before.balance.total_msat);
    assert!(world.network.chain().mempool().is_empty(), "nothing is closed");

    world.reopen().await;
    world
        .until("the channel", |now| now.balance.lightning.can_send_msat > Msat::new(2_200_000))
        .await;
    world.knows_the_network().await;
    let id = world.start_paying(&coffee).await;
    world.decided(id).await;
    assert_eq!(world.snapshot().channels.list.len(), 1);
    world.end().await;
}
