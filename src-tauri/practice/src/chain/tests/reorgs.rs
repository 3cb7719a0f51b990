//! Undone blocks.

use super::*;

#[test]
fn a_reorg_mines_the_transactions_again_in_other_blocks() {
    let bench = Bench::new();
    let tx = bench.spend(&[bench.coin(10_000)], 500);
    bench.chain.submit(tx.clone()).unwrap();
    let before = bench.chain.mine(3).unwrap();
    let after = bench.chain.reorg(3).unwrap();
    assert_eq!(after.height, before.height + 1);
    let places: Vec<_> =
        (1..=3).map(|back| bench.chain.hash_at(before.height + 1 - back)).collect();
    assert!(!places.contains(&Some(before.hash)));
    assert_eq!(bench.chain.place_of(&tx.compute_txid()).unwrap().height, before.height - 2);
    bench.audit();
}

#[test]
fn an_empty_branch_leaves_transactions_waiting() {
    let bench = Bench::new();
    let coin = bench.coin(10_000);
    let tx = bench.spend(std::slice::from_ref(&coin), 500);
    bench.chain.submit(tx.clone()).unwrap();
    bench.chain.mine(1).unwrap();
    bench.chain.reorg_to(1, Branch::Empty).unwrap();
    assert_eq!(bench.chain.mempool(), [tx.compute_txid()]);
    assert_eq!(bench.chain.spender_of(&coin.0).unwrap().place, None);
    bench.audit();
}

#[test]
fn a_branch_can_forget_a_transaction_and_pay_another() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    let (first, second) = (bench.spend(&coin, 500), bench.spend(&coin, 400));
    bench.chain.submit(first.clone()).unwrap();
    bench.chain.mine(2).unwrap();
    bench.chain.reorg_to(2, Branch::Without(&[first.compute_txid()])).unwrap();
    assert_eq!(bench.chain.transaction(&first.compute_txid()), None);
    bench.chain.submit(second.clone()).unwrap();
    bench.chain.mine(1).unwrap();
    assert_eq!(bench.chain.spender_of(&coin[0].0).unwrap().txid, second.compute_txid());
    bench.audit();
}

#[test]
fn what_hangs_on_an_undone_reward_is_gone_with_it() {
    let bench = Bench::new();
    bench.chain.submit_block(bench.block(&[], 0)).unwrap();
    let reward = bench.chain.read(|view| first_output(&view.ledger.tip().block.txdata[0]));
    bench.chain.mine(99).unwrap();
    let tx = bench.spend(&[reward], 1_000);
    let child = bench.spend(&[first_output(&tx)], 1_000);
    bench.chain.submit(tx).unwrap();
    bench.chain.submit(child).unwrap();
    bench.chain.mine(1).unwrap();
    bench.chain.reorg(101).unwrap();
    assert_eq!(bench.chain.mempool(), []);
    assert_eq!(bench.chain.total_of(&bench.purse.script), Sat::ZERO);
    bench.audit();
}

#[test]
fn a_package_survives_a_reorg_together() {
    let bench = Bench::new();
    let parent = bench.spend(&[bench.coin(100_000)], 0);
    let child = bench.spend(&[first_output(&parent)], 1_000);
    bench.chain.submit_package(&[parent.clone(), child.clone()]).unwrap();
    bench.chain.mine(1).unwrap();
    bench.chain.reorg_to(1, Branch::Empty).unwrap();
    assert_eq!(bench.chain.mempool(), [parent.compute_txid(), child.compute_txid()]);
    bench.chain.mine(1).unwrap();
    assert_eq!(bench.chain.mempool(), []);
}

#[test]
fn genesis_is_never_undone() {
    let bench = Bench::new();
    assert!(matches!(bench.chain.reorg(111), Err(ChainError::TooDeep { depth: 111, height: 110 })));
    assert_eq!(bench.chain.tip().height, 110);
}
