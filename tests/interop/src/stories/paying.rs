//! Payments of every kind.

use crate::ground::{CHANNEL, Ground};
use crate::peer::{Outcome, Peer};
use bitcoin::hashes::{Hash, sha256};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{CloseWay, Status};

pub(crate) const IT_CHOOSES: &str = "an amount that it chooses";
pub(crate) const IT_DID_NOT_ASK: &str = "it did not ask for this payment";
pub(crate) const NINE_TENTHS_OF_OURS: &str = "we opened, nine tenths of it at once";
pub(crate) const WE_DID_NOT_ASK: &str = "we refuse a payment that we did not ask for";

/// Half of a channel.
const HALF: Sat = Sat::new(500_000);

pub(super) async fn we_choose<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.they_open(HALF).await;
    ground.pay(Msat::new(12_345_678), true).await;
    close(ground).await
}

pub(super) async fn it_chooses<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.they_open(HALF).await;
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

/// Of a channel that we opened, and what of it can come back.
pub(super) async fn nine_tenths_of_ours<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.we_open(CHANNEL).await;
    ground.pay(Msat::new(900_000_000), false).await;
    ground.until_quiet().await;
    // It keeps a hundredth of the channel.
    ground.be_paid(Msat::new(880_000_000), false).await;
    close(ground).await
}

/// More than either of two channels that we opened takes at once, each way.
pub(super) async fn in_parts_over_ours<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    for _ in 0..2 {
        ground.we_open(CHANNEL).await;
    }
    let at_once = CHANNEL.get() * 1000 * P::TAKES_PERCENT / 100;
    ground.pay(Msat::new(at_once / 10 * 14), false).await;
    ground.until_quiet().await;
    ground.be_paid(Msat::new(at_once / 10 * 11), false).await;
    ground.until_quiet().await;
    ground.we_close(CloseWay::Cooperative).await;
    close(ground).await
}

/// The other side takes it, though all that it proves is what we sent along.
pub(super) async fn keysend<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.they_open(HALF).await;
    let before = ground.snapshot().balance.lightning.total_msat;
    let amount = Msat::new(12_345_678);
    let id = ground.start_paying(&ground.peer.id(), Some(amount)).await;
    let paid = ground.decided(id).await;
    assert_eq!((paid.movement.status, paid.movement.amount_msat), (Status::Paid, amount));
    let preimage: sha256::Hash = paid.preimage.expect("ours").parse().expect("32 bytes");
    let hash = sha256::Hash::hash(preimage.as_byte_array()).to_string();
    assert_eq!(paid.payment_hash, Some(hash));
    ground.until_quiet().await;
    let after = ground.snapshot().balance.lightning.total_msat;
    assert_eq!(before.get() - after.get(), amount.get(), "it is theirs");
    close(ground).await
}

/// Fulmen takes nothing that it did not ask for; it goes back, and the channel is as it was.
pub(super) async fn keysend_to_us<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.they_open(HALF).await;
    let owned = |ground: &Ground<P>| {
        let balance = ground.snapshot().balance;
        (balance.total_msat, balance.lightning.total_msat)
    };
    let before = owned(&ground);
    let payment = ground.peer.keysends(&ground.wallet.node_id(), Msat::new(10_000_000)).await;
    let outcome = ground.outcome(&payment).await;
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    ground.until_quiet().await;
    assert_eq!(owned(&ground), before);
    close(ground).await
}

/// Closes what is open by agreement.
async fn close<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.until_quiet().await;
    ground.we_close(CloseWay::Cooperative).await;
    ground
}
