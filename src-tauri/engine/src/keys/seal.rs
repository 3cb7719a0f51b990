//! The sealed file `wallet.age`: the words, their passphrase and the vault's data key, sealed by the password in the standard
//! age format (scrypt), so that `age -d wallet.age` opens it without us.
//!
//! "No password" seals with a random passphrase kept beside it in `wallet.key`. Each line there is `salt passphrase`; the
//! salt is the one in the sealed file's header, so a line belongs to one sealing and a crash between the two files leaves
//! no doubt which is which. Both files are replaced atomically and readable by us alone.

use super::{DataKey, Secret, Words, random};
use crate::error::{Code, Coded};
use crate::files::{read_own, remove_if_there, write_atomic};
use age::{DecryptError, Decryptor, Encryptor, scrypt};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The sealed file's name.
pub const SEALED: &str = "wallet.age";
/// Where it is in a wallet's directory.
pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join(SEALED)
}

/// scrypt work factor of the files we ship: N = 2^17, 128 MiB, about a second. Left alone, `age` measures the machine.
pub const WORK_FACTOR: u8 = 17;
/// The hardest file we open or make: 1 GiB of memory.
pub const MAX_WORK_FACTOR: u8 = 20;

/// The version of the content.
const VERSION: u32 = 1;
/// The longest content, in bytes. Only a passphrase could make it longer.
const MAX_CONTENT: usize = 64 * 1024;

/// What the sealed file holds.
#[derive(Clone, Debug)]
pub struct WalletSecrets {
    /// The words.
    pub words: Words,
    /// The BIP 39 passphrase, if the person uses one.
    pub passphrase: Option<Secret>,
    /// The key of the vault.
    pub data_key: DataKey,
    /// The network, if the file is bound to one.
    pub network: Option<bitcoin::Network>,
}

/// What seals the file.
#[derive(Clone, Debug)]
pub enum Password {
    /// Known to the person only.
    Given(Secret),
    /// A random passphrase in `wallet.key` beside the file: whoever can read the one can read the other.
    StoredBeside,
}

/// The sealed file could not be made or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The password does not open it.
    #[error("the password does not open the wallet")]
    WrongPassword,
    /// There is no stored passphrase for it.
    #[error("no stored passphrase opens the wallet: it has a password")]
    NoStoredPassword,
    /// The file is not what we wrote.
    #[error("the sealed file is damaged while {doing}")]
    Damaged {
        /// What we were doing.
        doing: &'static str,
        /// What was seen.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The passphrase is too long for the file. Nothing was written.
    #[error("the content of the sealed file would be longer than {MAX_CONTENT} bytes")]
    TooLong,
    /// Made by a newer Fulmen.
    #[error("the sealed file has version {found}")]
    Newer {
        /// The version in the file.
        found: u32,
    },
    /// Harder to open than we accept, or not a work factor.
    #[error("work factor {found} is outside 1 to {MAX_WORK_FACTOR}")]
    WorkFactor {
        /// What was asked.
        found: u8,
    },
    /// The file system refuses.
    #[error("cannot {doing} {path}")]
    Io {
        /// What we were doing.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: io::Error,
    },
}

impl Coded for SealError {
    fn code(&self) -> Code {
        match self {
            Self::WrongPassword | Self::NoStoredPassword => Code::WrongPassword,
            Self::Damaged { .. } | Self::WorkFactor { .. } => Code::VaultDamaged,
            Self::TooLong => Code::TooLong,
            Self::Newer { .. } => Code::NewerVault,
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => Code::NoWallet,
            Self::Io { .. } => Code::Storage,
        }
    }
}

/// The content as it is written. JSON, for a person who opens it without us.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Content {
    version: u32,
    words: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passphrase: Option<String>,
    data_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[zeroize(skip)]
    network: Option<bitcoin::Network>,
}

/// Seals the secrets into the file at `path`, replacing what is there. `work_factor` is [`WORK_FACTOR`] except in tests and
/// for the practice nodes.
///
/// # Errors
/// [`SealError::WorkFactor`], [`SealError::TooLong`], [`SealError::Io`], [`SealError::Damaged`]. What was there before then
/// still opens as before, unless only the last sync of the directory failed: then a power cut decides which of the two is there.
pub fn seal(
    path: &Path,
    secrets: &WalletSecrets,
    password: &Password,
    work_factor: u8,
) -> Result<(), SealError> {
    let content = content_of(secrets);
    let beside = stored_path(path);
    let write =
        |to: &Path, bytes: &[u8]| write_atomic(to, bytes).map_err(|e| io_error("write", to, e));
    match password {
        Password::Given(text) => {
            write(path, &encrypt(&content, text.clone(), work_factor)?)?;
            tidied(remove_if_there(&beside));
        }
        Password::StoredBeside => {
            let text = hex_of(&random::<32>());
            let sealed = encrypt(&content, Secret::from(text.to_string()), work_factor)?;
            let line = stored_line(&sealed, &text);
            // Until the sealed file is replaced, the old passphrase must stay.
            let both = Zeroizing::new([current_line(path)?.as_slice(), line.as_slice()].concat());
            write(&beside, &both)?;
            write(path, &sealed)?;
            tidied(write_atomic(&beside, &line));
        }
    }
    Ok(())
}

/// The sealed file is replaced, so the password has changed. What may be left in `wallet.key` is the passphrase of the file
/// that was there before, and the next sealing takes it away.
fn tidied(tidying: io::Result<()>) {
    if let Err(error) = tidying {
        tracing::warn!(%error, "an old passphrase is left in the file of stored passphrases");
    }
}

/// Opens the file.
///
/// # Errors
/// [`SealError::WrongPassword`], [`SealError::NoStoredPassword`], [`SealError::Damaged`], [`SealError::Newer`],
/// [`SealError::WorkFactor`], [`SealError::Io`].
pub fn unseal(path: &Path, password: &Password) -> Result<WalletSecrets, SealError> {
    let sealed = read_own(path).map_err(|e| io_error("read", path, e))?;
    let plain = match password {
        Password::Given(text) => decrypt(&sealed, text.clone())?,
        Password::StoredBeside => {
            let stored = stored_passphrase(path, &sealed)?.ok_or(SealError::NoStoredPassword)?;
            // Nobody typed it: where it does not open the file that it is of, one of the two is damaged.
            decrypt(&sealed, stored).map_err(|error| match error {
                SealError::WrongPassword => damaged_key("it does not open the sealed file"),
                other => other,
            })?
        }
    };
    secrets_of(&plain)
}

/// Seals anew with another password. The vault and its data key stay as they are.
///
/// # Errors
/// As [`unseal`] with the old one and [`seal`] with the new one.
pub fn change_password(
    path: &Path,
    old: &Password,
    new: &Password,
    work_factor: u8,
) -> Result<(), SealError> {
    seal(path, &unseal(path, old)?, new, work_factor)
}

/// Whether the wallet in this directory asks for a password: whether no stored passphrase belongs to its sealed file.
///
/// # Errors
/// [`SealError::Io`]; with [`Code::NoWallet`] when there is no sealed file.
pub fn has_password(dir: &Path) -> Result<bool, SealError> {
    let path = dir.join(SEALED);
    let sealed = read_own(&path).map_err(|e| io_error("read", &path, e))?;
    Ok(stored_passphrase(&path, &sealed)?.is_none())
}

fn encrypt(content: &Content, password: Secret, work_factor: u8) -> Result<Vec<u8>, SealError> {
    if !(1..=MAX_WORK_FACTOR).contains(&work_factor) {
        return Err(SealError::WorkFactor { found: work_factor });
    }
    // One allocation of enough size: a growing one leaves copies behind.
    let mut plain = Zeroizing::new(vec![0; MAX_CONTENT]);
    let mut room = plain.as_mut_slice();
    // The content is always JSON, so only the room can be missing.
    serde_json::to_writer(&mut room, content).map_err(|_| SealError::TooLong)?;
    let length = MAX_CONTENT - room.len();
    plain.truncate(length);
    let mut recipient = scrypt::Recipient::new(password);
    recipient.set_work_factor(work_factor);
    let mut sealed = Vec::new();
    let recipients = std::iter::once(&recipient as &dyn age::Recipient);
    let mut output = Encryptor::with_recipients(recipients)
        .expect("one scrypt recipient is a valid set")
        .wrap_output(&mut sealed)
        .expect("writing to memory never fails");
    output.write_all(&plain).and_then(|()| output.finish()).expect("writing to memory never fails");
    Ok(sealed)
}

fn decrypt(sealed: &[u8], password: Secret) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let damaged = |source| SealError::Damaged { doing: "unsealing", source };
    let decryptor = Decryptor::new_buffered(sealed).map_err(|e| damaged(Box::new(e)))?;
    let mut identity = scrypt::Identity::new(password);
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    let mut plain = Zeroizing::new(Vec::with_capacity(MAX_CONTENT));
    let stream =
        decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|error| {
            match error {
                // The file key did not open: only the password can be wrong (or the very line that holds it is damaged).
                DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
                    SealError::WrongPassword
                }
                DecryptError::ExcessiveWork { required, .. } => {
                    SealError::WorkFactor { found: required }
                }
                other => damaged(Box::new(other)),
            }
        })?;
    stream.take(MAX_CONTENT as u64).read_to_end(&mut plain).map_err(|e| damaged(Box::new(e)))?;
    Ok(plain)
}

fn content_of(secrets: &WalletSecrets) -> Content {
    Content {
        version: VERSION,
        words: secrets.words.text().expose_secret().to_owned(),
        passphrase: secrets.passphrase.as_ref().map(|text| text.expose_secret().to_owned()),
        data_key: hex_of(secrets.data_key.as_bytes()).to_string(),
        network: secrets.network,
    }
}

fn secrets_of(plain: &[u8]) -> Result<WalletSecrets, SealError> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let damaged = |source| SealError::Damaged { doing: "reading its content", source };
    let Version { version } = serde_json::from_slice(plain).map_err(|e| damaged(Box::new(e)))?;
    if version != VERSION {
        return Err(SealError::Newer { found: version });
    }
    let content: Content = serde_json::from_slice(plain).map_err(|e| damaged(Box::new(e)))?;
    let data_key = <[u8; 32] as hex::FromHex>::from_hex(&content.data_key)
        .map_err(|e| damaged(Box::new(e)))?;
    Ok(WalletSecrets {
        words: Words::parse(&content.words).map_err(|e| damaged(Box::new(e)))?,
        passphrase: content.passphrase.clone().map(Secret::from),
        data_key: DataKey::from_bytes(data_key),
        network: content.network,
    })
}

fn stored_path(sealed: &Path) -> PathBuf {
    sealed.with_extension("key")
}

/// The salt in an age header's scrypt line, which names one sealing: `-> scrypt SALT WORKFACTOR`.
fn salt_of(sealed: &[u8]) -> Option<&str> {
    let line = sealed.split(|byte| *byte == b'\n').nth(1)?;
    std::str::from_utf8(line).ok()?.strip_prefix("-> scrypt ")?.split(' ').next()
}

fn stored_line(sealed: &[u8], passphrase: &str) -> Zeroizing<Vec<u8>> {
    let salt = salt_of(sealed).expect("a file we just sealed has a scrypt line");
    Zeroizing::new([salt, " ", passphrase, "\n"].concat().into_bytes())
}

/// The stored line of the sealed file that is there now; empty if there is none.
fn current_line(path: &Path) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let sealed = match read_own(path) {
        Ok(sealed) => sealed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Zeroizing::default()),
        Err(error) => return Err(io_error("read", path, error)),
    };
    let passphrase = stored_passphrase(path, &sealed)?;
    Ok(passphrase
        .map_or_else(Zeroizing::default, |text| stored_line(&sealed, text.expose_secret())))
}

/// The stored passphrase that belongs to this sealing.
fn stored_passphrase(path: &Path, sealed: &[u8]) -> Result<Option<Secret>, SealError> {
    let beside = stored_path(path);
    let lines = match read_own(&beside).map(Zeroizing::new) {
        Ok(lines) => lines,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error("read", &beside, error)),
    };
    let Some(salt) = salt_of(sealed) else { return Ok(None) };
    let found = lines
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.strip_prefix(salt.as_bytes())?.strip_prefix(b" "));
    let text = found.map(|text| std::str::from_utf8(text).map_err(damaged_key)).transpose()?;
    Ok(text.map(|text| Secret::from(text.to_owned())))
}

/// `wallet.key` is not what we wrote.
fn damaged_key(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SealError {
    SealError::Damaged { doing: "reading its stored passphrase", source: source.into() }
}

fn hex_of(bytes: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(hex::DisplayHex::to_lower_hex_string(bytes.as_slice()))
}

fn io_error(doing: &'static str, path: &Path, source: io::Error) -> SealError {
    SealError::Io { doing, path: path.to_owned(), source }
}
