//! Answers that are no JSON, and failures: plain text, as Esplora gives them.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::str::FromStr;

/// A failed request.
#[derive(Debug)]
pub(super) struct Fault(StatusCode, String);

/// What a handler answers.
pub(super) type Reply<T> = Result<T, Fault>;

impl Fault {
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, message.into())
    }

    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, message.into())
    }

    pub(super) fn no_block() -> Self {
        Self::missing("Block not found")
    }

    pub(super) fn no_tx() -> Self {
        Self::missing("Transaction not found")
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

/// Bytes as they are.
pub(super) struct Raw(pub(super) Vec<u8>);

impl IntoResponse for Raw {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/octet-stream")], self.0).into_response()
    }
}

/// Reads a part of the path.
pub(super) fn read<T: FromStr>(text: &str, what: &str) -> Reply<T> {
    text.parse().map_err(|_| Fault::bad(format!("Invalid {what}")))
}
