//! Closing together, where the two sides believe in different fees at first.

use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{ChannelState, CloseWay, MovementKind, PartKind, Status};
use stories::{Books, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gets_on_when_fees_were_lied_about_and_come_back() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    // Hub alone is told of terrible fees: it wants more for a closing than we would ever offer.
    world.network.lies().tell(|told| told.fee_rate = Some(1_000_000));
    for _ in 0..4 {
        world.network.hub().sync().await;
    }
    world.network.lies().truth();
    let before = world.snapshot().balance;

    let channel = world.snapshot().channels.list[0].id.clone();
    let preview = world.wallet.preview_close(&channel, CloseWay::Together).expect("a preview");
    world.wallet.close_channel(&preview.id).await.expect("asked");
    let shut = |state: &ChannelState| *state == ChannelState::ClosingTogether;
    let now = world.until("closing", |now| shut(&now.channels.list[0].state)).await;
    let kinds: Vec<_> = now.balance.lightning.kept.iter().map(|part| part.kind).collect();
    assert_eq!(kinds, [PartKind::Closing], "an honest reason: {:?}", now.balance.lightning);
    assert_eq!(now.balance.total_msat, before.total_msat);
    world.wallet.sync().await;
    assert!(world.network.chain().mempool().is_empty(), "they cannot agree yet");

    for _ in 0..4 {
        world.network.hub().sync().await;
    }
    world.until("Hub again", |_| world.wallet.is_connected(&world.network.hub().node_id())).await;
    world.wallet.sync().await;
    world.until("an agreement", |_| !world.network.chain().mempool().is_empty()).await;
    world.settle().await;
    let closed = world.newest(MovementKind::ChannelClose).movement;
    assert_eq!((closed.status, closed.note), (Status::Paid, None), "nobody used force");
    assert_eq!(world.snapshot().balance.lightning.total_msat, Msat::ZERO);
    assert_eq!(Books::of(&world).unexplained(), 0, "{}", Books::of(&world));
    world.end().await;
}
