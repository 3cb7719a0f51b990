//! Invoices that the other side holds before it decides.

use crate::ground::{CHANNEL, Ground};
use crate::peer::Peer;
use bitcoin::hashes::{Hash, sha256};
use fulmen_engine::PaymentId;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{CloseWay, Status};

pub(super) const PREIMAGE: [u8; 32] = [42; 32];
pub(super) const HELD: Msat = Msat::new(100_000_000);

pub(super) fn hash() -> sha256::Hash {
    sha256::Hash::hash(&PREIMAGE)
}

/// A channel of theirs, half of it ours, and a payment of ours in their hands.
pub(super) async fn held<P: Peer>(ground: &mut Ground<P>) -> PaymentId {
    ground.they_open(Sat::new(500_000)).await;
    holding(ground).await
}

/// The same in a channel of ours.
pub(super) async fn held_in_ours<P: Peer>(ground: &mut Ground<P>) -> PaymentId {
    ground.we_open(CHANNEL).await;
    holding(ground).await
}

async fn holding<P: Peer>(ground: &mut Ground<P>) -> PaymentId {
    let invoice = ground.peer.hold(hash(), HELD).await;
    let id = ground.start_paying(&invoice, None).await;
    ground.until_peer("a held payment", async |peer| peer.holds(hash()).await).await;
    ground.until("in transit", |now| now.balance.in_transit_msat >= HELD).await;
    id
}

pub(super) async fn settled<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let id = held(&mut ground).await;
    ground.peer.settles(PREIMAGE, HELD).await;
    let paid = ground.decided(id).await;
    assert_eq!((paid.movement.status, paid.movement.amount_msat), (Status::Paid, HELD));
    assert_eq!(paid.preimage, Some("2a".repeat(32)));
    close(ground).await
}

pub(super) async fn cancelled<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let id = held(&mut ground).await;
    ground.peer.cancels(hash()).await;
    let failed = ground.decided(id).await;
    assert_eq!((failed.movement.status, failed.movement.change_msat), (Status::Failed, 0));
    close(ground).await
}

pub(super) async fn close<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.until_quiet().await;
    ground.we_close(CloseWay::Cooperative).await;
    ground
}
