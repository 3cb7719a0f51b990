//! Keeps LDK's clock from ending the agreement on a closing fee, see [`crate::node::gate::closing_fee`].

use crate::node::Node;
use bitcoin::secp256k1::PublicKey;
use lightning::ln::channel_state::ChannelShutdownState;
use std::collections::HashSet;

/// Before LDK's clock moves: no channel is then at it, so none is counted. LDK keeps what it offered for as long as the two
/// are connected, and they wait for each other if their ranges do not meet: so both begin anew, with the fees of now.
/// Agreeing takes no longer than a message each way, so hardly any peer notices.
pub(crate) fn interrupt(node: &Node) {
    for peer in agreeing(node) {
        tracing::info!(%peer, "no agreement on a closing fee yet; asking again");
        node.peers.disconnect_by_node_id(peer);
    }
}

fn agreeing(node: &Node) -> HashSet<PublicKey> {
    let listed = node.manager.list_channels().into_iter();
    let agreeing = listed.filter(|channel| {
        channel.channel_shutdown_state == Some(ChannelShutdownState::NegotiatingClosingFee)
    });
    agreeing.map(|channel| channel.counterparty.node_id).collect()
}
