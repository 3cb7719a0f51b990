use super::{Inner, Onchain, STOP_GAP};
use bdk_wallet::{KeychainKind, Wallet};
use bitcoin::{Address, Script, ScriptBuf};
use lightning::ln::script::ShutdownScript;

impl Onchain {
    /// The address to show: the last one again, until it was paid to or handed out.
    pub fn fresh_address(&self) -> Address {
        self.change(|inner| inner.wallet.next_unused_address(KeychainKind::External).address)
    }

    /// Marks an address as given to someone (with an amount, say), so that [`Onchain::fresh_address`] moves on. Marks are
    /// not kept on disk: whoever keeps the requests repeats them after a start. False where the script is not ours.
    pub fn hand_out(&self, script: &Script) -> bool {
        self.change(|inner| mark(&mut inner.wallet, script, Wallet::mark_used))
    }

    /// Takes a mark back: the request was dropped before anyone saw it. An address that was paid to stays used.
    pub fn hand_back(&self, script: &Script) -> bool {
        self.change(|inner| mark(&mut inner.wallet, script, Wallet::unmark_used))
    }

    /// Whether a script is ours.
    pub fn is_mine(&self, script: &Script) -> bool {
        self.lock().wallet.is_mine(script.to_owned())
    }

    /// A script for money that comes back from LDK (closed channels, sweeps): external, used at once.
    pub fn destination_script(&self) -> ScriptBuf {
        self.change(|inner| inner.take_script(KeychainKind::External))
    }

    /// The same for LDK's `SignerProvider::get_shutdown_scriptpubkey`. P2WPKH, which every peer takes.
    pub fn shutdown_script(&self) -> ShutdownScript {
        ShutdownScript::try_from(self.destination_script())
            .expect("P2WPKH is a valid shutdown script (BOLT 2)")
    }

    /// A script for change that LDK makes (fee bumps, sweeps): internal, used at once.
    pub fn change_script(&self) -> ScriptBuf {
        self.change(|inner| inner.take_script(KeychainKind::Internal))
    }
}

impl Inner {
    /// The next unused script, marked used. Never further ahead of the last one paid to than a restore would search: then
    /// the first never paid to is given again.
    fn take_script(&mut self, keychain: KeychainKind) -> ScriptBuf {
        let index = self.wallet.spk_index();
        let paid = index
            .outpoints()
            .iter()
            .filter(|((kind, _), _)| *kind == keychain)
            .map(|((_, place), _)| *place)
            .max();
        let first_never_paid = paid.map_or(0, |place| place + 1);
        let next = self.wallet.next_unused_address(keychain);
        if next.index >= first_never_paid + STOP_GAP - 1 {
            return self.wallet.peek_address(keychain, first_never_paid).script_pubkey();
        }
        self.wallet.mark_used(keychain, next.index);
        next.script_pubkey()
    }
}

fn mark(
    wallet: &mut Wallet,
    script: &Script,
    act: impl FnOnce(&mut Wallet, KeychainKind, u32) -> bool,
) -> bool {
    let Some((keychain, place)) = wallet.derivation_of_spk(script.to_owned()) else { return false };
    act(wallet, keychain, place);
    true
}
