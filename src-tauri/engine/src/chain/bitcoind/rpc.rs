//! JSON-RPC over HTTP, with limits. Questions go in one request; a refusal is an answer.

use super::super::http::Http;
use super::super::{Address, SourceError};
use super::place::Place;
use crate::http::Heard;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::time::Duration;

/// A block is large, and a node behind a tunnel is slow.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most bytes of all answers to one request. All that wait in a mempool are named in half of it.
const ANSWERS: usize = 128 * 1024 * 1024;
/// bitcoind's codes.
const UNKNOWN_METHOD: i64 = -32601;
const WARMING_UP: i64 = -28;
const NOT_CONNECTED: i64 = -9;
const DOWNLOADING: i64 = -10;

/// What is asked.
pub(super) type Question = (&'static str, Value);

/// See the module.
pub(super) struct Rpc {
    http: Http,
    place: Place,
}

/// What bitcoind refused, in its words, which are for the log alone.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Refusal {
    code: i64,
    #[serde(default)]
    pub(super) message: String,
}

/// As it came: a list of numbers read into [`Value`]s takes many times its room.
pub(super) type Answer = Result<Box<RawValue>, Refusal>;

impl Refusal {
    pub(super) fn is_unknown_method(&self) -> bool {
        self.code == UNKNOWN_METHOD
    }

    /// The node's own trouble, which says nothing of what was asked: it starts, or has not got its chain yet.
    fn is_trouble(&self) -> bool {
        matches!(self.code, WARMING_UP | NOT_CONNECTED | DOWNLOADING)
    }
}

impl From<Refusal> for SourceError {
    fn from(refusal: Refusal) -> Self {
        let Refusal { code, message } = refusal;
        if message.to_lowercase().contains("pruned data") {
            return Self::Pruned;
        }
        let status = match code {
            WARMING_UP | NOT_CONNECTED | DOWNLOADING => 503,
            UNKNOWN_METHOD => 501,
            _ => 500,
        };
        Self::Refused { status, said: message }
    }
}

impl Rpc {
    pub(super) fn new(address: &Address, patience: Option<Duration>) -> Result<Self, SourceError> {
        let place = Place::read(address)?;
        Ok(Self { http: Http::new(&place.url, patience.unwrap_or(PATIENCE))?, place })
    }

    /// What time it said last that it is, once.
    pub(super) fn heard(&self) -> Option<Heard> {
        self.http.heard()
    }

    /// Where it is. Without the password.
    pub(super) fn name(&self) -> &str {
        &self.place.name
    }

    /// The answers in the order of the questions, each of so many bytes at most. While the node starts there are none.
    pub(super) async fn ask_all(
        &self,
        questions: &[Question],
        most: usize,
    ) -> Result<Vec<Answer>, SourceError> {
        #[derive(Deserialize)]
        struct Told {
            id: usize,
            #[serde(default)]
            result: Box<RawValue>,
            error: Option<Refusal>,
        }
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Vec<Value> = questions
            .iter()
            .enumerate()
            .map(|(id, (method, params))| {
                json!({ "jsonrpc": "1.0", "id": id, "method": method, "params": params })
            })
            .collect();
        let body = serde_json::to_string(&asked)?;
        let login: Option<SecretString> = self.place.signed_in()?;
        let most = most.saturating_mul(questions.len()).min(ANSWERS);
        let said = self.http.post_as(login.as_ref(), "/", body, most).await?;
        let told: Vec<Told> = serde_json::from_str(&said)?;
        let mut answers: Vec<Option<Answer>> = questions.iter().map(|_| None).collect();
        for Told { id, result, error } in told {
            let place = answers.get_mut(id).ok_or_else(|| nonsense("an answer to nothing"))?;
            *place = Some(match error {
                Some(refusal) if refusal.is_trouble() => return Err(refusal.into()),
                Some(refusal) => Err(refusal),
                None => Ok(result),
            });
        }
        let all: Option<Vec<Answer>> = answers.into_iter().collect();
        all.ok_or_else(|| nonsense("not everything is answered"))
    }

    /// A refusal is an answer here.
    pub(super) async fn try_ask(
        &self,
        method: &'static str,
        params: Value,
        most: usize,
    ) -> Result<Answer, SourceError> {
        let mut answers = self.ask_all(&[(method, params)], most).await?;
        Ok(answers.pop().expect("as many answers as questions"))
    }

    pub(super) async fn ask(
        &self,
        method: &'static str,
        params: Value,
        most: usize,
    ) -> Result<Box<RawValue>, SourceError> {
        Ok(self.try_ask(method, params, most).await??)
    }
}

pub(super) fn read<T: DeserializeOwned>(value: &RawValue) -> Result<T, SourceError> {
    Ok(serde_json::from_str(value.get())?)
}

pub(super) fn nonsense(what: &'static str) -> SourceError {
    SourceError::Nonsense(what.into())
}
