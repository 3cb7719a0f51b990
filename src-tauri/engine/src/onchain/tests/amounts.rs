use super::test_wallet::{TestWallet, stranger};
use super::{sat, slow};
use crate::amount::Sat;
use crate::onchain::{Payees, SendAmount};
use bdk_wallet::Update;
use bitcoin::{Amount, OutPoint, Transaction, TxOut, Txid, hashes::Hash};
use std::collections::HashSet;
use std::sync::Arc;

/// One that pays these amounts to us.
fn paying(test_wallet: &TestWallet, amounts: &[u64]) -> Transaction {
    let script = test_wallet.wallet.fresh_address(&HashSet::new()).script_pubkey();
    let output = |value| TxOut { value: Amount::from_sat(value), script_pubkey: script.clone() };
    let output = amounts.iter().copied().map(output).collect();
    Transaction { output, ..test_wallet.foreign(0, script.clone()) }
}

fn update(test_wallet: &TestWallet, transactions: &[Transaction]) -> Update {
    let (mut update, now) = (Update::default(), test_wallet.later().secs());
    update.tx_update.txs = transactions.iter().cloned().map(Arc::new).collect();
    update.tx_update.seen_ats =
        transactions.iter().map(|transaction| (transaction.compute_txid(), now)).collect();
    update
}

const ALL: u64 = 2_100_000_000_000_000;

#[test]
fn absurd_amounts_are_refused_and_change_nothing() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(50_000);
    for amounts in [
        vec![u64::MAX],
        vec![1 << 60],
        vec![ALL + 1],
        vec![ALL],
        vec![u64::MAX, u64::MAX],
        vec![1 << 63, 1 << 63],
        vec![9_007_199_254_740, 1],
        vec![ALL / 2; 3_000],
    ] {
        let lie = update(&test_wallet, &[paying(&test_wallet, &amounts)]);
        test_wallet.wallet.apply(lie).unwrap_err();
        assert_eq!(test_wallet.wallet.balance(Sat::ZERO).total_sat, sat(50_000));
        assert_eq!(test_wallet.wallet.history().all().len(), 1);
    }
    // Also one by one.
    let one = update(&test_wallet, &[paying(&test_wallet, &[9_000_000_000_000])]);
    test_wallet.wallet.apply(one).unwrap();
    let more = update(&test_wallet, &[paying(&test_wallet, &[9_000_000_000_000])]);
    test_wallet.wallet.apply(more).unwrap_err();
    assert!(test_wallet.wallet.balance(Sat::ZERO).total_sat < sat(9_000_000_100_000));
}

#[test]
fn absurd_amounts_of_what_was_spent_are_refused() {
    let test_wallet = TestWallet::new();
    let paid = paying(&test_wallet, &[1_000]);
    let mut lie = update(&test_wallet, std::slice::from_ref(&paid));
    let spent = TxOut { value: Amount::from_sat(u64::MAX), script_pubkey: stranger() };
    lie.tx_update.txouts.insert(paid.input[0].previous_output, spent.clone());
    lie.tx_update.txouts.insert(OutPoint::new(Txid::hash(b"another"), 0), spent);
    test_wallet.wallet.apply(lie).unwrap_err();
    assert_eq!(test_wallet.wallet.balance(Sat::ZERO).total_sat, Sat::ZERO);
}

#[test]
fn a_vault_that_believed_them_opens() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(50_000);
    let lie = paying(&test_wallet, &[1 << 60, 1 << 60, 1 << 62, 1 << 63]);
    let lie = update(&test_wallet, &[lie]);
    test_wallet.wallet.lock().wallet.apply_update(lie).unwrap();
    let again = TestWallet::loaded(test_wallet.kept());
    assert_eq!(again.wallet.balance(Sat::ZERO).total_sat, sat(50_000));
    assert_eq!(again.wallet.history().all().len(), 1);
    let all = again.wallet.preview_send(
        &Payees::one(&stranger(), SendAmount::Everything),
        slow(),
        Sat::ZERO,
    );
    all.unwrap();
}
