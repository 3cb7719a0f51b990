use super::purse::{Purse, stranger};
use super::{sat, slow};
use crate::amount::Sat;
use crate::onchain::SendAmount;
use bdk_wallet::Update;
use bitcoin::{Amount, OutPoint, Transaction, TxOut, Txid, hashes::Hash};
use std::collections::HashSet;
use std::sync::Arc;

/// One that pays these amounts to us.
fn paying(purse: &Purse, amounts: &[u64]) -> Transaction {
    let script = purse.wallet.fresh_address(&HashSet::new()).script_pubkey();
    let output = |value| TxOut { value: Amount::from_sat(value), script_pubkey: script.clone() };
    let output = amounts.iter().copied().map(output).collect();
    Transaction { output, ..purse.foreign(0, script.clone()) }
}

fn update(purse: &Purse, transactions: &[Transaction]) -> Update {
    let (mut update, now) = (Update::default(), purse.later().secs());
    update.tx_update.txs = transactions.iter().cloned().map(Arc::new).collect();
    update.tx_update.seen_ats =
        transactions.iter().map(|transaction| (transaction.compute_txid(), now)).collect();
    update
}

const ALL: u64 = 2_100_000_000_000_000;

#[test]
fn absurd_amounts_are_refused_and_change_nothing() {
    let purse = Purse::new();
    purse.earn(50_000);
    for amounts in [
        vec![u64::MAX],
        vec![1 << 60],
        vec![ALL + 1],
        vec![ALL],
        vec![u64::MAX, u64::MAX],
        vec![1 << 63, 1 << 63],
        vec![9_007_199_254_740, 1],
        vec![ALL / 2; 9_000],
    ] {
        let lie = update(&purse, &[paying(&purse, &amounts)]);
        purse.wallet.apply(lie).unwrap_err();
        assert_eq!(purse.wallet.balance(Sat::ZERO).total_sat, sat(50_000));
        assert_eq!(purse.wallet.history().all().len(), 1);
    }
    // Also one by one.
    let one = update(&purse, &[paying(&purse, &[9_000_000_000_000])]);
    purse.wallet.apply(one).unwrap();
    let more = update(&purse, &[paying(&purse, &[9_000_000_000_000])]);
    purse.wallet.apply(more).unwrap_err();
    assert!(purse.wallet.balance(Sat::ZERO).total_sat < sat(9_000_000_100_000));
}

#[test]
fn absurd_amounts_of_what_was_spent_are_refused() {
    let purse = Purse::new();
    let paid = paying(&purse, &[1_000]);
    let mut lie = update(&purse, std::slice::from_ref(&paid));
    let spent = TxOut { value: Amount::from_sat(u64::MAX), script_pubkey: stranger() };
    lie.tx_update.txouts.insert(paid.input[0].previous_output, spent.clone());
    lie.tx_update.txouts.insert(OutPoint::new(Txid::hash(b"another"), 0), spent);
    purse.wallet.apply(lie).unwrap_err();
    assert_eq!(purse.wallet.balance(Sat::ZERO).total_sat, Sat::ZERO);
}

#[test]
fn a_vault_that_believed_them_opens() {
    let purse = Purse::new();
    purse.earn(50_000);
    let lie = paying(&purse, &[1 << 60, 1 << 60, 1 << 62, 1 << 63]);
    let lie = update(&purse, &[lie]);
    purse.wallet.lock().wallet.apply_update(lie).unwrap();
    let again = Purse::loaded(purse.kept());
    assert_eq!(again.wallet.balance(Sat::ZERO).total_sat, sat(50_000));
    assert_eq!(again.wallet.history().all().len(), 1);
    let all = again.wallet.preview_send(&stranger(), SendAmount::Everything, slow(), Sat::ZERO);
    all.unwrap();
}
