use crate::view::NetworkId;
use bitcoin::Network;
use lightning_invoice::Currency;

impl NetworkId {
    /// The chain's rules and address prefixes. Mutinynet is a signet, the practice network a regtest.
    pub fn bitcoin_network(self) -> Network {
        match self {
            NetworkId::Mainnet => Network::Bitcoin,
            NetworkId::Testnet4 => Network::Testnet4,
            NetworkId::Signet | NetworkId::Mutinynet => Network::Signet,
            NetworkId::Regtest | NetworkId::Practice => Network::Regtest,
        }
    }

    /// The prefix of invoices. `bitcoin::Network` would not do: an invoice's `tb` becomes Testnet 3 there.
    pub(super) fn currency(self) -> Currency {
        match self {
            NetworkId::Mainnet => Currency::Bitcoin,
            NetworkId::Testnet4 => Currency::BitcoinTestnet,
            NetworkId::Signet | NetworkId::Mutinynet => Currency::Signet,
            NetworkId::Regtest | NetworkId::Practice => Currency::Regtest,
        }
    }
}
