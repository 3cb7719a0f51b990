use super::test_wallet::{TestWallet, keys, stranger};
use super::{sat, slow};
use crate::amount::Sat;
use crate::onchain::{Coins, Payees, SendAmount};
use bitcoin::{
    Amount, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness,
    hashes::Hash,
};
use lightning::chain::ClaimId;
use lightning::events::bump_transaction::sync::CoinSelectionSourceSync;
use lightning::events::bump_transaction::{Input, Utxo};
use std::sync::Arc;

fn coins(test_wallet: &TestWallet) -> Coins {
    Coins::new(test_wallet.wallet.clone(), Arc::new(keys()))
}

/// What LDK makes: an anchor of the channel, our coin, and change.
fn bump(coin: &Utxo, change: ScriptBuf) -> Psbt {
    let anchor = TxOut { value: Amount::from_sat(330), script_pubkey: stranger() };
    let input = |previous_output| TxIn {
        previous_output,
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::new(),
        ..TxIn::default()
    };
    let value = coin.output.value - Amount::from_sat(1000);
    let mut psbt = Psbt::from_unsigned_tx(Transaction {
        version: bitcoin::transaction::Version::TWO,
        lock_time: bitcoin::absolute::LockTime::ZERO,
        input: vec![input(OutPoint::new(Txid::hash(b"commitment"), 0)), input(coin.outpoint)],
        output: vec![TxOut { value, script_pubkey: change }],
    })
    .unwrap();
    psbt.inputs[0].witness_utxo = Some(anchor);
    psbt.inputs[1].witness_utxo = Some(coin.output.clone());
    psbt
}

#[test]
fn fee_bumps_see_confirmed_coins_that_nobody_else_has() {
    let test_wallet = TestWallet::new();
    test_wallet.receive(40_000);
    assert!(coins(&test_wallet).usable().is_empty());
    test_wallet.earn(50_000);
    assert_eq!(coins(&test_wallet).usable().len(), 1);
    let script = ScriptBuf::new_p2wsh(&bitcoin::WScriptHash::hash(b"channel"));
    test_wallet.wallet.fund(&script, sat(20_000), slow(), Sat::ZERO, &test_wallet.keys).unwrap();
    assert!(coins(&test_wallet).usable().is_empty());
}

#[test]
fn a_bump_is_signed_and_its_coin_is_no_ones_else_until_it_was_not_asked_for_a_while() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(50_000);
    let source = coins(&test_wallet);
    let coin = source.usable().remove(0);
    let signed = source.sign_psbt(bump(&coin, test_wallet.wallet.change_script())).unwrap();
    assert_eq!((signed.input[0].witness.len(), signed.input[1].witness.len()), (0, 2));
    let ask = || {
        test_wallet.wallet.preview_send(
            &Payees::one(&stranger(), SendAmount::Everything),
            slow(),
            Sat::ZERO,
        )
    };
    assert!(ask().is_err());
    test_wallet.mine_empty(11);
    assert!(ask().is_err());
    test_wallet.mine_empty(1);
    ask().unwrap();
}

#[test]
fn a_bump_outside_a_block_can_be_raised_with_the_same_coin_even_after_a_restart() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(50_000);
    let source = coins(&test_wallet);
    let coin = source.usable().remove(0);
    let signed = source.sign_psbt(bump(&coin, test_wallet.wallet.change_script())).unwrap();
    test_wallet.see(&signed, test_wallet.later());
    let again = TestWallet::loaded(test_wallet.kept());
    let listed = coins(&again).usable();
    assert_eq!(listed.iter().map(|utxo| utxo.outpoint).collect::<Vec<_>>(), [coin.outpoint]);
    // Its change is not ours to spend yet: the commitment may yet be another one.
    assert_eq!(again.wallet.balance(Sat::ZERO).can_spend_sat, Sat::ZERO);
    // And if the server lets it go, our coin is free again.
    again.vanish(&signed);
    assert_eq!(again.wallet.balance(Sat::ZERO).can_spend_sat, sat(50_000));
}

#[test]
fn a_coin_that_was_sent_meanwhile_is_not_signed_away() {
    let test_wallet = TestWallet::new();
    test_wallet.earn(50_000);
    let source = coins(&test_wallet);
    let coin = source.usable().remove(0);
    let plan = test_wallet
        .wallet
        .preview_send(&Payees::one(&stranger(), SendAmount::Everything), slow(), Sat::ZERO)
        .unwrap();
    test_wallet.wallet.finish(plan, &test_wallet.keys, test_wallet.later()).unwrap();
    assert!(source.sign_psbt(bump(&coin, stranger())).is_err());
}

/// The input of a commitment's anchor, as LDK hands it over: with the commitment's own fee and weight.
fn anchor(commitment_fee: u64) -> Input {
    Input {
        outpoint: OutPoint::new(Txid::hash(b"commitment"), 0),
        previous_utxo: TxOut {
            value: Amount::from_sat(330 + commitment_fee),
            script_pubkey: stranger(),
        },
        satisfaction_weight: 1_124 + 115 + 4,
    }
}

/// What the miners get beyond what LDK brings, and how many coins of ours it takes.
fn bumped(
    test_wallet: &TestWallet,
    source: &Coins,
    claim: u8,
    rate: u32,
) -> Option<(u64, Vec<u64>)> {
    let claim = ClaimId([claim; 32]);
    let selected =
        source.select_confirmed_utxos(claim, vec![anchor(250)], &[], rate, 400_000).ok()?;
    let coins: Vec<u64> =
        selected.confirmed_utxos.iter().map(|coin| coin.output.value.to_sat()).collect();
    let change = selected.change_output.map_or(0, |output| output.value.to_sat());
    assert!(
        selected
            .confirmed_utxos
            .iter()
            .all(|coin| test_wallet.wallet.is_mine(&coin.output.script_pubkey))
    );
    Some((coins.iter().sum::<u64>() - change, coins))
}

#[test]
fn a_fee_bump_takes_the_fewest_coins_and_none_that_costs_more_than_it_brings() {
    let test_wallet = TestWallet::new();
    for coin in std::iter::repeat_n(1_000, 20).chain([500_000, 60_000, 3_000]) {
        test_wallet.earn(coin);
    }
    let source = coins(&test_wallet);
    // 5 and 60 sat/vB: one coin each, and the smallest that is enough.
    let (_, taken) = bumped(&test_wallet, &source, 1, 1_250).unwrap();
    assert_eq!(taken, [3_000]);
    let (fee, taken) = bumped(&test_wallet, &source, 1, 15_000).unwrap();
    assert_eq!(taken, [60_000]);
    // Some 1,841 weight units with the commitment, less the 580 sat that it and its anchor bring.
    assert!((26_800..27_200).contains(&fee), "{fee}");
    // Another claim takes another coin while there is one.
    assert_eq!(bumped(&test_wallet, &source, 2, 15_000).unwrap().1, [500_000]);
    assert_eq!(bumped(&test_wallet, &source, 3, 15_000).unwrap().1, [60_000]);
    assert_eq!(bumped(&test_wallet, &source, 1, 100_000).unwrap().1, [500_000]);
    // Dust alone pays for nothing.
    let dust = TestWallet::new();
    (0..50).for_each(|_| drop(dust.earn(1_000)));
    assert!(bumped(&dust, &coins(&dust), 1, 15_000).is_none());
    assert!(bumped(&TestWallet::new(), &coins(&TestWallet::new()), 1, 15_000).is_none());
}
