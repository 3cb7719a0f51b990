//! The health panel's facts.

use super::unchecked::unchecked_coins;
use crate::core::Core;
use crate::peers::view_peer;
use crate::view::{Health, PeerHealth};
use std::collections::{BTreeMap, HashSet};

/// All of them, now.
pub(crate) fn health(core: &Core) -> Health {
    let (graph_nodes, graph_channels) = core.node.routing_state.size();
    let mut peers: BTreeMap<_, u32> = core
        .node
        .peers
        .list_peers()
        .into_iter()
        .map(|peer| (peer.counterparty_node_id, 0))
        .collect();
    for channel in core.node.manager.list_channels() {
        *peers.entry(channel.counterparty.node_id).or_default() += 1;
    }
    let storing: HashSet<_> = core.node.gate.storing().into_iter().map(|(node, _)| node).collect();
    let peers = peers
        .into_iter()
        .map(|(node, channels)| {
            let peer = view_peer(&core.node, &core.settings, &node);
            PeerHealth {
                node_id: peer.node_id,
                alias: peer.alias,
                connected: peer.connected,
                channels,
                witness: channels > 0 && storing.contains(&node),
            }
        })
        .collect();
    let (source_trouble, channels_trouble) = core.status.troubles();
    let source = core.source.source();
    Health {
        sync: core.status.sync(),
        tip: core.status.tip(),
        last_sync_secs: core.status.last_good().map(crate::time::Timestamp::secs),
        source: source.url().to_owned(),
        source_trouble,
        watcher: core.status.watcher(),
        unchecked_msat: unchecked_coins(core),
        channels_trouble,
        relays_packages: source.known_relays_packages(),
        clock: core.status.clock_offset(),
        peers,
        graph_nodes,
        graph_channels,
        graph_updated_secs: core
            .node
            .routing_state
            .graph
            .get_last_rapid_gossip_sync_timestamp()
            .map(u64::from),
        generation: core.vault.generation().0,
        vault_bytes: core.vault.bytes_on_disk(),
    }
}
