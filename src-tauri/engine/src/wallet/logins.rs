//! The passwords of chain servers, in the vault. The preferences name the servers, are read before the vault is open, and are no
//! place for a secret.

use crate::chain::Address;
use crate::store::StagedKv;
use lightning::util::persist::KVStoreSync;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use zeroize::Zeroizing;

const LOGINS: (&str, &str, &str) = ("fulmen", "facts", "logins");

#[derive(Serialize, Deserialize)]
struct Login<'a> {
    url: Cow<'a, str>,
    password: Cow<'a, str>,
}

/// Servers by their addresses, signed in with what was kept for them.
pub(super) fn signed_in(kv: &StagedKv, urls: &[String]) -> Vec<Address> {
    urls.iter().map(|url| sign_in(kv, url)).collect()
}

/// One of them.
pub(super) fn sign_in(kv: &StagedKv, url: &str) -> Address {
    Address::read(url).or_with(|url| {
        let found = read(kv).into_iter().find(|(one, _)| one == url);
        found.map(|(_, password)| password)
    })
}

/// Keeps the passwords of these servers, and of no others, with the next commit.
///
/// # Errors
/// If they cannot be staged.
pub(super) fn keep(kv: &StagedKv, servers: &[Address]) -> Result<(), lightning::io::Error> {
    let logins: Vec<Login> = servers
        .iter()
        .filter_map(|server| {
            let password = server.password()?.expose_secret();
            Some(Login { url: server.url().into(), password: password.into() })
        })
        .collect();
    let (primary, secondary, key) = LOGINS;
    if logins.is_empty() {
        return kv.remove(primary, secondary, key, false);
    }
    let row = serde_json::to_vec(&logins).map_err(|_| lightning::io::ErrorKind::InvalidData)?;
    kv.write(primary, secondary, key, row)
}

fn read(kv: &StagedKv) -> Vec<(String, SecretString)> {
    let (primary, secondary, key) = LOGINS;
    let Ok(row) = kv.read(primary, secondary, key) else { return Vec::new() };
    let row = Zeroizing::new(row);
    let Ok(logins) = serde_json::from_slice::<Vec<Login>>(&row) else {
        tracing::error!("the passwords of chain servers are damaged");
        return Vec::new();
    };
    let kept = |login: Login| (login.url.into_owned(), login.password.into_owned().into());
    logins.into_iter().map(kept).collect()
}

/// See [`crate::fuzz`].
#[cfg(feature = "test-util")]
pub(crate) fn reads_again(row: &[u8]) {
    crate::store::fuzz::reads_again::<Vec<Login>>(row);
}
