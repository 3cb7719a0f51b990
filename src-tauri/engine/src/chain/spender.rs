//! Who spent a coin of this wallet, checked. A server can say that a coin is spent; it cannot sign for it.

use super::{Source, SourceError};
use bitcoin::hashes::Hash;
use bitcoin::secp256k1::{Message, Secp256k1};
use bitcoin::sighash::SighashCache;
use bitcoin::{BlockHash, CompressedPublicKey, OutPoint, ScriptBuf, Transaction, TxOut, Txid};
use std::collections::BTreeMap;

impl Source {
    /// The transaction that spends one of these coins in a block, and is not `ours`. It was looked at: it is signed by the
    /// coin's key, and the server's chain has it, with proof, no higher than `tip`, in no other block than `known` names.
    ///
    /// # Errors
    /// As [`Source::check`].
    pub(crate) async fn confirmed_spender(
        &self,
        ours: Txid,
        coins: &[(OutPoint, TxOut)],
        tip: u32,
        known: &BTreeMap<u32, BlockHash>,
    ) -> Result<Option<Txid>, SourceError> {
        for (outpoint, coin) in coins {
            let Some(said) = self.outspend(*outpoint).await? else { continue };
            let (Some(txid), Some(block)) = (said.txid.filter(|txid| *txid != ours), said.block)
            else {
                continue;
            };
            let in_chain = block.height <= tip
                && known.get(&block.height).is_none_or(|known| *known == block.hash)
                && self.server.hash_at(block.height).await? == block.hash;
            let spends = self
                .server
                .transaction(txid)
                .await?
                .is_some_and(|transaction| is_signed(&transaction, outpoint, coin));
            if in_chain && spends && self.server.proves(txid, block).await? {
                return Ok(Some(txid));
            }
        }
        Ok(None)
    }
}

/// The coin's key signed this transaction (P2WPKH, BIP 143).
fn is_signed(transaction: &Transaction, outpoint: &OutPoint, coin: &TxOut) -> bool {
    let at = transaction.input.iter().position(|input| input.previous_output == *outpoint);
    let Some(index) = at else { return false };
    let witness = &transaction.input[index].witness;
    let (Some(signature), Some(key)) = (witness.nth(0), witness.nth(1)) else { return false };
    let (Ok(signature), Ok(key)) =
        (bitcoin::ecdsa::Signature::from_slice(signature), CompressedPublicKey::from_slice(key))
    else {
        return false;
    };
    let hash = SighashCache::new(transaction).p2wpkh_signature_hash(
        index,
        &coin.script_pubkey,
        coin.value,
        signature.sighash_type,
    );
    let is_valid = |hash: bitcoin::SegwitV0Sighash| {
        let message = Message::from_digest(hash.to_byte_array());
        Secp256k1::verification_only().verify_ecdsa(&message, &signature.signature, &key.0).is_ok()
    };
    coin.script_pubkey == ScriptBuf::new_p2wpkh(&key.wpubkey_hash()) && hash.is_ok_and(is_valid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::secp256k1::SecretKey;
    use bitcoin::{
        Amount, EcdsaSighashType, TxIn, Witness, absolute::LockTime, transaction::Version,
    };

    fn spending(signer: u8, value: u64) -> (Transaction, OutPoint, TxOut) {
        let secp = Secp256k1::new();
        let owner = SecretKey::from_slice(&[1; 32]).unwrap();
        let key = CompressedPublicKey(owner.public_key(&secp));
        let coin = TxOut {
            value: Amount::from_sat(50_000),
            script_pubkey: ScriptBuf::new_p2wpkh(&key.wpubkey_hash()),
        };
        let outpoint = OutPoint::new(Txid::from_byte_array([7; 32]), 1);
        let mut transaction = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn { previous_output: outpoint, ..TxIn::default() }],
            output: vec![TxOut { value: Amount::from_sat(value), ..coin.clone() }],
        };
        let kind = EcdsaSighashType::All;
        let hash = SighashCache::new(&transaction)
            .p2wpkh_signature_hash(0, &coin.script_pubkey, coin.value, kind)
            .unwrap();
        let signer = SecretKey::from_slice(&[signer; 32]).unwrap();
        let signature = bitcoin::ecdsa::Signature {
            signature: secp.sign_ecdsa(&Message::from_digest(hash.to_byte_array()), &signer),
            sighash_type: kind,
        };
        transaction.input[0].witness = Witness::p2wpkh(&signature, &key.0);
        (transaction, outpoint, coin)
    }

    #[test]
    fn only_the_coins_key_can_spend_it() {
        let (signed, outpoint, coin) = spending(1, 49_000);
        assert!(is_signed(&signed, &outpoint, &coin));
        assert!(!is_signed(&signed, &OutPoint { vout: 0, ..outpoint }, &coin), "another coin");
        let (forged, ..) = spending(2, 49_000);
        assert!(!is_signed(&forged, &outpoint, &coin), "another key");
        let mut changed = signed.clone();
        changed.output[0].value = Amount::from_sat(48_000);
        assert!(!is_signed(&changed, &outpoint, &coin), "signed, and changed since");
        let mut bare = signed;
        bare.input[0].witness = Witness::new();
        assert!(!is_signed(&bare, &outpoint, &coin), "not signed at all");
    }
}
