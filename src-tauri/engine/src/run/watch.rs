//! The server that is asked, and the others that a person listed: one of them watches it, and it is left for another when it is
//! of no use. The watcher is asked for headers alone, so it learns nothing of this wallet.

use crate::chain::{AHEAD, Address, Headers, Source};
use crate::core::Core;
use crate::error::chain_of;
use crate::time::Timestamp;
use crate::view::{SourceTrouble, Watcher};
use std::sync::Arc;
use std::time::Duration;

/// How long another server has to answer before the next one is asked.
const PATIENCE: Duration = Duration::from_secs(10);

/// The one that watches, with a chain of headers of its own.
#[derive(Default)]
pub(super) struct Watching(Option<Source>);

impl Watching {
    /// A look at the chain is over: how the watcher sees it, and who is asked from now on.
    pub(super) async fn looked(&mut self, core: &Core, was_read: bool, now: Timestamp) {
        let seen = self.watch(core, now).await;
        let is_ahead = seen.as_ref().is_some_and(|seen| seen.ahead >= AHEAD);
        core.status.watched(seen);
        let was_good = was_read && !is_ahead && !is_troubled(core);
        let others = core.source.looked(was_good, now);
        if !others.is_empty() {
            leave(core, &others, now).await;
        } else if core.source.is_in_doubt() {
            core.status.sync_now.notify_one();
        }
    }

    /// `None`: nobody watches, or who does is of no use.
    async fn watch(&mut self, core: &Core, now: Timestamp) -> Option<Watcher> {
        let address = core.source.watcher()?;
        let source = self.source(&address, core)?;
        let advance = match tokio::time::timeout(PATIENCE, source.advance(now)).await {
            Ok(Ok(advance)) => advance,
            Ok(Err(error)) => {
                tracing::info!(url = address.url(), error = chain_of(&error), "cannot watch");
                return None;
            }
            Err(_) => return None,
        };
        let seen = core.source.headers().tip().map_or(0, |tip| tip.height);
        let ahead = advance.tip.height.saturating_sub(seen);
        if ahead >= AHEAD {
            let (asked, watcher) = (core.source.source(), address.url());
            tracing::warn!(
                ahead,
                watcher,
                asked = asked.url(),
                "a server does not show all blocks"
            );
        }
        Some(Watcher { source: address.url().to_owned(), ahead })
    }

    /// With the chain as it is known now, when it begins to watch.
    fn source(&mut self, address: &Address, core: &Core) -> Option<&Source> {
        if self.0.as_ref().is_none_or(|source| source.address().url() != address.url()) {
            let headers: Headers = core.source.headers().copy();
            let beside = core.source.source().beside(address);
            self.0 = beside
                .map(|source| source.on(Arc::new(headers)))
                .inspect_err(|error| tracing::info!(error = chain_of(error), "cannot watch"))
                .ok();
        }
        self.0.as_ref()
    }
}

/// Blocks that are read one after the other are no trouble.
fn is_troubled(core: &Core) -> bool {
    let (onchain, channels) = core.status.troubles();
    let is_one = |trouble: &SourceTrouble| !matches!(trouble, SourceTrouble::Reading { .. });
    [onchain, channels].iter().flatten().any(is_one)
}

/// The first of these that answers is asked from now on. If none does, the present one stays.
async fn leave(core: &Core, others: &[Address], now: Timestamp) {
    for other in others {
        let Ok(source) = core.source.source().beside(other) else { continue };
        if let Ok(Ok(_)) = tokio::time::timeout(PATIENCE, source.check()).await {
            tracing::warn!(left = core.source.source().url(), url = source.url(), "another server");
            core.source.moves(source, now);
            core.status.sync_now.notify_one();
            return;
        }
    }
}
