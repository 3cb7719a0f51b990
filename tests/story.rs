//! The story of a first day, without a window: steps 2 to 5 and 8 to 11.

use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{MovementKind, Snapshot, Status};
use stories::{Audit, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story() {
    let mut world = World::new().await;
    assert_eq!(world.snapshot().balance.total_msat, Msat::ZERO);

    world.fund().await;
    assert_eq!(world.snapshot().balance.onchain.total_sat, Sat::new(1_000_000));

    world.open_to_hub(Sat::new(500_000)).await;
    let now = world.snapshot();
    let can_send = now.balance.lightning.can_send_msat.to_sat_floor().get();
    assert!((490_000..496_000).contains(&can_send), "can send {can_send}");
    let funding: bitcoin::Txid =
        now.channels.list[0].funding_txid.as_ref().unwrap().parse().unwrap();
    let open_fee = world.network.chain().fee_of(&funding).expect("in the chain");
    assert_eq!(now.balance.onchain.total_sat.get(), 500_000 - open_fee.get());

    world.hub_opens().await;
    let can_receive = world.snapshot().balance.lightning.can_receive_msat.to_sat_floor().get();
    assert!((490_000..500_000).contains(&can_receive), "can receive {can_receive}");

    let opened = world.newest(MovementKind::ChannelOpenByPeer).movement;
    assert_eq!(opened.confirmations, Some(3), "counted, though Hub paid for it");

    world.knows_the_network().await;
    let routing_fees = three_coffees(&world).await;

    world.be_paid(Sat::new(5_000), "for the cake").await;
    let received = world
        .snapshot()
        .movements
        .into_iter()
        .find(|m| m.note.as_deref() == Some("for the cake"))
        .unwrap();
    assert_eq!((received.amount_msat, received.status), (Msat::new(5_000_000), Status::Paid));

    restarts(&mut world).await;
    world.close_all().await;
    let end = world.snapshot().balance;
    assert_eq!(end.lightning.total_msat, Msat::ZERO);
    let close_fee = close_fees(&world, &funding);
    let expected =
        1_000_000_000 - 6_300_000 + 5_000_000 - routing_fees - (open_fee.get() + close_fee) * 1000;
    let have = Msat::from_sat(end.onchain.total_sat).unwrap().get();
    assert!(
        expected - have < 2_000,
        "expected {expected} msat, have {have}: at most a rest of a sat a channel is lost"
    );

    let books = Audit::of(&world);
    eprintln!("{books}");
    assert_eq!(books.unexplained(), 0, "{books}");
    world.end().await;
}

/// Orders, pays and proves three coffees. What the ways there cost, in msat.
async fn three_coffees(world: &World) -> u64 {
    let mut routing_fees = 0;
    for _ in 0..3 {
        let paid = world.coffee().await;
        assert_eq!(paid.movement.amount_msat, Msat::new(2_100_000));
        let fee = paid.movement.fee_msat.expect("a fee").get();
        assert!(fee <= paid.fee_limit_msat.expect("a limit").get());
        assert!(paid.preimage.is_some());
        routing_fees += fee;
    }
    routing_fees
}

/// The same balances and both channels after a restart.
async fn restarts(world: &mut World) {
    // A payment that has arrived is still being settled in its channel for a moment.
    let settled = |now: &Snapshot| now.channels.list.iter().all(|c| c.in_flight_msat == Msat::ZERO);
    let before = world.until("settled channels", settled).await.balance;
    world.reopen().await;
    let after = world.until("the same balances", |now| now.balance == before).await;
    assert!(after.movements.iter().all(|movement| movement.status == Status::Paid));
    world
        .until("both channels", |now| {
            now.channels
                .list
                .iter()
                .filter(|c| c.can_send_msat > Msat::ZERO || c.can_receive_msat > Msat::ZERO)
                .count()
                == 2
        })
        .await;
}

/// What the closing of the channel we opened paid to miners, read from the chain.
fn close_fees(world: &World, funding: &bitcoin::Txid) -> u64 {
    let chain = world.network.chain();
    let tx = chain.transaction(funding).expect("in the chain");
    (0..tx.output.len())
        .filter_map(|vout| {
            let output = bitcoin::OutPoint {
                txid: *funding,
                vout: u32::try_from(vout).expect("few outputs"),
            };
            let spender = chain.spender_of(&output)?;
            let spent = chain.transaction(&spender.txid)?;
            let value = tx.output[vout].value.to_sat();
            let out: u64 = spent.output.iter().map(|output| output.value.to_sat()).sum();
            (spent.input.len() == 1 && value == 500_000).then(|| value - out)
        })
        .sum()
}
