//! What the answers of Electrum's protocol and of bitcoind's RPC have in common.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// The method is none (JSON-RPC 2.0).
pub(crate) const UNKNOWN_METHOD: i32 = -32601;
/// A fee rate of one sat/vB in bitcoin for 1,000 vbytes.
pub(crate) const SAT_PER_VB: f64 = 0.000_01;

/// What a method answers.
pub(crate) enum Answer {
    Ok(Value),
    Refused { code: i32, message: String },
}

pub(crate) fn refused(code: i32, message: impl Into<String>) -> Answer {
    Answer::Refused { code, message: message.into() }
}

/// A parameter by its place. `None`: it is missing, or of another kind.
pub(crate) fn read<T: DeserializeOwned>(params: &Value, place: usize) -> Option<T> {
    serde_json::from_value(params.get(place)?.clone()).ok()
}
