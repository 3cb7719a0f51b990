//! Signatures and scripts, judged by Bitcoin Core's own consensus code, taproot included.

use super::{Refusal, coin::Coin};
use bitcoin::{Transaction, consensus};
use bitcoinconsensus::{Utxo, VERIFY_ALL_PRE_TAPROOT, VERIFY_TAPROOT, verify_with_flags};

/// Verifies every input of `tx` against the outputs it spends, in its inputs' order.
pub(crate) fn verify(tx: &Transaction, coins: &[Coin]) -> Result<(), Refusal> {
    let bytes = consensus::serialize(tx);
    let spent: Vec<Utxo> = coins.iter().map(utxo).collect();
    for (input, coin) in coins.iter().enumerate() {
        let (script, value) = (coin.output.script_pubkey.as_bytes(), coin.output.value.to_sat());
        let flags = VERIFY_ALL_PRE_TAPROOT | VERIFY_TAPROOT;
        verify_with_flags(script, value, &bytes, Some(&spent), input, flags)
            .map_err(|_| Refusal::BadScript { input })?;
    }
    Ok(())
}

/// The foreign form of a spent output. It borrows the script by pointer: `coins` outlive the call above.
fn utxo(coin: &Coin) -> Utxo {
    let script = coin.output.script_pubkey.as_bytes();
    Utxo {
        script_pubkey: script.as_ptr(),
        script_pubkey_len: u32::try_from(script.len()).expect("a script fits a transaction"),
        value: i64::try_from(coin.output.value.to_sat())
            .expect("no output is above 21 million bitcoin"),
    }
}
