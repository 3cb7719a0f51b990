use super::purse::{NETWORK, Purse, keys, stranger};
use crate::onchain::{Onchain, STOP_GAP};
use bdk_wallet::KeychainKind;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

#[test]
fn the_address_shown_stays_until_it_was_paid_to() {
    let purse = Purse::new();
    let first = purse.wallet.fresh_address();
    assert_eq!(first, purse.wallet.fresh_address());
    purse.receive(10_000);
    assert_ne!(first, purse.wallet.fresh_address());
}

#[test]
fn an_address_handed_out_is_not_shown_again_unless_it_is_handed_back() {
    let purse = Purse::new();
    let first = purse.wallet.fresh_address();
    assert!(purse.wallet.hand_out(&first.script_pubkey()));
    assert_ne!(first, purse.wallet.fresh_address());
    assert!(purse.wallet.hand_back(&first.script_pubkey()));
    assert_eq!(first, purse.wallet.fresh_address());
    assert!(!purse.wallet.hand_out(&stranger()));
}

#[test]
fn every_revealed_address_is_staged_and_announced() {
    let purse = Purse::new();
    purse.kept();
    let before = purse.calls.load(Ordering::SeqCst);
    purse.wallet.destination_script();
    assert!(purse.calls.load(Ordering::SeqCst) > before);
    assert!(!purse.kept().indexer.last_revealed.is_empty());
}

#[test]
fn scripts_for_channels_differ_and_never_outrun_a_restore() {
    let purse = Purse::new();
    let scripts: Vec<_> = (0..3 * STOP_GAP).map(|_| purse.wallet.destination_script()).collect();
    assert_eq!(scripts[..5].iter().collect::<HashSet<_>>().len(), 5);
    let revealed = purse.wallet.lock().wallet.derivation_index(KeychainKind::External).unwrap();
    assert!(revealed < STOP_GAP);
    assert!(scripts.iter().all(|script| script.is_p2wpkh() && purse.wallet.is_mine(script)));
}

#[test]
fn only_a_wallet_with_no_birthday_searches_everything() {
    assert!(!Purse::new().wallet.needs_full_scan());
    let restored = Onchain::restore(&keys(), NETWORK, Arc::new(|| ())).unwrap();
    assert!(restored.needs_full_scan());
}
