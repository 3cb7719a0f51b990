//! The step before LDK is asked to pay: its attempt is in the journal, under an id of its own.

use super::error::SendError;
use crate::amount::Msat;
use crate::core::Core;
use crate::payment::PaymentId;
use crate::time::Timestamp;
use lightning::ln::channelmanager::PaymentId as LdkId;

/// Stages an attempt of a row that is there. The commit that holds it goes out before anything that LDK then sends.
///
/// # Errors
/// [`SendError::InFlight`], if another attempt is under way; [`SendError::Storage`].
pub(super) async fn begin(
    core: &Core,
    id: &PaymentId,
    (amount, fee_limit): (Msat, Msat),
    now: Timestamp,
) -> Result<LdkId, SendError> {
    let attempt = core.journal.start_attempt(id, amount, fee_limit, now)?;
    let attempt = attempt.ok_or(SendError::InFlight)?;
    row_before_call(core).await?;
    Ok(LdkId(attempt))
}

/// In the synchronous mode LDK's own write comes inside the call: the row must be there before it.
pub(super) async fn row_before_call(core: &Core) -> Result<(), SendError> {
    if core.settings.tunables.persistence.is_synchronous() {
        core.wake.durable().await.map_err(|_| SendError::Storage)?;
    }
    Ok(())
}
