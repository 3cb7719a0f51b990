//! A network as large as today's, drawn anew the same way each time: most nodes have few channels, some have very many.

use bitcoin::constants::ChainHash;
use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey};
use fastrand::Rng;
use lightning::util::ser::{BigSize, Writeable};

const NODES: usize = 16_000;
const CHANNELS: usize = 50_000;
/// No block of the practice chain is as high.
const FIRST_SCID: u64 = 500_000 << 40;
const SEED: u64 = 13;

/// Fields of an update that differ from the snapshot's defaults: fee rate and largest payment.
const FLAGS: u8 = 0b_0000_1100;

/// See the module.
pub(super) struct Network {
    keys: Vec<SecretKey>,
    /// Its node 0 is this one; the others' keys are ours.
    ids: Vec<PublicKey>,
    channels: Vec<(usize, usize)>,
}

impl Network {
    pub(super) fn around(center: PublicKey) -> Self {
        let (mut rng, secp) = (Rng::with_seed(SEED), Secp256k1::new());
        let mut key = || loop {
            let mut bytes = [0; 32];
            rng.fill(&mut bytes);
            if let Ok(key) = SecretKey::from_slice(&bytes) {
                return key;
            }
        };
        let keys: Vec<_> = (0..NODES).map(|_| key()).collect();
        let mut ids: Vec<_> = keys.iter().map(|key| key.public_key(&secp)).collect();
        ids[0] = center;
        let mut channels = Vec::with_capacity(CHANNELS);
        // A node comes up in it once for each channel: who has many gets more.
        let mut ends = vec![0];
        while channels.len() < CHANNELS {
            let newest = channels.len() + 1;
            let from = if newest < NODES { newest } else { rng.usize(0..NODES) };
            let to = ends[rng.usize(0..ends.len())];
            if from != to {
                channels.push((from, to));
                ends.extend([from, to]);
            }
        }
        Self { keys, ids, channels }
    }

    /// So many nodes other than the center, with their keys, spread over the network.
    pub(super) fn some(&self, count: usize) -> impl Iterator<Item = &SecretKey> {
        self.keys.iter().skip(1).step_by((NODES - 1) / count).take(count)
    }

    /// As a server of rapid gossip sync tells it, version 1, as of `time`.
    pub(super) fn snapshot(&self, chain: ChainHash, time: u32) -> Vec<u8> {
        let mut rng = Rng::with_seed(SEED);
        let mut out = b"LDK\x01".to_vec();
        out.extend(chain.to_bytes());
        out.extend(time.to_be_bytes());
        out.extend(count(self.ids.len()));
        self.ids.iter().for_each(|id| out.extend(id.serialize()));
        out.extend(count(self.channels.len()));
        for (index, (from, to)) in self.channels.iter().enumerate() {
            out.extend(0u16.to_be_bytes());
            for number in [delta(index), *from as u64, *to as u64] {
                out.extend(BigSize(number).encode());
            }
        }
        out.extend(count(2 * self.channels.len()));
        out.extend(40u16.to_be_bytes());
        out.extend(1_000u64.to_be_bytes());
        out.extend(1_000u32.to_be_bytes());
        out.extend(100u32.to_be_bytes());
        out.extend(1_000_000_000u64.to_be_bytes());
        for index in 0..self.channels.len() {
            for direction in 0..2 {
                let delta = if direction == 0 { delta(index) } else { 0 };
                out.extend(BigSize(delta).encode());
                out.push(FLAGS | direction);
                out.extend(rng.u32(1..2_000).to_be_bytes());
                out.extend((rng.u64(1..50) * 100_000_000).to_be_bytes());
            }
        }
        out
    }
}

/// From the channel before it.
fn delta(index: usize) -> u64 {
    if index == 0 { FIRST_SCID } else { 1 << 40 }
}

fn count(number: usize) -> [u8; 4] {
    u32::try_from(number).expect("few").to_be_bytes()
}
