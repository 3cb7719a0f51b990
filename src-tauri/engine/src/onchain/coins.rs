use super::bump::Need;
use super::purpose::Purpose;
use super::{Inner, Onchain};
use crate::error::chain_of;
use crate::keys::Keys;
use bdk_wallet::chain::{CanonicalizationParams, ChainPosition};
use bitcoin::constants::COINBASE_MATURITY;
use bitcoin::hashes::Hash;
use bitcoin::{OutPoint, Psbt, Transaction, TxOut, Txid};
use lightning::chain::ClaimId;
use lightning::events::bump_transaction::sync::CoinSelectionSourceSync;
use lightning::events::bump_transaction::{CoinSelection, Input, Utxo};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The wallet as LDK's fee bumps see it. Only coins in a block, none that is locked. A coin that LDK took is kept out of
/// sends for some blocks; LDK itself may take it again, because raising a fee means spending the same coin again.
///
/// LDK's own `WalletSync` takes the smallest coins first, as many as it needs: each brings something, and yet a purse of
/// small coins pays for dozens of inputs when one would do.
pub struct Coins {
    onchain: Arc<Onchain>,
    keys: Arc<Keys>,
    /// Which claim took a coin last. Two claims over one coin would replace each other's transactions.
    taken: Mutex<HashMap<OutPoint, ClaimId>>,
}

impl Coins {
    /// Coins of a wallet, signed by `keys`.
    pub fn new(onchain: Arc<Onchain>, keys: Arc<Keys>) -> Self {
        Self { onchain, keys, taken: Mutex::default() }
    }
}

impl Coins {
    /// Coins that a fee bump may spend.
    pub(super) fn usable(&self) -> Vec<Utxo> {
        self.onchain.lock().coins_for_bumps()
    }
}

// LDK's traits take no reason for a failure: it goes to the log, and LDK asks again with the next block.
impl CoinSelectionSourceSync for Coins {
    fn select_confirmed_utxos(
        &self,
        claim: ClaimId,
        must_spend: Vec<Input>,
        must_pay_to: &[TxOut],
        sat_per_kw: u32,
        max_weight: u64,
    ) -> Result<CoinSelection, ()> {
        let need = Need::of(&must_spend, must_pay_to, sat_per_kw, max_weight);
        let usable = self.usable();
        let mut taken = self.taken.lock().expect("never poisoned: nothing in here panics");
        let free = |coin: &&Utxo| taken.get(&coin.outpoint).is_none_or(|other| *other == claim);
        let free: Vec<Utxo> = usable.iter().filter(free).cloned().collect();
        // Better a coin of another claim than none: LDK asks for both again, with higher fees.
        let Some(chosen) = need.choose(free).or_else(|| need.choose(usable)) else {
            tracing::warn!(sat_per_kw, "no coins for a fee bump");
            return Err(());
        };
        taken.extend(chosen.coins.iter().map(|coin| (coin.outpoint, claim)));
        let change =
            chosen.change.map(|value| TxOut { value, script_pubkey: self.onchain.change_script() });
        Ok(CoinSelection { confirmed_utxos: chosen.coins, change_output: change })
    }

    fn sign_psbt(&self, mut psbt: Psbt) -> Result<Transaction, ()> {
        self.onchain.change(|inner| {
            if !inner.claim(&psbt.unsigned_tx) {
                tracing::warn!("a coin of a fee bump was taken meanwhile");
                return Err(());
            }
            inner.name_keys(&mut psbt, &self.keys);
            let signed = self.keys.sign_psbt(&mut psbt);
            signed.map_err(|error| {
                tracing::error!(error = chain_of(&error), "cannot sign a fee bump")
            })?;
            psbt.extract_tx().map_err(|error| tracing::error!(%error, "cannot extract a fee bump"))
        })
    }
}

impl Onchain {
    /// Whether there is a coin that a fee bump may spend.
    pub(crate) fn can_bump(&self) -> bool {
        !self.lock().coins_for_bumps().is_empty()
    }
}

impl Inner {
    fn coins_for_bumps(&self) -> Vec<Utxo> {
        let (wallet, tip) = (&self.wallet, self.wallet.latest_checkpoint());
        let outputs = wallet.tx_graph().filter_chain_txouts(
            wallet.local_chain(),
            tip.block_id(),
            CanonicalizationParams::default(),
            wallet.spk_index().outpoints().iter().copied(),
        );
        let usable = outputs.filter(|(_, coin)| {
            let young = coin.is_on_coinbase
                && coin.chain_position.confirmation_height_upper_bound().is_none_or(|height| {
                    tip.height().saturating_sub(height) + 1 < COINBASE_MATURITY
                });
            let free = match &coin.spent_by {
                None => {
                    !wallet.is_outpoint_locked(coin.outpoint) && !self.is_frozen(&coin.outpoint)
                }
                Some((ChainPosition::Confirmed { .. }, _)) => false,
                Some((ChainPosition::Unconfirmed { .. }, spender)) => self.is_bump(*spender),
            };
            coin.chain_position.is_confirmed() && !young && free
        });
        usable.filter_map(|(_, coin)| as_utxo(coin.outpoint, coin.txout)).collect()
    }

    /// LDK gives only the outputs that are spent; whoever signs needs to know which key each one takes.
    fn name_keys(&self, psbt: &mut Psbt, keys: &Keys) {
        for (input, details) in psbt.unsigned_tx.input.iter().zip(&mut psbt.inputs) {
            if let Some(((keychain, place), _)) =
                self.wallet.spk_index().txout(input.previous_output)
            {
                details.bip32_derivation.extend([keys.derivation(keychain, place)]);
            }
        }
    }

    /// A transaction that spends ours and foreign outputs together is a fee bump, or a payment that we signed with others.
    fn is_bump(&self, txid: Txid) -> bool {
        let purpose = self.purposes.as_ref().and_then(|purposes| purposes.get(&txid));
        !matches!(purpose, Some(Purpose::Payment { .. }))
            && self.wallet.tx_graph().get_tx(txid).is_some_and(|tx| !self.is_own(&tx, false))
    }

    /// Keeps the coins of a fee bump out of sends. False if one of them is promised to something else.
    fn claim(&mut self, transaction: &Transaction) -> bool {
        let usable: Vec<OutPoint> =
            self.coins_for_bumps().into_iter().map(|coin| coin.outpoint).collect();
        let index = self.wallet.spk_index();
        let inputs = transaction.input.iter().map(|input| input.previous_output);
        let ours: Vec<OutPoint> =
            inputs.filter(|outpoint| index.txout(*outpoint).is_some()).collect();
        if !ours.iter().all(|outpoint| usable.contains(outpoint)) {
            return false;
        }
        let tip = self.wallet.latest_checkpoint().height();
        self.claims.retain(|_, at| tip < at.saturating_add(super::balance::CLAIM_BLOCKS));
        self.claims.extend(ours.into_iter().map(|outpoint| (outpoint, tip)));
        true
    }
}

fn as_utxo(outpoint: OutPoint, output: bitcoin::TxOut) -> Option<Utxo> {
    let program =
        output.script_pubkey.as_bytes().get(2..22).filter(|_| output.script_pubkey.is_p2wpkh())?;
    let hash = bitcoin::WPubkeyHash::from_byte_array(program.try_into().ok()?);
    Some(Utxo::new_v0_p2wpkh(outpoint, output.value, &hash))
}
