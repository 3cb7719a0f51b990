//! Which rows a person looks for.

use crate::payments::{Payment, StoredDirection, StoredKind, StoredStatus};
use crate::view::{ActivityFilter, ActivityKind};

/// All but its text, which the journal looks for itself.
pub(crate) fn passes(filter: &ActivityFilter, row: &Payment) -> bool {
    let (amount, at) = (row.amount_msat, row.created_at.secs());
    filter.only.iter().all(|kind| is(*kind, row))
        && filter.min_msat.is_none_or(|least| amount >= least.get())
        && filter.max_msat.is_none_or(|most| amount <= most.get())
        && filter.since_secs.is_none_or(|since| at >= since)
        && filter.until_secs.is_none_or(|until| at < until)
}

fn is(kind: ActivityKind, row: &Payment) -> bool {
    use StoredKind::{ChannelClose, ChannelOpen, ChannelOpenByPeer, Lightning, Onchain};
    use StoredStatus::{Expired, Failed, InTransit, Pending};
    match kind {
        ActivityKind::Sent => row.direction == StoredDirection::Out,
        ActivityKind::Received => row.direction == StoredDirection::In,
        ActivityKind::Channels => {
            matches!(row.kind, ChannelOpen | ChannelOpenByPeer | ChannelClose)
        }
        ActivityKind::Opened => matches!(row.kind, ChannelOpen | ChannelOpenByPeer),
        ActivityKind::Closed => row.kind == ChannelClose,
        ActivityKind::Lightning => row.kind == Lightning,
        ActivityKind::Onchain => row.kind == Onchain,
        ActivityKind::Pending => matches!(row.status, Pending | InTransit),
        ActivityKind::Failed => matches!(row.status, Failed | Expired),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::Msat;
    use crate::payments::PaymentId;
    use crate::time::Timestamp;

    #[test]
    fn all_of_it_must_hold() {
        let id = PaymentId::named("test", b"one");
        let (kind, direction) = (StoredKind::Onchain, StoredDirection::Out);
        let row = Payment::new(id, kind, direction, Msat::new(5_000), Timestamp::from_secs(100));
        let with = |filter: ActivityFilter| passes(&filter, &row);
        let none = ActivityFilter::default;
        let only = |only: &[ActivityKind]| with(ActivityFilter { only: only.to_vec(), ..none() });
        assert!(with(none()));
        assert!(only(&[ActivityKind::Sent, ActivityKind::Onchain, ActivityKind::Pending]));
        assert!(!only(&[ActivityKind::Sent, ActivityKind::Failed]));
        assert!(!only(&[ActivityKind::Received]) && !only(&[ActivityKind::Channels]));
        let amount = |msat| Some(Msat::new(msat));
        assert!(with(ActivityFilter {
            min_msat: amount(5_000),
            max_msat: amount(5_000),
            ..none()
        }));
        assert!(!with(ActivityFilter { min_msat: amount(5_001), ..none() }));
        assert!(!with(ActivityFilter { max_msat: amount(4_999), ..none() }));
        assert!(with(ActivityFilter { since_secs: Some(100), until_secs: Some(101), ..none() }));
        assert!(!with(ActivityFilter { until_secs: Some(100), ..none() }), "before then");
        assert!(!with(ActivityFilter { since_secs: Some(101), ..none() }));
    }
}
