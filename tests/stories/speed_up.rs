//! Payments that wait for a block: hurried, called off, and overtaken by themselves.

use crate::{code, onchain_quote};
use fulmen_engine::PaymentId;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::Code;
use fulmen_engine::view::{
    BumpKind, BumpQuote, BumpWish, FeeSpeed, MovementDetail, MovementKind, Status,
};
use stories::{Audit, World};

const AMOUNT: Sat = Sat::new(100_000);

/// Something that waits at 1 sat/vB.
async fn paid_slowly() -> (World, String) {
    let world = World::new().await;
    world.fund().await;
    let shop = world.network.shop().address().await.expect("an address").to_string();
    let speed = FeeSpeed::Custom { sat_per_vb: 1 };
    let quote = onchain_quote(&world.wallet, &shop, Some(AMOUNT), speed).await.expect("a quote");
    let id = world.wallet.pay(&quote.id).await.expect("sent").id.to_string();
    world
        .until("seen", |now| now.movements.iter().any(|row| row.id == id && row.unsent.is_none()))
        .await;
    (world, id)
}

fn detail(world: &World, id: &str) -> MovementDetail {
    world.wallet.detail(id).expect("rows").expect("the row")
}

fn at(world: &World, id: &str, wish: BumpWish, sat_per_vb: u32) -> BumpQuote {
    world.wallet.preview_bump(id, wish, FeeSpeed::Custom { sat_per_vb }).expect("a quote")
}

fn waits(world: &World, txid: &str) -> bool {
    world.network.chain().mempool().iter().any(|waiting| waiting.to_string() == txid)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_raised_fee_is_the_same_payment() {
    let (world, id) = paid_slowly().await;
    let before = detail(&world, &id);
    let waiting = before.waiting.expect("it waits");
    assert!(waiting.can_speed_up && waiting.can_call_off && waiting.sat_per_vb <= 2, "{waiting:?}");
    let quote = at(&world, &id, BumpWish::SpeedUp, 20);
    assert!(quote.replaces && quote.sat_per_vb == 20, "{quote:?}");
    assert_eq!(quote.amount_msat, Msat::from_sat(AMOUNT).expect("little"));
    let share = (quote.fee_msat.get() * 1000).div_ceil(quote.amount_msat.get());
    assert_eq!(quote.fee_permille.map(u64::from), Some(share), "of what the payee gets");
    let row = world.wallet.bump(&quote.id).await.expect("raised");
    assert_eq!(row.id.to_string(), id);
    assert_eq!(code(world.wallet.bump(&quote.id).await), Code::Stale, "once");
    let (old, new) = (before.txid.expect("sent"), row.txid.expect("sent"));
    world.until("taken", |_| waits(&world, &new)).await;
    assert!(!waits(&world, &old), "one of both");
    let fee = world.network.chain().fee_of(&new.parse().expect("an id")).expect("it waits");
    assert_eq!(Msat::from_sat(fee), Some(quote.fee_msat), "what was shown is what is paid");
    world.wallet.sync().await;
    world.mine(1).await;
    let paid = world.decided(PaymentId::parse(&id).expect("an id")).await;
    assert_eq!(
        (paid.movement.status, paid.movement.fee_msat),
        (Status::Paid, Some(quote.fee_msat))
    );
    assert_eq!((paid.txid, paid.waiting), (Some(new), None));
    let rows = world.wallet.activity(None, None).expect("rows");
    assert_eq!(rows.len(), 2, "the deposit and the payment: {rows:#?}");
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

/// A miner has the first one, and not the one that should take its place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_may_be_mined_all_the_same() {
    for wish in [BumpWish::SpeedUp, BumpWish::CallOff] {
        let (world, id) = paid_slowly().await;
        let before = detail(&world, &id);
        let old = before.txid.clone().expect("sent");
        let first = world.network.chain().transaction(&old.parse().expect("an id")).expect("there");
        let quote = at(&world, &id, wish, 20);
        let new = world.wallet.bump(&quote.id).await.expect("made").txid.expect("a transaction");
        world.until("taken", |_| waits(&world, &new)).await;
        world.network.chain().mine_only(&[first]).expect("mined");
        world.network.sync_nodes().await;
        world.wallet.sync().await;
        let paid = |world: &World| {
            let now = detail(world, &id);
            now.movement.status == Status::Paid && now.txid.as_deref() == Some(&old)
        };
        world.until("paid", |_| paid(&world)).await;
        let now = detail(&world, &id);
        assert_eq!(now.movement.fee_msat, before.movement.fee_msat, "what the miner got");
        assert_eq!((now.movement.failure, now.replaced_by), (None, None));
        assert_eq!(Audit::of(&world).unexplained(), 0);
        world.mine(6).await;
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_called_off_comes_back_but_for_the_fee() {
    let (mut world, id) = paid_slowly().await;
    let quote = at(&world, &id, BumpWish::CallOff, 20);
    assert!(!quote.replaces && quote.amount_msat == Msat::ZERO, "{quote:?}");
    let beside = world.wallet.bump(&quote.id).await.expect("made");
    let txid = beside.txid.clone().expect("a transaction");
    world.until("taken", |_| waits(&world, &txid)).await;
    world.wallet.sync().await;
    let now = detail(&world, &id);
    assert!(now.movement.called_off && now.movement.status == Status::Pending, "{now:?}");
    assert_eq!(now.movement.change_msat, 0);
    assert!(!now.waiting.is_some_and(|waiting| waiting.can_call_off || waiting.can_speed_up));
    world.reopen().await;
    world.wallet.sync().await;
    world.mine(1).await;
    let over = world.decided(PaymentId::parse(&id).expect("an id")).await;
    assert_eq!(over.movement.failure, Some(Code::CalledOff));
    assert_eq!(over.replaced_by, Some(txid));
    let cost = detail(&world, &beside.id.to_string());
    assert_eq!(cost.movement.bump, Some(BumpKind::CallsOff));
    assert_eq!(
        (cost.movement.status, cost.movement.fee_msat),
        (Status::Paid, Some(quote.fee_msat))
    );
    let left = Msat::new(1_000_000_000 - quote.fee_msat.get());
    assert_eq!(world.snapshot().balance.total_msat, left);
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

/// Somebody pays us too little a fee: we pay for both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_in_is_hurried_by_a_child() {
    what_comes_in_is_hurried_on(World::new().await).await;
}

pub(crate) async fn what_comes_in_is_hurried_on(world: World) {
    let address = world.wallet.receive(None, None, 3600).await.expect("a request").address;
    let address: bitcoin::Address<_> = address.parse().expect("an address");
    let script = address.assume_checked().script_pubkey();
    world.network.chain().faucet(script, Sat::new(50_000)).expect("paid");
    world.wallet.sync().await;
    let came = world.newest(MovementKind::Onchain);
    let waiting = came.waiting.expect("it waits");
    assert!(waiting.can_speed_up && !waiting.can_call_off);
    let quote = at(&world, &came.movement.id, BumpWish::SpeedUp, 30);
    assert!(!quote.replaces && quote.fee_msat == quote.extra_msat, "{quote:?}");
    let child = world.wallet.bump(&quote.id).await.expect("made");
    let txid = child.txid.clone().expect("a transaction");
    world.until("taken", |_| waits(&world, &txid)).await;
    world.wallet.sync().await;
    let onchain = world.snapshot().balance.onchain;
    assert_eq!(onchain.can_spend_sat, Sat::ZERO, "its sender could still take it back");
    world.mine(1).await;
    let child = world.decided(child.id).await;
    assert_eq!(child.movement.bump, Some(BumpKind::SpeedsUp));
    assert_eq!(child.movement.status, Status::Paid);
    let left = Msat::new(50_000_000 - quote.fee_msat.get());
    assert_eq!(world.snapshot().balance.total_msat, left);
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}
