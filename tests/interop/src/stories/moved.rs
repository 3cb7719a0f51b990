//! What happens to a node of a person: it moves to another address, or its disk goes back to an older day.

use crate::ground::Ground;
use crate::peer::Peer;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{ChannelState, CloseWay, MovementKind, Snapshot, Status};
use stories::ready_in;

pub(crate) const LOST: &str = "it loses its newest data";

const HALF: Sat = Sat::new(500_000);
const PAID: Msat = Msat::new(20_000_000);

/// Told once where it is now, our wallet finds it there, also after a start of its own.
pub(super) async fn to_another_address<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.they_open(HALF).await;
    ground.pay(PAID, false).await;
    ground.until_quiet().await;
    ground.peer.kill();
    ground.until("away", is_away).await;
    ground.peer.moves();
    ground.peer.again().await;
    ground.connect().await;
    back(&mut ground).await;
    ground.pay(PAID, false).await;
    ground.until_quiet().await;
    ground.reopen(None).await;
    back(&mut ground).await;
    ground.be_paid(PAID, false).await;
    ground.until_quiet().await;
    ground.we_close(CloseWay::Cooperative).await;
    ground
}

/// Its state is old, which our `channel_reestablish` proves to it: it must not close by itself, and we do.
pub(super) async fn to_an_older_day<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.they_open(HALF).await;
    ground.pay(PAID, false).await;
    ground.until_quiet().await;
    ground.peer.kill();
    let (data, kept) = (ground.peer.data(), ground.dir.join("kept"));
    stories::copy_dir(&data, &kept);
    ground.peer.again().await;
    back(&mut ground).await;
    for _ in 0..2 {
        ground.pay(PAID, false).await;
    }
    ground.until_quiet().await;
    ground.peer.kill();
    ground.until("away", is_away).await;
    std::fs::remove_dir_all(&data).expect("removed");
    stories::copy_dir(&kept, &data);
    ground.peer.again().await;
    ground.peer.asks_for_a_close().await;
    let closing = ground.until("that it is behind", |now| is_disputed(now) || is_closed(now)).await;
    if is_disputed(&closing) {
        ground.we_close(CloseWay::Force).await;
    }
    let chain = ground.chain.clone();
    ground.until("our commitment", |_| !chain.mempool().is_empty()).await;
    ground.settle().await;
    let rows = ground.wallet.activity(None, None).expect("rows");
    let close = rows.iter().find(|row| row.kind == MovementKind::ChannelClose).expect("a row");
    assert_eq!(close.status, Status::Paid);
    ground
}

async fn back<P: Peer>(ground: &mut Ground<P>) {
    ground.until("back", |now| ready_in(now) == 1).await;
    ground.until_peer("its channel", async |peer| peer.usable().await == 1).await;
}

fn is_away(now: &Snapshot) -> bool {
    !now.channels.list[0].peer.connected
}

fn is_disputed(now: &Snapshot) -> bool {
    now.channels.list.iter().any(|channel| channel.state == ChannelState::Disputed)
}

fn is_closed(now: &Snapshot) -> bool {
    let by_force = |state: &ChannelState| matches!(state, ChannelState::ClosingByForce { .. });
    now.channels.list.iter().all(|channel| by_force(&channel.state))
}
