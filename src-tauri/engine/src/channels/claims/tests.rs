use super::*;
use crate::onchain::Confirmation;
use crate::time::Timestamp;
use bitcoin::{BlockHash, ScriptBuf, Sequence, Transaction, Witness, absolute, transaction};
use lightning::types::payment::{PaymentHash, PaymentPreimage};
use std::sync::Arc;

const BLOCK: u32 = 500;

fn commitment() -> Txid {
    Txid::from_byte_array([7; 32])
}

fn outpoint(vout: u32) -> OutPoint {
    OutPoint { txid: commitment(), vout }
}

fn output(vout: u32, value: u64) -> Output {
    Output { outpoint: outpoint(vout), value: Sat::new(value), swept: false, free_at: None }
}

/// A transaction that spends these outputs of the commitment, with what it takes from and gives to the wallet.
fn spending(inputs: &[(u32, Option<[u8; 32]>)], sent: u64, received: u64) -> OnchainTx {
    let input = |(vout, secret): &(u32, Option<[u8; 32]>)| TxIn {
        previous_output: outpoint(*vout),
        script_sig: ScriptBuf::new(),
        sequence: Sequence::MAX,
        witness: Witness::from_slice(&secret.iter().map(|bytes| &bytes[..]).collect::<Vec<_>>()),
    };
    let transaction = Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: inputs.iter().map(input).collect(),
        output: Vec::new(),
    };
    OnchainTx {
        txid: transaction.compute_txid(),
        transaction: Arc::new(transaction),
        sent: Sat::new(sent),
        received: Sat::new(received),
        fee: None,
        own: false,
        confirmation: None,
        seen: None,
    }
}

fn in_a_block(tx: OnchainTx) -> OnchainTx {
    let confirmation = Confirmation {
        height: BLOCK,
        block: BlockHash::from_byte_array([1; 32]),
        time: Timestamp::from_secs(1),
        count: 1,
    };
    OnchainTx { confirmation: Some(confirmation), ..tx }
}

fn awaiting(amount: u64, height: u32, source: BalanceSource) -> Claimable {
    Claimable::ClaimableAwaitingConfirmations {
        amount_satoshis: amount,
        confirmation_height: height,
        source,
    }
}

fn contentious(amount: u64, preimage: [u8; 32]) -> Claimable {
    Claimable::ContentiousClaimable {
        amount_satoshis: amount,
        timeout_height: 900,
        payment_hash: PaymentHash(sha256::Hash::hash(&preimage).to_byte_array()),
        payment_preimage: PaymentPreimage(preimage),
    }
}

fn claims(claimable: Vec<Claimable>, outputs: Vec<Output>) -> ClaimableBalances {
    ClaimableBalances { claimable, outputs, watched: vec![commitment()] }
}

#[test]
fn a_sweep_counts_from_the_moment_the_wallet_knows_it() {
    let outputs = vec![output(0, 10_000), output(1, 7_000)];
    let claims = claims(Vec::new(), outputs.clone());
    assert_eq!(claims.waiting(&outputs, &[]), Sat::new(17_000));
    let sweep = spending(&[(0, None)], 0, 9_800);
    assert_eq!(claims.waiting(&outputs, std::slice::from_ref(&sweep)), Sat::new(7_000));
    // LDK knows of its block before the wallet knows of it at all.
    let swept = vec![Output { swept: true, ..outputs[0] }, outputs[1]];
    let claims = ClaimableBalances { outputs: swept.clone(), ..claims };
    assert_eq!(claims.waiting(&swept, &[]), Sat::new(17_000));
    assert_eq!(claims.waiting(&swept, &[sweep]), Sat::new(7_000));
}

#[test]
fn what_was_handed_over_since_is_counted_once() {
    let ours = awaiting(10_000, 720, BalanceSource::HolderForceClosed);
    let claims = claims(vec![ours, awaiting(3_000, 730, BalanceSource::Htlc)], Vec::new());
    let since = [output(0, 10_000)];
    assert_eq!(claims.waiting(&since, &[]), Sat::new(13_000), "as it was before");
    assert_eq!(claims.waiting(&since, &[spending(&[(0, None)], 0, 9_800)]), Sat::new(3_000));
}

#[test]
fn a_claim_that_pays_the_wallet_is_not_also_waiting() {
    let (one, other) = ([1; 32], [2; 32]);
    let claim = spending(&[(2, Some(one))], 0, 4_700);
    let before = claims(vec![contentious(5_000, one), contentious(6_000, other)], Vec::new());
    assert_eq!(before.waiting(&[], &[]), Sat::new(11_000));
    assert_eq!(before.waiting(&[], std::slice::from_ref(&claim)), Sat::new(6_000));
    // The wallet knows of its block first, then LDK too.
    let claim = in_a_block(claim);
    assert_eq!(before.waiting(&[], std::slice::from_ref(&claim)), Sat::new(6_000));
    let seen = awaiting(5_000, BLOCK + ANTI_REORG_DELAY - 1, BalanceSource::Htlc);
    let after = claims(vec![seen, contentious(6_000, other)], Vec::new());
    assert_eq!(after.waiting(&[], std::slice::from_ref(&claim)), Sat::new(6_000));
    let buried = claims(vec![contentious(6_000, other)], Vec::new());
    assert_eq!(buried.waiting(&[], &[claim]), Sat::new(6_000));
}

#[test]
fn a_penalty_is_not_also_waiting() {
    let revoked =
        |amount| Claimable::CounterpartyRevokedOutputClaimable { amount_satoshis: amount };
    let claim = spending(&[(0, None), (1, None)], 0, 14_500);
    let before = claims(vec![revoked(10_000), revoked(5_000)], Vec::new());
    assert_eq!(before.waiting(&[], &[]), Sat::new(15_000));
    assert_eq!(before.waiting(&[], std::slice::from_ref(&claim)), Sat::ZERO);
    let buried = BLOCK + ANTI_REORG_DELAY - 1;
    let own = awaiting(80_000, buried, BalanceSource::CounterpartyForceClosed);
    let taken = awaiting(14_500, buried, BalanceSource::CounterpartyForceClosed);
    assert_eq!(
        claims(vec![own, taken], Vec::new()).waiting(&[], &[in_a_block(claim)]),
        Sat::new(80_000)
    );
}

#[test]
fn a_transaction_that_only_pays_fees_brings_nothing() {
    let preimage = [1; 32];
    let claims = claims(vec![contentious(5_000, preimage)], Vec::new());
    let second_stage = spending(&[(2, Some(preimage))], 40_000, 39_000);
    assert_eq!(claims.waiting(&[], &[second_stage]), Sat::new(5_000));
}

#[test]
fn a_payment_on_its_way_through_us_is_not_ours() {
    let forwarded = Claimable::MaybeTimeoutClaimableHTLC {
        amount_satoshis: 5_000,
        claimable_height: 900,
        payment_hash: PaymentHash([9; 32]),
        outbound_payment: false,
    };
    assert_eq!(claims(vec![forwarded], Vec::new()).waiting(&[], &[]), Sat::ZERO);
}
