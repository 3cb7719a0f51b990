//! Which addresses a look asks a server for. Every one ever given out would be thousands of requests a look for an old wallet,
//! and public servers turn such a wallet away. Where something can still happen is asked each time. An address that was paid
//! and emptied long ago is asked in turn with its like: somebody may pay it once more.

use super::Inner;
use bdk_wallet::KeychainKind;
use bitcoin::{ScriptBuf, Transaction};
use std::collections::{BTreeSet, HashSet};

/// No reorganisation has reached so deep (Bitcoin Core lets a block reward be spent after as many).
const SETTLED_DEPTH: u32 = 100;
/// How many of the settled addresses a look asks for.
const SETTLED_PER_LOOK: usize = 100;

/// Keychain and index.
pub(super) type Place = (KeychainKind, u32);

impl Inner {
    /// For this look. The next one goes on from there.
    pub(super) fn addresses_due(&mut self) -> Vec<(Place, ScriptBuf)> {
        let settled = self.settled_places();
        let revealed = self.wallet.spk_index().revealed_spks(..);
        let (mut rest, mut due): (Vec<_>, Vec<_>) =
            revealed.partition(|(place, _)| settled.contains(place));
        let from = self.settled_asked.checked_rem(rest.len()).unwrap_or_default();
        rest.rotate_left(from);
        rest.truncate(SETTLED_PER_LOOK);
        self.settled_asked = from + rest.len();
        due.append(&mut rest);
        due
    }

    /// Whose every transaction is buried, and where no coin is left.
    fn settled_places(&self) -> HashSet<Place> {
        let tip = self.wallet.latest_checkpoint().height();
        let (mut settled, mut busy) = (HashSet::new(), HashSet::new());
        for tx in self.history.all() {
            let depth = tx.confirmation.map_or(0, |at| tip.saturating_sub(at.height));
            let places = if depth >= SETTLED_DEPTH { &mut settled } else { &mut busy };
            places.extend(self.touched(&tx.transaction));
        }
        self.conflicted().for_each(|(_, one)| busy.extend(self.touched(&one)));
        busy.extend(self.history.unspent.iter().map(|coin| (coin.keychain, coin.derivation_index)));
        settled.retain(|place| !busy.contains(place));
        settled
    }

    /// Whose coins it spends or makes.
    fn touched(&self, transaction: &Transaction) -> BTreeSet<Place> {
        let touched = self.wallet.spk_index().inner().relevant_spks_of_tx(transaction);
        touched.into_iter().map(|(place, _)| place).collect()
    }
}
