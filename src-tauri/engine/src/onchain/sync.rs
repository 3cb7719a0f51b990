//! Following the chain. A server that stops listing a transaction of ours does not make us forget it: then its coins
//! would be free, and the next send would pay twice. Only a transaction that spends the same coins takes its place.

use super::amounts::ImpossibleAmounts;
use super::{Inner, Onchain, STOP_GAP};
use crate::chain::{Source, SourceError};
use crate::time::Timestamp;
use bdk_esplora::EsploraAsyncExt;
use bdk_wallet::Update;
use bdk_wallet::WalletEvent;
use bdk_wallet::chain::local_chain::CannotConnectError;
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::chain::{CanonicalizationParams, ChainPosition};
use bdk_wallet::{KeychainKind, chain::TxUpdate};
use bitcoin::{OutPoint, Transaction};

/// Requests at a time. Public servers punish bursts.
pub(crate) const PARALLEL: usize = 2;
/// A lock is dropped when its coin was spent this deep (LDK's `ANTI_REORG_DELAY`).
const BURIED: u32 = 6;

/// How many addresses of a keychain one look ahead asks for at most, whatever a server finds on them. The next one goes on
/// from there.
const MOST_AHEAD: usize = 20 * STOP_GAP as usize;

/// Why what a server said is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpdateError {
    #[error(transparent)]
    Amounts(#[from] ImpossibleAmounts),
    /// The chain it tells of does not connect to the one we know.
    #[error(transparent)]
    Chain(#[from] CannotConnectError),
}

/// What to ask a server.
pub(crate) enum Request {
    /// Everything since the genesis block, until [`STOP_GAP`] unused addresses in a row.
    Full(FullScanRequest<KeychainKind>),
    /// The addresses given out.
    Revealed(SyncRequest<(KeychainKind, u32)>),
}

impl Source {
    /// Brings the on-chain wallet to the newest block. Says what changed; the change set waits in `take_staged`.
    ///
    /// # Errors
    /// Any of [`SourceError`] but `BadUrl`, `WrongNetwork` and `Lightning`; the wallet is as before.
    pub async fn sync_onchain(
        &self,
        onchain: &Onchain,
        now: Timestamp,
    ) -> Result<Vec<WalletEvent>, SourceError> {
        let gap = usize::try_from(STOP_GAP).expect("a small number");
        let update: Update = crate::chain::within(async {
            Ok(match onchain.request(now) {
                Request::Full(request) => {
                    self.client.full_scan(request, gap, PARALLEL).await?.into()
                }
                Request::Revealed(request) => self.client.sync(request, PARALLEL).await?.into(),
            })
        })
        .await?;
        onchain.apply(update).map_err(|error| SourceError::Nonsense(Box::new(error)))
    }

    /// Looks for money on addresses that this wallet has not given out: another computer with the same words may have, or
    /// this one, after the vault that was put back. On both keychains, [`STOP_GAP`] past the last one given out or paid to,
    /// as far as a restore would search: what is found is given out from then on, and the window moves on.
    ///
    /// It takes 2 × [`STOP_GAP`] requests where nothing is found.
    ///
    /// # Errors
    /// As [`Source::sync_onchain`].
    pub async fn look_ahead(
        &self,
        onchain: &Onchain,
        now: Timestamp,
    ) -> Result<Vec<WalletEvent>, SourceError> {
        let gap = usize::try_from(STOP_GAP).expect("a small number");
        let update = crate::chain::within(async {
            Ok(self.client.full_scan(onchain.request_ahead(now), gap, PARALLEL).await?.into())
        })
        .await?;
        onchain.apply(update).map_err(|error| SourceError::Nonsense(Box::new(error)))
    }
}

impl Onchain {
    /// Whether the next sync searches all addresses: nothing was ever learned from a chain.
    pub fn needs_full_scan(&self) -> bool {
        self.tip().height == 0
    }

    pub(crate) fn request(&self, now: Timestamp) -> Request {
        let full = self.needs_full_scan();
        let inner = self.lock();
        if full {
            Request::Full(inner.wallet.start_full_scan_at(now.secs()).build())
        } else {
            Request::Revealed(inner.wallet.start_sync_with_revealed_spks_at(now.secs()).build())
        }
    }

    /// The addresses that follow the last one given out.
    pub(crate) fn request_ahead(&self, now: Timestamp) -> FullScanRequest<KeychainKind> {
        let inner = self.lock();
        let wallet = &inner.wallet;
        let mut request =
            FullScanRequest::builder_at(now.secs()).chain_tip(wallet.latest_checkpoint());
        for (keychain, scripts) in wallet.spk_index().all_unbounded_spk_iters() {
            let given_out = wallet.derivation_index(keychain);
            let ahead = scripts.skip_while(move |(index, _)| Some(*index) <= given_out);
            request = request.spks_for_keychain(keychain, ahead.take(MOST_AHEAD));
        }
        request.build()
    }

    /// Takes what a server said.
    ///
    /// # Errors
    /// Any of [`UpdateError`]; the wallet is as before.
    pub(crate) fn apply(&self, mut update: Update) -> Result<Vec<WalletEvent>, UpdateError> {
        self.change(|inner| {
            inner.check_amounts(&update.tx_update)?;
            inner.keep_own(&mut update.tx_update);
            let events = inner.wallet.apply_update_events(update)?;
            inner.drop_old_locks();
            Ok(events)
        })
    }
}

impl Inner {
    /// Strikes from a server's list of vanished transactions those that are all ours.
    fn keep_own<A>(&self, update: &mut TxUpdate<A>) {
        let own = |transaction: &Transaction| self.is_own(transaction);
        update
            .evicted_ats
            .retain(|(txid, _)| !self.wallet.tx_graph().get_tx(*txid).is_some_and(|tx| own(&tx)));
    }

    fn drop_old_locks(&mut self) {
        let (wallet, tip) = (&self.wallet, self.wallet.latest_checkpoint());
        let locked: Vec<((), OutPoint)> =
            wallet.list_locked_outpoints().map(|outpoint| ((), outpoint)).collect();
        let outputs = wallet.tx_graph().filter_chain_txouts(
            wallet.local_chain(),
            tip.block_id(),
            CanonicalizationParams::default(),
            locked,
        );
        let buried = outputs.filter(|(_, coin)| match &coin.spent_by {
            Some((ChainPosition::Confirmed { anchor, .. }, _)) => {
                tip.height() + 1 >= anchor.block_id.height + BURIED
            }
            _ => false,
        });
        let buried: Vec<OutPoint> = buried.map(|(_, coin)| coin.outpoint).collect();
        buried.into_iter().for_each(|outpoint| self.wallet.unlock_outpoint(outpoint));
    }
}
