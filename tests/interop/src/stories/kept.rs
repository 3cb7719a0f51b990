//! The living copy is on vss-server, as its makers ship it.

use crate::ground::{CHANNEL, Ground};
use crate::peer::Peer;
use crate::vss::VssServer;
use fulmen_engine::amount::Msat;
use fulmen_engine::copy::Place;
use fulmen_engine::view::{CloseWay, CopyState, Snapshot, Status, SyncStatus};
use stories::ready_in;

/// A server that has a wallet with a channel.
async fn with_a_server<P: Peer>(ground: &mut Ground<P>) -> VssServer {
    let server = VssServer::start(&ground.tools.postgres, &ground.tools.vss_server).await;
    let place = Place::read(&server.url());
    ground.wallet.choose_copy_place(place).await.expect("chosen");
    ground.we_open(CHANNEL).await;
    ground.pay(Msat::new(90_000_000), false).await;
    ground.be_paid(Msat::new(40_000_000), false).await;
    ground.until("copied", is_copied).await;
    server
}

fn is_copied(now: &Snapshot) -> bool {
    now.copy.state == CopyState::UpToDate
}

/// The disk is lost: words and server bring the channel back, and it is paid through.
pub(super) async fn comes_back<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let server = with_a_server(&mut ground).await;
    for _ in 0..2 {
        ground.loses_its_disk(&server.url()).await;
        ground.until("the channel goes on", |now| ready_in(now) == 1).await;
        ground.pay(Msat::new(10_000_000), false).await;
        ground.be_paid(Msat::new(20_000_000), false).await;
        ground.until("copied", is_copied).await;
    }
    ends(ground).await
}

/// Nothing leaves while it is away, and everything does when it is back.
pub(super) async fn is_waited_for<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let mut server = with_a_server(&mut ground).await;
    let invoice = ground.peer.invoice(Some(Msat::new(10_000_000))).await;
    server.goes();
    let id = ground.start_paying(&invoice, None).await;
    ground.until("held", |now| now.sync == SyncStatus::CopyAway).await;
    let row = ground.wallet.detail(&id.to_string()).expect("rows").expect("a row");
    assert_eq!(row.movement.status, Status::InTransit);
    server.comes_back().await;
    assert_eq!(ground.decided(id).await.movement.status, Status::Paid);
    ends(ground).await
}

/// PostgreSQL is killed while payments are made: what it said to be written is there afterwards.
pub(super) async fn loses_its_database<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    let mut server = with_a_server(&mut ground).await;
    for _ in 0..3 {
        let invoice = ground.peer.invoice(Some(Msat::new(10_000_000))).await;
        let id = ground.start_paying(&invoice, None).await;
        server.loses_its_database().await;
        assert_eq!(ground.decided(id).await.movement.status, Status::Paid);
    }
    ground.until("copied", is_copied).await;
    ground.loses_its_disk(&server.url()).await;
    ground.until("the channel goes on", |now| ready_in(now) == 1).await;
    ground.pay(Msat::new(10_000_000), false).await;
    ends(ground).await
}

async fn ends<P: Peer>(mut ground: Ground<P>) -> Ground<P> {
    ground.until_quiet().await;
    ground.we_close(CloseWay::Cooperative).await;
    ground.settle().await;
    ground
}
