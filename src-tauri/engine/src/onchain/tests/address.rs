use super::sat;
use super::test_wallet::{NETWORK, TestWallet, keys, stranger};
use crate::onchain::{Moved, Onchain, STOP_GAP};
use bdk_wallet::KeychainKind;
use bitcoin::{Amount, OutPoint, TxOut};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

#[test]
fn the_address_shown_stays_until_it_was_paid_to() {
    let test_wallet = TestWallet::new();
    let free = HashSet::new();
    let first = test_wallet.wallet.fresh_address(&free);
    assert_eq!(first, test_wallet.wallet.fresh_address(&free));
    test_wallet.receive(10_000);
    assert_ne!(first, test_wallet.wallet.fresh_address(&free));
}

#[test]
fn what_is_taken_is_passed_over_and_given_again_once_it_is_free() {
    let test_wallet = TestWallet::new();
    let first = test_wallet.wallet.fresh_address(&HashSet::new());
    let taken = HashSet::from([first.to_string()]);
    let second = test_wallet.wallet.fresh_address(&taken);
    assert_ne!(first, second);
    assert_eq!(second, test_wallet.wallet.fresh_address(&taken));
    assert_eq!(first, test_wallet.wallet.fresh_address(&HashSet::new()));
}

#[test]
fn no_more_addresses_are_shown_than_any_restore_would_find() {
    let test_wallet = TestWallet::new();
    let mut taken = HashSet::new();
    for _ in 0..60 {
        taken.insert(test_wallet.wallet.fresh_address(&taken).to_string());
    }
    assert_eq!(taken.len(), 20);
    assert_eq!(test_wallet.wallet.lock().wallet.derivation_index(KeychainKind::External), Some(19));
}

#[test]
fn every_revealed_address_is_staged_and_announced() {
    let test_wallet = TestWallet::new();
    test_wallet.kept();
    let before = test_wallet.calls.load(Ordering::SeqCst);
    test_wallet.wallet.destination_script();
    assert!(test_wallet.calls.load(Ordering::SeqCst) > before);
    assert!(!test_wallet.kept().indexer.last_revealed.is_empty());
}

#[test]
fn scripts_for_channels_differ_and_never_outrun_a_restore() {
    let test_wallet = TestWallet::new();
    let scripts: Vec<_> =
        (0..3 * STOP_GAP).map(|_| test_wallet.wallet.destination_script()).collect();
    assert_eq!(scripts[..5].iter().collect::<HashSet<_>>().len(), 5);
    let revealed =
        test_wallet.wallet.lock().wallet.derivation_index(KeychainKind::External).unwrap();
    assert!(revealed < STOP_GAP);
    assert!(scripts.iter().all(|script| script.is_p2wpkh() && test_wallet.wallet.is_mine(script)));
}

#[test]
fn only_a_wallet_with_no_birthday_searches_everything() {
    assert!(!TestWallet::new().wallet.needs_full_scan());
    let restored = Onchain::create(&keys(), NETWORK, Arc::new(|| ())).unwrap();
    assert!(restored.needs_full_scan());
}

#[test]
fn a_script_of_a_channel_is_not_shown_after_a_restart_until_the_channel_is_given_up() {
    let test_wallet = TestWallet::new();
    let script = test_wallet.wallet.channel_script();
    let places = test_wallet.wallet.take_promised();
    assert_eq!((places.len(), test_wallet.wallet.take_promised()), (1, vec![]));
    let again = TestWallet::loaded(test_wallet.kept());
    again.wallet.promise(&places);
    let shown = |test_wallet: &TestWallet| {
        test_wallet.wallet.fresh_address(&HashSet::new()).script_pubkey()
    };
    assert_ne!(shown(&again), script);
    assert_ne!(again.wallet.destination_script(), script);
    again.wallet.take_back(&places);
    assert_eq!(shown(&again), script);
}

#[test]
fn each_address_has_what_came_to_it_and_what_left_it() {
    let test_wallet = TestWallet::new();
    let first = test_wallet.wallet.fresh_address(&HashSet::new()).script_pubkey();
    let came = test_wallet.earn(10_000);
    let second = test_wallet.wallet.fresh_address(&HashSet::new()).script_pubkey();
    let spent = OutPoint::new(came.compute_txid(), 0);
    let mut left = test_wallet.foreign(4_000, stranger());
    left.input[0].previous_output = spent;
    // Back to the address that it came from.
    left.output.push(TxOut { value: Amount::from_sat(5_000), script_pubkey: first.clone() });
    let left = test_wallet.signed(left);
    test_wallet.mine(&[&left]);

    let revealed = test_wallet.wallet.revealed();
    let scripts: Vec<_> = revealed.iter().map(|one| one.script.clone()).collect();
    assert_eq!(scripts, [second, first], "the newest first, and none that nobody was given");
    assert!(revealed[0].moved.is_empty());
    let moved = |txid, came: u64, left: u64| Moved { txid, came: sat(came), left: sat(left) };
    let expected =
        [moved(left.compute_txid(), 5_000, 10_000), moved(came.compute_txid(), 10_000, 0)];
    assert_eq!(revealed[1].moved, expected);
}
