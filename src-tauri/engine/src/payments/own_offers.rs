//! Our own BOLT 12 offers. LDK keeps none: it knows by its keys that an offer is ours. What they brought is in the journal.

use crate::payment::OfferId;
use crate::store::StagedKv;
use crate::time::Timestamp;
use lightning::util::persist::KVStoreSync;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

const PRIMARY: &str = "fulmen";
const SECONDARY: &str = "offers";

/// One offer. On disk: a new field needs a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnOffer {
    pub(crate) id: OfferId,
    /// The offer itself, as it is given out.
    pub(crate) text: String,
    /// What one payment brings at least; nothing if the payer chooses.
    pub(crate) amount_msat: Option<u64>,
    /// What payers read.
    pub(crate) description: Option<String>,
    /// What it is called here.
    pub(crate) label: Option<String>,
    pub(crate) created_at: Timestamp,
}

impl OwnOffer {
    /// What the rows of its payments say.
    pub(crate) fn name(&self) -> Option<&String> {
        self.label.as_ref().or(self.description.as_ref())
    }
}

/// See the module.
pub(crate) struct OwnOffers {
    kept: Mutex<BTreeMap<OfferId, OwnOffer>>,
    kv: Arc<StagedKv>,
}

impl OwnOffers {
    pub(crate) fn load(kv: Arc<StagedKv>) -> std::io::Result<Self> {
        let mut kept = BTreeMap::new();
        for (_, bytes) in kv.read_all(PRIMARY, SECONDARY).map_err(std::io::Error::other)? {
            let offer: OwnOffer = serde_json::from_slice(&bytes)?;
            kept.insert(offer.id, offer);
        }
        Ok(Self { kept: Mutex::new(kept), kv })
    }

    pub(crate) fn get(&self, id: &OfferId) -> Option<OwnOffer> {
        self.lock().get(id).cloned()
    }

    /// Newest first.
    pub(crate) fn all(&self) -> Vec<OwnOffer> {
        let mut all: Vec<OwnOffer> = self.lock().values().cloned().collect();
        all.sort_by_key(|offer| std::cmp::Reverse((offer.created_at, offer.id)));
        all
    }

    /// Staged for the next commit.
    pub(crate) fn keep(&self, offer: OwnOffer) -> std::io::Result<()> {
        use hex::DisplayHex;
        let mut kept = self.lock();
        let bytes = serde_json::to_vec(&offer)?;
        self.kv
            .write(PRIMARY, SECONDARY, &offer.id.to_lower_hex_string(), bytes)
            .map_err(|error| std::io::Error::other(error.to_string()))?;
        kept.insert(offer.id, offer);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<OfferId, OwnOffer>> {
        self.kept.lock().expect("never poisoned: a panic in the engine ends the process")
    }
}
