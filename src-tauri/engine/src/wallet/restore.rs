//! A wallet that goes on from its living copy: what it would bring back, and bringing it back.

use super::logins::signed_in;
use super::start::start;
use super::start::{
    Age, Kept, StartError, VAULT_FILE, assemble, first_source, look, open_onchain, set_aside_orphan,
};
use super::{OpenError, Running, Wallet};
use crate::config::Settings;
use crate::copy::{CopyError, Found, Place, Restoring, Seal, Tried, rebuild_from};
use crate::files::remove_dir_if_there;
use crate::keys::{DataKey, Keys, Password, Secret, WalletSecrets, Words, seal};
use crate::ledger::restored::what_comes_back;
use crate::node::Wake;
use crate::node::record::doubted;
use crate::other_accounts::payouts_wanted;
use crate::store::{KvWrite, ProcessLock, StoreError, Vault};
use crate::task::blocking;
use crate::view::{CopyProof, RestorePreview};
use secrecy::ExposeSecret;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a copy is tried out, in the wallet's directory.
const TRIAL: &str = "trial";

/// The words, and the place of a living copy.
pub struct FromCopy {
    pub words: Words,
    pub passphrase: Option<Secret>,
    pub place: Place,
}

/// A copy that was tried out. The vault that was made of it waits here for a person's word, so that the copy is read once. Only
/// this has its key, and it goes with this.
pub struct TriedCopy {
    seen: RestorePreview,
    found: Found,
    trial: Trial,
    from: FromCopy,
    data_key: DataKey,
    dir: PathBuf,
    /// After the vault.
    lock: ProcessLock,
}

impl TriedCopy {
    /// What it would bring back.
    pub fn seen(&self) -> &RestorePreview {
        &self.seen
    }

    /// Whether it is this one, and for that directory.
    pub fn is_of(&self, dir: &Path, from: &FromCopy) -> bool {
        let [ours, theirs] = [&self.from, from].map(|from| {
            let passphrase = from.passphrase.as_ref().map(ExposeSecret::expose_secret);
            (&from.words, passphrase, &from.place)
        });
        self.dir == dir && ours == theirs
    }
}

impl Wallet {
    /// What the copy would bring back. No server and no peer is asked, and nothing is written to the copy. What is made of it here
    /// is removed when the result is dropped.
    ///
    /// # Errors
    /// Why nothing would.
    pub async fn try_copy(settings: Settings, from: FromCopy) -> Result<TriedCopy, OpenError> {
        if Self::exists(&settings.dir) {
            return Err(OpenError::Exists);
        }
        let lock = ProcessLock::take(&settings.dir).map_err(StartError::from)?;
        blocking(move || {
            let (dir, data_key) = (settings.dir.clone(), DataKey::generate());
            let secrets = secrets(&settings, &from, &data_key);
            let (trial, found, seen) = try_out(settings, &secrets, &from.place)?;
            Ok(TriedCopy { seen, found, trial, from, data_key, dir, lock })
        })
        .await?
    }

    /// Goes on from the copy, as it was shown ([`RestorePreview::generation`]) or newer. A channel does nothing before its peer has
    /// agreed to its state; one that the peer does not agree to is the peer's to close. The directory is the one where it was tried.
    ///
    /// # Errors
    /// Why not. There is no wallet then, and the copy can be tried again.
    pub async fn restore_from_copy(
        settings: Settings,
        tried: TriedCopy,
        password: Password,
        shown: u64,
    ) -> Result<Self, OpenError> {
        let TriedCopy { found, trial, from, data_key, dir, lock, .. } = tried;
        let settings = Settings { dir, ..settings };
        if Self::exists(&settings.dir) {
            return Err(OpenError::Exists);
        }
        let secrets = secrets(&settings, &from, &data_key);
        let to = settings.clone();
        let (sealed, factor) = (seal::path(&settings.dir), settings.tunables.seal_work_factor);
        let bringing = blocking(move || {
            set_aside_orphan(&to.dir)?;
            let restoring = Restoring {
                place: &from.place,
                seal: &Seal::new(&keys_of(&to, &secrets), to.network),
                vault: &to.dir.join(VAULT_FILE),
                key: &secrets.data_key,
                shown,
                doubts,
            };
            restoring.restore(Tried { vault: &trial.vault(), found })?;
            // The wallet exists from here on. What is cut short before is an orphan, which the next attempt sets aside.
            seal::seal(&sealed, &secrets, &password, factor)?;
            Ok::<_, OpenError>(secrets)
        });
        let secrets = bringing.await??;
        let running: Running = start(settings, &secrets, Age::Known, lock).await?;
        Ok(Self { running: Arc::new(running) })
    }

    /// What the living copy of this wallet would bring back now, read as another computer would read it.
    ///
    /// # Errors
    /// Where there is no copy, or nothing can be read of it.
    pub async fn prove_copy(&self, password: Password) -> Result<CopyProof, OpenError> {
        let core = self.core().clone();
        let place = core.copying.place().ok_or(CopyError::Empty)?;
        let path = seal::path(&core.settings.dir);
        let _one = core.proving.lock().await;
        let settings = core.settings.clone();
        let proving = blocking(move || {
            let secrets = seal::unseal(&path, &password)?;
            let secrets = WalletSecrets { data_key: DataKey::generate(), ..secrets };
            let (_, _, seen) = try_out(settings, &secrets, &place)?;
            Ok::<_, OpenError>(seen)
        });
        let restored = proving.await??;
        let changes_missing = core.vault.generation().0.saturating_sub(restored.generation);
        Ok(CopyProof { restored, changes_missing })
    }
}

/// What is in a copy may be old, and it may lack a channel.
fn doubts(vault: &Vault) -> Result<Vec<KvWrite>, StoreError> {
    let mut kv = doubted(vault)?;
    kv.push(payouts_wanted());
    Ok(kv)
}

fn keys_of(settings: &Settings, secrets: &WalletSecrets) -> Keys {
    Keys::derive(&secrets.words, secrets.passphrase.as_ref(), settings.network.chain())
}

fn secrets(settings: &Settings, from: &FromCopy, data_key: &DataKey) -> WalletSecrets {
    let (words, passphrase) = (from.words.clone(), from.passphrase.clone());
    let network = Some(settings.network.chain());
    WalletSecrets { words, passphrase, data_key: data_key.clone(), network }
}

/// The directory of a dry run. It goes with this.
struct Trial {
    dir: PathBuf,
}

impl Trial {
    /// An earlier one may have been killed.
    fn begin(wallet: &Path) -> io::Result<Self> {
        let dir = wallet.join(TRIAL);
        remove_dir_if_there(&dir)?;
        Ok(Self { dir })
    }

    fn vault(&self) -> PathBuf {
        self.dir.join(VAULT_FILE)
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if let Err(error) = remove_dir_if_there(&self.dir) {
            tracing::warn!(%error, "a vault that was tried out stays; nobody has its key");
        }
    }
}

/// Opens what the copy holds apart from everything, as a start does it, up to where it would begin to run. Blocking.
fn try_out(
    mut settings: Settings,
    secrets: &WalletSecrets,
    place: &Place,
) -> Result<(Trial, Found, RestorePreview), OpenError> {
    let trial = Trial::begin(&settings.dir)?;
    settings.dir = trial.dir.clone();
    let opener = Seal::new(&keys_of(&settings, secrets), settings.network);
    let found = rebuild_from(place, &opener, &trial.vault(), &secrets.data_key)?;
    let vault = Vault::open(&trial.vault(), &secrets.data_key).map_err(StartError::from)?;
    let seen = open_still(settings, secrets, vault)?;
    let seen = RestorePreview {
        generation: found.stamp.generation,
        copied_at_secs: found.written.secs(),
        whole: found.whole,
        ..seen
    };
    Ok((trial, found, seen))
}

/// No task runs, nobody is asked, and the vault stays as it is.
fn open_still(
    settings: Settings,
    secrets: &WalletSecrets,
    vault: Vault,
) -> Result<RestorePreview, StartError> {
    let found = vault.generation();
    let freshness = Arc::new(look(&settings, secrets, &vault)?);
    let (vault, wake) = (Arc::new(vault), Wake::new());
    let opened = open_onchain(&settings, secrets, Age::Known, vault.clone(), &wake)()?;
    let kept = Kept::read(vault, freshness, wake)?;
    let listed = signed_in(&kept.kv, &settings.source_urls);
    let chain = (first_source(&settings, &listed)?, listed);
    let (core, _broadcasts) = assemble(settings, secrets, Age::Known, kept, opened, chain)?;
    debug_assert_eq!(core.vault.generation(), found, "the vault is as it was copied");
    Ok(what_comes_back(&core))
}
