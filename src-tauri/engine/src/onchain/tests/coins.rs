use super::purse::{Purse, keys, stranger};
use super::{sat, slow};
use crate::amount::Sat;
use crate::onchain::{Coins, SendAmount};
use bitcoin::{
    Amount, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness,
    hashes::Hash,
};
use lightning::events::bump_transaction::Utxo;
use lightning::events::bump_transaction::sync::WalletSourceSync;
use std::sync::Arc;

fn coins(purse: &Purse) -> Coins {
    Coins::new(purse.wallet.clone(), Arc::new(keys()))
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
    let purse = Purse::new();
    purse.receive(40_000);
    assert!(coins(&purse).list_confirmed_utxos().unwrap().is_empty());
    purse.earn(50_000);
    assert_eq!(coins(&purse).list_confirmed_utxos().unwrap().len(), 1);
    let script = ScriptBuf::new_p2wsh(&bitcoin::WScriptHash::hash(b"channel"));
    purse.wallet.fund(&script, sat(20_000), slow(), Sat::ZERO, &purse.keys).unwrap();
    assert!(coins(&purse).list_confirmed_utxos().unwrap().is_empty());
}

#[test]
fn a_bump_is_signed_and_its_coin_is_no_ones_else_until_it_was_not_asked_for_a_while() {
    let purse = Purse::new();
    purse.earn(50_000);
    let source = coins(&purse);
    let coin = source.list_confirmed_utxos().unwrap().remove(0);
    let signed = source.sign_psbt(bump(&coin, source.get_change_script().unwrap())).unwrap();
    assert_eq!((signed.input[0].witness.len(), signed.input[1].witness.len()), (0, 2));
    let ask = || purse.wallet.preview_send(&stranger(), SendAmount::Everything, slow(), Sat::ZERO);
    assert!(ask().is_err());
    purse.mine_empty(11);
    assert!(ask().is_err());
    purse.mine_empty(1);
    ask().unwrap();
}

#[test]
fn a_bump_outside_a_block_can_be_raised_with_the_same_coin_even_after_a_restart() {
    let purse = Purse::new();
    purse.earn(50_000);
    let source = coins(&purse);
    let coin = source.list_confirmed_utxos().unwrap().remove(0);
    let signed = source.sign_psbt(bump(&coin, source.get_change_script().unwrap())).unwrap();
    purse.see(&signed, purse.later());
    let again = Purse::loaded(purse.kept());
    let listed = coins(&again).list_confirmed_utxos().unwrap();
    assert_eq!(listed.iter().map(|utxo| utxo.outpoint).collect::<Vec<_>>(), [coin.outpoint]);
    // Its change is not ours to spend yet: the commitment may yet be another one.
    assert_eq!(again.wallet.balance(Sat::ZERO).can_spend_sat, Sat::ZERO);
    // And if the server lets it go, our coin is free again.
    again.vanish(&signed);
    assert_eq!(again.wallet.balance(Sat::ZERO).can_spend_sat, sat(50_000));
}

#[test]
fn a_coin_that_was_sent_meanwhile_is_not_signed_away() {
    let purse = Purse::new();
    purse.earn(50_000);
    let source = coins(&purse);
    let coin = source.list_confirmed_utxos().unwrap().remove(0);
    let plan =
        purse.wallet.preview_send(&stranger(), SendAmount::Everything, slow(), Sat::ZERO).unwrap();
    purse.wallet.finish(plan, &purse.keys, purse.later()).unwrap();
    assert!(source.sign_psbt(bump(&coin, stranger())).is_err());
}
