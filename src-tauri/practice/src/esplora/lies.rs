//! The switchboard for a hostile or broken server: what it says can be changed while it runs.

use crate::chain::{PracticeChain, View};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bitcoin::{Amount, BlockHash, Transaction};
use fulmen_engine::time::Timestamp;
use serde_json::Value;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

/// What the server does wrong now. The default is nothing.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Connections are dropped, new ones and open ones, before anything is answered.
    pub offline: bool,
    /// Every request is answered by this HTTP status and no content: 500, 429, 503.
    pub status: Option<u16>,
    /// Every answer comes this much later.
    pub delay: Option<Duration>,
    /// `/block-height/0` names another chain's genesis.
    pub genesis: Option<BlockHash>,
    /// The tip is not to be found: its hash, its height, the newest blocks.
    pub no_tip: bool,
    /// Its clock is beside this computer's by so many seconds, in each answer's `Date`.
    pub clock: Option<i64>,
    /// Every fee estimate is this many sat/vB. 0 is a lie a wallet must survive.
    pub fee_rate: Option<u64>,
    /// Every reported output has this many sat.
    pub outputs: Option<u64>,
    /// The chain stands still. Posted transactions reach the real one.
    pub frozen: Option<Frozen>,
    /// Some requests are answered otherwise; the first that fits counts.
    pub instead: Vec<Instead>,
    /// Every JSON answer is changed before it leaves.
    pub rewrite: Option<Rewrite>,
}

/// Another answer than the true one, to every request whose path contains `path`, which then does nothing else.
#[derive(Clone, Debug, Default)]
pub struct Instead {
    /// Part of the path; all of them if it is empty.
    pub path: String,
    /// Only to what is posted.
    pub posted: bool,
    /// The HTTP status.
    pub status: u16,
    /// Where a redirect (3xx) leads; the request's own path is put behind it.
    pub location: Option<String>,
    /// The content.
    pub body: String,
}

type Edit = dyn Fn(&str, &mut Value) + Send + Sync;

/// Changes the JSON answer to a path.
#[derive(Clone)]
pub struct Rewrite(Arc<Edit>);

impl Rewrite {
    /// By this function of the path and the answer.
    pub fn by(change: impl Fn(&str, &mut Value) + Send + Sync + 'static) -> Self {
        Self(Arc::new(change))
    }

    /// Changes an answer.
    pub(crate) fn change(&self, path: &str, answer: &mut Value) {
        (self.0)(path, answer);
    }
}

impl fmt::Debug for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rewrite")
    }
}

/// A chain as it was at one moment.
#[derive(Clone)]
pub struct Frozen(pub(super) Arc<View>);

impl Frozen {
    /// The chain as it is now.
    pub fn now(chain: &PracticeChain) -> Self {
        Self(Arc::new(chain.read(View::clone)))
    }

    /// The same with a transaction in the mempool that nobody made: what it spends is nowhere, or nobody signed for it.
    pub fn and(self, invented: Transaction) -> Self {
        let mut view = View::clone(&self.0);
        let coins = invented.input.iter().map(|input| view.ledger.coin(&input.previous_output));
        let spent = coins.flatten().cloned().collect();
        view.mempool.insert(invented, spent, Amount::ZERO);
        Self(Arc::new(view))
    }
}

impl fmt::Debug for Frozen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frozen at height {}", self.0.ledger.height())
    }
}

/// The switches of a server. A cheap handle: clones share the switches.
#[derive(Clone, Debug, Default)]
pub struct Lies {
    told: Arc<Mutex<Told>>,
    asked: Arc<AtomicU64>,
}

impl Lies {
    /// A server that tells the truth.
    pub fn none() -> Self {
        Self::default()
    }

    /// Changes the answers from now on.
    pub fn tell(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told.lock().expect("no panic while a lie is told"));
    }

    /// Back to the truth.
    pub fn truth(&self) {
        self.tell(|told| *told = Told::default());
    }

    /// Another request came.
    pub(crate) fn hears_one(&self) {
        self.asked.fetch_add(1, Ordering::SeqCst);
    }

    /// How many requests came so far.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    /// The present answers.
    pub fn told(&self) -> Told {
        self.told.lock().expect("no panic while a lie is told").clone()
    }
}

/// Delays, failures and other answers, whatever is asked; and another time.
pub(crate) async fn tell(state: State<Lies>, request: Request, next: Next) -> Response {
    let lies = state.0.clone();
    let mut response = answered(state, request, next).await;
    let date = lies.told().clock.and_then(date).and_then(|date| date.parse().ok());
    if let Some(date) = date {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// So many seconds from now, as HTTP writes it.
fn date(beside: i64) -> Option<String> {
    let secs = Timestamp::now().secs().checked_add_signed(beside)?;
    Some(httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(secs)))
}

async fn answered(State(lies): State<Lies>, request: Request, next: Next) -> Response {
    lies.hears_one();
    let told = lies.told();
    if let Some(delay) = told.delay {
        tokio::time::sleep(delay).await;
    }
    if let Some(status) = told.status {
        return code(status).into_response();
    }
    let (path, posted) = (request.uri().path().to_owned(), request.method() == Method::POST);
    let fits = |instead: &&Instead| path.contains(&instead.path) && (posted || !instead.posted);
    if let Some(instead) = told.instead.iter().find(fits) {
        return answer(instead, &path);
    }
    let response = next.run(request).await;
    let outputs = told
        .outputs
        .map(|sat| Rewrite::by(move |_: &str, answer: &mut Value| set_values(answer, sat)));
    match told.rewrite.or(outputs) {
        Some(rewrite) => rewritten(&rewrite, &path, response).await,
        None => response,
    }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn answer(instead: &Instead, path: &str) -> Response {
    let mut response = (code(instead.status), instead.body.clone()).into_response();
    let target = instead.location.as_ref().and_then(|to| format!("{to}{path}").parse().ok());
    if let Some(target) = target {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

async fn rewritten(rewrite: &Rewrite, path: &str, response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Ok(mut value) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    rewrite.change(path, &mut value);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(value.to_string()))
}

fn set_values(json: &mut Value, sat: u64) {
    match json {
        Value::Array(items) => items.iter_mut().for_each(|item| set_values(item, sat)),
        Value::Object(fields) => {
            for (name, field) in fields {
                if name == "value" {
                    *field = sat.into();
                } else {
                    set_values(field, sat);
                }
            }
        }
        _ => {}
    }
}
