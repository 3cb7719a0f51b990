use super::test_wallet::{TestWallet, kept_part, stranger};
use super::{sat, slow};
use crate::amount::Sat;
use crate::onchain::freeze::CoinError;
use crate::onchain::{Payees, SendAmount, SpendError, Use};
use crate::view::PartKind;
use bitcoin::hashes::Hash;
use bitcoin::{OutPoint, ScriptBuf, WScriptHash};

fn coin_of(transaction: &bitcoin::Transaction) -> OutPoint {
    OutPoint::new(transaction.compute_txid(), 0)
}

#[test]
fn a_frozen_coin_stays_until_it_is_freed() {
    let test_wallet = TestWallet::new();
    let (small, large) = (test_wallet.earn(30_000), test_wallet.earn(70_000));
    let wallet = &test_wallet.wallet;
    wallet.freeze(coin_of(&large), Sat::ZERO).unwrap();

    let balance = wallet.balance(Sat::ZERO);
    assert_eq!((balance.total_sat, balance.can_spend_sat), (sat(100_000), sat(30_000)));
    assert_eq!(kept_part(&balance, PartKind::Frozen), sat(70_000));
    let send = |amount| wallet.preview_send(&Payees::one(&stranger(), amount), slow(), Sat::ZERO);
    let too_much = send(SendAmount::Exact(sat(40_000))).unwrap_err();
    assert!(matches!(too_much, SpendError::InsufficientBalance { .. }), "{too_much:?}");
    assert_eq!(send(SendAmount::Everything).unwrap().inputs(), [coin_of(&small)]);
    let usages: Vec<Use> = wallet.list_coins().into_iter().map(|coin| coin.usage).collect();
    assert_eq!(usages, [Use::Frozen, Use::Free], "the largest first");

    wallet.unfreeze(&coin_of(&large));
    assert_eq!(send(SendAmount::Everything).unwrap().inputs().len(), 2);
}

#[test]
fn a_plan_whose_coin_is_frozen_meanwhile_is_stale() {
    let test_wallet = TestWallet::new();
    let paid = test_wallet.earn(50_000);
    let wallet = &test_wallet.wallet;
    let everything = SendAmount::Everything;
    let plan =
        wallet.preview_send(&Payees::one(&stranger(), everything), slow(), Sat::ZERO).unwrap();
    wallet.freeze(coin_of(&paid), Sat::ZERO).unwrap();
    let refused = wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap_err();
    assert!(matches!(refused, SpendError::Stale), "{refused:?}");
}

#[test]
fn the_reserve_cannot_be_frozen() {
    let test_wallet = TestWallet::new();
    let (small, large) = (test_wallet.earn(30_000), test_wallet.earn(70_000));
    let wallet = &test_wallet.wallet;
    let refused = wallet.freeze(coin_of(&large), sat(30_001)).unwrap_err();
    assert!(matches!(refused, CoinError::NeededForClosing(_)), "{refused:?}");
    assert!(wallet.can_bump());
    wallet.freeze(coin_of(&large), sat(30_000)).unwrap();
    let refused = wallet.freeze(coin_of(&small), sat(1)).unwrap_err();
    assert!(matches!(refused, CoinError::NeededForClosing(_)), "{refused:?}");
    // Without channels all of it may be.
    wallet.freeze(coin_of(&small), Sat::ZERO).unwrap();
    assert!(!wallet.can_bump(), "nor does a fee bump spend it");
}

#[test]
fn a_coin_that_is_promised_or_gone_is_not_frozen() {
    let test_wallet = TestWallet::new();
    let paid = test_wallet.earn(50_000);
    let wallet = &test_wallet.wallet;
    let nowhere = OutPoint { vout: 7, ..coin_of(&paid) };
    assert!(matches!(wallet.freeze(nowhere, Sat::ZERO), Err(CoinError::Gone)));
    let everything = SendAmount::Everything;
    let plan =
        wallet.preview_send(&Payees::one(&stranger(), everything), slow(), Sat::ZERO).unwrap();
    wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap();
    assert!(matches!(wallet.freeze(coin_of(&paid), Sat::ZERO), Err(CoinError::Gone)));
}

#[test]
fn a_frozen_coin_that_waits_for_a_block_pays_for_no_child() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(50_000);
    let wallet = &test_wallet.wallet;
    let ours = wallet.change_script();
    let everything = SendAmount::Everything;
    let plan = wallet.preview_send(&Payees::one(&ours, everything), slow(), Sat::ZERO).unwrap();
    let moved = wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap();
    let child = || wallet.plan_child(&moved.compute_txid(), slow(), Sat::ZERO);
    let planned = child().unwrap();
    wallet.freeze(coin_of(&moved), Sat::ZERO).unwrap();
    assert!(child().is_err());
    let refused = wallet.finish_bump(planned, &test_wallet.keys, test_wallet.later());
    assert!(refused.is_err(), "nor one that was planned before");
}

#[test]
fn a_frozen_coin_funds_no_channel_and_stays_frozen_when_idle_locks_go() {
    let test_wallet = TestWallet::new();
    let (frozen, _) = (test_wallet.earn(50_000), test_wallet.earn(40_000));
    let wallet = &test_wallet.wallet;
    wallet.freeze(coin_of(&frozen), Sat::ZERO).unwrap();
    wallet.unlock_unspent(|_| false);
    let channel = ScriptBuf::new_p2wsh(&WScriptHash::hash(b"channel"));
    let fund = || wallet.fund(&channel, sat(45_000), slow(), Sat::ZERO, &test_wallet.keys);
    assert!(fund().is_err());
    wallet.unfreeze(&coin_of(&frozen));
    fund().unwrap();
}
