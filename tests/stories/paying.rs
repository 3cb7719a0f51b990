//! Ways to pay over Lightning beside the plain one.

use crate::cheque;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::Status;
use stories::{Books, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_payer_chooses_the_amount() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    let request = world
        .network
        .shop()
        .receive(None, Some("for the band".into()), 3600)
        .await
        .expect("a request");
    let amount = Msat::new(3_141_593);
    let shown = cheque(&world.wallet, &request.invoice.expect("channels"), Some(amount))
        .await
        .expect("a cheque");
    assert_eq!(shown.amount_msat, amount);
    let row = world.wallet.pay(&shown.id).await.expect("starts");
    let paid = world.decided(row.id).await;
    assert_eq!((paid.movement.status, paid.movement.amount_msat), (Status::Paid, amount));
    assert_eq!(paid.movement.note.as_deref(), Some("for the band"));
    let theirs = world.network.shop().activity(None, None);
    let theirs =
        theirs.iter().find(|row| row.id == request.id).expect("the shop has it in its list");
    assert_eq!(theirs.amount_msat, amount);
    ends(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_several_parts() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    world.open_to_hub(Sat::new(200_000)).await;
    world.knows_the_network().await;
    let now = world.snapshot();
    let amount = Msat::new(300_000_000);
    assert!(
        now.channels.list.iter().all(|channel| channel.can_send_msat < amount),
        "no channel can do it alone"
    );
    let request = world.network.shop().receive(Some(amount), None, 3600).await.expect("a request");
    let id = world.start_paying(&request.invoice.expect("channels")).await;
    let paid = world.decided(id).await;
    assert_eq!((paid.movement.status, paid.movement.amount_msat), (Status::Paid, amount));
    let fee = paid.movement.fee_msat.expect("a fee");
    assert!(fee <= paid.fee_limit_msat.expect("a limit"));
    let after = world
        .until("all parts", |now| now.channels.list.iter().all(|c| c.in_flight_msat == Msat::ZERO))
        .await;
    let gone = now.balance.total_msat.get() - after.balance.total_msat.get();
    assert_eq!(gone, amount.get() + fee.get());
    assert!(
        after.channels.list.iter().all(|channel| channel.can_send_msat < Msat::new(150_000_000)),
        "both gave"
    );
    ends(world).await;
}

async fn ends(world: World) {
    world.close_all().await;
    let books = Books::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}
