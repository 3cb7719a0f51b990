//! What a server's answers mean. Nothing of it is believed that the words could prove: a file is opened elsewhere.

use crate::copy::{CopyError, Name};
use crate::http::HttpError;
use std::io;
use vss_client_ng::prost::Message;
use vss_client_ng::types::{ErrorCode, ErrorResponse, GetObjectResponse, ListKeyVersionsResponse};

/// More than any copy has. Every page of a list names one at least, so a server that never ends comes to it.
const MOST_LISTED: usize = 100_000;

/// What came with a success, or the status and what came with that.
pub(super) type Said = Result<Vec<u8>, (u16, Vec<u8>)>;

/// Why a request did not do what it should.
pub(super) enum Refused {
    /// The store has another version.
    Conflict,
    NoSuchKey,
    Other(CopyError),
}

impl From<HttpError> for Refused {
    fn from(error: HttpError) -> Self {
        Self::Other(CopyError::Server(error))
    }
}

impl From<Refused> for CopyError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Conflict => Self::Io(io::Error::other("the store has another version")),
            Refused::NoSuchKey => Self::Missing,
            Refused::Other(error) => error,
        }
    }
}

pub(super) fn read<T: Message + Default>(said: Said) -> Result<T, Refused> {
    match said {
        Ok(bytes) => T::decode(bytes.as_slice()).map_err(|_| Refused::Other(CopyError::Damaged)),
        Err((status, bytes)) => Err(refusal(status, &bytes)),
    }
}

/// What an object holds; `None` if there is none.
pub(super) fn object(
    answer: Result<GetObjectResponse, Refused>,
) -> Result<Option<Vec<u8>>, CopyError> {
    match answer {
        Ok(answer) => answer.value.map(|found| Some(found.value)).ok_or(CopyError::Damaged),
        Err(Refused::NoSuchKey) => Ok(None),
        Err(refused) => Err(refused.into()),
    }
}

fn refusal(status: u16, bytes: &[u8]) -> Refused {
    // Only a VSS server's own words are believed: something else may answer at this address.
    let said = ErrorResponse::decode(bytes).ok();
    match said.map(|said| said.error_code()) {
        Some(ErrorCode::ConflictException) => Refused::Conflict,
        Some(ErrorCode::NoSuchKeyException) => Refused::NoSuchKey,
        Some(ErrorCode::AuthException) => Refused::Other(CopyError::NotAdmitted),
        _ => Refused::Other(CopyError::Server(HttpError::Status(status))),
    }
}

/// What the pages of a list named so far.
#[derive(Default)]
pub(super) struct Listed {
    pub(super) files: Vec<Name>,
    /// What is not ours, too.
    keys: usize,
}

impl Listed {
    /// Takes one page. What the next one is asked for with; `None` after the last.
    ///
    /// # Errors
    /// [`CopyError::Damaged`]: it does not end.
    pub(super) fn take(
        &mut self,
        page: ListKeyVersionsResponse,
    ) -> Result<Option<String>, CopyError> {
        let is_last = page.key_versions.is_empty();
        self.keys = self.keys.saturating_add(page.key_versions.len());
        if self.keys > MOST_LISTED {
            return Err(CopyError::Damaged);
        }
        self.files.extend(page.key_versions.iter().filter_map(|found| Name::of(&found.key)));
        Ok(page.next_page_token.filter(|token| !token.is_empty() && !is_last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vss_client_ng::types::KeyValue;

    fn page(keys: &[&str], next: &str) -> ListKeyVersionsResponse {
        let named = |key: &&str| KeyValue { key: (*key).to_owned(), version: 1, value: Vec::new() };
        ListKeyVersionsResponse {
            key_versions: keys.iter().map(named).collect(),
            next_page_token: Some(next.to_owned()),
            global_version: None,
        }
    }

    #[test]
    fn a_list_that_does_not_end_is_none() {
        let (mut listed, file) = (Listed::default(), Name::Segment(7).file());
        let mut taken = 0;
        let ended = loop {
            match listed.take(page(&["claim", &file], "again")) {
                Ok(next) => assert_eq!(next.as_deref(), Some("again")),
                Err(error) => break error,
            }
            taken += 1;
        };
        assert!(matches!(ended, CopyError::Damaged) && taken <= MOST_LISTED);
    }

    #[test]
    fn a_list_ends_with_an_empty_page_or_without_a_token() {
        let (mut listed, file) = (Listed::default(), Name::Base(7).file());
        assert_eq!(listed.take(page(&[], "more")).unwrap(), None);
        assert_eq!(listed.take(page(&["claim", &file], "")).unwrap(), None);
        assert_eq!(listed.files, [Name::Base(7)]);
    }
}
