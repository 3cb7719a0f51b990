//! Builds the node from what the vault holds, in LDK's order: monitors, manager, then the monitors into the chain
//! monitor. If there are monitors but no manager it refuses; it never makes a new manager silently.

use super::config::user_config;
use super::gate::Gate;
use super::gossip::RoutingState;
use super::keys::NodeKeys;
use super::types::{
    Bump, ChainMonitor, Manager, MessageRouter, Monitor, OnionMessenger, PeerManager, Router,
    Sweeper,
};
use crate::chain::{Fees, SourceInUse};
use crate::config::Settings;
use crate::logger::Log;
use crate::node::durable::outbox::{Outbox, Package, UnreadablePackage};
use crate::node::durable::persister::MarkingPersister;
use crate::node::durable::wake::Wake;
use crate::node::durable::watch::{DeferredWatch, DirtyMonitors};
use crate::node::gate::loaded;
use crate::node::gate::onion::OnionGate;
use crate::node::gate::stale::Staleness;
use crate::node::parts::Node;
use crate::node::record::ChannelStore;
use crate::onchain::{Coins, Onchain};
use crate::store::{Loaded, StagedKv, StoredMonitor, Vault};
use crate::time::Timestamp;
use crate::witness::Witnesses;
use bitcoin::BlockHash;
use lightning::chain::BestBlock;
use lightning::chain::channelmonitor::ChannelMonitorUpdate;
use lightning::ln::channelmanager::{ChainParameters, ChannelManagerReadArgs};
use lightning::ln::msgs::{DecodeError, RoutingMessageHandler};
use lightning::ln::peer_handler::{IgnoringMessageHandler, MessageHandler};
use lightning::routing::scoring::ProbabilisticScoringFeeParameters;
use lightning::sign::{EntropySource, NodeSigner};
use lightning::util::persist::{
    KVStoreSync, OUTPUT_SWEEPER_PERSISTENCE_KEY, OUTPUT_SWEEPER_PERSISTENCE_PRIMARY_NAMESPACE,
    OUTPUT_SWEEPER_PERSISTENCE_SECONDARY_NAMESPACE,
};
use lightning::util::ser::{Readable, ReadableArgs};
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;

/// The node's state cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Part of it is damaged.
    #[error("cannot read the {what}: {cause:?}")]
    Damaged { what: &'static str, cause: DecodeError },
    /// There are channels but no manager: a fresh one would close them all.
    #[error("the vault holds {0} channels but no node state")]
    ManagerMissing(usize),
    /// A transaction that is to be sent out cannot be read.
    #[error("cannot read a transaction of the outbox")]
    Outbox(#[from] UnreadablePackage),
    /// The sweeper's state cannot be read.
    #[error("cannot read the sweeper's state")]
    Sweeper(#[source] std::io::Error),
}

/// What the node is built from.
pub(crate) struct Parts<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) network: bitcoin::Network,
    /// The synchronous mode alone writes without the loop.
    #[cfg_attr(not(feature = "test-util"), expect(dead_code))]
    pub(crate) vault: Arc<Vault>,
    pub(crate) loaded: &'a Loaded,
    pub(crate) seed: &'a [u8; 32],
    pub(crate) onchain: Arc<Onchain>,
    pub(crate) coins: Arc<Coins>,
    pub(crate) fees: Arc<Fees>,
    pub(crate) source: Arc<SourceInUse>,
    pub(crate) log: Arc<Log>,
    pub(crate) kv: Arc<StagedKv>,
    pub(crate) wake: Wake,
    pub(crate) best_block: BestBlock,
    pub(crate) records: Arc<ChannelStore>,
    pub(crate) witnesses: Arc<Witnesses>,
    /// The vault is older than its mirror.
    pub(crate) quarantine: bool,
    /// Salts the node's random numbers; never the same twice.
    pub(crate) salt: (u64, u32),
    /// What time it is.
    pub(crate) started: Timestamp,
}

/// Builds the node. The receiver yields packages that may be broadcast.
pub(crate) fn load(parts: Parts<'_>) -> Result<(Node, UnboundedReceiver<Package>), LoadError> {
    let keys = Arc::new(NodeKeys::new(parts.seed, parts.salt, parts.onchain.clone()));
    let staleness =
        Arc::new(loaded::staleness(parts.quarantine, parts.best_block.height, &parts.records));
    let (outbox, broadcasts) =
        Outbox::new(&parts.loaded.outbox, staleness.clone(), parts.wake.clone())?;
    let outbox = Arc::new(outbox);
    let dirty = Arc::new(DirtyMonitors::default());
    let chain_monitor = Arc::new(watcher(&parts, &keys, &outbox, &dirty));
    let watch = DeferredWatch::new(chain_monitor.clone(), parts.wake.clone());
    #[cfg(feature = "test-util")]
    let watch = watch.inline(crate::node::durable::inline::Inline::of(
        parts.settings.tunables.persistence,
        &parts.vault,
    ));
    let watch = Arc::new(watch);
    let routing_state =
        RoutingState::load(&parts.settings.dir, parts.kv.clone(), parts.network, parts.log.clone());
    let (router, message_router) = routers(&parts, &keys, &routing_state);

    let monitors = read_monitors(&parts, &keys, &outbox, &dirty)?;
    let manager = Arc::new(read_manager(
        &parts,
        &keys,
        &outbox,
        &watch,
        &router,
        &message_router,
        &monitors,
    )?);
    watch_stored(&chain_monitor, monitors);
    loaded::doubt(&staleness, &parts.records, &manager, &chain_monitor, &outbox);
    let sweeper = Arc::new(read_sweeper(&parts, &keys, &outbox)?);
    let bump = Bump::new(outbox.clone(), parts.coins.clone(), keys.clone(), parts.log.clone());
    let gate = Arc::new(gate(&parts, &keys, &manager, &staleness));
    let (onion_gate, onion) = onion(&parts, &keys, &manager, message_router);
    let peers = peers(&parts, &keys, &gate, &onion, &chain_monitor, &routing_state);
    let node = Node {
        keys,
        log: parts.log,
        manager,
        chain_monitor,
        watch,
        dirty,
        gate,
        onion_gate,
        staleness,
        outbox,
        peers,
        onion,
        routing_state,
        router,
        sweeper,
        bump,
    };
    Ok((node, broadcasts))
}

fn routers(
    parts: &Parts<'_>,
    keys: &Arc<NodeKeys>,
    routing_state: &RoutingState,
) -> (Arc<Router>, Arc<MessageRouter>) {
    let router = Router::new(
        routing_state.graph.clone(),
        parts.log.clone(),
        keys.clone(),
        routing_state.scorer.clone(),
        ProbabilisticScoringFeeParameters::default(),
    );
    let message_router = MessageRouter::new(routing_state.graph.clone(), keys.clone());
    (Arc::new(router), Arc::new(message_router))
}

fn gate(
    parts: &Parts<'_>,
    keys: &Arc<NodeKeys>,
    manager: &Arc<Manager>,
    staleness: &Arc<Staleness>,
) -> Gate {
    let (manager, staleness, keys) = (manager.clone(), staleness.clone(), keys.clone());
    let (records, wake) = (parts.records.clone(), parts.wake.clone());
    let asking = (parts.settings.role, parts.witnesses.clone());
    let probe = parts.settings.tunables.probe.clone();
    let gate = Gate::new(manager, staleness, records, keys, asking, wake, probe);
    #[cfg(feature = "broken-orders")]
    let gate = gate.broken(parts.settings.tunables.broken == Some(crate::config::Broken::GateOff));
    gate
}

fn watcher(
    parts: &Parts<'_>,
    keys: &Arc<NodeKeys>,
    outbox: &Arc<Outbox>,
    dirty: &Arc<DirtyMonitors>,
) -> ChainMonitor {
    let persister = MarkingPersister { dirty: dirty.clone(), wake: parts.wake.clone() };
    ChainMonitor::new(
        Some(parts.source.clone()),
        outbox.clone(),
        parts.log.clone(),
        parts.fees.clone(),
        Arc::new(persister),
        keys.clone(),
        keys.get_peer_storage_key(),
    )
}

/// Hands the stored monitors to the chain monitor, each complete: what is in the vault is durable.
fn watch_stored(chain_monitor: &ChainMonitor, monitors: Vec<Monitor>) {
    for monitor in monitors {
        let (channel, update_id) = (monitor.channel_id(), monitor.get_latest_update_id());
        if chain_monitor.load_existing_monitor(channel, monitor).is_err() {
            tracing::error!(%channel, "the vault holds a monitor twice");
        }
        // A kill between the commit of a channel's first monitor and the next one: LDK replays updates, but nobody else
        // would tell it that the first monitor is durable, and the channel would wait for ever.
        if let Err(error) = chain_monitor.channel_monitor_updated(channel, update_id) {
            tracing::error!(?error, %channel, "cannot complete a stored monitor");
        }
    }
}

fn read_monitors(
    parts: &Parts<'_>,
    keys: &Arc<NodeKeys>,
    outbox: &Arc<Outbox>,
    dirty: &DirtyMonitors,
) -> Result<Vec<Monitor>, LoadError> {
    parts
        .loaded
        .monitors
        .iter()
        .map(|stored| read_monitor(stored, parts, keys, outbox, dirty))
        .collect()
}

/// The base, then its updates in order. An update that the monitor refuses was refused at run time too: the state still
/// moves, so the monitor is marked to be written in full.
fn read_monitor(
    stored: &StoredMonitor,
    parts: &Parts<'_>,
    keys: &Arc<NodeKeys>,
    outbox: &Arc<Outbox>,
    dirty: &DirtyMonitors,
) -> Result<Monitor, LoadError> {
    let damaged = |cause| LoadError::Damaged { what: "channel monitor", cause };
    let (_, monitor) =
        <(BlockHash, Monitor)>::read(&mut stored.base.as_slice(), (&**keys, &**keys))
            .map_err(damaged)?;
    for (update_id, bytes) in &stored.updates {
        if *update_id <= monitor.get_latest_update_id() {
            continue;
        }
        let update = ChannelMonitorUpdate::read(&mut bytes.as_slice()).map_err(damaged)?;
        if monitor.update_monitor(&update, outbox, &parts.fees, &parts.log).is_err() {
            tracing::warn!(update_id, "a stored update was refused, as it was at run time");
            dirty.mark(monitor.channel_id());
        }
    }
    Ok(monitor)
}

fn read_manager(
    parts: &Parts<'_>,
    keys: &Arc<NodeKeys>,
    outbox: &Arc<Outbox>,
    watch: &Arc<DeferredWatch>,
    router: &Arc<Router>,
    message_router: &Arc<MessageRouter>,
    monitors: &[Monitor],
) -> Result<Manager, LoadError> {
    let mut config = user_config(parts.settings.network, parts.settings.role);
    config.channel_handshake_config.negotiate_anchors_zero_fee_htlc_tx =
        parts.settings.tunables.anchors;
    let Some(bytes) = &parts.loaded.manager else {
        if !monitors.is_empty() {
            return Err(LoadError::ManagerMissing(monitors.len()));
        }
        let chain = ChainParameters { network: parts.network, best_block: parts.best_block };
        let seconds = u32::try_from(parts.started.secs()).unwrap_or(u32::MAX);
        return Ok(Manager::new(
            parts.fees.clone(),
            watch.clone(),
            outbox.clone(),
            router.clone(),
            message_router.clone(),
            parts.log.clone(),
            keys.clone(),
            keys.clone(),
            keys.clone(),
            config,
            chain,
            seconds,
        ));
    };
    let arguments = ChannelManagerReadArgs::new(
        keys.clone(),
        keys.clone(),
        keys.clone(),
        parts.fees.clone(),
        watch.clone(),
        outbox.clone(),
        router.clone(),
        message_router.clone(),
        parts.log.clone(),
        config,
        monitors.iter().collect(),
    );
    let (_, manager) = <(BlockHash, Manager)>::read(&mut bytes.as_slice(), arguments)
        .map_err(|cause| LoadError::Damaged { what: "node state", cause })?;
    Ok(manager)
}

fn read_sweeper(
    parts: &Parts<'_>,
    keys: &Arc<NodeKeys>,
    outbox: &Arc<Outbox>,
) -> Result<Sweeper, LoadError> {
    let stored = parts.kv.read(
        OUTPUT_SWEEPER_PERSISTENCE_PRIMARY_NAMESPACE,
        OUTPUT_SWEEPER_PERSISTENCE_SECONDARY_NAMESPACE,
        OUTPUT_SWEEPER_PERSISTENCE_KEY,
    );
    match stored {
        Ok(bytes) => {
            let arguments = (
                outbox.clone(),
                parts.fees.clone(),
                Some(parts.source.clone()),
                keys.clone(),
                keys.clone(),
                parts.kv.clone(),
                parts.log.clone(),
            );
            let (_, sweeper) = <(BestBlock, Sweeper)>::read(&mut bytes.as_slice(), arguments)
                .map_err(|cause| LoadError::Damaged { what: "sweeper's state", cause })?;
            Ok(sweeper)
        }
        Err(error) if error.kind() == lightning::io::ErrorKind::NotFound => Ok(Sweeper::new(
            parts.best_block,
            outbox.clone(),
            parts.fees.clone(),
            Some(parts.source.clone()),
            keys.clone(),
            keys.clone(),
            parts.kv.clone(),
            parts.log.clone(),
        )),
        Err(error) => Err(LoadError::Sweeper(std::io::Error::other(error.to_string()))),
    }
}

fn onion(
    parts: &Parts<'_>,
    keys: &Arc<NodeKeys>,
    manager: &Arc<Manager>,
    message_router: Arc<MessageRouter>,
) -> (Arc<OnionGate>, Arc<OnionMessenger>) {
    let gate = Arc::new(OnionGate::new(manager.clone(), parts.wake.clone()));
    let messenger = OnionMessenger::new(
        keys.clone(),
        keys.clone(),
        parts.log.clone(),
        manager.clone(),
        message_router,
        gate.clone(),
        IgnoringMessageHandler {},
        IgnoringMessageHandler {},
        IgnoringMessageHandler {},
    );
    (gate, Arc::new(messenger))
}

fn peers(
    parts: &Parts<'_>,
    keys: &Arc<NodeKeys>,
    gate: &Arc<Gate>,
    onion: &Arc<OnionMessenger>,
    chain_monitor: &Arc<ChainMonitor>,
    routing_state: &RoutingState,
) -> Arc<PeerManager> {
    // A snapshot server tells of the network, or the peers do; not both, for nobody checks what a peer says.
    let gossip: Arc<dyn RoutingMessageHandler + Send + Sync> =
        if !parts.settings.rgs_urls.is_empty() {
            Arc::new(IgnoringMessageHandler {})
        } else {
            let gossip =
                super::types::Gossip::new(routing_state.graph.clone(), None, parts.log.clone());
            Arc::new(super::limited_gossip::LimitedGossip::new(gossip, routing_state.graph.clone()))
        };
    let handlers = MessageHandler {
        chan_handler: gate.clone(),
        route_handler: gossip,
        onion_message_handler: onion.clone(),
        custom_message_handler: IgnoringMessageHandler {},
        send_only_message_handler: chain_monitor.clone(),
    };
    let seconds = u32::try_from(parts.started.secs()).unwrap_or(u32::MAX);
    Arc::new(PeerManager::new(
        handlers,
        seconds,
        &keys.get_secure_random_bytes(),
        parts.log.clone(),
        keys.clone(),
    ))
}
