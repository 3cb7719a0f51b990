//! The chain is the same after a restart and after a kill.

use super::*;

/// Everything there is to see.
fn picture(bench: &Bench) -> (Tip, Vec<Txid>, Vec<(OutPoint, Coin)>) {
    let mut utxos = bench.chain.utxos();
    utxos.sort_unstable_by_key(|(output, _)| *output);
    (bench.chain.tip(), bench.chain.mempool(), utxos)
}

/// A chain with confirmed, waiting, replaced and undone transactions.
fn eventful() -> Bench {
    let bench = Bench::new();
    let coin = [bench.coin(100_000)];
    bench.chain.submit(bench.spend(&coin, 500)).unwrap();
    bench.chain.submit(bench.spend(&coin, 5_000)).unwrap();
    bench.chain.mine(2).unwrap();
    bench.chain.reorg(2).unwrap();
    let gone = bench.chain.faucet(bench.purse.script.clone(), Sat::new(5_000)).unwrap();
    bench.chain.mine(1).unwrap();
    bench.chain.reorg_to(1, Branch::Without(&[gone.compute_txid()])).unwrap();
    let parent = bench.spend(&[bench.coin(50_000)], 0);
    let child = bench.spend(&[first_output(&parent)], 1_000);
    bench.chain.submit_package(&[parent, child]).unwrap();
    bench
}

#[test]
fn a_restart_changes_nothing_and_mines_nothing() {
    let bench = eventful();
    let before = picture(&bench);
    assert_eq!(before.1.len(), 2);
    let bench = bench.restart();
    assert_eq!(picture(&bench), before);
    bench.chain.mine(1).unwrap();
    let before = picture(&bench);
    let bench = bench.restart();
    assert_eq!(picture(&bench), before);
    bench.audit();
}

#[test]
fn after_a_kill_in_the_middle_of_a_write_the_last_call_is_undone_whole() {
    let bench = eventful();
    let before = picture(&bench);
    let log = bench.dir.path().join("chain.log");
    let length = std::fs::metadata(&log).unwrap().len();
    bench.chain.reorg(3).unwrap();
    let full = std::fs::metadata(&log).unwrap().len();
    let Bench { chain, purse, clock, dir } = bench;
    drop(chain);
    let torn = length + (full - length) / 2;
    std::fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(torn).unwrap();
    let chain = open(dir.path(), &clock);
    let bench = Bench { chain, purse, clock, dir };
    assert_eq!(picture(&bench), before);
    assert_eq!(std::fs::metadata(&log).unwrap().len(), length);
    bench.chain.mine(1).unwrap();
    let after = picture(&bench);
    assert_eq!(picture(&bench.restart()), after);
}

#[test]
fn the_first_start_takes_less_than_a_second() {
    let started = std::time::Instant::now();
    let bench = Bench::new();
    let took = started.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(bench.chain.tip().height, FIRST_BLOCKS);
}

#[test]
fn one_directory_holds_one_open_chain() {
    let bench = Bench::new();
    let second = PracticeChain::open(bench.dir.path(), || Timestamp::from_secs(NOW));
    assert!(matches!(second, Err(ChainError::Log(LogError::InUse(_)))));
}
