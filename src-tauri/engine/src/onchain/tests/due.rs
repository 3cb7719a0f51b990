use super::test_wallet::{TestWallet, stranger};
use super::{sat, slow};
use crate::amount::Sat;
use crate::onchain::{Payees, SendAmount};
use bitcoin::{Amount, ScriptBuf, Transaction, TxOut};
use std::collections::HashSet;

fn due(test_wallet: &TestWallet) -> HashSet<ScriptBuf> {
    test_wallet.wallet.lock().addresses_due().into_iter().map(|(_, script)| script).collect()
}

fn spend_all(test_wallet: &TestWallet) -> Transaction {
    let (wallet, everything) = (&test_wallet.wallet, SendAmount::Everything);
    let plan =
        wallet.preview_send(&Payees::one(&stranger(), everything), slow(), Sat::ZERO).unwrap();
    wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap()
}

/// A wallet that was paid on so many addresses and has spent it all. The addresses.
fn emptied(count: usize) -> (TestWallet, HashSet<ScriptBuf>) {
    let (test_wallet, mut scripts) = (TestWallet::new(), HashSet::new());
    while scripts.len() < count {
        // No wallet gives out many addresses that nobody has paid to.
        let batch: Vec<ScriptBuf> =
            (0..25).map(|_| test_wallet.wallet.destination_script()).collect();
        let mut paid = test_wallet.foreign(1_000, stranger());
        let value = Amount::from_sat(1_000);
        paid.output = batch
            .iter()
            .map(|script_pubkey| TxOut { value, script_pubkey: script_pubkey.clone() })
            .collect();
        test_wallet.mine(&[&paid]);
        scripts.extend(batch);
    }
    assert_eq!(scripts.len(), count);
    let spent = spend_all(&test_wallet);
    test_wallet.mine(&[&spent]);
    (test_wallet, scripts)
}

#[test]
fn an_address_is_asked_each_time_until_all_about_it_is_buried() {
    let (test_wallet, scripts) = emptied(250);
    test_wallet.mine_empty(99);
    assert!(due(&test_wallet).is_superset(&scripts), "the last block can still go");
    test_wallet.mine_empty(1);
    assert_eq!(due(&test_wallet).intersection(&scripts).count(), 100);
}

#[test]
fn what_is_settled_is_asked_in_turn_and_none_is_left_out() {
    let (test_wallet, scripts) = emptied(250);
    test_wallet.mine_empty(100);
    let asked: HashSet<ScriptBuf> = (0..3).flat_map(|_| due(&test_wallet)).collect();
    assert!(asked.is_superset(&scripts));
    let (few, scripts) = emptied(100);
    few.mine_empty(100);
    (0..3).for_each(|_| assert!(due(&few).is_superset(&scripts), "so few are asked every time"));
}

#[test]
fn where_something_can_happen_is_asked_every_time() {
    let (test_wallet, scripts) = emptied(250);
    let again = scripts.iter().next().unwrap().clone();
    let coin = test_wallet.foreign(5_000, again.clone());
    test_wallet.mine(&[&coin]);
    // Seen and dropped by a server: it may come back, even in a block.
    let dropped = test_wallet.receive(7_000);
    test_wallet.vanish(&dropped);
    // It would come forward if the other one went.
    let mut spare = scripts.iter().filter(|script| **script != again).cloned();
    let hidden = test_wallet.foreign(5_000, spare.next().unwrap());
    let mut shown = test_wallet.foreign(5_000, spare.next().unwrap());
    shown.input.clone_from(&hidden.input);
    [&hidden, &shown].into_iter().for_each(|one| test_wallet.see(one, test_wallet.later()));
    let unused = test_wallet.wallet.destination_script();
    test_wallet.mine_empty(200);
    let paid = [dropped, hidden, shown].map(|one| one.output[0].script_pubkey.clone());
    let live: HashSet<ScriptBuf> = paid.into_iter().chain([again, unused]).collect();
    (0..4).for_each(|_| assert!(due(&test_wallet).is_superset(&live)));
    // Its coin is spent, and nobody knows yet whether that stays.
    let plan = test_wallet.wallet.preview_send(
        &Payees::one(&stranger(), SendAmount::Exact(sat(2_000))),
        slow(),
        Sat::ZERO,
    );
    test_wallet.wallet.finish(plan.unwrap(), &test_wallet.keys, test_wallet.later()).unwrap();
    (0..4).for_each(|_| assert!(due(&test_wallet).is_superset(&live)));
}
