//! Paying a node that did not ask for it (keysend, bLIP 3): the preimage is ours and goes with the money, so its payee proves
//! nothing. A try is a payment of its own: no hash is used twice.

use super::attempt;
use super::error::SendError;
use super::transition::Fact;
use crate::core::Core;
use crate::error::Code;
use crate::payment::{Payment, PaymentId, Preimage, StoredDirection, StoredKind};
use crate::previews::SpontaneousQuote;
use crate::time::Timestamp;
use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::secp256k1::PublicKey;
use lightning::ln::channelmanager::{RecipientOnionFields, Retry, RetryableSendFailure};
use lightning::routing::router::{PaymentParameters, RouteParameters};
use lightning::types::payment::PaymentPreimage;

/// As the last hop of most nodes wants it, with room for blocks that come meanwhile.
const FINAL_CLTV_DELTA: u32 = 144;

/// In one part: several want a secret of the payee's, and few nodes take them without.
pub(super) fn parameters(node: PublicKey) -> PaymentParameters {
    PaymentParameters::for_keysend(node, FINAL_CLTV_DELTA, false)
}

/// Stages the row with its hash, then hands the payment to LDK.
pub(super) async fn start(
    core: &Core,
    quote: &SpontaneousQuote,
    now: Timestamp,
) -> Result<(PaymentId, Result<(), SendError>), SendError> {
    // As random as an id: 32 bytes of the operating system.
    let preimage = Preimage(PaymentId::random().0);
    let id = PaymentId::random();
    let (kind, direction) = (StoredKind::Lightning, StoredDirection::Out);
    let mut row = Payment::new(id, kind, direction, quote.amount, now);
    row.hash = Some(sha256::Hash::hash(&preimage.0).to_byte_array());
    row.party.clone_from(&quote.shown.instruction.payee_name);
    row.node_id = Some(quote.node.to_string());
    core.journal.insert(row)?;
    let attempt = attempt::begin(core, &id, (quote.amount, quote.fee_limit), now).await?;
    let mut route =
        RouteParameters::from_payment_params_and_value(parameters(quote.node), quote.amount.get());
    route.max_total_routing_fee_msat = Some(quote.fee_limit.get());
    let sent = core.node.manager.send_spontaneous_payment(
        Some(PaymentPreimage(preimage.0)),
        RecipientOnionFields::spontaneous_empty(),
        attempt,
        route,
        Retry::Timeout(core.settings.tunables.pay_for),
    );
    let Err(error) = sent else { return Ok((id, Ok(()))) };
    let (code, error) = match error {
        RetryableSendFailure::RouteNotFound => (Code::NoRoute, SendError::NoRoute),
        other => (Code::Internal, SendError::Refused(format!("{other:?}"))),
    };
    core.journal.record(&id, Fact::Failed { code, attempt: 1 }, now)?;
    Ok((id, Err(error)))
}
