//! What our wallet reads the chain from is killed, or has thrown blocks away.

use super::Program;
use super::hold::close;
use crate::PATIENCE;
use crate::ground::Ground;
use crate::peer::Peer;
use crate::peers::LdkNode;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::keys::Words;
use fulmen_engine::view::{SourceTrouble, Status, SyncStatus};

/// bitcoind keeps so many of its newest blocks, whatever it is told.
const KEPT: u32 = 288;
const PAID: Msat = Msat::new(30_000_000);

/// A payment needs no chain; what is mined meanwhile is read afterwards.
pub(super) async fn killed<S: Program>(mut ground: Ground<LdkNode>) -> Ground<LdkNode> {
    ground.they_open(Sat::new(500_000)).await;
    S::kill(&mut ground);
    let before = ground.snapshot();
    ground.wallet.sync().await;
    let now = ground.snapshot();
    assert!(matches!(now.sync, SyncStatus::Offline { .. }), "{:?}", now.sync);
    assert_eq!((now.tip, now.balance), (before.tip, before.balance));
    let invoice = ground.peer.invoice(Some(PAID)).await;
    let id = ground.start_paying(&invoice, None).await.to_string();
    let mut events = ground.wallet.bus().subscribe();
    let paying = async {
        while ground.wallet.detail(&id).expect("rows").expect("a row").movement.status
            != Status::Paid
        {
            drop(events.recv().await);
        }
    };
    tokio::time::timeout(PATIENCE, paying).await.expect("paid without the chain");
    S::again(&mut ground).await;
    ground.mine(1).await;
    let now = ground.until("the chain", |now| now.sync == SyncStatus::Ready).await;
    assert_eq!(now.tip.height, before.tip.height + 1);
    ground.be_paid(PAID, false).await;
    close(ground).await
}

/// It does for a wallet that has read them, and says so to one that has not.
pub(super) async fn pruned(mut ground: Ground<LdkNode>) -> Ground<LdkNode> {
    ground.mirror.bitcoind.kill();
    ground.mirror.bitcoind_again(true).await;
    ground.they_open(Sat::new(500_000)).await;
    ground.mine(500).await;
    let height = ground.snapshot().tip.height;
    let pruned = ground.mirror.bitcoind.prune(height - KEPT).await;
    assert!(pruned > 0, "nothing is gone");
    ground.reopen(None).await;
    ground.connect().await;
    ground.pay(PAID, false).await;
    ground.mine(1).await;
    let now = ground.until("its newest block", |now| now.tip.height > height).await;
    assert_eq!(now.sync, SyncStatus::Ready);

    let wallet = ground.another_wallet(Words::generate()).await;
    assert_eq!(wallet.health().source_trouble, Some(SourceTrouble::Pruned));
    wallet.use_sources(&[ground.practice_url()]).await.expect("used");
    wallet.sync().await;
    let now = wallet.snapshot();
    assert_eq!((now.sync, now.tip.height), (SyncStatus::Ready, height + 1));
    wallet.stop().await;
    ground.be_paid(PAID, false).await;
    close(ground).await
}
