//! Payments that were on their way in a state that is old: the wallet was restored, or put back, and the peer closed the channel
//! with a later state. What became of such a payment is in that state alone, which nobody here has: LDK waits for it for ever. Once
//! the money is here and buried nothing more comes of it, and the row says what is true: that it is not known. It must never say so
//! of a payment that some channel still holds. A preimage that turns up later is the last word, as always.

use crate::core::Core;
use crate::error::Code;
use crate::node::record::{ChannelRecord, Ending};
use crate::payments::{Fact, JournalError, Payment};
use crate::time::Timestamp;
use lightning::ln::channel_state::ChannelDetails;

/// Ends the rows that nothing else will end.
///
/// # Errors
/// If the vault does not say what a row is: the next close says it.
pub(crate) fn give_answers(core: &Core, now: Timestamp) -> Result<(), JournalError> {
    let records = core.records.all();
    // One that is on its way to the chain may hold it.
    if records.iter().filter_map(|record| record.ending.as_ref()).any(|ending| !ending.resolved) {
        return Ok(());
    }
    let Some(ended) = last_old_end(&records) else { return Ok(()) };
    let listed = core.node.manager.list_channels();
    for (row, _) in core.journal.undecided() {
        if !row.awaits_invoice() && row.updated_at <= ended && !is_held(&row, &listed) {
            let unknown = Fact::Failed { code: Code::OutcomeUnknown, attempt: row.attempts };
            core.journal.record(&row.id, unknown, now)?;
        }
    }
    Ok(())
}

/// When the last channel ended of which the peer knew more.
fn last_old_end(records: &[ChannelRecord]) -> Option<Timestamp> {
    let old = records.iter().filter(|record| record.stale);
    old.filter_map(|record| record.ending.as_ref()).map(|Ending { at, .. }| *at).max()
}

fn is_held(row: &Payment, listed: &[ChannelDetails]) -> bool {
    let mut htlcs = listed.iter().flat_map(|channel| &channel.pending_outbound_htlcs);
    row.hash.as_ref().is_none_or(|hash| htlcs.any(|htlc| htlc.payment_hash.0 == *hash))
}
