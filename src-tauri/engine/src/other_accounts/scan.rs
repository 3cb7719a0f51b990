use crate::chain::{Source, SourceError, within};
use crate::keys::{AccountId, Keys};
use crate::node::durable::outbox::Outbox;
use crate::onchain::check_amounts;
use crate::time::Timestamp;
use bdk_wallet::chain::spk_client::FullScanRequest;
use bdk_wallet::{KeychainKind, LocalOutput, Wallet};
use bitcoin::Network;
use bitcoin::constants::COINBASE_MATURITY;

/// How many unused addresses in a row end a search (BIP 44).
const GAP: u32 = 20;
/// Nobody's wallet has more addresses than this, and no server makes us ask for more.
const MOST: usize = 5_000;
/// What a look costs if nothing is found: [`GAP`] for each of the nineteen accounts.
pub(super) const REQUESTS: u32 = 19 * GAP;

impl Source {
    /// Another account as a wallet of its own, with public keys only, and all that the chain knows of it. `None`: it was
    /// never used. Nobody is paid on change addresses alone (BIP 44), so the addresses for others decide.
    pub(super) async fn scan_account(
        &self,
        keys: &Keys,
        network: Network,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Option<Wallet>, SourceError> {
        let Some(mut wallet) = open(keys, network, account) else { return Ok(None) };
        let all = wallet.spk_index().all_unbounded_spk_iters();
        let scripts = |keychain: KeychainKind| all[&keychain].clone().take(MOST);
        let (external, internal) = (KeychainKind::External, KeychainKind::Internal);
        let builder = FullScanRequest::builder_at(now.secs());
        let request = builder.spks_for_keychain(external, scripts(external)).build();
        let used = within(self.scan(request, GAP as usize)).await?;
        if used.tx_update.txs.is_empty() {
            return Ok(None);
        }
        let request = FullScanRequest::builder_at(now.secs())
            .spks_for_keychain(external, scripts(external))
            .spks_for_keychain(internal, scripts(internal))
            .build();
        let known = wallet.latest_checkpoint();
        let (update, all_proven) = within(async {
            let found = self.scan(request, GAP as usize).await?;
            self.placed(found, &known, |_, _| false, now).await
        })
        .await?;
        if !all_proven {
            return Err(SourceError::Unproven);
        }
        check_amounts(&wallet, &update.tx_update)
            .map_err(|error| SourceError::Nonsense(Box::new(error)))?;
        wallet.apply_update(update).map_err(|error| SourceError::Nonsense(Box::new(error)))?;
        Ok(Some(wallet))
    }
}

/// A wallet in memory that knows nothing yet.
pub(super) fn open(keys: &Keys, network: Network, account: AccountId) -> Option<Wallet> {
    let external = keys.account_descriptor(account, KeychainKind::External)?;
    let internal = keys.account_descriptor(account, KeychainKind::Internal)?;
    let wallet = Wallet::create(external, internal)
        .network(network)
        .lookahead(GAP)
        .create_wallet_no_persist()
        .expect("descriptors of derived keys are descriptors");
    Some(wallet)
}

/// What can be moved: in a block, mature, and not on its way into this wallet already.
pub(super) fn coins(outbox: &Outbox, wallet: &Wallet) -> Vec<LocalOutput> {
    let unspent = wallet.list_unspent().filter(|coin| is_settled(wallet, coin));
    unspent.filter(|coin| !outbox.spends(&coin.outpoint)).collect()
}

fn is_settled(wallet: &Wallet, coin: &LocalOutput) -> bool {
    let Some(height) = coin.chain_position.confirmation_height_upper_bound() else {
        return false;
    };
    let mined = wallet.get_tx(coin.outpoint.txid).is_some_and(|tx| tx.tx_node.tx.is_coinbase());
    let depth = wallet.latest_checkpoint().height().saturating_sub(height).saturating_add(1);
    !mined || depth >= COINBASE_MATURITY
}
