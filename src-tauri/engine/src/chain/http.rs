//! HTTP to a server that is not trusted: outside of this computer it is asked over TLS alone, no redirect leads to another
//! place, and no answer may be larger than what was asked for can be.

use super::SourceError;
use super::retry_after::RetryAfter;
use crate::http::{self, Heard, is_this_computer};
use esplora_client::Throttle as _;
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Pauses before a request is repeated after 429, 500 or 503.
const RETRIES: [Duration; 3] =
    [Duration::from_millis(256), Duration::from_millis(512), Duration::from_millis(1024)];
/// Redirects in a row.
const MOST_REDIRECTS: usize = 3;
/// An error's own words: they are untrusted, and go to the log alone.
const MOST_SAID: usize = 4096;

/// A client for the server at this address, which stays with it.
///
/// # Errors
/// If the system's TLS or resolver cannot be used.
pub(crate) fn client(url: &str, timeout: Duration) -> Result<Client, SourceError> {
    // Whoever is between would read what the wallet looks for, and could answer in the server's name. reqwest refuses then,
    // whoever uses the client.
    let client = http::client_for(url).timeout(timeout).redirect(Policy::custom(follow));
    client.build().map_err(|error| SourceError::Unreachable(Box::new(error)))
}

/// Refuses an address that would be asked in the clear.
///
/// # Errors
/// [`SourceError::NotEncrypted`].
pub(crate) fn may_be_asked(url: &str) -> Result<(), SourceError> {
    let encrypted = Url::parse(url).is_ok_and(|url| url.scheme() == "https");
    if encrypted || is_this_computer(url) { Ok(()) } else { Err(SourceError::NotEncrypted) }
}

/// If it would go elsewhere the redirect itself is the answer, which is an error to everybody who asks.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let stays = attempt.previous().last().is_some_and(|from| is_same_place(from, attempt.url()));
    if stays && attempt.previous().len() <= MOST_REDIRECTS {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

/// The same host and port, or a change from plain HTTP to TLS on the same host. Another port is another program.
fn is_same_place(from: &Url, to: &Url) -> bool {
    let ports = (from.port_or_known_default(), to.port_or_known_default());
    let secured =
        from.scheme() == "http" && to.scheme() == "https" && ports == (Some(80), Some(443));
    from.host() == to.host() && (secured || (from.scheme() == to.scheme() && ports.0 == ports.1))
}

/// All of an answer's bytes.
///
/// # Errors
/// [`SourceError::Nonsense`] if there are more than `most`, [`SourceError::Unreachable`] if they stop coming,
/// [`SourceError::TooSlow`] if all of them take too long.
pub(crate) async fn bytes(answer: Response, most: usize) -> Result<Vec<u8>, SourceError> {
    Ok(http::bytes(answer, most).await?)
}

/// One server.
pub(super) struct Http {
    client: Client,
    url: String,
    retry_after: Arc<RetryAfter>,
    /// What time it says it is.
    heard: Mutex<Option<Heard>>,
}

impl Http {
    /// One request takes no longer than `patience`.
    pub(super) fn new(url: &str, patience: Duration) -> Result<Self, SourceError> {
        let client = client(url, patience)?;
        let (retry_after, heard) = Default::default();
        Ok(Self { client, url: url.to_owned(), retry_after, heard })
    }

    /// Until when it is not asked, for others that ask it as well.
    pub(super) fn retry_after(&self) -> Arc<RetryAfter> {
        self.retry_after.clone()
    }

    /// # Errors
    /// [`SourceError::Refused`] with 429 while it wants to be left alone.
    pub(super) fn may_ask(&self) -> Result<(), SourceError> {
        if self.retry_after.may_ask() {
            return Ok(());
        }
        Err(refused(StatusCode::TOO_MANY_REQUESTS, "it asked to be left alone"))
    }

    /// What time it said last that it is, once.
    pub(super) fn heard(&self) -> Option<Heard> {
        self.heard.lock().expect("never poisoned: nothing panics there").take()
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    /// What is at a path. `None`: 404.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        most: usize,
    ) -> Result<Option<T>, SourceError> {
        match self.ask(path, most).await {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(SourceError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The text at a path.
    pub(super) async fn text(&self, path: &str, most: usize) -> Result<String, SourceError> {
        text(self.ask(path, most).await?)
    }

    /// What the server answers to a body. Never repeated: it may have been taken though the answer was lost.
    pub(super) async fn post(
        &self,
        path: &str,
        body: String,
        most: usize,
    ) -> Result<String, SourceError> {
        self.post_as(None, path, body, most).await
    }

    /// The same with a user's name and password, `user:password`.
    pub(super) async fn post_as(
        &self,
        login: Option<&SecretString>,
        path: &str,
        body: String,
        most: usize,
    ) -> Result<String, SourceError> {
        let mut request = self.client.post(self.at(path)).body(body);
        if let Some(login) = login {
            let (user, password) = login.expose_secret().split_once(':').unwrap_or_default();
            request = request.basic_auth(user, Some(password));
        }
        text(self.once(request, most).await?)
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    async fn ask(&self, path: &str, most: usize) -> Result<Vec<u8>, SourceError> {
        for pause in RETRIES {
            match self.once(self.client.get(self.at(path)), most).await {
                Err(SourceError::Refused { status: 429 | 500 | 503, .. })
                    if self.retry_after.may_ask() =>
                {
                    tokio::time::sleep(pause).await;
                }
                answer => return answer,
            }
        }
        self.once(self.client.get(self.at(path)), most).await
    }

    async fn once(&self, request: RequestBuilder, most: usize) -> Result<Vec<u8>, SourceError> {
        may_be_asked(&self.url)?;
        self.may_ask()?;
        let answer = request.send().await?;
        self.retry_after.answered(&answer);
        let host = answer.url().host_str().unwrap_or_default();
        if let Some(heard) = http::heard(host, &answer) {
            *self.heard.lock().expect("never poisoned: nothing panics there") = Some(heard);
        }
        let status = answer.status();
        if status.is_success() {
            return bytes(answer, most).await;
        }
        let said = bytes(answer, MOST_SAID).await.unwrap_or_default();
        Err(refused(status, &String::from_utf8_lossy(&said)))
    }
}

fn refused(status: StatusCode, said: &str) -> SourceError {
    SourceError::Refused { status: status.as_u16(), said: said.to_owned() }
}

fn text(bytes: Vec<u8>) -> Result<String, SourceError> {
    String::from_utf8(bytes).map_err(|error| SourceError::Nonsense(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::esplora::Esplora;
    use crate::chain::server::Server as _;
    use crate::chain::{Address, Source};
    use crate::http::lying::Server;
    use crate::logger::Log;
    use crate::view::{NetworkId, SourceTrouble};
    use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
    use bitcoin::hashes::Hash as _;
    use std::time::Instant;

    #[test]
    fn only_this_computer_is_asked_in_the_clear() {
        for here in ["http://127.0.0.1:3000/api", "http://localhost/", "http://[::1]:3002"] {
            assert!(may_be_asked(here).is_ok(), "{here}");
        }
        assert!(may_be_asked("https://a.example/api").is_ok());
        for elsewhere in [
            "http://a.example/api",
            "http://192.168.1.7:3002",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.1@evil.example",
            "ftp://a.example",
        ] {
            assert!(may_be_asked(elsewhere).is_err(), "{elsewhere}");
        }
    }

    /// The wallet opens with such a server in its settings, and says what is wrong with it.
    #[tokio::test]
    async fn a_source_elsewhere_without_tls_is_never_asked() {
        let log: crate::chain::LdkLogger = Arc::new(Log);
        let source =
            Source::new(&Address::read("http://192.0.2.1/api"), NetworkId::Mainnet, log.clone())
                .unwrap();
        assert!(matches!(source.check().await, Err(SourceError::NotEncrypted)));
        // BDK and LDK ask through the same client.
        let esplora = Esplora::new("http://192.0.2.1/api", log.clone(), None).unwrap();
        let refused = esplora.client.get_height().await.unwrap_err();
        assert!(format!("{refused:?}").contains("BadScheme"), "{refused:?}");
        let tried =
            Source::test(&Address::read("http://192.0.2.1/api"), NetworkId::Mainnet, log).await;
        assert_eq!(tried.trouble, Some(SourceTrouble::NotEncrypted));
    }

    #[tokio::test]
    async fn a_lying_server_costs_neither_memory_nor_time_nor_leads_elsewhere() {
        let elsewhere = Server::start(|_| Server::ok(b"1")).await;
        let to = elsewhere.url("/here");
        let short = Duration::from_millis(300);
        let answers =
            [Server::ok(&[b'1'; 65]), Server::endless(b"1"), Server::to(&to), Server::silence()];
        for answer in answers {
            let server = Server::start(move |_| answer.clone()).await;
            let url = server.url("");
            let http = Http::new(&url, short).unwrap();
            assert!(http.text("/x", 64).await.is_err());
        }
        assert_eq!(elsewhere.asked(), 0);
    }

    /// No wait between two bytes is long: all of the answer is late.
    #[tokio::test]
    async fn a_body_that_trickles_is_late_as_a_whole() {
        let server = Server::start(|_| Server::trickle()).await;
        let patience = Duration::from_millis(500);
        let http = Http::new(&server.url(""), patience).unwrap();
        let begun = Instant::now();
        let answer = http.text("/x", 64 * 1024).await;
        assert!(matches!(answer, Err(SourceError::TooSlow)), "{answer:?}");
        assert!(begun.elapsed() >= patience && begun.elapsed() < patience * 10);
        assert!(server.written() > 1, "it came byte by byte: {}", server.written());
        // Whoever asks through the client that BDK and LDK are given waits no longer either.
        let client: esplora_client::AsyncClient =
            esplora_client::AsyncClient::from_client(server.url(""), http.client());
        let begun = Instant::now();
        assert!(client.get_height().await.is_err());
        assert!(begun.elapsed() < patience * 10);
    }

    /// BDK's client and LDK's, whatever they ask for first.
    #[tokio::test]
    async fn no_answer_to_bdk_and_ldk_is_larger_than_any_that_is_right() {
        let log: crate::chain::LdkLogger = Arc::new(Log);
        let script = bitcoin::ScriptBuf::from_bytes(vec![0x51]);
        // What the connection holds that nobody has read yet.
        let most = esplora_client::MOST_BYTES + 16 * 1024 * 1024;
        for answer in [Server::endless(b"["), Server::vast(b"["), Server::raving(404)] {
            let server = Server::start(move |_| answer.clone()).await;
            let esplora = Esplora::new(&server.url(""), log.clone(), None).unwrap();
            let spk = ((bdk_wallet::KeychainKind::External, 0), script.clone());
            let request = SyncRequest::builder_at(1).spks_with_indexes([spk.clone()]).build();
            assert!(esplora.sync(request).await.is_err());
            let scan = FullScanRequest::builder_at(1)
                .spks_for_keychain(bdk_wallet::KeychainKind::External, [(0, script.clone())])
                .build();
            assert!(esplora.scan(scan, 1).await.is_err());
            assert!(esplora.follow(vec![]).await.is_err());
            assert!(!matches!(esplora.transaction(bitcoin::Txid::all_zeros()).await, Ok(Some(_))));
            let asked = server.asked();
            assert!(asked >= 4, "each of them asked");
            assert!(server.written() <= asked * most, "{} of {asked}", server.written());
        }
    }

    /// Each page is full, so there is always another one.
    #[tokio::test]
    async fn a_history_without_an_end_is_left() {
        let one = r#"{"txid":"TXID","version":2,"locktime":0,"vin":[],"vout":[],"size":10,"weight":40,
            "fee":0,"status":{"confirmed":false}}"#;
        let one = one.replace("TXID", &"11".repeat(32));
        let page = format!("[{}]", vec![one; 25].join(","));
        let server = Server::start(move |_| Server::ok(page.as_bytes())).await;
        let log: crate::chain::LdkLogger = Arc::new(Log);
        let esplora = Esplora::new(&server.url(""), log, None).unwrap();
        for looks in 1..=2 {
            let script = bitcoin::ScriptBuf::from_bytes(vec![0x51]);
            let spk = ((bdk_wallet::KeychainKind::External, 0), script);
            let request = SyncRequest::builder_at(1).spks_with_indexes([spk]).build();
            let answer = esplora.sync(request).await;
            assert!(matches!(answer, Err(SourceError::Nonsense(_))), "{:?}", answer.err());
            // Each look begins anew.
            assert_eq!(server.asked(), looks * (esplora_client::MOST_PAGES + 1));
        }
    }

    /// Whatever it is asked for next, and by whom: nothing reaches it.
    #[tokio::test]
    async fn a_server_that_asks_to_be_left_alone_is() {
        for (said, is_left) in [("120", true), ("99999999999", true), ("1", false), ("soon", false)]
        {
            let server = Server::start(move |_| Server::busy(said)).await;
            let http = Http::new(&server.url(""), Duration::from_secs(10)).unwrap();
            let busy = |answer: &Result<String, SourceError>| {
                matches!(answer, Err(SourceError::Refused { status: 429, .. }))
            };
            assert!(busy(&http.text("/x", 64).await), "{said}");
            let asked = server.asked();
            assert_eq!(asked == 1, is_left, "{said}: it was repeated, or it was not");
            assert!(busy(&http.post("/y", String::new(), 64).await), "{said}");
            assert_eq!(server.asked() == asked, is_left, "{said}");
        }
    }

    /// Whichever part of the wallet asks first, and next.
    #[tokio::test]
    async fn a_server_that_asks_bdk_or_ldk_to_be_left_alone_is() {
        let log: crate::chain::LdkLogger = Arc::new(Log);
        let one = bitcoin::constants::genesis_block(bitcoin::Network::Regtest).txdata.remove(0);
        let block = bdk_wallet::chain::BlockId { height: 0, hash: bitcoin::BlockHash::all_zeros() };
        let spk = ((bdk_wallet::KeychainKind::External, 0), bitcoin::ScriptBuf::new());
        for first in 0..6 {
            let server = Server::start(|_| Server::busy("120")).await;
            let esplora = Esplora::new(&server.url(""), log.clone(), None).unwrap();
            for turn in 0..6 {
                let sync = SyncRequest::builder_at(1).spks_with_indexes([spk.clone()]).build();
                let scan = FullScanRequest::builder_at(1)
                    .spks_for_keychain(bdk_wallet::KeychainKind::External, [(0, spk.1.clone())])
                    .build();
                let refused = match (first + turn) % 6 {
                    0 => esplora.scan(scan, 1).await.err(),
                    1 => esplora.sync(sync).await.err(),
                    2 => esplora.follow(vec![]).await.err(),
                    3 => esplora.transaction(one.compute_txid()).await.err(),
                    4 => esplora.proves(&one, block).await.err(),
                    _ => esplora.newest().await.err(),
                };
                let is_busy = matches!(refused, Some(SourceError::Refused { status: 429, .. }));
                assert!(is_busy, "{first}, {turn}: {refused:?}");
                assert_eq!(server.asked(), 1, "{first}, {turn}");
            }
        }
    }

    #[test]
    fn a_redirect_stays_with_its_host_and_port() {
        let same = |from: &str, to: &str| {
            is_same_place(&Url::parse(from).unwrap(), &Url::parse(to).unwrap())
        };
        assert!(same("https://a.example/api", "https://a.example/api/v2"));
        assert!(same("http://a.example/api", "https://a.example/api"));
        assert!(same("http://127.0.0.1:3000/", "http://127.0.0.1:3000/x"));
        for elsewhere in [
            "http://a.example/api",
            "https://b.example/api",
            "https://a.example:8443/api",
            "https://a.example.evil.example/api",
        ] {
            assert!(!same("https://a.example/api", elsewhere), "{elsewhere}");
        }
        assert!(!same("http://127.0.0.1:3000/", "http://127.0.0.1:3001/"));
        assert!(!same("http://127.0.0.1:3000/", "http://localhost:3000/"));
    }
}
