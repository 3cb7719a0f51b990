//! HTTP to others: what every client shares, and the one client for whatever a handed text leads to. Servers that a person
//! chose are `chain`'s: they may be on this computer, and lead nowhere else.

mod guarded;
/// A server that lies.
#[cfg(test)]
pub(crate) mod lying;
/// Addresses that nobody outside has.
mod special;

pub use guarded::Local;
pub(crate) use guarded::{Guarded, Redirects};

use crate::time::Timestamp;
use reqwest::header::DATE;
use reqwest::{Client, ClientBuilder, Response, Url};
use std::net::IpAddr;
use std::time::UNIX_EPOCH;

/// Why there is no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Neither `https://` nor a host: `file:`, `javascript:`, a password in it.
    #[error("not an address on the web")]
    NoAddress,
    #[error("it would be asked in the clear")]
    NotEncrypted,
    #[error("an onion address, which only Tor reaches")]
    Onion,
    /// This computer, its network, or what belongs to nobody.
    #[error("{0} is on this computer or a private network")]
    Private(String),
    #[error("it sends elsewhere too often")]
    Redirects,
    #[error("the answer is too large")]
    TooLarge,
    #[error("it takes too long")]
    TooSlow,
    /// The network, the name, the connection.
    #[error("cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("it answers {0}")]
    Status(u16),
}

impl From<reqwest::Error> for HttpError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() { Self::TooSlow } else { Self::Unreachable(Box::new(error)) }
    }
}

/// What a server says the time is, and ours when it said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) host: String,
    pub(crate) said: Timestamp,
    pub(crate) at: Timestamp,
}

/// By the `Date` of an answer of this host's (RFC 9110).
pub(crate) fn heard(host: &str, answer: &Response) -> Option<Heard> {
    let said = time_of(answer.headers().get(DATE)?.to_str().ok()?)?;
    Some(Heard { host: host.to_owned(), said, at: Timestamp::now() })
}

/// As a `Date` says it.
pub(crate) fn time_of(date: &str) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::from_secs(date.as_secs()))
}

/// Nobody is between. A name other than `localhost` says nothing about where it leads.
pub(crate) fn is_this_computer(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The client for a server that a person chose, to be made further: outside of this computer it asks over TLS alone, and on it
/// directly. A proxy of the system's (`HTTP_PROXY`) is another computer, where a password would come in the clear.
pub(crate) fn client_for(url: &str) -> ClientBuilder {
    let here = is_this_computer(url);
    let client = Client::builder().https_only(!here);
    if here { client.no_proxy() } else { client }
}

/// All of an answer's bytes.
///
/// # Errors
/// [`HttpError::TooLarge`] if there are more than `most`, another if they stop coming.
pub(crate) async fn bytes(mut answer: Response, most: usize) -> Result<Vec<u8>, HttpError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if bytes.len().saturating_add(chunk.len()) > most {
            return Err(HttpError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
