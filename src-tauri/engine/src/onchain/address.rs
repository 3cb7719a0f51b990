use super::{Inner, Onchain, STOP_GAP};
use bdk_wallet::{AddressInfo, KeychainKind};
use bitcoin::{Address, Script, ScriptBuf};
use std::collections::HashSet;

/// How far ahead of the last one paid to addresses are shown: any wallet that is given these words searches this far (BIP 44).
const SHOWN_AHEAD: u32 = 20;

impl Onchain {
    /// The address to show: the first one that was never paid to and is not among `taken`. With too many taken, the first
    /// one that was never paid to, again.
    pub fn fresh_address(&self, taken: &HashSet<String>) -> Address {
        self.change(|inner| inner.fresh_address(taken))
    }

    /// The addresses given out that were never paid to and are promised to nothing.
    pub(crate) fn unused_addresses(&self) -> Vec<String> {
        let inner = self.lock();
        let unused = inner.wallet.list_unused_addresses(KeychainKind::External);
        unused.map(|shown| shown.address.to_string()).collect()
    }

    /// Whether nothing ever came to a script of ours.
    pub(crate) fn was_never_paid(&self, script: &Script) -> bool {
        let inner = self.lock();
        let index = inner.wallet.spk_index();
        index.index_of_spk(script.to_owned()).is_some_and(|place| !index.is_used(place.0, place.1))
    }

    /// Whether a script is ours.
    pub fn is_mine(&self, script: &Script) -> bool {
        self.lock().wallet.is_mine(script.to_owned())
    }

    /// A script for money that comes back from LDK (closed channels, sweeps): external, used at once.
    pub fn destination_script(&self) -> ScriptBuf {
        self.change(|inner| inner.take_script(KeychainKind::External))
    }

    /// The same for a channel, which LDK begins just now: [`Onchain::take_promised`] says where it is. P2WPKH, which every
    /// peer takes (BOLT 2).
    pub(crate) fn channel_script(&self) -> ScriptBuf {
        self.change(|inner| {
            let script = inner.take_script(KeychainKind::External);
            let place = inner.wallet.spk_index().index_of_spk(script.clone());
            inner.promised.extend(place.map(|(_, index)| index));
            script
        })
    }

    /// Where on the external keychain the scripts are that channels were given since this was last asked.
    pub(crate) fn take_promised(&self) -> Vec<u32> {
        std::mem::take(&mut self.lock().promised)
    }

    /// The script at a place of the external keychain.
    #[cfg(test)]
    pub(crate) fn script_at(&self, place: u32) -> ScriptBuf {
        self.lock().wallet.peek_address(KeychainKind::External, place).script_pubkey()
    }

    /// Keeps scripts from being given out again: a channel pays to them when it ends. BDK itself forgets that with the
    /// process.
    pub(crate) fn promise(&self, places: &[u32]) {
        let wallet = &mut self.lock().wallet;
        for place in places {
            wallet.mark_used(KeychainKind::External, *place);
        }
    }

    /// The channel that they were promised to did not come about.
    pub(crate) fn take_back(&self, places: &[u32]) {
        let wallet = &mut self.lock().wallet;
        for place in places {
            wallet.unmark_used(KeychainKind::External, *place);
        }
    }

    /// A script for change that LDK makes (fee bumps, sweeps): internal, used at once.
    pub fn change_script(&self) -> ScriptBuf {
        self.change(|inner| inner.take_script(KeychainKind::Internal))
    }
}

impl Inner {
    fn fresh_address(&mut self, taken: &HashSet<String>) -> Address {
        let keychain = KeychainKind::External;
        let free = |shown: &AddressInfo| !taken.contains(&shown.address.to_string());
        if let Some(shown) = self.wallet.list_unused_addresses(keychain).find(free) {
            return shown.address;
        }
        let first = self.first_never_paid(keychain);
        if self.wallet.next_derivation_index(keychain) < first + SHOWN_AHEAD {
            return self.wallet.reveal_next_address(keychain).address;
        }
        self.wallet.peek_address(keychain, first).address
    }

    fn first_never_paid(&self, keychain: KeychainKind) -> u32 {
        let index = self.wallet.spk_index();
        let paid = index
            .outpoints()
            .iter()
            .filter(|((kind, _), _)| *kind == keychain)
            .map(|((_, place), _)| *place)
            .max();
        paid.map_or(0, |place| place + 1)
    }

    /// The next unused script, marked used. Never further ahead of the last one paid to than a restore would search: then
    /// the first never paid to is given again.
    fn take_script(&mut self, keychain: KeychainKind) -> ScriptBuf {
        let first_never_paid = self.first_never_paid(keychain);
        let next = self.wallet.next_unused_address(keychain);
        if next.index >= first_never_paid + STOP_GAP - 1 {
            return self.wallet.peek_address(keychain, first_never_paid).script_pubkey();
        }
        self.wallet.mark_used(keychain, next.index);
        next.script_pubkey()
    }
}
