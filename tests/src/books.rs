//! The books: every sat that was ever mined is somewhere. Miner fees are read from the chain, never from an engine.

use crate::World;
use fulmen_engine::amount::Msat;
use fulmen_practice::network::{Audit as Network, PracticeNetwork};
use std::fmt;

/// What everyone has, against what was mined.
#[derive(Clone, Debug)]
pub struct Audit {
    wallet: Msat,
    network: Network,
}

impl Audit {
    /// Takes stock. Everyone must have seen the newest block.
    pub fn of(world: &World) -> Self {
        Self::with(&world.network, world.snapshot().balance.total_msat)
    }

    /// The same for a wallet that lives elsewhere and owns `wallet`.
    pub fn with(network: &PracticeNetwork, wallet: Msat) -> Self {
        Self { wallet, network: network.books() }
    }

    /// Mined and in nobody's books: trimmed payments, rests of a satoshi, fees of transactions that wait.
    pub fn unexplained(&self) -> i128 {
        self.network.unexplained(self.wallet)
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Network { hub, shop, faucet, anchors, mined } = self.network;
        writeln!(f, "{:>20}  {}", "the wallet", self.wallet)?;
        writeln!(f, "{:>20}  {hub}", "Hub")?;
        writeln!(f, "{:>20}  {shop}", "Shop")?;
        writeln!(f, "{:>20}  {faucet}", "faucet and miner")?;
        writeln!(f, "{:>20}  {anchors}", "anchors left behind")?;
        write!(f, "{:>20}  {mined}; {} msat in nobody's books", "mined", self.unexplained())
    }
}
