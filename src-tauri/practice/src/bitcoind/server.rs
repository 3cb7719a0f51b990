//! Starting and stopping the server. Who does not know the name and the password is turned away.

use super::answers::answer;
use crate::chain::PracticeChain;
use crate::esplora::{Lies, Served, Source, tell};
use crate::json_rpc::Answer;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io;

const USER: &str = "practice";
const PASSWORD: &str = "pretend";

/// A running server. Dropping it stops it.
pub struct BitcoindServer(Served);

impl BitcoindServer {
    /// Serves `chain` on a free port of the loopback.
    ///
    /// # Errors
    /// Where the port cannot be opened.
    pub async fn start(chain: PracticeChain, lies: Lies) -> io::Result<Self> {
        // The wire's switches are the lies' own; a change of an answer is made where its method is known.
        let routes = Router::new()
            .route("/", post(asked))
            .layer(axum::middleware::from_fn_with_state(lies.clone(), tell))
            .with_state(Source { chain, lies: lies.clone() });
        Ok(Self(Served::start(0, lies, routes).await?))
    }

    /// Where it is, as a client wants it, with the name and the password.
    pub fn url(&self) -> String {
        format!("bitcoind://{USER}:{PASSWORD}@{}", self.0.address)
    }

    /// The same without the password.
    pub fn name(&self) -> String {
        format!("bitcoind://{USER}@{}", self.0.address)
    }

    /// Stops it and waits until the port is free.
    pub async fn stop(self) {
        self.0.stop().await;
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
