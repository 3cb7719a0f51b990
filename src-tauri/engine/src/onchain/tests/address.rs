use super::purse::{NETWORK, Purse, keys};
use crate::onchain::{Onchain, STOP_GAP};
use bdk_wallet::KeychainKind;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

#[test]
fn the_address_shown_stays_until_it_was_paid_to() {
    let purse = Purse::new();
    let free = HashSet::new();
    let first = purse.wallet.fresh_address(&free);
    assert_eq!(first, purse.wallet.fresh_address(&free));
    purse.receive(10_000);
    assert_ne!(first, purse.wallet.fresh_address(&free));
}

#[test]
fn what_is_taken_is_passed_over_and_given_again_once_it_is_free() {
    let purse = Purse::new();
    let first = purse.wallet.fresh_address(&HashSet::new());
    let taken = HashSet::from([first.to_string()]);
    let second = purse.wallet.fresh_address(&taken);
    assert_ne!(first, second);
    assert_eq!(second, purse.wallet.fresh_address(&taken));
    assert_eq!(first, purse.wallet.fresh_address(&HashSet::new()));
}

#[test]
fn no_more_addresses_are_shown_than_any_restore_would_find() {
    let purse = Purse::new();
    let mut taken = HashSet::new();
    for _ in 0..60 {
        taken.insert(purse.wallet.fresh_address(&taken).to_string());
    }
    assert_eq!(taken.len(), 20);
    assert_eq!(purse.wallet.lock().wallet.derivation_index(KeychainKind::External), Some(19));
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

#[test]
fn a_script_of_a_channel_is_not_shown_after_a_restart_until_the_channel_is_given_up() {
    let purse = Purse::new();
    let script = purse.wallet.channel_script();
    let places = purse.wallet.take_promised();
    assert_eq!((places.len(), purse.wallet.take_promised()), (1, vec![]));
    let again = Purse::loaded(purse.kept());
    again.wallet.promise(&places);
    let shown = |purse: &Purse| purse.wallet.fresh_address(&HashSet::new()).script_pubkey();
    assert_ne!(shown(&again), script);
    assert_ne!(again.wallet.destination_script(), script);
    again.wallet.take_back(&places);
    assert_eq!(shown(&again), script);
}
