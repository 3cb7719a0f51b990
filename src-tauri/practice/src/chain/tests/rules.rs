//! What every transaction must keep. Each is refused by the mempool and again in a block.

use super::*;
use bitcoin::hashes::Hash;
use bitcoin::key::{Keypair, TapTweak};
use bitcoin::opcodes::all::OP_CSV;
use bitcoin::secp256k1::{Message, Secp256k1};
use bitcoin::sighash::{Prevouts, SighashCache, TapSighashType};
use bitcoin::transaction::Version;

#[test]
fn value_from_nothing_is_refused() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    let tx = bench.signed(draft(&coin, &[(10_001, &bench.purse.script)]), &coin);
    let expected = Refusal::ValueFromNothing { into: Sat::new(10_000), out: Sat::new(10_001) };
    assert_eq!(bench.refused_twice(&tx, 0), expected);
}

#[test]
fn outputs_above_all_bitcoin_are_refused() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    let script = &bench.purse.script;
    let tx = bench.signed(draft(&coin, &[(u64::MAX, script), (10_001, script)]), &coin);
    assert_eq!(bench.refused_twice(&tx, 0), Refusal::TooMuch);
}

#[test]
fn inputs_that_never_were_are_refused() {
    let bench = Bench::new();
    let (_, coin) = bench.coin(10_000);
    let nowhere = OutPoint { txid: Txid::from_byte_array([7; 32]), vout: 0 };
    let tx = bench.spend(&[(nowhere, coin)], 500);
    assert_eq!(bench.refused_twice(&tx, 500), Refusal::MissingInput(nowhere));
}

#[test]
fn spent_inputs_are_refused() {
    let bench = Bench::new();
    let coin = bench.coin(10_000);
    bench.chain.submit(bench.spend(std::slice::from_ref(&coin), 500)).unwrap();
    bench.chain.mine(1).unwrap();
    let again = bench.spend(std::slice::from_ref(&coin), 900);
    assert_eq!(bench.refused_twice(&again, 900), Refusal::SpentInput(coin.0));
}

#[test]
fn an_input_named_twice_is_refused() {
    let bench = Bench::new();
    let coin = bench.coin(10_000);
    let tx = bench.spend(&[coin.clone(), coin], 15_000);
    assert_eq!(bench.refused_twice(&tx, 0), Refusal::DuplicateInput);
}

#[test]
fn a_wrong_signature_is_refused() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    let mut tx = draft(&coin, &[(9_500, &bench.purse.script)]);
    Purse::named("a thief").sign(&mut tx, &[coin[0].1.clone()]);
    assert_eq!(bench.refused_twice(&tx, 500), Refusal::BadScript { input: 0 });
}

#[test]
fn a_signature_over_another_amount_is_refused() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    let mut tx = bench.spend(&coin, 500);
    tx.output[0].value = Amount::from_sat(9_000);
    assert_eq!(bench.refused_twice(&tx, 1_000), Refusal::BadScript { input: 0 });
}

#[test]
fn a_taproot_key_spend_is_checked() {
    let bench = Bench::new();
    let secp = Secp256k1::new();
    let keypair = Keypair::from_seckey_slice(&secp, &[9; 32]).unwrap();
    let script = ScriptBuf::new_p2tr(&secp, keypair.x_only_public_key().0, None);
    let paid = bench.chain.faucet(script, Sat::new(20_000)).unwrap();
    bench.chain.mine(1).unwrap();
    let coin = [first_output(&paid)];
    let mut tx = draft(&coin, &[(19_000, &bench.purse.script)]);
    let spent = [coin[0].1.clone()];
    let mut cache = SighashCache::new(&tx);
    let sighash = cache
        .taproot_key_spend_signature_hash(0, &Prevouts::All(&spent), TapSighashType::Default)
        .unwrap();
    let tweaked = keypair.tap_tweak(&secp, None).to_keypair();
    let signature =
        secp.sign_schnorr_no_aux_rand(&Message::from_digest(sighash.to_byte_array()), &tweaked);
    let mut wrong = signature.serialize();
    wrong[5] ^= 1;
    tx.input[0].witness = Witness::from_slice(&[wrong]);
    assert_eq!(bench.refused_twice(&tx, 1_000), Refusal::BadScript { input: 0 });
    tx.input[0].witness = Witness::from_slice(&[signature.serialize()]);
    bench.chain.submit(tx.clone()).unwrap();
    bench.chain.mine(1).unwrap();
    assert!(bench.chain.place_of(&tx.compute_txid()).is_some());
}

#[test]
fn a_relative_lock_in_a_script_is_checked() {
    let bench = Bench::new();
    let lock = bitcoin::script::Builder::new().push_int(3).push_opcode(OP_CSV).into_script();
    let paid = bench.chain.faucet(lock.to_p2wsh(), Sat::new(20_000)).unwrap();
    bench.chain.mine(5).unwrap();
    let mut tx = draft(&[first_output(&paid)], &[(19_000, &bench.purse.script)]);
    tx.input[0].witness = Witness::from_slice(&[lock.as_bytes()]);
    tx.input[0].sequence = Sequence::from_height(2);
    assert_eq!(bench.refused_twice(&tx, 1_000), Refusal::BadScript { input: 0 });
    tx.input[0].sequence = Sequence::from_height(3);
    bench.chain.submit(tx).unwrap();
}

#[test]
fn an_immature_reward_is_refused_until_a_hundred_blocks() {
    let bench = Bench::new();
    bench.chain.submit_block(bench.block(&[], 0)).unwrap();
    let reward = bench.chain.read(|view| first_output(&view.ledger.tip().block.txdata[0]));
    let tx = bench.spend(&[reward], 1_000);
    bench.chain.mine(98).unwrap();
    assert_eq!(bench.refused_twice(&tx, 1_000), Refusal::ImmatureCoinbase { depth: 99 });
    bench.chain.mine(1).unwrap();
    bench.chain.submit(tx).unwrap();
}

#[test]
fn a_lock_time_by_height_is_kept() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    let mut tx = draft(&coin, &[(9_500, &bench.purse.script)]);
    tx.lock_time = absolute::LockTime::from_consensus(bench.chain.tip().height + 1);
    let tx = bench.signed(tx, &coin);
    assert_eq!(bench.refused_twice(&tx, 500), Refusal::NotFinal);
    bench.chain.mine(1).unwrap();
    bench.chain.submit(tx).unwrap();
}

#[test]
fn a_lock_time_by_clock_waits_for_the_median() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    let mut tx = draft(&coin, &[(9_500, &bench.purse.script)]);
    tx.lock_time = absolute::LockTime::from_consensus(u32::try_from(NOW + 1_000).unwrap());
    let tx = bench.signed(tx, &coin);
    bench.clock.store(NOW + 2_000, Ordering::Relaxed);
    bench.chain.mine(5).unwrap();
    assert_eq!(bench.refused_twice(&tx, 500), Refusal::NotFinal);
    bench.chain.mine(1).unwrap();
    bench.chain.submit(tx).unwrap();
}

#[test]
fn a_lock_time_is_void_where_every_input_is_final() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    let mut tx = draft(&coin, &[(9_500, &bench.purse.script)]);
    tx.lock_time = absolute::LockTime::from_consensus(400_000);
    tx.input[0].sequence = Sequence::MAX;
    bench.chain.submit(bench.signed(tx, &coin)).unwrap();
}

#[test]
fn a_relative_lock_by_blocks_is_kept() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    let mut tx = draft(&coin, &[(9_500, &bench.purse.script)]);
    tx.input[0].sequence = Sequence::from_height(3);
    let tx = bench.signed(tx, &coin);
    bench.chain.mine(1).unwrap();
    assert_eq!(bench.refused_twice(&tx, 500), Refusal::SequenceLock);
    bench.chain.mine(1).unwrap();
    bench.chain.submit(tx).unwrap();
}

#[test]
fn a_relative_lock_by_time_is_kept() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    let mut tx = draft(&coin, &[(9_500, &bench.purse.script)]);
    tx.input[0].sequence = Sequence::from_512_second_intervals(100);
    let tx = bench.signed(tx, &coin);
    assert_eq!(bench.refused_twice(&tx, 500), Refusal::SequenceLock);
    bench.clock.store(NOW + 100 * 512, Ordering::Relaxed);
    bench.chain.mine(6).unwrap();
    bench.chain.submit(tx).unwrap();
}

#[test]
fn a_version_1_transaction_has_no_relative_lock() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    let mut tx = draft(&coin, &[(9_500, &bench.purse.script)]);
    tx.version = Version::ONE;
    tx.input[0].sequence = Sequence::from_height(100);
    bench.chain.submit(bench.signed(tx, &coin)).unwrap();
}

#[test]
fn a_fee_below_the_relay_minimum_is_refused() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    let needed = bench.spend(&coin, 1).vsize() as u64;
    let short = bench.spend(&coin, needed - 1);
    let expected = Refusal::FeeTooLow { fee: Sat::new(needed - 1), needed: Sat::new(needed) };
    assert_eq!(bench.refusal(&short), expected);
    bench.chain.submit(bench.spend(&coin, needed)).unwrap();
    // A miner takes it all the same, and what waited for the same coin is gone.
    bench.chain.mine_only(std::slice::from_ref(&short)).unwrap();
    assert!(bench.chain.place_of(&short.compute_txid()).is_some());
    assert_eq!(bench.chain.mempool(), []);
    bench.audit();
}

#[test]
fn a_fee_that_is_a_slip_is_refused() {
    let bench = Bench::new();
    let coin = [bench.coin(100_000_000)];
    let tx = bench.spend(&coin, 90_000_000);
    assert_eq!(bench.refusal(&tx), Refusal::FeeTooHigh);
}

#[test]
fn dust_and_burnt_value_are_refused() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    let script = &bench.purse.script;
    let dust = bench.signed(draft(&coin, &[(9_000, script), (293, script)]), &coin);
    assert_eq!(bench.refusal(&dust), Refusal::Dust { output: 1 });
    let nobody = ScriptBuf::new_op_return(b"gone");
    let burn = bench.signed(draft(&coin, &[(9_000, script), (400, &nobody)]), &coin);
    assert_eq!(bench.refusal(&burn), Refusal::Burn);
    let note = bench.signed(draft(&coin, &[(9_000, script), (294, script), (0, &nobody)]), &coin);
    bench.chain.submit(note).unwrap();
    bench.chain.mine_only(&[dust]).unwrap();
    bench.audit();
}

#[test]
fn what_nobody_relays_is_gone_with_its_block() {
    let bench = Bench::new();
    let free = bench.spend(&[bench.coin(10_000)], 0);
    bench.chain.mine_only(std::slice::from_ref(&free)).unwrap();
    bench.chain.reorg(1).unwrap();
    assert_eq!(bench.chain.place_of(&free.compute_txid()), None);
    assert_eq!(bench.chain.mempool(), []);
    let bench = bench.restart();
    bench.audit();
}

#[test]
fn shapes_that_are_no_transaction_are_refused() {
    let bench = Bench::new();
    let coin = [bench.coin(10_000)];
    assert_eq!(bench.refused_twice(&draft(&coin, &[]), 0), Refusal::NoOutputs);
    assert_eq!(bench.refusal(&draft(&[], &[(1_000, &bench.purse.script)])), Refusal::NoInputs);
    let reward = bench.block(&[], 0).txdata.remove(0);
    assert_eq!(bench.refused_twice(&reward, 0), Refusal::Coinbase);
    let tiny = bench.signed(draft(&coin, &[(1_000, &ScriptBuf::new())]), &coin);
    assert_eq!(bench.refusal(&tiny), Refusal::TooSmall);
}
