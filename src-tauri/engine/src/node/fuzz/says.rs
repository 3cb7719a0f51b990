//! What a peer can say through the gate: each message as it is decoded, by its number (BOLT 1). Gossip has an entry of its own.

use super::decoded;
use crate::node::gate::Gate;
use bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::{
    ChannelMessageHandler as _, CommitmentSigned, PeerStorage, PeerStorageRetrieval,
    UpdateFulfillHTLC,
};

/// `channel_reestablish`.
pub(super) const REESTABLISH: u16 = 136;
/// `peer_storage_retrieval`.
pub(super) const GIVES_BACK: u16 = 9;
/// `closing_signed`.
pub(super) const CLOSING_SIGNED: u16 = 39;
/// `update_fulfill_htlc`.
pub(super) const FULFILLS: u16 = 130;

/// Of the messages that are handed on by reference.
macro_rules! hears {
    ($gate:ident, $peer:ident, $kind:ident, $bytes:ident; $($number:pat => $handler:ident,)*) => {
        match $kind {
            $($number => {
                if let Some(message) = decoded($bytes) {
                    $gate.$handler($peer, &message);
                }
            })*
            _ => by_value($gate, $peer, $kind, $bytes),
        }
    };
}

/// Whatever is none of them is not handed on.
pub(super) fn says(gate: &Gate, peer: PublicKey, kind: u16, bytes: &[u8]) {
    hears! { gate, peer, kind, bytes;
        2 => handle_stfu,
        17 => handle_error,
        32 => handle_open_channel,
        33 => handle_accept_channel,
        34 => handle_funding_created,
        35 => handle_funding_signed,
        36 => handle_channel_ready,
        38 => handle_shutdown,
        CLOSING_SIGNED => handle_closing_signed,
        64 => handle_open_channel_v2,
        65 => handle_accept_channel_v2,
        66 => handle_tx_add_input,
        67 => handle_tx_add_output,
        68 => handle_tx_remove_input,
        69 => handle_tx_remove_output,
        70 => handle_tx_complete,
        71 => handle_tx_signatures,
        72 => handle_tx_init_rbf,
        73 => handle_tx_ack_rbf,
        74 => handle_tx_abort,
        77 => handle_splice_locked,
        80 => handle_splice_init,
        81 => handle_splice_ack,
        128 => handle_update_add_htlc,
        131 => handle_update_fail_htlc,
        132 => handle_commitment_signed,
        133 => handle_revoke_and_ack,
        134 => handle_update_fee,
        135 => handle_update_fail_malformed_htlc,
        REESTABLISH => handle_channel_reestablish,
        258 => handle_channel_update,
        259 => handle_announcement_signatures,
    }
}

fn by_value(gate: &Gate, peer: PublicKey, kind: u16, bytes: &[u8]) {
    match kind {
        7 => {
            if let Some(message) = decoded::<PeerStorage>(bytes) {
                gate.handle_peer_storage(peer, message);
            }
        }
        GIVES_BACK => {
            if let Some(message) = decoded::<PeerStorageRetrieval>(bytes) {
                gate.handle_peer_storage_retrieval(peer, message);
            }
        }
        FULFILLS => {
            if let Some(message) = decoded::<UpdateFulfillHTLC>(bytes) {
                gate.handle_update_fulfill_htlc(peer, message);
            }
        }
        // `start_batch`: LDK's peer manager puts the signatures together that follow it.
        127 => {
            if let Some(message) = decoded::<CommitmentSigned>(bytes) {
                let batch = vec![message.clone(), message];
                gate.handle_commitment_signed_batch(peer, batch[0].channel_id, batch);
            }
        }
        _ => {}
    }
}
