//! A resolver that knows no name: the root's keys are the real ones, so nothing of practice could be signed. A story may make it
//! say something else: what it says is proven or worth nothing.

use super::shop::Shop;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::collections::BTreeMap;

/// A response, and nobody of that name (RFC 1035, NXDOMAIN).
const NOBODY: [u8; 2] = [0x81, 0x83];
/// A response, from a resolver that checks signatures itself and says that these are good.
const ANSWERED: [u8; 2] = [0x81, 0xa0];
/// Of a message.
const HEAD: usize = 12;
/// The type of a signature, of an alias, and of text.
const RRSIG: u16 = 46;
const CNAME: u16 = 5;

/// What it answers.
#[derive(Clone, Debug, Default)]
pub enum Resolver {
    /// There is nobody of that name.
    #[default]
    Nobody,
    /// What is recorded here, in the form of RFC 9102: one record after the other.
    Recorded(Vec<u8>),
    /// That each name is another name for itself.
    Alias,
    /// These bytes, whatever is asked.
    Bytes(Vec<u8>),
}

pub(super) async fn answer(
    State(shop): State<Shop>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Bytes, StatusCode> {
    let question = asked.get("dns").and_then(|dns| BASE64_URL_SAFE_NO_PAD.decode(dns).ok());
    let question = question.filter(|one| one.len() >= HEAD).ok_or(StatusCode::BAD_REQUEST)?;
    let resolver = shop.told.lock().expect("shop lock is never poisoned").resolver.clone();
    let answer = match resolver {
        Resolver::Nobody => reply(&question, NOBODY, &[]),
        Resolver::Recorded(all) => {
            let (name, kind) = asked_for(&question).ok_or(StatusCode::BAD_REQUEST)?;
            let fits = |record: &&[u8]| belongs(record, name, kind).unwrap_or_default();
            let found: Vec<&[u8]> = records(&all).into_iter().filter(fits).collect();
            reply(&question, ANSWERED, &found)
        }
        Resolver::Alias => {
            let (name, _) = asked_for(&question).ok_or(StatusCode::BAD_REQUEST)?;
            let length = u16::try_from(name.len()).map_err(|_| StatusCode::BAD_REQUEST)?;
            let head = [&CNAME.to_be_bytes()[..], &[0, 1, 0, 0, 0, 60], &length.to_be_bytes()];
            let alias = [name, &head.concat(), name].concat();
            reply(&question, ANSWERED, &[&alias])
        }
        Resolver::Bytes(bytes) => Some(bytes),
    };
    answer.map(Bytes::from).ok_or(StatusCode::BAD_REQUEST)
}

/// The question once more, and these records.
fn reply(question: &[u8], flags: [u8; 2], records: &[&[u8]]) -> Option<Vec<u8>> {
    let (name, _) = asked_for(question)?;
    let mut answer = question.get(..HEAD + name.len() + 4)?.to_vec();
    let count = u16::try_from(records.len()).ok()?;
    answer[2..4].copy_from_slice(&flags);
    answer[6..8].copy_from_slice(&count.to_be_bytes());
    answer[8..HEAD].fill(0);
    answer.extend(records.concat());
    Some(answer)
}

/// The name that is asked for, as it is written in a message, and the type of records.
fn asked_for(question: &[u8]) -> Option<(&[u8], u16)> {
    let rest = question.get(HEAD..)?;
    let name = rest.get(..name_length(rest)?)?;
    Some((name, number(rest, name.len())?))
}

/// The bytes of a name that is written out.
fn name_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let label = usize::from(*bytes.get(at)?);
        at = at.checked_add(label)?.checked_add(1)?;
        if label == 0 {
            return Some(at);
        }
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

/// Each of the records.
fn records(mut all: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let Some(length) = name_length(all)
        .and_then(|name| Some(name + 10 + usize::from(number(all, name + 8)?)))
        .filter(|length| *length <= all.len())
    {
        let (one, rest) = all.split_at(length);
        found.push(one);
        all = rest;
    }
    found
}

/// It is of this name and type, or signs those that are.
fn belongs(record: &[u8], name: &[u8], kind: u16) -> Option<bool> {
    let length = name_length(record)?;
    let is_kind = match number(record, length)? {
        RRSIG => number(record, length + 10)? == kind,
        other => other == kind,
    };
    Some(is_kind && record.get(..length)?.eq_ignore_ascii_case(name))
}
