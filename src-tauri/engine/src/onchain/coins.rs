use super::{Inner, Onchain};
use crate::error::chain_of;
use crate::keys::Keys;
use bdk_wallet::chain::{CanonicalizationParams, ChainPosition};
use bitcoin::constants::COINBASE_MATURITY;
use bitcoin::hashes::Hash;
use bitcoin::{OutPoint, Psbt, ScriptBuf, Transaction, Txid};
use lightning::events::bump_transaction::Utxo;
use lightning::events::bump_transaction::sync::WalletSourceSync;
use std::sync::Arc;

/// The wallet as LDK's fee bumps see it: `BumpTransactionEventHandlerSync::new(…, Arc::new(WalletSync::new(Arc::new(
/// coins), logger)), …)`. Only coins in a block, none that is locked. A coin that LDK took is kept out of sends for some
/// blocks; LDK itself may take it again, because raising a fee means spending the same coin again.
pub struct Coins {
    onchain: Arc<Onchain>,
    keys: Arc<Keys>,
}

impl Coins {
    /// Coins of a wallet, signed by `keys`.
    pub fn new(onchain: Arc<Onchain>, keys: Arc<Keys>) -> Self {
        Self { onchain, keys }
    }
}

// LDK's traits take no reason for a failure: it goes to the log, and LDK asks again with the next block.
impl WalletSourceSync for Coins {
    fn list_confirmed_utxos(&self) -> Result<Vec<Utxo>, ()> {
        Ok(self.onchain.lock().coins_for_bumps())
    }

    fn get_change_script(&self) -> Result<ScriptBuf, ()> {
        Ok(self.onchain.change_script())
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
                None => !wallet.is_outpoint_locked(coin.outpoint),
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

    /// A transaction that spends ours and foreign outputs together can only be a fee bump: nothing else of ours does.
    fn is_bump(&self, txid: Txid) -> bool {
        self.wallet.tx_graph().get_tx(txid).is_some_and(|transaction| !self.is_own(&transaction))
    }

    /// Keeps the coins of a fee bump out of sends. False where one of them is promised to something else.
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
