//! Closed by force while the other side holds a payment of ours: it comes back on the chain when its time is over.

use super::hold::{HELD, held, held_in_ours};
use crate::ground::Ground;
use crate::peer::{Outcome, Peer};
use fulmen_engine::PaymentId;
use fulmen_engine::probe::HtlcPolicy;
use fulmen_engine::view::{CloseReason, CloseWay, MovementKind, Status};

pub(crate) const OURS_BY_US: &str = "we opened, we close by force with a payment under way";
pub(crate) const OURS_BY_THEM: &str = "we opened, it closes by force with a payment under way";

pub(super) async fn by_us<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let id = held(&mut ground).await;
    closed_by_us(ground, id).await
}

pub(super) async fn by_them<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let id = held(&mut ground).await;
    closed_by_them(ground, id).await
}

/// Whoever opened the channel pays for its commitments.
pub(super) async fn ours_by_us<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let id = held_in_ours(&mut ground).await;
    closed_by_us(ground, id).await
}

/// The same.
pub(super) async fn ours_by_them<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let id = held_in_ours(&mut ground).await;
    closed_by_them(ground, id).await
}

async fn closed_by_us<P: Peer>(mut ground: Ground<P>, id: PaymentId) -> Ground<P> {
    ground.we_close(CloseWay::Force).await;
    is_closed(&mut ground).await;
    comes_back(ground, id, &[CloseReason::ByYou]).await
}

async fn closed_by_them<P: Peer>(mut ground: Ground<P>, id: PaymentId) -> Ground<P> {
    ground.they_close(true).await;
    is_closed(&mut ground).await;
    // LND says nothing when it does so.
    comes_back(ground, id, &[CloseReason::ByPeer, CloseReason::FoundOnChain]).await
}

/// A payment each way is under way.
pub(super) async fn both_ways_by_us<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let (id, payment) = both_held(&mut ground).await;
    ground.we_close(CloseWay::Force).await;
    both_end(ground, id, &payment, &[CloseReason::ByYou]).await
}

/// The same.
pub(super) async fn both_ways_by_them<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let (id, payment) = both_held(&mut ground).await;
    ground.they_close(true).await;
    both_end(ground, id, &payment, &[CloseReason::ByPeer, CloseReason::FoundOnChain]).await
}

/// One of ours in their hands, and one of theirs in ours: by what each is known.
async fn both_held<P: Peer>(ground: &mut Ground<P>) -> (PaymentId, String) {
    let id = held(ground).await;
    ground.taking.set(HtlcPolicy::NotYet);
    let request = ground.wallet.receive(Some(HELD), None, 3600).await.expect("a request");
    let payment = ground.peer.pays(&request.invoice.expect("room"), None).await;
    let taking = ground.taking.clone();
    ground.until("theirs in our hands", |_| taking.was_asked()).await;
    (id, payment)
}

/// We take theirs on the chain, for we know its secret; ours comes back.
async fn both_end<P: Peer>(
    mut ground: Ground<P>,
    id: PaymentId,
    payment: &str,
    whys: &[CloseReason],
) -> Ground<P> {
    is_closed(&mut ground).await;
    ground.taking.set(HtlcPolicy::AtOnce);
    let mut ground = comes_back(ground, id, whys).await;
    assert_eq!(ground.outcome(payment).await, Outcome::Paid { amount: HELD });
    ground
}

/// A commitment is in a block.
async fn is_closed<P: Peer>(ground: &mut Ground<P>) {
    let chain = ground.chain.clone();
    ground.until("a commitment is sent", |_| !chain.mempool().is_empty()).await;
    ground.mine(1).await;
    ground.until("closing", |now| !now.balance.closing.is_empty()).await;
}

async fn comes_back<P: Peer>(
    mut ground: Ground<P>,
    id: PaymentId,
    whys: &[CloseReason],
) -> Ground<P> {
    ground.settle().await;
    let failed = ground.decided(id).await;
    assert_eq!((failed.movement.status, failed.movement.change_msat), (Status::Failed, 0));
    let rows = ground.wallet.activity(None, None).expect("rows");
    let close = rows.iter().find(|row| row.kind == MovementKind::ChannelClose).expect("a row");
    assert_eq!(close.status, Status::Paid);
    assert!(close.close_reason.is_some_and(|why| whys.contains(&why)), "{close:?}");
    ground
}
