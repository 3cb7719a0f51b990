//! The door: a wallet that is open. Everything outside the engine goes through here; each method is a line or two.

mod channels;
mod coins;
/// The living copy.
mod copy;
mod labels;
/// Passwords of chain servers.
pub(crate) mod logins;
/// From the words alone.
mod lost;
#[cfg(feature = "test-util")]
mod measured;
mod other_accounts;
mod pay;
mod people;
mod psbt;
mod rates;
/// From a living copy.
mod restore;
/// Putting a wallet together.
mod start;
/// What runs while it is open.
mod tasks;

pub use restore::{FromCopy, TriedCopy};
pub use start::{STOP_PATIENCE, StartError};

use crate::chain::SourceError;
use crate::channels::closing;
use crate::config::Settings;
use crate::contacts;
use crate::copy::{CopyError, finish};
use crate::core::Core;
use crate::event::Bus;
use crate::keys::{DataKey, Password, SealError, Secret, WalletSecrets, Words, seal};
use crate::ledger::activity;
use crate::ledger::export;
use crate::ledger::observe::{self, Overview};
use crate::ledger::safe_off;
use crate::lost_channels::told::Told;
use crate::lost_channels::{AskError, follow};
use crate::node::SnapshotError;
use crate::payments::{JournalError, Payment, PaymentId};
use crate::peers::connect;
use crate::store::ProcessLock;
use crate::task::blocking;
use crate::time::Timestamp;
use crate::view;
use start::{Age, Running, choose_source, first_source, set_aside_orphan, start};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A wallet that is open. Cheap to clone.
#[derive(Clone)]
pub struct Wallet {
    running: Arc<Running>,
}

/// Why there is no wallet to use.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("there is a wallet already")]
    Exists,
    #[error("cannot open the sealed keys")]
    Seal(#[from] SealError),
    #[error("cannot start the wallet")]
    Start(#[from] StartError),
    #[error("cannot restore from the copy")]
    Copy(#[from] CopyError),
    #[error("cannot ask peers for channels")]
    Ask(#[from] AskError),
    #[error("cannot use the wallet's directory")]
    Io(#[from] std::io::Error),
}

impl crate::error::Coded for OpenError {
    fn code(&self) -> crate::error::Code {
        match self {
            Self::Exists => crate::error::Code::WalletExists,
            Self::Seal(error) => error.code(),
            Self::Start(error) => error.code(),
            Self::Copy(error) => error.code(),
            Self::Ask(error) => error.code(),
            Self::Io(_) => crate::error::Code::Storage,
        }
    }
}

impl Wallet {
    /// Whether a wallet was made in this directory.
    pub fn exists(dir: &Path) -> bool {
        seal::path(dir).exists()
    }

    /// Makes a wallet with new words and opens it.
    pub async fn create(settings: Settings, password: Password) -> Result<Self, OpenError> {
        Self::make(settings, Words::generate(), None, password, Age::New).await
    }

    /// Makes a wallet from words and opens it. What the words do not bring back: channels (see README).
    pub async fn restore(
        settings: Settings,
        words: Words,
        passphrase: Option<Secret>,
        password: Password,
    ) -> Result<Self, OpenError> {
        Self::make(settings, words, passphrase, password, Age::Restored).await
    }

    async fn make(
        settings: Settings,
        words: Words,
        passphrase: Option<Secret>,
        password: Password,
        age: Age,
    ) -> Result<Self, OpenError> {
        if Self::exists(&settings.dir) {
            return Err(OpenError::Exists);
        }
        let network = Some(settings.network.chain());
        let secrets = WalletSecrets { words, passphrase, data_key: DataKey::generate(), network };
        Self::make_asking(settings, secrets, password, age, &[]).await
    }

    /// The same, and these peers are asked for channels of the words.
    async fn make_asking(
        settings: Settings,
        secrets: WalletSecrets,
        password: Password,
        age: Age,
        told: &[Told],
    ) -> Result<Self, OpenError> {
        let lock = ProcessLock::take(&settings.dir).map_err(StartError::from)?;
        set_aside_orphan(&settings.dir)?;
        let running = start(settings.clone(), &secrets, age, lock).await?;
        let wallet = Self { running: Arc::new(running) };
        follow::ask_all(wallet.core(), told);
        // The wallet exists once its keys are sealed; a crash before leaves an orphan that is set aside. What it opens
        // with the next time is in the vault by then.
        wallet.durable().await;
        let (path, factor) = (seal::path(&settings.dir), settings.tunables.seal_work_factor);
        let sealing = blocking(move || seal::seal(&path, &secrets, &password, factor)).await?;
        if let Err(error) = sealing {
            wallet.stop().await;
            return Err(error.into());
        }
        Ok(wallet)
    }

    /// Opens a wallet that was made before.
    pub async fn open(settings: Settings, password: Password) -> Result<Self, OpenError> {
        // Before the password: a second start is told at once, not after a second of scrypt.
        let lock = ProcessLock::take(&settings.dir).map_err(StartError::from)?;
        let path = seal::path(&settings.dir);
        let secrets = blocking(move || seal::unseal(&path, &password)).await??;
        let running = start(settings, &secrets, Age::Known, lock).await?;
        Ok(Self { running: Arc::new(running) })
    }

    /// Ends everything in order: tasks, peers, a last commit. Returns when the vault is closed for writing.
    pub async fn stop(&self) {
        let core = self.core().clone();
        core.node.peers.disconnect_all_peers();
        let knowing = core.clone();
        if blocking(move || knowing.node.routing_state.save()).await.is_err() {
            tracing::warn!("what is known of the network was not written");
        }
        self.running.tasks.stop().await;
        let handle = self.running.looping.lock().expect("stop lock is never poisoned").take();
        if let Some(handle) = handle
            && let Ok(Err(_)) = blocking(move || handle.join()).await
        {
            tracing::error!("the loop ended in a panic");
        }
        // Once more: while tasks were ending one may have connected, and a peer that believes an old connection to live
        // takes no new one.
        core.node.peers.disconnect_all_peers();
        if core.status.is_online() || !core.copying.is_on_server() {
            finish(&core.copying, &core.vault, &core.freshness).await;
        }
        if blocking(move || core.freshness.mirror(&core.vault)).await.is_err() {
            tracing::error!("the generation's mirror was not written");
        }
        drop(self.running.lock.lock().expect("stop lock is never poisoned").take());
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.running.core
    }

    /// Everything from now on.
    pub fn bus(&self) -> Bus {
        self.core().bus.clone()
    }

    /// All visible state.
    pub fn snapshot(&self) -> view::Snapshot {
        let core = self.core();
        let Overview { balance, channels, cards } = observe::overview(core);
        view::Snapshot {
            network: core.settings.network,
            node_id: self.node_id(),
            tip: core.status.tip(),
            sync: core.status.sync(),
            balance,
            channels,
            movements: activity::recent(core),
            cards,
            copy: core.copying.view(),
            contacts: contacts::all(core),
            rate: core.rates.view(Timestamp::now()),
            lost: follow::view(core),
        }
    }

    /// Our node id, 66 hex digits.
    pub fn node_id(&self) -> String {
        self.core().node.keys.node_id().to_string()
    }

    /// Where it listens; routers only.
    pub fn listening(&self) -> Option<std::net::SocketAddr> {
        self.running.listening
    }

    /// A page of movements: the first, or the one after the row `before`.
    ///
    /// # Errors
    /// If `before` is no row, or the vault does not answer.
    pub fn activity(
        &self,
        query: Option<&str>,
        before: Option<&str>,
    ) -> Result<Vec<view::Movement>, JournalError> {
        let text = query.unwrap_or_default().to_owned();
        self.find(&view::ActivityFilter { text, ..view::ActivityFilter::default() }, before)
    }

    /// The same of those that are wanted.
    ///
    /// # Errors
    /// As [`Wallet::activity`].
    pub fn find(
        &self,
        filter: &view::ActivityFilter,
        before: Option<&str>,
    ) -> Result<Vec<view::Movement>, JournalError> {
        activity::list(self.core(), filter, before)
    }

    /// All of it as a table; see `docs/activity-csv.md`.
    ///
    /// # Errors
    /// If the vault does not answer.
    pub fn csv(&self) -> Result<String, JournalError> {
        export::csv(self.core())
    }

    /// A row as the list shows it.
    pub fn movement(&self, row: &Payment) -> view::Movement {
        activity::movement(self.core(), row)
    }

    /// True if a row belongs in the list (an unpaid request does not).
    pub fn is_movement(&self, row: &Payment) -> bool {
        row.is_movement()
    }

    /// Everything about one movement.
    ///
    /// # Errors
    /// If the vault does not say.
    pub fn detail(&self, id: &str) -> Result<Option<view::MovementDetail>, JournalError> {
        let Some(id) = PaymentId::parse(id) else { return Ok(None) };
        let row = self.core().journal.get(&id)?;
        Ok(row.map(|row| activity::detail(self.core(), &row)))
    }

    /// Syncs with the chain now; returns after one whole sync, good or not, or when the wallet is stopped.
    pub async fn sync(&self) {
        let token = self.running.tasks.token();
        token.run_until_cancelled(self.whole_sync()).await.unwrap_or_default();
    }

    async fn whole_sync(&self) {
        let status = &self.core().status;
        let mut syncs = status.syncs.subscribe();
        // A sync that is under way may have begun before the caller's change: wait for the one after it, and ask only once,
        // so that none follows that nobody asked for.
        let begun = status.syncs_begun.load(Ordering::SeqCst);
        status.sync_now.notify_one();
        drop(syncs.wait_for(|done| *done > begun).await);
    }

    /// Waits until everything staged so far is on disk.
    pub async fn durable(&self) {
        if self.core().wake.durable().await.is_err() {
            tracing::debug!("stopping: nothing more becomes durable");
        }
    }

    /// The health panel.
    pub fn health(&self) -> view::Health {
        crate::ledger::health::health(self.core())
    }

    /// What ending now would mean.
    pub fn leaving(&self) -> view::Leaving {
        let core = self.core();
        safe_off::leaving(core, &closing::funds_snapshot(core))
    }

    /// Reads the chain from the first of these that answers, from now on; from the first if none does. The others watch it, and
    /// one of them is asked if it is of no use. Their passwords are kept in the vault.
    ///
    /// # Errors
    /// If one is no address of a server, or answers from another network; the present ones stay.
    pub async fn use_sources(&self, urls: &[String]) -> Result<(), SourceError> {
        let core = self.core();
        let settings = &core.settings;
        let listed = logins::signed_in(&core.kv, urls);
        for one in &listed {
            first_source(settings, std::slice::from_ref(one))?;
        }
        let source = match core.status.is_online() {
            true => choose_source(settings, &listed).await?,
            false => first_source(settings, &listed)?,
        };
        if let Err(error) = logins::keep(&core.kv, &listed) {
            tracing::error!(%error, "cannot stage the passwords of chain servers");
        }
        core.source.choose(source, listed);
        core.status.sync_now.notify_one();
        // The preferences forget the password once this returns.
        self.durable().await;
        Ok(())
    }

    /// Tries a server before it is used, with the password that was kept for it, if none is named.
    pub async fn try_source(&self, url: &str) -> view::SourceTest {
        let core = self.core();
        let address = logins::sign_in(&core.kv, url);
        crate::chain::try_source(&address, core.settings.network).await
    }

    /// Ends a safe start ([`crate::config::Tunables::offline`]): from now on servers and peers are asked.
    pub fn go_online(&self) {
        self.core().status.goes_online(&self.core().bus);
    }

    /// How many syncs are over, good or not. Ends with the wallet.
    pub fn syncs(&self) -> tokio::sync::watch::Receiver<u64> {
        self.core().status.rounds.subscribe()
    }

    /// Opens the words, for the one screen that shows them.
    pub async fn words(&self, password: Password) -> Result<Words, OpenError> {
        let path = seal::path(&self.core().settings.dir);
        Ok(blocking(move || seal::unseal(&path, &password)).await??.words)
    }

    /// Seals with another password.
    pub async fn change_password(&self, old: Password, new: Password) -> Result<(), OpenError> {
        let (path, factor) =
            (seal::path(&self.core().settings.dir), self.core().settings.tunables.seal_work_factor);
        Ok(blocking(move || seal::change_password(&path, &old, &new, factor)).await??)
    }

    /// The words, and the places of three that [`Wallet::prove_words`] then asks for.
    pub async fn words_to_write_down(
        &self,
        password: Password,
    ) -> Result<(Words, Vec<u32>), OpenError> {
        let words = self.words(password).await?;
        let asked = self.core().quiz.ask(&words);
        Ok((words, asked))
    }

    /// The three words as they were typed. Returns the places of those that are wrong; if there are none, the words are backed
    /// up. `None`: they were not shown before.
    pub fn prove_words(&self, typed: &[String]) -> Option<Vec<u32>> {
        let wrong = self.core().quiz.wrong(typed)?;
        if wrong.is_empty() {
            self.set_words_backed_up(true);
        }
        Some(wrong)
    }

    /// The words were written down and proven.
    pub fn words_are_backed_up(&self) -> bool {
        self.core().words_are_backed_up()
    }

    /// Remembers it.
    pub fn set_words_backed_up(&self, backed_up: bool) {
        self.core().set_words_backed_up(backed_up);
    }

    /// Takes a gossip snapshot (rapid gossip sync v2). Returns its time stamp.
    ///
    /// # Errors
    /// If it is damaged or of another network; gossip is as before.
    pub fn apply_gossip_snapshot(&self, bytes: &[u8]) -> Result<u32, SnapshotError> {
        let node = &self.core().node;
        node.routing_state.apply_snapshot(bytes, Timestamp::now(), &node.log)
    }

    /// Announces the node to the network; routers only.
    pub fn announce(&self) {
        connect::announce(self.core(), self.listening());
    }
}
