//! What was paid lately, for a limit on it.

use super::{Journal, JournalError, Payment, StoredDirection, StoredStatus};
use crate::amount::Msat;
use crate::payment::StoredKind;
use crate::time::Timestamp;

const PAGE: usize = 100;

/// All that was paid from this time on, or is on its way, with its fees.
///
/// # Errors
/// If the vault does not say.
pub(crate) fn spent_since(journal: &Journal, since: Timestamp) -> Result<Msat, JournalError> {
    let (mut total, mut before) = (0_u64, None);
    loop {
        let rows = journal.page(None, before.as_ref(), PAGE)?;
        let counted = rows.iter().filter(|row| is_spent(row) && row.created_at >= since);
        total = counted.map(amount).fold(total, u64::saturating_add);
        // Undecided ones come first, whatever their age.
        let older = |row: &Payment| row.status.is_final() && row.created_at < since;
        match rows.last() {
            Some(last) if rows.len() == PAGE && !older(last) => before = Some(last.id),
            _ => return Ok(Msat::new(total)),
        }
    }
}

fn is_spent(row: &Payment) -> bool {
    row.direction == StoredDirection::Out
        && matches!(row.kind, StoredKind::Lightning | StoredKind::Onchain)
        && !matches!(row.status, StoredStatus::Failed | StoredStatus::Expired)
}

/// While it is not decided, the most that it can cost.
fn amount(row: &Payment) -> u64 {
    row.amount_msat.saturating_add(row.fee_msat.or(row.fee_limit_msat).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::PaymentId;

    #[test]
    fn only_what_leaves_counts_with_the_most_that_it_can_cost() {
        let row = |kind, direction| {
            let mut row = Payment::new(
                PaymentId::random(),
                kind,
                direction,
                Msat::new(5000),
                Timestamp::from_secs(7),
            );
            row.fee_limit_msat = Some(40);
            row
        };
        let mut out = row(StoredKind::Lightning, StoredDirection::Out);
        assert!(is_spent(&out));
        assert_eq!(amount(&out), 5040);
        (out.status, out.fee_msat) = (StoredStatus::Paid, Some(3));
        assert!(is_spent(&out));
        assert_eq!(amount(&out), 5003);
        out.status = StoredStatus::Failed;
        assert!(!is_spent(&out));
        assert!(is_spent(&row(StoredKind::Onchain, StoredDirection::Out)));
        assert!(!is_spent(&row(StoredKind::Lightning, StoredDirection::In)));
        assert!(!is_spent(&row(StoredKind::ChannelOpen, StoredDirection::Between)));
    }
}
