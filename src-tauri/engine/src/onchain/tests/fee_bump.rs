use super::test_wallet::{TestWallet, kept_part, stranger};
use super::{sat, slow};
use crate::amount::Sat;
use crate::onchain::{Instead, Payees, SendAmount, SpendError, Way, rate_of};
use crate::view::PartKind;
use bdk_wallet::Update;
use bitcoin::{Amount, FeeRate, ScriptBuf, Transaction, TxOut, WScriptHash, hashes::Hash};
use proptest::prelude::*;
use std::sync::Arc;

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

/// A look may have been under way, and a server hears of it only after the vault has it.
#[test]
fn a_server_that_has_not_heard_of_it_yet_does_not_bring_the_first_back() {
    // Which one would come forward was up to their ids.
    for number in 0..8 {
        let test_wallet = TestWallet::new();
        test_wallet.earn(100_000);
        let first = sent(&test_wallet, SendAmount::Exact(sat(30_000)), Sat::ZERO);
        let (wallet, txid) = (&test_wallet.wallet, first.compute_txid());
        let now = test_wallet.later();
        test_wallet.see(&first, now);
        let at = rate(9 + number);
        let plan = wallet.plan_replacement(&txid, Instead::Same, at, Sat::ZERO).unwrap();
        let second = wallet.finish_bump(plan, &test_wallet.keys, now).unwrap();
        let counts = |one: &Transaction| wallet.transaction(one.compute_txid()).is_some();
        assert!(counts(&second) && !counts(&first), "both in one second");
        test_wallet.see(&first, test_wallet.later());
        assert!(counts(&second) && !counts(&first), "of the two the second is meant");
        let vault = TestWallet::loaded(test_wallet.kept());
        assert!(vault.wallet.transaction(second.compute_txid()).is_some());
        test_wallet.mine(&[&first]);
        assert!(counts(&first) && !counts(&second), "a block has the last word");
    }
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
        let payee = stranger();
        let rest = Instead::Rest { to: &payee, kept: sat(reserve) };
        let plan = wallet.plan_replacement(&txid, rest, rate(20), sat(reserve)).unwrap();
        assert_eq!(plan.amount().get() + plan.fee().get() + reserve, 90_000);
        let second = wallet.finish_bump(plan, &test_wallet.keys, test_wallet.later()).unwrap();
        assert!(gets(&second) < gets(&first) && spends_all_of(&second, &first));
        assert_eq!(wallet.balance(Sat::ZERO).total_sat, sat(reserve));
    }
}

/// Somebody else for each amount.
fn others(amounts: &[u64]) -> Vec<(ScriptBuf, Sat)> {
    let script = |number: u8| ScriptBuf::new_p2wsh(&WScriptHash::hash(&[number]));
    (0..).zip(amounts).map(|(number, amount)| (script(number), sat(*amount))).collect()
}

/// Each of them gets what was said, and once.
fn pays_exactly(transaction: &Transaction, others: &[(ScriptBuf, Sat)]) -> bool {
    others.iter().all(|(script, amount)| {
        let outputs = transaction.output.iter().filter(|o| o.script_pubkey == *script);
        outputs.map(|output| output.value.to_sat()).eq([amount.get()])
    })
}

/// By value the one that gets the rest stands behind one of the others and before another.
#[test]
fn of_several_only_the_one_that_gets_the_rest_pays_for_a_raised_fee() {
    let (payee, others) = (stranger(), others(&[5_000, 40_000]));
    for reserve in [0, 15_000] {
        let test_wallet = TestWallet::new();
        test_wallet.earn(80_000);
        let wallet = &test_wallet.wallet;
        let all = Payees::one(&payee, SendAmount::Everything).with(&others);
        let plan = wallet.preview_send(&all, slow(), sat(reserve)).unwrap();
        assert_eq!(plan.amount().get() + plan.fee().get() + reserve, 80_000);
        let first = wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap();
        assert!(pays_exactly(&first, &others));
        let (txid, kept) = (first.compute_txid(), sat(reserve));
        let at = |sat_per_vb| {
            let instead = Instead::Rest { to: &payee, kept };
            wallet.plan_replacement(&txid, instead, rate(sat_per_vb), kept)
        };
        let plan = at(20).unwrap();
        assert_eq!(plan.amount().get() + plan.fee().get() + reserve, 80_000);
        let (amount, extra) = (plan.amount(), plan.extra);
        for sat_per_vb in (60..240).step_by(3) {
            match at(sat_per_vb) {
                Ok(plan) => {
                    let transaction = &plan.plan.psbt.unsigned_tx;
                    assert!(pays_exactly(transaction, &others) && gets(transaction) >= sat(294));
                }
                Err(error) => {
                    assert!(matches!(error, SpendError::InsufficientBalance { .. }), "{error:?}");
                }
            }
        }
        assert!(at(240).is_err(), "it would get nothing");
        let second = wallet.finish_bump(plan, &test_wallet.keys, test_wallet.later()).unwrap();
        assert!(pays_exactly(&second, &others) && spends_all_of(&second, &first));
        assert_eq!(gets(&second).get() + 45_000, amount.get());
        assert_eq!(gets(&first).minus_or_zero(gets(&second)), extra, "nobody else pays for it");
        assert_eq!(wallet.balance(Sat::ZERO).total_sat, kept);
    }
}

#[test]
fn the_rest_goes_to_nobody_who_was_not_paid() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(90_000);
    let txid = sent(&test_wallet, SendAmount::Everything, Sat::ZERO).compute_txid();
    let (somebody, _) = others(&[1_000]).remove(0);
    let instead = Instead::Rest { to: &somebody, kept: Sat::ZERO };
    let plan = test_wallet.wallet.plan_replacement(&txid, instead, rate(20), Sat::ZERO);
    assert!(matches!(plan, Err(SpendError::Stale)));
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
    let spent = TxOut { value: Amount::from_sat(amount + fee), script_pubkey: stranger() };
    let to = test_wallet.wallet.fresh_address(&std::collections::HashSet::new()).script_pubkey();
    let paid = test_wallet.foreign(amount, to);
    let mut update = Update::default();
    update.tx_update.txs = vec![Arc::new(paid.clone())];
    update.tx_update.txouts = [(paid.input[0].previous_output, spent)].into();
    update.tx_update.seen_ats = [(paid.compute_txid(), test_wallet.later().secs())].into();
    test_wallet.wallet.apply(update).unwrap();
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

    /// Every sat is somebody's, the others get theirs to the sat, and the one that gets the rest pays for the fee alone.
    #[test]
    fn where_one_gets_the_rest_the_others_get_exactly_theirs_at_every_rate(
        coins in prop::collection::vec(20_000u64..400_000, 1..5),
        amounts in prop::collection::vec(330u64..30_000, 1..6),
        reserve in prop_oneof![Just(0u64), 1_000u64..20_000],
        wanted in 1u32..200,
    ) {
        let test_wallet = TestWallet::new();
        for coin in &coins {
            test_wallet.earn(*coin);
        }
        let (wallet, payee, others) = (&test_wallet.wallet, stranger(), others(&amounts));
        let all = Payees::one(&payee, SendAmount::Everything).with(&others);
        let Ok(plan) = wallet.preview_send(&all, slow(), sat(reserve)) else { return Ok(()) };
        let (exact, total) = (amounts.iter().sum::<u64>(), coins.iter().sum::<u64>());
        let fee = plan.fee();
        let first = wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap();
        prop_assert!(pays_exactly(&first, &others));
        prop_assert_eq!(gets(&first).get() + exact + fee.get() + reserve, total);
        let instead = Instead::Rest { to: &payee, kept: sat(reserve) };
        let plan = wallet.plan_replacement(&first.compute_txid(), instead, rate(wanted), sat(reserve));
        let Ok(plan) = plan else { return Ok(()) };
        let (amount, fee) = (plan.amount(), plan.fee());
        let second = wallet.finish_bump(plan, &test_wallet.keys, test_wallet.later()).unwrap();
        prop_assert!(pays_exactly(&second, &others) && spends_all_of(&second, &first));
        prop_assert_eq!(gets(&second).get() + exact, amount.get());
        prop_assert_eq!(amount.get() + fee.get() + reserve, total);
        prop_assert!(gets(&second) >= sat(294) && gets(&second) < gets(&first));
    }
}
