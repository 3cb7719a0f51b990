//! Waiting transactions: conflicts, replacement, the order they are mined in.

use super::*;

#[test]
fn the_faucet_pays_and_the_miner_earns_its_fee() {
    let bench = Bench::new();
    let mut events = bench.chain.subscribe();
    let script = bench.purse.script.clone();
    let tx = bench.chain.faucet(script.clone(), Sat::new(123_456)).unwrap();
    let (txid, fee) = (tx.compute_txid(), bench.chain.fee_of(&tx.compute_txid()).unwrap());
    assert_eq!(events.try_recv().unwrap(), ChainEvent::TxSeen { txid, fee });
    assert_eq!(bench.chain.total_of(&script), Sat::ZERO);
    let Tip { height, hash, .. } = bench.chain.mine(1).unwrap();
    assert_eq!(
        events.try_recv().unwrap(),
        ChainEvent::NewTip { height, hash, transactions: vec![txid], fees: fee }
    );
    assert_eq!(bench.chain.total_of(&script), Sat::new(123_456));
    let rest = bench.chain.subsidies_total().checked_sub(Sat::new(123_456));
    assert_eq!(Some(bench.chain.faucet_total()), rest);
    bench.audit();
}

#[test]
fn the_faucet_pays_many_times_between_two_blocks_and_never_more_than_it_has() {
    let bench = Bench::new();
    for _ in 0..60 {
        bench.chain.faucet(bench.purse.script.clone(), Sat::new(700_000_000)).unwrap();
    }
    let asked = Sat::new(20_000_000_000);
    let refused = bench.chain.faucet(bench.purse.script.clone(), asked);
    assert!(
        matches!(refused, Err(ChainError::FaucetEmpty { spendable, .. }) if spendable < asked),
        "{refused:?}"
    );
    bench.chain.mine(1).unwrap();
    assert_eq!(bench.chain.mempool(), []);
    assert_eq!(bench.chain.total_of(&bench.purse.script), Sat::new(42_000_000_000));
    bench.audit();
}

#[test]
fn what_a_script_received_stays_when_it_is_spent_and_goes_with_its_block() {
    let bench = Bench::new();
    let script = bench.purse.script.clone();
    bench.chain.submit(bench.spend(&[bench.coin(100_000)], 1_000)).unwrap();
    let both = || (bench.chain.total_of(&script).get(), bench.chain.received_by(&script).get());
    assert_eq!(both(), (100_000, 100_000));
    bench.chain.mine(1).unwrap();
    assert_eq!(both(), (99_000, 199_000));
    bench.chain.reorg_to(1, Branch::Empty).unwrap();
    assert_eq!(both(), (100_000, 100_000));
}

#[test]
fn a_waiting_transaction_is_accepted_again_and_a_confirmed_one_not() {
    let bench = Bench::new();
    let tx = bench.spend(&[bench.coin(10_000)], 500);
    bench.chain.submit(tx.clone()).unwrap();
    bench.chain.submit(tx.clone()).unwrap();
    bench.chain.mine(1).unwrap();
    assert_eq!(bench.refusal(&tx), Refusal::AlreadyConfirmed);
    assert_eq!(bench.refusal(&tx).code(), -27);
}

#[test]
fn a_replacement_pays_for_itself_and_takes_descendants_along() {
    let bench = Bench::new();
    let coin = [bench.coin(100_000)];
    let first = bench.spend(&coin, 500);
    let child = bench.spend(&[first_output(&first)], 700);
    bench.chain.submit(first.clone()).unwrap();
    bench.chain.submit(child.clone()).unwrap();
    let vsize = first.vsize() as u64;
    let needed = 1_200 + vsize;
    let short = Refusal::ReplacementFee { fee: Sat::new(needed - 1), needed: Sat::new(needed) };
    assert_eq!(bench.refusal(&bench.spend(&coin, needed - 1)), short);
    assert_eq!(bench.chain.mempool(), [first.compute_txid(), child.compute_txid()]);
    let replacement = bench.spend(&coin, needed);
    bench.chain.submit(replacement.clone()).unwrap();
    assert_eq!(bench.chain.mempool(), [replacement.compute_txid()]);
    bench.chain.mine(1).unwrap();
    assert_eq!(bench.chain.spender_of(&coin[0].0).unwrap().txid, replacement.compute_txid());
    bench.audit();
}

#[test]
fn a_replacement_needs_a_higher_rate_than_what_it_replaces() {
    let bench = Bench::new();
    let (coin, other) = (bench.coin(100_000), bench.coin(100_000));
    let small = bench.spend(std::slice::from_ref(&coin), 3_000);
    bench.chain.submit(small.clone()).unwrap();
    let large = bench.spend(&[coin.clone(), other.clone()], 3_300);
    let needed = 3_000 * large.vsize() as u64 / small.vsize() as u64 + 1;
    let short = Refusal::ReplacementFee { fee: Sat::new(3_300), needed: Sat::new(needed) };
    assert_eq!(bench.refusal(&large), short);
    bench.chain.submit(bench.spend(&[coin, other], needed)).unwrap();
}

#[test]
fn a_replacement_cannot_spend_what_it_replaces() {
    let bench = Bench::new();
    let (coin, first) = {
        let coin = bench.coin(100_000);
        let first = bench.spend(std::slice::from_ref(&coin), 500);
        (coin, first)
    };
    bench.chain.submit(first.clone()).unwrap();
    let tx = bench.spend(&[coin, first_output(&first)], 20_000);
    assert_eq!(bench.refusal(&tx), Refusal::SpendsReplaced);
}

#[test]
fn a_block_takes_the_best_paying_first_and_parents_before_children() {
    let bench = Bench::new();
    let (a, b) = (bench.coin(100_000), bench.coin(100_000));
    let poor_parent = bench.spend(&[a], 200);
    let rich_child = bench.spend(&[first_output(&poor_parent)], 20_000);
    let middle = bench.spend(&[b], 2_000);
    for tx in [&poor_parent, &middle, &rich_child] {
        bench.chain.submit(tx.clone()).unwrap();
    }
    bench.chain.mine(1).unwrap();
    let order: Vec<Txid> = bench.chain.read(|view| {
        view.ledger.tip().block.txdata.iter().map(Transaction::compute_txid).collect()
    });
    assert_eq!(order[1..], [&poor_parent, &rich_child, &middle].map(Transaction::compute_txid));
    bench.audit();
}

#[test]
fn an_empty_block_leaves_the_mempool_waiting() {
    let bench = Bench::new();
    let tx = bench.spend(&[bench.coin(10_000)], 500);
    bench.chain.submit(tx.clone()).unwrap();
    bench.chain.mine_empty(3).unwrap();
    assert_eq!(bench.chain.mempool(), [tx.compute_txid()]);
}
