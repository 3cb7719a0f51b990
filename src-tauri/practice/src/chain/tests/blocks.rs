//! What every block must keep.

use super::*;
use bitcoin::hashes::Hash;
use bitcoin::{BlockHash, CompactTarget, TxMerkleNode};

#[test]
fn the_first_start_is_regtest_with_rewards_for_the_faucet() {
    let bench = Bench::new();
    let genesis = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206";
    assert_eq!(bench.chain.hash_at(0).unwrap().to_string(), genesis);
    let tip = bench.chain.tip();
    assert_eq!((tip.height, tip.time), (110, Timestamp::from_secs(NOW)));
    assert_eq!(bench.chain.subsidies_total(), Sat::new(110 * 50 * 100_000_000));
    assert_eq!(bench.chain.faucet_total(), bench.chain.subsidies_total());
}

#[test]
fn the_subsidy_halves_every_150_blocks() {
    let bench = Bench::new();
    bench.chain.mine(41).unwrap();
    assert_eq!(bench.chain.subsidies_total(), Sat::new((149 * 50 + 2 * 25) * 100_000_000));
    bench.audit();
}

#[test]
fn block_times_are_above_the_median_even_where_the_clock_goes_back() {
    let bench = Bench::new();
    bench.clock.store(NOW - 1_000_000, Ordering::Relaxed);
    bench.chain.mine(12).unwrap();
    bench.chain.read(|view| {
        for height in 1..=view.ledger.height() {
            assert!(
                view.ledger.at(height).unwrap().block.header.time
                    > view.ledger.median_time(height - 1)
            );
        }
    });
    let mut block = bench.block(&[], 0);
    block.header.time = bench.chain.read(|view| view.ledger.next().median_time);
    build::seal(&mut block);
    assert_eq!(bench.block_refusal(block), BlockRefusal::TimeTooOld);
}

#[test]
fn a_block_elsewhere_or_without_work_is_refused() {
    let bench = Bench::new();
    let mut elsewhere = bench.block(&[], 0);
    elsewhere.header.prev_blockhash = BlockHash::all_zeros();
    build::seal(&mut elsewhere);
    assert_eq!(bench.block_refusal(elsewhere), BlockRefusal::NotOnTip);
    let mut lazy = bench.block(&[], 0);
    let target = lazy.header.target();
    while lazy.header.validate_pow(target).is_ok() {
        lazy.header.nonce += 1;
    }
    assert_eq!(bench.block_refusal(lazy), BlockRefusal::ProofOfWork);
    let mut easy = bench.block(&[], 0);
    easy.header.bits = CompactTarget::from_consensus(0x207f_fffe);
    assert_eq!(bench.block_refusal(easy), BlockRefusal::Difficulty);
}

#[test]
fn a_block_must_commit_to_what_it_holds() {
    let bench = Bench::new();
    let regrind = |block: &mut Block| {
        while block.header.validate_pow(block.header.target()).is_err() {
            block.header.nonce += 1;
        }
    };
    let mut other_root = bench.block(&[], 0);
    other_root.header.merkle_root = TxMerkleNode::all_zeros();
    regrind(&mut other_root);
    assert_eq!(bench.block_refusal(other_root), BlockRefusal::MerkleRoot);
    let coin = [bench.coin(10_000)];
    let mut stripped = bench.block(&[bench.spend(&coin, 500)], 500);
    stripped.txdata[1].input[0].witness = Witness::new();
    regrind(&mut stripped);
    assert_eq!(bench.block_refusal(stripped), BlockRefusal::WitnessCommitment);
}

#[test]
fn a_coinbase_takes_its_height_and_exactly_what_was_earned() {
    let bench = Bench::new();
    let earned = Sat::new(50 * 100_000_000);
    let greedy = bench.block(&[], 1);
    let claimed = Sat::new(earned.get() + 1);
    assert_eq!(bench.block_refusal(greedy), BlockRefusal::CoinbaseValue { claimed, earned });
    let mut high = bench.block(&[], 0);
    high.txdata[0].input[0].script_sig = build::height_push(400);
    build::seal(&mut high);
    assert_eq!(bench.block_refusal(high), BlockRefusal::CoinbaseHeight);
    let coin = [bench.coin(10_000)];
    let mut headless = bench.block(&[bench.spend(&coin, 500)], 500);
    headless.txdata.remove(0);
    assert_eq!(bench.block_refusal(headless), BlockRefusal::NoCoinbase);
}

#[test]
fn two_spends_of_one_coin_in_one_block_are_refused() {
    let bench = Bench::new();
    let coin = bench.coin(10_000);
    let spends = [
        bench.spend(std::slice::from_ref(&coin), 500),
        bench.spend(std::slice::from_ref(&coin), 600),
    ];
    let expected = BlockRefusal::Transaction {
        txid: spends[1].compute_txid(),
        refusal: Refusal::SpentInput(coin.0),
    };
    assert_eq!(bench.block_refusal(bench.block(&spends, 1_100)), expected);
}

#[test]
fn a_child_before_its_parent_is_refused() {
    let bench = Bench::new();
    let parent = bench.spend(&[bench.coin(10_000)], 500);
    let child = bench.spend(&[first_output(&parent)], 500);
    let missing = Refusal::MissingInput(first_output(&parent).0);
    let expected = BlockRefusal::Transaction { txid: child.compute_txid(), refusal: missing };
    assert_eq!(bench.block_refusal(bench.block(&[child.clone(), parent.clone()], 1_000)), expected);
    bench.chain.submit_block(bench.block(&[parent, child], 1_000)).unwrap();
    bench.audit();
}

#[test]
fn a_foreign_block_throws_conflicting_transactions_out() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    let (waiting, mined) = (bench.spend(&coin, 500), bench.spend(&coin, 400));
    let child = bench.spend(&[first_output(&waiting)], 500);
    bench.chain.submit(waiting).unwrap();
    bench.chain.submit(child).unwrap();
    bench.chain.submit_block(bench.block(&[mined], 400)).unwrap();
    assert_eq!(bench.chain.mempool(), []);
    bench.audit();
}
