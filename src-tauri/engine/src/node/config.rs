//! LDK's settings, each with its reason.

use crate::config::Role;
use crate::view::NetworkId;
use lightning::util::config::{
    ChannelConfig, ChannelHandshakeConfig, ChannelHandshakeLimits, UserConfig,
};

/// Blocks that the *peer* must wait after closing by force: our time to punish a lie. A laptop may be off for days, so five of
/// them and not LDK's one; implementations take up to 2016.
pub(crate) const PEER_WAITS_BLOCKS: u16 = 720;

/// Confirmations before a channel that a peer opens to us is used. LDK's default is six, about an hour; the peer would
/// have to undo three blocks to take back what it has paid us.
pub(crate) const CONFIRMATIONS: u32 = 3;

/// Incoming payments that a channel holds at once. A payment keeps its place for two more round trips after the payer has seen
/// it paid, so LDK's 50 refuse the next one while fewer than 50 are under way; the protocol ends at 483.
const PAYMENTS_IN_A_CHANNEL: u16 = 150;

/// The settings for a role.
pub(crate) fn user_config(network: NetworkId, role: Role) -> UserConfig {
    let router = role == Role::Router;
    UserConfig {
        channel_handshake_config: ChannelHandshakeConfig {
            minimum_depth: CONFIRMATIONS,
            our_to_self_delay: PEER_WAITS_BLOCKS,
            // Of what the peer sends at a time; LDK's 10 % would let a private wallet receive no more than that at once.
            max_inbound_htlc_value_in_flight_percent_of_channel: 100,
            our_max_accepted_htlcs: PAYMENTS_IN_A_CHANNEL,
            // An invoice names the channel by an alias instead of its place in a block, which would tell the payer our coins.
            // A channel cannot have it and be announced.
            negotiate_scid_privacy: !router,
            // The fee of a commitment is paid when it is published. Without anchors it is what both agreed on when they last
            // talked, and nothing can raise it.
            negotiate_anchors_zero_fee_htlc_tx: true,
            // The script that a close pays to is fixed when the channel opens (LDK's default, `commit_upfront_shutdown_pubkey`):
            // whoever steals the node's keys later cannot have it paid elsewhere.
            ..ChannelHandshakeConfig::default()
        },
        channel_handshake_limits: ChannelHandshakeLimits {
            // LDK stops at 2^24 - 1 sat, as all did before BOLT 9's `option_support_large_channel`.
            max_funding_satoshis: network.parameters().channels.largest_sat,
            // Whether a channel that a peer opens is announced is for our own rule to judge.
            force_announced_channel_preference: false,
            ..ChannelHandshakeLimits::default()
        },
        // Among them: up to 1000 sat above its own feerate rather than a close by force
        // (`force_close_avoidance_max_fee_satoshis`), and a limit of dust that grows with the feerate.
        channel_config: ChannelConfig::default(),
        // Every channel that a peer opens is decided by our own rule: `run::events::channel`.
        manually_accept_inbound_channels: true,
        // A private channel of a leaf must never be a way for others.
        accept_forwards_to_priv_channels: router,
        // What guards against old state knows a channel by the one output that funded it ([`crate::node::gate::stale`]).
        reject_inbound_splices: true,
        // The answer to an offer is looked at and written down before it is paid.
        manually_handle_bolt12_invoices: true,
        ..UserConfig::default()
    }
}

/// The same, for a channel that a router announces to the network.
pub(crate) fn announced(network: NetworkId, role: Role) -> UserConfig {
    let mut config = user_config(network, role);
    config.channel_handshake_config.announce_for_forwarding = true;
    config.channel_handshake_config.negotiate_scid_privacy = false;
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_peer_moves_a_channel_to_another_output() {
        for role in [Role::Leaf, Role::Router] {
            assert!(user_config(NetworkId::Mainnet, role).reject_inbound_splices);
            assert!(announced(NetworkId::Mainnet, role).reject_inbound_splices);
        }
    }
}
