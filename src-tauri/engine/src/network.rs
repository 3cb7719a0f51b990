//! Which chain is which.

use crate::view::NetworkId;
use bitcoin::{BlockHash, Network, constants::genesis_block};

/// Block 1 of the default signet. Every signet shares one genesis (BIP 325); block 1 is the first that tells them apart.
const SIGNET_FIRST: &str = "00000086d6b2636cb2a392d45edc4ec544a10024d30141c9adf4bfd9de533b53";
/// Block 1 of Mutinynet.
const MUTINYNET_FIRST: &str = "000002855893a0a9b24eaffc5efc770558a326fee4fc10c9da22fc19cd2954f9";

/// The chain parameters of a network: Mutinynet is a signet, the practice network a regtest.
pub fn bitcoin_network(network: NetworkId) -> Network {
    match network {
        NetworkId::Mainnet => Network::Bitcoin,
        NetworkId::Testnet4 => Network::Testnet4,
        NetworkId::Signet | NetworkId::Mutinynet => Network::Signet,
        NetworkId::Regtest | NetworkId::Practice => Network::Regtest,
    }
}

/// The blocks that prove a server is on this network: height and hash.
pub(crate) fn landmarks(network: NetworkId) -> Vec<(u32, BlockHash)> {
    let mut marks = vec![(0, genesis_block(bitcoin_network(network)).block_hash())];
    let first = match network {
        NetworkId::Signet => Some(SIGNET_FIRST),
        NetworkId::Mutinynet => Some(MUTINYNET_FIRST),
        NetworkId::Mainnet | NetworkId::Testnet4 | NetworkId::Regtest | NetworkId::Practice => None,
    };
    if let Some(hash) = first {
        marks.push((1, hash.parse().expect("a block hash written in this file")));
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutinynet_and_signet_differ_though_their_genesis_is_the_same() {
        let (signet, mutinynet) = (landmarks(NetworkId::Signet), landmarks(NetworkId::Mutinynet));
        assert_eq!(signet[0], mutinynet[0]);
        assert_ne!(signet[1], mutinynet[1]);
        assert_eq!(landmarks(NetworkId::Mainnet).len(), 1);
    }
}
