//! Moving the money of another account, or of a private key, into this wallet.

use super::look::{scan, scan_key};
use super::plan::{SweepError, SweepFrom, SweepPlan, plan};
use crate::amount::{Msat, Sat};
use crate::chain::Fees;
use crate::core::Core;
use crate::keys::{AccountId, WalletSecrets, sign_with_words};
use crate::node::Origin;
use crate::onchain::purpose::Purpose;
use crate::payments::address::taken;
use crate::payments::{JournalError, Payment, StoredDirection, StoredKind, onchain_row};
use crate::previews::Preview;
use crate::status::DiskTrouble;
use crate::time::Timestamp;
use crate::view::{FeeChoice, FeeSpeed, SweepPreview, share_permille};
use bitcoin::{Transaction, Txid};

/// Looks at it anew and shows what moving everything would cost at each speed.
pub(crate) async fn preview(
    core: &Core,
    from: SweepFrom,
    speed: FeeSpeed,
    now: Timestamp,
) -> Result<SweepPreview, SweepError> {
    let mut scanned = match &from {
        SweepFrom::Account(account) => {
            scan(core, *account, now).await?.ok_or(SweepError::Nothing)?
        }
        SweepFrom::Key(key) => scan_key(core, key, now).await?,
    };
    let whole = Sat::sum(scanned.coins.iter().map(|coin| coin.value.into())).unwrap_or_default();
    let mut fee_choices = Vec::new();
    for option in [FeeSpeed::Fast, FeeSpeed::Normal, FeeSpeed::Slow] {
        if let Ok(plan) = plan(&mut scanned, &from, core.fees.rate(option)) {
            fee_choices.push(FeeChoice {
                speed: option,
                sat_per_vb: core.fees.sat_per_vb(option),
                fee_sat: plan.fee,
                about_minutes: Fees::about_minutes(option),
                share_permille: share_permille(plan.fee, plan.amount),
                fiat: None,
            });
        }
    }
    let plan = plan(&mut scanned, &from, core.fees.rate(speed))?;
    let mut shown = SweepPreview {
        id: String::new(),
        account: from.account(),
        amount_sat: plan.amount,
        fee_sat: plan.fee,
        left_sat: whole.minus_or_zero(plan.amount).minus_or_zero(plan.fee),
        fee_choices,
        speed,
        fiat: None,
    };
    shown.id = core.previews.put(|_| Preview::Sweep(Box::new(plan)));
    Ok(shown)
}

/// The key of an instruction, as long as it was read not long ago.
pub(crate) fn key_of(core: &Core, instruction: &str) -> Result<SweepFrom, SweepError> {
    match core.previews.get(instruction) {
        Some(Preview::Instruction(parsed)) => {
            parsed.key.clone().map(SweepFrom::Key).ok_or(SweepError::Stale)
        }
        _ => Err(SweepError::Stale),
    }
}

/// Whether what was shown is signed with keys of the words.
pub(crate) fn needs_words(core: &Core, preview: &str) -> bool {
    let shown = core.previews.get(preview);
    !matches!(shown, Some(Preview::Sweep(plan)) if matches!(plan.from, SweepFrom::Key(_)))
}

/// `secrets`: if it [`needs_words`].
pub(crate) async fn sweep(
    core: &Core,
    preview: &str,
    secrets: Option<&WalletSecrets>,
    now: Timestamp,
) -> Result<Payment, SweepError> {
    if core.freshness.is_quarantined() {
        return Err(SweepError::Quarantine);
    }
    core.status.disk().map_err(SweepError::Disk)?;
    // Two confirmations of the same coins make one transaction.
    let one = core.paying.lock().await;
    let Some(Preview::Sweep(plan)) = core.previews.take(preview) else {
        return Err(SweepError::Stale);
    };
    let inputs = &plan.psbt.unsigned_tx.input;
    if inputs.iter().any(|input| core.node.outbox.spends(&input.previous_output)) {
        return Err(SweepError::Stale);
    }
    let account = plan.from.account();
    let amount = plan.amount;
    let transaction = signed(core, *plan, secrets)?;
    let txid = transaction.compute_txid();
    let row = stage(core, account, transaction, amount, now)?;
    core.wake.durable().await.map_err(|_| SweepError::Disk(DiskTrouble::Refuses))?;
    drop(one);
    core.status.offered(txid).await;
    core.status.sync_now.notify_one();
    Ok(core.journal.get(&row.id)?.unwrap_or(row))
}

fn signed(
    core: &Core,
    plan: SweepPlan,
    secrets: Option<&WalletSecrets>,
) -> Result<Transaction, SweepError> {
    let mut psbt = plan.psbt;
    let address = core.onchain.fresh_address(&taken(core));
    for output in &mut psbt.unsigned_tx.output {
        output.script_pubkey = address.script_pubkey();
    }
    match (&plan.from, secrets) {
        (SweepFrom::Key(key), _) => key.sign(&mut psbt)?,
        (SweepFrom::Account(_), Some(WalletSecrets { words, passphrase, .. })) => {
            sign_with_words(words, passphrase.as_ref(), core.network, &mut psbt)?;
        }
        (SweepFrom::Account(_), None) => return Err(SweepError::Stale),
    }
    psbt.extract_tx().map_err(|error| SweepError::Build(error.to_string()))
}

/// The row, the transaction in the outbox, and that the account is empty now become durable in one commit. The on-chain wallet
/// hears of it from the chain, like of anything else that arrives.
fn stage(
    core: &Core,
    account: Option<AccountId>,
    transaction: Transaction,
    amount: Sat,
    now: Timestamp,
) -> Result<Payment, JournalError> {
    let _together = core.staging.lock().expect("staging lock is never poisoned");
    let txid: Txid = transaction.compute_txid();
    let amount = Msat::from_sat(amount).unwrap_or_default();
    let (kind, direction) = (StoredKind::Onchain, StoredDirection::In);
    let mut row = Payment::new(onchain_row(&txid), kind, direction, amount, now);
    row.txid = Some(txid.to_string());
    let script = transaction.output.first().map(|output| &output.script_pubkey);
    let address =
        script.and_then(|script| bitcoin::Address::from_script(script, core.network).ok());
    row.address = address.map(|address| address.to_string());
    core.journal.insert(row.clone())?;
    core.purposes.keep(txid, Purpose::Payment { row: row.id });
    core.node.outbox.stage(Origin::Payment, vec![transaction]);
    core.other_accounts.change(&core.kv, |known| {
        known.found.retain(|one| Some(one.account) != account);
    });
    Ok(row)
}

impl SweepFrom {
    fn account(&self) -> Option<AccountId> {
        match self {
            Self::Account(account) => Some(*account),
            Self::Key(_) => None,
        }
    }
}
