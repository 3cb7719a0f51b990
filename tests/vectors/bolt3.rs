//! BOLT 3: the funding script (appendix B), commitments and what spends their HTLCs, with and without anchors (C and F), the
//! secrets of commitments and their storage (D), keys (E).
//!
//! Which outputs are too small, and what of a commitment is its fee, LDK decides in its own `tx_builder`: the rule stands here
//! once more, and the vectors hold it. LDK's signer looks for short signatures, the vectors take the first: so they are made here,
//! with the keys that LDK derives. The funding transaction is made by the on-chain wallet, which has no such coins as the vector's.

use super::{bytes, public, secret};
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::ecdsa::Signature as WithType;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::ecdsa::Signature;
use bitcoin::secp256k1::{All, Message, PublicKey, Secp256k1};
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::{ScriptBuf, Transaction};
use lightning::chain::transaction::OutPoint;
use lightning::ln::chan_utils::{
    ChannelPublicKeys, ChannelTransactionParameters, CommitmentTransaction,
    CounterpartyChannelTransactionParameters, CounterpartyCommitmentSecrets,
    HTLCOutputInCommitment, TrustedCommitmentTransaction, build_commitment_secret,
    build_htlc_input_witness, build_htlc_transaction, derive_private_key,
    derive_private_revocation_key, get_commitment_transaction_number_obscure_factor,
    get_htlc_redeemscript, htlc_success_tx_weight, htlc_timeout_tx_weight,
    make_funding_redeemscript,
};
use lightning::ln::channel_keys::{
    DelayedPaymentBasepoint, DelayedPaymentKey, HtlcBasepoint, HtlcKey, RevocationBasepoint,
    RevocationKey,
};
use lightning::types::features::ChannelTypeFeatures;
use lightning::types::payment::{PaymentHash, PaymentPreimage};
use serde::Deserialize;

/// LDK counts commitments and their secrets down from here.
const FIRST: u64 = (1 << 48) - 1;
const FUNDING_SAT: u64 = 10_000_000;
const DELAY: u16 = 144;
const FUNDING: &str = "0200000001adbb20ea41a8423ea937e76e8151636bf6093b70eaff942930d20576600521fd000000006b48304502210090587b6201e166ad6af0227d3036a9454223d49a1f11839c1a362184340ef0240220577f7cd5cca78719405cbf1de7414ac027f0239ef6e214c90fcaab0454d84b3b012103535b32d5eb0a6ed0982a0479bbadc9868d9836f6ba94dd5a63be16d875069184ffffffff028096980000000000220020c015c4a6be010e21657068fc2e6a9d02b27ebe4d490a25846f7237f104d1a3cd20256d29010000001600143ca33c2e4446f4a305f23c80df8ad1afdcf652f900000000";
const FUNDING_SCRIPT: &str = "5221023da092f6980e58d2c037173180e9a465476026ee50f96695963e8efe436f54eb21030e9f7b623d2ccc7c9bd44d66d5ce21ce504c0acf6385a132cec6d3c39fa711c152ae";

const LOCAL_FUNDING_KEY: &str = "30ff4956bbdd3222d44cc5e8a1261dab1e07957bdac5ae88fe3261ef321f3749";
const LOCAL_FUNDING: &str = "023da092f6980e58d2c037173180e9a465476026ee50f96695963e8efe436f54eb";
const REMOTE_FUNDING: &str = "030e9f7b623d2ccc7c9bd44d66d5ce21ce504c0acf6385a132cec6d3c39fa711c1";
const LOCAL_BASE_KEY: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const LOCAL_BASE: &str = "034f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa";
const REMOTE_BASE: &str = "032c0b7cf95324a07d05398b240174dc0c2be444d96b159aa6c7f7b1e668680991";
const LOCAL_DELAYED_BASE: &str =
    "023c72addb4fdf09af94f0c94d7fe92a386a7e70cf8a1d85916386bb2535c7b1b1";
const REMOTE_REVOCATION_BASE: &str =
    "02466d7fcae563e5cb09a0d1870bb580344804617879a14949cf22285f1bae3f27";
const COMMITMENT_KEY: &str = "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100";

/// Whether it is offered, its millisatoshis, when it ends, and each byte of its preimage.
const HTLCS: [(bool, u64, u32, u8); 7] = [
    (false, 1_000_000, 500, 0),
    (false, 2_000_000, 501, 1),
    (true, 2_000_000, 502, 2),
    (true, 3_000_000, 503, 3),
    (false, 4_000_000, 504, 4),
    (true, 5_000_000, 505, 5),
    (true, 5_000_001, 506, 5),
];

#[derive(Deserialize)]
struct Vectors {
    commitments: Vec<Commitment>,
    storage: Vec<Storage>,
}

#[derive(Deserialize)]
struct Commitment {
    case: String,
    anchors: bool,
    to_local_msat: u64,
    to_remote_msat: u64,
    feerate_per_kw: u32,
    dust_limit_sat: u64,
    /// Of [`HTLCS`].
    htlcs: Vec<usize>,
    remote_signature: String,
    local_signature: String,
    transaction: String,
    /// In the order of the outputs that they spend.
    htlc_transactions: Vec<HtlcTransaction>,
}

#[derive(Deserialize)]
struct HtlcTransaction {
    remote_signature: String,
    local_signature: String,
    transaction: String,
}

/// The last secret is refused where it is not valid: one of them was of no use.
#[derive(Deserialize)]
struct Storage {
    case: String,
    valid: bool,
    secrets: Vec<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../fixtures/bolt3.json")).expect("the fixture")
}

fn signature(hex: &str) -> Signature {
    Signature::from_der(&bytes(hex)).expect("a signature")
}

fn point(secp: &Secp256k1<All>) -> PublicKey {
    PublicKey::from_secret_key(secp, &secret(COMMITMENT_KEY))
}

fn parameters(anchors: bool) -> ChannelTransactionParameters {
    let channel_type_features = match anchors {
        true => ChannelTypeFeatures::anchors_zero_htlc_fee_and_dependencies(),
        false => ChannelTypeFeatures::only_static_remote_key(),
    };
    let pubkeys = |funding: &str, base: &str, delayed: &str, revocation: &str| ChannelPublicKeys {
        funding_pubkey: public(funding),
        revocation_basepoint: RevocationBasepoint(public(revocation)),
        payment_point: public(base),
        delayed_payment_basepoint: DelayedPaymentBasepoint(public(delayed)),
        htlc_basepoint: HtlcBasepoint(public(base)),
    };
    let funding: Transaction = deserialize_hex(FUNDING).expect("a transaction");
    ChannelTransactionParameters {
        // Its revocation base is of no commitment of its own, nor is the other's delayed base.
        holder_pubkeys: pubkeys(LOCAL_FUNDING, LOCAL_BASE, LOCAL_DELAYED_BASE, LOCAL_BASE),
        holder_selected_contest_delay: DELAY,
        is_outbound_from_holder: true,
        counterparty_parameters: Some(CounterpartyChannelTransactionParameters {
            pubkeys: pubkeys(REMOTE_FUNDING, REMOTE_BASE, REMOTE_BASE, REMOTE_REVOCATION_BASE),
            selected_contest_delay: DELAY,
        }),
        funding_outpoint: Some(OutPoint { txid: funding.compute_txid(), index: 0 }),
        splice_parent_funding_txid: None,
        channel_type_features,
        channel_value_satoshis: FUNDING_SAT,
    }
}

impl Commitment {
    fn htlcs(&self, features: &ChannelTypeFeatures) -> Vec<HTLCOutputInCommitment> {
        let fee = |weight: u64| match self.anchors {
            true => 0,
            false => u64::from(self.feerate_per_kw) * weight / 1000,
        };
        let has_output = |&(offered, msat, ..): &(bool, u64, u32, u8)| {
            let fee = match offered {
                true => fee(htlc_timeout_tx_weight(features)),
                false => fee(htlc_success_tx_weight(features)),
            };
            msat / 1000 >= self.dust_limit_sat + fee
        };
        let htlcs = self.htlcs.iter().map(|&place| HTLCS[place]).filter(has_output);
        let output = |(offered, amount_msat, cltv_expiry, preimage)| HTLCOutputInCommitment {
            offered,
            amount_msat,
            cltv_expiry,
            payment_hash: hash_of(preimage),
            transaction_output_index: None,
        };
        htlcs.map(output).collect()
    }

    /// What is left for both once the fee and the anchors are paid, by the one who opened the channel.
    fn balances(&self, htlcs: u64) -> (u64, u64) {
        let (base, anchors) = if self.anchors { (1124, 2 * 330) } else { (724, 0) };
        let fee = u64::from(self.feerate_per_kw) * (base + 172 * htlcs) / 1000;
        let output = |sat: u64| if sat < self.dust_limit_sat { 0 } else { sat };
        let local = (self.to_local_msat / 1000).saturating_sub(fee + anchors);
        (output(local), output(self.to_remote_msat / 1000))
    }
}

fn hash_of(preimage: u8) -> PaymentHash {
    PaymentHash(sha256::Hash::hash(&[preimage; 32]).to_byte_array())
}

fn preimage_of(htlc: &HTLCOutputInCommitment) -> Option<PaymentPreimage> {
    let is_its = |preimage: &u8| hash_of(*preimage) == htlc.payment_hash;
    let preimage = (0..=5).find(is_its).expect("it is of the table");
    (!htlc.offered).then_some(PaymentPreimage([preimage; 32]))
}

#[test]
fn commitments() {
    let (secp, vectors) = (Secp256k1::new(), vectors().commitments);
    let anchors = vectors.iter().filter(|vector| vector.anchors).count();
    assert_eq!((vectors.len() - anchors, anchors), (16, 8));
    for vector in vectors {
        let parameters = parameters(vector.anchors);
        let htlcs = vector.htlcs(&parameters.channel_type_features);
        let (to_local, to_remote) = vector.balances(htlcs.len() as u64);
        let commitment = CommitmentTransaction::new(
            FIRST - 42,
            &point(&secp),
            to_local,
            to_remote,
            vector.feerate_per_kw,
            htlcs,
            &parameters.as_holder_broadcastable(),
            &secp,
        );
        commitment_is(&vector, &commitment.trust(), &secp);
        assert_eq!(commitment.nondust_htlcs().len(), vector.htlc_transactions.len());
        for (htlc, spends) in commitment.nondust_htlcs().iter().zip(&vector.htlc_transactions) {
            htlc_transaction_is(&vector, &commitment.trust(), htlc, spends, &secp);
        }
    }
}

/// The commitment is as the other signed it, and signed by us it is the vector's.
fn commitment_is(
    vector: &Commitment,
    commitment: &TrustedCommitmentTransaction<'_>,
    secp: &Secp256k1<All>,
) {
    let script = make_funding_redeemscript(&public(LOCAL_FUNDING), &public(REMOTE_FUNDING));
    let built = commitment.built_transaction();
    let sighash = built.get_sighash_all(&script, FUNDING_SAT);
    let remote = signature(&vector.remote_signature);
    secp.verify_ecdsa(&sighash, &remote, &public(REMOTE_FUNDING)).expect(&vector.case);
    let local = secp.sign_ecdsa(&sighash, &secret(LOCAL_FUNDING_KEY));
    assert_eq!(local, signature(&vector.local_signature), "{}", vector.case);
    let mut transaction = built.transaction.clone();
    let witness = &mut transaction.input[0].witness;
    witness.push([0_u8; 0]);
    witness.push_ecdsa_signature(&WithType::sighash_all(local));
    witness.push_ecdsa_signature(&WithType::sighash_all(remote));
    witness.push(script.as_bytes());
    assert_eq!(serialize_hex(&transaction), vector.transaction, "{}", vector.case);
}

/// The same of what spends an HTLC of it.
fn htlc_transaction_is(
    vector: &Commitment,
    commitment: &TrustedCommitmentTransaction<'_>,
    htlc: &HTLCOutputInCommitment,
    expected: &HtlcTransaction,
    secp: &Secp256k1<All>,
) {
    let (keys, features) = (commitment.keys(), commitment.channel_type_features());
    let mut transaction = build_htlc_transaction(
        &commitment.txid(),
        vector.feerate_per_kw,
        DELAY,
        htlc,
        features,
        &keys.broadcaster_delayed_payment_key,
        &keys.revocation_key,
    );
    let script = get_htlc_redeemscript(htlc, features, keys);
    let sighash = |kind: EcdsaSighashType| {
        let hash = SighashCache::new(&transaction)
            .p2wsh_signature_hash(0, &script, htlc.to_bitcoin_amount(), kind)
            .expect("it has an input");
        Message::from_digest(hash.to_byte_array())
    };
    // With anchors others may add what pays the fee.
    let remote_kind = match vector.anchors {
        true => EcdsaSighashType::SinglePlusAnyoneCanPay,
        false => EcdsaSighashType::All,
    };
    let remote = signature(&expected.remote_signature);
    let remote_key = keys.countersignatory_htlc_key.to_public_key();
    secp.verify_ecdsa(&sighash(remote_kind), &remote, &remote_key).expect(&vector.case);
    let local_key = derive_private_key(secp, &point(secp), &secret(LOCAL_BASE_KEY));
    let local = secp.sign_ecdsa(&sighash(EcdsaSighashType::All), &local_key);
    assert_eq!(local, signature(&expected.local_signature), "{}", vector.case);
    transaction.input[0].witness =
        build_htlc_input_witness(&local, &remote, &preimage_of(htlc), &script, features);
    assert_eq!(serialize_hex(&transaction), expected.transaction, "{}", vector.case);
}

#[test]
fn the_funding_script_and_the_obscured_number() {
    let (local, remote) = (public(LOCAL_FUNDING), public(REMOTE_FUNDING));
    let script = make_funding_redeemscript(&local, &remote);
    assert_eq!(script, ScriptBuf::from_bytes(bytes(FUNDING_SCRIPT)));
    assert_eq!(make_funding_redeemscript(&remote, &local), script, "in whichever order");
    let funding: Transaction = deserialize_hex(FUNDING).unwrap();
    assert_eq!(funding.output[0].script_pubkey, script.to_p2wsh());
    let (ours, theirs) = (public(LOCAL_BASE), public(REMOTE_BASE));
    let number = get_commitment_transaction_number_obscure_factor;
    assert_eq!(number(&ours, &theirs, true), 0x2bb0_3852_1914);
    assert_eq!(number(&theirs, &ours, false), 0x2bb0_3852_1914, "as the other sees it");
}

#[test]
fn secrets_of_commitments() {
    for (seed, number, expected) in [
        (0, FIRST, "02a40c85b6f28da08dfdbe0926c53fab2de6d28c10301f8f7c4073d5e42e3148"),
        (0xff, FIRST, "7cc854b54e3e0dcdb010d7a3fee464a9687be6e8db3be6854c475621e007a5dc"),
        (
            0xff,
            0x0aaa_aaaa_aaaa,
            "56f4008fb007ca9acf0e15b054d5c9fd12ee06cea347914ddbaed70d1c13a528",
        ),
        (
            0xff,
            0x5555_5555_5555,
            "9015daaeb06dba4ccc05b91b2f73bd54405f2be9f217fbacd3c5ac2e62327d31",
        ),
        (0x01, 1, "915c75942a26bb3a433a8ce2cb0427c29ec6c1775cfc78328b57f6ba7bfeaa9c"),
    ] {
        assert_eq!(build_commitment_secret(&[seed; 32], number).to_vec(), bytes(expected));
    }
}

#[test]
fn secrets_of_commitments_are_kept_and_a_wrong_one_is_refused() {
    let vectors = vectors().storage;
    assert_eq!(vectors.len(), 9);
    for Storage { case, valid, secrets } in vectors {
        let mut kept = CounterpartyCommitmentSecrets::new();
        let secrets: Vec<[u8; 32]> =
            secrets.iter().map(|secret| bytes(secret).try_into().unwrap()).collect();
        let numbered = || (0..=FIRST).rev().zip(&secrets);
        for (number, secret) in numbered() {
            let is_last = FIRST - number == secrets.len() as u64 - 1;
            let taken = kept.provide_secret(number, *secret);
            assert_eq!(taken.is_ok(), valid || !is_last, "{case}: {number}");
        }
        if valid {
            for (number, secret) in numbered() {
                assert_eq!(kept.get_secret(number), Some(*secret), "{case}: {number}");
            }
        }
    }
}

#[test]
fn keys_of_a_commitment() {
    let secp = Secp256k1::new();
    let base = secret("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    let (base_point, point) = (PublicKey::from_secret_key(&secp, &base), point(&secp));
    let local = public("0235f2dbfaa89b57ec7b055afe29849ef7ddfeb1cefdb9ebdc43f5494984db29e5");
    let htlc = HtlcKey::from_basepoint(&secp, &HtlcBasepoint(base_point), &point);
    let delayed =
        DelayedPaymentKey::from_basepoint(&secp, &DelayedPaymentBasepoint(base_point), &point);
    assert_eq!((htlc.to_public_key(), delayed.to_public_key()), (local, local));
    let private = derive_private_key(&secp, &point, &base);
    let expected = "cbced912d3b21bf196a766651e436aff192362621ce317704ea2f75d87e7be0f";
    assert_eq!(private, secret(expected));
    assert_eq!(PublicKey::from_secret_key(&secp, &private), local);
    let revocation = RevocationKey::from_basepoint(&secp, &RevocationBasepoint(base_point), &point);
    let expected = "02916e326636d19c33f13e8c0c3a03dd157f332f3e99c317c141dd865eb01f8ff0";
    assert_eq!(revocation.to_public_key(), public(expected));
    let private = derive_private_revocation_key(&secp, &secret(COMMITMENT_KEY), &base);
    let expected = "d09ffff62ddb2297ab000cc85bcb4283fdeb6aa052affbc9dddcf33b61078110";
    assert_eq!(private, secret(expected));
}
