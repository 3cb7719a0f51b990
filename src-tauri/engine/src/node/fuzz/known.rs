//! A node as a start finds it: it has two channels, and has heard nobody yet.

use crate::chain::{Address, Fees, Headers, Source, SourceInUse};
use crate::config::Settings;
use crate::logger::Log;
use crate::node::Node;
use crate::node::durable::outbox::Package;
use crate::node::durable::wake::Wake;
use crate::node::load::{Parts, load};
use crate::node::record::{ChannelRecord, ChannelStore};
use crate::onchain::{Coins, Onchain};
use crate::store::fuzz::WITH_CHANNELS;
use crate::store::{Loaded, StagedKv, Vault, changesets};
use crate::time::Timestamp;
use crate::view::NetworkId;
use crate::witness::Witnesses;
use bitcoin::OutPoint;
use bitcoin::secp256k1::PublicKey;
use lightning::chain::BestBlock;
use lightning::ln::types::ChannelId;
use std::sync::{Arc, LazyLock};
use tokio::sync::mpsc::UnboundedReceiver;

const NETWORK: NetworkId = NetworkId::Practice;

/// Nobody listens there, and nobody is asked.
const NOWHERE: &str = "tcp://127.0.0.1:1";

/// What no peer changes.
struct Shared {
    settings: Settings,
    loaded: Loaded,
    onchain: Arc<Onchain>,
    coins: Arc<Coins>,
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let (vault, keys) = (&WITH_CHANNELS.vault, &WITH_CHANNELS.keys);
    let kept = vault.changesets().expect("its coins");
    let kept = changesets::decode_all(&kept).expect("its coins");
    let onchain = Onchain::load(kept, keys, NETWORK.chain(), Arc::new(|| {}));
    let onchain = Arc::new(onchain.expect("a wallet of these keys"));
    Shared {
        settings: Settings {
            source_urls: vec![NOWHERE.to_owned()],
            ..Settings::of_nobody(NETWORK)
        },
        loaded: vault.load().expect("a whole vault"),
        coins: Arc::new(Coins::new(onchain.clone(), keys.clone())),
        onchain,
    }
});

/// The channel that it opened.
pub(super) struct Known {
    pub(super) user_id: u128,
    pub(super) peer: PublicKey,
    pub(super) id: ChannelId,
    pub(super) funding: OutPoint,
    pub(super) keys_id: [u8; 32],
}

impl Known {
    fn of(record: &ChannelRecord) -> Option<Self> {
        Some(Self {
            user_id: record.user_id,
            peer: record.peer.parse().ok()?,
            id: record.channel()?,
            funding: record.funding?,
            keys_id: record.keys_id?,
        })
    }
}

pub(super) static CHANNEL: LazyLock<Known> = LazyLock::new(|| {
    let all = records(staged()).all();
    let mut ours = all.iter().filter(|record| record.ours && record.ending.is_none());
    ours.find_map(Known::of).expect("an open channel")
});

/// Nobody takes what it stages.
fn staged() -> Arc<StagedKv> {
    Arc::new(StagedKv::new(WITH_CHANNELS.vault.clone(), || {}))
}

fn records(kv: Arc<StagedKv>) -> ChannelStore {
    ChannelStore::load(kv).expect("rows of ours")
}

fn witnesses(vault: &Arc<Vault>, kv: &StagedKv, term: u64) -> Witnesses {
    Witnesses::load((kv, vault.clone()), (&*WITH_CHANNELS.keys, NETWORK), term, false)
}

/// What a peer gives back after another copy of this wallet was there, which had gone on.
pub(super) fn newer_blob(peer: PublicKey) -> Vec<u8> {
    let copy = witnesses(&WITH_CHANNELS.copy, &staged(), 1);
    copy.give(peer, Vec::new(), Timestamp::from_secs(1_800_000_000))
}

/// It runs.
pub(super) struct Started {
    pub(super) node: Node,
    pub(super) records: Arc<ChannelStore>,
    pub(super) witnesses: Arc<Witnesses>,
    /// What may leave.
    pub(super) broadcasts: UnboundedReceiver<Package>,
}

/// As the fixture left it, with what an earlier run doubted.
pub(super) fn start(doubt: impl FnOnce(&mut ChannelRecord)) -> Started {
    start_with(&SHARED.loaded, doubt)
}

/// The same with this in the vault.
pub(super) fn start_with(loaded: &Loaded, doubt: impl FnOnce(&mut ChannelRecord)) -> Started {
    let Shared { settings, onchain, coins, .. } = &*SHARED;
    let kv = staged();
    let records = Arc::new(records(kv.clone()));
    drop(records.change(CHANNEL.user_id, doubt));
    let witnesses = Arc::new(witnesses(&WITH_CHANNELS.vault, &kv, 0));
    let address = Address::read(NOWHERE);
    let source = Source::new(&address, NETWORK, Arc::new(Log)).expect("an address");
    let headers = Arc::new(Headers::new(NETWORK));
    let tip = onchain.tip();
    let loaded = load(Parts {
        settings,
        network: NETWORK.chain(),
        vault: WITH_CHANNELS.vault.clone(),
        loaded,
        seed: WITH_CHANNELS.keys.ldk_seed(),
        onchain: onchain.clone(),
        coins: coins.clone(),
        fees: Arc::new(Fees::new(NETWORK)),
        source: Arc::new(SourceInUse::new(source, vec![address], headers)),
        log: Arc::new(Log),
        kv,
        wake: Wake::new(),
        best_block: BestBlock::new(tip.hash, tip.height),
        records: records.clone(),
        witnesses: witnesses.clone(),
        quarantine: false,
        salt: (1, 2),
        started: Timestamp::from_secs(1_800_000_000),
    });
    let (node, broadcasts) = loaded.expect("what was written opens");
    Started { node, records, witnesses, broadcasts }
}

/// As it would be written now, and opened again.
pub(super) fn loaded_again(node: &Node) -> Loaded {
    use crate::node::durable::encode::encoded;
    use crate::store::StoredMonitor;
    let manager = Some(encoded(&*node.manager));
    let stored = |channel: ChannelId| {
        let monitor = node.chain_monitor.get_monitor(channel).expect("it is listed");
        StoredMonitor {
            key: channel.to_string(),
            base: encoded(&*monitor),
            base_update_id: monitor.get_latest_update_id(),
            updates: Vec::new(),
        }
    };
    let monitors = node.chain_monitor.list_monitors().into_iter().map(stored).collect();
    Loaded { manager, monitors, ..SHARED.loaded.clone() }
}
