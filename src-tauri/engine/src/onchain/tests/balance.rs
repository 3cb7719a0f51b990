use super::test_wallet::{TestWallet, kept_part, stranger};
use super::{sat, slow};
use crate::amount::{Msat, Sat};
use crate::onchain::{Payees, SendAmount, reserve_for};
use crate::view::{OnchainBalance, PartKind};
use bitcoin::{ScriptBuf, Transaction, WScriptHash, hashes::Hash};
use proptest::prelude::*;

fn adds_up(balance: &OnchainBalance) -> bool {
    let kept = Msat::sum(balance.kept.iter().map(|part| part.amount_msat)).unwrap();
    Msat::from_sat(balance.can_spend_sat).unwrap().checked_add(kept)
        == Msat::from_sat(balance.total_sat)
}

#[test]
fn money_comes_in_pending_and_then_can_be_spent() {
    let test_wallet = TestWallet::new();
    let paid = test_wallet.receive(70_000);
    let balance = test_wallet.wallet.balance(Sat::ZERO);
    assert_eq!((balance.total_sat, balance.can_spend_sat), (sat(70_000), Sat::ZERO));
    assert_eq!(kept_part(&balance, PartKind::Unconfirmed), sat(70_000));
    test_wallet.mine(&[&paid]);
    let balance = test_wallet.wallet.balance(Sat::ZERO);
    assert_eq!(
        (balance.total_sat, balance.can_spend_sat, balance.kept.len()),
        (sat(70_000), sat(70_000), 0)
    );
}

#[test]
fn the_reserve_is_kept_out_and_never_exceeds_what_there_is() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(40_000);
    let balance = test_wallet.wallet.balance(reserve_for(1, sat(25_000)));
    assert_eq!(
        (balance.can_spend_sat, kept_part(&balance, PartKind::ForClosing)),
        (sat(15_000), sat(25_000))
    );
    let balance = test_wallet.wallet.balance(reserve_for(2, sat(25_000)));
    assert_eq!(
        (balance.can_spend_sat, kept_part(&balance, PartKind::ForClosing)),
        (Sat::ZERO, sat(40_000))
    );
}

#[test]
fn our_own_change_can_be_spent_at_once() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(100_000);
    let plan = test_wallet
        .wallet
        .preview_send(&Payees::one(&stranger(), SendAmount::Exact(sat(30_000))), slow(), Sat::ZERO)
        .unwrap();
    let left = 70_000 - plan.fee().get();
    test_wallet.wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap();
    let balance = test_wallet.wallet.balance(Sat::ZERO);
    assert_eq!((balance.total_sat, balance.can_spend_sat), (sat(left), sat(left)));
}

#[derive(Clone, Debug)]
enum Deed {
    Receive(u64),
    Mine,
    Vanish(usize),
    Send(u64, u64),
    SendAll(u64),
    Fund(u64, u64),
    Release(usize),
    Empty,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        (600u64..2_000_000).prop_map(Deed::Receive),
        Just(Deed::Mine),
        any::<usize>().prop_map(Deed::Vanish),
        (1u64..500_000, 0u64..60_000).prop_map(|(amount, reserve)| Deed::Send(amount, reserve)),
        (0u64..60_000).prop_map(Deed::SendAll),
        (1u64..500_000, 0u64..60_000).prop_map(|(amount, reserve)| Deed::Fund(amount, reserve)),
        any::<usize>().prop_map(Deed::Release),
        Just(Deed::Empty),
    ];
    prop::collection::vec(deed, 1..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_happens_the_parts_add_up_and_every_satoshi_is_in_the_books(deeds in deeds()) {
        let test_wallet = TestWallet::new();
        let (mut open, mut funded): (Vec<Transaction>, Vec<Transaction>) = (vec![], vec![]);
        let mut expected: u64 = 0;
        for deed in deeds {
            match deed {
                Deed::Receive(amount) => { open.push(test_wallet.receive(amount)); expected += amount; }
                Deed::Mine => { test_wallet.mine(&std::mem::take(&mut open).iter().collect::<Vec<_>>()); }
                Deed::Empty => test_wallet.mine_empty(1),
                Deed::Vanish(which) => {
                    // Only our own: strangers' may really vanish, which is another test.
                    let own: Vec<_> = open.iter().filter(|tx| test_wallet.wallet.transaction(tx.compute_txid()).unwrap().own).collect();
                    if !own.is_empty() { test_wallet.vanish(own[which % own.len()]); }
                }
                Deed::Send(amount, reserve) => {
                    let before = test_wallet.wallet.balance(sat(reserve));
                    if let Ok(plan) = test_wallet.wallet.preview_send(&Payees::one(&stranger(), SendAmount::Exact(sat(amount))), slow(), sat(reserve)) {
                        let cost = plan.amount().get() + plan.fee().get();
                        prop_assert!(before.can_spend_sat.get() >= cost);
                        open.push(test_wallet.wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap());
                        expected -= cost;
                    }
                }
                Deed::SendAll(reserve) => {
                    if let Ok(plan) = test_wallet.wallet.preview_send(&Payees::one(&stranger(), SendAmount::Everything), slow(), sat(reserve)) {
                        expected -= plan.amount().get() + plan.fee().get();
                        open.push(test_wallet.wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap());
                    }
                }
                Deed::Fund(amount, reserve) => {
                    let script = ScriptBuf::new_p2wsh(&WScriptHash::hash(b"channel"));
                    funded.extend(test_wallet.wallet.fund(&script, sat(amount), slow(), sat(reserve), &test_wallet.keys));
                }
                Deed::Release(which) => if !funded.is_empty() {
                    let place = which % funded.len();
                    test_wallet.wallet.release(&funded.remove(place));
                },
            }
            for reserve in [0, 25_000, 10_000_000] {
                let balance = test_wallet.wallet.balance(sat(reserve));
                prop_assert!(adds_up(&balance), "{balance:?}");
                prop_assert_eq!(balance.total_sat, sat(expected));
            }
            let mut counted = test_wallet.wallet.history().unspent.clone();
            let mut of_bdk: Vec<_> = test_wallet.wallet.lock().wallet.list_unspent().collect();
            counted.sort_by_key(|coin| coin.outpoint);
            of_bdk.sort_by_key(|coin| coin.outpoint);
            prop_assert_eq!(counted, of_bdk);
        }
    }
}
