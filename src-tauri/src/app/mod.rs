//! The app's own state: which network is chosen and which wallet is open. One at a time; changes of it wait for each other.

mod choices;
mod locking;
mod quitting;

use crate::crash;
use crate::dto::{ApiError, AppState, ShellEvent};
use crate::error::Answer;
use crate::forward::{Emit, Forwarding, unless_locked};
use crate::hands::Hands;
use crate::open::{self, Keys, Opened};
use crate::prefs::Prefs;
use fulmen_engine::error::Code;
use fulmen_engine::keys::{Password, Secret, Words, seal};
use fulmen_engine::view::{NetworkId, RestorePreview, WordsPreview};
use fulmen_engine::{Ask, FromCopy, TriedCopy, Wallet};
use fulmen_practice::network::PracticeNetwork;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;
use tokio::sync::watch;

/// A fault that a server's words cause comes with the first look at the chain, or soon after it.
const A_WHILE: Duration = Duration::from_secs(60);

/// Where quitting is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Quitting {
    #[default]
    No,
    Asked,
    /// Until nothing is under way.
    Waiting,
}

/// Ends the process in order.
pub(crate) type Leave = Arc<dyn Fn() + Send + Sync>;

/// See the module.
pub(crate) struct App {
    dir: PathBuf,
    emit: Emit,
    leave: Leave,
    /// When a person touched the window.
    pub(crate) hands: Hands,
    /// Held from asking about a payment until it is written down.
    pub(crate) spending: tokio::sync::Mutex<()>,
    /// The wallet is open behind a locked screen: the page is told nothing of it.
    screen_locked: Arc<AtomicBool>,
    quitting: watch::Sender<Quitting>,
    prefs: Mutex<Prefs>,
    state: Mutex<AppState>,
    open: RwLock<Option<(Opened, Arc<Forwarding>)>>,
    changing: tokio::sync::Mutex<()>,
    /// What a person looks at before a restore.
    tried: Mutex<Option<TriedCopy>>,
}

impl App {
    pub(crate) fn new(dir: PathBuf, tell: Emit, leave: Leave, hands: Hands) -> Self {
        let prefs = Prefs::load(&dir);
        let screen_locked = Arc::<AtomicBool>::default();
        let emit = unless_locked(tell, screen_locked.clone());
        let state = Mutex::new(AppState::FirstStart { network: prefs.network });
        let app = Self {
            dir,
            emit,
            leave,
            hands,
            spending: tokio::sync::Mutex::default(),
            screen_locked,
            quitting: watch::Sender::default(),
            prefs: Mutex::new(prefs),
            state,
            open: RwLock::default(),
            changing: tokio::sync::Mutex::default(),
            tried: Mutex::default(),
        };
        let network = app.prefs().network;
        let state = if app.opens_by_itself(network) {
            AppState::Opening { network }
        } else {
            app.resting(network)
        };
        app.show(state);
        app
    }

    pub(crate) fn state(&self) -> AppState {
        self.state.lock().expect("state lock is never poisoned").clone()
    }

    pub(crate) fn wallet(&self) -> Answer<Wallet> {
        Ok(self.opened()?.wallet)
    }

    pub(crate) fn practice(&self) -> Answer<(Wallet, PracticeNetwork)> {
        let Opened { wallet, practice } = self.opened()?;
        let only = || ApiError::new(Code::OnlyPractice, "there is no practice network here");
        Ok((wallet, practice.ok_or_else(only)?))
    }

    /// What the page may see: nothing behind a locked screen.
    fn opened(&self) -> Answer<Opened> {
        if self.is_screen_locked() {
            return Err(ApiError::new(Code::NoWallet, "the screen is locked"));
        }
        self.running()
    }

    /// Behind a locked screen as well.
    fn running(&self) -> Answer<Opened> {
        let open = self.open.read().expect("open lock is never poisoned");
        let (opened, _) =
            open.as_ref().ok_or_else(|| ApiError::new(Code::NoWallet, "no wallet is open"))?;
        Ok(opened.clone())
    }

    /// Opens the chosen network's wallet if nothing is asked for it. Once, at the start.
    pub(crate) async fn start(&self) {
        let _changing = self.changing.lock().await;
        let network = self.prefs().network;
        if self.opens_by_itself(network)
            && let Err(error) = self.open(network, Keys::Sealed, Password::StoredBeside).await
        {
            tracing::error!(message = error.message, "the wallet does not open");
            self.show(AppState::Refused { code: error.code, message: error.message });
        }
    }

    /// Makes a wallet, or restores one, and makes its network the chosen one.
    pub(crate) async fn make(
        &self,
        network: NetworkId,
        keys: Keys,
        password: Password,
    ) -> Answer<AppState> {
        let _changing = self.changing.lock().await;
        self.made(network, keys, password).await
    }

    /// Goes on from a copy as it was shown. It is tried out once more if that was not the last thing that happened.
    pub(crate) async fn restore_copy(
        &self,
        network: NetworkId,
        from: FromCopy,
        generation: u64,
        password: Password,
    ) -> Answer<AppState> {
        let _changing = self.changing.lock().await;
        let shown = |tried: &TriedCopy| tried.is_of(&self.wallet_dir(network), &from);
        let tried = match self.take_tried().filter(shown) {
            Some(tried) => tried,
            None => open::try_copy(&self.dir, &self.prefs(), network, from).await?,
        };
        let keys = Keys::Copy { tried: tried.into(), generation };
        self.made(network, keys, password).await
    }

    async fn made(&self, network: NetworkId, keys: Keys, password: Password) -> Answer<AppState> {
        if Wallet::exists(&self.wallet_dir(network)) {
            return Err(fulmen_engine::OpenError::Exists.into());
        }
        self.close().await;
        self.choose(network)?;
        self.open(network, keys, password).await
    }

    /// What a copy would bring back on this network, if there is no wallet yet.
    pub(crate) async fn preview_restore(
        &self,
        network: NetworkId,
        from: FromCopy,
    ) -> Answer<RestorePreview> {
        let _changing = self.changing.lock().await;
        // It holds the directory.
        drop(self.take_tried());
        let tried = open::try_copy(&self.dir, &self.prefs(), network, from).await?;
        let seen = tried.seen().clone();
        *self.tried.lock().expect("tried lock is never poisoned") = Some(tried);
        Ok(seen)
    }

    /// What words alone would bring back on this network, if there is no wallet yet.
    pub(crate) async fn preview_words(
        &self,
        network: NetworkId,
        words: Words,
        passphrase: Option<Secret>,
        ask: Ask,
    ) -> Answer<WordsPreview> {
        let _changing = self.changing.lock().await;
        if Wallet::exists(&self.wallet_dir(network)) {
            return Err(fulmen_engine::OpenError::Exists.into());
        }
        // The pretend network of a wallet that is shown may be the one that is asked.
        self.close().await;
        open::preview_words(&self.dir, &self.prefs(), network, (words, passphrase), ask).await
    }

    /// Shows another network; its wallet opens if nothing is asked for it.
    pub(crate) async fn choose_network(&self, network: NetworkId) -> Answer<AppState> {
        let _changing = self.changing.lock().await;
        self.close().await;
        self.choose(network)?;
        if !self.opens_by_itself(network) {
            return Ok(self.show(self.resting(network)));
        }
        self.show(AppState::Opening { network });
        let opening = self.open(network, Keys::Sealed, Password::StoredBeside).await;
        opening.inspect_err(|_| drop(self.show(self.resting(network))))
    }

    /// Ends what is open, and lets go what was tried out. The process may go then.
    pub(crate) async fn close(&self) {
        drop(self.take_tried());
        let open = self.open.write().expect("open lock is never poisoned").take();
        if let Some((opened, forwarding)) = open {
            forwarding.stop().await;
            opened.stop().await;
            crash::opened(&self.dir);
        }
        self.screen_locked.store(false, Ordering::SeqCst);
    }

    async fn open(&self, network: NetworkId, keys: Keys, password: Password) -> Answer<AppState> {
        let safe_start = crash::is_safe_start(&self.dir);
        let opened =
            Opened::start(&self.dir, &self.prefs(), network, keys, password, safe_start).await?;
        // Not the wallet: it must be gone once it is closed.
        let (mut syncs, dir) = (opened.wallet.syncs(), self.dir.clone());
        let survived = async move {
            if syncs.wait_for(|syncs| *syncs > 0).await.is_ok() {
                tokio::time::sleep(A_WHILE).await;
                crash::opened(&dir);
            }
        };
        let forwarding = Forwarding::start(&opened, self.emit.clone()).and(survived);
        let forwarding = Arc::new(forwarding);
        *self.open.write().expect("open lock is never poisoned") = Some((opened, forwarding));
        Ok(self.show(AppState::Open { network }))
    }

    fn take_tried(&self) -> Option<TriedCopy> {
        self.tried.lock().expect("tried lock is never poisoned").take()
    }

    /// What is shown while nothing is open.
    fn resting(&self, network: NetworkId) -> AppState {
        if Wallet::exists(&self.wallet_dir(network)) {
            AppState::Locked { network, running: false }
        } else {
            AppState::FirstStart { network }
        }
    }

    fn show(&self, state: AppState) -> AppState {
        *self.state.lock().expect("state lock is never poisoned") = state.clone();
        (self.emit)(ShellEvent::App { state: state.clone() });
        state
    }

    fn wallet_dir(&self, network: NetworkId) -> PathBuf {
        self.dir.join(network.parameters().directory)
    }

    fn opens_by_itself(&self, network: NetworkId) -> bool {
        matches!(seal::has_password(&self.wallet_dir(network)), Ok(false))
    }
}
