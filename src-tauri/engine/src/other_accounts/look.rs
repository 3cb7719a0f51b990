//! Looking at the other accounts: after a restore, and when a person asks.

use super::Found;
use super::scan::{Scanned, coins, coins_of};
use crate::amount::Sat;
use crate::chain::SourceError;
use crate::core::Core;
use crate::error::chain_of;
use crate::keys::{AccountId, WifKey};
use crate::time::Timestamp;
use std::collections::HashSet;
use std::time::Duration;

/// Between two attempts of the look after a restore.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// The look after a restore, until it succeeded once.
async fn look_once(core: &Core) {
    while core.other_accounts.is_due() {
        match look(core, Timestamp::now()).await {
            Ok(()) => return,
            Err(error) => tracing::info!(error = chain_of(&error), "other accounts: not now"),
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

/// All looks that a restore is followed by.
pub(crate) async fn keep_looking(core: &Core) {
    look_once(core).await;
    let mut rounds = core.status.rounds.subscribe();
    while let Some(due) = core.other_accounts.due_again() {
        if due <= core.status.tip().height
            && let Err(error) = look_at_closed(core, Timestamp::now()).await
        {
            tracing::info!(error = chain_of(&error), "what peers paid out: not now");
        }
        if rounds.changed().await.is_err() {
            return;
        }
    }
}

/// Looks at an account anew. `None`: it was never used.
pub(super) async fn scan(
    core: &Core,
    account: AccountId,
    now: Timestamp,
) -> Result<Option<Scanned>, SourceError> {
    let (source, outbox) = (core.source.source(), &core.node.outbox);
    let (keys, network) = (&core.signer, core.network);
    if account == AccountId::CLOSED {
        let payments = keys.static_payments();
        let scanned = &core.other_accounts.scanned;
        scanned.send_replace(0);
        let done = |count| {
            scanned.send_replace(count);
        };
        let wallet = source.scan_scripts(keys, network, &payments, now, done).await?;
        let fundings = core.records.all().into_iter().filter_map(|record| record.funding).collect();
        let coins = coins_of(outbox, &fundings, &wallet, &payments);
        return Ok(Some(Scanned { wallet, coins }));
    }
    let wallet = source.scan_account(keys, network, account, now).await?;
    Ok(wallet.map(|wallet| Scanned { coins: coins(outbox, &wallet), wallet }))
}

/// Looks at what was paid to a private key.
pub(super) async fn scan_key(
    core: &Core,
    key: &WifKey,
    now: Timestamp,
) -> Result<Scanned, SourceError> {
    let (source, scripts) = (core.source.source(), key.scripts());
    let wallet = source.scan_scripts(&core.signer, core.network, &scripts, now, |_| ()).await?;
    let coins = coins_of(&core.node.outbox, &HashSet::new(), &wallet, &scripts);
    Ok(Scanned { wallet, coins })
}

/// Looks at what peers paid out when they closed, alone.
pub(crate) async fn look_at_closed(core: &Core, now: Timestamp) -> Result<(), SourceError> {
    let accounts = &core.other_accounts;
    let _one = accounts.looking.lock().await;
    let scanned = scan(core, AccountId::CLOSED, now).await?;
    let coins = scanned.iter().flat_map(|scanned| &scanned.coins);
    let amount = Sat::sum(coins.map(|coin| coin.value.into())).unwrap_or_default();
    let height = core.status.tip().height;
    accounts.change(&core.kv, |known| {
        known.looked(height);
        known.found.retain(|one| one.account != AccountId::CLOSED);
        if amount > Sat::ZERO {
            known.found.push(Found { account: AccountId::CLOSED, amount });
        }
    });
    core.status.money_moved();
    Ok(())
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
    let mut found = Vec::new();
    for account in AccountId::others() {
        let Some(Scanned { coins, .. }) = scan(core, account, now).await? else { continue };
        let amount = Sat::sum(coins.iter().map(|coin| coin.value.into()));
        let amount = amount.unwrap_or_default();
        tracing::info!(%account, coins = coins.len(), "looked at what else the words have");
        if amount > Sat::ZERO {
            found.push(Found { account, amount });
        }
    }
    let height = core.status.tip().height;
    accounts.change(&core.kv, |known| {
        known.looked(height);
        known.looked_at = Some(now);
        known.found = found;
    });
    core.status.money_moved();
    Ok(())
}
