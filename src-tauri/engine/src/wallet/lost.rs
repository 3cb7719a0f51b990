//! What the words alone bring back: shown before anything is written, and with the peers that are asked for lost channels.

use super::start::{Age, Running, StartError, start};
use super::{OpenError, Wallet};
use crate::amount::Sat;
use crate::chain::SourceError;
use crate::config::Settings;
use crate::core::Core;
use crate::files::{read_own, remove_dir_if_there};
use crate::keys::{DataKey, Keys, Password, Secret, WalletSecrets, Words};
use crate::lost_channels::kept::LostPeer;
use crate::lost_channels::look_up::{StaticScripts, looked_up};
use crate::lost_channels::told::{Told, read};
use crate::lost_channels::{Ask, AskError, follow};
use crate::other_accounts::look;
use crate::store::{ProcessLock, channels_file};
use crate::time::Timestamp;
use crate::view::{self, WordsPreview};
use std::sync::Arc;

/// Where a restore is tried out, in the wallet's directory. Nothing of it stays.
const TRIAL: &str = "trial";

impl Wallet {
    /// What the words alone would bring back. The chain's server is asked all that a restore asks it; no peer is, and nothing is
    /// left behind.
    ///
    /// # Errors
    /// Why nothing can be said. A line of the list that cannot be read is no error: see [`WordsPreview::wrong_lines`].
    pub async fn preview_words(
        settings: Settings,
        words: Words,
        passphrase: Option<Secret>,
        ask: Ask,
    ) -> Result<WordsPreview, OpenError> {
        if Self::exists(&settings.dir) {
            return Err(OpenError::Exists);
        }
        let _lock = ProcessLock::take(&settings.dir).map_err(StartError::from)?;
        let network = Some(settings.network.chain());
        let secrets = WalletSecrets { words, passphrase, data_key: DataKey::generate(), network };
        let (told, wrong_lines) = told(&settings, &secrets, ask)?;
        let dir = settings.dir.join(TRIAL);
        remove_dir_if_there(&dir)?;
        let seen = try_out(trial(settings), &secrets, &told).await;
        remove_dir_if_there(&dir)?;
        Ok(WordsPreview { wrong_lines, ..seen? })
    }

    /// Makes a wallet from words, opens it, and asks these peers to close what they have of it.
    ///
    /// # Errors
    /// Why there is no wallet.
    pub async fn restore_asking(
        settings: Settings,
        words: Words,
        passphrase: Option<Secret>,
        password: Password,
        ask: Ask,
    ) -> Result<Self, OpenError> {
        if Self::exists(&settings.dir) {
            return Err(OpenError::Exists);
        }
        let network = Some(settings.network.chain());
        let secrets = WalletSecrets { words, passphrase, data_key: DataKey::generate(), network };
        let (told, wrong) = told(&settings, &secrets, ask)?;
        if let Some(line) = wrong.first() {
            return Err(AskError::Line(*line).into());
        }
        Self::make_asking(settings, secrets, password, Age::Restored, &told).await
    }

    /// Asks more peers.
    ///
    /// # Errors
    /// If that cannot be read; nobody is asked then.
    pub async fn ask_peers(&self, ask: &Ask) -> Result<view::LostChannels, AskError> {
        follow::ask(self.core(), ask)?;
        self.durable().await;
        Ok(self.lost_channels())
    }

    /// How far the peers of lost channels are.
    pub fn lost_channels(&self) -> view::LostChannels {
        follow::view(self.core())
    }
}

/// Whom to ask, and with a file that the old wallet left in this very directory.
fn told(
    settings: &Settings,
    secrets: &WalletSecrets,
    mut ask: Ask,
) -> Result<(Vec<Told>, Vec<u32>), AskError> {
    let network = settings.network.chain();
    let keys = Keys::derive(&secrets.words, secrets.passphrase.as_ref(), network);
    if ask.file.is_none() {
        let left = read_own(&settings.dir.join(channels_file::FILE)).ok();
        // Of other words it is nobody's business.
        ask.file = left.filter(|sealed| channels_file::open(&keys, sealed).is_ok());
    }
    read(&ask, &keys, settings)
}

/// The same wallet in a directory that goes again, which asks the chain's server alone.
fn trial(mut settings: Settings) -> Settings {
    settings.dir = settings.dir.join(TRIAL);
    settings.tunables.mirror = Some(settings.dir.join("mirror"));
    settings.rgs_urls = Vec::new();
    settings
}

async fn try_out(
    settings: Settings,
    secrets: &WalletSecrets,
    told: &[Told],
) -> Result<WordsPreview, OpenError> {
    let lock = ProcessLock::take(&settings.dir).map_err(StartError::from)?;
    let running: Running = start(settings, secrets, Age::Restored, lock).await?;
    let wallet = Wallet { running: Arc::new(running) };
    let seen = match follow_chain(&wallet).await {
        Ok(()) => what_comes_back(wallet.core(), told).await,
        Err(error) => Err(error),
    };
    wallet.stop().await;
    Ok(seen.map_err(StartError::from)?)
}

/// Looks at the chain until all of it is seen. Of a long chain of headers each look brings a part.
async fn follow_chain(wallet: &Wallet) -> Result<(), SourceError> {
    let core = wallet.core();
    let mut reached = None;
    while !core.status.has_followed() {
        wallet.sync().await;
        let now = core.source.headers().tip().map(|tip| tip.height);
        if now == reached && !core.status.has_followed() {
            core.source.source().check().await?;
            return Err(SourceError::TooSlow);
        }
        reached = now;
    }
    Ok(())
}

async fn what_comes_back(core: &Core, told: &[Told]) -> Result<WordsPreview, SourceError> {
    look::look(core, Timestamp::now()).await?;
    let ours = StaticScripts::of(core);
    let (mut peers, mut locked_sat) = (Vec::new(), Sat::ZERO);
    for one in told {
        core.addresses.told(&one.node, &one.addresses);
        let mut lost = LostPeer::of(one);
        for channel in lost.channels_mut() {
            *channel = looked_up(core, channel, &ours).await?;
            let locked = channel.locked();
            locked_sat = Sat::sum([locked_sat, locked]).unwrap_or(locked_sat);
        }
        peers.extend(follow::view_lost(core, &lost));
    }
    let onchain_sat = crate::ledger::observe::balance(core).onchain.total_sat;
    let accounts = core.other_accounts.view().found;
    let accounts_sat = core.other_accounts.found();
    let total_sat = Sat::sum([onchain_sat, accounts_sat]).unwrap_or_default();
    let wrong_lines = Vec::new();
    Ok(WordsPreview {
        onchain_sat,
        accounts,
        accounts_sat,
        total_sat,
        peers,
        locked_sat,
        wrong_lines,
    })
}
