use super::*;
use crate::error::{Code, Coded};
use crate::time::Timestamp;
use crate::uri::{Link, Name, parse};
use crate::view::NetworkId;

/// The records of `matt@mattcorallo.com` from the root down, as they were in August 2026: out of the tests of
/// `dnssec-prover` (MIT or Apache 2.0).
const PROOF: &[u8] = include_bytes!("../../../../tests/fixtures/bip353.bin");
/// Its signatures are good from here to there.
const GOOD: (u64, u64) = (1_785_988_800, 1_786_415_920);

fn name(text: &str) -> Name {
    match parse(text, NetworkId::Mainnet).unwrap().link.unwrap() {
        Link::Name(name) => name,
        other => panic!("{other:?}"),
    }
}

fn read(proof: &[u8], of: &str, at: u64) -> Result<String, Code> {
    record(proof, &name(of), Timestamp::from_secs(at)).map_err(|error| error.code())
}

#[test]
fn a_recorded_proof_is_good_for_its_name_and_its_time() {
    let found = read(PROOF, "₿matt@mattcorallo.com", GOOD.0).unwrap();
    assert!(found.starts_with("bitcoin:bc1qztwy6xen3zdtt7z0vrgapmjtfz8acjkfp5fp7l?lno=lno1"));
    let parsed = parse(&found, NetworkId::Mainnet).unwrap();
    let address = parsed.onchain.unwrap().to_string();
    assert_eq!(address, "bc1qztwy6xen3zdtt7z0vrgapmjtfz8acjkfp5fp7l");
    assert_eq!(read(PROOF, "Matt@MattCorallo.com", GOOD.1).unwrap(), found);
    for at in [0, GOOD.0 - 1, GOOD.1 + 1, u64::MAX] {
        assert_eq!(read(PROOF, "matt@mattcorallo.com", at), Err(Code::NameOutOfDate), "{at}");
    }
    for other in ["ada@mattcorallo.com", "matt@example.com", "matt@x.mattcorallo.com"] {
        assert_eq!(read(PROOF, other, GOOD.0), Err(Code::NameForged), "{other}");
    }
}

/// A lightning address may have a tag (LUD-16), and nobody could have signed that: its host is asked. With the sign it is
/// nowhere.
#[test]
fn a_name_that_the_dns_cannot_hold_is_one_of_another_kind() {
    let long = "x".repeat(64);
    for user in ["matt+tips", "matt..tips", ".matt", "matt.", &long] {
        let (user, domain) = (user.to_owned(), "mattcorallo.com".to_owned());
        let name = Name { user, domain, dns_only: false };
        let error = proof::place(&name).unwrap_err();
        assert!(matches!(error, NameError::NoName) && error.is_absence(), "{name}: {error:?}");
        assert_eq!(error.code(), Code::NameUnknown, "{name}");
    }
}

#[test]
fn what_is_signed_and_wrong_is_never_passed_over() {
    let mut forged = PROOF.to_vec();
    let start = PROOF.windows(8).position(|bytes| bytes == b"bitcoin:").unwrap();
    forged[start + 30] ^= 1;
    for (proof, user, at) in [
        (PROOF, "matt", GOOD.1 + 1),
        (PROOF, "ada", GOOD.0),
        (&PROOF[..100], "matt", GOOD.0),
        (&forged[..], "matt", GOOD.0),
    ] {
        let name = name(&format!("{user}@mattcorallo.com"));
        let error = record(proof, &name, Timestamp::from_secs(at)).unwrap_err();
        assert!(!error.is_absence(), "{user} at {at}: {error:?}");
    }
}

/// Of no bit that is turned does another record come out. (A part of the records is not signed, and needs not be: how long
/// they may be kept.) A few bits only: without optimisation each proof takes a second.
#[test]
fn a_proof_that_was_changed_proves_nothing_else() {
    let good = read(PROOF, "matt@mattcorallo.com", GOOD.0).unwrap();
    for at in (0..PROOF.len()).step_by(401) {
        let mut proof = PROOF.to_vec();
        proof[at] ^= 1 << (at % 8);
        if let Ok(found) = read(&proof, "matt@mattcorallo.com", GOOD.0) {
            assert_eq!(found, good, "byte {at}");
        }
    }
    let start = PROOF.windows(8).position(|bytes| bytes == b"bitcoin:").unwrap();
    for at in [start + 8, start + 30, start + 57] {
        let mut proof = PROOF.to_vec();
        proof[at] ^= 1;
        let changed = read(&proof, "matt@mattcorallo.com", GOOD.0);
        assert_eq!(changed, Err(Code::NameForged), "byte {at}");
    }
    for end in [0, 1, 100, PROOF.len() / 2, PROOF.len() - 1] {
        assert!(read(&PROOF[..end], "matt@mattcorallo.com", GOOD.0).is_err(), "{end} bytes");
    }
}
