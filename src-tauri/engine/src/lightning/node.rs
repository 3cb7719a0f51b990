//! The node: LDK's parts, held together. Plain data; what is done with them lives in the modules beside it.

use super::doubts::Doubts;
use super::gate::Gate;
use super::gossip::Knowledge;
use super::keys::NodeKeys;
use super::logger::Log;
use super::outbox::Outbox;
use super::types::{Bump, ChainMonitor, Manager, OnionMessenger, PeerManager, Router, Sweeper};
use super::watch::{DeferredWatch, Marks};
use std::sync::Arc;

/// See the module.
pub(crate) struct Node {
    pub(crate) keys: Arc<NodeKeys>,
    pub(crate) log: Arc<Log>,
    pub(crate) manager: Arc<Manager>,
    pub(crate) chain_monitor: Arc<ChainMonitor>,
    pub(crate) watch: Arc<DeferredWatch>,
    pub(crate) marks: Arc<Marks>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) doubts: Arc<Doubts>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) peers: Arc<PeerManager>,
    pub(crate) onion: Arc<OnionMessenger>,
    pub(crate) knowledge: Knowledge,
    pub(crate) router: Arc<Router>,
    pub(crate) sweeper: Arc<Sweeper>,
    pub(crate) bump: Bump,
}
