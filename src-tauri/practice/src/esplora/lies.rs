//! The switchboard for a hostile or broken server: what it says can be changed while it runs.

use crate::chain::{PracticeChain, View};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bitcoin::BlockHash;
use serde_json::Value;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

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
    /// Every fee estimate is this many sat/vB. 0 is a lie a wallet must survive.
    pub fee_rate: Option<u64>,
    /// Every output that is told of has this many sat.
    pub outputs: Option<u64>,
    /// The chain stands still. Posted transactions reach the real one.
    pub frozen: Option<Frozen>,
}

/// A chain as it was at one moment.
#[derive(Clone)]
pub struct Frozen(pub(super) Arc<View>);

impl Frozen {
    /// The chain as it is now.
    pub fn now(chain: &PracticeChain) -> Self {
        Self(Arc::new(chain.read(View::clone)))
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
}

impl Lies {
    /// A server that tells the truth.
    pub fn none() -> Self {
        Self::default()
    }

    /// Changes what is told from now on.
    pub fn tell(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.told.lock().expect("no panic while a lie is told"));
    }

    /// Back to the truth.
    pub fn truth(&self) {
        self.tell(|told| *told = Told::default());
    }

    /// What is told now.
    pub fn told(&self) -> Told {
        self.told.lock().expect("no panic while a lie is told").clone()
    }
}

/// Delays and failures that concern every request.
pub(super) async fn tell(State(lies): State<Lies>, request: Request, next: Next) -> Response {
    let told = lies.told();
    if let Some(delay) = told.delay {
        tokio::time::sleep(delay).await;
    }
    match told
        .status
        .map(|status| StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
    {
        Some(status) => status.into_response(),
        None => {
            let answer = next.run(request).await;
            match told.outputs {
                Some(sat) => with_outputs_of(answer, sat).await,
                None => answer,
            }
        }
    }
}

/// The same answer with another amount in every output.
async fn with_outputs_of(answer: Response, sat: u64) -> Response {
    let (mut head, body) = answer.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Ok(mut json) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(head, bytes.into());
    };
    set_values(&mut json, sat);
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, json.to_string().into())
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
