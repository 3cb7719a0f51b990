//! A channel that is used before its opening is in a block (BOLT 2, `option_zeroconf`): whoever is paid through it trusts the
//! opener not to take its coins back.

use crate::ground::{CHANNEL, Ground};
use crate::peer::Peer;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::CloseWay;
use stories::ready_in;

pub(crate) const OURS: &str = "before a block, we opened";
pub(crate) const THEIRS: &str = "before a block, it opened";

/// The other side trusts us.
pub(super) async fn we_opened<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    it_trusts(&mut ground).await;
    let preview = ground.wallet.preview_open(&ground.peer.uri(), CHANNEL).expect("a preview");
    ground.wallet.open_channel(&preview.id).await.expect("opened");
    used(&mut ground).await;
    ground.pay(Msat::new(90_000_000), false).await;
    ground.be_paid(Msat::new(40_000_000), false).await;
    buried(ground).await
}

/// We trust the other side, and it us: its money is what it lets us have before a block.
pub(super) async fn they_opened<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.trusted.set(ground.peer.id().parse().expect("a node id"), true);
    it_trusts(&mut ground).await;
    ground.peer.opens(&ground.wallet.node_id(), CHANNEL, Sat::new(300_000)).await;
    used(&mut ground).await;
    ground.pay(Msat::new(50_000_000), false).await;
    ground.be_paid(Msat::new(20_000_000), false).await;
    buried(ground).await
}

async fn it_trusts<P: Peer>(ground: &mut Ground<P>) {
    ground.peer.kill();
    ground.peer.trusts(&ground.wallet.node_id());
    ground.peer.again().await;
    ground.connect().await;
}

/// Both sides could pay through it, and its opening is in no block.
async fn used<P: Peer>(ground: &mut Ground<P>) {
    ground.until("a channel before a block", |now| ready_in(now) == 1).await;
    ground.until_peer("a channel it can use", async |peer| peer.usable().await == 1).await;
    let chain = ground.chain.clone();
    ground.until("the opening waits for a block", |_| chain.mempool().len() == 1).await;
}

/// The block comes, the channel stays, and is closed by agreement.
async fn buried<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.until_quiet().await;
    ground.mine(6).await;
    ground.pay(Msat::new(10_000_000), false).await;
    ground.until_quiet().await;
    ground.we_close(CloseWay::Cooperative).await;
    ground.settle().await;
    ground
}
