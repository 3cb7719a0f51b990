use crate::view::NetworkId;
use lightning_invoice::Currency;

impl NetworkId {
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
