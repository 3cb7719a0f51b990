//! Whether a block may become the tip: consensus alone, as bitcoin has it. What nodes do not relay, for its fee, its dust
//! or its size, a miner may take all the same.

use super::coin::Coin;
use super::ledger::{Connected, Ledger, outputs};
use super::{BlockRefusal, Refusal, build, rules};
use bitcoin::{Amount, Block, CompactTarget, OutPoint, Target, Transaction};
use std::collections::{HashMap, HashSet};

const MAX_BLOCK_WEIGHT: u64 = 4_000_000;

/// Checks a block on top of the tip and makes it the tip.
pub(crate) fn connect(ledger: &mut Ledger, block: Block) -> Result<&Connected, BlockRefusal> {
    ledger.connect(block, check)
}

/// Judges `block` on top of `ledger` and returns what each transaction spends and the sum of the fees.
fn check(ledger: &Ledger, block: &Block) -> Result<(Vec<Vec<Coin>>, Amount), BlockRefusal> {
    header(ledger, block)?;
    let coinbase = commitments(ledger, block)?;
    let (spent, fees) = transactions(ledger, block)?;
    let earned = build::subsidy(ledger.height() + 1) + fees;
    let claimed = rules::out_value(coinbase)
        .map_err(|refusal| BlockRefusal::Transaction { txid: coinbase.compute_txid(), refusal })?;
    if claimed != earned {
        return Err(BlockRefusal::CoinbaseValue { claimed: claimed.into(), earned: earned.into() });
    }
    Ok((spent, fees))
}

fn header(ledger: &Ledger, block: &Block) -> Result<(), BlockRefusal> {
    let header = &block.header;
    if header.prev_blockhash != ledger.tip().block.block_hash() {
        return Err(BlockRefusal::NotOnTip);
    }
    if header.bits != CompactTarget::from_consensus(build::BITS) {
        return Err(BlockRefusal::Difficulty);
    }
    if header.validate_pow(Target::from_compact(header.bits)).is_err() {
        return Err(BlockRefusal::ProofOfWork);
    }
    if header.time <= ledger.next().median_time {
        return Err(BlockRefusal::TimeTooOld);
    }
    Ok(())
}

fn commitments<'a>(ledger: &Ledger, block: &'a Block) -> Result<&'a Transaction, BlockRefusal> {
    let coinbase =
        block.coinbase().filter(|tx| tx.is_coinbase()).ok_or(BlockRefusal::NoCoinbase)?;
    if !block.check_merkle_root() {
        return Err(BlockRefusal::MerkleRoot);
    }
    if !block.check_witness_commitment() {
        return Err(BlockRefusal::WitnessCommitment);
    }
    let height = build::height_push(ledger.height() + 1);
    if !coinbase.input[0].script_sig.as_bytes().starts_with(height.as_bytes()) {
        return Err(BlockRefusal::CoinbaseHeight);
    }
    if block.weight().to_wu() > MAX_BLOCK_WEIGHT {
        return Err(BlockRefusal::TooHeavy);
    }
    Ok(coinbase)
}

/// Judges every transaction in turn, and says what each spends and what they pay together. An output of the block can be
/// spent by a later transaction of it.
pub(crate) fn transactions(
    ledger: &Ledger,
    block: &Block,
) -> Result<(Vec<Vec<Coin>>, Amount), BlockRefusal> {
    let height = ledger.height() + 1;
    let mut fresh: HashMap<OutPoint, Coin> = HashMap::new();
    let mut gone: HashSet<OutPoint> = HashSet::new();
    let (mut spent, mut fees) = (vec![Vec::new()], Amount::ZERO);
    for (position, tx) in block.txdata.iter().enumerate() {
        if position > 0 {
            let coins = judge(ledger, tx, &fresh, &mut gone).map_err(|refusal| {
                BlockRefusal::Transaction { txid: tx.compute_txid(), refusal }
            })?;
            fees += miner_fee(tx, &coins);
            spent.push(coins);
        }
        let coinbase = position == 0;
        fresh.extend(
            outputs(tx)
                .map(|(place, output)| (place, Coin { output: output.clone(), height, coinbase })),
        );
    }
    Ok((spent, fees))
}

fn judge(
    ledger: &Ledger,
    tx: &Transaction,
    fresh: &HashMap<OutPoint, Coin>,
    gone: &mut HashSet<OutPoint>,
) -> Result<Vec<Coin>, Refusal> {
    rules::shape(tx)?;
    let mut coins = Vec::with_capacity(tx.input.len());
    for input in &tx.input {
        let output = input.previous_output;
        let coin = fresh.get(&output).or_else(|| ledger.coin(&output));
        coins.push(coin.cloned().ok_or_else(|| absent(ledger, output))?);
        if !gone.insert(output) {
            return Err(Refusal::SpentInput(output));
        }
    }
    rules::judge(tx, &coins, ledger)?;
    Ok(coins)
}

/// Why an output that is not there is not there.
pub(crate) fn absent(ledger: &Ledger, output: OutPoint) -> Refusal {
    match ledger.index.spender(&output) {
        Some(_) => Refusal::SpentInput(output),
        None => Refusal::MissingInput(output),
    }
}

/// What a transaction leaves to the miner.
pub(crate) fn miner_fee(tx: &Transaction, spent: &[Coin]) -> Amount {
    let into: Amount = spent.iter().map(|coin| coin.output.value).sum();
    into.checked_sub(tx.output.iter().map(|output| output.value).sum()).unwrap_or(Amount::ZERO)
}
