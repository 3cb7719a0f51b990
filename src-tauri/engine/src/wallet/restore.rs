//! A wallet that goes on from its living copy: what it would bring back, and bringing it back.

use super::logins::signed_in;
use super::start::start;
use super::start::{
    Age, Kept, StartError, VAULT_FILE, assemble, first_source, look, open_onchain, set_aside_orphan,
};
use super::{OpenError, Running, Wallet};
use crate::config::Settings;
use crate::copy::{CopyError, Found, Place, Seal, rebuild_from, restore_vault};
use crate::files::remove_dir_if_there;
use crate::keys::{DataKey, Keys, Password, Secret, WalletSecrets, Words, seal};
use crate::ledger::restored::what_comes_back;
use crate::node::Wake;
use crate::node::record::doubted;
use crate::other_accounts::payouts_wanted;
use crate::store::{KvWrite, ProcessLock, StoreError, Vault};
use crate::task::blocking;
use crate::view::{CopyProof, RestorePreview};
use std::sync::Arc;

/// Where a copy is tried out, in the wallet's directory. Nothing of it stays.
const TRIAL: &str = "trial";

/// The words, and the place of a living copy.
pub struct FromCopy {
    pub words: Words,
    pub passphrase: Option<Secret>,
    pub place: Place,
}

impl FromCopy {
    fn secrets(&self, settings: &Settings) -> WalletSecrets {
        WalletSecrets {
            words: self.words.clone(),
            passphrase: self.passphrase.clone(),
            data_key: DataKey::generate(),
            network: Some(settings.network.chain()),
        }
    }
}

impl Wallet {
    /// What the copy would bring back. No server and no peer is asked, and nothing is left behind here or there.
    ///
    /// # Errors
    /// Why nothing would.
    pub async fn preview_restore(
        settings: Settings,
        from: FromCopy,
    ) -> Result<RestorePreview, OpenError> {
        if Self::exists(&settings.dir) {
            return Err(OpenError::Exists);
        }
        let _lock = ProcessLock::take(&settings.dir).map_err(StartError::from)?;
        let secrets = from.secrets(&settings);
        blocking(move || dry_run(settings, &secrets, &from.place)).await?
    }

    /// Goes on from the copy, as it was shown ([`RestorePreview::generation`]) or newer. A channel does nothing before its peer has agreed to its state; one that
    /// the peer does not agree to is the peer's to close.
    ///
    /// # Errors
    /// Why not. There is no wallet then, and this can be called again.
    pub async fn restore_from_copy(
        settings: Settings,
        from: FromCopy,
        password: Password,
        shown: u64,
    ) -> Result<Self, OpenError> {
        if Self::exists(&settings.dir) {
            return Err(OpenError::Exists);
        }
        let lock = ProcessLock::take(&settings.dir).map_err(StartError::from)?;
        let secrets = from.secrets(&settings);
        let to = settings.clone();
        let (sealed, factor) = (seal::path(&settings.dir), settings.tunables.seal_work_factor);
        let bringing = blocking(move || {
            set_aside_orphan(&to.dir)?;
            let opener = Seal::new(&keys_of(&to, &secrets), to.network);
            let vault = to.dir.join(VAULT_FILE);
            restore_vault(&from.place, &opener, (&vault, &secrets.data_key), shown, doubts)?;
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
            dry_run(settings, &secrets, &place)
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

/// Opens what the copy holds apart from everything, and removes it again. Blocking.
fn dry_run(
    mut settings: Settings,
    secrets: &WalletSecrets,
    place: &Place,
) -> Result<RestorePreview, OpenError> {
    let dir = settings.dir.join(TRIAL);
    remove_dir_if_there(&dir)?;
    settings.dir = dir.clone();
    let tried = try_out(settings, secrets, place);
    remove_dir_if_there(&dir)?;
    tried
}

/// As a start does it, up to where it would begin to run.
fn try_out(
    settings: Settings,
    secrets: &WalletSecrets,
    place: &Place,
) -> Result<RestorePreview, OpenError> {
    let opener = Seal::new(&keys_of(&settings, secrets), settings.network);
    let path = settings.dir.join(VAULT_FILE);
    let found = rebuild_from(place, &opener, &path, &secrets.data_key)?;
    let vault = Vault::open(&path, &secrets.data_key).map_err(StartError::from)?;
    let seen = open_still(settings, secrets, vault)?;
    let Found { stamp, written, whole, .. } = found;
    let (generation, copied_at_secs) = (stamp.generation, written.secs());
    Ok(RestorePreview { generation, copied_at_secs, whole, ..seen })
}

/// No task runs and nobody is asked.
fn open_still(
    settings: Settings,
    secrets: &WalletSecrets,
    vault: Vault,
) -> Result<RestorePreview, StartError> {
    let freshness = Arc::new(look(&settings, secrets, &vault)?);
    let (vault, wake) = (Arc::new(vault), Wake::new());
    let opened = open_onchain(&settings, secrets, Age::Known, vault.clone(), &wake)()?;
    let kept = Kept::read(vault, freshness, wake)?;
    let listed = signed_in(&kept.kv, &settings.source_urls);
    let chain = (first_source(&settings, &listed)?, listed);
    let (core, _broadcasts) = assemble(settings, secrets, Age::Known, kept, opened, chain)?;
    Ok(what_comes_back(&core))
}
