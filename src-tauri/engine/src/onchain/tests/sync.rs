use super::test_wallet::{NETWORK, TestWallet, keys, stranger};
use super::{sat, slow};
use crate::amount::Sat;
use crate::keys::{Keys, Words};
use crate::onchain::{Onchain, OpenError, Payees, STOP_GAP, SendAmount};
use bdk_wallet::ChangeSet;
use bdk_wallet::KeychainKind;
use bdk_wallet::WalletEvent;
use bdk_wallet::chain::Merge;
use bitcoin::Transaction;
use std::sync::Arc;

fn send(test_wallet: &TestWallet, amount: u64) -> Transaction {
    let plan = test_wallet
        .wallet
        .preview_send(&Payees::one(&stranger(), SendAmount::Exact(sat(amount))), slow(), Sat::ZERO)
        .unwrap();
    test_wallet.wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap()
}

#[test]
fn a_server_that_forgets_our_payment_does_not_free_its_coins() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(100_000);
    let sent = send(&test_wallet, 40_000);
    let before = test_wallet.wallet.balance(Sat::ZERO);
    test_wallet.vanish(&sent);
    assert_eq!(test_wallet.wallet.balance(Sat::ZERO), before);
    assert!(test_wallet.wallet.transaction(sent.compute_txid()).is_some());
}

#[test]
fn a_strangers_payment_that_vanishes_is_gone() {
    let test_wallet = TestWallet::new();
    let paid = test_wallet.receive(100_000);
    test_wallet.vanish(&paid);
    assert_eq!(test_wallet.wallet.balance(Sat::ZERO).total_sat, Sat::ZERO);
}

#[test]
fn a_payment_given_up_gives_its_coins_back() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(100_000);
    let sent = send(&test_wallet, 40_000);
    test_wallet.wallet.forget(&sent, test_wallet.later());
    assert_eq!(test_wallet.wallet.balance(Sat::ZERO).can_spend_sat, sat(100_000));
    assert!(test_wallet.wallet.transaction(sent.compute_txid()).is_none());
}

#[test]
fn locks_go_when_their_coins_are_buried() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(100_000);
    let sent = send(&test_wallet, 40_000);
    let events = test_wallet.mine(&[&sent]);
    assert!(events.iter().any(|event| matches!(event, WalletEvent::TxConfirmed { txid, .. } if *txid == sent.compute_txid())));
    test_wallet.mine_empty(4);
    assert_eq!(test_wallet.wallet.locked().len(), 1);
    test_wallet.mine_empty(1);
    assert!(test_wallet.wallet.locked().is_empty());
    assert_eq!(
        test_wallet.wallet.transaction(sent.compute_txid()).unwrap().confirmation.unwrap().count,
        6
    );
}

#[test]
fn everything_survives_a_restart() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(100_000);
    test_wallet.earn(50_000);
    send(&test_wallet, 40_000);
    let (balance, history, tip, mut locked) = (
        test_wallet.wallet.balance(sat(25_000)),
        test_wallet.wallet.history().all().to_vec(),
        test_wallet.wallet.tip(),
        test_wallet.wallet.locked(),
    );
    let mut kept = ChangeSet::default();
    kept.merge(test_wallet.kept());
    assert!(test_wallet.wallet.take_staged().is_none());
    let again = TestWallet::loaded(kept);
    let mut locked_again = again.wallet.locked();
    locked.sort_unstable();
    locked_again.sort_unstable();
    assert_eq!(
        (balance, history, tip, locked),
        (
            again.wallet.balance(sat(25_000)),
            again.wallet.history().all().to_vec(),
            again.wallet.tip(),
            locked_again,
        )
    );
}

#[test]
fn history_has_pending_first_and_then_the_newest() {
    let test_wallet = TestWallet::new();
    let (old, new) =
        (test_wallet.earn(10_000).compute_txid(), test_wallet.earn(20_000).compute_txid());
    let pending = test_wallet.receive(30_000).compute_txid();
    assert_eq!(
        test_wallet.wallet.history().all().iter().map(|tx| tx.txid).collect::<Vec<_>>(),
        [pending, new, old]
    );
}

#[test]
fn a_wallet_of_other_keys_or_nothing_is_not_loaded() {
    let open = |kept, network| Onchain::load(kept, &keys(), network, Arc::new(|| ()));
    assert!(matches!(open(ChangeSet::default(), NETWORK), Err(OpenError::Empty)));
    let kept = TestWallet::new().kept();
    assert!(matches!(open(kept.clone(), bitcoin::Network::Signet), Err(OpenError::Load(_))));
    let other = Keys::derive(&Words::parse(&("zoo ".repeat(11) + "wrong")).unwrap(), None, NETWORK);
    assert!(matches!(
        Onchain::load(kept, &other, NETWORK, Arc::new(|| ())),
        Err(OpenError::Load(_))
    ));
}

/// Where a look ahead begins, on either keychain.
fn looks_ahead_from(test_wallet: &TestWallet) -> [u32; 2] {
    let mut request = test_wallet.wallet.request_ahead(test_wallet.later());
    [KeychainKind::External, KeychainKind::Internal].map(|keychain| {
        let (first, script) = request.next_spk(keychain).unwrap();
        assert!(test_wallet.wallet.is_mine(&script), "what is found there is known as ours");
        let (next, _) = request.next_spk(keychain).unwrap();
        assert_eq!(next, first + 1);
        first
    })
}

#[test]
fn a_look_ahead_begins_after_the_last_address_given_out() {
    let test_wallet = TestWallet::new();
    assert_eq!(looks_ahead_from(&test_wallet), [0, 0]);
    (0..3).for_each(|_| drop(test_wallet.wallet.destination_script()));
    test_wallet.wallet.change_script();
    assert_eq!(looks_ahead_from(&test_wallet), [3, 1]);
}

#[test]
fn what_is_paid_to_an_address_given_out_elsewhere_moves_the_window_on() {
    let test_wallet = TestWallet::new();
    let last = STOP_GAP - 1;
    for keychain in [KeychainKind::External, KeychainKind::Internal] {
        let address = test_wallet.wallet.lock().wallet.peek_address(keychain, last);
        let paid = test_wallet.foreign(10_000, address.script_pubkey());
        test_wallet.mine(&[&paid]);
    }
    assert_eq!(test_wallet.wallet.balance(Sat::ZERO).can_spend_sat, sat(20_000));
    assert_eq!(looks_ahead_from(&test_wallet), [STOP_GAP, STOP_GAP]);
    assert_eq!(looks_ahead_from(&TestWallet::loaded(test_wallet.kept())), [STOP_GAP, STOP_GAP]);
}
