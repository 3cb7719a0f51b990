//! A VSS server as a target (<https://github.com/lightningdevkit/vss-server>). Each file is one object. Every change names the
//! store's version that it follows and raises it by one: whoever writes without having seen the last change is refused, so
//! that of two computers with the same words one learns it with its next commit.
//!
//! The crate `vss-client-ng` says what goes over the wire and how a request is signed. It is sent with a client of our own:
//! TLS alone outside this computer, no redirect followed, no answer larger than a copy can be.

/// What the answers mean.
mod answer;
/// What holds of hostile bytes.
#[cfg(feature = "test-util")]
pub(super) mod fuzz;

use super::{Claim, CopyError, Name, Seal, Target, queue};
use crate::http::{self, HttpError, is_this_computer};
use answer::{Listed, Refused, Said};
use bitcoin::secp256k1::SecretKey;
use hex::DisplayHex;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use std::collections::HashMap;
use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use vss_client_ng::headers::VssHeaderProvider;
use vss_client_ng::headers::sigs_auth::SigsAuthProvider;
use vss_client_ng::prost::Message;
use vss_client_ng::types::{
    GetObjectRequest, KeyValue, ListKeyVersionsRequest, ListKeyVersionsResponse, PutObjectRequest,
    PutObjectResponse,
};

/// One request, and its answer, if they are small.
const REQUEST: Duration = Duration::from_secs(30);
/// The base of a large wallet takes longer, on a line that carries so many bytes a second; but no longer than this.
const SLOWEST: u64 = 64 * 1024;
const LONGEST: Duration = Duration::from_secs(15 * 60);
const CONNECT: Duration = Duration::from_secs(4);
/// Of a base: no server takes more in one request. It is asked for alone.
const MOST_OF_A_BASE: usize = 1 << 30;
/// Of a segment: what may wait for one, as large as it may be written.
const MOST_OF_A_SEGMENT: usize = queue::MOST_GROWTH * queue::MOST;
/// Of a claim, a page of a list and a refusal.
const MOST_ELSE: usize = 1 << 20;
/// Who writes there.
const CLAIM: &str = "claim";
/// Whatever version the object has: the store's version is the fence.
const ANY: i64 = -1;
/// Whoever claims a store whose writer is at work may come too late more than once.
const CLAIM_ATTEMPTS: usize = 50;
/// Segments that are asked for at the same time: a restore reads hundreds, and would wait for the way there and back each time.
const READ_AT_ONCE: usize = 16;
/// A server takes 1,000 changes in one request.
const REMOVED_AT_ONCE: usize = 500;
/// What a server says of itself, so that something else at this address is not taken for one.
const PROTOCOL: (&str, &str) = ("vss-protocol-version", "0");

/// See the module.
pub struct Vss {
    server: Arc<Server>,
    claim: Option<Claim>,
    /// The store's, as we left it. `None` before a claim.
    version: Option<i64>,
    /// The store's at the last look.
    seen: Option<i64>,
    /// The files of the last list, in the order of their sequence.
    listed: Vec<Name>,
    /// What was read ahead of them.
    ahead: HashMap<Name, Vec<u8>>,
}

struct Server {
    client: Client,
    url: String,
    store: String,
    login: SigsAuthProvider,
    runtime: Handle,
}

impl Vss {
    /// The copy on a server that a person named. Nothing is asked.
    ///
    /// # Errors
    /// [`CopyError::NotEncrypted`], [`CopyError::Server`] without TLS.
    pub fn at(url: &str, seal: &Seal) -> Result<Self, CopyError> {
        let server = Arc::new(Server::new(url, seal)?);
        let (claim, version, seen) = (None, None, None);
        Ok(Self { server, claim, version, seen, listed: Vec::new(), ahead: HashMap::new() })
    }

    /// Claims a store that nobody has claimed yet, as a person asked.
    ///
    /// # Errors
    /// As [`Vss::at`] and [`Target::claim`].
    pub fn make(url: &str, seal: &Seal, claim: Claim) -> Result<Self, CopyError> {
        let mut vss = Self::at(url, seal)?;
        match vss.server.find(CLAIM)? {
            // Whoever writes there is asked to stop when we begin to.
            Some(found) => Claim::read(&found)?.yields_to(claim)?,
            None => {
                let version = vss.server.version()?;
                vss.change(version, vec![claimed_by(claim)], Vec::new())?;
            }
        }
        Ok(vss)
    }

    /// All of it or nothing, if nothing was changed after this version.
    fn change(
        &mut self,
        after: i64,
        transaction_items: Vec<KeyValue>,
        delete_items: Vec<KeyValue>,
    ) -> Result<(), Refused> {
        let request = PutObjectRequest {
            store_id: self.server.store.clone(),
            global_version: Some(after),
            transaction_items,
            delete_items,
        };
        // Whoever writes has read what it needs.
        self.forget();
        let PutObjectResponse {} = self.server.ask("putObjects", &request)?;
        self.version = after.checked_add(1);
        Ok(())
    }

    /// What was read ahead is forgotten.
    fn forget(&mut self) {
        (self.listed, self.ahead) = (Vec::new(), HashMap::new());
    }

    /// A base; or a segment, and those after it at the same time. One that cannot be read ahead is asked for again in its turn.
    fn fetch(&mut self, name: Name) -> Result<Vec<u8>, CopyError> {
        let listed = self.listed.iter().skip_while(|listed| **listed != name).skip(1);
        let next = listed
            .copied()
            .filter(|next| matches!(next, Name::Segment(_)) && !self.ahead.contains_key(next))
            .take_while(|_| matches!(name, Name::Segment(_)));
        let names: Vec<Name> = std::iter::once(name).chain(next).take(READ_AT_ONCE).collect();
        let mut found = self.server.get_all(&names).into_iter();
        let asked = found.next().unwrap_or(Err(CopyError::Missing))?;
        let rest = names[1..].iter().zip(found);
        self.ahead.extend(rest.filter_map(|(name, bytes)| Some((*name, bytes.ok()?))));
        Ok(asked)
    }

    /// The same after our own last change.
    fn go_on(&mut self, items: Vec<KeyValue>, deleted: Vec<KeyValue>) -> Result<(), CopyError> {
        let after = self.version.ok_or(CopyError::Missing)?;
        let changed = self.change(after, items, deleted);
        if let Err(Refused::Conflict) = changed {
            // Another computer has written, or we did and never heard the answer.
            self.check()?;
        }
        Ok(changed?)
    }
}

impl Target for Vss {
    fn claimed(&mut self) -> Result<Claim, CopyError> {
        Claim::read(&self.server.get(CLAIM)?)
    }

    fn claim(&mut self, claim: Claim) -> Result<(), CopyError> {
        for _ in 0..CLAIM_ATTEMPTS {
            // Before the look: whoever writes in between has raised it.
            let version = self.server.version()?;
            self.claimed()?.yields_to(claim)?;
            match self.change(version, vec![claimed_by(claim)], Vec::new()) {
                Err(Refused::Conflict) => {}
                changed => {
                    self.claim = Some(claim);
                    return Ok(changed?);
                }
            }
        }
        Err(CopyError::TakenOver)
    }

    fn look(&mut self) -> Result<(), CopyError> {
        self.forget();
        self.seen = Some(self.server.version()?);
        Ok(())
    }

    fn claim_as_seen(&mut self, claim: Claim) -> Result<bool, CopyError> {
        let seen = self.seen.take().ok_or(CopyError::Missing)?;
        self.claimed()?.yields_to(claim)?;
        match self.change(seen, vec![claimed_by(claim)], Vec::new()) {
            Err(Refused::Conflict) => Ok(false),
            changed => {
                self.claim = Some(claim);
                changed?;
                Ok(true)
            }
        }
    }

    fn check(&mut self) -> Result<(), CopyError> {
        let found = self.claimed()?;
        found.is(self.claim.ok_or(CopyError::Missing)?)
    }

    fn list(&mut self) -> Result<Vec<Name>, CopyError> {
        let mut names = self.server.list()?;
        names.sort_by_key(|name| name.sequence());
        self.forget();
        self.listed.clone_from(&names);
        Ok(names)
    }

    fn read(&mut self, name: Name) -> Result<Box<dyn Read + Send>, CopyError> {
        let ahead = self.ahead.remove(&name);
        let bytes = ahead.map_or_else(|| self.fetch(name), Ok)?;
        Ok(Box::new(Cursor::new(bytes)))
    }

    fn put(&mut self, name: Name, content: &mut dyn Read) -> Result<(), CopyError> {
        let mut value = Vec::new();
        content.read_to_end(&mut value)?;
        self.go_on(vec![item(name.file(), value)], Vec::new())
    }

    fn remove(&mut self, name: Name) -> Result<(), CopyError> {
        self.remove_all(&[name])
    }

    fn remove_all(&mut self, names: &[Name]) -> Result<(), CopyError> {
        // A server refuses to remove what is not there.
        let there = self.list()?;
        let gone: Vec<_> = names.iter().filter(|name| there.contains(name)).collect();
        gone.chunks(REMOVED_AT_ONCE).try_for_each(|some| {
            let items = some.iter().map(|name| item(name.file(), Vec::new())).collect();
            self.go_on(Vec::new(), items)
        })
    }
}

/// The bytes that the object of this key may have.
fn most_of(key: &str) -> usize {
    match Name::of(key) {
        Some(Name::Base(_)) => MOST_OF_A_BASE,
        Some(Name::Segment(_)) => MOST_OF_A_SEGMENT,
        None => MOST_ELSE,
    }
}

fn item(key: String, value: Vec<u8>) -> KeyValue {
    KeyValue { key, version: ANY, value }
}

fn claimed_by(claim: Claim) -> KeyValue {
    item(CLAIM.to_owned(), claim.text().into_bytes())
}

impl Server {
    fn new(url: &str, seal: &Seal) -> Result<Self, CopyError> {
        let encrypted = Url::parse(url).is_ok_and(|url| url.scheme() == "https");
        if !encrypted && !is_this_computer(url) {
            return Err(CopyError::NotEncrypted);
        }
        let client = http::client_for(url).connect_timeout(CONNECT).redirect(Policy::none());
        let client = client.build().map_err(|error| CopyError::Server(error.into()))?;
        let key = SecretKey::from_slice(seal.login().as_slice()).map_err(io::Error::other)?;
        Ok(Self {
            client,
            url: url.to_owned(),
            store: seal.wallet().0.to_lower_hex_string(),
            login: SigsAuthProvider::new(key, HashMap::new()),
            runtime: Handle::try_current().map_err(io::Error::other)?,
        })
    }

    /// Blocking.
    fn find(&self, key: &str) -> Result<Option<Vec<u8>>, CopyError> {
        self.runtime.block_on(self.object(key))
    }

    /// Blocking.
    fn get(&self, key: &str) -> Result<Vec<u8>, CopyError> {
        self.find(key)?.ok_or(CopyError::Missing)
    }

    /// All at the same time. Blocking.
    fn get_all(self: &Arc<Self>, names: &[Name]) -> Vec<Result<Vec<u8>, CopyError>> {
        let get = |name: &Name| {
            let (server, key) = (self.clone(), name.file());
            self.runtime.spawn(async move { server.object(&key).await })
        };
        let asked: Vec<_> = names.iter().map(get).collect();
        let answer = |asked: JoinHandle<Result<Option<_>, CopyError>>| {
            let found = self.runtime.block_on(asked).map_err(io::Error::other)?;
            found?.ok_or(CopyError::Missing)
        };
        asked.into_iter().map(answer).collect()
    }

    async fn object(&self, key: &str) -> Result<Option<Vec<u8>>, CopyError> {
        let request = GetObjectRequest { store_id: self.store.clone(), key: key.to_owned() };
        let said = self.post("getObject", request.encode_to_vec(), most_of(key)).await;
        answer::object(said.map_err(Refused::from).and_then(answer::read))
    }

    /// The store's version: how often it was changed.
    fn version(&self) -> Result<i64, CopyError> {
        self.page(None, Some(0))?.global_version.ok_or(CopyError::Damaged)
    }

    fn list(&self) -> Result<Vec<Name>, CopyError> {
        let (mut listed, mut next) = (Listed::default(), None);
        loop {
            next = listed.take(self.page(next, None)?)?;
            if next.is_none() {
                return Ok(listed.files);
            }
        }
    }

    fn page(
        &self,
        page_token: Option<String>,
        page_size: Option<i32>,
    ) -> Result<ListKeyVersionsResponse, CopyError> {
        let store_id = self.store.clone();
        let request = ListKeyVersionsRequest { store_id, key_prefix: None, page_size, page_token };
        Ok(self.ask("listKeyVersions", &request)?)
    }

    /// Blocking.
    fn ask<T: Message + Default>(&self, verb: &str, request: &impl Message) -> Result<T, Refused> {
        let said = self.post(verb, request.encode_to_vec(), MOST_ELSE);
        answer::read(self.runtime.block_on(said)?)
    }

    /// What is answered, in no more than so many bytes.
    async fn post(&self, verb: &str, body: Vec<u8>, most: usize) -> Result<Said, HttpError> {
        let mut request = self.client.post(format!("{}/{verb}", self.url));
        let signed = self.login.get_headers(&body).await;
        for (name, value) in signed.map_err(|error| HttpError::Unreachable(Box::new(error)))? {
            request = request.header(name, value);
        }
        let length = body.len() as u64;
        let request = request.header("content-type", "application/octet-stream").body(body);
        let answer = within(length, async { Ok(request.send().await?) }).await?;
        let status = answer.status();
        let protocol = answer.headers().get(PROTOCOL.0);
        if protocol.is_none_or(|version| version.as_bytes() != PROTOCOL.1.as_bytes()) {
            return Err(HttpError::Status(status.as_u16()));
        }
        let length = answer.content_length().unwrap_or_default();
        if length > most as u64 {
            return Err(HttpError::TooLarge);
        }
        let bytes = within(length, http::bytes(answer, most)).await?;
        Ok(if status.is_success() { Ok(bytes) } else { Err((status.as_u16(), bytes)) })
    }
}

/// In the time that so many bytes may take.
async fn within<T>(
    bytes: u64,
    asked: impl Future<Output = Result<T, HttpError>>,
) -> Result<T, HttpError> {
    tokio::time::timeout(patience(bytes), asked).await.unwrap_or(Err(HttpError::TooSlow))
}

fn patience(bytes: u64) -> Duration {
    REQUEST.saturating_add(Duration::from_secs(bytes / SLOWEST)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::{PretendVss, WalletId};
    use crate::keys::{Keys, Words};
    use crate::network::NetworkId;

    #[test]
    fn a_large_file_has_the_time_that_it_needs_and_a_lie_about_its_size_has_not() {
        assert_eq!(patience(2_000), REQUEST);
        let minutes = |count: u64| Duration::from_secs(60 * count);
        let base = patience(40 << 20);
        assert!(minutes(10) < base && base < minutes(12), "{base:?}");
        assert_eq!(patience(u64::MAX), LONGEST);
    }

    #[test]
    fn a_segment_that_no_wallet_writes_is_not_read() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _entered = runtime.enter();
        let server = PretendVss::start().unwrap();
        let keys = Keys::derive(&Words::generate(), None, bitcoin::Network::Regtest);
        let seal = Seal::new(&keys, NetworkId::Practice);
        let claim = Claim { wallet: WalletId([1; 16]), writer: [2; 16], term: 0 };
        let mut vss = Vss::make(&server.url(), &seal, claim).unwrap();
        vss.claim(claim).unwrap();
        let long = vec![0; MOST_OF_A_SEGMENT];
        for name in [Name::Segment(1), Name::Base(2)] {
            vss.put(name, &mut long.as_slice()).unwrap();
        }
        let refused = vss.read(Name::Segment(1)).err();
        assert!(matches!(refused, Some(CopyError::Server(HttpError::TooLarge))));
        let mut read = Vec::new();
        vss.read(Name::Base(2)).unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read.len(), long.len());
    }
}
