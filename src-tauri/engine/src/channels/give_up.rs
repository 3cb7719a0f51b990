//! Giving channels up: how a person ends a quarantine (see [`crate::store::Freshness`]).

use crate::core::Core;
use crate::error::{Code, Coded};
use crate::store::Freshness;

/// Ends a quarantine: every channel is given up to its peer, durably, and then the wallet goes on. The on-chain wallet
/// gets what the peers' closes pay. False where there is no quarantine.
pub(crate) async fn give_up_channels(core: &Core) -> Result<bool, GiveUpError> {
    if !core.freshness.is_quarantined() {
        return Ok(false);
    }
    for record in core.records.all() {
        let settled = record.ending.as_ref().is_some_and(|ending| ending.settled);
        let (Some(channel), Some(funding), false) = (record.channel(), record.funding, settled)
        else {
            continue;
        };
        core.node.staleness.is_proven(channel, funding);
        core.records.change(record.user_id, |record| record.stale = true);
    }
    Freshness::forget(&core.kv).map_err(|_| GiveUpError)?;
    core.wake.durable().await.map_err(|_| GiveUpError)?;
    core.status.trusted(&core.bus);
    core.node.staleness.end_quarantine();
    core.freshness.is_trusted();
    let (freshness, vault) = (core.freshness.clone(), core.vault.clone());
    // A crash before this line starts in quarantine again, with every channel still given up.
    drop(tokio::task::spawn_blocking(move || freshness.mirror(&vault)).await);
    core.status.sync_now.notify_one();
    Ok(true)
}

/// The channels could not be given up: nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("cannot make it durable")]
pub struct GiveUpError;

impl Coded for GiveUpError {
    fn code(&self) -> Code {
        Code::Storage
    }
}
