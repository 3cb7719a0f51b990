//! What a blob says, in the 1,024 bytes that LDK keeps for a peer, and always in all of them: its length tells nothing. A TLV
//! stream (BOLT 1) padded with zeros, sealed with XChaCha20-Poly1305 under a random nonce. A format that old programs cannot
//! read gets another label, so that it does not open for them; whatever they may ignore gets an odd number.

#![expect(clippy::drop_non_drop, reason = "LDK's macros do it")]

use crate::keys::{Keys, random};
use crate::network::NetworkId;
use bitcoin::OutPoint;
use bitcoin::secp256k1::PublicKey;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit};
use lightning::impl_writeable_tlv_based;
use lightning::ln::msgs::SocketAddress;
use lightning::util::ser::{Readable, Writeable};
use zeroize::Zeroizing;

/// `MAX_PEER_STORAGE_SIZE` of LDK 0.2.
pub(super) const SIZE: usize = 1024;
const NONCE: usize = 24;
const TAG: usize = 16;
pub(super) const PLAIN: usize = SIZE - NONCE - TAG;

/// What a peer gave back: where a vault of these words was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witnessed {
    /// Made with the vault, and the same in all its copies.
    pub life: [u8; 16],
    /// Which opening of the vault wrote it.
    pub writer: [u8; 16],
    /// How often the wallet was restored from its living copy.
    pub term: u64,
    /// A commit of the vault that was durable.
    pub generation: u64,
    /// When, by the clock of the computer that wrote it, in seconds since 1970.
    pub at_secs: u64,
    /// Whom it had channels with, the largest first.
    pub peers: Vec<WitnessedPeer>,
    /// Channels that had no room here.
    pub left_out: u32,
}

/// A peer, and the channels with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessedPeer {
    pub node: PublicKey,
    /// Where it answered last.
    pub address: Option<SocketAddress>,
    /// The funding of each channel whose money was not on-chain yet.
    pub fundings: Vec<OutPoint>,
}

impl_writeable_tlv_based!(Witnessed, {
    (0, life, required),
    (2, writer, required),
    (4, term, required),
    (6, generation, required),
    (8, at_secs, required),
    (10, peers, required_vec),
    (12, left_out, required),
});

impl_writeable_tlv_based!(WitnessedPeer, {
    (0, node, required),
    (1, address, option),
    (2, fundings, required_vec),
});

/// What seals and opens the blobs of one wallet.
pub(super) struct Seal {
    key: Zeroizing<[u8; 32]>,
}

impl Seal {
    /// From the words, for one network: the same words have a wallet on each.
    pub(super) fn new(keys: &Keys, network: NetworkId) -> Self {
        let directory = network.parameters().directory;
        Self { key: keys.derive_label(&format!("witness v1 {directory}")) }
    }

    pub(super) fn seal(&self, said: Witnessed) -> Vec<u8> {
        let mut plain = fit(said);
        plain.resize(PLAIN, 0);
        let nonce: [u8; NONCE] = *random();
        let sealed = self.cipher().encrypt(nonce.as_slice().into(), plain.as_slice());
        let mut blob = nonce.to_vec();
        blob.extend(sealed.expect("a kilobyte is not too long"));
        blob
    }

    /// `None`: of other words, of another network, damaged, or no blob at all.
    pub(super) fn open(&self, blob: &[u8]) -> Option<Witnessed> {
        if blob.len() != SIZE {
            return None;
        }
        let (nonce, sealed) = blob.split_at(NONCE);
        let plain = self.cipher().decrypt(nonce.into(), sealed).ok()?;
        Witnessed::read(&mut plain.as_slice()).ok()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.key.as_slice().into())
    }
}

/// Leaves out what has no room: channels of whoever has most of them, then whole peers. Knowing with whom there was a channel
/// is worth more than knowing each.
fn fit(mut said: Witnessed) -> Vec<u8> {
    loop {
        let bytes = said.encode();
        if bytes.len() <= PLAIN {
            return bytes;
        }
        let most = said.peers.iter_mut().rev().max_by_key(|peer| peer.fundings.len());
        let left_out = match most.filter(|peer| peer.fundings.len() > 1) {
            Some(peer) => usize::from(peer.fundings.pop().is_some()),
            None => said.peers.pop().map_or(0, |peer| peer.fundings.len()),
        };
        said.left_out = said.left_out.saturating_add(u32::try_from(left_out).unwrap_or(u32::MAX));
    }
}
