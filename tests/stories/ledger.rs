//! Every sat that moved is told by one row, for ever: what a close brought and cost, what a thief's commitment gave, what was
//! taken and claimed on the chain. The rows are weighed at the end of each story.

use crate::stale::settled;
use crate::till::Till;
use fulmen_engine::Wallet;
use fulmen_engine::amount::Msat;
use fulmen_engine::probe::Taking;
use fulmen_engine::view::{CloseWay, Movement, MovementKind, Snapshot, Status};
use fulmen_practice::chain::Branch;
use stories::World;

async fn force(closer: &Wallet, channel: &str) {
    let preview = closer.preview_close(channel, CloseWay::Force).expect("preview");
    closer.close_channel(&preview.id).await.expect("closed");
}

/// Kind, direction, status and amount of each row.
fn rows(world: &World) -> Vec<String> {
    let line = |row: Movement| {
        let Movement { kind, direction, status, amount_msat, change_msat, .. } = row;
        format!("{kind:?} {direction:?} {status:?} {amount_msat} {change_msat}")
    };
    let mut rows: Vec<_> = world.wallet.activity(None, None).into_iter().map(line).collect();
    rows.sort();
    rows
}

fn kinds(world: &World) -> Vec<MovementKind> {
    let mut kinds: Vec<_> =
        world.wallet.activity(None, None).into_iter().map(|row| row.kind).collect();
    kinds.sort_by_key(|kind| *kind as u8);
    kinds
}

const A_CHANNELS_LIFE: [MovementKind; 4] = [
    MovementKind::Lightning,
    MovementKind::Onchain,
    MovementKind::ChannelOpen,
    MovementKind::ChannelClose,
];

/// Longer than LDK's sweeper remembers what it swept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_after_a_close_by_force() {
    let world = Till::default().world().await;
    world.coffee().await;
    settled(&world).await;
    let channel = world.snapshot().channels.list[0].id.clone();
    force(&world.wallet, &channel).await;
    world.until("sent", |_| !world.network.chain().mempool().is_empty()).await;
    world.settle().await;
    world.mine(6).await;
    assert_eq!(kinds(&world), A_CHANNELS_LIFE, "{:#?}", rows(&world));
    let told = rows(&world);
    world.mine(4_032 + 6).await;
    world.mine(1).await;
    assert_eq!(rows(&world), told);
    world.end().await;
}

/// A payment of ours is held while the channel is closed by force, and then taken: the peer claims it on the chain.
async fn taken_on_the_chain(closer: impl Fn(&World) -> &Wallet) {
    let till = Till::default();
    let world = till.world().await;
    till.set(Taking::NotYet);
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let id = world.start_paying(&coffee).await;
    let held = |now: &Snapshot| now.channels.list.iter().any(|c| c.in_flight_msat > Msat::ZERO);
    let shop = world.network.shop();
    let before = world.until("held by the shop", |now| held(now) && held(&shop.snapshot())).await;
    force(closer(&world), &before.channels.list[0].id).await;
    world.until("sent", |_| !world.network.chain().mempool().is_empty()).await;
    world.mine(1).await;
    till.set(Taking::AtOnce);
    shop.sync().await;
    let status = || world.wallet.detail(&id.to_string()).expect("a row").movement.status;
    for _ in 0..60 {
        if status() == Status::Paid {
            break;
        }
        world.mine(1).await;
    }
    assert_eq!(status(), Status::Paid, "the chain shows the proof");
    world.settle().await;
    assert_eq!(kinds(&world), A_CHANNELS_LIFE, "{:#?}", rows(&world));
    let fee = world.newest(MovementKind::ChannelClose).movement.fee_msat.expect("known");
    // The payment has its own row: closing did not cost it a second time.
    assert!(fee < Msat::new(12_000_000), "{fee}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_is_taken_on_the_chain_after_our_close() {
    taken_on_the_chain(|world| &world.wallet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_is_taken_on_the_chain_after_the_peers_close() {
    taken_on_the_chain(|world| world.network.hub()).await;
}

/// The block of a close that both agreed to is undone: the money is still shown, and the close is sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreed_close_whose_block_is_undone_is_on_its_way_again() {
    let world = Till::default().world().await;
    let channel = world.snapshot().channels.list[0].id.clone();
    let preview = world.wallet.preview_close(&channel, CloseWay::Together).expect("preview");
    world.wallet.close_channel(&preview.id).await.expect("closing");
    let chain = world.network.chain();
    world.until("sent", |_| !chain.mempool().is_empty()).await;
    let close = chain.mempool()[0];
    world.mine(1).await;
    let is_closed = |now: &Snapshot| {
        let mut rows = now.movements.iter();
        rows.any(|row| row.kind == MovementKind::ChannelClose && row.status == Status::Paid)
    };
    let total = world.until("closed", is_closed).await.balance.total_msat;

    chain.reorg_to(1, Branch::Without(&[close])).expect("another branch");
    world.network.sync_nodes().await;
    world.wallet.sync().await;
    let now = world.until("on its way again", |now| !is_closed(now)).await;
    let least = total.minus_or_zero(Msat::new(5_000_000));
    assert!(now.balance.total_msat >= least, "not hidden: {:#?}", now.balance);
    world.until("sent again", |_| chain.mempool().contains(&close)).await;
    world.mine(1).await;
    world.until("closed", is_closed).await;
    world.mine(6).await;
    assert_eq!(world.snapshot().balance.total_msat, total);
    world.end().await;
}
