//! We close by force while the other side is away, and nothing of ours gets out. An error alone makes LND close nothing: it must
//! be connected again and see that we have forgotten the channel. So nobody is forgotten with a channel, and here it closes.

use crate::ground::Ground;
use crate::peer::Peer;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{CloseWay, MovementKind, Status};

pub(crate) const UNHEARD: &str = "we close by force while it is away, unheard";

pub(super) async fn closed_meanwhile<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.they_open(Sat::new(500_000)).await;
    ground.pay(Msat::new(20_000_000), false).await;
    ground.until_quiet().await;
    ground.peer.kill();
    ground.until("away", |now| !now.channels.list[0].peer.connected).await;
    let deaf = ground.on_a_deaf_server().await;
    ground.we_close(CloseWay::Force).await;
    ground.until("closing", |now| !now.balance.closing.is_empty()).await;
    ground.wallet.sync().await;
    let chain = ground.chain.clone();
    assert!(chain.mempool().is_empty(), "nothing of ours is out");
    ground.peer.again().await;
    ground.until("its commitment", |_| !chain.mempool().is_empty()).await;
    ground.mine(1).await;
    ground.on_the_practice_server().await;
    deaf.stop().await;
    ground.settle().await;
    let rows = ground.wallet.activity(None, None).expect("rows");
    let close = rows.iter().find(|row| row.kind == MovementKind::ChannelClose).expect("a row");
    assert_eq!(close.status, Status::Paid);
    ground
}
