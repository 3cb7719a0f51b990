//! The tap: the key the blocks pay, and ordinary signed payments from it. The key is no secret, its coins are pretend.

use super::coin::{Coin, MATURITY};
use super::state::View;
use super::{ChainError, Refusal};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::{
    Amount, CompressedPublicKey, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness,
    absolute, ecdsa, transaction,
};

/// What the faucet pays for a virtual byte.
const SAT_PER_VB: u64 = 2;
/// A signed P2WPKH input is never larger than this, in virtual bytes.
const INPUT_VSIZE: u64 = 69;

/// A key with a P2WPKH script.
#[derive(Clone)]
pub(crate) struct Purse {
    key: SecretKey,
    pub(crate) script: ScriptBuf,
}

impl Purse {
    /// The key that belongs to a name, always the same.
    pub(crate) fn named(name: &str) -> Self {
        let hash = sha256::Hash::hash(name.as_bytes()).to_byte_array();
        let key = SecretKey::from_slice(&hash).expect("a hash is a valid key");
        let script = ScriptBuf::new_p2wpkh(&public(&key).wpubkey_hash());
        Self { key, script }
    }

    /// A signed payment to `script`, change back to the purse. Confirmed coins are spent before waiting ones.
    pub(crate) fn pay(
        &self,
        view: &View,
        script: ScriptBuf,
        amount: Amount,
    ) -> Result<Transaction, ChainError> {
        if amount < script.minimal_non_dust() {
            return Err(Refusal::Dust { output: 0 }.into());
        }
        let mut tx = Transaction {
            version: transaction::Version::TWO,
            lock_time: absolute::LockTime::ZERO,
            input: Vec::new(),
            output: vec![
                TxOut { value: amount, script_pubkey: script },
                TxOut::minimal_non_dust(self.script.clone()),
            ],
        };
        let (mut coins, mut into) = (Vec::new(), Amount::ZERO);
        for (output, coin) in self.spendable(view) {
            tx.input.push(unsigned(output));
            into += coin.output.value;
            coins.push(coin.output);
            let fee = Amount::from_sat(
                (tx.base_size() as u64 + INPUT_VSIZE * coins.len() as u64) * SAT_PER_VB,
            );
            let needed =
                amount.checked_add(fee).and_then(|sum| sum.checked_add(tx.output[1].value));
            if let Some(change) = needed.and_then(|needed| into.checked_sub(needed)) {
                tx.output[1].value += change;
                self.sign(&mut tx, &coins);
                return Ok(tx);
            }
        }
        Err(ChainError::FaucetEmpty { asked: amount.into(), spendable: into.into() })
    }

    /// The same coins as a waiting payment of the purse, at three times its fee.
    pub(crate) fn pay_instead(
        &self,
        view: &View,
        of: &Transaction,
        script: ScriptBuf,
        amount: Amount,
    ) -> Result<Transaction, Refusal> {
        let waiting = view.mempool.get(&of.compute_txid());
        let entry = waiting.ok_or(Refusal::MissingInput(of.input[0].previous_output))?;
        let coins: Vec<TxOut> = entry.spent.iter().map(|coin| coin.output.clone()).collect();
        let into: Amount = coins.iter().map(|coin| coin.value).sum();
        let change = into.checked_sub(amount + entry.fee * 3);
        let change =
            change.ok_or(Refusal::ValueFromNothing { into: into.into(), out: amount.into() })?;
        let mut tx = of.clone();
        tx.output = vec![
            TxOut { value: amount, script_pubkey: script },
            TxOut { value: change, script_pubkey: self.script.clone() },
        ];
        self.sign(&mut tx, &coins);
        Ok(tx)
    }

    /// Signs every input of `tx`. All of them spend from this purse.
    pub(crate) fn sign(&self, tx: &mut Transaction, spent: &[TxOut]) {
        let secp = Secp256k1::signing_only();
        let public_key = public(&self.key);
        for (input, coin) in spent.iter().enumerate() {
            let sighash = SighashCache::new(&*tx)
                .p2wpkh_signature_hash(input, &self.script, coin.value, EcdsaSighashType::All)
                .expect("the script is P2WPKH and the input is there");
            let signature =
                secp.sign_ecdsa_low_r(&Message::from_digest(sighash.to_byte_array()), &self.key);
            let signature = ecdsa::Signature { signature, sighash_type: EcdsaSighashType::All };
            tx.input[input].witness = Witness::p2wpkh(&signature, &public_key.0);
        }
    }

    /// What the purse can spend in the next block: the oldest confirmed coins first, then its waiting change.
    fn spendable(&self, view: &View) -> Vec<(OutPoint, Coin)> {
        let height = view.ledger.next().height;
        let free = |output: &OutPoint| view.mempool.spender(output).is_none();
        let ripe = |coin: &Coin| !coin.coinbase || height.saturating_sub(coin.height) >= MATURITY;
        let own = view.ledger.coins().filter(|(output, coin)| {
            coin.output.script_pubkey == self.script && ripe(coin) && free(output)
        });
        let mut coins: Vec<_> = own.map(|(output, coin)| (*output, coin.clone())).collect();
        coins.sort_unstable_by_key(|(output, coin)| (coin.height, *output));
        for entry in view.mempool.by_arrival() {
            let outputs = super::ledger::outputs(&entry.tx);
            let own = outputs
                .filter(|(output, value)| value.script_pubkey == self.script && free(output));
            coins.extend(own.map(|(output, value)| {
                (output, Coin { output: value.clone(), height, coinbase: false })
            }));
        }
        coins
    }
}

fn public(key: &SecretKey) -> CompressedPublicKey {
    CompressedPublicKey(key.public_key(&Secp256k1::signing_only()))
}

fn unsigned(previous_output: OutPoint) -> TxIn {
    TxIn {
        previous_output,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::new(),
    }
}
