//! The node: LDK's parts, held together. Plain data; what is done with them lives in the modules beside it.

use super::gate::Gate;
use super::gossip::RoutingState;
use super::keys::NodeKeys;
use super::types::{Bump, ChainMonitor, Manager, OnionMessenger, PeerManager, Router, Sweeper};
use crate::logger::Log;
use crate::node::details::has_anchors;
use crate::node::durable::outbox::Outbox;
use crate::node::durable::watch::{DeferredWatch, DirtyMonitors};
use crate::node::gate::onion::OnionGate;
use crate::node::gate::stale::Staleness;
use bitcoin::secp256k1::PublicKey;
use lightning::chain::channelmonitor::Balance;
use std::sync::Arc;

/// See the module.
pub(crate) struct Node {
    pub(crate) keys: Arc<NodeKeys>,
    pub(crate) log: Arc<Log>,
    pub(crate) manager: Arc<Manager>,
    pub(crate) chain_monitor: Arc<ChainMonitor>,
    pub(crate) watch: Arc<DeferredWatch>,
    pub(crate) dirty: Arc<DirtyMonitors>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) onion_gate: Arc<OnionGate>,
    pub(crate) staleness: Arc<Staleness>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) peers: Arc<PeerManager>,
    pub(crate) onion: Arc<OnionMessenger>,
    pub(crate) routing_state: RoutingState,
    pub(crate) router: Arc<Router>,
    pub(crate) sweeper: Arc<Sweeper>,
    pub(crate) bump: Bump,
}

impl Node {
    /// The handshake is done and the peer is not gone.
    pub(crate) fn is_connected(&self, peer: &PublicKey) -> bool {
        self.peers.peer_by_node_id(peer).is_some()
    }

    /// Channels whose close our coins must be able to pay for: every open one with anchors, and closed ones until what is
    /// left of them pays for itself. LDK lists only the open ones.
    pub(crate) fn channels_that_need_coins(&self) -> usize {
        let listed = self.manager.list_channels();
        let open =
            listed.iter().filter(|channel| channel.channel_type.as_ref().is_none_or(has_anchors));
        let monitors = self.chain_monitor.list_monitors().into_iter();
        let closed = monitors
            .filter(|id| !listed.iter().any(|channel| channel.channel_id == *id))
            .filter_map(|id| self.chain_monitor.get_monitor(id).ok())
            .filter(|monitor| has_anchors(&monitor.channel_type_features()))
            .filter(|monitor| monitor.get_claimable_balances().iter().any(needs_coins));
        open.count() + closed.count()
    }
}

/// A commitment that is in no block, and payments that are not settled. What only waits for its time is swept from what it
/// brings, and so is what a peer loses that published an old state.
fn needs_coins(balance: &Balance) -> bool {
    !matches!(
        balance,
        Balance::ClaimableAwaitingConfirmations { .. }
            | Balance::CounterpartyRevokedOutputClaimable { .. }
    )
}
