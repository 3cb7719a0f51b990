//! A host that lies, for whoever must not believe it: each page one lie. `https://hostile.practice/lie/NAME` is handed to a
//! wallet as an LNURL.

use super::shop::Shop;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use fulmen_engine::amount::Msat;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::Interval;
use tokio_util::io::ReaderStream;

/// Where it lives.
pub const HOSTILE: &str = "hostile.practice";
/// How long a slow answer takes for each byte.
const SLOW: Duration = Duration::from_secs(1);
const METADATA: &str = r#"[["text/plain","A bargain"]]"#;

fn url(path: &str) -> String {
    format!("{}://{HOSTILE}{path}", "https")
}

/// A pay request that is good, with the fields changed that say so.
fn pay_request(changes: &Value) -> Value {
    let mut request = json!({
        "tag": "payRequest", "callback": url("/made/good"), "minSendable": 1_000, "maxSendable": 100_000_000,
        "metadata": METADATA,
    });
    for (key, value) in changes.as_object().into_iter().flatten() {
        request[key] = value.clone();
    }
    request
}

/// The first answer.
pub(super) async fn lie(Path(name): Path<String>) -> Response {
    let callback = |made: &str| pay_request(&json!({"callback": url(&format!("/made/{made}"))}));
    let answer = match name.as_str() {
        "to-loopback" => return Redirect::temporary("http://127.0.0.1:8332/").into_response(),
        "to-router" => return Redirect::temporary("https://192.168.1.1/admin").into_response(),
        "to-metadata" => return Redirect::temporary("https://169.254.169.254/").into_response(),
        "to-ipv6" => return Redirect::temporary("https://[fd00::1]/").into_response(),
        "to-file" => return Redirect::temporary("file:///etc/passwd").into_response(),
        "round" => return Redirect::temporary(&url("/lie/round")).into_response(),
        "endless" => return forever(None),
        "slow" => return forever(Some(SLOW)),
        "ten-megabytes" => return large().into_response(),
        "page" => return html(),
        "status" => return StatusCode::IM_A_TEAPOT.into_response(),
        "deep" => return format!("{}{}", "[".repeat(90_000), "]".repeat(90_000)).into_response(),
        "negative" => pay_request(&json!({"minSendable": -1})),
        "huge" => pay_request(&json!({"maxSendable": 1e30})),
        "over-64-bits" => pay_request(&json!({"maxSendable": 18_446_744_073_709_551_615_u64})),
        "crossed" => pay_request(&json!({"minSendable": 2_000, "maxSendable": 1_000})),
        "callback-loopback" => pay_request(&json!({"callback": "https://127.0.0.1/pay"})),
        "callback-clear" => pay_request(&json!({"callback": "http://example.com/pay"})),
        "callback-elsewhere" => pay_request(&json!({"callback": "https://shop.practice/pay/tips"})),
        "withdraw-loopback" => json!({
            "tag": "withdrawRequest", "callback": "https://127.0.0.1/w", "k1": "1", "minWithdrawable": 1_000,
            "maxWithdrawable": 2_000, "defaultDescription": "Free money",
        }),
        made => callback(made),
    };
    Json(answer).into_response()
}

fn large() -> Json<Value> {
    Json(pay_request(&json!({"more": "x".repeat(10 * 1024 * 1024)})))
}

fn html() -> Response {
    let page = "<!doctype html><title>Log in to the network</title>";
    ([(header::CONTENT_TYPE, "text/html")], page).into_response()
}

/// White space without an end, which JSON may begin with; a byte at a time, if it is slow.
struct Forever(Option<Interval>);

impl AsyncRead for Forever {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(pause) = &mut self.0 {
            ready!(pause.poll_tick(context));
            to.put_slice(b" ");
        } else {
            to.initialize_unfilled().fill(b' ');
            to.advance(to.remaining());
        }
        Poll::Ready(Ok(()))
    }
}

fn forever(pause: Option<Duration>) -> Response {
    let endless = Forever(pause.map(tokio::time::interval));
    Body::from_stream(ReaderStream::new(endless)).into_response()
}

/// The invoice, and what is wrong with it.
pub(super) async fn make(
    State(shop): State<Shop>,
    Path(made): Path<String>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Response {
    let amount = asked.get("amount").and_then(|amount| amount.parse::<u64>().ok()).unwrap_or(1_000);
    let amount = if made == "dearer" { amount + 1_000 } else { amount };
    let request = shop.node.receive(Some(Msat::new(amount)), Some("A bargain".into()), 3_600).await;
    let invoice = request.ok().and_then(|request| request.invoice);
    let success = match made.as_str() {
        "phish" => {
            json!({"tag": "url", "description": "Your prize", "url": "https://shop.practice/order/1"})
        }
        "oracle" => json!({"tag": "oracle"}),
        _ => Value::Null,
    };
    let pr = match made.as_str() {
        "told" => shop.told.lock().expect("shop lock is never poisoned").invoice.clone(),
        "address" => Some("bcrt1qpyysjzgfpyysjzgfpyysjzgfpyysjzgfrwg6xw".to_owned()),
        "sold-out" => {
            return Json(json!({"status": "ERROR", "reason": "sold \u{202e}out"})).into_response();
        }
        "written-page" => return html(),
        "written-endless" => return forever(None),
        "elsewhere" => return Redirect::temporary("http://127.0.0.1:8332/").into_response(),
        _ => invoice,
    };
    Json(json!({"pr": pr, "routes": [], "successAction": success})).into_response()
}
