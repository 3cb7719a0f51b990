//! The books: every sat that was ever mined is somewhere. Miner fees are read from the chain, never from an engine.

use crate::World;
use fulmen_engine::Wallet;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_practice::network::PracticeNetwork;
use std::fmt;

/// The value of an anchor (BOLT 3), in sat.
const ANCHOR: Sat = Sat::new(330);

/// One line of the books.
#[derive(Clone, Debug)]
pub struct Line {
    pub what: &'static str,
    pub amount: Msat,
}

/// What everyone has, against what was mined.
#[derive(Clone, Debug)]
pub struct Books {
    pub lines: Vec<Line>,
    pub mined: Msat,
}

impl Books {
    /// Takes stock. Everyone must have seen the newest block.
    pub fn of(world: &World) -> Self {
        Self::with(&world.network, owned(&world.wallet))
    }

    /// The same for a wallet that lives elsewhere and owns `wallet`.
    pub fn with(network: &PracticeNetwork, wallet: Msat) -> Self {
        let chain = network.chain();
        let lines = vec![
            Line { what: "the wallet", amount: wallet },
            Line { what: "Hub", amount: owned(network.hub()) },
            Line { what: "Shop", amount: owned(network.shop()) },
            Line { what: "faucet and miner", amount: msat(chain.faucet_total()) },
            Line { what: "anchors left behind", amount: msat(anchors(network)) },
        ];
        Self { lines, mined: msat(chain.subsidies_total()) }
    }

    /// Mined and in nobody's books: trimmed payments, rests of a satoshi, fees of transactions that wait.
    pub fn unexplained(&self) -> i128 {
        let have: i128 = self.lines.iter().map(|line| i128::from(line.amount.get())).sum();
        i128::from(self.mined.get()) - have
    }
}

impl fmt::Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{:>20}  {}", line.what, line.amount)?;
        }
        write!(f, "{:>20}  {}; {} msat in nobody's books", "mined", self.mined, self.unexplained())
    }
}

/// Outputs of closed channels that nobody fetches, because fetching one costs more than it holds.
fn anchors(network: &PracticeNetwork) -> Sat {
    let coins = network.chain().utxos();
    let anchor = |coin: &fulmen_practice::chain::Coin| {
        Sat::from(coin.output.value) == ANCHOR && coin.output.script_pubkey.is_p2wsh()
    };
    Sat::sum(coins.iter().filter(|(_, coin)| anchor(coin)).map(|_| ANCHOR)).expect("few")
}

fn owned(wallet: &Wallet) -> Msat {
    wallet.snapshot().balance.total_msat
}

fn msat(sat: Sat) -> Msat {
    Msat::from_sat(sat).expect("regtest mines less than that")
}
