//! PSBTs (BIP 174): a previewed payment handed out unsigned, and one that others made, shown, signed, and sent or handed back. What
//! is proven of it and why it is refused: [`crate::onchain`]. What is handed out reserves nothing and gets no row: its coins stay
//! free, and a transaction that others send is learnt from the chain.

use super::error::SendError;
use crate::amount::{Msat, Sat};
use crate::core::Core;
use crate::node::Origin;
use crate::onchain::purpose::Purpose;
use crate::onchain::{Limits, ProvenPsbt};
use crate::payment::{Payment, PaymentId, Recipient, StoredDirection, StoredKind};
use crate::previews::{OnchainPayee, Preview, PsbtPreview};
use crate::time::Timestamp;
use crate::uri::psbt_text;
use crate::view::{FeeSpeed, PsbtOutput, PsbtQuote, SignedPsbt, Unsent, share_permille};
use bitcoin::{Address, Psbt, ScriptBuf, Txid};

/// The previewed payment as a PSBT without signatures, in base64. Durable when this returns: its change goes to an address that
/// nothing else uses.
pub(crate) async fn unsigned(core: &Core, quote: &str) -> Result<String, SendError> {
    let Some(Preview::Onchain(quote)) = core.previews.get(quote) else {
        return Err(SendError::Stale);
    };
    let psbt = quote.plan.psbt();
    hand_out(core, |core| {
        core.onchain.handed_out(&psbt.unsigned_tx);
        Ok(psbt_text(psbt))
    })
    .await
}

/// What signing the PSBT that was read would do.
pub(crate) fn preview(
    core: &Core,
    instruction: &str,
    now: Timestamp,
) -> Result<PsbtQuote, SendError> {
    let Some(Preview::Instruction(parsed)) = core.previews.get(instruction) else {
        return Err(SendError::Stale);
    };
    let psbt: Psbt = *parsed.psbt.ok_or(SendError::Stale)?;
    if !core.status.onchain_is_current(now) {
        return Err(SendError::NotReady);
    }
    let proven = core.onchain.prove(&psbt, &core.signer, limits(core))?;
    let before = core.previews.onchain_of(&proven.transaction().compute_txid());
    let mut shown = shown(core, &proven);
    shown.previewed = before.is_some();
    let payees = before.map(|quote| quote.payees).unwrap_or_default();
    core.previews.put(|id| {
        id.clone_into(&mut shown.id);
        Preview::Psbt(Box::new(PsbtPreview { shown: shown.clone(), proven, payees }))
    });
    Ok(shown)
}

fn limits(core: &Core) -> Limits {
    // What a person types is cut off there too.
    let sat_per_vb = core.fees.sat_per_vb(FeeSpeed::Custom { sat_per_vb: u32::MAX });
    Limits { reserve: core.reserve_with(0), sat_per_vb }
}

fn shown(core: &Core, proven: &ProvenPsbt) -> PsbtQuote {
    let outputs = proven.outputs.iter().map(|output| PsbtOutput {
        address: address_of(core, &output.script),
        amount_sat: output.amount,
        own: output.own,
        fiat: None,
    });
    let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
    // Moving all of it to oneself pays nobody: the fee is then held against what is moved.
    let (leaves, fee) = (proven.leaves(), proven.fee);
    let weighed =
        if proven.payees().next().is_none() { proven.back } else { leaves.minus_or_zero(fee) };
    PsbtQuote {
        id: String::new(),
        txid: proven.transaction().compute_txid().to_string(),
        outputs: outputs.collect(),
        own_inputs: count(proven.own_inputs()),
        own_sat: proven.own,
        other_inputs: count(proven.other_inputs()),
        other_sat: proven.others,
        back_sat: proven.back,
        leaves_sat: leaves,
        gains_sat: proven.gains(),
        fee_sat: fee,
        sat_per_vb: proven.sat_per_vb,
        large_fee: leaves > Sat::ZERO
            && share_permille(fee, weighed).is_none_or(|share| share >= LARGE_FEE),
        unsigned: count(proven.unsigned),
        time_locked: proven.time_locked,
        can_send: proven.unsigned == 0 && !proven.time_locked && leaves > Sat::ZERO,
        previewed: false,
        fiat: None,
    }
}

/// Half of what is paid, as with every payment on-chain.
const LARGE_FEE: u32 = 500;

fn address_of(core: &Core, script: &ScriptBuf) -> Option<String> {
    Address::from_script(script, core.network).ok().map(|address| address.to_string())
}

/// Signs what was shown, to be handed on. Durable when this returns.
pub(crate) async fn sign(core: &Core, quote: &str) -> Result<SignedPsbt, SendError> {
    let Some(Preview::Psbt(preview)) = core.previews.get(quote) else {
        return Err(SendError::Stale);
    };
    hand_out(core, |core| {
        let signed = core.onchain.sign(&preview.proven, &core.signer, limits(core))?;
        let transaction = core.signer.extract(&signed);
        Ok(SignedPsbt {
            psbt: psbt_text(&signed),
            transaction: transaction.map(|tx| bitcoin::consensus::encode::serialize_hex(&tx)),
        })
    })
    .await
}

/// What leaves this computer without being sent leaves it after the commit, and never an old copy of the wallet.
async fn hand_out<T>(
    core: &Core,
    make: impl FnOnce(&Core) -> Result<T, SendError>,
) -> Result<T, SendError> {
    if core.freshness.is_quarantined() {
        return Err(SendError::Quarantine);
    }
    core.status.disk()?;
    let _one_at_a_time = core.paying.lock().await;
    let made = make(core)?;
    core.wake.durable().await.map_err(|_| SendError::Storage)?;
    Ok(made)
}

/// Signs and sends what was shown, once.
pub(crate) async fn send(core: &Core, quote: &str, now: Timestamp) -> Result<Payment, SendError> {
    if core.freshness.is_quarantined() {
        return Err(SendError::Quarantine);
    }
    core.status.disk()?;
    let one_at_a_time = core.paying.lock().await;
    core.status.disk()?;
    if !core.status.onchain_is_current(now) {
        return Err(SendError::NotReady);
    }
    let preview = match core.previews.get(quote) {
        Some(Preview::Psbt(preview)) if preview.shown.can_send => preview,
        _ => return Err(SendError::Stale),
    };
    for payee in &preview.payees {
        payee.debt.check_again(&core.journal, payee.paid_before.as_ref())?;
    }
    let (id, txid) = stage(core, &preview, now)?;
    core.previews.take(quote);
    drop(one_at_a_time);
    core.wake.durable().await.map_err(|_| SendError::Storage)?;
    core.status.offered(txid).await;
    core.journal.get(&id)?.ok_or(SendError::Storage)
}

/// Coins, row and transaction in one commit, as with a payment that was made here.
fn stage(
    core: &Core,
    preview: &PsbtPreview,
    now: Timestamp,
) -> Result<(PaymentId, Txid), SendError> {
    let _together = core.staging.lock().expect("staging lock is never poisoned");
    let proven = &preview.proven;
    let transaction = core.onchain.finish_psbt(proven, &core.signer, limits(core), now)?;
    let txid = transaction.compute_txid();
    let id = super::onchain_row(&txid);
    // If others paid in too, what of the fee is ours is part of what left.
    let fee = if proven.other_inputs() == 0 { proven.fee } else { Sat::ZERO };
    let amount = proven.leaves().minus_or_zero(fee);
    let amount = Msat::from_sat(amount).ok_or(SendError::TooLarge(Msat::MOST))?;
    let mut row = Payment::new(id, StoredKind::Onchain, StoredDirection::Out, amount, now);
    if proven.other_inputs() == 0 {
        row.fee_msat = Msat::from_sat(fee).map(Msat::get);
    }
    match (&preview.payees[..], &recipients(core, proven)[..]) {
        ([payee], _) => {
            row.address = Some(payee.address.to_string());
            row.note.clone_from(&payee.note);
            row.asked_hash = payee.debt.hash;
            row.looked_up.clone_from(&payee.looked_up);
        }
        ([], [one]) => row.address = Some(one.address.clone()),
        ([], all) => row.recipients = all.to_vec(),
        (several, _) => row.recipients = several.iter().map(OnchainPayee::row).collect(),
    }
    row.txid = Some(txid.to_string());
    row.unsent = Some(Unsent::Waiting);
    row.kept_here = true;
    core.journal.insert(row)?;
    core.purposes.keep(txid, Purpose::Payment { row: id });
    core.node.outbox.stage(Origin::Payment, vec![transaction]);
    Ok((id, txid))
}

/// Who gets something and has an address.
fn recipients(core: &Core, proven: &ProvenPsbt) -> Vec<Recipient> {
    let one = |(script, amount)| {
        let amount_msat = Msat::from_sat(amount)?.get();
        Some(Recipient {
            address: address_of(core, script)?,
            amount_msat,
            asked_hash: None,
            note: None,
        })
    };
    proven.payees().map(|output| (&output.script, output.amount)).filter_map(one).collect()
}
