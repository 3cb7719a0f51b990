//! What holds of every proof, for [`crate::fuzz`].

use super::{NameError, record};
use crate::time::Timestamp;
use crate::uri::Name;
use std::sync::LazyLock;

/// See [`super::tests`].
const PROOF: &[u8] = include_bytes!("../../../../tests/fixtures/bip353.bin");
const AT: Timestamp = Timestamp::from_secs(1_785_988_800);

static GOOD: LazyLock<String> =
    LazyLock::new(|| record(PROOF, &name("matt"), AT).expect("a recorded proof"));

fn name(user: &str) -> Name {
    Name { user: user.to_owned(), domain: "mattcorallo.com".to_owned(), dns_only: true }
}

/// Whatever records are brought: none proves anything else than what was signed, and nothing proves it of somebody else or at
/// another time.
pub(crate) fn proof(data: &[u8]) {
    match record(data, &name("matt"), AT) {
        Ok(found) => {
            assert_eq!(found, *GOOD);
            assert!(record(data, &name("ada"), AT).is_err(), "somebody else's");
            let later = record(data, &name("matt"), Timestamp::from_secs(u64::MAX));
            assert!(matches!(later, Err(NameError::OutOfDate)), "{later:?}");
        }
        Err(error) => drop(error.to_string()),
    }
}
