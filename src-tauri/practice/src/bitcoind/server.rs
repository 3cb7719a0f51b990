//! Starting and stopping the server. Who does not know the name and the password is turned away.

use super::answers::{Answer, answer};
use crate::chain::PracticeChain;
use crate::esplora::{Lies, Line, Source, Wire, tell};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const USER: &str = "practice";
const PASSWORD: &str = "pretend";

/// A running server. Dropping it stops it.
pub struct BitcoindServer {
    address: SocketAddr,
    stopped: CancellationToken,
    /// The one task that serves. A set, because dropping a set ends its task.
    task: JoinSet<()>,
}

impl BitcoindServer {
    /// Serves `chain` on a free port of the loopback.
    ///
    /// # Errors
    /// Where the port cannot be opened.
    pub async fn start(chain: PracticeChain, lies: Lies) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let stopped = CancellationToken::new();
        let wire = Wire { listener, line: Line { lies: lies.clone(), stopped: stopped.clone() } };
        // The wire's switches are the lies' own; a change of an answer is made where its method is known.
        let routes = Router::new()
            .route("/", post(asked))
            .layer(axum::middleware::from_fn_with_state(lies.clone(), tell))
            .with_state(Source { chain, lies });
        let serve = axum::serve(wire, routes);
        let serve = serve.with_graceful_shutdown(stopped.clone().cancelled_owned());
        let mut task = JoinSet::new();
        task.spawn(async move {
            if let Err(failed) = serve.await {
                tracing::error!(%failed, "the practice server ended");
            }
        });
        Ok(Self { address, stopped, task })
    }

    /// Where it is, as a client wants it, with the name and the password.
    pub fn url(&self) -> String {
        format!("bitcoind://{USER}:{PASSWORD}@{}", self.address)
    }

    /// The same without the password.
    pub fn name(&self) -> String {
        format!("bitcoind://{USER}@{}", self.address)
    }

    /// Stops it and waits until the port is free.
    pub async fn stop(mut self) {
        self.stopped.cancel();
        while self.task.join_next().await.is_some() {}
    }
}

impl Drop for BitcoindServer {
    fn drop(&mut self) {
        self.stopped.cancel();
    }
}

async fn asked(State(source): State<Source>, head: HeaderMap, body: String) -> Response {
    let login = format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
    if head.get(header::AUTHORIZATION).is_none_or(|said| said.as_bytes() != login.as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match serde_json::from_str::<Value>(&body) {
        Ok(Value::Array(all)) => {
            Json(all.iter().map(|one| said(&source, one)).collect::<Value>()).into_response()
        }
        Ok(one) => Json(said(&source, &one)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn said(source: &Source, asked: &Value) -> Value {
    let method = asked["method"].as_str().unwrap_or_default();
    let (mut result, error) = match answer(source, method, &asked["params"]) {
        Answer::Ok(result) => (result, Value::Null),
        Answer::Refused { code, message } => {
            (Value::Null, json!({ "code": code, "message": message }))
        }
    };
    if let Some(rewrite) = &source.lies.told().rewrite {
        rewrite.change(method, &mut result);
    }
    json!({ "result": result, "error": error, "id": asked["id"] })
}
