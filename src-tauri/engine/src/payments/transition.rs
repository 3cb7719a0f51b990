//! What may become of a payment. Pure: facts in, the changed row out. Success is final; saying a thing twice changes
//! nothing; a failure that arrives after a success is ignored.

use super::model::{Payment, Preimage, StoredStatus};
use crate::amount::Msat;
use crate::error::Code;
use crate::time::Timestamp;

/// A fact about a payment.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    /// A new attempt was handed to LDK. Only from `Pending` or a final `Failed`.
    Sent { amount: Msat, fee_limit: Msat },
    /// LDK has the preimage: the payee was paid.
    Settled { preimage: Preimage, amount: Option<Msat>, fee: Option<Msat> },
    /// No part of attempt number `attempt` can succeed any more.
    Failed { code: Code, attempt: u32 },
    /// Money came in: `amount` is what arrived.
    Received { amount: Msat, preimage: Option<Preimage> },
    /// It is in the mempool or in a block.
    OnChain { confirmed: bool, fee: Option<Msat> },
    /// Nobody paid in time.
    Expired,
    /// A conflicting transaction was confirmed.
    Replaced,
}

/// Applies a fact. Returns whether the row changed.
pub(crate) fn apply(payment: &mut Payment, fact: Fact, now: Timestamp) -> bool {
    use StoredStatus::{Expired, Failed, InTransit, Paid, Pending};
    let status = payment.status;
    match fact {
        Fact::Sent { amount, fee_limit } if matches!(status, Pending | Failed) => {
            payment.attempts += 1;
            payment.amount_msat = amount.get();
            payment.fee_limit_msat = Some(fee_limit.get());
            payment.failure = None;
            moved(payment, InTransit, now)
        }
        Fact::Settled { preimage, amount, fee } if status != Paid => {
            payment.preimage = Some(preimage);
            payment.failure = None;
            if let Some(amount) = amount {
                payment.amount_msat = amount.get();
            }
            payment.fee_msat = fee.map(Msat::get);
            moved(payment, Paid, now)
        }
        Fact::Failed { code, attempt }
            if matches!(status, Pending | InTransit) && attempt == payment.attempts =>
        {
            payment.failure = Some(code);
            moved(payment, Failed, now)
        }
        Fact::Received { amount, preimage } if status != Paid => {
            payment.amount_msat = amount.get();
            payment.preimage = preimage;
            payment.fee_msat = Some(0);
            moved(payment, Paid, now)
        }
        Fact::OnChain { confirmed, fee } if status != Failed => {
            let fee = fee.map(Msat::get).or(payment.fee_msat);
            let changed = payment.fee_msat != fee;
            payment.fee_msat = fee;
            let next = if confirmed { Paid } else { Pending };
            (status != next && moved(payment, next, now)) || changed
        }
        Fact::Expired if status == Pending => moved(payment, Expired, now),
        Fact::Replaced if status == Pending => {
            payment.failure = Some(Code::Rejected);
            moved(payment, Failed, now)
        }
        Fact::Sent { .. }
        | Fact::Settled { .. }
        | Fact::Failed { .. }
        | Fact::Received { .. }
        | Fact::OnChain { .. }
        | Fact::Expired
        | Fact::Replaced => false,
    }
}

fn moved(payment: &mut Payment, to: StoredStatus, now: Timestamp) -> bool {
    payment.status = to;
    payment.updated_at = now;
    payment.history.push((to, now));
    true
}

#[cfg(test)]
mod tests {
    use super::super::model::{PaymentId, StoredDirection, StoredKind};
    use super::*;
    use proptest::prelude::*;

    fn outgoing() -> Payment {
        let id = PaymentId::named("test", b"one");
        Payment::new(
            id,
            StoredKind::Lightning,
            StoredDirection::Out,
            Msat::new(1000),
            Timestamp::from_secs(1),
        )
    }

    fn facts() -> impl Strategy<Value = Fact> {
        prop_oneof![
            Just(Fact::Sent { amount: Msat::new(9), fee_limit: Msat::new(5) }),
            Just(Fact::Settled {
                preimage: Preimage([7; 32]),
                amount: None,
                fee: Some(Msat::new(3))
            }),
            (0u32..3).prop_map(|attempt| Fact::Failed { code: Code::NoRoute, attempt }),
            Just(Fact::Expired),
        ]
    }

    proptest! {
        #[test]
        fn a_fact_told_twice_changes_nothing(before in prop::collection::vec(facts(), 0..6), fact in facts()) {
            let mut payment = outgoing();
            for earlier in before { apply(&mut payment, earlier, Timestamp::from_secs(2)); }
            // A second `Sent` from a final failure is a new attempt, not a repetition.
            apply(&mut payment, fact.clone(), Timestamp::from_secs(3));
            let once = payment.clone();
            prop_assert!(!apply(&mut payment, fact, Timestamp::from_secs(4)));
            prop_assert_eq!(payment, once);
        }

        #[test]
        fn success_is_final(after in prop::collection::vec(facts(), 0..12)) {
            let mut payment = outgoing();
            apply(&mut payment, Fact::Sent { amount: Msat::new(9), fee_limit: Msat::new(5) }, Timestamp::from_secs(2));
            let settled = Fact::Settled { preimage: Preimage([7; 32]), amount: None, fee: None };
            prop_assert!(apply(&mut payment, settled, Timestamp::from_secs(3)));
            let paid = payment.clone();
            for later in after { apply(&mut payment, later, Timestamp::from_secs(4)); }
            prop_assert_eq!(payment, paid);
        }
    }

    #[test]
    fn the_amount_is_that_of_the_last_attempt() {
        let mut payment = outgoing();
        for (number, amount) in [(1, 1000), (2, 700)] {
            let sent = Fact::Sent { amount: Msat::new(amount), fee_limit: Msat::new(5) };
            assert!(apply(&mut payment, sent, Timestamp::from_secs(2)));
            assert_eq!(payment.amount_msat, amount);
            let failed = Fact::Failed { code: Code::NoRoute, attempt: number };
            assert!(apply(&mut payment, failed, Timestamp::from_secs(3)));
            assert_eq!(payment.amount_msat, amount, "what was tried");
        }
    }

    #[test]
    fn a_late_failure_of_an_old_attempt_does_not_touch_the_new_one() {
        let mut payment = outgoing();
        let sent = || Fact::Sent { amount: Msat::new(9), fee_limit: Msat::new(5) };
        let failed = |attempt| Fact::Failed { code: Code::NoRoute, attempt };
        assert!(apply(&mut payment, sent(), Timestamp::from_secs(2)));
        assert!(apply(&mut payment, failed(1), Timestamp::from_secs(3)));
        assert!(apply(&mut payment, sent(), Timestamp::from_secs(4)));
        assert!(!apply(&mut payment, failed(1), Timestamp::from_secs(5)));
        assert_eq!(payment.status, StoredStatus::InTransit);
    }
}
