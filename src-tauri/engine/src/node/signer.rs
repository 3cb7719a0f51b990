//! The keys of a channel. Every signature is the one that LDK's own signer makes; those for the payments in a peer's
//! commitment come sooner: the key for them is derived once, not once for each, and many are made on two threads. A
//! commitment with twenty payments waits for little else. It must not decide anything about what it signs.

use bitcoin::secp256k1::ecdsa::Signature;
use bitcoin::secp256k1::{All, Message, PublicKey, Secp256k1, SecretKey};
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::{Transaction, Txid};
use lightning::ln::chan_utils::{
    ChannelPublicKeys, ChannelTransactionParameters, ClosingTransaction, CommitmentTransaction,
    HTLCOutputInCommitment, HolderCommitmentTransaction, build_htlc_transaction,
    derive_private_key, get_htlc_redeemscript, make_funding_redeemscript,
};
use lightning::ln::msgs::UnsignedChannelAnnouncement;
use lightning::sign::ecdsa::EcdsaChannelSigner;
use lightning::sign::{ChannelSigner, HTLCDescriptor, InMemorySigner};
use lightning::types::payment::PaymentPreimage;

type Outcome<T = Signature> = Result<T, ()>;
type Parameters = ChannelTransactionParameters;

/// From how many signatures on a second thread pays: one takes about as long as starting the thread.
const MANY: usize = 8;

/// See the module.
#[derive(Clone)]
pub(crate) struct Signer(pub(crate) InMemorySigner);

impl Signer {
    /// One for each payment that has an output (BOLT 3, "HTLC-Timeout and HTLC-Success Transactions"), in their order.
    fn sign_htlcs(
        &self,
        parameters: &Parameters,
        commitment: &CommitmentTransaction,
        secp: &Secp256k1<All>,
    ) -> Outcome<Vec<Signature>> {
        let point = commitment.trust().keys().per_commitment_point;
        let mut key = derive_private_key(secp, &point, &self.0.htlc_base_key);
        let signed = on_two_threads(commitment.nondust_htlcs(), |htlc| {
            Ok(secp.sign_ecdsa_low_r(&message(parameters, commitment, htlc)?, &key))
        });
        key.non_secure_erase();
        signed
    }
}

/// Signs each, in their order. Where the system has no second thread to give, this one does it all.
fn on_two_threads(
    htlcs: &[HTLCOutputInCommitment],
    sign: impl Fn(&HTLCOutputInCommitment) -> Outcome + Sync,
) -> Outcome<Vec<Signature>> {
    let sign =
        |htlcs: &[HTLCOutputInCommitment]| htlcs.iter().map(&sign).collect::<Outcome<Vec<_>>>();
    if htlcs.len() < MANY {
        return sign(htlcs);
    }
    let (first, rest) = htlcs.split_at(htlcs.len() / 2);
    std::thread::scope(|scope| {
        let other = std::thread::Builder::new().spawn_scoped(scope, || sign(rest));
        let mut all = sign(first)?;
        all.extend(match other {
            Ok(other) => other.join().expect("signing does not panic")?,
            Err(_) => sign(rest)?,
        });
        Ok(all)
    })
}

/// What is signed for a payment's output in the peer's commitment.
fn message(
    parameters: &Parameters,
    commitment: &CommitmentTransaction,
    htlc: &HTLCOutputInCommitment,
) -> Outcome<Message> {
    let trusted = commitment.trust();
    let (keys, kind) = (trusted.keys(), &parameters.channel_type_features);
    let transaction = build_htlc_transaction(
        &trusted.txid(),
        commitment.negotiated_feerate_per_kw(),
        parameters.holder_selected_contest_delay,
        htlc,
        kind,
        &keys.broadcaster_delayed_payment_key,
        &keys.revocation_key,
    );
    let anchors =
        kind.supports_anchors_zero_fee_htlc_tx() || kind.supports_anchor_zero_fee_commitments();
    let sighash =
        if anchors { EcdsaSighashType::SinglePlusAnyoneCanPay } else { EcdsaSighashType::All };
    let script = get_htlc_redeemscript(htlc, kind, keys);
    let hash = SighashCache::new(&transaction)
        .p2wsh_signature_hash(0, &script, htlc.to_bitcoin_amount(), sighash)
        .map_err(drop)?;
    Ok(Message::from(hash))
}

impl EcdsaChannelSigner for Signer {
    fn sign_counterparty_commitment(
        &self,
        parameters: &Parameters,
        commitment: &CommitmentTransaction,
        _inbound: Vec<PaymentPreimage>,
        _outbound: Vec<PaymentPreimage>,
        secp: &Secp256k1<All>,
    ) -> Outcome<(Signature, Vec<Signature>)> {
        let peer = parameters.counterparty_pubkeys().ok_or(())?;
        let funding_key = self.0.funding_key(parameters.splice_parent_funding_txid);
        let script = make_funding_redeemscript(&funding_key.public_key(secp), &peer.funding_pubkey);
        let signature = commitment.trust().built_transaction().sign_counterparty_commitment(
            &funding_key,
            &script,
            parameters.channel_value_satoshis,
            secp,
        );
        Ok((signature, self.sign_htlcs(parameters, commitment, secp)?))
    }

    fn sign_holder_commitment(
        &self,
        parameters: &Parameters,
        commitment: &HolderCommitmentTransaction,
        secp: &Secp256k1<All>,
    ) -> Outcome {
        self.0.sign_holder_commitment(parameters, commitment, secp)
    }

    fn sign_justice_revoked_output(
        &self,
        parameters: &Parameters,
        justice: &Transaction,
        input: usize,
        amount: u64,
        key: &SecretKey,
        secp: &Secp256k1<All>,
    ) -> Outcome {
        self.0.sign_justice_revoked_output(parameters, justice, input, amount, key, secp)
    }

    fn sign_justice_revoked_htlc(
        &self,
        parameters: &Parameters,
        justice: &Transaction,
        input: usize,
        amount: u64,
        key: &SecretKey,
        htlc: &HTLCOutputInCommitment,
        secp: &Secp256k1<All>,
    ) -> Outcome {
        self.0.sign_justice_revoked_htlc(parameters, justice, input, amount, key, htlc, secp)
    }

    fn sign_holder_htlc_transaction(
        &self,
        transaction: &Transaction,
        input: usize,
        descriptor: &HTLCDescriptor,
        secp: &Secp256k1<All>,
    ) -> Outcome {
        self.0.sign_holder_htlc_transaction(transaction, input, descriptor, secp)
    }

    fn sign_counterparty_htlc_transaction(
        &self,
        parameters: &Parameters,
        transaction: &Transaction,
        input: usize,
        amount: u64,
        point: &PublicKey,
        htlc: &HTLCOutputInCommitment,
        secp: &Secp256k1<All>,
    ) -> Outcome {
        self.0.sign_counterparty_htlc_transaction(
            parameters,
            transaction,
            input,
            amount,
            point,
            htlc,
            secp,
        )
    }

    fn sign_closing_transaction(
        &self,
        parameters: &Parameters,
        closing: &ClosingTransaction,
        secp: &Secp256k1<All>,
    ) -> Outcome {
        self.0.sign_closing_transaction(parameters, closing, secp)
    }

    fn sign_holder_keyed_anchor_input(
        &self,
        parameters: &Parameters,
        anchor: &Transaction,
        input: usize,
        secp: &Secp256k1<All>,
    ) -> Outcome {
        self.0.sign_holder_keyed_anchor_input(parameters, anchor, input, secp)
    }

    fn sign_channel_announcement_with_funding_key(
        &self,
        parameters: &Parameters,
        announcement: &UnsignedChannelAnnouncement,
        secp: &Secp256k1<All>,
    ) -> Outcome {
        self.0.sign_channel_announcement_with_funding_key(parameters, announcement, secp)
    }

    fn sign_splice_shared_input(
        &self,
        parameters: &Parameters,
        transaction: &Transaction,
        input: usize,
        secp: &Secp256k1<All>,
    ) -> Signature {
        self.0.sign_splice_shared_input(parameters, transaction, input, secp)
    }
}

impl ChannelSigner for Signer {
    fn get_per_commitment_point(&self, number: u64, secp: &Secp256k1<All>) -> Outcome<PublicKey> {
        self.0.get_per_commitment_point(number, secp)
    }

    fn release_commitment_secret(&self, number: u64) -> Outcome<[u8; 32]> {
        self.0.release_commitment_secret(number)
    }

    fn validate_holder_commitment(
        &self,
        commitment: &HolderCommitmentTransaction,
        outbound: Vec<PaymentPreimage>,
    ) -> Outcome<()> {
        self.0.validate_holder_commitment(commitment, outbound)
    }

    fn validate_counterparty_revocation(&self, number: u64, secret: &SecretKey) -> Outcome<()> {
        self.0.validate_counterparty_revocation(number, secret)
    }

    fn pubkeys(&self, secp: &Secp256k1<All>) -> ChannelPublicKeys {
        self.0.pubkeys(secp)
    }

    fn new_funding_pubkey(&self, parent: Txid, secp: &Secp256k1<All>) -> PublicKey {
        self.0.new_funding_pubkey(parent, secp)
    }

    fn channel_keys_id(&self) -> [u8; 32] {
        self.0.channel_keys_id()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::hashes::Hash as _;
    use lightning::chain::transaction::OutPoint;
    use lightning::ln::chan_utils::CounterpartyChannelTransactionParameters;
    use lightning::sign::{KeysManager, SignerProvider as _};
    use lightning::types::features::ChannelTypeFeatures;
    use lightning::types::payment::PaymentHash;

    fn keys(seed: u8) -> InMemorySigner {
        KeysManager::new(&[seed; 32], 1, 1, true).derive_channel_signer([seed; 32])
    }

    fn parameters(kind: ChannelTypeFeatures, parent: Option<Txid>) -> Parameters {
        let secp = Secp256k1::new();
        Parameters {
            holder_pubkeys: keys(1).pubkeys(&secp),
            holder_selected_contest_delay: 144,
            is_outbound_from_holder: true,
            counterparty_parameters: Some(CounterpartyChannelTransactionParameters {
                pubkeys: keys(2).pubkeys(&secp),
                selected_contest_delay: 720,
            }),
            funding_outpoint: Some(OutPoint { txid: Txid::from_byte_array([3; 32]), index: 1 }),
            splice_parent_funding_txid: parent,
            channel_type_features: kind,
            channel_value_satoshis: 16_000_000,
        }
    }

    /// The peer's commitment with so many payments, both ways.
    fn commitment(parameters: &Parameters, payments: u8) -> CommitmentTransaction {
        let secp = Secp256k1::new();
        let htlc = |number: u8| HTLCOutputInCommitment {
            offered: number.is_multiple_of(3),
            amount_msat: 10_000_000 + u64::from(number % 4) * 1000,
            cltv_expiry: 500 + u32::from(number),
            payment_hash: PaymentHash([number; 32]),
            transaction_output_index: None,
        };
        CommitmentTransaction::new(
            7,
            &keys(2).get_per_commitment_point(7, &secp).expect("it has all"),
            9_000_000,
            1_000_000,
            2_000,
            (0..payments).map(htlc).collect(),
            &parameters.as_counterparty_broadcastable(),
            &secp,
        )
    }

    #[test]
    fn every_signature_is_ldk_s() {
        let secp = Secp256k1::new();
        let kinds = [
            ChannelTypeFeatures::only_static_remote_key(),
            ChannelTypeFeatures::anchors_zero_htlc_fee_and_dependencies(),
            ChannelTypeFeatures::anchors_zero_fee_commitments(),
        ];
        for (kind, parent) in
            kinds.into_iter().zip([None, None, Some(Txid::from_byte_array([4; 32]))])
        {
            let parameters = parameters(kind, parent);
            for payments in [0, 1, 7, 8, 9, 50] {
                let commitment = commitment(&parameters, payments);
                assert_eq!(commitment.nondust_htlcs().len(), usize::from(payments));
                let sign = |signer: &dyn EcdsaChannelSigner| {
                    signer
                        .sign_counterparty_commitment(
                            &parameters,
                            &commitment,
                            vec![],
                            vec![],
                            &secp,
                        )
                        .expect("signed")
                };
                assert_eq!(sign(&Signer(keys(1))), sign(&keys(1)), "{payments}");
            }
        }
    }
}
