//! Coming back: from the words and a copy, or from the words alone.

use crate::Outcome;
use fulmen_engine::config::Settings;
use fulmen_engine::copy::Place;
use fulmen_engine::keys::{Password, Words};
use fulmen_engine::view::SyncStatus;
use fulmen_engine::{FromCopy, Wallet};
use serde_json::{Value, json};
use std::error::Error;

/// `{"words": …, "copy": …}`: as a person would, with a look at what comes back before.
pub(crate) async fn restore(settings: Settings, asked: &str) -> Result<Wallet, Box<dyn Error>> {
    let asked: Value = serde_json::from_str(asked)?;
    let words = Words::parse(asked["words"].as_str().ok_or("words")?)?;
    let password = Password::StoredBeside;
    let wallet = match asked["copy"].as_str() {
        Some(copy) => {
            let from = FromCopy { words, passphrase: None, place: Place::read(copy) };
            let tried = Wallet::try_copy(settings.clone(), from).await?;
            let shown = tried.seen().generation;
            Wallet::restore_from_copy(settings, tried, password, shown).await?
        }
        None => Wallet::restore(settings, words, None, password).await?,
    };
    shown(&wallet).await?;
    Ok(wallet)
}

/// Until the chain was looked at once, and all that is shown is true.
async fn shown(wallet: &Wallet) -> Result<(), Box<dyn Error>> {
    let mut syncs = wallet.syncs();
    while wallet.snapshot().sync != SyncStatus::Ready {
        syncs.changed().await?;
    }
    Ok(())
}

/// How many lines Activity has.
pub(crate) fn rows(wallet: &Wallet) -> Outcome {
    let (mut count, mut last) = (0, None);
    loop {
        let page = wallet.activity(None, last.as_deref())?;
        let Some(row) = page.last() else { return Ok(json!(count)) };
        last = Some(row.id.clone());
        count += page.len();
    }
}
