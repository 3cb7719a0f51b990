//! A VSS server in this process, for tests: it keeps what `vss-server` 0.1 keeps and refuses what that refuses, in memory. A
//! test can take it away, silence it, set its clock wrong, and bring it back as it was.

use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Message as Digest, PublicKey, Secp256k1, ecdsa::Signature};
use hex::FromHex;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use vss_client_ng::headers::sigs_auth::SIGNING_CONSTANT;
use vss_client_ng::prost::Message;
use vss_client_ng::types::{
    ErrorCode, ErrorResponse, GetObjectRequest, GetObjectResponse, KeyValue,
    ListKeyVersionsRequest, ListKeyVersionsResponse, PutObjectRequest, PutObjectResponse,
};

/// So many keys a page.
const PAGE: usize = 100;
/// So many changes in one request.
const CHANGES: usize = 1000;
/// A signature may be so old, or so early.
const CLOCK: Duration = Duration::from_secs(24 * 60 * 60);
const WHOLE: &str = "nothing panics while it is held";

/// See the module. What it keeps goes with the last value.
#[derive(Clone)]
pub struct PretendVss {
    place: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Connections end without an answer.
    away: bool,
    /// Requests get no answer for now.
    silent: bool,
    /// Its clock is wrong by so much.
    late: Duration,
    /// Each write takes so long.
    slow: Duration,
    stores: BTreeMap<(PublicKey, String), Store>,
    /// Over all stores.
    order: u64,
    requests: u64,
}

#[derive(Default)]
struct Store {
    version: i64,
    objects: BTreeMap<String, Object>,
}

struct Object {
    version: i64,
    order: u64,
    value: Vec<u8>,
}

type Answer = Result<Vec<u8>, (u16, ErrorCode)>;

const CONFLICT: (u16, ErrorCode) = (409, ErrorCode::ConflictException);
const INVALID: (u16, ErrorCode) = (400, ErrorCode::InvalidRequestException);

impl PretendVss {
    /// Listens on this computer.
    ///
    /// # Errors
    /// The system's.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let place = listener.local_addr()?;
        let inner = Arc::new(Inner { state: Mutex::default(), changed: Condvar::new() });
        let ours = inner.clone();
        std::thread::Builder::new().name("vss".into()).spawn(move || {
            for connection in listener.incoming().flatten() {
                let inner = ours.clone();
                if inner.state().away {
                    continue;
                }
                let serving = move || drop(serve(&connection, &inner));
                drop(std::thread::Builder::new().name("vss-client".into()).spawn(serving));
            }
        })?;
        Ok(Self { place, inner })
    }

    /// Where a wallet finds it.
    pub fn url(&self) -> String {
        format!("http://{}/vss", self.place)
    }

    /// It answers nobody any more.
    pub fn goes(&self) {
        self.inner.change(|state| state.away = true);
    }

    /// It is back, with all it had.
    pub fn comes_back(&self) {
        self.inner.change(|state| (state.away, state.silent) = (false, false));
    }

    /// It takes requests and answers none, until it comes back.
    pub fn falls_silent(&self) {
        self.inner.change(|state| state.silent = true);
    }

    /// Its clock is wrong by so much.
    pub fn clock_is_late(&self, late: Duration) {
        self.inner.change(|state| state.late = late);
    }

    /// Each write takes so long from now on.
    pub fn is_slow(&self, slow: Duration) {
        self.inner.change(|state| state.slow = slow);
    }

    /// How often it was asked for something.
    pub fn requests(&self) -> u64 {
        self.inner.state().requests
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect(WHOLE)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }
}

/// One connection, until one of both ends it.
fn serve(connection: &TcpStream, inner: &Inner) -> io::Result<()> {
    // An answer is written in two pieces, and the second would wait for the other side to say that it has the first.
    connection.set_nodelay(true)?;
    let mut from = BufReader::new(connection);
    let mut to = connection;
    while let Some((path, token, body)) = request(&mut from)? {
        let state = inner.state();
        let mut state = inner.changed.wait_while(state, |state| state.silent).expect(WHOLE);
        if state.away {
            return Ok(());
        }
        let slow = state.slow;
        let answer = state.answer(&path, &token, &body);
        drop(state);
        if path.ends_with("putObjects") && !slow.is_zero() {
            std::thread::sleep(slow);
        }
        let (status, bytes) = answer.map_or_else(
            |(status, code)| {
                let said = ErrorResponse { error_code: code.into(), message: String::new() };
                (status, said.encode_to_vec())
            },
            |bytes| (200, bytes),
        );
        let length = bytes.len();
        write!(
            to,
            "HTTP/1.1 {status} -\r\nvss-protocol-version: 0\r\ncontent-length: {length}\r\n\r\n"
        )?;
        to.write_all(&bytes)?;
        to.flush()?;
    }
    Ok(())
}

/// Path, authorization and body.
fn request(from: &mut impl BufRead) -> io::Result<Option<(String, String, Vec<u8>)>> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut token, mut length) = (String::new(), 0);
    loop {
        line.clear();
        from.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => value.clone_into(&mut token),
            "content-length" => length = value.parse().map_err(io::Error::other)?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(Some((path, token, body)))
}

fn read<T: Message + Default>(body: &[u8]) -> Result<T, (u16, ErrorCode)> {
    T::decode(body).map_err(|_| INVALID)
}

impl State {
    fn answer(&mut self, path: &str, token: &str, body: &[u8]) -> Answer {
        self.requests += 1;
        let login = login(token, self.late).ok_or((401, ErrorCode::AuthException))?;
        match path {
            "/vss/getObject" => self.get(login, read(body)?),
            "/vss/putObjects" => self.put(login, read(body)?),
            "/vss/listKeyVersions" => self.list(login, read(body)?),
            _ => Err(INVALID),
        }
    }

    fn get(&mut self, login: PublicKey, asked: GetObjectRequest) -> Answer {
        let store = self.stores.entry((login, asked.store_id)).or_default();
        let missing = (404, ErrorCode::NoSuchKeyException);
        let found = store.objects.get(&asked.key).ok_or(missing)?;
        let (version, value) = (found.version, found.value.clone());
        let value = Some(KeyValue { key: asked.key, version, value });
        Ok(GetObjectResponse { value }.encode_to_vec())
    }

    /// All of it or nothing.
    fn put(&mut self, login: PublicKey, asked: PutObjectRequest) -> Answer {
        if asked.transaction_items.len() + asked.delete_items.len() > CHANGES {
            return Err(INVALID);
        }
        let store = self.stores.entry((login, asked.store_id)).or_default();
        let version_of = |key: &str| store.objects.get(key).map(|object| object.version);
        let written = asked.transaction_items.iter().all(|item| match item.version {
            -1 => true,
            0 => version_of(&item.key).is_none(),
            version => version_of(&item.key) == Some(version),
        });
        let deleted = asked.delete_items.iter().all(|item| {
            version_of(&item.key).is_some_and(|found| item.version == -1 || item.version == found)
        });
        let follows = asked.global_version.is_none_or(|version| version == store.version);
        if !(written && deleted && follows) {
            return Err(CONFLICT);
        }
        store.version += i64::from(asked.global_version.is_some());
        for item in asked.transaction_items {
            self.order += 1;
            let order = store.objects.get(&item.key).map_or(self.order, |object| object.order);
            let version = if item.version == -1 { 1 } else { item.version + 1 };
            store.objects.insert(item.key, Object { version, order, value: item.value });
        }
        for item in asked.delete_items {
            store.objects.remove(&item.key);
        }
        Ok(PutObjectResponse {}.encode_to_vec())
    }

    /// The newest first.
    fn list(&mut self, login: PublicKey, asked: ListKeyVersionsRequest) -> Answer {
        let store = self.stores.entry((login, asked.store_id)).or_default();
        let global_version = asked.page_token.is_none().then_some(store.version);
        let size = asked.page_size.and_then(|size| usize::try_from(size).ok()).unwrap_or(PAGE);
        let token = asked.page_token.as_deref().unwrap_or("18446744073709551615");
        let before: u64 = token.parse().map_err(|_| INVALID)?;
        let mut found: Vec<_> =
            store.objects.iter().filter(|(_, object)| object.order < before).collect();
        found.sort_by_key(|(_, object)| std::cmp::Reverse(object.order));
        let page = &found[..found.len().min(size.min(PAGE))];
        let more = page.len() < found.len();
        let last = page.last().filter(|_| more).map(|(_, object)| object.order.to_string());
        let key_versions = page.iter().map(|(key, object)| KeyValue {
            key: (*key).clone(),
            version: object.version,
            value: Vec::new(),
        });
        let key_versions = key_versions.collect();
        let next_page_token = Some(last.unwrap_or_default());
        let answer = ListKeyVersionsResponse { key_versions, next_page_token, global_version };
        Ok(answer.encode_to_vec())
    }
}

/// Whose signature it is, if it is of about now.
fn login(token: &str, late: Duration) -> Option<PublicKey> {
    let (key, rest) = token.split_at_checked(66)?;
    let (signature, time) = rest.split_at_checked(128)?;
    let key: PublicKey = key.parse().ok()?;
    let signature = Signature::from_compact(&Vec::from_hex(signature).ok()?).ok()?;
    let signed = [SIGNING_CONSTANT, &key.serialize(), time.as_bytes()].concat();
    let digest = Digest::from_digest(sha256::Hash::hash(&signed).to_byte_array());
    Secp256k1::verification_only().verify_ecdsa(&digest, &signature, &key).ok()?;
    let signed_at = Duration::from_secs(time.parse().ok()?);
    #[expect(clippy::disallowed_methods, reason = "a server has a clock of its own")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.checked_sub(late)?;
    (signed_at.abs_diff(now) < CLOCK).then_some(key)
}
