//! Known vectors, signing, and the sealed file.
#![allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]

use super::seal::{
    MAX_WORK_FACTOR, SEALED, WORK_FACTOR, change_password, has_password, seal, unseal,
};
use super::*;
use crate::error::{Code, Coded};
use bdk_wallet::{KeychainKind, Wallet};
use bitcoin::hashes::Hash;
use bitcoin::{Amount, Network, OutPoint, Psbt, ScriptBuf, Transaction, TxIn, TxOut, Txid};
use secrecy::ExposeSecret;
use std::path::PathBuf;

const ABOUT: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
/// Enough to be age, not enough to wait for.
const FAST: u8 = 2;

fn about() -> Words {
    Words::parse(ABOUT).unwrap()
}

fn addresses(keys: &Keys, network: Network) -> [String; 3] {
    let wallet = Wallet::create(
        keys.descriptor(KeychainKind::External),
        keys.descriptor(KeychainKind::Internal),
    )
    .network(network)
    .create_wallet_no_persist()
    .unwrap();
    [(KeychainKind::External, 0), (KeychainKind::External, 1), (KeychainKind::Internal, 0)]
        .map(|(keychain, index)| wallet.peek_address(keychain, index).address.to_string())
}

#[test]
fn the_words_of_bip84_give_its_addresses() {
    let keys = Keys::derive(&about(), None, Network::Bitcoin);
    let expected = [
        "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
        "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g",
        "bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el",
    ];
    assert_eq!(addresses(&keys, Network::Bitcoin), expected);
}

#[test]
fn the_seed_is_the_one_of_bip39() {
    // Trezor's vectors use the passphrase "TREZOR".
    let seed = about().seed("TREZOR");
    let expected = "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04";
    assert_eq!(hex::DisplayHex::to_lower_hex_string(seed.as_slice()), expected);
}

#[test]
fn every_key_depends_on_words_passphrase_and_purpose() {
    let plain = Keys::derive(&about(), None, Network::Regtest);
    let again = Keys::derive(&about(), None, Network::Regtest);
    let hidden = Keys::derive(&about(), Some(&Secret::from("x".to_owned())), Network::Regtest);
    let main = Keys::derive(&about(), None, Network::Bitcoin);
    assert_eq!(plain.ldk_seed(), again.ldk_seed());
    assert_eq!(plain.derive_label("backup"), again.derive_label("backup"));
    assert_ne!(plain.ldk_seed(), hidden.ldk_seed());
    assert_ne!(plain.ldk_seed(), main.ldk_seed());
    assert_ne!(plain.derive_label("backup"), hidden.derive_label("backup"));
    assert_ne!(plain.derive_label("backup"), plain.derive_label("vault"));
    assert_ne!(plain.descriptor(KeychainKind::External), plain.descriptor(KeychainKind::Internal));
    assert_ne!(addresses(&plain, Network::Regtest), addresses(&hidden, Network::Regtest));
    // Frozen, and computed outside of this program.
    let pinned = |bytes: &[u8]| hex::DisplayHex::to_lower_hex_string(bytes);
    assert_eq!(pinned(main.ldk_seed()), LDK_SEED);
    assert_eq!(pinned(main.derive_label("backup").as_slice()), BACKUP_LABEL);
}

const LDK_SEED: &str = "c9e1abf64312a43d74b6452e5be41b6b430b777acaedaa7b1a67e077428bf9eb";
const BACKUP_LABEL: &str = "da50d94325eb0d992e85f4ddaad15c17e56de181c6729ffe51b19c16a447e32c";

/// A transaction spending the given outputs to nowhere in particular.
fn spending(outputs: &[TxOut]) -> Psbt {
    let input = (0..outputs.len()).map(|n| TxIn {
        previous_output: OutPoint::new(Txid::all_zeros(), u32::try_from(n).unwrap()),
        ..TxIn::default()
    });
    let transaction = Transaction {
        version: bitcoin::transaction::Version::TWO,
        lock_time: bitcoin::absolute::LockTime::ZERO,
        input: input.collect(),
        output: vec![TxOut { value: Amount::from_sat(900), script_pubkey: ScriptBuf::new() }],
    };
    let mut psbt = Psbt::from_unsigned_tx(transaction).unwrap();
    for (input, output) in psbt.inputs.iter_mut().zip(outputs) {
        input.witness_utxo = Some(output.clone());
    }
    psbt
}

#[test]
fn our_inputs_are_signed_and_final_and_others_left_alone() {
    let keys = Keys::derive(&about(), None, Network::Regtest);
    let stranger = Keys::derive(&Words::generate(), None, Network::Regtest);
    let output = |keys: &Keys, keychain, index| {
        let (public, source) = keys.derivation(keychain, index);
        let script_pubkey =
            ScriptBuf::new_p2wpkh(&bitcoin::CompressedPublicKey(public).wpubkey_hash());
        (TxOut { value: Amount::from_sat(1_000), script_pubkey }, public, source)
    };
    let inputs = [
        output(&keys, KeychainKind::External, 0),
        output(&stranger, KeychainKind::External, 0),
        output(&keys, KeychainKind::Internal, 7),
    ];
    let outputs = inputs.clone().map(|(output, ..)| output);
    let mut psbt = spending(&outputs);
    for (input, (_, public, source)) in psbt.inputs.iter_mut().zip(inputs) {
        input.bip32_derivation.insert(public, source);
    }
    assert_eq!(keys.sign_psbt(&mut psbt).unwrap(), [0, 2]);
    assert!(
        psbt.inputs[1].partial_sigs.is_empty() && psbt.inputs[1].final_script_witness.is_none()
    );
    assert_eq!(stranger.sign_psbt(&mut psbt).unwrap(), [1]);
    let signed = psbt.extract_tx_unchecked_fee_rate();
    signed.verify_inputs_with(&outputs);
}

trait Verify {
    fn verify_inputs_with(&self, outputs: &[TxOut]);
}

impl Verify for Transaction {
    /// Each witness is a signature over this transaction by the key the output names.
    fn verify_inputs_with(&self, outputs: &[TxOut]) {
        let secp = bitcoin::secp256k1::Secp256k1::verification_only();
        let mut cache = bitcoin::sighash::SighashCache::new(self);
        for (n, output) in outputs.iter().enumerate() {
            let witness: Vec<_> = self.input[n].witness.iter().collect();
            let signature = bitcoin::ecdsa::Signature::from_slice(witness[0]).unwrap();
            let public = bitcoin::CompressedPublicKey::from_slice(witness[1]).unwrap();
            assert_eq!(output.script_pubkey, ScriptBuf::new_p2wpkh(&public.wpubkey_hash()));
            let sighash = cache
                .p2wpkh_signature_hash(
                    n,
                    &output.script_pubkey,
                    output.value,
                    signature.sighash_type,
                )
                .unwrap();
            secp.verify_ecdsa(&sighash.into(), &signature.signature, &public.0).unwrap();
        }
    }
}

#[test]
fn an_input_of_ours_that_cannot_be_signed_is_an_error() {
    let keys = Keys::derive(&about(), None, Network::Regtest);
    let mut psbt =
        spending(&[TxOut { value: Amount::from_sat(1_000), script_pubkey: ScriptBuf::new() }]);
    psbt.inputs[0].witness_utxo = None;
    assert!(
        keys.sign_psbt(&mut psbt).unwrap().is_empty(),
        "an input that names no key is not ours"
    );
    let (public, source) = keys.derivation(KeychainKind::External, 0);
    psbt.inputs[0].bip32_derivation.insert(public, source);
    assert!(matches!(keys.sign_psbt(&mut psbt), Err(SignError::Input { input: 0, .. })));
}

struct Sealed {
    dir: tempfile::TempDir,
    path: PathBuf,
    secrets: WalletSecrets,
}

fn sealed() -> Sealed {
    let dir = tempfile::tempdir().unwrap();
    let secrets = WalletSecrets {
        words: about(),
        passphrase: Some(Secret::from("a hidden passphrase".to_owned())),
        data_key: DataKey::generate(),
        network: Some(Network::Signet),
    };
    Sealed { path: dir.path().join(SEALED), dir, secrets }
}

fn given(text: &str) -> Password {
    Password::Given(Secret::from(text.to_owned()))
}

fn same(a: &WalletSecrets, b: &WalletSecrets) -> bool {
    let passphrase = |secrets: &WalletSecrets| {
        secrets.passphrase.as_ref().map(|text| text.expose_secret().to_owned())
    };
    (&a.words, &a.data_key, a.network, passphrase(a))
        == (&b.words, &b.data_key, b.network, passphrase(b))
}

#[test]
fn the_shipped_work_factor_is_17_and_20_is_the_most() {
    assert_eq!((WORK_FACTOR, MAX_WORK_FACTOR), (17, 20));
    let s = sealed();
    seal(&s.path, &s.secrets, &given("p"), WORK_FACTOR).unwrap();
    let header = std::fs::read(&s.path).unwrap();
    let line =
        String::from_utf8_lossy(header.split(|byte| *byte == b'\n').nth(1).unwrap()).into_owned();
    assert!(line.starts_with("-> scrypt ") && line.ends_with(" 17"), "{line}");
    assert!(same(&unseal(&s.path, &given("p")).unwrap(), &s.secrets));
    for refused in [0, 21, 64] {
        let error = seal(&s.path, &s.secrets, &given("p"), refused).unwrap_err();
        assert!(matches!(error, SealError::WorkFactor { found } if found == refused));
    }
    // A file that asks for more is refused before any work is done.
    let harder = String::from_utf8_lossy(&header).find(" 17\n").unwrap();
    let mut file = header;
    file[harder + 1..harder + 3].copy_from_slice(b"21");
    std::fs::write(&s.path, file).unwrap();
    assert!(matches!(unseal(&s.path, &given("p")), Err(SealError::WorkFactor { found: 21 })));
}

#[test]
fn the_right_password_opens_and_a_wrong_one_says_so() {
    let s = sealed();
    let missing = unseal(&s.path, &given("p")).unwrap_err();
    assert_eq!(missing.code(), Code::NoWallet);
    seal(&s.path, &s.secrets, &given("correct horse"), FAST).unwrap();
    assert!(same(&unseal(&s.path, &given("correct horse")).unwrap(), &s.secrets));
    let wrong = unseal(&s.path, &given("Correct horse")).unwrap_err();
    assert!(matches!(wrong, SealError::WrongPassword));
    assert_eq!(wrong.code(), Code::WrongPassword);
    assert!(has_password(s.dir.path()).unwrap());
    assert!(matches!(unseal(&s.path, &Password::StoredBeside), Err(SealError::NoStoredPassword)));
    let bytes = std::fs::read(&s.path).unwrap();
    assert!(!bytes.windows(7).any(|window| window == b"abandon"));
}

#[test]
fn a_damaged_file_is_never_taken_for_a_good_one() {
    let s = sealed();
    seal(&s.path, &s.secrets, &given("p"), FAST).unwrap();
    let good = std::fs::read(&s.path).unwrap();
    for place in 0..good.len() {
        let mut bad = good.clone();
        bad[place] ^= 4;
        std::fs::write(&s.path, bad).unwrap();
        let error = unseal(&s.path, &given("p")).unwrap_err();
        let known = matches!(
            error,
            SealError::Damaged { .. } | SealError::WrongPassword | SealError::WorkFactor { .. }
        );
        assert!(known, "byte {place}: {error:?}");
    }
    for length in [0, 10, good.len() / 2, good.len() - 1] {
        std::fs::write(&s.path, &good[..length]).unwrap();
        let error = unseal(&s.path, &given("p")).unwrap_err();
        assert!(matches!(error, SealError::Damaged { .. }), "{length}: {error:?}");
        assert_eq!(error.code(), Code::VaultDamaged);
    }
}

#[test]
fn no_password_opens_with_the_file_beside_and_each_change_keeps_the_secrets() {
    let s = sealed();
    let beside = s.path.with_file_name("wallet.key");
    seal(&s.path, &s.secrets, &Password::StoredBeside, FAST).unwrap();
    assert!(!has_password(s.dir.path()).unwrap());
    assert!(same(&unseal(&s.path, &Password::StoredBeside).unwrap(), &s.secrets));
    // Sealed again, there is one line, of the sealing that is there.
    seal(&s.path, &s.secrets, &Password::StoredBeside, FAST).unwrap();
    assert_eq!(std::fs::read_to_string(&beside).unwrap().lines().count(), 1);

    change_password(&s.path, &Password::StoredBeside, &given("p"), FAST).unwrap();
    assert!(!beside.exists());
    assert!(has_password(s.dir.path()).unwrap());
    change_password(&s.path, &given("p"), &given("q"), FAST).unwrap();
    assert!(matches!(unseal(&s.path, &given("p")), Err(SealError::WrongPassword)));
    assert!(change_password(&s.path, &given("p"), &given("r"), FAST).is_err());
    change_password(&s.path, &given("q"), &Password::StoredBeside, FAST).unwrap();
    assert!(same(&unseal(&s.path, &Password::StoredBeside).unwrap(), &s.secrets));
}

#[test]
fn a_crash_between_the_two_files_leaves_one_that_opens() {
    let s = sealed();
    let beside = s.path.with_file_name("wallet.key");
    // The sealed file was to be replaced and was not: a directory in its temporary file's place stands for the crash.
    let trap = s.path.with_file_name("wallet.age.tmp");
    let crash = |password: &Password| {
        std::fs::create_dir(&trap).unwrap();
        assert!(matches!(seal(&s.path, &s.secrets, password, FAST), Err(SealError::Io { .. })));
        std::fs::remove_dir(&trap).unwrap();
    };
    seal(&s.path, &s.secrets, &given("p"), FAST).unwrap();
    crash(&Password::StoredBeside);
    assert!(beside.exists() && has_password(s.dir.path()).unwrap());
    assert!(unseal(&s.path, &given("p")).is_ok());

    seal(&s.path, &s.secrets, &Password::StoredBeside, FAST).unwrap();
    crash(&Password::StoredBeside);
    assert!(!has_password(s.dir.path()).unwrap());
    assert!(unseal(&s.path, &Password::StoredBeside).is_ok());
    crash(&given("q"));
    assert!(unseal(&s.path, &Password::StoredBeside).is_ok());

    // And the other way round: sealed with a password, the old line not yet removed.
    let line = std::fs::read(&beside).unwrap();
    seal(&s.path, &s.secrets, &given("q"), FAST).unwrap();
    std::fs::write(&beside, line).unwrap();
    assert!(has_password(s.dir.path()).unwrap());
}

#[test]
fn a_password_that_has_changed_is_not_reported_as_failed() {
    let s = sealed();
    seal(&s.path, &s.secrets, &Password::StoredBeside, FAST).unwrap();
    // A directory in its place cannot be removed as a file.
    let beside = s.path.with_file_name("wallet.key");
    std::fs::remove_file(&beside).unwrap();
    std::fs::create_dir(&beside).unwrap();
    seal(&s.path, &s.secrets, &given("p"), FAST).unwrap();
    assert!(same(&unseal(&s.path, &given("p")).unwrap(), &s.secrets));
}

#[test]
fn what_can_be_sealed_can_be_opened() {
    let s = sealed();
    seal(&s.path, &s.secrets, &given("p"), FAST).unwrap();
    let with = |length: usize| WalletSecrets {
        passphrase: Some(Secret::from("x".repeat(length))),
        ..s.secrets.clone()
    };
    let error = seal(&s.path, &with(64 * 1024), &given("q"), FAST).unwrap_err();
    assert!(matches!(error, SealError::TooLong));
    assert!(same(&unseal(&s.path, &given("p")).unwrap(), &s.secrets), "as it was before");
    // Longer by one each time, up to the last one that is sealed.
    let longest = (65_000..).take_while(|length| {
        let long = with(*length);
        let sealed = seal(&s.path, &long, &given("q"), FAST);
        sealed.is_ok_and(|()| same(&unseal(&s.path, &given("q")).unwrap(), &long))
    });
    assert!((65_000..65_536).contains(&longest.last().unwrap()));
}

#[test]
fn a_damaged_stored_passphrase_is_neither_a_wrong_password_nor_a_disk_that_fails() {
    let s = sealed();
    let beside = s.path.with_file_name("wallet.key");
    seal(&s.path, &s.secrets, &Password::StoredBeside, FAST).unwrap();
    let good = std::fs::read(&beside).unwrap();
    let place = good.len() - 2;
    for byte in [b'x', 0xff] {
        let mut bad = good.clone();
        bad[place] = byte;
        std::fs::write(&beside, bad).unwrap();
        let error = unseal(&s.path, &Password::StoredBeside).unwrap_err();
        assert!(matches!(error, SealError::Damaged { .. }), "{error:?}");
        assert_eq!(error.code(), Code::VaultDamaged);
    }
    // What is damaged and belongs to another sealing does no harm.
    std::fs::write(&beside, [b"other \xff\n", good.as_slice()].concat()).unwrap();
    assert!(same(&unseal(&s.path, &Password::StoredBeside).unwrap(), &s.secrets));
}

#[cfg(unix)]
#[test]
fn only_we_may_read_the_two_files() {
    use std::os::unix::fs::PermissionsExt;
    let s = sealed();
    seal(&s.path, &s.secrets, &Password::StoredBeside, FAST).unwrap();
    for path in [&s.path, &s.path.with_file_name("wallet.key")] {
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn debug_shows_no_secret() {
    let s = sealed();
    let keys = Keys::derive(&about(), None, Network::Regtest);
    let shown =
        format!("{:?} {:?} {:?} {:?}", s.secrets, given("open sesame"), keys, s.secrets.data_key);
    for secret in ["abandon", "about", "hidden", "sesame"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let byte_list = format!("{:?}", s.secrets.data_key.as_bytes());
    assert!(!shown.contains(byte_list.trim_matches(['[', ']'])), "{shown}");
    assert!(shown.contains("<redacted>") && shown.contains("REDACTED"));
}
