//! Looking at the other accounts: once after a restore, and when a person asks.

use super::{Found, scan};
use crate::amount::Sat;
use crate::chain::SourceError;
use crate::core::Core;
use crate::error::chain_of;
use crate::keys::AccountId;
use crate::time::Timestamp;
use std::time::Duration;

/// Between two attempts of the look after a restore.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// The look after a restore, until it succeeded once.
pub(crate) async fn look_once(core: &Core) {
    while core.other_accounts.is_due() {
        match look(core, Timestamp::now()).await {
            Ok(()) => return,
            Err(error) => tracing::info!(error = chain_of(&error), "other accounts: not now"),
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

/// Looks at every other account. One look at a time: who asks meanwhile gets its result.
pub(crate) async fn look(core: &Core, now: Timestamp) -> Result<(), SourceError> {
    let accounts = &core.other_accounts;
    let _one = match accounts.looking.try_lock() {
        Ok(one) => one,
        Err(_) => {
            let before = accounts.lock().looked_at;
            let one = accounts.looking.lock().await;
            if accounts.lock().looked_at != before {
                return Ok(());
            }
            one
        }
    };
    let source = core.source.source();
    let mut found = Vec::new();
    for account in AccountId::others() {
        let Some(wallet) = source.scan_account(&core.signer, core.network, account, now).await?
        else {
            continue;
        };
        let coins = scan::coins(&core.node.outbox, &wallet);
        let amount = Sat::sum(coins.iter().map(|coin| coin.txout.value.into()));
        let amount = amount.unwrap_or_default();
        tracing::info!(%account, coins = coins.len(), "another account of the words was used");
        if amount > Sat::ZERO {
            found.push(Found { account, amount });
        }
    }
    accounts.change(&core.kv, |known| {
        known.looked_at = Some(now);
        known.found = found;
    });
    core.status.money_moved();
    Ok(())
}
