//! A peer as screens show it.

use crate::config::Settings;
use crate::node::Node;
use crate::view::Peer;
use bitcoin::secp256k1::PublicKey;

/// By the name that it gave itself, or the one that we suggest it by.
pub(crate) fn view_peer(node: &Node, settings: &Settings, peer: &PublicKey) -> Peer {
    let id = peer.to_string();
    let suggested =
        settings.suggested_peers.iter().find(|suggested| suggested.uri.starts_with(&id));
    let alias = node
        .routing_state
        .alias_if_read(peer)
        .or_else(|| suggested.map(|suggested| suggested.name.clone()));
    Peer { node_id: id, alias, connected: node.is_connected(peer) }
}
