//! On-chain payments that change their minds: replaced, dropped, undone, too small. Each stays one row, and the rows are
//! weighed at the end.

use crate::onchain_quote;
use fulmen_engine::Wallet;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::Code;
use fulmen_engine::keys::Password;
use fulmen_engine::view::{FeeSpeed, Movement, MovementKind, Request, Status};
use fulmen_practice::chain::Branch;
use stories::World;

fn rows(world: &World) -> Vec<Movement> {
    world.wallet.activity(None, None).expect("rows")
}

/// A request of 50 000, and a waiting payment for it.
async fn asked_and_seen() -> (World, Request, bitcoin::Transaction) {
    let world = World::new().await;
    let amount = Msat::from_sat(Sat::new(50_000));
    let asked = world.wallet.receive(amount, Some("roof".into()), 3600).await.expect("a request");
    let seen = world.network.chain().faucet(script(&asked), Sat::new(50_000)).expect("paid");
    world.wallet.sync().await;
    let row = world.wallet.detail(&asked.id).expect("rows").expect("a row");
    assert_eq!(row.txid, Some(seen.compute_txid().to_string()));
    assert_eq!(row.movement.status, Status::Pending);
    (world, asked, seen)
}

fn script(asked: &Request) -> bitcoin::ScriptBuf {
    let address: bitcoin::Address<_> = asked.address.parse().expect("an address");
    address.assume_checked().script_pubkey()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_to_us_whose_fee_is_raised_stays_one_row() {
    let (world, asked, seen) = asked_and_seen().await;
    let chain = world.network.chain();
    let raised = chain.faucet_instead(&seen, script(&asked), Sat::new(50_000)).expect("raised");
    world.wallet.sync().await;
    let row = world.wallet.detail(&asked.id).expect("rows").expect("a row");
    assert_eq!(row.txid, Some(raised.compute_txid().to_string()));
    assert_eq!(row.movement.status, Status::Pending);
    world.mine(1).await;
    let row = world.wallet.detail(&asked.id).expect("rows").expect("a row");
    assert_eq!((row.movement.status, row.movement.note.as_deref()), (Status::Paid, Some("roof")));
    assert_eq!(rows(&world).len(), 1, "{:#?}", rows(&world));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_to_us_that_goes_elsewhere_leaves_the_request_open() {
    let (world, asked, seen) = asked_and_seen().await;
    let elsewhere = world.network.shop().address().await.expect("an address").script_pubkey();
    let chain = world.network.chain();
    chain.faucet_instead(&seen, elsewhere, Sat::new(50_000)).expect("replaced");
    world.wallet.sync().await;
    let row = world.wallet.detail(&asked.id).expect("rows").expect("a row");
    assert_eq!(row.movement.status, Status::Failed);
    assert_eq!(row.movement.failure, Some(Code::Replaced));
    assert_eq!(world.snapshot().balance.total_msat, Msat::ZERO);
    // It can still be paid, and then it is.
    chain.faucet(script(&asked), Sat::new(50_000)).expect("paid");
    world.mine(1).await;
    let row = world.wallet.detail(&asked.id).expect("rows").expect("a row");
    assert_eq!((row.movement.status, row.movement.failure), (Status::Paid, None));
    assert_eq!(rows(&world).len(), 1, "{:#?}", rows(&world));
    world.end().await;
}

/// In a block, and then in none and nowhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_to_us_that_is_undone_is_not_paid() {
    let (world, asked, seen) = asked_and_seen().await;
    world.mine(1).await;
    let status = |world: &World| {
        world.wallet.detail(&asked.id).expect("rows").expect("a row").movement.status
    };
    assert_eq!(status(&world), Status::Paid);
    let chain = world.network.chain();
    chain.reorg_to(1, Branch::Without(&[seen.compute_txid()])).expect("another branch");
    world.network.sync_nodes().await;
    world.wallet.sync().await;
    assert_eq!(status(&world), Status::Failed);
    assert_eq!(world.snapshot().balance.total_msat, Msat::ZERO);
    // It comes again after all.
    chain.submit(seen).expect("sent again");
    world.mine(1).await;
    assert_eq!(status(&world), Status::Paid);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_paid_by_its_amount() {
    let world = World::new().await;
    let amount = Msat::from_sat(Sat::new(50_000));
    let asked = world.wallet.receive(amount, Some("roof".into()), 3600).await.expect("a request");
    let chain = world.network.chain();
    chain.faucet(script(&asked), Sat::new(1_000)).expect("paid");
    world.mine(1).await;
    let row = world.wallet.detail(&asked.id).expect("rows").expect("a row");
    assert_eq!((row.movement.status, row.txid), (Status::Pending, None), "it is open");
    let came = world.newest(MovementKind::Onchain);
    assert_eq!(came.movement.amount_msat, Msat::new(1_000_000));
    assert_eq!(came.movement.note.as_deref(), Some("roof"), "what it was for is said");
    // More than was asked for pays it.
    chain.faucet(script(&asked), Sat::new(50_500)).expect("paid");
    world.mine(1).await;
    let row = world.wallet.detail(&asked.id).expect("rows").expect("a row");
    assert_eq!(row.movement.status, Status::Paid);
    assert_eq!(row.movement.amount_msat, Msat::new(50_500_000));
    world.end().await;
}

/// The words are in two places, and both spend the same coin: what lost is replaced, until the chain says otherwise.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_of_ours_that_another_took_the_place_of() {
    let world = World::new().await;
    world.fund().await;
    let words = world.wallet.words(Password::StoredBeside).await.expect("words");
    let twin = Wallet::restore(world.settings_of("twin"), words, None, Password::StoredBeside);
    let twin = twin.await.expect("restored");
    twin.sync().await;
    let shop = world.network.shop().address().await.expect("an address").to_string();
    let pay = async |wallet: &Wallet, sat_per_vb: u32| {
        let speed = FeeSpeed::Custom { sat_per_vb };
        let quote = onchain_quote(wallet, &shop, Some(Sat::new(100_000)), speed).await;
        wallet.pay(&quote.expect("a quote").id).await.expect("sent")
    };
    let lost = pay(&world.wallet, 2).await;
    let chain = world.network.chain();
    world.until("sent", |_| !chain.mempool().is_empty()).await;
    let first = chain.transaction(&chain.mempool()[0]).expect("it waits");
    let won = pay(&twin, 50).await.txid.expect("sent");
    world.until("replaced", |_| chain.mempool().iter().any(|txid| txid.to_string() == won)).await;
    world.mine(1).await;
    let detail = || world.wallet.detail(&lost.id.to_string()).expect("rows").expect("a row");
    world.until("replaced", |_| detail().movement.status == Status::Failed).await;
    assert_eq!(detail().movement.failure, Some(Code::Replaced));
    assert_eq!(detail().replaced_by, Some(won.clone()));
    assert_eq!(stories::weigh(&world.wallet), [""; 0]);

    let won = won.parse().expect("an id");
    chain.reorg_to(1, Branch::Without(&[won])).expect("another branch");
    twin.stop().await;
    if chain.place_of(&first.compute_txid()).is_none() && chain.mempool().is_empty() {
        chain.submit(first).expect("sent again");
    }
    world.network.sync_nodes().await;
    world.mine(1).await;
    assert_eq!(detail().movement.status, Status::Paid, "{:#?}", rows(&world));
    world.end().await;
}
