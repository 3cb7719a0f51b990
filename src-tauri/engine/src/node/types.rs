//! LDK's generics, spelled once.

use super::graph::Graph;
use super::keys::NodeKeys;
use crate::chain::{Fees, SourceInUse};
use crate::logger::Log;
use crate::node::durable::outbox::Outbox;
use crate::node::durable::persister::MarkingPersister;
use crate::node::durable::watch::DeferredWatch;
use crate::onchain::Coins;
use crate::store::StagedKv;
use lightning::events::bump_transaction::sync::BumpTransactionEventHandlerSync;
use lightning::ln::msgs::RoutingMessageHandler;
use lightning::ln::peer_handler::IgnoringMessageHandler;
use lightning::onion_message::messenger::DefaultMessageRouter;
use lightning::routing::gossip::P2PGossipSync;
use lightning::routing::router::DefaultRouter;
use lightning::routing::scoring::{ProbabilisticScorer, ProbabilisticScoringFeeParameters};
use lightning::sign::InMemorySigner;
use lightning::util::sweep::OutputSweeperSync;
use lightning_net_tokio::SocketDescriptor;
use std::sync::{Arc, RwLock};

pub(crate) type Monitor = lightning::chain::channelmonitor::ChannelMonitor<InMemorySigner>;
pub(crate) type ChainMonitor = lightning::chain::chainmonitor::ChainMonitor<
    InMemorySigner,
    Arc<SourceInUse>,
    Arc<Outbox>,
    Arc<Fees>,
    Arc<Log>,
    Arc<MarkingPersister>,
    Arc<NodeKeys>,
>;
pub(crate) type Scorer = ProbabilisticScorer<Graph, Arc<Log>>;
pub(crate) type LdkRouter = DefaultRouter<
    Graph,
    Arc<Log>,
    Arc<NodeKeys>,
    Arc<RwLock<Scorer>>,
    ProbabilisticScoringFeeParameters,
    Scorer,
>;
pub(crate) type Router = super::routes::Routes;
pub(crate) type MessageRouter = DefaultMessageRouter<Graph, Arc<Log>, Arc<NodeKeys>>;
pub(crate) type Manager = lightning::ln::channelmanager::ChannelManager<
    Arc<DeferredWatch>,
    Arc<Outbox>,
    Arc<NodeKeys>,
    Arc<NodeKeys>,
    Arc<NodeKeys>,
    Arc<Fees>,
    Arc<Router>,
    Arc<MessageRouter>,
    Arc<Log>,
>;
pub(crate) type Gossip =
    P2PGossipSync<Graph, Arc<dyn lightning::routing::utxo::UtxoLookup + Send + Sync>, Arc<Log>>;
pub(crate) type OnionMessenger = lightning::onion_message::messenger::OnionMessenger<
    Arc<NodeKeys>,
    Arc<NodeKeys>,
    Arc<Log>,
    Arc<Manager>,
    Arc<MessageRouter>,
    Arc<super::gate::onion::OnionGate>,
    IgnoringMessageHandler,
    IgnoringMessageHandler,
    IgnoringMessageHandler,
>;
pub(crate) type PeerManager = lightning::ln::peer_handler::PeerManager<
    SocketDescriptor,
    Arc<super::gate::Gate>,
    Arc<dyn RoutingMessageHandler + Send + Sync>,
    Arc<OnionMessenger>,
    Arc<Log>,
    IgnoringMessageHandler,
    Arc<NodeKeys>,
    Arc<ChainMonitor>,
>;
pub(crate) type Sweeper = OutputSweeperSync<
    Arc<Outbox>,
    Arc<NodeKeys>,
    Arc<Fees>,
    Arc<SourceInUse>,
    Arc<StagedKv>,
    Arc<Log>,
    Arc<NodeKeys>,
>;
pub(crate) type Bump =
    BumpTransactionEventHandlerSync<Arc<Outbox>, Arc<Coins>, Arc<NodeKeys>, Arc<Log>>;
