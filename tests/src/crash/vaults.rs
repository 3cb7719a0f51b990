//! What a kill leaves on the disk, looked at before the wallet comes back: a whole vault, younger than the last time, and no
//! secret beside the sealed file.

use super::ground::PASSWORD;
use fulmen_engine::error::chain_of;
use fulmen_engine::keys::{Password, Secret, WalletSecrets, seal};
use fulmen_engine::store::Vault;
use secrecy::ExposeSecret;
use std::path::Path;

/// Opens a copy of the vault in `dir`. Its generation, which is not below `last`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn look(dir: &Path, last: u64) -> Result<u64, String> {
    let copy = tempfile::tempdir().map_err(|error| error.to_string())?;
    for name in ["vault.db", "vault.db-wal"] {
        let (from, to) = (dir.join(name), copy.path().join(name));
        if from.exists() {
            std::fs::copy(from, to).map_err(|error| error.to_string())?;
        }
    }
    let secrets = secrets(dir)?;
    let vault = Vault::open(&copy.path().join("vault.db"), &secrets.data_key)
        .map_err(|error| chain_of(&error))?;
    vault.load().map_err(|error| chain_of(&error))?;
    let generation = vault.generation().0;
    match generation < last {
        true => Err(format!("generation {generation} after {last}")),
        false => Ok(generation),
    }
}

/// Secrets that lie open in a file of `dir`.
pub(crate) fn leaks(dir: &Path) -> Result<Vec<String>, String> {
    let secrets = secrets(dir)?;
    let (key, words) = (secrets.data_key.as_bytes(), secrets.words.text());
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let needles: [(&str, &[u8]); 4] = [
        ("password", PASSWORD.as_bytes()),
        ("words", words.expose_secret().as_bytes()),
        ("data key", key),
        ("data key", hex.as_bytes()),
    ];
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|error| error.to_string())?.flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        for (name, needle) in needles {
            if bytes.windows(needle.len()).any(|window| window == needle) {
                found.push(format!("{name} in {}", entry.path().display()));
            }
        }
    }
    Ok(found)
}

fn secrets(dir: &Path) -> Result<WalletSecrets, String> {
    let password = Password::Given(Secret::from(PASSWORD.to_owned()));
    seal::unseal(&dir.join(seal::SEALED), &password).map_err(|error| chain_of(&error))
}
