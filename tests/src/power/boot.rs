//! An image is started as a wallet is, with no server and no peer that could be reached, and compared with the claims.

use super::claims::{Claims, PASSWORDS, Said};
use fulmen_engine::Wallet;
use fulmen_engine::amount::Msat;
use fulmen_engine::config::Settings;
use fulmen_engine::error::{Code, chain_of};
use fulmen_engine::keys::{Password, Secret, WalletSecrets, seal};
use fulmen_engine::store::Vault;
use fulmen_engine::view::{ChannelState, Movement, Status, SyncStatus};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Longer means that it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is wrong with an image, in words.
pub(super) type Fault = String;

/// Starts the disk's wallet; true if its balance had been reported and was compared. Changes the image.
pub(super) async fn boot(disk: &Path, claims: &Claims) -> Result<bool, Fault> {
    let dir = disk.join("wallet");
    let settings = settings(&dir);
    if !Wallet::exists(&dir) {
        if claims.made {
            return Err("the wallet is gone".into());
        }
        // Cut while it was made, before anyone was notified: it can be made again.
        let made = Wallet::create(settings, given(0)).await;
        let made = made.map_err(|error| format!("cannot be made again: {}", chain_of(&error)))?;
        made.stop().await;
        return Ok(false);
    }
    let (password, secrets) = unseal(&dir, &claims.passwords)?;
    let vault = Vault::open(&dir.join("vault.db"), &secrets.data_key);
    let vault = vault.map_err(|error| chain_of(&error))?;
    vault.check().map_err(|error| chain_of(&error))?;
    let (least, found) =
        (claims.known.as_ref().map_or(0, |said| said.generation), vault.generation().0);
    if found < least {
        return Err(format!("generation {found}, and {least} was acknowledged"));
    }
    drop(vault);

    let opening = tokio::spawn(async move {
        let wallet = Wallet::open(settings, given(password)).await;
        let wallet = wallet.map_err(|error| format!("does not open: {}", chain_of(&error)))?;
        wallet.durable().await;
        Ok::<_, Fault>(wallet)
    });
    let opened = tokio::time::timeout(PATIENCE, opening).await.map_err(|_| "hangs")?;
    let wallet = opened.map_err(|panic| format!("panics: {panic}"))??;
    let compared = compare(&wallet, claims).and_then(|()| weigh(&wallet, claims.total_at(found)));
    let stopped = tokio::time::timeout(PATIENCE, wallet.stop()).await.map_err(|_| "does not stop");
    // What is wrong with the image says more than how the wallet ended.
    compared.and_then(|weighed| stopped.map(|()| weighed).map_err(Into::into))
}

fn settings(dir: &Path) -> Settings {
    // Nobody listens there.
    crate::leaf(dir.to_owned(), "http://127.0.0.1:1".into())
}

fn given(which: usize) -> Password {
    Password::Given(Secret::from(PASSWORDS[which].to_owned()))
}

fn unseal(dir: &Path, allowed: &[usize]) -> Result<(usize, WalletSecrets), Fault> {
    let mut said = Fault::new();
    for which in allowed {
        match seal::unseal(&dir.join(seal::SEALED), &given(*which)) {
            Ok(secrets) => return Ok((*which, secrets)),
            Err(error) => said = chain_of(&error),
        }
    }
    Err(format!("no password of {allowed:?} opens it: {said}"))
}

fn compare(wallet: &Wallet, claims: &Claims) -> Result<(), Fault> {
    let snapshot = wallet.snapshot();
    if snapshot.sync == SyncStatus::Quarantine {
        return Err("the mirror says that the vault is old".into());
    }
    let channels = snapshot.channels.list;
    for channel in &channels {
        if matches!(channel.state, ChannelState::ClosingByForce { .. }) {
            return Err(format!("channel {} is closed by force", channel.id));
        }
    }
    let rows: BTreeMap<_, _> = all(wallet).into_iter().map(|row| (row.id.clone(), row)).collect();
    if let Some(last) = &claims.last
        && let Some(made_up) = rows.keys().find(|id| !last.rows.contains_key(*id))
    {
        return Err(format!("row {made_up} came from nowhere"));
    }
    let Some(known) = &claims.known else { return Ok(()) };
    let closed_later =
        |id: &String| claims.next.as_ref().is_none_or(|next: &Said| !next.channels.contains(id));
    for id in known.channels.iter().filter(|id| !closed_later(id)) {
        if !channels.iter().any(|channel| channel.id == *id) {
            return Err(format!("channel {id} is gone"));
        }
    }
    for (id, status) in &known.rows {
        let row = rows.get(id).ok_or_else(|| format!("row {id} is gone, it was {status}"))?;
        let now = serde_json::to_value(row.status).map_err(|error| error.to_string())?;
        // What was acknowledged as on its way must still be known to LDK.
        let never_sent = row.failure == Some(Code::NeverSent);
        let kept = match status.as_str() {
            "inTransit" => row.status != Status::Pending && !never_sent,
            "pending" => true,
            last => now == last,
        };
        if !kept {
            return Err(format!("row {id} is {now}, it was {status}"));
        }
    }
    Ok(())
}

/// To the millisatoshi, whoever cannot be reached.
fn weigh(wallet: &Wallet, told: Option<Msat>) -> Result<bool, Fault> {
    let now = wallet.snapshot().balance;
    match told {
        Some(told) if told != now.total_msat => {
            Err(format!("it owns {now:?}, and {told:?} was acknowledged"))
        }
        told => Ok(told.is_some()),
    }
}

/// Every movement, page by page.
fn all(wallet: &Wallet) -> Vec<Movement> {
    let mut rows = wallet.activity(None, None).expect("rows");
    while let Some(last) = rows.last() {
        let more = wallet.activity(None, Some(&last.id)).expect("rows");
        if more.is_empty() {
            break;
        }
        rows.extend(more);
    }
    rows
}
