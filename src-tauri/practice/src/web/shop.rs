//! What the shop's pages share.

use super::dns::Resolver;
use axum::Json;
use fulmen_engine::Wallet;
use fulmen_engine::amount::Sat;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Of the shop.
pub const DOMAIN: &str = "shop.practice";

/// Pays an invoice some time later.
pub(crate) type Pay = dyn Fn(String) + Send + Sync;

/// What a story makes the hosts say.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The hostile host gives this out for an invoice.
    pub invoice: Option<String>,
    /// What the resolver answers.
    pub resolver: Resolver,
}

/// What the shop has given out and heard.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(super) node: Wallet,
    pub(super) coffee: Sat,
    pub(super) pay: Arc<Pay>,
    /// What a withdrawal is worth, in msat, by its secret, until it is used.
    pub(super) withdrawals: Arc<Mutex<BTreeMap<String, u64>>>,
    /// Who signed in, newest last.
    pub(super) visitors: Arc<Mutex<Vec<String>>>,
    /// What a story makes it say.
    pub(super) told: Arc<Mutex<Told>>,
    /// What payers gave of themselves, newest last.
    pub(super) payers: Arc<Mutex<Vec<String>>>,
    /// What payers wrote, newest last.
    pub(super) comments: Arc<Mutex<Vec<String>>>,
}

impl Shop {
    /// The shop of this node, with the price of a coffee.
    pub(crate) fn new(node: Wallet, coffee: Sat, pay: Arc<Pay>) -> Self {
        let (withdrawals, visitors, told, payers, comments) = Default::default();
        Self { node, coffee, pay, withdrawals, visitors, told, payers, comments }
    }
}

impl Shop {
    /// From now on.
    pub(crate) fn hosts_say(&self, told: Told) {
        *self.told.lock().expect("shop lock is never poisoned") = told;
    }
}

/// An address of the shop, as the world sees it.
pub(super) fn url(path: &str) -> String {
    format!("{}://{DOMAIN}{path}", "https")
}

pub(super) fn refusal(reason: &str) -> Json<Value> {
    Json(json!({"status": "ERROR", "reason": reason}))
}
