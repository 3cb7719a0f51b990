//! What bitcoin refuses: offered to practice and to bitcoind, which must say the same.

use crate::bitcoind::Bitcoind;
use crate::mirror::{Mirror, Tally};
use crate::peer::Tools;
use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::script::Builder;
use bitcoin::transaction::Version;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness};
use fulmen_engine::amount::Sat;
use fulmen_engine::time::Timestamp;
use fulmen_practice::chain::{PracticeChain, Refusal};
use std::mem::discriminant;
use std::path::PathBuf;

/// The value of each coin to spend.
const COIN: u64 = 100_000;
/// The value of one from which a fee can be paid that is a slip.
const RICH: u64 = 2_000_000;
/// An ordinary fee.
const FEE: u64 = 1_000;
/// So many may wait on one another.
const IN_A_ROW: usize = 25;
const ZERO: Sat = Sat::ZERO;

pub(super) async fn as_by_bitcoind(tools: Tools, dir: PathBuf) -> (String, Tally) {
    let chain = PracticeChain::open(&dir.join("chain"), Timestamp::now).expect("a chain");
    let bitcoind = Bitcoind::start(&tools.debian, &dir.join("bitcoind")).await;
    let mut mirror = Mirror::new(chain.clone(), bitcoind).await;
    let coins = coins(&chain, &mut mirror).await;
    for (transaction, expected) in alone(&chain, &coins) {
        is(&mirror.refuses(&transaction).await, &expected);
    }
    is(&mirror.refuses(&nothing()).await, &Refusal::NoInputs);
    let parent = spending(&coins[..1], COIN - FEE);
    let child = spending(&[first(&parent)], COIN - 2 * FEE);
    is(&mirror.refuses_package(&[child, parent]).await, &Refusal::PackageShape);
    after_others(&chain, &mut mirror, &coins).await;
    too_many(&chain, &mut mirror, &coins[3..8]).await;
    assert_eq!(mirror.bitcoind.tip().await, chain.tip().hash.to_string());
    (mirror.bitcoind.version().await, mirror.tally)
}

fn is(refusal: &Refusal, expected: &Refusal) {
    assert_eq!(discriminant(refusal), discriminant(expected), "{refusal}, not {expected}");
}

/// Eight coins of [`COIN`] and one of [`RICH`] that anyone may spend who shows [`anyone`]; confirmed.
async fn coins(chain: &PracticeChain, mirror: &mut Mirror) -> Vec<OutPoint> {
    let pay = |sat| chain.faucet(anyone().to_p2wsh(), Sat::new(sat)).expect("the faucet pays");
    let coins = [COIN; 8].into_iter().chain([RICH]).map(|sat| first(&pay(sat))).collect();
    mirror.mine().await;
    coins
}

fn first(of: &Transaction) -> OutPoint {
    OutPoint { txid: of.compute_txid(), vout: 0 }
}

/// Refused for what they are.
fn alone(chain: &PracticeChain, coins: &[OutPoint]) -> Vec<(Transaction, Refusal)> {
    let good = || spending(&coins[..1], COIN - FEE);
    let with = |change: &dyn Fn(&mut Transaction)| {
        let mut transaction = good();
        change(&mut transaction);
        transaction
    };
    let nowhere = OutPoint { txid: Txid::all_zeros(), vout: 7 };
    let newest = newest_reward(chain);
    let burn = ScriptBuf::new_op_return([1; 20]);
    let most = Amount::MAX_MONEY - Amount::ONE_BTC;
    vec![
        (with(&|tx| tx.output.clear()), Refusal::NoOutputs),
        (spending(&[coins[0], coins[0]], COIN), Refusal::DuplicateInput),
        (with(&|tx| tx.input[0] = reward()), Refusal::Coinbase),
        (with(&|tx| tx.output = vec![tx.output[0].clone(); 2_500]), Refusal::TooLarge),
        (with(&|tx| tx.output = vec![out(0, ScriptBuf::new_op_return([0; 0]))]), Refusal::TooSmall),
        (
            with(&|tx| tx.output = vec![out(most.to_sat(), anyone().to_p2wsh()); 2]),
            Refusal::TooMuch,
        ),
        (spending(&coins[..1], COIN + 1), Refusal::ValueFromNothing { into: ZERO, out: ZERO }),
        (spending(&[nowhere], COIN - FEE), Refusal::MissingInput(nowhere)),
        (with(&|tx| tx.input[0].witness.push([1])), Refusal::BadScript { input: 0 }),
        (spending(&[newest], COIN), Refusal::ImmatureCoinbase { depth: 0 }),
        (
            with(&|tx| tx.lock_time = LockTime::from_height(400).expect("a height")),
            Refusal::NotFinal,
        ),
        (with(&|tx| tx.input[0].sequence = Sequence::from_height(10)), Refusal::SequenceLock),
        (spending(&coins[..1], COIN - 1), Refusal::FeeTooLow { fee: ZERO, needed: ZERO }),
        (spending(&coins[8..], COIN), Refusal::FeeTooHigh),
        (with(&|tx| tx.output[0].value = Amount::from_sat(100)), Refusal::Dust { output: 0 }),
        (with(&|tx| tx.output.push(out(10_000, burn.clone()))), Refusal::Burn),
    ]
}

/// Refused because of what was there before.
async fn after_others(chain: &PracticeChain, mirror: &mut Mirror, coins: &[OutPoint]) {
    let confirmed = spending(&coins[1..2], COIN - FEE);
    chain.submit(confirmed.clone()).expect("taken");
    mirror.mine().await;
    let waits = spending(&coins[2..3], COIN - 10 * FEE);
    chain.submit(waits.clone()).expect("taken");
    mirror.exchange().await;
    let of_it = first(&waits);
    let fees = Refusal::ReplacementFee { fee: ZERO, needed: ZERO };
    let cases = [
        (confirmed, Refusal::AlreadyConfirmed),
        (spending(&coins[1..2], COIN - 2 * FEE), Refusal::SpentInput(coins[1])),
        (spending(&coins[2..3], COIN - 5 * FEE), fees),
        (spending(&[coins[2], of_it], COIN), Refusal::SpendsReplaced),
    ];
    for (transaction, expected) in cases {
        is(&mirror.refuses(&transaction).await, &expected);
    }
    mirror.mine().await;
}

/// Refused because more than a hundred would leave for it, however much it pays.
async fn too_many(chain: &PracticeChain, mirror: &mut Mirror, coins: &[OutPoint]) {
    for coin in coins {
        let mut coin = *coin;
        for place in 1..=IN_A_ROW {
            let fees = FEE * u64::try_from(place).expect("few");
            let next = spending(&[coin], COIN - fees);
            coin = first(&next);
            chain.submit(next).expect("taken");
        }
    }
    mirror.exchange().await;
    is(&mirror.refuses(&spending(coins, COIN)).await, &Refusal::TooManyReplaced);
    mirror.mine().await;
}

/// A script that anyone fulfils.
fn anyone() -> ScriptBuf {
    Builder::new().push_int(1).into_script()
}

fn spending(coins: &[OutPoint], value: u64) -> Transaction {
    let input = |previous_output: &OutPoint| TxIn {
        previous_output: *previous_output,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::from_slice(&[anyone().to_bytes()]),
    };
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: coins.iter().map(input).collect(),
        output: vec![out(value, anyone().to_p2wsh())],
    }
}

fn out(value: u64, script_pubkey: ScriptBuf) -> TxOut {
    TxOut { value: Amount::from_sat(value), script_pubkey }
}

/// Of a transaction without inputs bitcoind can read this one alone: the first byte of any other's outputs would say that
/// witnesses follow.
fn nothing() -> Transaction {
    Transaction { version: Version::TWO, lock_time: LockTime::ZERO, input: vec![], output: vec![] }
}

/// As if out of a block.
fn reward() -> TxIn {
    TxIn {
        previous_output: OutPoint::null(),
        script_sig: Builder::new().push_int(400).into_script(),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    }
}

fn newest_reward(chain: &PracticeChain) -> OutPoint {
    let block = chain.block_at(chain.tip().height).expect("a tip");
    OutPoint { txid: block.txdata[0].compute_txid(), vout: 0 }
}
