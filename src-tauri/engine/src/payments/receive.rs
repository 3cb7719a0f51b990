//! Being paid: one request with an address and, if channels can take it in, an invoice. The row is durable before
//! anyone can see the request.

use super::error::ReceiveError;
use super::{address, invoice};
use crate::amount::Msat;
use crate::core::Core;
use crate::node::money::receivable;
use crate::payment::{Payment, PaymentId, StoredDirection, StoredKind};
use crate::time::Timestamp;
use crate::view::{ClockOffset, ReceiveNotice, Request};
use bitcoin::hashes::Hash as _;

/// Requests that can be waited for: between a minute and a year.
const EXPIRY_SECS: std::ops::RangeInclusive<u32> = 60..=31_536_000;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct RequestParameters {
    pub amount: Option<Msat>,
    pub note: Option<String>,
    /// Between a minute and a year; anything else becomes the nearest of them.
    pub expiry_secs: u32,
    /// The movement id of the request that this one takes the place of: it was being written. One row is both, and both can
    /// be paid, until one is.
    pub replaces: Option<String>,
}

/// Makes a request.
pub(crate) async fn request(
    core: &Core,
    parameters: RequestParameters,
    now: Timestamp,
) -> Result<Request, ReceiveError> {
    let RequestParameters { amount, note, expiry_secs, replaces } = parameters;
    if core.freshness.is_quarantined() {
        return Err(ReceiveError::Quarantine);
    }
    check_amount(amount)?;
    core.status.disk()?;
    let expiry_secs = expiry_secs.clamp(*EXPIRY_SECS.start(), *EXPIRY_SECS.end());
    let limit = largest_payment(core);
    let notice = notice(core, amount, limit, u64::from(expiry_secs));
    let invoice = match notice {
        ReceiveNotice::Fine | ReceiveNotice::ClockBehind { .. } => {
            Some(invoice::make(core, amount, note.as_deref(), expiry_secs)?)
        }
        ReceiveNotice::NoChannel | ReceiveNotice::PeersAway | ReceiveNotice::OverLimit { .. } => {
            None
        }
    };
    let mut row = Payment::new(
        PaymentId::random(),
        StoredKind::Lightning,
        StoredDirection::In,
        amount.unwrap_or_default(),
        now,
    );
    row.hash = invoice.as_ref().map(|invoice| invoice.payment_hash().to_byte_array());
    row.invoice = invoice.as_ref().map(ToString::to_string);
    row.note.clone_from(&note);
    row.expires_at = Some(now.after(u64::from(expiry_secs)));
    let (id, address) = address::give(core, row, replaces.as_deref().and_then(PaymentId::parse))?;
    core.wake.durable().await.map_err(|_| ReceiveError::Storage)?;
    let invoice = invoice.map(|invoice| invoice.to_string());
    let rate = core.rates.shown(now);
    Ok(Request {
        id: id.to_string(),
        uri: crate::uri::build(&address, invoice.as_deref(), amount, note.as_deref()),
        invoice,
        address: address.to_string(),
        amount_msat: amount,
        note,
        created_at_secs: now.secs(),
        expires_at_secs: now.after(u64::from(expiry_secs)).secs(),
        notice,
        can_receive_msat: limit,
        fiat: amount.and_then(|amount| rate?.nearest(amount)),
        fiat_at_secs: rate.map(|rate| rate.at.secs()),
    })
}

/// The most that can come in one payment, in parts if it takes several channels; the same that Home shows.
pub(crate) fn largest_payment(core: &Core) -> Msat {
    let channels = core.node.manager.list_channels();
    receivable(channels.iter().map(|channel| core.channel_parts(channel).can_receive))
}

pub(super) fn check_amount(amount: Option<Msat>) -> Result<(), ReceiveError> {
    match amount {
        Some(amount) if amount > Msat::MOST => Err(ReceiveError::TooLarge),
        Some(Msat::ZERO) => Err(ReceiveError::TooSmall),
        Some(_) | None => Ok(()),
    }
}

fn notice(core: &Core, amount: Option<Msat>, limit: Msat, expiry_secs: u64) -> ReceiveNotice {
    let channels = core.node.manager.list_channels();
    if !channels.iter().any(|channel| channel.is_channel_ready) {
        return ReceiveNotice::NoChannel;
    }
    if !channels.iter().any(|channel| channel.is_usable) {
        return ReceiveNotice::PeersAway;
    }
    match amount {
        Some(amount) if amount > limit => ReceiveNotice::OverLimit { limit_msat: limit },
        None if limit == Msat::ZERO => ReceiveNotice::OverLimit { limit_msat: limit },
        Some(_) | None => match core.status.clock_offset() {
            Some(ClockOffset::Behind { secs, .. }) if secs >= expiry_secs => {
                ReceiveNotice::ClockBehind { secs }
            }
            Some(_) | None => ReceiveNotice::Fine,
        },
    }
}
