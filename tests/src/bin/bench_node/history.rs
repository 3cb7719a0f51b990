//! A long life, and how long it takes to look at it.

use crate::{Outcome, millis};
use bdk_wallet::KeychainKind;
use bitcoin::{Address, CompressedPublicKey, Network};
use fulmen_engine::keys::{Keys, Password, WalletSecrets, seal};
use fulmen_engine::store::Vault;
use fulmen_engine::time::Timestamp;
use fulmen_engine::view::FeeSpeed;
use fulmen_engine::{Choice, Wallet};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::error::Error;
use std::path::Path;
use std::time::Instant;
use stories::bench::{history, megabytes};

/// Pages that are asked for: one after the other from the newest on, and as many anywhere.
const PAGES: usize = 30;
/// A common word, a rare one, an amount, a node, nothing. Each is searched so often.
const SEARCHES: [&str; 6] =
    ["café", "order 77777", "24", "02e", "nobody was paid for this", "lnbcrt10n1"];
const EACH: usize = 5;

/// Writes the rows of [`history::write`] into a vault that nobody uses.
pub(crate) fn write(dir: &Path, rest: &str) -> Outcome {
    let (rows, channels) = rest.split_once(' ').ok_or("history ROWS CHANNELS")?;
    let vault = Vault::open(&dir.join("vault.db"), &secrets(dir)?.data_key)?;
    history::write(&vault, rows.parse()?, channels.parse()?, Timestamp::now().secs())?;
    Ok(Value::Null)
}

/// Addresses of the on-chain wallet, from a place on.
pub(crate) fn addresses(dir: &Path, rest: &str) -> Outcome {
    let (first, count) = rest.split_once(' ').ok_or("addresses FIRST COUNT")?;
    let (first, count): (u32, u32) = (first.parse()?, count.parse()?);
    let secrets = secrets(dir)?;
    let keys = Keys::derive(&secrets.words, secrets.passphrase.as_ref(), Network::Regtest);
    let address = |place| {
        let (key, _) = keys.derivation(KeychainKind::External, place);
        Address::p2wpkh(&CompressedPublicKey(key), Network::Regtest).to_string()
    };
    Ok(json!((first..first + count).map(address).collect::<Vec<String>>()))
}

/// Of a wallet with pretend money.
pub(crate) fn words(dir: &Path) -> Outcome {
    Ok(json!(secrets(dir)?.words.text().expose_secret()))
}

fn secrets(dir: &Path) -> Result<WalletSecrets, Box<dyn Error>> {
    Ok(seal::unseal(&dir.join(seal::SEALED), &Password::StoredBeside)?)
}

/// Sends all coins away.
pub(crate) async fn send_all(wallet: &Wallet, address: &str) -> Outcome {
    let instruction = wallet.read(address)?.id;
    let speed = Some(FeeSpeed::Normal);
    let choice = Choice { instruction, amount: None, speed, everything: true, ..Choice::default() };
    let quote = wallet.preview(choice).await?.id;
    wallet.pay(&quote).await?;
    Ok(Value::Null)
}

/// How long each page takes, in milliseconds.
pub(crate) fn pages(wallet: &Wallet, rows: u64) -> Outcome {
    let mut times = Vec::new();
    let mut page = |before: Option<String>| {
        let begun = Instant::now();
        let page = wallet.activity(None, before.as_deref()).expect("rows");
        times.push(millis(begun.elapsed()));
        page.last().map(|row| row.id.clone())
    };
    let mut last = None;
    for _ in 0..PAGES {
        last = Some(page(last).ok_or("the list is shorter than that")?);
    }
    let apart = rows / u64::try_from(PAGES)?;
    for number in 0..u64::try_from(PAGES)? {
        page(Some(history::id(number * apart)));
    }
    Ok(json!(times))
}

/// How long each search takes, in milliseconds.
pub(crate) fn searches(wallet: &Wallet) -> Outcome {
    let searched = SEARCHES.iter().cycle().take(SEARCHES.len() * EACH).map(|text| {
        let begun = Instant::now();
        let _found = wallet.activity(Some(text), None).expect("rows");
        millis(begun.elapsed())
    });
    Ok(json!(searched.collect::<Vec<f64>>()))
}

/// How long a whole look at the chain takes, in milliseconds.
pub(crate) async fn look(wallet: &Wallet) -> Outcome {
    let begun = Instant::now();
    wallet.sync().await;
    Ok(json!(millis(begun.elapsed())))
}

/// What of this process is in memory, in megabytes.
pub(crate) fn rss() -> Outcome {
    let status = std::fs::read_to_string("/proc/self/status")?;
    Ok(json!(megabytes(&status, "VmRSS:").ok_or("Linux only")?))
}
