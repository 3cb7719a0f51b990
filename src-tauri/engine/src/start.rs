//! Putting a wallet together, step by step, each returning what the next needs. The order is LDK's and ours: lock, vault,
//! keys, on-chain wallet, node, loop, chain, and peers only after the first good look at the chain.

use crate::chain::{Current, Fees, Source, SourceError, Tip, bitcoin_network};
use crate::channels_book::ChannelBook;
use crate::config::Settings;
use crate::core::Core;
use crate::error::{Code, Coded};
use crate::event::Bus;
use crate::freshness::{self, Freshness};
use crate::keys::{Keys, WalletSecrets};
use crate::lightning::{
    LoadError, Log, Package, Parts, Wake, closes, load, looping, opening, peers,
};
use crate::onchain::{Coins, Onchain, OpenError};
use crate::other_accounts::{self, OtherAccounts};
use crate::payments::{Journal, JournalError};
use crate::store::{
    Loaded, LockError, Mirror, ProcessLock, StagedKv, StoreError, Vault, changesets,
};
use crate::task::Tasks;
use crate::view::NetworkId;
use crate::{observe, recovery, sync};
use bdk_wallet::chain::BlockId;
use lightning::chain::BestBlock;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedReceiver;

/// Why a wallet does not open. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("another process has this wallet open")]
    Lock(#[from] LockError),
    #[error("cannot open the vault")]
    Vault(#[from] StoreError),
    #[error("cannot open the on-chain wallet")]
    Onchain(#[from] OpenError),
    #[error("cannot open the Lightning node")]
    Node(#[from] LoadError),
    #[error("cannot read the journal")]
    Journal(#[from] JournalError),
    #[error("no usable chain source is set")]
    Source(#[from] SourceError),
    #[error("cannot start")]
    Io(#[from] std::io::Error),
}

impl Coded for StartError {
    fn code(&self) -> Code {
        match self {
            Self::Lock(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Onchain(_) | Self::Node(_) | Self::Journal(_) => Code::VaultDamaged,
            Self::Source(error) => error.code(),
            Self::Io(_) => Code::Internal,
        }
    }
}

/// Whether the keys may have been used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// Made just now: nothing can have been paid to them.
    New,
    /// From words: the whole chain is searched once.
    Restored,
    /// Opened from its vault.
    Known,
}

/// A wallet that runs.
pub(crate) struct Running {
    pub(crate) core: Arc<Core>,
    pub(crate) tasks: Tasks,
    pub(crate) looping: std::sync::Mutex<Option<std::thread::JoinHandle<()>>>,
    pub(crate) listening: Option<std::net::SocketAddr>,
    /// Given back by `stop`.
    pub(crate) lock: std::sync::Mutex<Option<ProcessLock>>,
}

/// The vault's file in a wallet's directory.
pub(crate) const VAULT_FILE: &str = "vault.db";

/// How long a start waits for a chain source before it opens without one.
const SOURCE_PATIENCE: Duration = Duration::from_secs(4);

/// Opens a wallet and starts everything. The caller holds the directory's lock since before the password.
pub(crate) async fn start(
    settings: Settings,
    secrets: &WalletSecrets,
    age: Age,
    lock: ProcessLock,
) -> Result<Running, StartError> {
    install_crypto();
    let vault = Arc::new(open_vault(&settings.dir, secrets, age)?);
    let freshness = Arc::new(look(&settings, secrets, &vault)?);
    let loaded = vault.load()?;
    let (source, tip) = find_source(&settings.esplora_urls, settings.network).await?;
    let listener = bind(&settings).await?;
    let listening = listener.as_ref().map(TcpListener::local_addr).transpose()?;
    let (core, broadcasts) =
        assemble(settings, secrets, age, (vault, freshness), &loaded, source, tip)?;
    crate::purpose::keep_known(&core);
    crate::ldk_events::keep_first_hops(&core);
    let core = Arc::new(core);
    opening::at_start(&core);
    let tasks = Tasks::new();
    let looping = looping::start(core.clone(), tasks.token())?;
    for (_, package) in core.node.outbox.packages() {
        for transaction in &package {
            core.onchain.reapply(transaction, crate::time::Timestamp::now());
        }
        core.node.outbox.send(package);
    }
    run_tasks(&core, &tasks, broadcasts, listener);
    let lock = std::sync::Mutex::new(Some(lock));
    Ok(Running { core, tasks, looping: std::sync::Mutex::new(Some(looping)), listening, lock })
}

/// rustls wants one provider for the process; a second call finds it installed, which is fine.
fn install_crypto() {
    drop(rustls::crypto::ring::default_provider().install_default());
}

fn open_vault(dir: &Path, secrets: &WalletSecrets, age: Age) -> Result<Vault, StartError> {
    let path = dir.join(VAULT_FILE);
    match age {
        Age::Known => Ok(Vault::open(&path, &secrets.data_key)?),
        Age::New | Age::Restored => Ok(Vault::create(&path, &secrets.data_key)?),
    }
}

/// The first source that answers on the right chain; the first of all where none does, to be tried again later.
pub(crate) async fn find_source(
    urls: &[String],
    network: NetworkId,
) -> Result<(Source, Option<Tip>), SourceError> {
    let logger: crate::chain::LdkLogger = Arc::new(Log);
    let connecting = Source::connect(urls, network, logger.clone());
    if let Ok(Ok((source, tip))) = tokio::time::timeout(SOURCE_PATIENCE, connecting).await {
        return Ok((source, Some(tip)));
    }
    let url = urls.first().map(String::as_str).unwrap_or_default();
    Ok((Source::new(url, network, logger)?, None))
}

async fn bind(settings: &Settings) -> std::io::Result<Option<TcpListener>> {
    match settings.listen {
        Some(address) => Ok(Some(TcpListener::bind(address).await?)),
        None => Ok(None),
    }
}

fn assemble(
    settings: Settings,
    secrets: &WalletSecrets,
    age: Age,
    (vault, freshness): (Arc<Vault>, Arc<Freshness>),
    loaded: &Loaded,
    source: Source,
    tip: Option<Tip>,
) -> Result<(Core, UnboundedReceiver<Package>), StartError> {
    let network = bitcoin_network(settings.network);
    let source = Arc::new(Current::new(source));
    let (wake, bus) = (Wake::new(), Bus::new());
    let kv = Arc::new(StagedKv::new(vault.clone(), waker(&wake)));
    let keys = Arc::new(Keys::derive(&secrets.words, secrets.passphrase.as_ref(), network));
    let onchain = Arc::new(open_onchain(&keys, network, age, loaded, tip, &wake)?);
    let fees = Arc::new(open_fees(&settings, &vault));
    let block = onchain.tip();
    let started = std::time::Duration::from_nanos(random_start());
    let book = Arc::new(ChannelBook::load(kv.clone())?);
    let quarantine = freshness.is_quarantined();
    let parts = Parts {
        settings: &settings,
        network,
        vault: vault.clone(),
        loaded,
        seed: keys.ldk_seed(),
        coins: Arc::new(Coins::new(onchain.clone(), keys.clone())),
        onchain: onchain.clone(),
        fees: fees.clone(),
        tx_sync: source.clone(),
        log: Arc::new(Log),
        kv: kv.clone(),
        wake: wake.clone(),
        best_block: BestBlock::new(block.hash, block.height),
        book: book.clone(),
        quarantine,
        started,
    };
    let (node, broadcasts) = load(parts)?;
    let journal = Journal::load(&loaded.journal, &loaded.attempts, wake.clone(), bus.clone())?;
    let backed_up = crate::core::stored_backed_up(&kv);
    let other_accounts = OtherAccounts::load(&kv, age == Age::Restored, secrets);
    let shown = crate::view::Tip { height: block.height, time_secs: 0 };
    let core = Core {
        settings,
        network,
        vault,
        purposes: crate::purpose::Purposes::load(kv.clone())?,
        kv,
        signer: keys,
        journal,
        book,
        freshness,
        recovery: crate::recovery::Recovery::default(),
        onchain,
        source,
        fees,
        node,
        bus,
        wake,
        status: crate::status::Status::new(shown, quarantine),
        previews: crate::previews::Previews::default(),
        openings: crate::lightning::opening::Openings::default(),
        pause: crate::claims::Pause::default(),
        other_accounts,
        backed_up: backed_up.into(),
        archive: false.into(),
        paying: tokio::sync::Mutex::new(()),
        staging: std::sync::Mutex::new(()),
    };
    Ok((core, broadcasts))
}

fn look(
    settings: &Settings,
    secrets: &WalletSecrets,
    vault: &Vault,
) -> Result<Freshness, StoreError> {
    let path = settings.tunables.mirror.clone();
    let path = path.unwrap_or_else(|| Mirror::beside(&settings.dir));
    Freshness::look(vault, Mirror::new(path, &secrets.data_key))
}

fn waker(wake: &Wake) -> impl Fn() + Send + Sync + 'static {
    let wake = wake.clone();
    move || wake.soon()
}

/// Wall-clock nanoseconds: LDK wants a start time that never repeats.
#[expect(clippy::disallowed_methods, reason = "the start of the process is an edge")]
fn random_start() -> u64 {
    let since =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn open_onchain(
    keys: &Keys,
    network: bitcoin::Network,
    age: Age,
    loaded: &Loaded,
    tip: Option<Tip>,
    wake: &Wake,
) -> Result<Onchain, StartError> {
    let on_change: crate::onchain::OnChange = Arc::new(waker(wake));
    let onchain = match age {
        Age::New => {
            let birthday = tip.map(|tip| BlockId { height: tip.height, hash: tip.hash });
            Onchain::create(keys, network, birthday, on_change)?
        }
        Age::Restored => Onchain::restore(keys, network, on_change)?,
        Age::Known => {
            Onchain::load(changesets::decode_all(&loaded.changesets)?, keys, network, on_change)?
        }
    };
    Ok(onchain)
}

fn open_fees(settings: &Settings, vault: &Vault) -> Fees {
    let (primary, secondary, key) = sync::FEES_KEY;
    let stored = vault.read_kv(primary, secondary, key).ok().flatten();
    stored
        .and_then(|bytes| Fees::from_bytes(settings.network, &bytes).ok())
        .unwrap_or_else(|| Fees::new(settings.network))
}

fn run_tasks(
    core: &Arc<Core>,
    tasks: &Tasks,
    broadcasts: UnboundedReceiver<Package>,
    listener: Option<TcpListener>,
) {
    tasks.spawn("broadcast", sync::broadcast(core.clone(), broadcasts));
    tasks.spawn("sync", sync::keep_synced(core.clone()));
    tasks.spawn("gossip", sync::keep_gossip(core.clone()));
    tasks.spawn("observe", observe::watch(core.clone()));
    let disk_core = core.clone();
    tasks.spawn("disk", async move { disk_core.status.watch_disk(&disk_core.bus).await });
    tasks.spawn("recovery", recovery::keep_written(core.clone()));
    tasks.spawn("mirror", freshness::keep_mirrored(core.clone()));
    let accounts_core = core.clone();
    tasks.spawn("other accounts", async move {
        after_first_sync(&accounts_core).await;
        other_accounts::look_once(&accounts_core).await;
    });
    let closes_core = core.clone();
    tasks.spawn("closes", async move {
        after_first_sync(&closes_core).await;
        closes::look_up(closes_core).await;
    });
    let peers_core = core.clone();
    tasks.spawn("peers", async move {
        after_first_sync(&peers_core).await;
        peers::keep_connected(peers_core).await;
    });
    if let Some(listener) = listener {
        let listen_core = core.clone();
        tasks.spawn("listen", async move {
            after_first_sync(&listen_core).await;
            peers::listen(listen_core, listener).await;
        });
    }
}

/// A peer that hears from us before we know the chain may see us act on old facts.
async fn after_first_sync(core: &Core) {
    core.freshness.trusted().await;
    let mut rounds = core.status.rounds.subscribe();
    while !core.status.was_synced() {
        if rounds.changed().await.is_err() {
            return;
        }
    }
}
