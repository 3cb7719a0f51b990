//! The block of a channel's funding is undone: before the channel is ready nothing happens, afterwards LDK closes it and
//! every sat comes back.

use bitcoin::Txid;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{ChannelState, CloseReason, MovementKind, Status};
use fulmen_practice::chain::Branch;
use stories::{Audit, World};

fn funding(world: &World) -> Txid {
    let now = world.snapshot();
    now.channels.list[0].funding_txid.as_ref().expect("funded").parse().expect("an id")
}

/// Replaces blocks; everyone has seen it.
async fn reorg(world: &World, depth: u32, branch: Branch<'_>) {
    world.network.chain().reorg_to(depth, branch).expect("another branch");
    world.network.sync_nodes().await;
    world.wallet.sync().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_it_is_ready() {
    before_it_is_ready_on(World::new().await).await;
}

pub(crate) async fn before_it_is_ready_on(world: World) {
    world.fund().await;
    let preview = world
        .wallet
        .preview_open(&world.network.hub_peer().uri, Sat::new(500_000))
        .expect("preview");
    world.wallet.open_channel(&preview.id).await.expect("opened");
    let txid = funding(&world);
    let confirming = |wanted| {
        move |now: &fulmen_engine::view::Snapshot| {
            now.channels.list[0].state
                == ChannelState::Confirming { confirmations: wanted, required: 3 }
        }
    };

    world.mine(1).await;
    world.until("one confirmation", confirming(1)).await;
    let total = world.snapshot().balance.total_msat;

    // The transaction waits again.
    reorg(&world, 1, Branch::Empty).await;
    world.until("no confirmation", confirming(0)).await;
    assert_eq!(world.snapshot().balance.total_msat, total);
    world.mine(2).await;
    world.until("two confirmations", confirming(2)).await;

    // The network has even forgotten it: it is sent again.
    reorg(&world, 2, Branch::Without(&[txid])).await;
    world.until("no confirmation", confirming(0)).await;
    let chain = world.network.chain();
    world.until("sent again", |_| chain.mempool().contains(&txid)).await;
    world.mine(3).await;
    world.until("ready", |now| now.channels.list[0].state == ChannelState::Ready).await;
    world.knows_the_network().await;
    world.coffee().await;
    world.close_all().await;
    let books = Audit::of(&world);
    eprintln!("{books}");
    assert!((0..2_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_it_was_ready() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    let before = world.snapshot().balance.total_msat;

    reorg(&world, 3, Branch::Empty).await;
    let now = world
        .until("closed by force, and told", |now| {
            let forced =
                |state: &ChannelState| matches!(state, ChannelState::ClosingByForce { .. });
            now.channels.list.iter().all(|channel| forced(&channel.state))
                && now.movements.iter().any(|row| row.kind == MovementKind::ChannelClose)
        })
        .await;
    assert!(now.balance.total_msat <= before);
    let row = world.newest(MovementKind::ChannelClose);
    let (said, reason) = (&now.channels.list[0].last_peer_error, row.movement.close_reason);
    eprintln!("the channel says {said:?}, its row {reason:?}");
    // Either side may have seen it first.
    let by_peer = said.as_deref().is_some_and(|said| said.contains("un-confirmed"));
    assert!(
        reason == Some(CloseReason::OpeningUndone)
            || (by_peer && reason == Some(CloseReason::ByPeer)),
        "the reason: {row:#?}"
    );
    assert_eq!(now.channels.list[0].close_reason, reason);

    world.settle().await;
    let end = world.snapshot().balance;
    assert_eq!(end.total_msat, Msat::from_sat(end.onchain.total_sat).unwrap());
    assert_eq!(world.newest(MovementKind::ChannelClose).movement.status, Status::Paid);
    let books = Audit::of(&world);
    eprintln!("{books}");
    assert!((0..2_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}
