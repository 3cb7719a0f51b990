//! Who has what on the practice network.

use super::PracticeNetwork;
use fulmen_engine::Wallet;
use fulmen_engine::amount::{Msat, Sat};

/// With what the wallet owns it adds up to `mined`: blocks pay the faucet's key, miner fees included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audit {
    pub hub: Msat,
    pub shop: Msat,
    pub faucet: Sat,
    /// Outputs of channels closed by force that are not worth fetching.
    pub anchors: Sat,
    /// The subsidies of all blocks.
    pub mined: Sat,
}

impl Audit {
    /// Mined, and neither in the books nor in a wallet that owns `wallet`: what is on its way, and rests of a satoshi. In
    /// msat.
    pub fn unexplained(&self, wallet: Msat) -> i128 {
        let whole = |sat: Sat| i128::from(sat.get()) * 1000;
        let have = [wallet, self.hub, self.shop].map(|msat| i128::from(msat.get()));
        whole(self.mined) - have.iter().sum::<i128>() - whole(self.faucet) - whole(self.anchors)
    }
}

impl PracticeNetwork {
    /// Takes stock. Exact once both nodes have seen the newest block and no payment is under way.
    pub fn books(&self) -> Audit {
        Audit {
            hub: owned(self.hub()),
            shop: owned(self.shop()),
            faucet: self.chain().faucet_total(),
            anchors: self.chain().anchors_total(),
            mined: self.chain().subsidies_total(),
        }
    }
}

fn owned(node: &Wallet) -> Msat {
    node.snapshot().balance.total_msat
}
