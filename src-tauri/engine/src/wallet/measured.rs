//! What the benches reach behind the door for.

use super::Wallet;
use crate::payments::preview;
use bitcoin::secp256k1::PublicKey;
use lightning::ln::channel_state::ChannelDetails;
use lightning::routing::router::{Route, RouteParameters};

impl Wallet {
    /// Writes what is known of the network, as is done from time to time. Blocking.
    pub fn save_gossip(&self) {
        self.core().node.routing_state.save();
    }

    /// Forgets what is stale of the network, as is done hourly. Blocking.
    pub fn prune_gossip(&self) {
        self.core().node.routing_state.graph.remove_stale_channels_and_tracking();
    }

    /// Where a search for a route begins: the node, and the channels that it can use.
    pub fn first_hops(&self) -> (PublicKey, Vec<ChannelDetails>) {
        let node = &self.core().node;
        (node.keys.node_id(), node.manager.list_usable_channels())
    }

    /// The way that a payment would take now.
    ///
    /// # Errors
    /// What LDK says if there is none.
    pub fn find_route(&self, parameters: &RouteParameters) -> Result<Route, &'static str> {
        preview::find_route(self.core(), parameters)
    }
}
