//! The names that a person gave to payees, in the vault: by payee, so that each has one.

use crate::payment::{Payee, PayeeId};
use crate::store::StagedKv;
use crate::time::Timestamp;
use lightning::util::persist::KVStoreSync;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

const PRIMARY: &str = "fulmen";
const SECONDARY: &str = "contacts";

/// One name. On disk: a new field needs a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) payee: Payee,
    pub(crate) name: String,
    pub(crate) created_at: Timestamp,
}

impl Named {
    /// Names that only differ in these are the same for whoever reads them.
    pub(super) fn sounds(&self) -> String {
        self.name.to_lowercase()
    }
}

/// See the module.
pub(crate) struct Contacts {
    kept: Mutex<BTreeMap<PayeeId, Named>>,
    kv: Arc<StagedKv>,
}

impl Contacts {
    pub(crate) fn load(kv: Arc<StagedKv>) -> std::io::Result<Self> {
        let mut kept = BTreeMap::new();
        for (_, bytes) in kv.read_all(PRIMARY, SECONDARY).map_err(std::io::Error::other)? {
            let named: Named = serde_json::from_slice(&bytes)?;
            kept.insert(named.payee.id(), named);
        }
        Ok(Self { kept: Mutex::new(kept), kv })
    }

    /// What a payee is called, if it has a name.
    pub(crate) fn name(&self, payee: &PayeeId) -> Option<String> {
        self.lock().get(payee).map(|named| named.name.clone())
    }

    /// Whose names have this in them, in lower case.
    pub(crate) fn called(&self, part: &str) -> Vec<PayeeId> {
        let kept = self.lock();
        kept.iter().filter(|(_, one)| one.sounds().contains(part)).map(|(id, _)| *id).collect()
    }

    /// By name.
    pub(super) fn all(&self) -> Vec<Named> {
        let mut all: Vec<Named> = self.lock().values().cloned().collect();
        all.sort_by_cached_key(|named| (named.sounds(), named.created_at));
        all
    }

    /// Staged for the next commit. A payee that has a name gets another.
    ///
    /// # Errors
    /// If it cannot be staged.
    pub(super) fn keep(&self, named: Named) -> Result<(), lightning::io::Error> {
        // Under the lock: what is staged last is what memory has.
        let mut kept = self.lock();
        let id = named.payee.id();
        let created_at = kept.get(&id).map_or(named.created_at, |before| before.created_at);
        let named = Named { created_at, ..named };
        let bytes = serde_json::to_vec(&named).expect("a contact is plain data");
        self.kv.write(PRIMARY, SECONDARY, &id.to_string(), bytes)?;
        kept.insert(id, named);
        Ok(())
    }

    /// Staged for the next commit.
    ///
    /// # Errors
    /// If it cannot be staged.
    pub(super) fn forget(&self, id: &PayeeId) -> Result<(), lightning::io::Error> {
        let mut kept = self.lock();
        self.kv.remove(PRIMARY, SECONDARY, &id.to_string(), false)?;
        kept.remove(id);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PayeeId, Named>> {
        self.kept.lock().expect("never poisoned: nothing panics while it is held")
    }
}
