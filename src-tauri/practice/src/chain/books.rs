//! The books: what there is, to whom it belongs, and what miners earned. At every block the unspent outputs add up to
//! the subsidies, to the satoshi; stories prove their own totals against this.

use super::index::script_id;
use super::state::View;
use super::{PracticeChain, build, coin::Coin};
use bitcoin::{Amount, OutPoint, Script, Txid};
use fulmen_engine::amount::Sat;

/// The value of an anchor (BOLT 3).
pub const ANCHOR: Amount = Amount::from_sat(330);

impl PracticeChain {
    /// Everything the chain ever paid out of nothing: the subsidies of all blocks.
    pub fn subsidies_total(&self) -> Sat {
        self.read(|view| (1..=view.ledger.height()).map(build::subsidy).sum::<Amount>()).into()
    }

    /// Every confirmed unspent output.
    pub fn utxos(&self) -> Vec<(OutPoint, Coin)> {
        self.read(|view| {
            view.ledger.coins().map(|(output, coin)| (*output, coin.clone())).collect()
        })
    }

    /// The sum of all confirmed unspent outputs. Always [`Self::subsidies_total`].
    pub fn utxos_total(&self) -> Sat {
        self.read(|view| view.ledger.coins().map(|(_, coin)| coin.output.value).sum::<Amount>())
            .into()
    }

    /// What the confirmed unspent outputs of a script add up to.
    pub fn total_of(&self, script: &Script) -> Sat {
        let own = |coin: &&Coin| *coin.output.script_pubkey == *script;
        self.read(|view| {
            view.ledger
                .coins()
                .map(|(_, coin)| coin)
                .filter(own)
                .map(|coin| coin.output.value)
                .sum::<Amount>()
        })
        .into()
    }

    /// What confirmed transactions ever paid to a script, spent since or not.
    pub fn received_by(&self, script: &Script) -> Sat {
        self.read(|view| {
            let history = view.ledger.index.history(&script_id(script)).iter();
            let confirmed = history.filter_map(|txid| view.ledger.transaction(txid));
            let outputs = confirmed.flat_map(|(tx, _, _)| &tx.output);
            let own = outputs.filter(|output| *output.script_pubkey == *script);
            own.map(|output| output.value).sum::<Amount>()
        })
        .into()
    }

    /// What the faucet holds, confirmed, rewards that are not mature yet included.
    pub fn faucet_total(&self) -> Sat {
        self.total_of(&self.faucet_script())
    }

    /// Anchors of commitments that nobody fetches, because fetching one costs more than it holds.
    pub fn anchors_total(&self) -> Sat {
        let anchor =
            |coin: &Coin| coin.output.value == ANCHOR && coin.output.script_pubkey.is_p2wsh();
        let anchors = |view: &View| view.ledger.coins().filter(|(_, coin)| anchor(coin)).count();
        (ANCHOR * self.read(anchors) as u64).into()
    }

    /// What a transaction paid or will pay the miner, read from the chain or the mempool.
    pub fn fee_of(&self, txid: &Txid) -> Option<Sat> {
        self.read(|view| view.fee(txid)).map(Sat::from)
    }
}
