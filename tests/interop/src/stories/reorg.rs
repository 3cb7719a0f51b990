//! Blocks are undone under an open channel, and under its close: nobody closes anything for that, and nothing is lost.

use crate::ground::{CHANNEL, Ground};
use crate::peer::Peer;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{CloseReason, CloseWay, MovementKind};
use fulmen_practice::chain::Branch;

/// Half of a channel.
const HALF: Sat = Sat::new(500_000);

pub(super) async fn under_a_channel<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.they_open(HALF).await;
    undone(ground).await
}

pub(super) async fn under_ours<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.we_open(CHANNEL).await;
    undone(ground).await
}

async fn undone<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    // The funding's own block stays.
    ground.reorg(3, Branch::Full).await;
    ground.pay(Msat::new(50_000_000), false).await;
    ground.be_paid(Msat::new(20_000_000), false).await;
    ground.until_quiet().await;
    ground.we_close(CloseWay::Cooperative).await;
    let chain = ground.chain.clone();
    ground.until("the close is sent", |_| !chain.mempool().is_empty()).await;
    ground.mine(2).await;
    // The close waits again.
    ground.reorg(2, Branch::Empty).await;
    ground.settle().await;
    let rows = ground.wallet.activity(None, None).expect("rows");
    let close = rows.iter().find(|row| row.kind == MovementKind::ChannelClose).expect("a row");
    assert_eq!(close.close_reason, Some(CloseReason::Agreed), "nobody used force");
    ground
}
