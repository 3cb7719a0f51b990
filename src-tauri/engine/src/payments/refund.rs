//! Collecting a BOLT 12 refund: its issuer is sent an invoice of ours, and pays it. The row, with the invoice's hash, is durable
//! before that message leaves (`node::gate::onion`), and each refund has one row: asked a second time, its issuer gets
//! another invoice for the same row, any of which may be paid, and none once one is.

use super::error::{RefundError, SendError};
use super::instruction::check_expiry;
use super::transition::Fact;
use crate::amount::Msat;
use crate::core::Core;
use crate::payment::{Payment, PaymentId, StoredDirection, StoredKind, StoredStatus};
use crate::previews::Preview;
use crate::time::Timestamp;
use crate::uri::{Parsed, refunded};
use crate::view::Collecting;
use lightning::ln::channel_state::ChannelDetails;
use lightning::offers::parse::Bolt12SemanticError;
use lightning::offers::refund::Refund;
use std::time::Duration;

/// When it is over, if ever.
pub(super) fn expiry(refund: &Refund) -> Option<Timestamp> {
    let at = refund.absolute_expiry()?;
    Some(Timestamp::from_secs(at.as_secs()).min(Timestamp::LAST))
}

/// Refuses what can never be collected.
pub(super) fn check(core: &Core, refund: &Refund, now: Timestamp) -> Result<(), SendError> {
    let expired = |at: Timestamp| refund.is_expired_no_std(Duration::from_secs(at.secs()));
    check_expiry(core, expired, now).map_err(|error| match error {
        SendError::Expired => RefundError::Expired.into(),
        other => other,
    })?;
    let text = refund.to_string();
    let gave = |row: &Payment| row.direction == StoredDirection::Out && row.refund.is_some();
    let ours = core.journal.live(|row| row.refund.clone().filter(|_| gave(row)));
    if ours.contains(&text) {
        return Err(RefundError::Own.into());
    }
    match core.journal.get(&id_of(&text))? {
        Some(row) if row.status == StoredStatus::Paid => Err(RefundError::Collected.into()),
        Some(_) | None => Ok(()),
    }
}

fn id_of(text: &str) -> PaymentId {
    PaymentId::named("refund", text.as_bytes())
}

/// Sends its issuer an invoice of ours. That is no promise: the issuer may be away, or have paid another.
///
/// # Errors
/// If it cannot be collected, by anyone or by us now. The refund is as good as before.
pub(crate) async fn collect(
    core: &Core,
    instruction: &str,
    now: Timestamp,
) -> Result<Collecting, SendError> {
    let Some(Preview::Instruction(parsed)) = core.previews.get(instruction) else {
        return Err(SendError::Stale);
    };
    let refund = parsed.refund.as_ref().ok_or(SendError::Stale)?;
    if core.freshness.is_quarantined() {
        return Err(SendError::Quarantine);
    }
    core.status.disk()?;
    check(core, refund, now)?;
    check_room(core, Msat::new(refund.amount_msats()))?;
    let asked = ask(core, &parsed, refund, now);
    core.wake.durable().await.map_err(|_| SendError::Storage)?;
    asked
}

/// Its invoice has one way in for each channel, and LDK takes none that is too small for all of it.
fn check_room(core: &Core, amount: Msat) -> Result<(), SendError> {
    let channels = core.node.manager.list_channels();
    let ready = |channel: &&ChannelDetails| channel.is_channel_ready;
    if channels.iter().any(|channel| ready(&channel))
        && !channels.iter().any(|channel| channel.is_usable)
    {
        return Err(SendError::PeersAway);
    }
    let usable = channels.iter().filter(|channel| channel.is_usable);
    let rooms = usable.map(|channel| core.channel_parts(channel).can_receive);
    let room = rooms.max().unwrap_or_default();
    if amount > room { Err(RefundError::TooLarge(room).into()) } else { Ok(()) }
}

/// The row and LDK's message, so that one commit takes both, or the row alone.
fn ask(
    core: &Core,
    parsed: &Parsed,
    refund: &Refund,
    now: Timestamp,
) -> Result<Collecting, SendError> {
    let _together = core.staging.lock().expect("staging lock is never poisoned");
    let row = row(parsed, refund, now);
    let id = row.id;
    core.journal.insert(row)?;
    let invoice = match core.node.manager.request_refund_payment(refund) {
        Ok(invoice) => invoice,
        Err(error) => {
            core.journal.change(&id, |row| {
                // Nobody was ever asked.
                let unasked = row.hash.is_none() && row.status == StoredStatus::Pending;
                if unasked {
                    row.expires_at = Some(now);
                }
                unasked
            })?;
            return Err(refusal(error));
        }
    };
    let until = now.after(invoice.relative_expiry().as_secs());
    let hash = invoice.payment_hash().0;
    core.journal.record(&id, Fact::Collects { hash, until }, now)?;
    Ok(Collecting {
        id: id.to_string(),
        amount_msat: Msat::new(refund.amount_msats()),
        expires_at_secs: until.secs(),
    })
}

fn row(parsed: &Parsed, refund: &Refund, now: Timestamp) -> Payment {
    let text = refund.to_string();
    let (kind, direction) = (StoredKind::Lightning, StoredDirection::In);
    let amount = Msat::new(refund.amount_msats());
    let mut row = Payment::new(id_of(&text), kind, direction, amount, now);
    row.note = refunded(refund);
    row.party.clone_from(&parsed.label);
    row.quantity = refund.quantity();
    row.refund = Some(text);
    row
}

fn refusal(error: Bolt12SemanticError) -> SendError {
    match error {
        Bolt12SemanticError::AlreadyExpired => RefundError::Expired.into(),
        Bolt12SemanticError::MissingPaths => SendError::NoRelay,
        other => SendError::Refused(format!("{other:?}")),
    }
}
