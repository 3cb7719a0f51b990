//! A transaction becomes dear while a channel is open: whoever opened it pays more for its commitment, and the other takes that.

use crate::ground::{CHANNEL, Ground};
use crate::peer::Peer;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{CloseWay, Snapshot};
use std::time::Duration;
use stories::ready_in;

pub(crate) const THEIRS: &str = "fees rise, it opened";

/// What everyone pays then, in sat/vB.
const DEAR: u64 = 30;
const DEARLY: Msat = Msat::new(60_000_000);
const PAID: Msat = Msat::new(20_000_000);

pub(super) async fn we_opened<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.we_open(CHANNEL).await;
    // LDK thinks of its fees once a tick.
    ground.reopen(Some(Duration::from_secs(1))).await;
    ground.until("back", |now| ready_in(now) == 1).await;
    risen(ground).await
}

pub(super) async fn they_opened<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.they_open(Sat::new(500_000)).await;
    risen(ground).await
}

async fn risen<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let before = rate(&ground.snapshot());
    cost(&mut ground, Some(DEAR)).await;
    // Some nodes ask for fees when they look at the chain.
    ground.mine(1).await;
    let now = ground.until("a dearer commitment", |now| rate(now) > before).await;
    assert!(rate(&now) > before.saturating_mul(2), "{} after {before}", rate(&now));
    ground.until_peer("its channel", async |peer| peer.usable().await == 1).await;
    // More than comes back: the other side keeps its reserve.
    ground.pay(DEARLY, false).await;
    ground.be_paid(PAID, false).await;
    cost(&mut ground, None).await;
    ground.until_quiet().await;
    ground.we_close(CloseWay::Cooperative).await;
    ground
}

/// Whoever opened the channel asks for its fee, and the other side must not be surprised.
async fn cost<P: Peer>(ground: &mut Ground<P>, sat_per_vb: Option<u64>) {
    ground.fees(sat_per_vb).await;
    if !ground.snapshot().channels.list[0].opened_by_you {
        ground.peer.fees(sat_per_vb).await;
    }
}

fn rate(now: &Snapshot) -> u32 {
    now.channels.list[0].commitment_sat_per_kw.expect("it has a commitment")
}
