//! Gossip from peers, up to a limit. Nobody checks here whether an announced channel is on the chain, so a peer could make
//! the graph grow without end.

use super::gossip::MOST_CHANNELS;
use super::graph::Graph;
use super::types::Gossip;
use bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::{
    BaseMessageHandler, ChannelAnnouncement, ChannelUpdate, ErrorAction, Init, LightningError,
    MessageSendEvent, NodeAnnouncement, QueryChannelRange, QueryShortChannelIds, ReplyChannelRange,
    ReplyShortChannelIdsEnd, RoutingMessageHandler,
};
use lightning::routing::gossip::NodeId;
use lightning::types::features::{InitFeatures, NodeFeatures};
use lightning::util::logger::Level;

/// A graph with fewer channels is sent whole in a moment.
const SMALL: usize = 1_000;

/// LDK's gossip, which hears of no new channel once the graph is full. What is stale is forgotten hourly.
pub(crate) struct LimitedGossip {
    gossip: Gossip,
    graph: Graph,
    most_channels: usize,
    small: usize,
}

impl LimitedGossip {
    pub(crate) fn new(gossip: Gossip, graph: Graph) -> Self {
        Self { gossip, graph, most_channels: MOST_CHANNELS, small: SMALL }
    }

    /// The same for a graph of other sizes.
    #[cfg(feature = "test-util")]
    pub(super) fn of_at_most(gossip: Gossip, graph: Graph, most_channels: usize) -> Self {
        Self { gossip, graph, most_channels, small: 1 }
    }

    fn is_full(&self) -> bool {
        self.graph.read_only().channels().len() >= self.most_channels
    }
}

impl RoutingMessageHandler for LimitedGossip {
    fn handle_channel_announcement(
        &self,
        from: Option<PublicKey>,
        message: &ChannelAnnouncement,
    ) -> Result<bool, LightningError> {
        // Our own (`None`) is always heard.
        if from.is_some() && self.is_full() {
            return Err(LightningError {
                err: "the graph is full".to_owned(),
                action: ErrorAction::IgnoreAndLog(Level::Debug),
            });
        }
        self.gossip.handle_channel_announcement(from, message)
    }

    // A node is heard of only if one of its channels is known.
    fn handle_node_announcement(
        &self,
        from: Option<PublicKey>,
        message: &NodeAnnouncement,
    ) -> Result<bool, LightningError> {
        self.gossip.handle_node_announcement(from, message)
    }

    fn handle_channel_update(
        &self,
        from: Option<PublicKey>,
        message: &ChannelUpdate,
    ) -> Result<bool, LightningError> {
        self.gossip.handle_channel_update(from, message)
    }

    fn get_next_channel_announcement(
        &self,
        starting_point: u64,
    ) -> Option<(ChannelAnnouncement, Option<ChannelUpdate>, Option<ChannelUpdate>)> {
        self.gossip.get_next_channel_announcement(starting_point)
    }

    fn get_next_node_announcement(
        &self,
        starting_point: Option<&NodeId>,
    ) -> Option<NodeAnnouncement> {
        self.gossip.get_next_node_announcement(starting_point)
    }

    fn handle_reply_channel_range(
        &self,
        from: PublicKey,
        message: ReplyChannelRange,
    ) -> Result<(), LightningError> {
        self.gossip.handle_reply_channel_range(from, message)
    }

    fn handle_reply_short_channel_ids_end(
        &self,
        from: PublicKey,
        message: ReplyShortChannelIdsEnd,
    ) -> Result<(), LightningError> {
        self.gossip.handle_reply_short_channel_ids_end(from, message)
    }

    fn handle_query_channel_range(
        &self,
        from: PublicKey,
        message: QueryChannelRange,
    ) -> Result<(), LightningError> {
        self.gossip.handle_query_channel_range(from, message)
    }

    fn handle_query_short_channel_ids(
        &self,
        from: PublicKey,
        message: QueryShortChannelIds,
    ) -> Result<(), LightningError> {
        self.gossip.handle_query_short_channel_ids(from, message)
    }

    fn processing_queue_high(&self) -> bool {
        self.gossip.processing_queue_high()
    }
}

impl BaseMessageHandler for LimitedGossip {
    /// LDK asks only the first five connections of a process for all they know. If these broke, or a peer had to wait, the
    /// graph would stay small: then every connection is asked.
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        let mut events = self.gossip.get_and_clear_pending_msg_events();
        for event in &mut events {
            if let MessageSendEvent::SendGossipTimestampFilter { msg, .. } = event
                && self.graph.read_only().channels().len() < self.small
            {
                msg.first_timestamp = 0;
            }
        }
        events
    }

    fn peer_disconnected(&self, node: PublicKey) {
        self.gossip.peer_disconnected(node);
    }

    fn provided_node_features(&self) -> NodeFeatures {
        self.gossip.provided_node_features()
    }

    fn provided_init_features(&self, node: PublicKey) -> InitFeatures {
        self.gossip.provided_init_features(node)
    }

    fn peer_connected(&self, node: PublicKey, message: &Init, inbound: bool) -> Result<(), ()> {
        self.gossip.peer_connected(node, message, inbound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logger::Log;
    use crate::node::graph::NetworkGraph;
    use bitcoin::Network;
    use bitcoin::constants::ChainHash;
    use bitcoin::hashes::{Hash, sha256d};
    use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
    use lightning::ln::msgs::UnsignedChannelAnnouncement;
    use lightning::types::features::ChannelFeatures;
    use lightning::util::ser::Writeable;
    use std::sync::Arc;

    fn announced(short_channel_id: u64) -> ChannelAnnouncement {
        let secp = Secp256k1::new();
        let keys: Vec<SecretKey> =
            [1, 2, 3, 4].map(|byte| SecretKey::from_slice(&[byte; 32]).unwrap()).to_vec();
        let id = |key: &SecretKey| NodeId::from_pubkey(&key.public_key(&secp));
        let mut ends = [&keys[0], &keys[1]];
        ends.sort_by_key(|key| id(key));
        let contents = UnsignedChannelAnnouncement {
            features: ChannelFeatures::empty(),
            chain_hash: ChainHash::REGTEST,
            short_channel_id,
            node_id_1: id(ends[0]),
            node_id_2: id(ends[1]),
            bitcoin_key_1: id(&keys[2]),
            bitcoin_key_2: id(&keys[3]),
            excess_data: Vec::new(),
        };
        let hash = sha256d::Hash::hash(&contents.encode());
        let sign =
            |key: &SecretKey| secp.sign_ecdsa(&Message::from_digest(hash.to_byte_array()), key);
        ChannelAnnouncement {
            node_signature_1: sign(ends[0]),
            node_signature_2: sign(ends[1]),
            bitcoin_signature_1: sign(&keys[2]),
            bitcoin_signature_2: sign(&keys[3]),
            contents,
        }
    }

    fn limited(most_channels: usize) -> LimitedGossip {
        let log = Arc::new(Log);
        let graph = Graph::from(NetworkGraph::new(Network::Regtest, log.clone()));
        let gossip = Gossip::new(graph.clone(), None, log);
        LimitedGossip { gossip, graph, most_channels, small: 1 }
    }

    /// From when on each new connection is asked for gossip.
    fn asks_from(limited: &LimitedGossip, connections: usize) -> Vec<u32> {
        let peer = SecretKey::from_slice(&[9; 32]).unwrap().public_key(&Secp256k1::new());
        let mut features = InitFeatures::empty();
        features.set_gossip_queries_optional();
        let init = Init { features, networks: None, remote_network_address: None };
        for _ in 0..connections {
            limited.peer_connected(peer, &init, false).unwrap();
        }
        let asked = limited.get_and_clear_pending_msg_events().into_iter();
        asked
            .filter_map(|event| match event {
                MessageSendEvent::SendGossipTimestampFilter { msg, .. } => {
                    Some(msg.first_timestamp)
                }
                _ => None,
            })
            .collect()
    }

    #[test]
    fn a_small_graph_asks_every_connection_for_everything() {
        let limited = limited(2);
        assert_eq!(asks_from(&limited, 8), [0; 8]);
        limited.handle_channel_announcement(None, &announced(1)).unwrap();
        assert!(asks_from(&limited, 1)[0] > 0);
    }

    #[test]
    fn a_full_graph_hears_of_no_new_channel() {
        let limited = limited(2);
        let peer = SecretKey::from_slice(&[9; 32]).unwrap().public_key(&Secp256k1::new());
        for number in 1..=5 {
            let heard = limited.handle_channel_announcement(Some(peer), &announced(number));
            assert_eq!(heard.is_ok(), number <= 2, "{number}");
        }
        assert_eq!(limited.graph.read_only().channels().len(), 2);
    }
}
