//! Opening a wallet with what it needs: its settings and, for practice, the pretend network it lives in.

use crate::dto::{ApiError, AskRequest, CopySource};
use crate::error::{internal, practice as practice_error};
use crate::prefs::{Prefs, owned};
use fulmen_engine::config::{Role, Settings, Tunables};
use fulmen_engine::copy::Place;
use fulmen_engine::keys::{Password, Secret, Words};
use fulmen_engine::view::{NetworkId, SuggestedPeer, WordsPreview};
use fulmen_engine::{Ask, FromCopy, STOP_PATIENCE, TriedCopy, Wallet};
use fulmen_practice::network::PracticeNetwork;
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Between two blocks of the practice network.
const BLOCK_EVERY: Duration = Duration::from_secs(30);
/// `off`: practice blocks come only when asked for. For the tour and the tests.
const TIMER: &str = "FULMEN_PRACTICE_TIMER";
/// `on`: channels are refused and accepted as on mainnet. For the tests, which have no real bitcoin.
const AS_ON_MAINNET: &str = "FULMEN_MAINNET_RULE";
/// The practice chain is on this machine, so looking costs nothing.
const PRACTICE_SYNC: Duration = Duration::from_secs(5);

/// Where the keys come from.
pub(crate) enum Keys {
    /// Sealed before.
    Sealed,
    New,
    Words {
        words: Words,
        passphrase: Option<Secret>,
        ask: Ask,
    },
    /// Words, and a living copy as it was shown.
    Copy {
        tried: Box<TriedCopy>,
        generation: u64,
    },
}

/// A wallet that runs, and its practice network.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) wallet: Wallet,
    pub(crate) practice: Option<PracticeNetwork>,
}

impl Opened {
    /// Starts the practice network where there is one, then the wallet.
    pub(crate) async fn start(
        dir: &Path,
        prefs: &Prefs,
        network: NetworkId,
        keys: Keys,
        password: Password,
        safe_start: bool,
    ) -> Result<Self, ApiError> {
        let dir = dir.join(network.parameters().directory);
        let practice = practice_of(&dir, network).await?;
        let mut settings = settings(&dir, prefs, network, practice.as_ref());
        settings.tunables.offline = safe_start;
        let opening = match keys {
            Keys::Sealed => Wallet::open(settings, password).await,
            Keys::New => Wallet::create(settings, password).await,
            Keys::Words { words, passphrase, ask } => {
                Wallet::restore_asking(settings, words, passphrase, password, ask).await
            }
            Keys::Copy { tried, generation } => {
                Wallet::restore_from_copy(settings, *tried, password, generation).await
            }
        };
        match opening {
            Ok(wallet) => Ok(Self { wallet, practice }),
            Err(error) => {
                if let Some(practice) = practice {
                    practice.stop().await;
                }
                Err(error.into())
            }
        }
    }

    /// Ends the wallet, then the network under it.
    pub(crate) async fn stop(self) {
        let stopping = async {
            self.wallet.stop().await;
            if let Some(practice) = &self.practice {
                practice.stop().await;
            }
        };
        if tokio::time::timeout(STOP_PATIENCE, stopping).await.is_err() {
            tracing::error!("the wallet did not stop in time; what it committed is safe");
        }
    }
}

/// What a copy would bring back, on a network that is nobody's pretence.
pub(crate) async fn try_copy(
    dir: &Path,
    prefs: &Prefs,
    network: NetworkId,
    from: FromCopy,
) -> Result<TriedCopy, ApiError> {
    let dir = dir.join(network.parameters().directory);
    Ok(Wallet::try_copy(settings(&dir, prefs, network, None), from).await?)
}

/// What words alone would bring back. The pretend network runs for as long as it is asked.
pub(crate) async fn preview_words(
    dir: &Path,
    prefs: &Prefs,
    network: NetworkId,
    (words, passphrase): (Words, Option<Secret>),
    ask: Ask,
) -> Result<WordsPreview, ApiError> {
    let dir = dir.join(network.parameters().directory);
    let practice = practice_of(&dir, network).await?;
    let settings = settings(&dir, prefs, network, practice.as_ref());
    let seen = Wallet::preview_words(settings, words, passphrase, ask).await;
    if let Some(practice) = practice {
        practice.stop().await;
    }
    Ok(seen?)
}

/// What the page said of peers to ask, with the file that it named.
pub(crate) async fn ask(request: AskRequest) -> Result<Ask, ApiError> {
    let AskRequest { file, peers, suggested } = request;
    let path = PathBuf::from(file.trim());
    let file = match path.as_os_str().is_empty() {
        true => None,
        false => {
            let reading = move || Ask::read_file(&path);
            Some(tauri::async_runtime::spawn_blocking(reading).await.map_err(internal)??)
        }
    };
    Ok(Ask { file, peers, suggested })
}

/// The pretend network, where it is the one.
async fn practice_of(dir: &Path, network: NetworkId) -> Result<Option<PracticeNetwork>, ApiError> {
    Ok(match network {
        NetworkId::Practice => Some(start_practice(dir.join("network")).await?),
        _ => None,
    })
}

/// On a thread of its own: opening two nodes is heavy, and its future cannot move between threads.
pub(crate) async fn start_practice(dir: PathBuf) -> Result<PracticeNetwork, ApiError> {
    let tunables = Tunables { sync_interval: PRACTICE_SYNC, ..Tunables::default() };
    let timer = std::env::var(TIMER).is_ok_and(|value| value == "off");
    let block_every = (!timer).then_some(BLOCK_EVERY);
    let runtime = tokio::runtime::Handle::current();
    let opening = move || runtime.block_on(PracticeNetwork::open(&dir, tunables, block_every));
    tauri::async_runtime::spawn_blocking(opening).await.map_err(internal)?.map_err(practice_error)
}

fn settings(
    dir: &Path,
    prefs: &Prefs,
    network: NetworkId,
    practice: Option<&PracticeNetwork>,
) -> Settings {
    let (source_urls, sync_interval) = match practice {
        Some(practice) => (vec![practice.url()], PRACTICE_SYNC),
        None => (prefs.sources(network), Tunables::default().sync_interval),
    };
    let local = practice.map(PracticeNetwork::local).unwrap_or_default();
    let safeguards = std::env::var(AS_ON_MAINNET).is_ok_and(|value| value == "on");
    Settings {
        network,
        dir: dir.to_owned(),
        source_urls,
        rgs_urls: owned(network.parameters().rapid_gossip),
        listen: None,
        role: Role::Leaf,
        alias: None,
        suggested_peers: peers(network).chain(practice.map(PracticeNetwork::hub_peer)).collect(),
        tunables: Tunables { sync_interval, local, safeguards, ..Tunables::default() },
    }
}

/// Those of the network's table.
fn peers(network: NetworkId) -> impl Iterator<Item = SuggestedPeer> {
    let table = network.parameters().peers.iter();
    table.map(|one| SuggestedPeer { name: one.name.into(), uri: one.uri.into(), why: one.why })
}

/// What the page said of a copy.
pub(crate) fn from_copy(source: CopySource) -> Result<FromCopy, ApiError> {
    let words = Words::parse(Secret::from(source.words).expose_secret())?;
    let place = Place::read(&source.place);
    Ok(FromCopy { words, passphrase: source.passphrase.map(Secret::from), place })
}

/// What the page said about a password; nothing said: kept beside the sealed file.
pub(crate) fn password(given: Option<String>) -> Password {
    given.map_or(Password::StoredBeside, |text| Password::Given(Secret::from(text)))
}
