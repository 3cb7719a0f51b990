//! The addresses that left the keychain for others, and what the chain did to each.

use super::{Inner, Onchain};
use crate::amount::Sat;
use bdk_wallet::KeychainKind;
use bitcoin::{OutPoint, ScriptBuf, Txid};
use std::collections::{BTreeMap, HashMap};

/// A script of the external keychain that is given out, to a person or a channel, or that was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Revealed {
    pub(crate) script: ScriptBuf,
    /// Those outside a block first, then the newest.
    pub(crate) moved: Vec<Moved>,
}

/// What one transaction did to a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) txid: Txid,
    /// What it paid there.
    pub(crate) came: Sat,
    /// What it spent from there.
    pub(crate) left: Sat,
}

impl Onchain {
    /// All revealed scripts of the external keychain, newest first.
    pub(crate) fn revealed(&self) -> Vec<Revealed> {
        let inner = self.lock();
        let mut moved = inner.moved();
        let scripts = inner.wallet.spk_index().revealed_keychain_spks(KeychainKind::External);
        let revealed = scripts.rev().map(|(place, script)| Revealed {
            script,
            moved: moved.remove(&place).unwrap_or_default(),
        });
        revealed.collect()
    }
}

impl Inner {
    /// What each transaction did, by the place on the external keychain.
    fn moved(&self) -> HashMap<u32, Vec<Moved>> {
        let mut all: HashMap<u32, Vec<Moved>> = HashMap::new();
        for tx in self.history.all() {
            let mut here = BTreeMap::new();
            let made = (0..).map(|vout| OutPoint { txid: tx.txid, vout });
            for outpoint in made.take(tx.transaction.output.len()) {
                self.add(&mut here, outpoint, |(came, _)| came);
            }
            for input in &tx.transaction.input {
                self.add(&mut here, input.previous_output, |(_, left)| left);
            }
            for (place, (came, left)) in here {
                all.entry(place).or_default().push(Moved { txid: tx.txid, came, left });
            }
        }
        all
    }

    /// Adds an output of the external keychain to one of the sums of its place.
    fn add(
        &self,
        here: &mut BTreeMap<u32, (Sat, Sat)>,
        outpoint: OutPoint,
        which: impl Fn(&mut (Sat, Sat)) -> &mut Sat,
    ) {
        let Some(((KeychainKind::External, place), coin)) = self.wallet.spk_index().txout(outpoint)
        else {
            return;
        };
        let sum = which(here.entry(place).or_default());
        *sum = sum.checked_add(coin.value.into()).unwrap_or(*sum);
    }
}
