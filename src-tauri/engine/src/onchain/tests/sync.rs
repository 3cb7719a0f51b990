use super::purse::{NETWORK, Purse, keys, stranger};
use super::{sat, slow};
use crate::amount::Sat;
use crate::keys::{Keys, Words};
use crate::onchain::{Onchain, OpenError, STOP_GAP, SendAmount};
use bdk_wallet::ChangeSet;
use bdk_wallet::KeychainKind;
use bdk_wallet::WalletEvent;
use bdk_wallet::chain::Merge;
use bitcoin::Transaction;
use std::sync::Arc;

fn send(purse: &Purse, amount: u64) -> Transaction {
    let plan = purse
        .wallet
        .preview_send(&stranger(), SendAmount::Exact(sat(amount)), slow(), Sat::ZERO)
        .unwrap();
    purse.wallet.finish(plan, &purse.keys, purse.later()).unwrap()
}

#[test]
fn a_server_that_forgets_our_payment_does_not_free_its_coins() {
    let purse = Purse::new();
    purse.earn(100_000);
    let sent = send(&purse, 40_000);
    let before = purse.wallet.balance(Sat::ZERO);
    purse.vanish(&sent);
    assert_eq!(purse.wallet.balance(Sat::ZERO), before);
    assert!(purse.wallet.transaction(sent.compute_txid()).is_some());
}

#[test]
fn a_strangers_payment_that_vanishes_is_gone() {
    let purse = Purse::new();
    let paid = purse.receive(100_000);
    purse.vanish(&paid);
    assert_eq!(purse.wallet.balance(Sat::ZERO).total_sat, Sat::ZERO);
}

#[test]
fn a_payment_given_up_gives_its_coins_back() {
    let purse = Purse::new();
    purse.earn(100_000);
    let sent = send(&purse, 40_000);
    purse.wallet.forget(&sent, purse.later());
    assert_eq!(purse.wallet.balance(Sat::ZERO).can_spend_sat, sat(100_000));
    assert!(purse.wallet.transaction(sent.compute_txid()).is_none());
}

#[test]
fn locks_go_when_their_coins_are_buried() {
    let purse = Purse::new();
    purse.earn(100_000);
    let sent = send(&purse, 40_000);
    let events = purse.mine(&[&sent]);
    assert!(events.iter().any(|event| matches!(event, WalletEvent::TxConfirmed { txid, .. } if *txid == sent.compute_txid())));
    purse.mine_empty(4);
    assert_eq!(purse.wallet.locked().len(), 1);
    purse.mine_empty(1);
    assert!(purse.wallet.locked().is_empty());
    assert_eq!(
        purse.wallet.transaction(sent.compute_txid()).unwrap().confirmation.unwrap().count,
        6
    );
}

#[test]
fn everything_survives_a_restart() {
    let purse = Purse::new();
    purse.earn(100_000);
    purse.earn(50_000);
    send(&purse, 40_000);
    let (balance, history, tip, mut locked) = (
        purse.wallet.balance(sat(25_000)),
        purse.wallet.history().all().to_vec(),
        purse.wallet.tip(),
        purse.wallet.locked(),
    );
    let mut kept = ChangeSet::default();
    kept.merge(purse.kept());
    assert!(purse.wallet.take_staged().is_none());
    let again = Purse::loaded(kept);
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
    let purse = Purse::new();
    let (old, new) = (purse.earn(10_000).compute_txid(), purse.earn(20_000).compute_txid());
    let pending = purse.receive(30_000).compute_txid();
    assert_eq!(
        purse.wallet.history().all().iter().map(|tx| tx.txid).collect::<Vec<_>>(),
        [pending, new, old]
    );
}

#[test]
fn a_wallet_of_other_keys_or_nothing_is_not_loaded() {
    let open = |kept, network| Onchain::load(kept, &keys(), network, Arc::new(|| ()));
    assert!(matches!(open(ChangeSet::default(), NETWORK), Err(OpenError::Empty)));
    let kept = Purse::new().kept();
    assert!(matches!(open(kept.clone(), bitcoin::Network::Signet), Err(OpenError::Load(_))));
    let other = Keys::derive(&Words::parse(&("zoo ".repeat(11) + "wrong")).unwrap(), None, NETWORK);
    assert!(matches!(
        Onchain::load(kept, &other, NETWORK, Arc::new(|| ())),
        Err(OpenError::Load(_))
    ));
}

/// Where a look ahead begins, on either keychain.
fn looks_ahead_from(purse: &Purse) -> [u32; 2] {
    let mut request = purse.wallet.request_ahead(purse.later());
    [KeychainKind::External, KeychainKind::Internal].map(|keychain| {
        let (first, script) = request.next_spk(keychain).unwrap();
        assert!(purse.wallet.is_mine(&script), "what is found there is known as ours");
        let (next, _) = request.next_spk(keychain).unwrap();
        assert_eq!(next, first + 1);
        first
    })
}

#[test]
fn a_look_ahead_begins_after_the_last_address_given_out() {
    let purse = Purse::new();
    assert_eq!(looks_ahead_from(&purse), [0, 0]);
    (0..3).for_each(|_| drop(purse.wallet.destination_script()));
    purse.wallet.change_script();
    assert_eq!(looks_ahead_from(&purse), [3, 1]);
}

#[test]
fn what_is_paid_to_an_address_given_out_elsewhere_moves_the_window_on() {
    let purse = Purse::new();
    let last = STOP_GAP - 1;
    for keychain in [KeychainKind::External, KeychainKind::Internal] {
        let address = purse.wallet.lock().wallet.peek_address(keychain, last);
        let paid = purse.foreign(10_000, address.script_pubkey());
        purse.mine(&[&paid]);
    }
    assert_eq!(purse.wallet.balance(Sat::ZERO).can_spend_sat, sat(20_000));
    assert_eq!(looks_ahead_from(&purse), [STOP_GAP, STOP_GAP]);
    assert_eq!(looks_ahead_from(&Purse::loaded(purse.kept())), [STOP_GAP, STOP_GAP]);
}
