//! Putting a wallet together, step by step, each returning what the next needs. The order is LDK's and ours: lock, vault,
//! keys, on-chain wallet, node, loop, chain, and peers only after the first good look at the chain.

use super::logins::signed_in;
use super::tasks::run;
use crate::chain::{Address, Fees, Headers, Source, SourceError, SourceInUse, Tip};
use crate::channels::open;
use crate::channels::safeguards::Safeguards;
use crate::config::Settings;
use crate::contacts::kept::Contacts;
use crate::copy::{Copying, Seal};
use crate::core::Core;
use crate::error::{Code, Coded, chain_of};
use crate::event::Bus;
use crate::http::HttpError;
use crate::keys::{Keys, WalletSecrets};
use crate::lnurl::Links;
use crate::locked::Locked;
use crate::logger::Log;
use crate::lost_channels::kept::LostChannels;
use crate::node::load::{LoadError, Parts, load};
use crate::node::record::ChannelStore;
use crate::node::{Node, Package, Wake};
use crate::onchain::labels::OutputLabels;
use crate::onchain::purpose::Purposes;
use crate::onchain::{Coins, Onchain, OpenError};
use crate::other_accounts::OtherAccounts;
use crate::payments::own_offers::OwnOffers;
use crate::payments::{Journal, JournalError, index_earlier};
use crate::peers::addresses::Addresses;
use crate::peers::needed::Needed;
use crate::rates::{RateSources, Rates};
use crate::run::{follow, looping};
use crate::status::Status;
use crate::store::{
    Freshness, Loaded, LockError, Mirror, ProcessLock, StagedKv, StoreError, Vault, changesets,
};
use crate::task::{self, Tasks};
use crate::time::Timestamp;
use crate::view::NetworkId;
use crate::witness::Witnesses;
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
    #[error("cannot make a client for what a handed text leads to")]
    Http(#[from] HttpError),
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
            Self::Http(_) | Self::Io(_) => Code::Internal,
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

/// How long `Wallet::stop` may take before a caller should give up.
pub const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// The vault's file in a wallet's directory.
pub(crate) const VAULT_FILE: &str = "vault.db";

/// More rows of the on-chain wallet's log than these become one when the wallet opens.
const MOST_CHANGESETS: usize = 256;

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
    let wake = Wake::new();
    let freshness = Arc::new(look(&settings, secrets, &vault)?);
    if age == Age::Known && !freshness.is_quarantined() {
        // Every look at the chain adds a row.
        vault.compact_changesets(MOST_CHANGESETS)?;
    }
    // A long history takes its time to be read and counted, the chain source takes its own to answer.
    let opening = task::blocking(open_onchain(&settings, secrets, age, vault.clone(), &wake));
    let kept = Kept::read(vault, freshness, wake)?;
    let listed = signed_in(&kept.kv, &settings.source_urls);
    let (source, tip) = find(&settings, &listed).await?;
    let listener = bind(&settings).await?;
    let opened = opening.await??;
    if let (Age::New, Some(tip)) = (age, tip) {
        opened.onchain.begin_at(first_block(settings.network, tip))?;
    }
    let listening = listener.as_ref().map(TcpListener::local_addr).transpose()?;
    let (core, broadcasts) = assemble(settings, secrets, age, kept, opened, (source, listed))?;
    crate::channels::purpose::keep_known(&core)?;
    crate::run::events::keep_first_hops(&core);
    let core = Arc::new(core);
    open::at_start(&core);
    let tasks = Tasks::new();
    let looping = looping::start(core.clone(), tasks.token())?;
    for (_, package) in core.node.outbox.packages() {
        for transaction in &package {
            core.onchain.reapply(transaction, Timestamp::now());
        }
        core.node.outbox.send(package);
    }
    run(&core, &tasks, broadcasts, listener);
    let lock = std::sync::Mutex::new(Some(lock));
    Ok(Running { core, tasks, looping: std::sync::Mutex::new(Some(looping)), listening, lock })
}

/// Where a new wallet begins: the newest block that this program knows, if it knows one above the first of all. LDK and BDK take
/// its height for the chain's until they hear of a checked one, so a server's word is taken only where there is nothing else.
fn first_block(network: NetworkId, tip: Tip) -> BlockId {
    match network.checkpoint() {
        Some((height, hash, _)) if height > 0 => BlockId { height, hash },
        _ => tip.into(),
    }
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

/// A vault without sealed keys: a creation that was cut short, or keys that someone removed. Never deleted.
pub(crate) fn set_aside_orphan(dir: &Path) -> std::io::Result<()> {
    let orphan = dir.join(VAULT_FILE);
    if !orphan.exists() {
        return Ok(());
    }
    let stamp = Timestamp::now().secs();
    for suffix in ["", "-wal", "-shm"] {
        let from = dir.join(format!("{VAULT_FILE}{suffix}"));
        if from.exists() {
            std::fs::rename(&from, dir.join(format!("orphan-{stamp}-{VAULT_FILE}{suffix}")))?;
        }
    }
    Ok(())
}

async fn find(
    settings: &Settings,
    listed: &[Address],
) -> Result<(Source, Option<Tip>), SourceError> {
    match settings.tunables.offline {
        true => Ok((first_source(settings, listed)?, None)),
        false => find_source(settings, listed).await,
    }
}

/// The first source that answers on the right chain; the first of all if none does, to be tried again later.
async fn find_source(
    settings: &Settings,
    listed: &[Address],
) -> Result<(Source, Option<Tip>), SourceError> {
    let (logger, patience) = (Arc::new(Log), settings.tunables.source_patience);
    let connecting = Source::connect(listed, settings.network, logger, patience);
    if let Ok(Ok((source, tip))) = tokio::time::timeout(SOURCE_PATIENCE, connecting).await {
        return Ok((source, Some(tip)));
    }
    Ok((first_source(settings, listed)?, None))
}

/// The same of those that a person chooses. One that answers from another network would never be of use.
///
/// # Errors
/// [`SourceError::WrongNetwork`], if one of them is on another network.
pub(crate) async fn choose_source(
    settings: &Settings,
    listed: &[Address],
) -> Result<Source, SourceError> {
    let mut found = None;
    let looking = async {
        for address in listed {
            let source = first_source(settings, std::slice::from_ref(address))?;
            match source.check().await {
                Ok(_) if found.is_none() => found = Some(source),
                Ok(_) => {}
                Err(error @ SourceError::WrongNetwork { .. }) => return Err(error),
                Err(error) => {
                    let url = address.url();
                    tracing::warn!(url, error = chain_of(&error), "a chosen server is of no use");
                }
            }
        }
        Ok(())
    };
    if let Ok(Err(error)) = tokio::time::timeout(SOURCE_PATIENCE, looking).await {
        return Err(error);
    }
    found.map_or_else(|| first_source(settings, listed), Ok)
}

/// The first of all, not asked for anything.
pub(crate) fn first_source(settings: &Settings, listed: &[Address]) -> Result<Source, SourceError> {
    let first = listed.first().ok_or(SourceError::NotSet)?;
    let patience = settings.tunables.source_patience;
    Source::with_patience(first, settings.network, Arc::new(Log), patience)
}

async fn bind(settings: &Settings) -> std::io::Result<Option<TcpListener>> {
    match settings.listen {
        Some(address) => Ok(Some(TcpListener::bind(address).await?)),
        None => Ok(None),
    }
}

/// The vault's part that grows with a long life, read while the on-chain wallet opens.
pub(super) struct Kept {
    vault: Arc<Vault>,
    freshness: Arc<Freshness>,
    wake: Wake,
    loaded: Loaded,
    pub(super) kv: Arc<StagedKv>,
    records: Arc<ChannelStore>,
    purposes: Arc<Purposes>,
    headers: Vec<(String, Vec<u8>)>,
}

impl Kept {
    pub(super) fn read(
        vault: Arc<Vault>,
        freshness: Arc<Freshness>,
        wake: Wake,
    ) -> Result<Self, StartError> {
        index_earlier(&vault)?;
        let kv = Arc::new(StagedKv::new(vault.clone(), waker(&wake)));
        let (primary, secondary) = follow::HEADERS;
        Ok(Self {
            headers: kv.read_all(primary, secondary)?,
            loaded: vault.load()?,
            records: Arc::new(ChannelStore::load(kv.clone())?),
            purposes: Arc::new(Purposes::load(kv.clone())?),
            vault,
            freshness,
            wake,
            kv,
        })
    }
}

/// What the node and the rest of the wallet share.
struct Shared {
    network: bitcoin::Network,
    keys: Arc<Keys>,
    onchain: Arc<Onchain>,
    source: Arc<SourceInUse>,
    fees: Arc<Fees>,
}

impl Shared {
    fn open(
        settings: &Settings,
        kept: &mut Kept,
        Opened { keys, onchain }: Opened,
        (source, listed): (Source, Vec<Address>),
    ) -> Self {
        let has_channels = !kept.loaded.monitors.is_empty();
        let followed = if has_channels { onchain.well_below_tip() } else { None };
        onchain.told_by(kept.purposes.clone());
        let headers = Headers::load(settings.network, std::mem::take(&mut kept.headers), followed);
        Self {
            network: settings.network.chain(),
            onchain: Arc::new(onchain),
            source: Arc::new(SourceInUse::new(source, listed, Arc::new(headers))),
            fees: Arc::new(open_fees(settings, &kept.vault)),
            keys,
        }
    }

    fn node(
        &self,
        settings: &Settings,
        kept: &Kept,
        term: u64,
        is_new: bool,
    ) -> Result<(Node, UnboundedReceiver<Package>), LoadError> {
        let block = self.onchain.tip();
        let (vault, keys) = ((&*kept.kv, kept.vault.clone()), (&*self.keys, settings.network));
        let witnesses = Arc::new(Witnesses::load(vault, keys, term, is_new));
        load(Parts {
            settings,
            network: self.network,
            vault: kept.vault.clone(),
            loaded: &kept.loaded,
            seed: self.keys.ldk_seed(),
            coins: Arc::new(Coins::new(self.onchain.clone(), self.keys.clone())),
            onchain: self.onchain.clone(),
            fees: self.fees.clone(),
            source: self.source.clone(),
            log: Arc::new(Log),
            kv: kept.kv.clone(),
            wake: kept.wake.clone(),
            best_block: BestBlock::new(block.hash, block.height),
            records: kept.records.clone(),
            witnesses,
            quarantine: kept.freshness.is_quarantined(),
            salt: salt(),
            started: Timestamp::now(),
        })
    }
}

pub(super) fn assemble(
    settings: Settings,
    secrets: &WalletSecrets,
    age: Age,
    mut kept: Kept,
    opened: Opened,
    chain: (Source, Vec<Address>),
) -> Result<(Core, UnboundedReceiver<Package>), StartError> {
    let shared = Shared::open(&settings, &mut kept, opened, chain);
    let seal = Seal::new(&shared.keys, settings.network);
    let copying = Arc::new(Copying::load(&kept.kv, &kept.vault, seal, &settings.dir));
    let is_new = age != Age::Known;
    let (node, broadcasts) = shared.node(&settings, &kept, copying.term(), is_new)?;
    let Shared { network, keys, onchain, source, fees } = shared;
    let Kept { vault, freshness, wake, loaded, kv, records, purposes, .. } = kept;
    let quarantine = freshness.is_quarantined();
    let output_labels = OutputLabels::load(kv.clone())?;
    onchain.stay_frozen(output_labels.frozen());
    let bus = Bus::new();
    let rates = Arc::new(Rates::load(kv.clone()));
    let core = Core {
        journal: Journal::load(&loaded, vault.clone(), rates.clone(), wake.clone(), bus.clone())?,
        status: first_status(&settings, onchain.tip(), quarantine),
        links: Links::new(settings.tunables.local.clone(), kv.clone())?,
        rate_sources: RateSources::new(settings.network, settings.tunables.local.clone())?,
        settings,
        network,
        vault,
        purposes,
        output_labels,
        addresses: Addresses::load(kv.clone())?,
        needed: Needed::default(),
        own_offers: OwnOffers::load(kv.clone())?,
        contacts: Contacts::load(kv.clone())?,
        other_accounts: OtherAccounts::load(&kv, age == Age::Restored, secrets),
        lost: LostChannels::load(kv.clone())?,
        quiz: Default::default(),
        backed_up: crate::core::stored_backed_up(&kv).into(),
        safeguards: Safeguards::load(kv.clone()),
        kv,
        _signer_locked: Locked::under(&*keys),
        signer: keys,
        records,
        freshness,
        recovery: Default::default(),
        copying,
        onchain,
        source,
        fees,
        node,
        bus,
        wake,
        rates,
        previews: Default::default(),
        openings: Default::default(),
        frozen: Default::default(),
        fundings: Default::default(),
        archive: false.into(),
        wishes: tokio::sync::Notify::new(),
        paying: tokio::sync::Mutex::new(()),
        proving: tokio::sync::Mutex::new(()),
        staging: std::sync::Mutex::new(()),
    };
    Ok((core, broadcasts))
}

/// Before anybody looked at the chain. The newest block's time is not known yet.
fn first_status(settings: &Settings, newest: BlockId, quarantine: bool) -> Status {
    let tip = crate::view::Tip { height: newest.height, time_secs: 0 };
    let tunables = &settings.tunables;
    let block_every = tunables.block_every.or(settings.network.parameters().block_every);
    Status::new(tip, quarantine, tunables.offline, block_every)
}

pub(super) fn look(
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

/// LDK asks for a start time, for the sake of two numbers that never repeat. A clock may repeat.
fn salt() -> (u64, u32) {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    let [a, b, c, d, e, f, g, h, i, j, k, l] = bytes;
    (u64::from_be_bytes([a, b, c, d, e, f, g, h]), u32::from_be_bytes([i, j, k, l]))
}

/// What the words and BDK's log give. Nobody is asked for it.
pub(super) struct Opened {
    keys: Arc<Keys>,
    onchain: Onchain,
}

/// Derives the keys and reads the on-chain wallet back. Blocking, and long if its history is.
pub(super) fn open_onchain(
    settings: &Settings,
    secrets: &WalletSecrets,
    age: Age,
    vault: Arc<Vault>,
    wake: &Wake,
) -> impl FnOnce() -> Result<Opened, StartError> + Send + 'static {
    let network = settings.network.chain();
    let keys = Keys::derive(&secrets.words, secrets.passphrase.as_ref(), network);
    let on_change: crate::onchain::OnChange = Arc::new(waker(wake));
    move || {
        let onchain = match age {
            Age::New | Age::Restored => Onchain::create(&keys, network, on_change)?,
            Age::Known => {
                let kept = changesets::decode_all(&vault.changesets()?)?;
                Onchain::load(kept, &keys, network, on_change)?
            }
        };
        Ok(Opened { keys: Arc::new(keys), onchain })
    }
}

fn open_fees(settings: &Settings, vault: &Vault) -> Fees {
    let (primary, secondary, key) = follow::FEES_KEY;
    let stored = vault.read_kv(primary, secondary, key).ok().flatten();
    stored
        .and_then(|bytes| Fees::from_bytes(settings.network, &bytes).ok())
        .unwrap_or_else(|| Fees::new(settings.network))
        .paced(settings.tunables.fee_hour)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::BlockHash;
    use bitcoin::hashes::Hash;

    #[test]
    fn a_new_wallet_begins_at_a_block_that_is_known() {
        let hash = BlockHash::from_byte_array([9; 32]);
        let told = Tip { height: 4_000_000, hash, time: Timestamp::from_secs(1) };
        let height = |network| first_block(network, told).height;
        assert_eq!(height(NetworkId::Mainnet), 963_647);
        assert_eq!(height(NetworkId::Signet), 316_511);
        assert_eq!(height(NetworkId::Mutinynet), 4_000_000, "there is none");
        assert_eq!(height(NetworkId::Practice), 4_000_000, "the first of all says nothing");
    }
}
