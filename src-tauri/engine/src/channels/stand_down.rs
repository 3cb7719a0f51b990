//! Another copy of this wallet goes on: one that was restored from the living copy on another computer, or one that a peer shows
//! to be newer. Two that act on the same channels lose them, so this one stops: it is in quarantine from then on (see
//! [`crate::store::Freshness`]).

use crate::core::Core;
use crate::store::QuarantineReason;
use crate::view;
use crate::witness::{Progress, Witnesses};
use std::sync::Arc;

/// Waits for the living copy to say so, and stands down.
pub(crate) async fn where_moved(core: Arc<Core>) {
    core.copying.moved().await;
    tracing::error!(
        "this wallet was restored from its copy on another computer; it stands still here"
    );
    stand_down(&core, QuarantineReason::Moved, None).await;
}

/// Waits for a peer to show it, and stands down; again after a person has ended that.
pub(crate) async fn where_older(core: Arc<Core>) {
    let mut ahead = core.node.gate.witnesses.ahead();
    loop {
        let seen = *ahead.borrow_and_update();
        if seen.is_some() {
            stand_down(&core, QuarantineReason::Witnessed, seen).await;
        }
        if ahead.changed().await.is_err() {
            return;
        }
    }
}

/// Why the wallet stands still, for a screen; `None` if it does not.
pub(crate) fn reason(core: &Core) -> Option<view::QuarantineReason> {
    core.freshness.quarantine().map(|reason| match reason {
        QuarantineReason::PutBack => view::QuarantineReason::PutBack,
        QuarantineReason::Moved => view::QuarantineReason::Moved,
        QuarantineReason::Witnessed => view::QuarantineReason::Witnessed,
    })
}

async fn stand_down(core: &Core, reason: QuarantineReason, seen: Option<Progress>) {
    // In this order: nothing leaves, then nobody is there, then it is written down.
    core.node.staleness.begin_quarantine();
    core.node.peers.disconnect_all_peers();
    if let Err(error) = stage(core, reason, seen) {
        tracing::error!(%error, "cannot stage the quarantine");
    }
    core.status.doubted(&core.bus);
    if core.wake.durable().await.is_err() {
        tracing::warn!("the quarantine was not written; the next start looks again");
    }
}

/// In one commit: what was seen is no news after the next start, so the quarantine must be there.
fn stage(
    core: &Core,
    reason: QuarantineReason,
    seen: Option<Progress>,
) -> lightning::io::Result<()> {
    let _together = core.staging.lock().expect("staging lock is never poisoned");
    core.freshness.begin_quarantine(&core.kv, reason)?;
    seen.map_or(Ok(()), |seen| Witnesses::remember(&core.kv, seen))
}
