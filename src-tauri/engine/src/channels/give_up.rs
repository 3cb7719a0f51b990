//! Giving channels up: how a person ends a quarantine (see [`crate::store::Freshness`]).

use crate::core::Core;
use crate::error::{Code, Coded};
use crate::store::{Freshness, QuarantineReason};
use crate::time::Timestamp;

/// Ends a quarantine: every channel is given up to its peer, durably, and then the wallet goes on. The on-chain wallet
/// gets what the peers' closes pay. A copy that is newer is left where it is, and none is kept from then on. False if there is no
/// quarantine.
pub(crate) async fn give_up_channels(core: &Core, now: Timestamp) -> Result<bool, GiveUpError> {
    if !core.freshness.is_quarantined() {
        return Ok(false);
    }
    // What is in the copy's place is newer, for good. Whoever waited for that to follow would wait for ever, and at the next start
    // it would say once more that this vault is old.
    let moved = core.freshness.quarantine() == Some(QuarantineReason::Moved);
    let leaves = moved || core.copying.is_on_server();
    stage(core, leaves, now)?;
    core.wake.durable().await.map_err(|_| GiveUpError)?;
    if leaves {
        core.copying.choose(None);
    }
    core.status.trusted(&core.bus);
    core.node.staleness.end_quarantine();
    core.freshness.end_quarantine();
    let (freshness, vault) = (core.freshness.clone(), core.vault.clone());
    // A crash before this line starts in quarantine again, with every channel still given up.
    drop(tokio::task::spawn_blocking(move || freshness.mirror(&vault)).await);
    core.status.sync_now.notify_one();
    Ok(true)
}

/// Every channel is marked, and the quarantine forgotten, in one commit; with `leaves` the copy's place as well. What peers keep of
/// the newer copy says nothing new after that.
fn stage(core: &Core, leaves: bool, now: Timestamp) -> Result<(), GiveUpError> {
    let _together = core.staging.lock().expect("staging lock is never poisoned");
    for record in core.records.all() {
        let resolved = record.ending.as_ref().is_some_and(|ending| ending.resolved);
        let (Some(channel), Some(funding), false) = (record.channel(), record.funding, resolved)
        else {
            continue;
        };
        core.node.staleness.mark_stale(channel, funding);
        core.records.change(record.user_id, |record| record.stale = true);
    }
    let place = if leaves { core.copying.forget_place(&core.kv) } else { Ok(()) };
    let witnesses = &core.node.gate.witnesses;
    let decided = place.and_then(|()| witnesses.gave_up(&core.kv, now));
    decided.and_then(|()| Freshness::forget(&core.kv)).map_err(|error| {
        tracing::error!(%error, "cannot stage the end of the quarantine");
        GiveUpError
    })
}

/// It could not be made durable. Nothing has left, and the quarantine goes on.
#[derive(Debug, thiserror::Error)]
#[error("cannot make it durable")]
pub struct GiveUpError;

impl Coded for GiveUpError {
    fn code(&self) -> Code {
        Code::Storage
    }
}
