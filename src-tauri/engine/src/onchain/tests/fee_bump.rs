use super::test_wallet::{TestWallet, kept_part, stranger};
use super::{sat, slow};
use crate::amount::Sat;
use crate::onchain::{Instead, Payees, SendAmount, SpendError, Way, rate_of};
use crate::view::PartKind;
use bitcoin::{FeeRate, Transaction};
use proptest::prelude::*;

fn rate(sat_per_vb: u32) -> FeeRate {
    FeeRate::from_sat_per_vb_u32(sat_per_vb)
}

fn sent(wallet: &TestWallet, amount: SendAmount, reserve: Sat) -> Transaction {
    let plan =
        wallet.wallet.preview_send(&Payees::one(&stranger(), amount), slow(), reserve).unwrap();
    wallet.wallet.finish(plan, &wallet.keys, wallet.later()).unwrap()
}

fn gets(transaction: &Transaction) -> Sat {
    let outputs = transaction.output.iter();
    Sat::sum(outputs.filter(|o| o.script_pubkey == stranger()).map(|o| o.value.into())).unwrap()
}

fn spends_all_of(new: &Transaction, old: &Transaction) -> bool {
    old.input
        .iter()
        .all(|input| new.input.iter().any(|i| i.previous_output == input.previous_output))
}

#[test]
fn a_raised_fee_pays_the_payee_the_same_and_only_one_of_both_can_be() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(100_000);
    let first = sent(&test_wallet, SendAmount::Exact(sat(30_000)), Sat::ZERO);
    let wallet = &test_wallet.wallet;
    let txid = first.compute_txid();
    assert_eq!(wallet.way_to_bump(&txid), Some(Way::Replace));
    let before = wallet.transaction(txid).unwrap().fee.unwrap();
    let plan = wallet.plan_replacement(&txid, Instead::Same, rate(9), Sat::ZERO).unwrap();
    assert_eq!(plan.amount(), sat(30_000));
    assert_eq!(plan.fee().minus_or_zero(before), plan.extra);
    let now = test_wallet.later();
    let second = wallet.finish_bump(plan.clone(), &test_wallet.keys, now).unwrap();
    assert!(spends_all_of(&second, &first));
    assert_eq!(gets(&second), sat(30_000));
    let paid = rate_of(plan.fee(), second.weight());
    assert!(paid >= rate(9) && paid < rate(10), "{paid}");
    assert!(wallet.transaction(txid).is_none(), "the first does not count any more");
    let left = 100_000 - 30_000 - plan.fee().get();
    assert_eq!(wallet.balance(Sat::ZERO).total_sat, sat(left));
    let again = wallet.finish_bump(plan, &test_wallet.keys, test_wallet.later());
    assert!(matches!(again, Err(SpendError::Stale)), "once");
    test_wallet.mine(&[&second]);
    assert_eq!(wallet.way_to_bump(&second.compute_txid()), None, "it waits no more");
}

#[test]
fn a_rate_below_the_least_is_the_least_and_a_coin_is_added_where_the_change_is_too_small() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(31_000);
    let first = sent(&test_wallet, SendAmount::Exact(sat(30_000)), Sat::ZERO);
    let (wallet, txid) = (&test_wallet.wallet, first.compute_txid());
    let dear = wallet.plan_replacement(&txid, Instead::Same, rate(50), Sat::ZERO);
    assert!(matches!(dear, Err(SpendError::InsufficientBalance { .. })));
    test_wallet.receive(40_000);
    let waits = wallet.plan_replacement(&txid, Instead::Same, rate(50), Sat::ZERO);
    assert!(waits.is_err(), "no input may be added that waits itself (BIP 125)");
    test_wallet.earn(50_000);
    let plan = wallet.plan_replacement(&txid, Instead::Same, rate(50), Sat::ZERO).unwrap();
    assert_eq!(plan.amount(), sat(30_000));
    let kept = wallet.plan_replacement(&txid, Instead::Same, rate(50), sat(50_000));
    assert!(matches!(kept, Err(SpendError::InsufficientBalance { .. })), "what is kept, stays");
    let low = wallet.plan_replacement(&txid, Instead::Same, rate(1), Sat::ZERO).unwrap();
    let size = u64::try_from(first.vsize()).unwrap();
    assert!(low.extra.get() >= size - 1, "a satoshi a byte more: {}", low.extra);
}

#[test]
fn everything_shrinks_and_what_is_kept_stays() {
    for reserve in [0, 25_000] {
        let test_wallet = TestWallet::new();
        test_wallet.earn(90_000);
        let first = sent(&test_wallet, SendAmount::Everything, sat(reserve));
        let (wallet, txid) = (&test_wallet.wallet, first.compute_txid());
        let rest = Instead::Rest { kept: sat(reserve) };
        let plan = wallet.plan_replacement(&txid, rest, rate(20), sat(reserve)).unwrap();
        assert_eq!(plan.amount().get() + plan.fee().get() + reserve, 90_000);
        let second = wallet.finish_bump(plan, &test_wallet.keys, test_wallet.later()).unwrap();
        assert!(gets(&second) < gets(&first) && spends_all_of(&second, &first));
        assert_eq!(wallet.balance(Sat::ZERO).total_sat, sat(reserve));
    }
}

#[test]
fn what_is_called_off_comes_back_but_for_the_fee() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(100_000);
    let first = sent(&test_wallet, SendAmount::Exact(sat(30_000)), Sat::ZERO);
    let (wallet, txid) = (&test_wallet.wallet, first.compute_txid());
    let plan = wallet.plan_replacement(&txid, Instead::Nothing, rate(5), Sat::ZERO).unwrap();
    let fee = plan.fee();
    let back = wallet.finish_bump(plan, &test_wallet.keys, test_wallet.later()).unwrap();
    assert!(spends_all_of(&back, &first) && gets(&back) == Sat::ZERO);
    assert_eq!(wallet.balance(Sat::ZERO).total_sat, sat(100_000 - fee.get()));
}

#[test]
fn what_others_build_upon_is_not_replaced() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(100_000);
    let first = sent(&test_wallet, SendAmount::Exact(sat(30_000)), Sat::ZERO);
    let second = sent(&test_wallet, SendAmount::Exact(sat(20_000)), Sat::ZERO);
    let wallet = &test_wallet.wallet;
    assert_eq!(second.input[0].previous_output.txid, first.compute_txid());
    assert_eq!(wallet.way_to_bump(&first.compute_txid()), None, "its change is spent");
    assert_eq!(wallet.way_to_bump(&second.compute_txid()), Some(Way::Replace));
}

#[test]
fn a_child_brings_both_to_the_rate_and_is_no_coin_while_its_parent_may_go() {
    let test_wallet = TestWallet::new();
    let first = sent_by_a_stranger(&test_wallet, 50_000, 200);
    let (wallet, txid) = (&test_wallet.wallet, first.compute_txid());
    assert_eq!(wallet.way_to_bump(&txid), Some(Way::Child));
    let plan = wallet.plan_child(&txid, rate(12), Sat::ZERO).unwrap();
    let fee = plan.fee();
    let child = wallet.finish_bump(plan, &test_wallet.keys, test_wallet.later()).unwrap();
    let both = Sat::new(200 + fee.get());
    let paid = rate_of(both, first.weight() + child.weight());
    assert!(paid >= rate(12) && paid < rate(13), "{paid}");
    let balance = wallet.balance(Sat::ZERO);
    assert_eq!(balance.can_spend_sat, Sat::ZERO, "the sender could take its parent back");
    assert_eq!(kept_part(&balance, PartKind::Unconfirmed), sat(50_000 - fee.get()));
    test_wallet.mine(&[&first]);
    assert_eq!(wallet.balance(Sat::ZERO).can_spend_sat, sat(50_000 - fee.get()));
}

/// Its inputs are known, as a server tells them, so its fee is.
fn sent_by_a_stranger(test_wallet: &TestWallet, amount: u64, fee: u64) -> Transaction {
    let before = test_wallet.foreign(amount + fee, stranger());
    let to = test_wallet.wallet.fresh_address(&std::collections::HashSet::new()).script_pubkey();
    let mut paid = test_wallet.foreign(amount, to);
    paid.input[0].previous_output = bitcoin::OutPoint::new(before.compute_txid(), 0);
    test_wallet.see(&before, test_wallet.later());
    test_wallet.see(&paid, test_wallet.later());
    paid
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_replacement_is_dearer_by_its_own_size(
        coins in prop::collection::vec(2_000u64..400_000, 1..6),
        share in 5u64..95,
        wanted in 1u32..80,
    ) {
        let test_wallet = TestWallet::new();
        for coin in &coins {
            test_wallet.earn(*coin);
        }
        let amount = SendAmount::Exact(sat(coins.iter().sum::<u64>() * share / 100));
        let Ok(plan) = test_wallet.wallet.preview_send(&Payees::one(&stranger(), amount), slow(), Sat::ZERO) else {
            return Ok(());
        };
        let first = test_wallet.wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap();
        for instead in [Instead::Same, Instead::Nothing] {
            let txid = first.compute_txid();
            let plan = test_wallet.wallet.plan_replacement(&txid, instead, rate(wanted), Sat::ZERO);
            let Ok(plan) = plan else { continue };
            let spent = plan.plan.inputs();
            prop_assert!(first.input.iter().all(|input| spent.contains(&input.previous_output)));
            prop_assert!(instead == Instead::Nothing || plan.amount() == gets(&first));
            // At least 1 sat a virtual byte of its own on top (BIP 125, rule 4).
            let size = 11 + 68 * spent.len() as u64;
            prop_assert!(plan.extra.get() >= size, "{} for {size}", plan.extra);
        }
    }
}
