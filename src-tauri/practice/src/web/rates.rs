//! Three servers that say what a pretend bitcoin costs, each in the way of a real one. For a person they agree; a story says
//! what each answers, and reads what it was asked.

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// By the shape of its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RateServer {
    Mempool,
    CoinGecko,
    Coinbase,
}

impl RateServer {
    /// In the order in which a wallet asks them.
    pub const ALL: [Self; 3] = [Self::Mempool, Self::CoinGecko, Self::Coinbase];

    /// Its name, on this computer alone.
    pub(super) fn host(self) -> &'static str {
        match self {
            Self::Mempool => "mempool.practice",
            Self::CoinGecko => "coingecko.practice",
            Self::Coinbase => "coinbase.practice",
        }
    }
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RateAnswer {
    /// This, whatever the currency: digits, and a point where it has one.
    Price(String),
    /// This text in place of an answer.
    Text(String),
    /// Nothing but a status.
    Status(u16),
    /// It takes the question and says nothing.
    Silence,
}

/// The switchboard. Clones share it.
#[derive(Clone, Default)]
pub struct RateServers(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    answers: BTreeMap<RateServer, RateAnswer>,
    questions: Vec<RateQuestion>,
}

/// What came in, as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateQuestion {
    pub server: RateServer,
    /// Path and query.
    pub path: String,
    /// Each header as `name: value`, but for the host.
    pub headers: Vec<String>,
}

/// What a pretend bitcoin costs while no story says otherwise.
const PRICES: [(&str, u64); 7] = [
    ("USD", 64_000),
    ("EUR", 59_000),
    ("GBP", 50_000),
    ("CHF", 56_000),
    ("CAD", 87_000),
    ("AUD", 96_000),
    ("JPY", 9_600_000),
];

impl RateServers {
    /// From now on this server answers so.
    pub fn answers(&self, server: RateServer, answer: RateAnswer) {
        self.lock().answers.insert(server, answer);
    }

    /// From now on all of them name this price.
    pub fn all_say(&self, price: &str) {
        self.all_answer(&RateAnswer::Price(price.to_owned()));
    }

    /// From now on all of them answer so.
    pub fn all_answer(&self, answer: &RateAnswer) {
        for server in RateServer::ALL {
            self.answers(server, answer.clone());
        }
    }

    /// All that they were asked so far.
    pub fn questions(&self) -> Vec<RateQuestion> {
        self.lock().questions.clone()
    }

    async fn answer(
        &self,
        server: RateServer,
        code: &str,
        (uri, headers): (Uri, HeaderMap),
    ) -> Result<Price, Response> {
        let answer = {
            let mut state = self.lock();
            let headers = headers.iter().filter(|(name, _)| *name != "host");
            let headers = headers.map(|(name, value)| {
                format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))
            });
            let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
            state.questions.push(RateQuestion { server, path, headers: headers.collect() });
            state.answers.get(&server).cloned()
        };
        match answer {
            None => usual(code).ok_or_else(|| StatusCode::NOT_FOUND.into_response()),
            Some(RateAnswer::Price(price)) => Ok(Price(price)),
            Some(RateAnswer::Text(text)) => Err(Html(text).into_response()),
            Some(RateAnswer::Status(status)) => {
                let status = StatusCode::from_u16(status);
                Err(status.unwrap_or(StatusCode::IM_A_TEAPOT).into_response())
            }
            Some(RateAnswer::Silence) => std::future::pending().await,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Told> {
        self.0.lock().expect("rates lock is never poisoned")
    }
}

/// A number as it is written, so that none is rounded on its way.
struct Price(String);

fn usual(code: &str) -> Option<Price> {
    let (_, price) = PRICES.iter().find(|(known, _)| *known == code)?;
    Some(Price(price.to_string()))
}

pub(super) fn routes(servers: RateServers) -> Router {
    Router::new()
        .route("/api/v1/prices", get(mempool))
        .route("/api/v3/simple/price", get(coingecko))
        .route("/v2/prices/{pair}/spot", get(coinbase))
        .with_state(servers)
}

async fn mempool(
    State(servers): State<RateServers>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<String, Response> {
    let Price(first) = servers.answer(RateServer::Mempool, PRICES[0].0, (uri, headers)).await?;
    let told = servers.lock().answers.contains_key(&RateServer::Mempool);
    let prices = PRICES.map(|(code, price)| {
        let price = if told { first.clone() } else { price.to_string() };
        format!("\"{code}\":{price}")
    });
    Ok(format!("{{\"time\":1703252411,{}}}", prices.join(",")))
}

async fn coingecko(
    State(servers): State<RateServers>,
    Query(asked): Query<BTreeMap<String, String>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<String, Response> {
    // Since January 2026 it refuses who does not say what it is.
    if !headers.contains_key("user-agent") {
        return Err(StatusCode::FORBIDDEN.into_response());
    }
    let code = asked.get("vs_currencies").cloned().unwrap_or_default();
    let capital = code.to_uppercase();
    let Price(price) = servers.answer(RateServer::CoinGecko, &capital, (uri, headers)).await?;
    Ok(format!("{{\"bitcoin\":{{\"{code}\":{price}}}}}"))
}

async fn coinbase(
    State(servers): State<RateServers>,
    Path(pair): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<String, Response> {
    let (base, code) = pair.split_once('-').unwrap_or_default();
    let Price(amount) = servers.answer(RateServer::Coinbase, code, (uri, headers)).await?;
    Ok(json!({"data": {"amount": amount, "base": base, "currency": code}}).to_string())
}
