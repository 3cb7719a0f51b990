//! Closed by force while the other side holds a payment of ours: it comes back on the chain when its time is over.

use super::hold::held;
use crate::ground::Ground;
use crate::peer::Peer;
use fulmen_engine::PaymentId;
use fulmen_engine::view::{CloseReason, CloseWay, MovementKind, Status};

pub(super) async fn by_us<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let id = held(&mut ground).await;
    ground.we_close(CloseWay::Force).await;
    comes_back(ground, id, &[CloseReason::ByYou]).await
}

pub(super) async fn by_them<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let id = held(&mut ground).await;
    ground.they_close(true).await;
    // LND says nothing when it does so.
    comes_back(ground, id, &[CloseReason::ByPeer, CloseReason::FoundOnChain]).await
}

async fn comes_back<P: Peer>(
    mut ground: Ground<P>,
    id: PaymentId,
    whys: &[CloseReason],
) -> Ground<P> {
    let chain = ground.chain.clone();
    ground.until("a commitment is sent", |_| !chain.mempool().is_empty()).await;
    ground.mine(1).await;
    ground.until("closing", |now| !now.balance.closing.is_empty()).await;
    ground.settle().await;
    let failed = ground.decided(id).await;
    assert_eq!((failed.movement.status, failed.movement.change_msat), (Status::Failed, 0));
    let rows = ground.wallet.activity(None, None).expect("rows");
    let close = rows.iter().find(|row| row.kind == MovementKind::ChannelClose).expect("a row");
    assert_eq!(close.status, Status::Paid);
    assert!(close.close_reason.is_some_and(|why| whys.contains(&why)), "{close:?}");
    ground
}
