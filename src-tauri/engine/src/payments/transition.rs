//! What may become of a payment. Pure: facts in, the changed row out. Saying a thing twice changes nothing. Over Lightning
//! success is final, and a failure that arrives after it is ignored. On-chain the chain decides, and it may change its mind.

use crate::amount::Msat;
use crate::error::Code;
use crate::payment::{Hash, Payment, Preimage, StoredKind, StoredStatus};
use crate::time::Timestamp;
use crate::view::Unsent;
use bitcoin::Txid;

/// A fact about a payment.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    /// A new attempt was handed to LDK. Only from `Pending` or a final `Failed`.
    Sent { amount: Msat, fee_limit: Msat },
    /// The payee of an offer answered with this invoice (its bytes in hex), which is about to be paid.
    Invoice { hash: Hash, invoice: String },
    /// The issuer of a refund is sent this invoice of ours, good until then; one that was sent before may still be paid.
    Collects { hash: Hash, until: Timestamp },
    /// LDK has the preimage: the payee was paid.
    Settled { preimage: Preimage, amount: Option<Msat>, fee: Option<Msat> },
    /// A person wants no further try. What has left is decided by others.
    Abandoned,
    /// No part of attempt number `attempt` can succeed any more.
    Failed { code: Code, attempt: u32 },
    /// Money came in: `amount` is what arrived.
    Received { amount: Msat, preimage: Option<Preimage> },
    /// Its transaction is in the mempool or in a block. On-chain rows only.
    OnChain { confirmed: bool, fee: Option<Msat> },
    /// It was offered to a server, which shows it (`None`) or not.
    Offered { unsent: Option<Unsent> },
    /// A server is about to be handed it for the first time.
    Leaves,
    /// A person took it back before that.
    TakenBack,
    /// Nobody paid in time.
    Expired,
    /// Its transaction is gone: another one, if known, spends the same. On-chain rows only.
    Replaced { by: Option<Txid> },
}

/// Applies a fact. Returns whether the row changed.
pub(crate) fn apply(payment: &mut Payment, fact: Fact, now: Timestamp) -> bool {
    let open = payment.status == StoredStatus::Pending && payment.txid.is_none();
    match fact {
        Fact::Expired => open && moved(payment, StoredStatus::Expired, now),
        fact if payment.kind == StoredKind::Lightning => over_lightning(payment, fact, now),
        fact => on_chain(payment, fact, now),
    }
}

fn over_lightning(payment: &mut Payment, fact: Fact, now: Timestamp) -> bool {
    use StoredStatus::{Failed, InTransit, Paid, Pending};
    let status = payment.status;
    match fact {
        Fact::Sent { amount, fee_limit } if matches!(status, Pending | Failed) => {
            payment.attempts += 1;
            payment.amount_msat = amount.get();
            payment.fee_limit_msat = Some(fee_limit.get());
            (payment.failure, payment.abandoned) = (None, false);
            moved(payment, InTransit, now)
        }
        Fact::Invoice { hash, invoice } if payment.awaits_invoice() => {
            payment.hash = Some(hash);
            payment.bolt12_invoice = Some(invoice);
            moved(payment, InTransit, now)
        }
        Fact::Abandoned if payment.can_be_abandoned() => {
            payment.abandoned = true;
            true
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
        Fact::Collects { hash, until }
            if payment.collects_refund() && status != Paid && payment.hash != Some(hash) =>
        {
            let amount = payment.amount_msat;
            payment.earlier.extend(payment.hash.map(|before| (before, amount)));
            (payment.hash, payment.expires_at) = (Some(hash), Some(until));
            moved(payment, Pending, now)
        }
        Fact::Received { amount, preimage } if status != Paid => {
            payment.amount_msat = amount.get();
            payment.preimage = preimage;
            payment.fee_msat = Some(0);
            moved(payment, Paid, now)
        }
        _ => false,
    }
}

fn on_chain(payment: &mut Payment, fact: Fact, now: Timestamp) -> bool {
    use StoredStatus::{Failed, Paid, Pending};
    let status = payment.status;
    match fact {
        // What is seen is not gone, whatever was said before.
        Fact::OnChain { confirmed, fee } => {
            (payment.failure, payment.replaced_by) = (None, None);
            let fee = fee.map(Msat::get).or(payment.fee_msat);
            let changed = payment.fee_msat != fee;
            payment.fee_msat = fee;
            let next = if confirmed { Paid } else { Pending };
            if confirmed {
                payment.unsent = None;
            }
            (status != next && moved(payment, next, now)) || changed
        }
        Fact::Offered { unsent } if status == Pending => {
            std::mem::replace(&mut payment.unsent, unsent) != unsent
        }
        Fact::Leaves if payment.is_kept_here() => {
            payment.kept_here = false;
            true
        }
        Fact::TakenBack if payment.is_kept_here() => {
            (payment.kept_here, payment.unsent) = (false, None);
            payment.failure = Some(Code::TakenBack);
            moved(payment, Failed, now)
        }
        Fact::Replaced { by } if matches!(status, Pending | Paid) => {
            (payment.unsent, payment.kept_here) = (None, false);
            let by = by.map(|txid| txid.to_string());
            // Our own, or somebody else's.
            let called_off = payment.is_called_off() && payment.replaced_by == by;
            payment.failure = Some(if called_off { Code::CalledOff } else { Code::Replaced });
            payment.replaced_by = by;
            moved(payment, Failed, now)
        }
        _ => false,
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
    use super::*;
    use crate::payment::{PaymentId, StoredDirection};
    use bitcoin::hashes::Hash;
    use proptest::prelude::*;

    fn row(kind: StoredKind, direction: StoredDirection) -> Payment {
        let id = PaymentId::named("test", b"one");
        Payment::new(id, kind, direction, Msat::new(1000), Timestamp::from_secs(1))
    }

    fn outgoing() -> Payment {
        row(StoredKind::Lightning, StoredDirection::Out)
    }

    /// Of an offer.
    fn offered() -> Payment {
        Payment { offer: Some("lno1".into()), offer_id: Some([3; 32]), ..outgoing() }
    }

    fn rows() -> impl Strategy<Value = Payment> {
        use StoredDirection::{Between, In, Out};
        use StoredKind::{ChannelClose, ChannelOpen, Lightning, Onchain};
        let kinds = [(Lightning, Out), (Lightning, In), (Onchain, Out), (Onchain, In)];
        let kinds = [&kinds[..], &[(ChannelOpen, Between), (ChannelClose, Between)]].concat();
        let plain = prop::sample::select(kinds).prop_map(|(kind, direction)| row(kind, direction));
        prop_oneof![8 => plain, 1 => Just(offered()), 1 => Just(collected())]
    }

    /// A refund that is being collected.
    fn collected() -> Payment {
        let row = row(StoredKind::Lightning, StoredDirection::In);
        Payment { refund: Some("lnr1".into()), ..row }
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
            (1u8..3).prop_map(|byte| Fact::Invoice { hash: [byte; 32], invoice: "ab".into() }),
            (1u64..3).prop_map(|msat| Fact::Received { amount: Msat::new(msat), preimage: None }),
            (any::<bool>(), prop::option::of(1u64..3)).prop_map(|(confirmed, fee)| {
                Fact::OnChain { confirmed, fee: fee.map(Msat::new) }
            }),
            (1u8..3).prop_map(|byte| Fact::Collects {
                hash: [byte; 32],
                until: Timestamp::from_secs(9)
            }),
            Just(Fact::Expired),
            Just(Fact::Abandoned),
            prop::option::of(1u8..3).prop_map(|by| Fact::Replaced {
                by: by.map(|byte| Txid::from_byte_array([byte; 32]))
            }),
            Just(Fact::Offered { unsent: Some(Unsent::FeeTooLow) }),
            Just(Fact::Offered { unsent: None }),
        ]
    }

    proptest! {
        #[test]
        fn a_fact_told_twice_changes_nothing(mut payment in rows(), before in prop::collection::vec(facts(), 0..6), fact in facts()) {
            for earlier in before { apply(&mut payment, earlier, Timestamp::from_secs(2)); }
            // A second `Sent` from a final failure is a new attempt, not a repetition.
            apply(&mut payment, fact.clone(), Timestamp::from_secs(3));
            let once = payment.clone();
            prop_assert!(!apply(&mut payment, fact, Timestamp::from_secs(4)));
            prop_assert_eq!(payment, once);
        }

        #[test]
        fn money_that_came_over_lightning_stays(after in prop::collection::vec(facts(), 0..12)) {
            let mut payment = row(StoredKind::Lightning, StoredDirection::In);
            let received = Fact::Received { amount: Msat::new(7), preimage: None };
            prop_assert!(apply(&mut payment, received, Timestamp::from_secs(3)));
            let paid = payment.clone();
            for later in after { apply(&mut payment, later, Timestamp::from_secs(4)); }
            prop_assert_eq!(payment, paid);
        }

        #[test]
        fn what_the_chain_shows_is_not_failed(mut payment in rows(), before in prop::collection::vec(facts(), 0..6), confirmed: bool) {
            prop_assume!(payment.kind != StoredKind::Lightning);
            for earlier in before { apply(&mut payment, earlier, Timestamp::from_secs(2)); }
            apply(&mut payment, Fact::OnChain { confirmed, fee: None }, Timestamp::from_secs(3));
            let shown = if confirmed { StoredStatus::Paid } else { StoredStatus::Pending };
            prop_assert_eq!((payment.status, payment.failure), (shown, None));
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
    fn what_is_abandoned_is_open_until_it_is_decided_and_the_next_attempt_is_not() {
        let (mut payment, at) = (outgoing(), Timestamp::from_secs(2));
        let sent = Fact::Sent { amount: Msat::new(9), fee_limit: Msat::new(5) };
        assert!(!apply(&mut payment, Fact::Abandoned, at), "nothing has left");
        assert!(apply(&mut payment, sent.clone(), at) && payment.can_be_abandoned());
        assert!(apply(&mut payment, Fact::Abandoned, at) && !payment.can_be_abandoned());
        assert!(payment.is_open() && payment.abandoned, "others decide it");
        let mut paid = payment.clone();
        let settled = Fact::Settled { preimage: Preimage([7; 32]), amount: None, fee: None };
        assert!(apply(&mut paid, settled, at), "it may arrive all the same");
        assert!(apply(&mut payment, Fact::Failed { code: Code::Abandoned, attempt: 1 }, at));
        assert!(apply(&mut payment, sent, at) && !payment.abandoned);
    }

    #[test]
    fn an_offer_is_taken_back_until_its_invoice_comes_and_has_one_invoice() {
        let (mut payment, at) = (offered(), Timestamp::from_secs(2));
        let invoice = |byte| Fact::Invoice { hash: [byte; 32], invoice: format!("{byte}") };
        assert!(apply(
            &mut payment,
            Fact::Sent { amount: Msat::new(9), fee_limit: Msat::new(5) },
            at
        ));
        assert!(payment.awaits_invoice() && payment.can_be_taken_back());
        assert!(apply(&mut payment, invoice(1), at));
        assert!(!payment.can_be_taken_back());
        assert!(!apply(&mut payment, invoice(2), at), "the first is the one that is paid");
        assert_eq!(payment.hash, Some([1; 32]));
        let mut plain = outgoing();
        assert!(!apply(&mut plain, invoice(1), at), "who has an invoice needs none");
        assert_eq!(plain.hash, None);
    }

    #[test]
    fn a_refund_is_paid_by_any_invoice_it_was_answered_with_and_once() {
        let (mut payment, at) = (collected(), Timestamp::from_secs(2));
        let sent = |byte| Fact::Collects { hash: [byte; 32], until: Timestamp::from_secs(9) };
        assert!(apply(&mut payment, sent(1), at));
        assert!(!apply(&mut payment, sent(1), at), "the same");
        assert!(apply(&mut payment, Fact::Expired, at));
        assert!(apply(&mut payment, sent(2), at), "asked again");
        assert!(payment.is_waiting());
        assert_eq!(
            (payment.hash, payment.earlier.as_slice()),
            (Some([2; 32]), &[([1; 32], 1000)][..])
        );
        let received = Fact::Received { amount: Msat::new(1000), preimage: None };
        assert!(apply(&mut payment, received, at));
        assert!(!apply(&mut payment, sent(3), at), "it is here");
        let mut plain = row(StoredKind::Lightning, StoredDirection::In);
        assert!(!apply(&mut plain, sent(1), at), "no refund");
    }

    #[test]
    fn what_a_server_was_handed_cannot_be_taken_back() {
        let mut payment = row(StoredKind::Onchain, StoredDirection::Out);
        payment.kept_here = true;
        let (mut handed, at) = (payment.clone(), Timestamp::from_secs(2));
        assert!(apply(&mut handed, Fact::Leaves, at));
        assert!(!apply(&mut handed, Fact::Leaves, at), "once");
        assert!(!apply(&mut handed, Fact::TakenBack, at));
        assert_eq!(handed.status, StoredStatus::Pending);
        assert!(apply(&mut payment, Fact::TakenBack, at));
        assert!(!apply(&mut payment, Fact::Leaves, at), "it does not leave any more");
        assert_eq!(
            (payment.status, payment.failure),
            (StoredStatus::Failed, Some(Code::TakenBack))
        );
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
