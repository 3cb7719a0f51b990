use super::test_wallet::{TestWallet, kept_part, stranger};
use super::{sat, slow};
use crate::amount::Sat;
use crate::onchain::{Payees, SendAmount, SpendError};
use crate::view::PartKind;
use bitcoin::{FeeRate, ScriptBuf, Transaction, WScriptHash, absolute::LockTime, hashes::Hash};
use proptest::prelude::*;

const RESERVE_PER_CHANNEL: Sat = Sat::new(25_000);

fn channel() -> ScriptBuf {
    ScriptBuf::new_p2wsh(&WScriptHash::hash(b"channel"))
}

/// The rate asked for, and no more than two bytes above it (a signature may turn out shorter than planned).
fn pays(transaction: &Transaction, fee: Sat, rate: FeeRate) -> bool {
    let least = rate.fee_wu(transaction.weight()).unwrap().to_sat();
    (least..=least + 2 * rate.to_sat_per_vb_ceil()).contains(&fee.get())
}

#[test]
fn what_was_previewed_is_what_is_sent() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(100_000);
    let plan = test_wallet
        .wallet
        .preview_send(&Payees::one(&stranger(), SendAmount::Exact(sat(30_000))), slow(), Sat::ZERO)
        .unwrap();
    let (txid, fee) = (plan.txid(), plan.fee());
    let sent = test_wallet.wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap();
    assert_eq!(sent.compute_txid(), txid);
    assert!(
        sent.output
            .iter()
            .any(|output| output.script_pubkey == stranger() && output.value.to_sat() == 30_000)
    );
    assert!(sent.input.iter().all(|input| input.sequence.is_rbf() && !input.witness.is_empty()));
    assert_eq!(sent.lock_time.to_consensus_u32(), test_wallet.wallet.tip().height);
    assert!(pays(&sent, fee, slow()), "{fee} for {}", sent.weight());
    let booked = test_wallet.wallet.transaction(txid).unwrap();
    assert_eq!((booked.fee, booked.own, booked.confirmation), (Some(fee), true, None));
    assert_eq!(booked.sent.checked_sub(booked.received), sat(30_000).checked_add(fee));
}

#[test]
fn everything_leaves_nothing_or_exactly_the_reserve() {
    for reserve in [0, 25_000] {
        let test_wallet = TestWallet::new();
        test_wallet.earn(60_000);
        test_wallet.earn(50_000);
        let plan = test_wallet
            .wallet
            .preview_send(&Payees::one(&stranger(), SendAmount::Everything), slow(), sat(reserve))
            .unwrap();
        assert_eq!(plan.amount().get() + plan.fee().get() + reserve, 110_000);
        test_wallet.wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap();
        let balance = test_wallet.wallet.balance(sat(reserve));
        assert_eq!((balance.total_sat, balance.can_spend_sat), (sat(reserve), Sat::ZERO));
    }
}

#[test]
fn a_send_into_the_reserve_is_refused_and_told_the_most_that_goes() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(100_000);
    let ask = |amount| {
        test_wallet.wallet.preview_send(
            &Payees::one(&stranger(), SendAmount::Exact(sat(amount))),
            slow(),
            RESERVE_PER_CHANNEL,
        )
    };
    let Err(SpendError::InsufficientBalance { available }) = ask(80_000) else {
        panic!("it must be refused")
    };
    assert!((74_000..75_000).contains(&available.get()), "{available}");
    assert_eq!(ask(available.get()).unwrap().amount(), available);
    assert!(matches!(ask(available.get() + 1), Err(SpendError::InsufficientBalance { .. })));
}

#[test]
fn nothing_dust_and_strangers_pending_money_cannot_be_sent() {
    let test_wallet = TestWallet::new();
    let ask = |amount| {
        test_wallet.wallet.preview_send(&Payees::one(&stranger(), amount), slow(), Sat::ZERO)
    };
    let none =
        |result| matches!(result, Err(SpendError::InsufficientBalance { available: Sat::ZERO }));
    assert!(none(ask(SendAmount::Exact(sat(1000)))) && none(ask(SendAmount::Everything)));
    test_wallet.receive(50_000);
    assert!(none(ask(SendAmount::Exact(sat(1000)))) && none(ask(SendAmount::Everything)));
    assert!(
        matches!(ask(SendAmount::Exact(sat(293))), Err(SpendError::AmountTooSmall { least }) if least == sat(294))
    );
}

#[test]
fn a_plan_holds_nothing_and_a_second_one_over_the_same_coin_is_stale() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(100_000);
    let ask = || {
        test_wallet
            .wallet
            .preview_send(
                &Payees::one(&stranger(), SendAmount::Exact(sat(30_000))),
                slow(),
                Sat::ZERO,
            )
            .unwrap()
    };
    let (dropped, first, second) = (ask(), ask(), ask());
    drop(dropped);
    assert_eq!(test_wallet.wallet.balance(Sat::ZERO).can_spend_sat, sat(100_000));
    test_wallet.wallet.finish(first, &test_wallet.keys, test_wallet.later()).unwrap();
    assert!(matches!(
        test_wallet.wallet.finish(second, &test_wallet.keys, test_wallet.later()),
        Err(SpendError::Stale)
    ));
}

#[test]
fn a_channel_of_half_a_million_leaves_the_reserve() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(1_000_000);
    let fee = test_wallet.wallet.funding_fee(sat(500_000), slow(), RESERVE_PER_CHANNEL).unwrap();
    let funding = test_wallet
        .wallet
        .fund(&channel(), sat(500_000), slow(), RESERVE_PER_CHANNEL, &test_wallet.keys)
        .unwrap();
    assert_eq!(funding.lock_time, LockTime::ZERO);
    assert!(
        funding.input.iter().all(|input| !input.sequence.is_rbf() && !input.witness.is_empty())
    );
    // Not broadcast yet: still ours, promised.
    let balance = test_wallet.wallet.balance(RESERVE_PER_CHANNEL);
    assert_eq!(
        (balance.total_sat, kept_part(&balance, PartKind::Locked)),
        (sat(1_000_000), sat(1_000_000))
    );
    test_wallet.wallet.reapply(&funding, test_wallet.later());
    let balance = test_wallet.wallet.balance(RESERVE_PER_CHANNEL);
    assert_eq!(balance.total_sat.get(), 500_000 - fee.get());
    assert_eq!(kept_part(&balance, PartKind::ForClosing), RESERVE_PER_CHANNEL);
}

#[test]
fn the_largest_channel_can_be_funded_and_one_satoshi_more_cannot() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(300_000);
    test_wallet.earn(200_000);
    let largest = test_wallet.wallet.largest_funding(slow(), RESERVE_PER_CHANNEL);
    let fund = |value| {
        test_wallet.wallet.fund(&channel(), value, slow(), RESERVE_PER_CHANNEL, &test_wallet.keys)
    };
    assert!(fund(sat(largest.get() + 1)).is_err());
    fund(largest).unwrap();
    assert_eq!(TestWallet::new().wallet.largest_funding(slow(), Sat::ZERO), Sat::ZERO);
}

#[test]
fn the_coins_of_a_failed_opening_come_back() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(300_000);
    let funding = test_wallet
        .wallet
        .fund(&channel(), sat(100_000), slow(), Sat::ZERO, &test_wallet.keys)
        .unwrap();
    assert_eq!(test_wallet.wallet.locked().len(), 1);
    assert!(
        test_wallet
            .wallet
            .preview_send(&Payees::one(&stranger(), SendAmount::Everything), slow(), Sat::ZERO)
            .is_err()
    );
    test_wallet.wallet.release(&funding);
    assert_eq!(test_wallet.wallet.balance(Sat::ZERO).can_spend_sat, sat(300_000));
    assert!(test_wallet.wallet.locked().is_empty());
}

#[test]
fn a_custom_rate_is_paid() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(200_000);
    let rate = FeeRate::from_sat_per_vb_u32(137);
    let plan = test_wallet
        .wallet
        .preview_send(&Payees::one(&stranger(), SendAmount::Exact(sat(50_000))), rate, Sat::ZERO)
        .unwrap();
    let fee = plan.fee();
    let sent = test_wallet.wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap();
    assert!(pays(&sent, fee, rate), "{fee} for {}", sent.weight());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Each gets exactly what was said, once; nothing else leaves but the fee, and the reserve stays.
    #[test]
    fn several_payees_get_exactly_theirs_and_the_rest_comes_back(
        coins in prop::collection::vec(2_000u64..80_000, 1..6),
        amounts in prop::collection::vec(330u64..30_000, 2..7),
        reserve in prop_oneof![Just(0u64), 1_000u64..20_000],
        rate in 1u32..40,
    ) {
        let test_wallet = TestWallet::new();
        for coin in &coins { test_wallet.earn(*coin); }
        let payees: Vec<(ScriptBuf, Sat)> = (0u8..).zip(&amounts)
            .map(|(number, amount)| (ScriptBuf::new_p2wsh(&WScriptHash::hash(&[number])), sat(*amount)))
            .collect();
        let (payee, amount) = &payees[0];
        let wanted = Payees::one(payee, SendAmount::Exact(*amount)).with(&payees[1..]);
        let rate = FeeRate::from_sat_per_vb_u32(rate);
        let Ok(plan) = test_wallet.wallet.preview_send(&wanted, rate, sat(reserve)) else { return Ok(()) };
        prop_assert_eq!(plan.amount(), sat(amounts.iter().sum()));
        let fee = plan.fee();
        let sent = test_wallet.wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap();
        for (script, amount) in &payees {
            let paid: Vec<u64> = sent.output.iter().filter(|output| output.script_pubkey == *script)
                .map(|output| output.value.to_sat()).collect();
            prop_assert_eq!(paid, vec![amount.get()]);
        }
        let left = coins.iter().sum::<u64>() - amounts.iter().sum::<u64>() - fee.get();
        let balance = test_wallet.wallet.balance(sat(reserve));
        prop_assert_eq!(balance.total_sat, sat(left));
        prop_assert!(left >= reserve, "{} of {}", left, reserve);
    }
}
