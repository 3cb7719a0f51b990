//! Knowing a visitor again by a key.

use super::shop::{Shop, refusal, url};
use axum::Json;
use axum::extract::{Query, State};
use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, ecdsa::Signature};
use hex::FromHex as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The shop is no bank: everybody gets the same challenge.
const CHALLENGE: &str = "e2af6254a8df433264fa23f67eb8188635d15ce883e8fc020989d5f82ae6f11e";

impl Shop {
    /// A link to sign in with.
    pub(crate) fn sign_in_link(&self) -> String {
        let path = format!("/auth?tag=login&k1={CHALLENGE}&action=login");
        url(&path).replacen("https", "keyauth", 1)
    }

    /// The keys of who signed in, newest last.
    pub(crate) fn visitors(&self) -> Vec<String> {
        self.visitors.lock().expect("shop lock is never poisoned").clone()
    }
}

pub(super) async fn sign_in(
    State(shop): State<Shop>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Json<Value> {
    match checked(&asked) {
        Some(key) => {
            shop.visitors.lock().expect("shop lock is never poisoned").push(key);
            Json(json!({"status": "OK"}))
        }
        None => refusal("that signature is not good"),
    }
}

/// The visitor's key, if it signed the challenge.
fn checked(asked: &BTreeMap<String, String>) -> Option<String> {
    let key = asked.get("key")?;
    let (public, signature): (PublicKey, Signature) =
        (key.parse().ok()?, asked.get("sig")?.parse().ok()?);
    let k1 = asked.get("k1").filter(|k1| *k1 == CHALLENGE)?;
    let message = Message::from_digest(<[u8; 32]>::from_hex(k1).ok()?);
    Secp256k1::verification_only().verify_ecdsa(&message, &signature, &public).ok()?;
    Some(key.clone())
}
