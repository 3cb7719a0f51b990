//! What choosing coins may cost. Anybody can send tiny coins; they must not make our own payments dear.

use super::sat;
use super::test_wallet::{TestWallet, stranger};
use crate::amount::Sat;
use crate::onchain::{Payees, SendAmount, SendPlan, SpendError};
use bitcoin::{FeeRate, ScriptBuf, WScriptHash, hashes::Hash};
use proptest::prelude::*;

/// One P2WPKH input, in virtual bytes.
const INPUT: u64 = 68;

fn at(sat_per_vb: u64) -> FeeRate {
    FeeRate::from_sat_per_vb_u32(sat_per_vb.try_into().unwrap())
}

fn test_wallet_of(coins: impl IntoIterator<Item = u64>) -> TestWallet {
    let test_wallet = TestWallet::new();
    for coin in coins {
        test_wallet.earn(coin);
    }
    test_wallet
}

fn send(test_wallet: &TestWallet, amount: SendAmount, rate: u64) -> Result<SendPlan, SpendError> {
    test_wallet.wallet.preview_send(&Payees::one(&stranger(), amount), at(rate), Sat::ZERO)
}

fn fee(test_wallet: &TestWallet, amount: u64, rate: u64) -> u64 {
    send(test_wallet, SendAmount::Exact(sat(amount)), rate).unwrap().fee().get()
}

#[test]
fn tiny_coins_do_not_make_a_payment_dear() {
    for (tiny, count, rate) in [(330, 20, 50), (1_000, 20, 40), (330, 100, 200), (3_000, 20, 44)] {
        let clean = fee(&test_wallet_of([1_000_000]), 30_000, rate);
        let dusty = test_wallet_of([1_000_000].into_iter().chain(std::iter::repeat_n(tiny, count)));
        assert_eq!(fee(&dusty, 30_000, rate), clean, "{count} coins of {tiny} at {rate}");
    }
}

#[test]
fn everything_leaves_behind_what_costs_more_than_it_brings() {
    let test_wallet = test_wallet_of([100_000, 50_000, 3_400, 3_401, 330, 1_000]);
    let plan = send(&test_wallet, SendAmount::Everything, 50).unwrap();
    let clean =
        send(&test_wallet_of([100_000, 50_000, 3_401]), SendAmount::Everything, 50).unwrap();
    assert_eq!((plan.amount(), plan.fee()), (clean.amount(), clean.fee()));
    assert_eq!((plan.left(), clean.left()), (sat(3_400 + 330 + 1_000), Sat::ZERO));
    // At a low rate they are worth sending.
    let cheap = send(&test_wallet, SendAmount::Everything, 2).unwrap();
    assert_eq!((cheap.left(), cheap.amount().get() + cheap.fee().get()), (Sat::ZERO, 158_131));
    // Nothing but such coins: nothing can be sent.
    let dust = send(&test_wallet_of([330, 1_000, 3_400]), SendAmount::Everything, 50);
    assert!(matches!(dust, Err(SpendError::InsufficientBalance { available: Sat::ZERO })));
}

#[test]
fn change_that_costs_more_than_it_brings_is_not_made() {
    let rate = 50;
    let test_wallet = test_wallet_of([100_000]);
    let most = send(&test_wallet, SendAmount::Everything, rate).unwrap().amount().get();
    for less in 0..6_000 {
        let plan = send(&test_wallet, SendAmount::Exact(sat(most - less)), rate).unwrap();
        let fee = plan.fee().get();
        let sent = test_wallet.wallet.lock().wallet.get_utxo(plan.inputs()[0]).unwrap();
        let change = sent.txout.value.to_sat() - plan.amount().get() - fee;
        assert!(change == 0 || change > INPUT * rate, "{change} of change, {less} less");
    }
}

#[test]
fn the_reserve_stays_even_where_a_coin_of_its_size_costs_more_than_it_brings() {
    let test_wallet = test_wallet_of([300_000]);
    let reserve = sat(25_000);
    let channel = ScriptBuf::new_p2wsh(&WScriptHash::hash(b"channel"));
    let most = test_wallet.wallet.largest_funding(at(400), reserve);
    for less in [0, 1, 293, 294, 295, 12_400, 24_999, 100_000] {
        let value = sat(most.get() - less);
        let funding =
            test_wallet.wallet.fund(&channel, value, at(400), reserve, &test_wallet.keys).unwrap();
        let change: u64 = funding.output.iter().map(|output| output.value.to_sat()).sum();
        assert!(change - value.get() >= reserve.get(), "{less} less");
        test_wallet.wallet.release(&funding);
    }
}

fn test_wallets() -> impl Strategy<Value = (Vec<u64>, Vec<u64>)> {
    let big = prop::collection::vec(40_000u64..2_000_000, 1..6);
    let tiny = prop::collection::vec(294u64..5_000, 0..12);
    (big, tiny)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_payment_costs_more_than_the_fewest_big_coins_and_one_input(
        (mut big, tiny) in test_wallets(), share in 1u64..99, rate in 1u64..300
    ) {
        let test_wallet = test_wallet_of(big.iter().chain(&tiny).copied());
        let amount = (big.iter().sum::<u64>() / 100 * share).max(1_000);
        big.sort_unstable_by(|a, b| b.cmp(a));
        // Frame, payee and change: 10.5 + 31 + 31 virtual bytes.
        let cost = |coins: u64| (73 + coins * INPUT) * rate;
        let enough = (1..).zip(&big).scan(0, |sum, (count, coin)| { *sum += coin; Some((count, *sum)) })
            .find(|(count, sum)| *sum >= amount + cost(*count));
        if let Some((count, _)) = enough {
            let plan = send(&test_wallet, SendAmount::Exact(sat(amount)), rate).unwrap();
            prop_assert!(plan.fee().get() <= cost(count + 1), "{} for {count} coins", plan.fee());
            for outpoint in plan.inputs() {
                let coin = test_wallet.wallet.lock().wallet.get_utxo(outpoint).unwrap();
                prop_assert!(coin.txout.value.to_sat() > INPUT * rate, "it brings something");
            }
        }
    }

    #[test]
    fn slower_never_costs_more_and_the_same_purse_gives_the_same_plan(
        (big, tiny) in test_wallets(), share in 1u64..110, reserve in prop_oneof![Just(0u64), 1u64..60_000]
    ) {
        let test_wallet = test_wallet_of(big.iter().chain(&tiny).copied());
        let amount = (big.iter().sum::<u64>() / 100 * share).max(1_000);
        for amount in [SendAmount::Exact(sat(amount)), SendAmount::Everything] {
            let ask = |rate| test_wallet.wallet.preview_send(&Payees::one(&stranger(), amount), at(rate), sat(reserve));
            let mut dearer: Option<SendPlan> = None;
            for rate in [300, 200, 120, 60, 51, 50, 20, 19, 5, 2, 1] {
                let Ok(plan) = ask(rate) else {
                    prop_assert!(dearer.is_none(), "what goes fast goes slowly");
                    continue;
                };
                prop_assert_eq!(ask(rate).unwrap().txid(), plan.txid());
                if let (Some(dearer), SendAmount::Exact(_)) = (&dearer, amount) {
                    prop_assert!(plan.fee() <= dearer.fee(), "{} at {rate}, {} above", plan.fee(), dearer.fee());
                }
                if let (Some(dearer), SendAmount::Everything) = (&dearer, amount) {
                    prop_assert!(plan.amount() >= dearer.amount());
                }
                dearer = Some(plan);
            }
        }
    }
}
