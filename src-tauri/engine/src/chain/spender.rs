//! Who spent a coin of this wallet, checked. A server can say that a coin is spent; it cannot sign for it.

use super::{Source, SourceError};
use bdk_wallet::chain::BlockId;
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
            let spends = |by: &Transaction| is_signed(by, outpoint, coin);
            if in_chain
                && let Some(spender) = self.server.transaction(txid).await?.filter(spends)
                && self.server.proves(&spender, block).await?
            {
                return Ok(Some(txid));
            }
        }
        Ok(None)
    }
}

impl Source {
    /// The transaction in a block that spends one of these outputs, and is not `ours`: it names the output, and the block, which
    /// the checked chain has, is proven to hold it. Nobody signs here for a server: an id that names inputs is made by them.
    ///
    /// # Errors
    /// As [`Source::check`].
    pub(crate) async fn proven_spender(
        &self,
        ours: Txid,
        outpoint: OutPoint,
    ) -> Result<Option<Txid>, SourceError> {
        let is_checked = |block: &BlockId| self.is_checked(block);
        let spender = self.spending(outpoint, is_checked).await?;
        Ok(spender.map(|spender| spender.compute_txid()).filter(|txid| *txid != ours))
    }

    /// The same, whoever made it; in a block that nobody checks, too.
    ///
    /// # Errors
    /// As [`Source::check`].
    pub(crate) async fn proven_spending(
        &self,
        outpoint: OutPoint,
    ) -> Result<Option<Transaction>, SourceError> {
        self.spending(outpoint, |block| self.is_known(block)).await
    }

    /// Whether the checked chain has this block, and the server proves that the transaction is in it.
    ///
    /// # Errors
    /// As [`Source::check`].
    pub(crate) async fn shows(
        &self,
        transaction: &Transaction,
        block: BlockId,
    ) -> Result<bool, SourceError> {
        Ok(self.is_checked(&block) && self.server.proves(transaction, block).await?)
    }

    async fn spending(
        &self,
        outpoint: OutPoint,
        counts: impl Fn(&BlockId) -> bool,
    ) -> Result<Option<Transaction>, SourceError> {
        let Some(said) = self.outspend(outpoint).await? else { return Ok(None) };
        let (Some(txid), Some(block)) = (said.txid, said.block) else { return Ok(None) };
        let spends =
            |by: &Transaction| by.input.iter().any(|input| input.previous_output == outpoint);
        let Some(spender) = self.server.transaction(txid).await?.filter(spends) else {
            return Ok(None);
        };
        let is_proven = counts(&block) && self.server.proves(&spender, block).await?;
        Ok(is_proven.then_some(spender))
    }

    /// A transaction that the server knows. It has this id.
    ///
    /// # Errors
    /// As [`Source::check`].
    pub(crate) async fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, SourceError> {
        self.server.transaction(txid).await
    }
}

/// The coin's key signed this transaction (P2WPKH, BIP 143).
pub(crate) fn is_signed(transaction: &Transaction, outpoint: &OutPoint, coin: &TxOut) -> bool {
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
    use super::super::Address;
    use super::super::headers::tests::{genesis, run};
    use super::*;
    use crate::http::lying::Server;
    use crate::logger::Log;
    use crate::network::NetworkId;
    use bitcoin::consensus::serialize;
    use bitcoin::constants::genesis_block;
    use bitcoin::hex::DisplayHex;
    use bitcoin::secp256k1::SecretKey;
    use bitcoin::{
        Amount, EcdsaSighashType, MerkleBlock, Network, TxIn, Witness, absolute::LockTime,
        transaction::Version,
    };
    use std::sync::Arc;

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

    /// The transaction of the first block of all spends the output that is none.
    #[tokio::test]
    async fn a_spender_names_the_output_and_is_proven_to_a_block_of_the_checked_chain() {
        let block = genesis_block(Network::Regtest);
        let by = block.txdata[0].compute_txid();
        let raw = serialize(&block.txdata[0]);
        let proof = MerkleBlock::from_block_with_predicate(&block, |_| true);
        let proof = serialize(&proof).to_lower_hex_string();
        let (other, right) = (OutPoint::new(Txid::from_byte_array([7; 32]), 1), OutPoint::null());
        let elsewhere = run(&genesis(), 0, 1)[0].block_hash();
        for (outpoint, height, hash, has_proof, found) in [
            (right, 0, block.block_hash(), true, Some(by)),
            (right, 0, block.block_hash(), false, None),
            (right, 0, elsewhere, true, None),
            (right, 1, block.block_hash(), true, None),
            (other, 0, block.block_hash(), true, None),
        ] {
            let (raw, proof) = (raw.clone(), proof.clone());
            let server = Server::start(move |path| {
                let status = format!(
                    r#"{{"confirmed":true,"block_height":{height},"block_hash":"{hash}"}}"#
                );
                let said = format!(r#"{{"spent":true,"txid":"{by}","status":{status}}}"#);
                match path.rsplit('/').next() {
                    Some("raw") => Server::ok(&raw),
                    Some("merkleblock-proof") if has_proof => Server::ok(proof.as_bytes()),
                    Some("merkleblock-proof") => Server::status(404),
                    _ => Server::ok(said.as_bytes()),
                }
            })
            .await;
            let source =
                Source::new(&Address::read(&server.url("")), NetworkId::Regtest, Arc::new(Log))
                    .unwrap();
            let ours = Txid::from_byte_array([1; 32]);
            assert_eq!(source.proven_spender(ours, outpoint).await.unwrap(), found, "{outpoint}");
            assert_eq!(source.proven_spender(by, outpoint).await.unwrap(), None, "ours");
            let shown = source.shows(&block.txdata[0], BlockId { height, hash }).await.unwrap();
            assert_eq!(shown, found.is_some() || outpoint == other, "whatever it spends");
        }
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
