//! Names and freezes that a person gave to coins, in the vault. They outlive the coin: BIP 329 calls such a record an output's
//! `label` and `spendable`. Whether a coin may be frozen is [`super::Onchain::freeze`]'s to say.

use crate::store::StagedKv;
use bitcoin::OutPoint;
use lightning::util::persist::KVStoreSync;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// Characters of a label: as many as the BIP suggests, and more than anyone reads.
pub(crate) const LONGEST: usize = 255;

const PRIMARY: &str = "fulmen";
const SECONDARY: &str = "outputs";

/// A person's record of one output.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OutputLabel {
    #[serde(default)]
    pub(crate) label: Option<String>,
    #[serde(default)]
    pub(crate) frozen: bool,
}

/// See the module.
pub(crate) struct OutputLabels {
    kept: Mutex<HashMap<OutPoint, OutputLabel>>,
    kv: Arc<StagedKv>,
}

impl OutputLabels {
    pub(crate) fn load(kv: Arc<StagedKv>) -> std::io::Result<Self> {
        let mut kept = HashMap::new();
        for (key, bytes) in kv.read_all(PRIMARY, SECONDARY).map_err(std::io::Error::other)? {
            let outpoint = key.replace('_', ":").parse().map_err(std::io::Error::other)?;
            kept.insert(outpoint, serde_json::from_slice(&bytes)?);
        }
        Ok(Self { kept: Mutex::new(kept), kv })
    }

    pub(crate) fn label(&self, outpoint: &OutPoint) -> Option<String> {
        self.lock().get(outpoint).and_then(|known| known.label.clone())
    }

    /// All that was said of outputs.
    pub(crate) fn all(&self) -> Vec<(OutPoint, OutputLabel)> {
        self.lock().iter().map(|(outpoint, known)| (*outpoint, known.clone())).collect()
    }

    pub(crate) fn is_frozen(&self, outpoint: &OutPoint) -> bool {
        self.lock().get(outpoint).is_some_and(|known| known.frozen)
    }

    /// The coins that are frozen.
    pub(crate) fn frozen(&self) -> Vec<OutPoint> {
        let kept = self.lock();
        kept.iter().filter(|(_, known)| known.frozen).map(|(outpoint, _)| *outpoint).collect()
    }

    /// Staged for the next commit. A record that says nothing goes.
    ///
    /// # Errors
    /// If it cannot be staged.
    pub(crate) fn change(
        &self,
        outpoint: OutPoint,
        edit: impl FnOnce(&mut OutputLabel),
    ) -> Result<(), lightning::io::Error> {
        // Under the lock: what is staged last is what memory has.
        let mut kept = self.lock();
        let mut label = kept.get(&outpoint).cloned().unwrap_or_default();
        edit(&mut label);
        // LDK's keys know no colon.
        let key = outpoint.to_string().replace(':', "_");
        if label == OutputLabel::default() {
            kept.remove(&outpoint);
            return self.kv.remove(PRIMARY, SECONDARY, &key, false);
        }
        let bytes = serde_json::to_vec(&label).expect("a label is plain data");
        kept.insert(outpoint, label);
        self.kv.write(PRIMARY, SECONDARY, &key, bytes)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OutPoint, OutputLabel>> {
        self.kept.lock().expect("never poisoned: nothing panics while it is held")
    }
}
