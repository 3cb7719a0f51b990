//! A channel from its opening to its close by agreement, with payments both ways.

use crate::ground::{CHANNEL, Ground};
use crate::peer::Peer;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{CloseReason, CloseWay, MovementKind};

pub(super) async fn by_them<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let pushed = Sat::new(300_000);
    ground.they_open(pushed).await;
    let channel = ground.snapshot().channels.list[0].clone();
    assert!(!channel.opened_by_you);
    assert_eq!(ground.snapshot().balance.lightning.total_msat, msat(pushed));
    ground.pay(Msat::new(50_000_000), false).await;
    ground.be_paid(Msat::new(20_000_000), false).await;
    ground.until_quiet().await;
    let left = ground.snapshot().balance.lightning.total_msat;
    assert_eq!(left, Msat::new(270_000_000), "what was pushed, less 50 000, and 20 000");
    ground.they_close(false).await;
    agreed(ground).await
}

pub(super) async fn by_us<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.we_open(CHANNEL).await;
    assert!(ground.snapshot().channels.list[0].opened_by_you);
    // ldk-node takes a tenth of a channel that it did not open.
    ground.pay(Msat::new(90_000_000), false).await;
    ground.be_paid(Msat::new(40_000_000), false).await;
    ground.until_quiet().await;
    ground.we_close(CloseWay::Cooperative).await;
    agreed(ground).await
}

pub(super) async fn by_us_closed_by_them<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.we_open(CHANNEL).await;
    ground.pay(Msat::new(90_000_000), false).await;
    ground.until_quiet().await;
    ground.they_close(false).await;
    agreed(ground).await
}

async fn agreed<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.settle().await;
    let rows = ground.wallet.activity(None, None).expect("rows");
    let closes = rows.iter().filter(|row| row.kind == MovementKind::ChannelClose);
    let reasons: Vec<_> = closes.map(|row| row.close_reason).collect();
    assert_eq!(reasons, [Some(CloseReason::Agreed)], "nobody used force");
    ground
}

fn msat(sat: Sat) -> Msat {
    Msat::from_sat(sat).expect("small")
}
