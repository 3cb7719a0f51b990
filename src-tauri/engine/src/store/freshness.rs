//! Whether this vault is the newest there is. One that is older than its mirror ([`super::Mirror`]) opens in
//! *quarantine*: nothing is broadcast, no monitor sees a block, no peer is connected, nothing is paid, opened or closed.
//! The same holds for a wallet that was restored from its living copy on another computer, once this one sees it there, and
//! for one that a peer shows to be older than another copy ([`crate::witness`]).
//! The quarantine is written into the vault before anything else, so that its own commits cannot end it. What ends it: the
//! newest vault put back in its place, or a person who gives the channels up, which makes every one of them wait for its
//! peer's close.

use super::{Batch, Generation, KvWrite, Mirror, StagedKv, StoreError, Vault};
use crate::error::chain_of;
use lightning::util::persist::KVStoreSync;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;

const FACT: (&str, &str, &str) = ("fulmen", "facts", "quarantine");

/// Instead of a generation: the wallet goes on elsewhere, so that every one there is newer.
const MOVED: u64 = u64::MAX;
/// The same, and a peer showed it.
const WITNESSED: u64 = MOVED - 1;

/// Why a vault is not the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuarantineReason {
    /// It is older than its mirror.
    PutBack,
    /// The wallet was restored from its living copy elsewhere.
    Moved,
    /// A peer shows that another copy went on.
    Witnessed,
}

/// See the module.
pub(crate) struct Freshness {
    mirror: Mirror,
    /// What the mirror holds, as far as we wrote it.
    written: AtomicU64,
    quarantine: watch::Sender<Option<QuarantineReason>>,
}

impl Freshness {
    /// Compares vault and mirror. A mirror that cannot be read says nothing, like one that is not there: it guards against
    /// an accident, and must not lock anyone out.
    ///
    /// # Errors
    /// The vault's, when a quarantine cannot be written into it.
    pub(crate) fn look(vault: &Vault, mirror: Mirror) -> Result<Self, StoreError> {
        let seen = mirror.read().unwrap_or_else(|error| {
            tracing::warn!(error = chain_of(&error), "cannot read the generation's mirror");
            None
        });
        let (primary, secondary, key) = FACT;
        let fact = vault.read_kv(primary, secondary, key)?;
        let known = fact.as_deref().map(reason_of);
        let newer = seen.filter(|seen| *seen > vault.generation());
        if let Some(Generation(newer)) = newer {
            tracing::error!(newer, older = vault.generation().0, "this vault was put back");
        }
        if let Some(Generation(newer)) = newer.filter(|_| known.is_none()) {
            let fact = KvWrite::put(FACT, newer.to_be_bytes().to_vec());
            vault.commit(&Batch { kv: vec![fact], ..Batch::default() })?;
        }
        let written = AtomicU64::new(seen.unwrap_or_default().0);
        let quarantine = watch::Sender::new(known.or(newer.map(|_| QuarantineReason::PutBack)));
        Ok(Self { mirror, written, quarantine })
    }

    pub(crate) fn is_quarantined(&self) -> bool {
        self.quarantine().is_some()
    }

    /// Why there is a quarantine, if there is one.
    pub(crate) fn quarantine(&self) -> Option<QuarantineReason> {
        *self.quarantine.borrow()
    }

    /// This vault is the older one from now on. The word of it goes with the next commit.
    pub(crate) fn begin_quarantine(
        &self,
        kv: &StagedKv,
        reason: QuarantineReason,
    ) -> lightning::io::Result<()> {
        self.quarantine.send_replace(Some(reason));
        let (primary, secondary, key) = FACT;
        let word = match reason {
            QuarantineReason::Moved => MOVED,
            QuarantineReason::Witnessed => WITNESSED,
            QuarantineReason::PutBack => 0,
        };
        kv.write(primary, secondary, key, word.to_be_bytes().to_vec())
    }

    /// What was written into the vault goes with the next commit.
    pub(crate) fn forget(kv: &StagedKv) -> lightning::io::Result<()> {
        let (primary, secondary, key) = FACT;
        kv.remove(primary, secondary, key, false)
    }

    /// The quarantine is over.
    pub(crate) fn end_quarantine(&self) {
        self.quarantine.send_replace(None);
    }

    /// Returns when there is no quarantine, or none any more.
    pub(crate) async fn trusted(&self) {
        let mut quarantine = self.quarantine.subscribe();
        if quarantine.wait_for(Option::is_none).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Mirrors the vault's generation if it has moved. Blocking: a file with two syncs.
    pub(crate) fn mirror(&self, vault: &Vault) {
        let generation = vault.generation();
        if self.is_quarantined() || self.written.load(Ordering::SeqCst) == generation.0 {
            return;
        }
        match self.mirror.write(generation) {
            Ok(()) => self.written.store(generation.0, Ordering::SeqCst),
            Err(error) => tracing::warn!(error = chain_of(&error), "cannot mirror the generation"),
        }
    }
}

fn reason_of(fact: &[u8]) -> QuarantineReason {
    match fact.try_into().map(u64::from_be_bytes) {
        Ok(MOVED) => QuarantineReason::Moved,
        Ok(WITNESSED) => QuarantineReason::Witnessed,
        Ok(_) | Err(_) => QuarantineReason::PutBack,
    }
}

/// Writes the mirror periodically, outside the loop: no payment waits for it.
pub(crate) async fn keep_mirrored(freshness: Arc<Freshness>, vault: Arc<Vault>, every: Duration) {
    let mut tick = tokio::time::interval(every);
    loop {
        tick.tick().await;
        let (freshness, vault) = (freshness.clone(), vault.clone());
        drop(tokio::task::spawn_blocking(move || freshness.mirror(&vault)).await);
    }
}
