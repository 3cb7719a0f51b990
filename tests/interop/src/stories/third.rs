//! Paying somebody behind the other side, over an announced channel, and being paid from there.

use crate::ground::{CHANNEL, Ground};
use crate::peer::{Outcome, Peer};
use crate::peers::Lnd;
use crate::{PATIENCE, looks};
use fulmen_engine::PaymentId;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{CloseWay, Status};

pub(super) async fn through(mut ground: Ground<Lnd>) -> Ground<Lnd> {
    let third: Lnd = ground.another("third").await;
    ground.peer.connect(&third).await;
    ground.they_open(Sat::new(500_000)).await;
    ground.peer.opens_to(&third.id(), CHANNEL, Sat::new(400_000), false).await;
    ground.until_peer("the opening", async |peer| peer.waits().await.is_some()).await;
    ground.mine(6).await;
    both_announced(&mut ground, &third).await;
    ground.wallet.sync().await;

    let amount = Msat::new(60_000_000);
    let invoice = third.invoice(Some(amount)).await;
    let paid = {
        let wallet = ground.wallet.clone();
        ground.until("the way", |_| wallet.health().graph_channels >= 1).await;
        let id = ground.start_paying(&invoice, None).await;
        ground.decided(id).await
    };
    assert_eq!((paid.movement.status, paid.movement.amount_msat), (Status::Paid, amount));
    assert!(paid.movement.fee_msat.is_some_and(|fee| fee > Msat::ZERO), "LND forwards for a fee");

    let request = ground.wallet.receive(Some(amount), None, 3600).await.expect("a request");
    let payment = third.pays(&request.invoice.expect("room"), None).await;
    let paid = ground.decided(PaymentId::parse(&request.id).expect("an id")).await;
    assert_eq!((paid.movement.status, paid.movement.amount_msat), (Status::Paid, amount));
    ground
        .until_peer("paid", async |_| third.outcome(&payment).await == Outcome::Paid { amount })
        .await;

    ground.until_quiet().await;
    ground.peer.closes(&third.id(), false).await;
    ground.we_close(CloseWay::Cooperative).await;
    ground.settle().await;
    let height = ground.chain.tip().height;
    ground.until_peer("the third has read it", async |_| third.has_read(height).await).await;
    ground.elsewhere = third.onchain().await;
    ground
}

async fn both_announced(ground: &mut Ground<Lnd>, third: &Lnd) {
    let announced = async {
        let mut looks = looks();
        while ground.peer.announced().await < 1 || third.announced().await < 1 {
            looks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, announced).await.expect("announced");
}
