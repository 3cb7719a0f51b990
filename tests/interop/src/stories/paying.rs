//! Payments of every kind.

use crate::ground::Ground;
use crate::peer::{Outcome, Peer};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::CloseWay;

/// Half of a channel.
const HALF: Sat = Sat::new(500_000);

pub(super) async fn open_amounts<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.they_open(HALF).await;
    ground.pay(Msat::new(12_345_678), true).await;
    ground.be_paid(Msat::new(23_456_789), true).await;
    close(ground).await
}

/// Each way, in one part.
pub(super) async fn nine_tenths<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.they_open(Sat::new(930_000)).await;
    let most = Msat::new(900_000_000);
    ground.pay(most, false).await;
    ground.be_paid(most, false).await;
    close(ground).await
}

/// More than either channel can carry alone, each way.
pub(super) async fn in_parts<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    for _ in 0..2 {
        ground.they_open(HALF).await;
    }
    ground.pay(Msat::new(700_000_000), false).await;
    ground.until_quiet().await;
    ground.be_paid(Msat::new(800_000_000), false).await;
    ground.until_quiet().await;
    let channels = ground.snapshot().channels.list;
    assert_eq!(channels.len(), 2);
    ground.we_close(CloseWay::Cooperative).await;
    close(ground).await
}

/// Fulmen takes nothing that it did not ask for; it goes back, and the channel is as it was.
pub(super) async fn keysend<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.they_open(HALF).await;
    let before = ground.snapshot().balance;
    let payment = ground.peer.keysends(&ground.wallet.node_id(), Msat::new(10_000_000)).await;
    let outcome = ground.outcome(&payment).await;
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    ground.until_quiet().await;
    assert_eq!(ground.snapshot().balance, before);
    close(ground).await
}

/// Closes what is open by agreement.
async fn close<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.until_quiet().await;
    ground.we_close(CloseWay::Cooperative).await;
    ground
}
