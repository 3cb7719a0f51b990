//! Packages: a child that pays for its parents.

use super::*;

/// A parent that pays nothing, and its child that pays `fee`.
fn family(bench: &Bench, fee: u64) -> [Transaction; 2] {
    let parent = bench.spend(&[bench.coin(100_000)], 0);
    let child = bench.spend(&[first_output(&parent)], fee);
    [parent, child]
}

#[test]
fn a_parent_without_fee_is_accepted_only_with_its_child() {
    let bench = Bench::new();
    let [parent, child] = family(&bench, 1_000);
    assert!(matches!(bench.refusal(&parent), Refusal::FeeTooLow { .. }));
    assert!(matches!(bench.refusal(&child), Refusal::MissingInput(_)));
    let result = bench.chain.submit_package(&[parent.clone(), child.clone()]).unwrap();
    let ids = vec![parent.compute_txid(), child.compute_txid()];
    assert_eq!(result, PackageResult { accepted: ids.clone(), ..PackageResult::default() });
    bench.chain.mine(1).unwrap();
    assert!(ids.iter().all(|txid| bench.chain.place_of(txid).is_some()));
    bench.audit();
}

#[test]
fn a_package_that_pays_too_little_leaves_nothing() {
    let bench = Bench::new();
    let [parent, child] = family(&bench, 150);
    let result = bench.chain.submit_package(&[parent, child]).unwrap();
    assert_eq!(result.refused.len(), 2);
    assert!(result.refused.iter().all(|(_, refusal)| matches!(refusal, Refusal::FeeTooLow { .. })));
    assert_eq!(bench.chain.mempool(), []);
}

#[test]
fn a_miner_takes_a_parent_without_fee_alone() {
    let bench = Bench::new();
    let [parent, child] = family(&bench, 1_000);
    bench.chain.submit_block(bench.block(std::slice::from_ref(&parent), 0)).unwrap();
    bench.chain.submit(child).unwrap();
    bench.audit();
}

#[test]
fn a_parent_whose_paying_child_is_replaced_leaves_too() {
    let bench = Bench::new();
    let parent = bench.spend(&[bench.coin(100_000)], 0);
    let other = bench.coin(50_000);
    let child = bench.spend(&[first_output(&parent), other.clone()], 1_000);
    bench.chain.submit_package(&[parent.clone(), child]).unwrap();
    let replacement = bench.spend(&[other], 2_000);
    bench.chain.submit(replacement.clone()).unwrap();
    assert_eq!(bench.chain.mempool(), [replacement.compute_txid()]);
}

#[test]
fn a_package_replaces_a_package() {
    let bench = Bench::new();
    let coin = bench.coin(100_000);
    let [old, new] = [98_000, 97_000].map(|sat| {
        let script = &bench.purse.script;
        let parent = bench.signed(
            draft(std::slice::from_ref(&coin), &[(100_000, script)]),
            std::slice::from_ref(&coin),
        );
        let from = [first_output(&parent)];
        [parent, bench.signed(draft(&from, &[(sat, script)]), &from)]
    });
    bench.chain.submit_package(&old).unwrap();
    let result = bench.chain.submit_package(&new).unwrap();
    assert_eq!(result.replaced, [old[1].compute_txid()]);
    assert_eq!(bench.chain.mempool(), new.map(|tx| tx.compute_txid()));
}

#[test]
fn what_is_no_child_with_parents_is_refused() {
    let bench = Bench::new();
    let [parent, child] = family(&bench, 1_000);
    let stranger = bench.spend(&[bench.coin(20_000)], 500);
    for package in
        [vec![child.clone(), parent.clone()], vec![parent, stranger.clone(), child], vec![]]
    {
        let refused = bench.chain.submit_package(&package);
        assert!(matches!(refused, Err(ChainError::Refused(Refusal::PackageShape))), "{refused:?}");
    }
    assert_eq!(bench.chain.submit_package(&[stranger]).unwrap().accepted.len(), 1);
}
