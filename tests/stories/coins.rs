//! Coins that a person froze.

use crate::onchain_quote;
use bitcoin::{Address, Network};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::{Code, Coded};
use fulmen_engine::keys::Password;
use fulmen_engine::view::{Coin, CoinState, FeeSpeed, PartKind};
use fulmen_engine::{Choice, Wallet};
use stories::{Audit, World};

fn states(coins: &[Coin]) -> Vec<(u64, CoinState)> {
    coins.iter().map(|coin| (coin.amount_sat.get(), coin.state)).collect()
}

async fn earns(world: &World, amount: u64) {
    let address = world.wallet.address().await.expect("an address");
    let chain = world.network.chain();
    chain.faucet(address.script_pubkey(), Sat::new(amount)).expect("paid");
    world.mine(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_coin_is_spent_by_nothing_also_after_a_start() {
    let mut world = World::new().await;
    earns(&world, 70_000).await;
    earns(&world, 30_000).await;
    let frozen = world.wallet.coins()[0].outpoint.clone();
    world.wallet.freeze_coin(&frozen, true).await.expect("frozen");
    world.wallet.label_coin(&frozen, "For the\u{202e} roof\n").await.expect("named");

    world.wallet.stop().await;
    world.wallet = Wallet::open(world.settings(), Password::StoredBeside).await.expect("opens");
    world.wallet.sync().await;
    let coins = world.wallet.coins();
    assert_eq!(states(&coins), [(70_000, CoinState::Frozen), (30_000, CoinState::Free)]);
    assert_eq!(coins[0].label.as_deref(), Some("For the roof"), "a name is one plain line");
    let balance = world.wallet.snapshot().balance.onchain;
    assert_eq!((balance.total_sat.get(), balance.can_spend_sat.get()), (100_000, 30_000));
    let part = balance.kept.iter().find(|part| part.kind == PartKind::Frozen).expect("a part");
    assert_eq!(part.amount_msat.get(), 70_000_000);

    let quote = async || {
        let payee = world.network.chain().faucet_script();
        let payee = Address::from_script(&payee, Network::Regtest).expect("an address");
        let amount = Some(Sat::new(50_000));
        onchain_quote(&world.wallet, &payee.to_string(), amount, FeeSpeed::Slow).await
    };
    let refused = quote().await.expect_err("too much");
    assert_eq!(refused.code(), Code::InsufficientBalance, "{refused:?}");
    world.wallet.freeze_coin(&frozen, false).await.expect("freed");
    let quote = quote().await.expect("enough again");
    world.wallet.pay(&quote.id).await.expect("sent");
    world.mine(1).await;
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_spends_exactly_the_coins_that_were_chosen() {
    let world = World::new().await;
    for amount in [70_000, 30_000, 20_000] {
        earns(&world, amount).await;
    }
    let coins = world.wallet.coins();
    let outpoints = |places: &[usize]| -> Vec<String> {
        places.iter().map(|place| coins[*place].outpoint.clone()).collect()
    };
    let payee = world.network.chain().faucet_script();
    let payee = Address::from_script(&payee, Network::Regtest).expect("an address").to_string();
    let quote = async |places: &[usize], amount: u64| {
        let choice = Choice {
            instruction: world.wallet.read(&payee).expect("an address").id,
            amount: Msat::from_sat(Sat::new(amount)),
            coins: Some(outpoints(places)),
            ..Choice::default()
        };
        world.wallet.preview(choice).await
    };
    let short = quote(&[1, 2], 60_000).await;
    assert_eq!(crate::code(short), Code::ChosenCoinsShort, "though the largest coin would do");
    let overtaken = quote(&[1, 2], 10_000).await.expect("a quote");
    world.wallet.freeze_coin(&coins[2].outpoint, true).await.expect("frozen");
    assert_eq!(crate::code(quote(&[1, 2], 10_000).await), Code::Stale, "it is frozen");
    let refused = world.wallet.pay(&overtaken.id).await;
    assert_eq!(crate::code(refused), Code::Stale, "it was frozen after it was shown");
    world.wallet.freeze_coin(&coins[2].outpoint, false).await.expect("freed");

    let quote = quote(&[1, 2], 10_000).await.expect("a quote");
    let chosen = quote.chosen_coins.clone().expect("they are shown");
    assert_eq!(chosen.total_sat.get(), 50_000);
    assert_eq!(chosen.outpoints.len(), 2);
    assert_eq!(
        chosen.change_sat.get() * 1_000,
        50_000_000 - quote.amount_msat.get() - quote.fee_max_msat.get()
    );
    world.wallet.pay(&quote.id).await.expect("sent");
    world.mine(1).await;
    let left = [(70_000, CoinState::Free), (chosen.change_sat.get(), CoinState::Free)];
    assert_eq!(states(&world.wallet.coins()), left);
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}
