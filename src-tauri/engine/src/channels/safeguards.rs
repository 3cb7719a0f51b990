//! What a person decided about channels with real money, in the vault.

use crate::amount::Sat;
use crate::store::StagedKv;
use lightning::util::persist::KVStoreSync;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const PRIMARY: &str = "fulmen";
const FACTS: &str = "facts";
const NO_COPY: &str = "no_copy";
const CAP: &str = "channel_cap";

/// In all channels together, unless a person raised it; and the most that it can be raised to.
pub(crate) const FIRST_CAP: Sat = Sat::new(2_000_000);
pub(crate) const HIGHEST_CAP: Sat = Sat::new(20_000_000);

/// See the module.
pub(crate) struct Safeguards {
    kv: Arc<StagedKv>,
    no_copy: AtomicBool,
    cap: AtomicU64,
}

impl Safeguards {
    /// As they were decided; what cannot be read is as if nobody had decided.
    pub(crate) fn load(kv: Arc<StagedKv>) -> Self {
        let no_copy = kv.read(PRIMARY, FACTS, NO_COPY).is_ok();
        let cap = kv.read(PRIMARY, FACTS, CAP).ok().and_then(|bytes| bytes.try_into().ok());
        let cap = within(cap.map_or(FIRST_CAP, |bytes| Sat::new(u64::from_be_bytes(bytes))));
        Self { kv, no_copy: no_copy.into(), cap: cap.get().into() }
    }

    /// There shall be no living copy.
    pub(crate) fn no_copy(&self) -> bool {
        self.no_copy.load(Ordering::SeqCst)
    }

    pub(crate) fn cap(&self) -> Sat {
        Sat::new(self.cap.load(Ordering::SeqCst))
    }

    /// With the next commit.
    pub(crate) fn set_no_copy(&self, no_copy: bool) {
        self.no_copy.store(no_copy, Ordering::SeqCst);
        let done = if no_copy {
            self.kv.write(PRIMARY, FACTS, NO_COPY, vec![1])
        } else {
            self.kv.remove(PRIMARY, FACTS, NO_COPY, false)
        };
        if let Err(error) = done {
            tracing::error!(%error, "cannot stage a fact");
        }
    }

    /// With the next commit. Never above [`HIGHEST_CAP`].
    pub(crate) fn set_cap(&self, cap: Sat) {
        let cap = within(cap);
        self.cap.store(cap.get(), Ordering::SeqCst);
        let stored = cap.get().to_be_bytes().to_vec();
        if let Err(error) = self.kv.write(PRIMARY, FACTS, CAP, stored) {
            tracing::error!(%error, "cannot stage a fact");
        }
    }
}

fn within(cap: Sat) -> Sat {
    cap.min(HIGHEST_CAP)
}
