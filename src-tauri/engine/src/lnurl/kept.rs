//! The client for hosts of LNURLs, and what they said with the invoices that are paid: kept for as long as the payment.

use super::SuccessAction;
use crate::http::{Guarded, HttpError, Local};
use crate::payment::Hash;
use crate::store::StagedKv;
use hex::DisplayHex as _;
use lightning::util::persist::KVStoreSync as _;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

const PRIMARY: &str = "fulmen";
const SECONDARY: &str = "lnurl";

/// More quotes than any person has open.
const MOST_OPEN: usize = 64;

/// What went to and fro with an invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// To the payee. The payment's row keeps it.
    #[serde(skip)]
    pub(crate) comment: Option<String>,
    /// By the payee, to be shown once it is paid.
    #[serde(default)]
    pub(crate) success: Option<SuccessAction>,
}

/// See the module.
pub(crate) struct Links {
    pub(crate) client: Guarded,
    kv: Arc<StagedKv>,
    /// By the quote that a person may say yes to.
    open: Mutex<VecDeque<(String, Hash, Said)>>,
}

impl Links {
    /// # Errors
    /// If the system's TLS cannot be used.
    pub(crate) fn new(local: Local, kv: Arc<StagedKv>) -> Result<Self, HttpError> {
        Ok(Self { client: Guarded::new(local)?, kv, open: Mutex::default() })
    }

    /// Belongs to this quote, of the invoice with this hash.
    pub(crate) fn put(&self, quote: &str, hash: Hash, said: Said) {
        let mut open = self.open.lock().expect("links lock is never poisoned");
        open.push_back((quote.to_owned(), hash, said));
        if open.len() > MOST_OPEN {
            open.pop_front();
        }
    }

    /// The quote is paid: stages what the payee said, for the commit that has the payment's row.
    pub(crate) fn stage(&self, quote: &str) -> Option<Said> {
        let mut open = self.open.lock().expect("links lock is never poisoned");
        let at = open.iter().position(|(id, ..)| id == quote)?;
        let (_, hash, said) = open.remove(at)?;
        let bytes = serde_json::to_vec(&said).expect("texts can be written as JSON");
        if let Err(error) = self.kv.write(PRIMARY, SECONDARY, &key(&hash), bytes) {
            tracing::error!(%error, "cannot stage what the payee said");
        }
        Some(said)
    }

    /// What was said with the invoice of this hash, if anything was.
    pub(crate) fn said(&self, hash: &Hash) -> Option<Said> {
        let bytes = self.kv.read(PRIMARY, SECONDARY, &key(hash)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

fn key(hash: &Hash) -> String {
    hash.to_lower_hex_string()
}
