//! The coins of the on-chain wallet, as a screen shows them.

use crate::core::Core;
use crate::onchain::{Coin, Use};
use crate::view::{self, CoinState};
use bitcoin::Address;

/// All unspent ones, the largest first.
pub(crate) fn coins(core: &Core) -> Vec<view::Coin> {
    let (tip, history) = (core.onchain.tip().height, core.onchain.history());
    let seen = |coin: &Coin| {
        let tx = history.get(&coin.outpoint.txid)?;
        tx.confirmation.map(|at| at.time).or(tx.seen)
    };
    let shown = |coin: Coin| {
        // An output of a wallet's descriptor has an address.
        let address = Address::from_script(&coin.script, core.network).ok()?;
        Some(view::Coin {
            outpoint: coin.outpoint.to_string(),
            txid: coin.outpoint.txid.to_string(),
            amount_sat: coin.amount,
            address: address.to_string(),
            is_change: coin.is_change,
            confirmations: coin.height.map_or(0, |height| tip.saturating_sub(height) + 1),
            since_secs: seen(&coin).map(|at| at.secs()),
            state: state(coin.usage),
            label: core.output_labels.label(&coin.outpoint),
        })
    };
    core.onchain.list_coins().into_iter().filter_map(shown).collect()
}

fn state(usage: Use) -> CoinState {
    match usage {
        Use::Free => CoinState::Free,
        Use::Incoming => CoinState::Incoming,
        Use::Locked => CoinState::Locked,
        Use::Frozen => CoinState::Frozen,
    }
}
