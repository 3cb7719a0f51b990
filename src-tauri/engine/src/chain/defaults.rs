//! The servers used unless the settings name others. NOT CONTACTED FROM CI: no test asks them for anything. The first
//! that answers with the right chain is used.

use crate::view::NetworkId;

/// Esplora servers, best first. Empty where the person (or the practice network) has to say.
pub fn esplora(network: NetworkId) -> &'static [&'static str] {
    match network {
        NetworkId::Mainnet => &["https://blockstream.info/api", "https://mempool.space/api"],
        NetworkId::Testnet4 => &["https://mempool.space/testnet4/api"],
        NetworkId::Signet => &["https://mempool.space/signet/api"],
        NetworkId::Mutinynet => &["https://mutinynet.com/api"],
        NetworkId::Regtest | NetworkId::Practice => &[],
    }
}

/// The Rapid Gossip Sync snapshot server, to which a time stamp is appended (`…/v2/0`). `None`: gossip from peers.
pub fn rapid_gossip(network: NetworkId) -> Option<&'static str> {
    match network {
        NetworkId::Mainnet => Some("https://rapidsync.lightningdevkit.org/v2"),
        NetworkId::Mutinynet => Some("https://rgs.mutinynet.com/snapshot"),
        NetworkId::Testnet4 | NetworkId::Signet | NetworkId::Regtest | NetworkId::Practice => None,
    }
}
