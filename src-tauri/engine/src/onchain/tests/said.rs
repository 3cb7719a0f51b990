//! A server that names transactions which nobody signed, which are nobody's, or of which there is no end.

use super::test_wallet::{TestWallet, stranger};
use super::{sat, slow};
use crate::amount::Sat;
use crate::onchain::sync::{Request, UpdateError};
use crate::onchain::{Instead, Payees, SendAmount};
use bdk_wallet::Update;
use bitcoin::hashes::Hash;
use bitcoin::{Amount, FeeRate, OutPoint, ScriptBuf, Transaction, TxIn, TxOut, Txid, Witness};
use std::collections::HashSet;
use std::sync::Arc;

fn said(test_wallet: &TestWallet, transactions: &[&Transaction]) -> Update {
    let (mut update, now) = (Update::default(), test_wallet.later().secs());
    update.tx_update.txs = transactions.iter().map(|one| Arc::new((*one).clone())).collect();
    update.tx_update.seen_ats = transactions.iter().map(|one| (one.compute_txid(), now)).collect();
    update
}

/// Spends the first output of a transaction, with a witness of its own making.
fn forged(spent: &Transaction, amount: u64, script_pubkey: ScriptBuf) -> Transaction {
    let previous_output = OutPoint::new(spent.compute_txid(), 0);
    let output = vec![TxOut { value: Amount::from_sat(amount), script_pubkey }];
    let input = vec![TxIn { previous_output, ..TxIn::default() }];
    Transaction { input, output, ..spent.clone() }
}

fn sent(test_wallet: &TestWallet, amount: u64) -> Transaction {
    let to = stranger();
    let payees = Payees::one(&to, SendAmount::Exact(sat(amount)));
    let plan = test_wallet.wallet.preview_send(&payees, slow(), Sat::ZERO).unwrap();
    test_wallet.wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap()
}

fn own_script(test_wallet: &TestWallet) -> ScriptBuf {
    test_wallet.wallet.fresh_address(&HashSet::new()).script_pubkey()
}

fn is_refused(test_wallet: &TestWallet, lie: &[&Transaction]) -> bool {
    let applied = test_wallet.wallet.apply(said(test_wallet, lie));
    matches!(applied, Err(UpdateError::Unsigned(_)))
}

#[test]
fn a_spend_of_ours_that_nobody_signed_is_refused() {
    let test_wallet = TestWallet::new();
    let coin = test_wallet.earn(100_000);
    let before = test_wallet.wallet.balance(Sat::ZERO);
    // Away, to ourselves with more than there was, and with somebody else's signature.
    let away = forged(&coin, 90_000, stranger());
    let more = forged(&coin, 8_000_000_000_000, own_script(&test_wallet));
    let other = TestWallet::new();
    other.earn(100_000);
    let mut borrowed = away.clone();
    borrowed.input[0].witness = sent(&other, 40_000).input[0].witness.clone();
    for lie in [away, more, borrowed] {
        assert!(is_refused(&test_wallet, &[&lie]));
        // With the coin, in whatever order, to a wallet that does not know it.
        let fresh = TestWallet::new();
        drop(own_script(&fresh));
        assert!(is_refused(&fresh, &[&lie, &coin]) && is_refused(&fresh, &[&coin, &lie]));
    }
    assert_eq!(test_wallet.wallet.balance(Sat::ZERO), before);
    assert_eq!(test_wallet.wallet.history().all().len(), 1);
    // What was signed is taken.
    let vault = TestWallet::loaded(test_wallet.kept());
    let payment = sent(&test_wallet, 40_000);
    vault.wallet.apply(said(&vault, &[&payment])).unwrap();
    assert!(vault.wallet.transaction(payment.compute_txid()).unwrap().own);
}

/// An older version took it.
#[test]
fn a_vault_that_believed_one_is_rid_of_it_with_the_next_look() {
    for (amount, to_us) in [(90_000, false), (1_000_000, true)] {
        let test_wallet = TestWallet::new();
        let coin = test_wallet.earn(100_000);
        let script = if to_us { own_script(&test_wallet) } else { stranger() };
        let lie = forged(&coin, amount, script);
        let update = said(&test_wallet, &[&lie]);
        test_wallet.wallet.lock().wallet.apply_update(update).unwrap();
        let test_wallet = TestWallet::loaded(test_wallet.kept());
        let believed = test_wallet.wallet.transaction(lie.compute_txid()).unwrap();
        assert!(!believed.own);
        assert_eq!(test_wallet.wallet.balance(Sat::ZERO).can_spend_sat, Sat::ZERO, "not free");
        assert!(test_wallet.wallet.can_bump(), "it holds no coin of a fee bump");
        test_wallet.vanish(&lie);
        assert_eq!(test_wallet.wallet.balance(Sat::ZERO).can_spend_sat, sat(100_000));
    }
}

/// Those that a look asks a server for.
fn expected(test_wallet: &TestWallet) -> HashSet<Txid> {
    let Request::Due(mut request) = test_wallet.wallet.request(test_wallet.later()) else {
        panic!("it knows a block");
    };
    request.iter_spks_with_expected_txids().flat_map(|one| one.expected_txids).collect()
}

#[test]
fn of_lies_that_spend_the_same_none_comes_forward_once_they_end() {
    let test_wallet = TestWallet::new();
    let first = test_wallet.foreign(5_000, own_script(&test_wallet));
    let lies = [5_000, 6_000, 7_000].map(|amount| {
        let lie = test_wallet.foreign(amount, own_script(&test_wallet));
        Transaction { input: first.input.clone(), ..lie }
    });
    lies.iter().for_each(|lie| test_wallet.see(lie, test_wallet.later()));
    assert_eq!(test_wallet.wallet.history().all().len(), 1, "one of them counts");
    let missed = expected(&test_wallet);
    assert_eq!(missed, lies.iter().map(Transaction::compute_txid).collect());
    let (mut update, now) = (Update::default(), test_wallet.later().secs());
    update.tx_update.evicted_ats = missed.into_iter().map(|txid| (txid, now)).collect();
    test_wallet.wallet.apply(update).unwrap();
    assert!(test_wallet.wallet.history().all().is_empty());
    assert!(expected(&test_wallet).is_empty(), "or the vault had to write with each look");
}

/// What took its place is there to stay.
#[test]
fn a_payment_of_ours_that_was_replaced_is_not_asked_for() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(100_000);
    let first = sent(&test_wallet, 40_000).compute_txid();
    let rate = FeeRate::from_sat_per_vb_u32(9);
    let wallet = &test_wallet.wallet;
    let plan = wallet.plan_replacement(&first, Instead::Same, rate, Sat::ZERO).unwrap();
    let second = wallet.finish_bump(plan, &test_wallet.keys, test_wallet.later()).unwrap();
    assert!(!expected(&test_wallet).contains(&first));
    assert!(expected(&test_wallet).contains(&second.compute_txid()));
}

#[test]
fn what_is_known_keeps_its_witness() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(100_000);
    let payment = sent(&test_wallet, 40_000);
    let mut bare = payment.clone();
    bare.input[0].witness = Witness::new();
    let mut small = payment.clone();
    small.input[0].witness = Witness::from_slice(&[[0]]);
    for lie in [bare, small] {
        test_wallet.wallet.apply(said(&test_wallet, &[&lie])).unwrap();
        let known = test_wallet.wallet.transaction(payment.compute_txid()).unwrap();
        assert_eq!(*known.transaction, payment);
    }
}

#[test]
fn what_is_not_about_this_wallet_is_not_kept() {
    let test_wallet = TestWallet::new();
    let coin = test_wallet.earn(100_000);
    drop(test_wallet.wallet.take_staged());
    let foreign = test_wallet.foreign(5_000, stranger());
    let mut update = said(&test_wallet, &[&foreign]);
    let unknown = OutPoint::new(Txid::hash(b"unknown"), 0);
    let ours = TxOut { value: Amount::MAX_MONEY, script_pubkey: own_script(&test_wallet) };
    drop(test_wallet.wallet.take_staged());
    let theirs = TxOut { script_pubkey: stranger(), ..ours.clone() };
    update.tx_update.txouts.extend([(foreign.input[0].previous_output, theirs), (unknown, ours)]);
    update.tx_update.evicted_ats.insert((unknown.txid, 5));
    test_wallet.wallet.apply(update).unwrap();
    assert!(test_wallet.wallet.take_staged().is_none());
    assert!(!test_wallet.wallet.holds(&unknown));

    // What was paid with is, for the fee; not if it claims to be ours.
    let paid = test_wallet.foreign(7_000, coin.output[0].script_pubkey.clone());
    for (script_pubkey, fee) in [(own_script(&test_wallet), None), (stranger(), Some(sat(1_000)))] {
        let spent = TxOut { value: Amount::from_sat(8_000), script_pubkey };
        let mut update = said(&test_wallet, &[&paid]);
        update.tx_update.txouts.insert(paid.input[0].previous_output, spent);
        let fresh = TestWallet::new();
        drop(own_script(&fresh));
        fresh.wallet.apply(update).unwrap();
        assert_eq!(fresh.wallet.transaction(paid.compute_txid()).unwrap().fee, fee);
    }
}

/// BDK's sum of what they were worth does not fit into its type.
#[test]
fn a_payment_out_of_more_than_there_is_has_no_fee() {
    const ALL: u64 = 2_100_000_000_000_000;
    let test_wallet = TestWallet::new();
    let (script, parents) = (own_script(&test_wallet), 4_400);
    let parents: Vec<Transaction> =
        (0..parents).map(|_| test_wallet.foreign(ALL, stranger())).collect();
    let spend = |parent: &Transaction| {
        let previous_output = OutPoint::new(parent.compute_txid(), 0);
        TxIn { previous_output, ..TxIn::default() }
    };
    let child = Transaction {
        input: parents.iter().map(spend).collect(),
        ..test_wallet.foreign(1, script)
    };
    let graph = said(&test_wallet, &parents.iter().collect::<Vec<_>>());
    // As an older version kept them.
    let mut inner = test_wallet.wallet.lock();
    inner.wallet.apply_update(graph).unwrap();
    drop(inner);
    test_wallet.mine(&[&child]);
    assert_eq!(test_wallet.wallet.transaction(child.compute_txid()).unwrap().fee, None);
}

#[test]
fn what_waits_without_end_is_taken_once_it_is_in_a_block() {
    let test_wallet = TestWallet::new();
    let script = own_script(&test_wallet);
    let large = |bytes: usize| {
        let filler = TxOut { value: Amount::ZERO, script_pubkey: vec![0x6a; bytes].into() };
        let mut large = test_wallet.foreign(1_000, script.clone());
        large.output.push(filler);
        large
    };
    let heavy = large(120_000);
    test_wallet.wallet.apply(said(&test_wallet, &[&heavy])).unwrap();
    assert!(test_wallet.wallet.transaction(heavy.compute_txid()).is_none(), "no node passes it on");
    for _ in 0..4 {
        let many: Vec<Transaction> = (0..100).map(|_| large(90_000)).collect();
        let many: Vec<&Transaction> = many.iter().collect();
        test_wallet.wallet.apply(said(&test_wallet, &many)).unwrap();
    }
    let taken = test_wallet.wallet.history().all().len();
    assert_eq!(taken, 16 * 1024 * 1024 / large(90_000).total_size());
    let one = large(90_000);
    test_wallet.mine(&[&one]);
    assert!(test_wallet.wallet.transaction(one.compute_txid()).is_some());
}
