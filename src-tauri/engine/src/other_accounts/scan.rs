use crate::chain::{Source, SourceError, within};
use crate::keys::{AccountId, AccountKind, Keys, STATIC_PAYMENT_KEYS, Spendable};
use crate::node::durable::outbox::Outbox;
use crate::onchain::check_amounts;
use crate::time::Timestamp;
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::{KeychainKind, LocalOutput, Update, Wallet};
use bitcoin::constants::COINBASE_MATURITY;
use bitcoin::{Amount, Network, OutPoint, ScriptBuf, Transaction, Weight, psbt};
use std::collections::{HashMap, HashSet};

/// How many unused addresses in a row end a search (BIP 44).
const GAP: u32 = 20;
/// Nobody's wallet has more addresses than this, and no server makes us ask for more.
const MOST: usize = 5_000;
/// What a look costs if nothing is found: [`GAP`] for each of the nineteen accounts, and one for each static payment key.
pub(super) const REQUESTS: u32 = 19 * GAP + STATIC_PAYMENT_KEYS;
/// So many static payment keys are asked about in one round.
const AT_ONCE: usize = 100;

/// What another account has, and a wallet in memory to build a transaction of it with.
pub(super) struct Scanned {
    pub(super) wallet: Wallet,
    pub(super) coins: Vec<Coin>,
}

/// What can be moved.
pub(super) struct Coin {
    pub(super) outpoint: OutPoint,
    pub(super) value: Amount,
    /// What its witness weighs at most.
    pub(super) satisfaction: Weight,
    /// What the wallet in memory does not know of it: only of a [`Spendable`].
    pub(super) input: Option<psbt::Input>,
}

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
        self.take_in(&mut wallet, self.scan(request, GAP as usize), now).await?;
        Ok(Some(wallet))
    }

    /// All that the chain knows of these scripts, in a wallet that has none of them. `looked_at` hears how many are done.
    pub(super) async fn scan_scripts(
        &self,
        keys: &Keys,
        network: Network,
        all: &[impl Spendable],
        now: Timestamp,
        mut looked_at: impl FnMut(u32) + Send,
    ) -> Result<Wallet, SourceError> {
        let any = AccountId { kind: AccountKind::Bip86, number: 0 };
        let mut wallet = open(keys, network, any).expect("its first account is known");
        for (part, at_once) in (0_u32..).zip(all.chunks(AT_ONCE)) {
            let scripts = at_once.iter().zip(0_u32..);
            let scripts = scripts.map(|(one, index)| {
                // The server's client tells them apart by it; nothing else does.
                let index = part.saturating_mul(STATIC_PAYMENT_KEYS).saturating_add(index);
                ((KeychainKind::External, index), one.script())
            });
            let request = SyncRequest::builder_at(now.secs()).spks_with_indexes(scripts).build();
            self.take_in(&mut wallet, self.sync(request), now).await?;
            let before = part.saturating_mul(u32::try_from(AT_ONCE).unwrap_or(u32::MAX));
            looked_at(before.saturating_add(u32::try_from(at_once.len()).unwrap_or(u32::MAX)));
        }
        Ok(wallet)
    }

    /// What a server found comes into a wallet in memory if all of it is proven and no amount is impossible.
    async fn take_in(
        &self,
        wallet: &mut Wallet,
        found: impl Future<Output = Result<Update, SourceError>>,
        now: Timestamp,
    ) -> Result<(), SourceError> {
        let known = wallet.latest_checkpoint();
        let placing = async { self.placed(found.await?, &known, |_, _| false, now).await };
        let (update, all_proven) = within(placing).await?;
        if !all_proven {
            return Err(SourceError::Unproven);
        }
        check_amounts(wallet, &update.tx_update)
            .map_err(|error| SourceError::Nonsense(Box::new(error)))?;
        wallet.apply_update(update).map_err(|error| SourceError::Nonsense(Box::new(error)))
    }
}

/// A wallet in memory that knows nothing yet.
fn open(keys: &Keys, network: Network, account: AccountId) -> Option<Wallet> {
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
pub(super) fn coins(outbox: &Outbox, wallet: &Wallet) -> Vec<Coin> {
    let unspent = wallet.list_unspent().filter(|coin| is_settled(wallet, coin));
    let free = unspent.filter(|coin| !outbox.spends(&coin.outpoint));
    let movable = free.filter_map(|coin| {
        let descriptor = wallet.public_descriptor(coin.keychain);
        Some(Coin {
            outpoint: coin.outpoint,
            value: coin.txout.value,
            satisfaction: descriptor.max_weight_to_satisfy().ok()?,
            input: None,
        })
    });
    movable.collect()
}

/// The same of these scripts. What LDK knows of a channel's end is LDK's to bring in.
pub(super) fn coins_of<S: Spendable>(
    outbox: &Outbox,
    fundings: &HashSet<OutPoint>,
    wallet: &Wallet,
    all: &[S],
) -> Vec<Coin> {
    let by_script: HashMap<ScriptBuf, &S> = all.iter().map(|one| (one.script(), one)).collect();
    let is_known = |transaction: &Transaction| {
        transaction.input.iter().any(|input| fundings.contains(&input.previous_output))
    };
    let graph = wallet.tx_graph();
    let mut coins = Vec::new();
    for node in graph.full_txs().filter(|node| !is_known(&node.tx)) {
        let position = wallet.get_tx(node.txid).map(|tx| tx.chain_position);
        let height = position.and_then(|position| position.confirmation_height_upper_bound());
        if !height.is_some_and(|height| is_mature(wallet, &node.tx, height)) {
            continue;
        }
        for (vout, output) in (0_u32..).zip(&node.tx.output) {
            let outpoint = OutPoint::new(node.txid, vout);
            let is_spent = !graph.outspends(outpoint).is_empty() || outbox.spends(&outpoint);
            if let Some(one) = by_script.get(&output.script_pubkey).filter(|_| !is_spent) {
                coins.push(Coin {
                    outpoint,
                    value: output.value,
                    satisfaction: one.satisfaction(),
                    input: Some(one.input(&node.tx, vout)),
                });
            }
        }
    }
    coins
}

fn is_settled(wallet: &Wallet, coin: &LocalOutput) -> bool {
    let Some(height) = coin.chain_position.confirmation_height_upper_bound() else {
        return false;
    };
    wallet
        .get_tx(coin.outpoint.txid)
        .is_some_and(|transaction| is_mature(wallet, &transaction.tx_node.tx, height))
}

/// What a block pays to whoever found it waits.
fn is_mature(wallet: &Wallet, transaction: &Transaction, height: u32) -> bool {
    let depth = wallet.latest_checkpoint().height().saturating_sub(height).saturating_add(1);
    !transaction.is_coinbase() || depth >= COINBASE_MATURITY
}
