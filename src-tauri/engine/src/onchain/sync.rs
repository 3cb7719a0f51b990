//! Following the chain. A server that stops listing a transaction of ours does not make us forget it: then its coins
//! would be free, and the next send would pay twice. Only a transaction that spends the same coins takes its place.

use super::amounts::{ImpossibleAmounts, check_amounts};
use super::said::{TooMuch, Unsigned};
use super::{Inner, Onchain, STOP_GAP};
use crate::chain::{Source, SourceError};
use crate::time::Timestamp;
use bdk_wallet::Update;
use bdk_wallet::WalletEvent;
use bdk_wallet::chain::keychain_txout::FullScanRequestBuilderExt;
use bdk_wallet::chain::local_chain::CannotConnectError;
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::chain::{BlockId, CheckPoint};
use bdk_wallet::chain::{CanonicalizationParams, ChainPosition};
use bdk_wallet::{KeychainKind, chain::TxUpdate};
use bitcoin::{OutPoint, Transaction, Txid};

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
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
    #[error(transparent)]
    Unsigned(#[from] Unsigned),
    /// The reported chain does not connect to the one we know.
    #[error(transparent)]
    Chain(#[from] CannotConnectError),
}

/// What to ask a server.
pub(crate) enum Request {
    /// Everything since the genesis block, until [`STOP_GAP`] unused addresses in a row.
    Full(FullScanRequest<KeychainKind>),
    /// The addresses that are due.
    Due(SyncRequest<(KeychainKind, u32)>),
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
        match self.blocks() {
            Some(blocks) => self.read_blocks(blocks, onchain, now).await,
            None => self.ask(onchain, onchain.request(now), now).await,
        }
    }

    /// What a server says to a request, and the wallet with it: as far as it was checked, though that is not all.
    async fn ask(
        &self,
        onchain: &Onchain,
        request: Request,
        now: Timestamp,
    ) -> Result<Vec<WalletEvent>, SourceError> {
        let gap = usize::try_from(STOP_GAP).expect("a small number");
        let (update, all_proven) = crate::chain::within(async {
            let update = match request {
                Request::Full(request) => self.scan(request, gap).await?,
                Request::Due(request) => self.sync(request).await?,
            };
            let known = onchain.checkpoint();
            self.placed(update, &known, |txid, block| onchain.has_place(txid, block), now).await
        })
        .await?;
        let events = onchain.apply(update);
        let events = events.map_err(|error| SourceError::Nonsense(Box::new(error)))?;
        if all_proven { Ok(events) } else { Err(SourceError::Unproven) }
    }

    /// Looks for money on addresses that this wallet has not given out: another computer with the same words may have, or
    /// this one, after the vault that was put back. On both keychains, [`STOP_GAP`] past the last one given out or paid to,
    /// as far as a restore would search: what is found is given out from then on, and the window moves on.
    ///
    /// It takes 2 × [`STOP_GAP`] requests if nothing is found.
    ///
    /// # Errors
    /// As [`Source::sync_onchain`].
    pub async fn look_ahead(
        &self,
        onchain: &Onchain,
        now: Timestamp,
    ) -> Result<Vec<WalletEvent>, SourceError> {
        if self.blocks().is_some() {
            // With every block these are looked for as well.
            return Ok(Vec::new());
        }
        let request = Request::Full(onchain.request_ahead(now));
        self.ask(onchain, request, now).await
    }
}

impl Onchain {
    /// Whether the next sync searches all addresses: nothing was ever learned from a chain.
    pub fn needs_full_scan(&self) -> bool {
        self.tip().height == 0
    }

    /// Without the chain: its blocks come from the checked one, because BDK's clients trust what they hear.
    pub(crate) fn request(&self, now: Timestamp) -> Request {
        let full = self.needs_full_scan();
        let mut inner = self.lock();
        if full {
            let index = inner.wallet.spk_index();
            let request = FullScanRequest::builder_at(now.secs()).spks_from_indexer(index);
            return Request::Full(request.build());
        }
        let due = inner.addresses_due();
        let (graph, chain) = (inner.wallet.tx_graph(), inner.wallet.local_chain());
        let (tip, index) = (chain.tip().block_id(), inner.wallet.spk_index());
        // Those that conflict with them, too: the next look would believe what this one did not ask about.
        let conflicted = inner.conflicted().flat_map(|(txid, one)| {
            let scripts = index.inner().relevant_spks_of_tx(&one);
            scripts.into_iter().map(move |(_, script)| (script, txid))
        });
        let expected = graph.list_expected_spk_txids(chain, tip, index, ..).chain(conflicted);
        let request = SyncRequest::builder_at(now.secs()).spks_with_indexes(due);
        Request::Due(request.expected_spk_txids(expected).build())
    }

    /// The addresses that follow the last one given out.
    pub(crate) fn request_ahead(&self, now: Timestamp) -> FullScanRequest<KeychainKind> {
        let inner = self.lock();
        let wallet = &inner.wallet;
        let mut request = FullScanRequest::builder_at(now.secs());
        for (keychain, scripts) in wallet.spk_index().all_unbounded_spk_iters() {
            let given_out = wallet.derivation_index(keychain);
            let ahead = scripts.skip_while(move |(index, _)| Some(*index) <= given_out);
            request = request.spks_for_keychain(keychain, ahead.take(MOST_AHEAD));
        }
        request.build()
    }

    /// Whether the wallet knows a transaction in this block.
    fn has_place(&self, txid: &Txid, block: BlockId) -> bool {
        let inner = self.lock();
        let anchors = inner.wallet.tx_graph().all_anchors().get(txid);
        anchors.is_some_and(|anchors| anchors.iter().any(|anchor| anchor.block_id == block))
    }

    /// The newest block the wallet has seen, and those below it.
    pub(super) fn checkpoint(&self) -> CheckPoint {
        self.lock().wallet.latest_checkpoint()
    }

    /// Takes what a server said.
    ///
    /// # Errors
    /// Any of [`UpdateError`]; the wallet is as before, but for the addresses that count as given out.
    pub(crate) fn apply(&self, mut update: Update) -> Result<Vec<WalletEvent>, UpdateError> {
        self.change(|inner| {
            for (keychain, last) in std::mem::take(&mut update.last_active_indices) {
                drop(inner.wallet.reveal_addresses_to(keychain, last));
            }
            inner.strike_foreign(&mut update.tx_update)?;
            check_amounts(&inner.wallet, &update.tx_update)?;
            inner.check_spends(&update.tx_update)?;
            inner.keep_own(&mut update.tx_update);
            let events = inner.wallet.apply_update_events(update)?;
            inner.count();
            inner.drop_old_locks();
            Ok(events)
        })
    }
}

impl Inner {
    /// Strikes from what a server says that transactions vanished that are all ours, and that those wait whose place another
    /// one of ours has taken: it has not heard of that one yet. A block has the last word.
    fn keep_own<A>(&self, update: &mut TxUpdate<A>) {
        let graph = self.wallet.tx_graph();
        let is_own = |tx: &Transaction| self.is_own(tx, false);
        let is_replaced = |tx: &Transaction| {
            let mut spent = tx.input.iter().map(|input| input.previous_output);
            self.history.get(&tx.compute_txid()).is_none()
                && spent.any(|out| self.history.spender(&out).is_some_and(|by| by.own))
        };
        update.evicted_ats.retain(|(txid, _)| !graph.get_tx(*txid).is_some_and(|tx| is_own(&tx)));
        update.seen_ats.retain(|(txid, _)| {
            !graph.get_tx(*txid).is_some_and(|tx| is_replaced(&tx) && is_own(&tx))
        });
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
                tip.height().saturating_sub(anchor.block_id.height).saturating_add(1) >= BURIED
            }
            _ => false,
        });
        let buried: Vec<OutPoint> = buried.map(|(_, coin)| coin.outpoint).collect();
        buried.into_iter().for_each(|outpoint| self.wallet.unlock_outpoint(outpoint));
    }
}
