//! What holds of every answer of a server that keeps a copy, for [`crate::fuzz`].

use super::answer::{Listed, Refused, object, read};
use crate::copy::{Claim, CopyError};
use crate::error::Coded as _;
use vss_client_ng::types::{ListKeyVersionsResponse, PutObjectResponse};

/// More than any text of ours has.
const LONG: usize = 200;

/// The first byte says what was asked. `e`: a refusal, whose status is in the next two.
pub(crate) fn answers(data: &[u8]) {
    match data.split_first() {
        Some((b'c', said)) => claim(said),
        Some((b'e', [high, low, said @ ..])) => {
            refused(u16::from_be_bytes([*high, *low]), said);
        }
        Some((b'l', said)) => list(said),
        Some((b'p', said)) => drop(read::<PutObjectResponse>(Ok(said.to_vec()))),
        Some((_, said)) => file(said),
        None => {}
    }
}

/// Who writes there, as it would be written again.
fn claim(said: &[u8]) {
    match Claim::read(said) {
        Ok(claim) => {
            assert!(Claim::read(claim.text().as_bytes()).is_ok_and(|again| again == claim));
            assert!(claim.is(claim).is_ok());
            let next = claim.next_term().unwrap_or(claim.term);
            let restored = Claim { term: next, ..claim };
            assert!(Claim::read(restored.text().as_bytes()).is_ok_and(|again| again == restored));
        }
        Err(error) => assert!(matches!(error, CopyError::Damaged | CopyError::Newer)),
    }
}

/// A file is a part of what was said, and no more is made of it here.
fn file(said: &[u8]) {
    match object(read(Ok(said.to_vec()))) {
        Ok(Some(file)) => assert!(file.is_empty() || stands_in(&file, said)),
        Ok(None) => panic!("only a refusal says that there is none"),
        Err(error) => assert!(matches!(error, CopyError::Damaged), "{error}"),
    }
}

/// No file is made up, and the same page without end is no list.
fn list(said: &[u8]) {
    let Ok(page) = read::<ListKeyVersionsResponse>(Ok(said.to_vec())) else { return };
    let mut listed = Listed::default();
    let keys = page.key_versions.len();
    if let Ok(Some(next)) = listed.take(page) {
        assert!(keys > 0 && stands_in(next.as_bytes(), said));
    }
    assert!(listed.files.len() <= keys);
    for name in listed.files {
        assert!(stands_in(name.file().as_bytes(), said), "{name:?}");
    }
}

/// A refusal is none of the answers, and none of its words is shown.
fn refused(status: u16, said: &[u8]) {
    match read::<ListKeyVersionsResponse>(Err((status, said.to_vec()))) {
        Ok(_) => panic!("nothing was listed"),
        Err(Refused::Conflict | Refused::NoSuchKey) => {}
        Err(refused @ Refused::Other(_)) => {
            let error = CopyError::from(refused);
            assert!(error.to_string().len() < LONG);
            let _code = error.code();
        }
    }
    assert!(!matches!(object(read(Err((status, said.to_vec())))), Ok(Some(_))));
}

fn stands_in(part: &[u8], whole: &[u8]) -> bool {
    whole.windows(part.len()).any(|here| here == part)
}
