//! The addresses that were given out, with what came to each.

use crate::onchain_quote;
use bitcoin::{Address, Network};
use fulmen_engine::Wallet;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::keys::Password;
use fulmen_engine::view::{AddressOrigin, FeeSpeed, MovementKind, OwnAddress, Request};
use stories::World;

async fn asks(world: &World, sat: u64, note: &str) -> Request {
    let amount = Msat::from_sat(Sat::new(sat));
    world.wallet.receive(amount, Some(note.to_owned()), 3600).await.expect("a request")
}

async fn is_paid(world: &World, address: &str, sat: u64) {
    let address: Address<_> = address.parse().expect("an address");
    let script = address.assume_checked().script_pubkey();
    world.network.chain().faucet(script, Sat::new(sat)).expect("paid");
    world.mine(1).await;
}

/// Whose it is, what came and what is still there, and in how many transactions.
fn seen(one: &OwnAddress) -> (AddressOrigin, u64, u64, usize) {
    (one.origin, one.received_sat.get(), one.held_sat.get(), one.movements.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_keeps_its_history_and_words_alone_know_what_was_paid() {
    use AddressOrigin::{Request, Unknown};
    let mut world = World::new().await;
    assert!(addresses(&world).is_empty(), "nobody was given one");
    let roof = asks(&world, 50_000, "for the roof").await;
    let rent = asks(&world, 70_000, "rent").await;
    let given = world.wallet.addresses().expect("a list");
    let texts: Vec<&String> = given.iter().map(|one| &one.address).collect();
    assert_eq!(texts, [&rent.address, &roof.address], "the newest first");
    assert_eq!(given.iter().map(seen).collect::<Vec<_>>(), [(Request, 0, 0, 0); 2]);
    assert_eq!(given[1].note.as_deref(), Some("for the roof"));
    assert_eq!(given[1].given_at_secs, Some(roof.created_at_secs));

    is_paid(&world, &roof.address, 50_000).await;
    is_paid(&world, &roof.address, 20_000).await;
    world.wallet.label_movement(&roof.id, "Slates").await.expect("named");
    let payee = world.network.chain().faucet_script();
    let payee = Address::from_script(&payee, Network::Regtest).expect("an address").to_string();
    let quote = onchain_quote(&world.wallet, &payee, None, FeeSpeed::Slow).await.expect("a quote");
    let sent = world.wallet.pay(&quote.id).await.expect("sent").id.to_string();
    world.mine(1).await;

    world.reopen().await;
    let given = world.wallet.addresses().expect("a list");
    let expected = [(Request, 0, 0, 0), (Request, 70_000, 0, 3)];
    assert_eq!(given.iter().map(seen).collect::<Vec<_>>(), expected);
    assert_eq!(given[1].label.as_deref(), Some("Slates"));
    let [all, more, first] = &given[1].movements[..] else { panic!("{:?}", given[1]) };
    assert_eq!((all.left_sat.get(), all.movement_id.as_ref()), (70_000, Some(&sent)));
    assert_eq!((more.came_sat.get(), first.came_sat.get()), (20_000, 50_000));
    assert_eq!(first.movement_id.as_ref(), Some(&roof.id), "its request");
    assert!(more.movement_id.as_ref().is_some_and(|id| *id != roof.id), "a row of its own");
    assert_eq!((all.confirmations, first.confirmations), (1, 3));

    let words = world.wallet.words(Password::StoredBeside).await.expect("the words");
    world.lose().await;
    let restored = Wallet::restore(world.settings(), words, None, Password::StoredBeside);
    world.wallet = restored.await.expect("restored");
    world.wallet.sync().await;
    let given = world.wallet.addresses().expect("a list");
    assert_eq!(given.iter().map(seen).collect::<Vec<_>>(), [(Unknown, 70_000, 0, 3)]);
    assert_eq!((&given[0].address, given[0].given_at_secs), (&roof.address, None));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_channel_was_promised_is_nobodys_address_until_it_pays_and_is_then_its_own() {
    let world = World::new().await;
    world.fund().await;
    let before: Vec<String> = addresses(&world);
    assert_eq!(before.len(), 1, "what the faucet was given");
    world.open_to_hub(Sat::new(400_000)).await;
    assert_eq!(addresses(&world), before, "the peer has a script, and no person has");
    world.close_all().await;
    let given = world.wallet.addresses().expect("a list");
    let ended: Vec<&OwnAddress> =
        given.iter().filter(|one| one.origin == AddressOrigin::Channel).collect();
    let [ended] = ended[..] else { panic!("one channel, closed together: {given:?}") };
    let close = world.newest(MovementKind::ChannelClose).movement.id;
    assert_eq!(ended.movements[0].movement_id, Some(close));
    assert_eq!(ended.held_sat, ended.received_sat);
    assert_eq!(given.len(), 2);
    world.end().await;
}

fn addresses(world: &World) -> Vec<String> {
    world.wallet.addresses().expect("a list").into_iter().map(|one| one.address).collect()
}
