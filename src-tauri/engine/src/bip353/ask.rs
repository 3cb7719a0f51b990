//! Having a resolver bring the records and their signatures, over HTTPS (RFC 8484).

use super::NameError;
use super::proof::place;
use crate::http::Guarded;
use crate::uri::Name;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use dnssec_prover::query::{ProofBuilder, QueryBuf};
use dnssec_prover::rr::TXT_TYPE;
use reqwest::Url;
use std::time::Duration;

/// For all of them: there are about ten questions between a name and the root.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a name's record and the signatures from the root down to it are, as the resolver says. Nothing of it is checked.
///
/// # Errors
/// If it cannot be asked, or says that there are none.
pub(crate) async fn ask(
    client: &Guarded,
    resolver: &Url,
    name: &Name,
) -> Result<Vec<u8>, NameError> {
    let asking = build(client, resolver, name);
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or(Err(NameError::TooSlow))
}

async fn build(client: &Guarded, resolver: &Url, name: &Name) -> Result<Vec<u8>, NameError> {
    let (mut proof, first) = ProofBuilder::new(&place(name)?, TXT_TYPE);
    let mut questions = vec![first];
    while let Some(question) = questions.pop() {
        let mut url = resolver.clone();
        url.query_pairs_mut().append_pair("dns", &BASE64_URL_SAFE_NO_PAD.encode(&*question));
        let mut answer = QueryBuf::new_zeroed(0);
        answer.extend_from_slice(&client.dns(&url).await?);
        questions.extend(proof.process_response(&answer).map_err(NameError::NoProof)?);
    }
    proof.finish_proof().map(|(proof, _)| proof).map_err(|()| NameError::Unreadable)
}
