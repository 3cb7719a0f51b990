//! Paying and being paid on-chain.

use crate::onchain_cheque;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{Direction, FeeSpeed, MovementKind, Status};
use stories::{Books, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_paid_to_its_address() {
    let world = World::new().await;
    let amount = Sat::new(50_000);
    let request = world
        .wallet
        .receive(Msat::from_sat(amount), Some("for the roof".into()), 3600)
        .await
        .expect("a request");
    assert!(
        request.invoice.is_none() && request.uri.to_lowercase().starts_with("bitcoin:"),
        "{request:?}"
    );
    assert!(world.wallet.activity(None, None).is_empty(), "a request is no movement");

    let status = |wanted: Status| {
        let id = request.id.clone();
        move |now: &fulmen_engine::view::Snapshot| {
            now.movements.iter().any(|row| row.id == id && row.status == wanted)
        }
    };
    let address: bitcoin::Address<_> = request.address.parse().expect("an address");
    world.network.chain().faucet(address.assume_checked().script_pubkey(), amount).expect("paid");
    world.wallet.sync().await;
    let detail = world.wallet.detail(&request.id).expect("the request");
    assert_eq!(detail.movement.status, Status::Pending, "seen, not confirmed");
    assert_eq!(detail.movement.kind, MovementKind::Onchain);

    world.mine(1).await;
    world.until("paid", status(Status::Paid)).await;
    let detail = world.wallet.detail(&request.id).expect("the request");
    assert_eq!(detail.movement.confirmations, Some(1));
    assert_eq!(detail.movement.amount_msat, Msat::from_sat(amount).unwrap());
    assert_eq!(detail.movement.note.as_deref(), Some("for the roof"));
    assert_eq!(detail.movement.direction, Direction::In);
    assert_eq!(world.wallet.activity(None, None).len(), 1, "one row, not two");
    assert_eq!(Books::of(&world).unexplained(), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sent_at_every_speed() {
    let world = World::new().await;
    world.fund().await;
    let address = world.network.shop().address().await.expect("an address").to_string();
    let amount = Sat::new(100_000);
    let speeds =
        [FeeSpeed::Fast, FeeSpeed::Normal, FeeSpeed::Slow, FeeSpeed::Custom { sat_per_vb: 7 }];
    let mut fees = Vec::new();
    let mut expected = 1_000_000;
    for speed in speeds {
        let shown =
            onchain_cheque(&world.wallet, &address, Some(amount), speed).await.expect("a cheque");
        assert_eq!((shown.lightning, shown.speed), (false, Some(speed)));
        assert_eq!(shown.fee_choices.len(), 3);
        let fee = pay(&world, &shown.id).await;
        assert_eq!(
            Msat::from_sat(fee),
            Some(shown.fee_max_msat),
            "what was shown is what was paid"
        );
        expected -= amount.get() + fee.get();
        assert_eq!(world.snapshot().balance.onchain.total_sat.get(), expected);
        fees.push(fee);
    }
    assert!(fees[0] >= fees[1] && fees[1] >= fees[2], "{fees:?}");
    // One input, two outputs: 141 virtual bytes, give or take a byte of signature.
    assert!((980..=994).contains(&fees[3].get()), "{fees:?}");

    let shown =
        onchain_cheque(&world.wallet, &address, None, FeeSpeed::Normal).await.expect("a cheque");
    assert!(shown.everything);
    let fee = pay(&world, &shown.id).await;
    assert_eq!(shown.amount_msat, Msat::from_sat(Sat::new(expected - fee.get())).unwrap());
    assert_eq!(world.snapshot().balance.total_msat, Msat::ZERO);
    let books = Books::of(&world);
    assert_eq!(books.unexplained(), 0, "{books}");
    world.end().await;
}

/// Pays, mines it, and reads from the chain what the miner got.
async fn pay(world: &World, cheque: &str) -> Sat {
    let row = world.wallet.pay(cheque).await.expect("sent");
    let txid = row.txid.clone().expect("a transaction");
    let fee = world.network.chain().fee_of(&txid.parse().expect("an id")).expect("in the mempool");
    world.mine(1).await;
    let detail = world.decided(row.id).await;
    assert_eq!(detail.movement.status, Status::Paid);
    assert_eq!(detail.movement.fee_msat, Msat::from_sat(fee));
    fee
}
