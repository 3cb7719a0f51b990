//! A resolver that knows no name: the root's keys are the real ones, so nothing of practice could be signed.

use axum::body::Bytes;
use axum::extract::Query;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::collections::BTreeMap;

/// A response, and nobody of that name (RFC 1035, NXDOMAIN).
const NOBODY: [u8; 2] = [0x81, 0x83];

pub(super) async fn refuse(
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Bytes, StatusCode> {
    let question = asked.get("dns").and_then(|dns| BASE64_URL_SAFE_NO_PAD.decode(dns).ok());
    let mut answer = question.filter(|one| one.len() >= 12).ok_or(StatusCode::BAD_REQUEST)?;
    answer[2..4].copy_from_slice(&NOBODY);
    Ok(answer.into())
}
