//! Being paid by name. `coffee` has a price, `tips` takes what it gets and a comment, `guests` wants to know who pays, and nobody
//! else is there. Behind a name a payer may put a tag, as in `tips+tea` (LUD-16).

use super::shop::{DOMAIN, Shop, refusal, url};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use fulmen_engine::amount::Msat;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Characters.
const LONGEST_COMMENT: usize = 140;
/// What `tips` takes, in msat.
const TIPS: (u64, u64) = (1_000, 1_000_000_000);

/// Whose name it is, without the payer's tag.
fn untagged(user: &str) -> &str {
    user.split_once('+').map_or(user, |(user, _)| user)
}

/// What a user of the shop's domain takes, and what for.
fn offer(shop: &Shop, user: &str) -> Option<(u64, u64, &'static str)> {
    let price = shop.coffee.get() * 1000;
    match user {
        "coffee" => Some((price, price, "One coffee, thank you")),
        "guests" => Some((price, price, "A seat at the table")),
        "tips" => Some((TIPS.0, TIPS.1, "Tips for the practice shop")),
        _ => None,
    }
}

pub(super) async fn request(
    State(shop): State<Shop>,
    Path(user): Path<String>,
) -> Result<Json<Value>, StatusCode> {
    let name = untagged(&user);
    let (min, max, text) = offer(&shop, name).ok_or(StatusCode::NOT_FOUND)?;
    let comment = if min == max { 0 } else { LONGEST_COMMENT };
    let payer = match name {
        "guests" => json!({"name": {"mandatory": true}, "email": {"mandatory": false}}),
        _ => Value::Null,
    };
    Ok(Json(json!({
        "tag": "payRequest", "payerData": payer, "callback": url(&format!("/pay/{user}")), "minSendable": min, "maxSendable": max,
        "metadata": json!([["text/plain", text], ["text/identifier", format!("{user}@{}", DOMAIN)]]).to_string(),
        "commentAllowed": comment,
    })))
}

pub(super) async fn invoice(
    State(shop): State<Shop>,
    Path(user): Path<String>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Json<Value>, StatusCode> {
    let name = untagged(&user);
    let (min, max, text) = offer(&shop, name).ok_or(StatusCode::NOT_FOUND)?;
    let amount = asked.get("amount").and_then(|amount| amount.parse::<u64>().ok());
    let Some(amount) = amount.filter(|amount| (min..=max).contains(amount)) else {
        return Ok(refusal("not an amount that the shop takes"));
    };
    if let Some(comment) = asked.get("comment") {
        if comment.chars().count() > LONGEST_COMMENT {
            return Ok(refusal("the comment is too long"));
        }
        shop.comments.lock().expect("shop lock is never poisoned").push(comment.clone());
    }
    match (asked.get("payerdata"), name) {
        (Some(payer), "guests") => {
            shop.payers.lock().expect("shop lock is never poisoned").push(payer.clone());
        }
        (None, "guests") => return Ok(refusal("guests have a name")),
        (Some(_), _) => return Ok(refusal("nobody asked")),
        (None, _) => {}
    }
    let made = shop.node.receive(Some(Msat::new(amount)), Some(text.to_owned()), 3600);
    let Some(invoice) = made.await.ok().and_then(|request| request.invoice) else {
        return Ok(refusal("the shop cannot take payments yet"));
    };
    let success = match name {
        "coffee" => {
            json!({"tag": "url", "description": "Your order", "url": url("/order/1")})
        }
        _ => json!({"tag": "message", "message": "Thank you. The barista rang the bell."}),
    };
    Ok(Json(json!({"pr": invoice, "routes": [], "successAction": success})))
}

impl Shop {
    /// What payers gave of themselves so far, as it was written.
    pub(crate) fn payers(&self) -> Vec<String> {
        self.payers.lock().expect("shop lock is never poisoned").clone()
    }

    /// What payers wrote so far.
    pub(crate) fn comments(&self) -> Vec<String> {
        self.comments.lock().expect("shop lock is never poisoned").clone()
    }
}
