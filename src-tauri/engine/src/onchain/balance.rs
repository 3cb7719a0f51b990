use super::amounts::plus;
use super::{History, Inner, Onchain};
use crate::amount::{Msat, Sat};
use crate::view::{OnchainBalance, Part, PartKind};
use bdk_wallet::LocalOutput;
use bdk_wallet::chain::ChainPosition;
use bitcoin::constants::COINBASE_MATURITY;
use bitcoin::{OutPoint, Transaction, Txid};
use std::sync::Arc;

/// For how many blocks after its last use a coin of a fee bump stays out of other hands.
pub(super) const CLAIM_BLOCKS: u32 = 12;

/// What can be done with a coin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// In a block, or our own change: can be spent.
    Free,
    /// Somebody else's transaction, not in a block (or a block reward that is too young).
    Incoming,
    /// Promised to a channel, a payment being made or a fee bump.
    Locked,
    /// Could be spent, and a person does not want that.
    Frozen,
}

impl Onchain {
    /// What there is. `reserve` ([`super::reserve_for`]) is kept out of what can be spent. The parts add up exactly.
    pub fn balance(&self, reserve: Sat) -> OnchainBalance {
        self.lock().balance(reserve)
    }

    /// The balance, and what the wallet counted: of one moment, so that money on its way from a channel is counted here or
    /// there.
    pub(crate) fn snapshot(&self, reserve: Sat) -> (OnchainBalance, Arc<History>) {
        let inner = self.lock();
        (inner.balance(reserve), inner.history.clone())
    }
}

impl Inner {
    fn balance(&self, reserve: Sat) -> OnchainBalance {
        let [mut free, mut incoming, mut locked, mut frozen] = [Sat::ZERO; 4];
        for (coin, what) in self.coins() {
            let pot = match what {
                Use::Free => &mut free,
                Use::Incoming => &mut incoming,
                Use::Locked => &mut locked,
                Use::Frozen => &mut frozen,
            };
            *pot = plus(*pot, coin.txout.value.into());
        }
        let kept_for_closing = free.min(reserve);
        let kept = [
            (PartKind::Unconfirmed, incoming),
            (PartKind::ForClosing, kept_for_closing),
            (PartKind::Locked, locked),
            (PartKind::Frozen, frozen),
        ];
        let aside = plus(locked, frozen);
        let kept_sat = plus(plus(incoming, kept_for_closing), aside);
        OnchainBalance {
            kept_msat: crate::amount::Msat::from_sat(kept_sat).unwrap_or_default(),
            total_sat: plus(plus(free, incoming), aside),
            can_spend_sat: free.minus_or_zero(kept_for_closing),
            kept: kept.into_iter().filter(|(_, amount)| *amount > Sat::ZERO).map(part).collect(),
        }
    }

    /// Every unspent coin and what can be done with it.
    pub(super) fn coins(&self) -> Vec<(LocalOutput, Use)> {
        let tip = self.wallet.latest_checkpoint().height();
        let unspent = self.history.unspent.iter();
        unspent.map(|coin| (coin.clone(), self.use_of(coin, tip))).collect()
    }

    /// Coins that must not be spent now, for BDK's coin selection.
    pub(super) fn unspendable(&self) -> Vec<OutPoint> {
        self.coins()
            .into_iter()
            .filter(|(_, what)| *what != Use::Free)
            .map(|(coin, _)| coin.outpoint)
            .collect()
    }

    /// Whether every input is ours. Only we (or LDK with our signature) can have made it, and only a transaction that this
    /// wallet sees can take its place. A block proves the signatures of what is in it.
    pub(super) fn is_own(&self, transaction: &Transaction, is_in_block: bool) -> bool {
        let index = self.wallet.spk_index();
        !transaction.input.is_empty()
            && transaction.input.iter().all(|input| index.txout(input.previous_output).is_some())
            && (is_in_block || self.is_signed(transaction))
    }

    /// We made it, and of nothing that waits for a block and that others made: they could take that back.
    fn is_ours_alone(&self, txid: &Txid) -> bool {
        let stands = |txid: Txid| {
            let parent = self.history.get(&txid);
            parent.is_some_and(|tx| tx.confirmation.is_some() || self.is_ours_alone(&txid))
        };
        self.history.get(txid).is_some_and(|tx| {
            let mut parents = tx.transaction.input.iter().map(|input| input.previous_output.txid);
            tx.own && parents.all(stands)
        })
    }

    fn use_of(&self, coin: &LocalOutput, tip: u32) -> Use {
        let claimed =
            self.claims.get(&coin.outpoint).is_some_and(|at| tip < at.saturating_add(CLAIM_BLOCKS));
        if claimed || self.wallet.is_outpoint_locked(coin.outpoint) {
            return Use::Locked;
        }
        let Some(transaction) = self.wallet.tx_graph().get_tx(coin.outpoint.txid) else {
            return Use::Incoming;
        };
        let free = match &coin.chain_position {
            ChainPosition::Confirmed { anchor, .. } => {
                !transaction.is_coinbase()
                    || tip.saturating_sub(anchor.block_id.height) + 1 >= COINBASE_MATURITY
            }
            ChainPosition::Unconfirmed { .. } => self.is_ours_alone(&coin.outpoint.txid),
        };
        match free {
            true if self.is_frozen(&coin.outpoint) => Use::Frozen,
            true => Use::Free,
            false => Use::Incoming,
        }
    }
}

fn part((kind, amount): (PartKind, Sat)) -> Part {
    Part { kind, amount_msat: Msat::from_sat(amount).unwrap_or(Msat::new(u64::MAX)) }
}
