use super::test_wallet::{TestWallet, stranger};
use super::{sat, slow};
use crate::amount::Sat;
use crate::onchain::{Payees, SendAmount, SendPlan, SpendError};
use bitcoin::{FeeRate, OutPoint};
use std::collections::BTreeSet;

fn coin_of(transaction: &bitcoin::Transaction) -> OutPoint {
    OutPoint::new(transaction.compute_txid(), 0)
}

fn plan(
    test_wallet: &TestWallet,
    coins: &[OutPoint],
    amount: SendAmount,
    reserve: Sat,
) -> Result<SendPlan, SpendError> {
    test_wallet.wallet.preview_send_of(coins, &Payees::one(&stranger(), amount), slow(), reserve)
}

fn is_spent(plan: &SendPlan, coins: &[OutPoint]) -> bool {
    let spent: BTreeSet<OutPoint> = plan.inputs().into_iter().collect();
    spent.len() == plan.inputs().len() && spent == coins.iter().copied().collect()
}

#[test]
fn exactly_the_chosen_coins_pay() {
    let test_wallet = TestWallet::new();
    let coins = [30_000, 70_000, 20_000].map(|amount| coin_of(&test_wallet.earn(amount)));
    let chosen = [coins[0], coins[2], coins[0]];
    let planned = plan(&test_wallet, &chosen, SendAmount::Exact(sat(10_000)), Sat::ZERO).unwrap();
    assert!(is_spent(&planned, &chosen), "one of them would do, and the largest would do alone");
    let all = Sat::sum([planned.amount(), planned.fee(), planned.change()]);
    assert_eq!((planned.amount(), all), (sat(10_000), Some(sat(50_000))));
    let everything = plan(&test_wallet, &chosen, SendAmount::Everything, Sat::ZERO).unwrap();
    assert!(is_spent(&everything, &chosen));
    assert_eq!((everything.change(), everything.left()), (Sat::ZERO, Sat::ZERO));

    let (wallet, keys) = (&test_wallet.wallet, &test_wallet.keys);
    let sent = wallet.finish(planned, keys, test_wallet.later()).unwrap();
    assert_eq!(sent.input.len(), 2);
    let late = wallet.finish(everything, keys, test_wallet.later()).unwrap_err();
    assert!(matches!(late, SpendError::Stale), "{late:?}");
}

#[test]
fn what_the_chosen_coins_do_not_pay_for_is_refused_though_others_could() {
    let test_wallet = TestWallet::new();
    let (small, _) = (coin_of(&test_wallet.earn(30_000)), test_wallet.earn(70_000));
    let ask = |amount| plan(&test_wallet, &[small], SendAmount::Exact(sat(amount)), Sat::ZERO);
    let Err(SpendError::ChosenCoinsShort { available }) = ask(30_000) else {
        panic!("the fee is not there")
    };
    assert!(is_spent(&ask(available.get()).unwrap(), &[small]));
    assert!(matches!(ask(available.get() + 1), Err(SpendError::ChosenCoinsShort { .. })));
    let none = plan(&test_wallet, &[], SendAmount::Everything, Sat::ZERO);
    assert!(matches!(none, Err(SpendError::ChosenCoinsShort { available: Sat::ZERO })));
    let none = plan(&test_wallet, &[], SendAmount::Exact(sat(1_000)), Sat::ZERO);
    assert!(matches!(none, Err(SpendError::ChosenCoinsShort { available: Sat::ZERO })));
}

#[test]
fn a_frozen_or_unknown_coin_is_not_chosen() {
    let test_wallet = TestWallet::new();
    let (frozen, free) = (coin_of(&test_wallet.earn(30_000)), coin_of(&test_wallet.earn(70_000)));
    test_wallet.wallet.freeze(frozen, Sat::ZERO).unwrap();
    for other in [frozen, OutPoint { vout: 7, ..free }] {
        for amount in [SendAmount::Exact(sat(1_000)), SendAmount::Everything] {
            let refused = plan(&test_wallet, &[free, other], amount, Sat::ZERO).unwrap_err();
            assert!(matches!(refused, SpendError::Stale), "{refused:?}");
        }
    }
}

#[test]
fn the_reserve_is_kept_by_the_other_coins_or_comes_back() {
    let test_wallet = TestWallet::new();
    let (small, large) = (coin_of(&test_wallet.earn(30_000)), coin_of(&test_wallet.earn(70_000)));
    let reserve = sat(40_000);
    let beside = plan(&test_wallet, &[small], SendAmount::Everything, reserve).unwrap();
    assert_eq!(beside.change(), Sat::ZERO, "the other coin keeps it");
    let back = plan(&test_wallet, &[large], SendAmount::Everything, reserve).unwrap();
    assert_eq!(back.change(), sat(10_000), "the other coin keeps 30 000 of it");
    for planned in [beside, back] {
        assert!(test_wallet.wallet.keeps(&planned, reserve));
    }
    let both = plan(&test_wallet, &[small, large], SendAmount::Exact(sat(60_000)), reserve);
    assert!(matches!(both, Err(SpendError::ChosenCoinsShort { .. })), "{both:?}");
}

#[test]
fn a_chosen_coin_pays_though_it_costs_more_than_it_brings() {
    let test_wallet = TestWallet::new();
    let chosen = [70_000, 600].map(|amount| coin_of(&test_wallet.earn(amount)));
    let dear = FeeRate::from_sat_per_vb_u32(50);
    for amount in [SendAmount::Exact(sat(10_000)), SendAmount::Everything] {
        let wallet = &test_wallet.wallet;
        let planned = wallet
            .preview_send_of(&chosen, &Payees::one(&stranger(), amount), dear, Sat::ZERO)
            .unwrap();
        assert!(is_spent(&planned, &chosen));
    }
}
