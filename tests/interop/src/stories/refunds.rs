//! BOLT 12 refunds, both ways: it gives one that we collect, and collects one that we give. Each comes once.

use crate::ground::Ground;
use crate::peer::{Outcome, Peer};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::{Code, Coded};
use fulmen_engine::view::{AmountRule, CloseWay, InstructionKind, Status};
use fulmen_engine::{PaymentId, RefundParameters};

pub(crate) const STORY: &str = "refunds, both ways";

const HALF: Sat = Sat::new(500_000);
const THEIRS: Msat = Msat::new(7_654_321);
const OURS: Msat = Msat::new(4_321_000);

pub(super) async fn both_ways<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.they_open(HALF).await;
    let before = ground.snapshot().balance.total_msat;
    let (refund, payment) = ground.peer.refund(THEIRS).await;
    let read = ground.wallet.read(&refund).expect("readable");
    let wanted = (InstructionKind::Refund, AmountRule::Fixed { msat: THEIRS });
    assert_eq!((read.kind, read.amount), wanted);
    let collecting = ground.wallet.collect(&read.id).await.expect("asked for");
    let paid = ground.decided(PaymentId::parse(&collecting.id).expect("an id")).await;
    assert_eq!((paid.movement.status, paid.movement.amount_msat), (Status::Paid, THEIRS));
    assert_eq!(ground.outcome(&payment).await, Outcome::Paid { amount: THEIRS });
    let again = ground.wallet.read(&refund).expect_err("it came");
    assert_eq!(again.code(), Code::RefundCollected);
    ground.until_quiet().await;

    let parameters = RefundParameters {
        amount: OURS,
        description: "too much paid".into(),
        issuer: None,
        expiry_secs: 3600,
    };
    let (id, refund) = ground.wallet.give_refund(parameters).await.expect("a refund");
    let payment = ground.peer.collects(&refund).await;
    let given = ground.decided(id).await;
    assert_eq!((given.movement.status, given.movement.amount_msat), (Status::Paid, OURS));
    assert_eq!(ground.outcome(&payment).await, Outcome::Paid { amount: OURS });
    ground.until_quiet().await;
    let gave = OURS.checked_add(given.movement.fee_msat.expect("known"));
    let had = before.checked_add(THEIRS);
    let left = had.zip(gave).and_then(|(had, gave)| had.checked_sub(gave));
    ground.until("the sum of both", |now| Some(now.balance.total_msat) == left).await;
    ground.we_close(CloseWay::Cooperative).await;
    ground
}
