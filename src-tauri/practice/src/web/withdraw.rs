//! Paying whoever has the secret of a withdrawal, once.

use super::shop::{Shop, refusal, url};
use axum::Json;
use axum::extract::{Path, Query, State};
use fulmen_engine::amount::Sat;
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl Shop {
    /// A link that pays up to this.
    pub(crate) fn withdrawal(&self, amount: Sat) -> String {
        let mut open = self.withdrawals.lock().expect("shop lock is never poisoned");
        let k1 = format!("change-{}-{}", open.len(), amount.get());
        let path = format!("/withdraw/{k1}");
        open.insert(k1, amount.get() * 1000);
        url(&path).replacen("https", "lnurlw", 1)
    }
}

pub(super) async fn request(State(shop): State<Shop>, Path(k1): Path<String>) -> Json<Value> {
    let open = shop.withdrawals.lock().expect("shop lock is never poisoned");
    let Some(max) = open.get(&k1) else { return refusal("that was paid out") };
    Json(json!({
        "tag": "withdrawRequest", "callback": url("/withdrawn"), "k1": k1, "minWithdrawable": 1000,
        "maxWithdrawable": max, "defaultDescription": "Change from the practice shop",
    }))
}

pub(super) async fn pay(
    State(shop): State<Shop>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Json<Value> {
    let (Some(k1), Some(invoice)) = (asked.get("k1"), asked.get("pr").cloned()) else {
        return refusal("k1 and pr are needed");
    };
    let Some(max) = shop.withdrawals.lock().expect("shop lock is never poisoned").remove(k1) else {
        return refusal("that was paid out");
    };
    let fits = shop.node.read(&invoice).is_ok_and(|read| {
        matches!(read.amount, fulmen_engine::view::AmountRule::Fixed { msat } if msat.get() <= max)
    });
    if !fits {
        return refusal("not an invoice for what there is");
    }
    // The answer comes first, as LUD-03 has it.
    (shop.pay)(invoice);
    Json(json!({"status": "OK"}))
}
