//! Labels, out of one wallet and into another one of the same words.

use crate::{code, onchain_quote};
use bitcoin::{Address, Network};
use fulmen_engine::Wallet;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::Code;
use fulmen_engine::keys::Password;
use fulmen_engine::view::{ActivityFilter, CoinState, FeeSpeed, LabelsTaken};
use stories::{Audit, World};

async fn earns(world: &World, amount: u64) {
    let address = world.wallet.address().await.expect("an address");
    world.network.chain().faucet(address.script_pubkey(), Sat::new(amount)).expect("paid");
    world.mine(1).await;
}

/// The movement of this amount in sat.
fn id_of(world: &World, sat: u64) -> String {
    let rows = world.wallet.activity(None, None).expect("rows");
    let msat = Msat::from_sat(Sat::new(sat)).expect("little");
    rows.into_iter().find(|row| row.amount_msat == msat).expect("a row").id
}

fn label_of(world: &World, sat: u64) -> Option<String> {
    let id = id_of(world, sat);
    world.wallet.detail(&id).expect("rows").expect("the row").movement.label
}

async fn restored(world: &mut World) {
    let words = world.wallet.words(Password::StoredBeside).await.expect("the words");
    world.wallet.stop().await;
    std::fs::remove_dir_all(world.wallet_dir()).expect("the old computer is gone");
    let restored = Wallet::restore(world.settings(), words, None, Password::StoredBeside);
    world.wallet = restored.await.expect("restored");
    world.wallet.sync().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn labels_come_back_with_their_file_and_write_over_nothing() {
    let mut world = World::new().await;
    earns(&world, 70_000).await;
    earns(&world, 30_000).await;
    let roof = Some("for the roof".to_owned());
    let request = world.wallet.receive(Msat::from_sat(Sat::new(50_000)), roof, 3600).await;
    let address: Address<_> = request.expect("a request").address.parse().expect("an address");
    let script = address.assume_checked().script_pubkey();
    world.network.chain().faucet(script, Sat::new(50_000)).expect("paid");
    world.mine(1).await;
    let payee = world.network.chain().faucet_script();
    let payee = Address::from_script(&payee, Network::Regtest).expect("an address").to_string();
    let quote = onchain_quote(&world.wallet, &payee, Some(Sat::new(12_000)), FeeSpeed::Slow).await;
    world.wallet.pay(&quote.expect("a quote").id).await.expect("sent");
    world.mine(1).await;

    world.wallet.label_movement(&id_of(&world, 12_000), "Bread\u{202e} \n").await.expect("named");
    world.wallet.label_movement(&id_of(&world, 30_000), "A gift").await.expect("named");
    let coin = world.wallet.coins().into_iter().find(|coin| coin.amount_sat.get() == 30_000);
    let coin = coin.expect("a coin").outpoint;
    world.wallet.label_coin(&coin, "From Ada").await.expect("named");
    world.wallet.freeze_coin(&coin, true).await.expect("frozen");
    let file = world.wallet.labels().await.expect("a file");
    assert!(file.lines().all(|line| line.starts_with("{\"type\":\"")), "{file}");
    assert!(file.contains("\"origin\":\"wpkh([") && file.contains("\"spendable\":false"), "{file}");
    let again = world.wallet.preview_labels(&file).expect("read");
    assert_eq!((again.labels, again.freezes, again.differ, again.foreign), (0, 0, 0, 0));
    assert_eq!(again.same, 5, "the payment, the gift, the request twice and the coin: {file}");
    let filter = ActivityFilter { text: "bread".into(), ..ActivityFilter::default() };
    assert_eq!(world.wallet.find(&filter, None).expect("rows").len(), 1, "found by its label");
    assert!(world.wallet.csv().expect("a table").contains(",Bread,"));

    restored(&mut world).await;
    assert_eq!(label_of(&world, 12_000), None, "words alone bring none back");
    world.wallet.label_movement(&id_of(&world, 30_000), "Mine").await.expect("named");
    let foreign = "\n{\"type\":\"addr\",\"ref\":\"bc1qnobody\",\"label\":\"x\"}\n{\"type\":\"xpub\",\"ref\":\"y\"}\n?";
    let shown = world.wallet.preview_labels(&(file.clone() + foreign)).expect("read");
    assert_eq!((shown.labels, shown.freezes), (3, 1), "{shown:?}");
    assert_eq!((shown.differ, shown.same), (1, 1), "{shown:?}");
    assert_eq!((shown.foreign, shown.other_types, shown.unreadable), (1, 1, 1), "{shown:?}");
    assert_eq!(label_of(&world, 12_000), None, "a look changes nothing");
    let taken = world.wallet.take_labels(&shown.id).await.expect("taken");
    assert_eq!(taken, LabelsTaken { labels: 3, frozen: 1, not_frozen: 0 });
    assert_eq!(code(world.wallet.take_labels(&shown.id).await), Code::Stale, "once");

    world.reopen().await;
    world.wallet.sync().await;
    let labels = [12_000, 50_000, 30_000].map(|sat| label_of(&world, sat));
    let words = ["Bread", "for the roof", "Mine"].map(|text| Some(text.to_owned()));
    assert_eq!(labels, words);
    let coins = world.wallet.coins();
    let kept = coins.iter().find(|one| one.outpoint == coin).expect("the coin");
    assert_eq!((kept.label.as_deref(), kept.state), (Some("From Ada"), CoinState::Frozen));
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_over_lightning_has_its_label_and_no_file_frees_or_freezes_what_it_must_not() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(400_000)).await;
    let coffee = world.coffee().await;
    let id = coffee.movement.id.clone();
    world.wallet.label_movement(&id, "Break").await.expect("named");
    let hash = coffee.payment_hash.expect("over Lightning");
    let file = world.wallet.labels().await.expect("a file");
    let line = format!("{{\"type\":\"lightning\",\"ref\":\"{hash}\",\"label\":\"Break\"}}");
    assert!(file.contains(&line), "{file}");
    world.wallet.label_movement(&id, "").await.expect("unnamed");
    let shown = world.wallet.preview_labels(&line).expect("read");
    world.wallet.take_labels(&shown.id).await.expect("taken");
    let named = world.wallet.detail(&id).expect("rows").expect("the row").movement;
    assert_eq!(named.label.as_deref(), Some("Break"));

    let coins = world.wallet.coins();
    let [coin] = &coins[..] else { panic!("one coin beside the channel: {coins:?}") };
    let freeze = format!(
        "{{\"type\":\"output\",\"ref\":\"{}\",\"label\":\"Only one\",\"spendable\":false}}",
        coin.outpoint
    );
    let shown = world.wallet.preview_labels(&freeze).expect("read");
    assert_eq!((shown.labels, shown.freezes), (1, 1));
    let taken = world.wallet.take_labels(&shown.id).await.expect("taken");
    assert_eq!(taken, LabelsTaken { labels: 1, frozen: 0, not_frozen: 1 }, "closing needs it");
    assert_eq!(world.wallet.coins()[0].state, CoinState::Free);
    assert_eq!(world.wallet.coins()[0].label.as_deref(), Some("Only one"));
    let large = "\n".repeat(10 * 1024 * 1024 + 1);
    assert_eq!(code(world.wallet.preview_labels(&large)), Code::LabelsTooLong);
    world.end().await;
}
