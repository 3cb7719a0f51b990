//! A channel closed by force, by either side: every sat is shown on its way and arrives, and the total never shows more
//! than there is.

use bitcoin::{OutPoint, Txid};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::view::{ChannelState, CloseWay, MovementKind, Status};
use stories::{Books, World};

/// A channel with Hub of 500 000, of which a coffee was paid.
async fn with_a_channel() -> World {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    world.coffee().await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_us() {
    let world = with_a_channel().await;
    let before = world.snapshot();
    let channel = before.channels.list[0].clone();
    let preview = world.wallet.preview_close(&channel.id, CloseWay::Force).expect("preview");
    assert_eq!(preview.blocks, 720, "the peer makes us wait as long as we would make it wait");
    world.wallet.close_channel(&preview.id).await.expect("closed");
    world.until("closing", |now| !now.balance.closing.is_empty()).await;
    sent(&world).await;
    never_more(&world, before.balance.total_msat);

    world.mine(1).await;
    let now = world
        .until("confirmed", |now| now.balance.closing.first().is_some_and(|c| c.confirmed))
        .await;
    let closing = &now.balance.closing[0];
    assert!(!closing.together);
    assert!((700..=720).contains(&closing.blocks_left.expect("known")), "{closing:?}");
    assert!(matches!(now.channels.list[0].state, ChannelState::ClosingByForce { .. }));
    let on_its_way = closing.amount_sat;

    // One block before the end it is still on its way, and still all there.
    world.mine(closing.blocks_left.expect("known") - 2).await;
    let now = world.snapshot();
    assert_eq!(now.balance.closing.first().map(|closing| closing.amount_sat), Some(on_its_way));
    never_more(&world, before.balance.total_msat);
    ends(world, before.balance.total_msat, &channel.funding_txid.expect("funded")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_the_peer() {
    let world = with_a_channel().await;
    let before = world.snapshot();
    let channel = before.channels.list[0].clone();
    let hub = world.network.hub();
    let preview = hub.preview_close(&channel.id, CloseWay::Force).expect("preview");
    hub.close_channel(&preview.id).await.expect("closed");
    let now = world.until("closing", |now| !now.balance.closing.is_empty()).await;
    assert!(
        now.channels.list[0].peer_said.as_deref().is_some_and(|said| !said.is_empty()),
        "{now:#?}"
    );
    sent(&world).await;
    never_more(&world, before.balance.total_msat);
    world.mine(1).await;
    world.until("confirmed", |now| now.balance.closing.iter().all(|c| c.confirmed)).await;
    never_more(&world, before.balance.total_msat);
    ends(world, before.balance.total_msat, &channel.funding_txid.expect("funded")).await;
}

/// The closing waits in the mempool.
async fn sent(world: &World) {
    world.until("sent", |_| !world.network.chain().mempool().is_empty()).await;
}

/// The total only ever falls, by fees, and nobody has what another has.
fn never_more(world: &World, before: Msat) {
    let total = world.snapshot().balance.total_msat;
    assert!(total <= before, "{total} is more than {before}");
    let books = Books::of(world);
    assert!(books.unexplained() >= 0, "someone's money is counted twice: {books}");
}

/// Mines to the end; what is gone is what the miners got, read from the chain, and the anchors.
async fn ends(world: World, before: Msat, funding: &str) {
    world.settle().await;
    let end = world.snapshot().balance;
    assert_eq!(end.total_msat, Msat::from_sat(end.onchain.total_sat).unwrap());
    assert!(end.lightning.total_msat == Msat::ZERO && end.closing.is_empty(), "{end:#?}");
    let row = world.newest(MovementKind::ChannelClose);
    assert_eq!(row.movement.status, Status::Paid, "{row:#?}");
    assert!(row.movement.amount_msat > Msat::new(490_000_000), "the row says what came: {row:#?}");

    let fees = fees_after(&world, funding);
    let lost = before.get() - end.total_msat.get();
    let explained = fees.get() * 1000;
    println!("lost {lost} msat, of which miners got at most {explained} msat");
    assert!(lost <= explained + 2 * 330_000 + 1_000, "lost {lost}, explained {explained}");
    let books = Books::of(&world);
    println!("{books}");
    let unexplained = books.unexplained();
    assert!((0..2_000).contains(&unexplained), "only a rest of a sat for each side: {books}");
    world.end().await;
}

/// What the miners got from the closing and from everything that spends it.
fn fees_after(world: &World, funding: &str) -> Sat {
    let chain = world.network.chain();
    let funding: Txid = funding.parse().expect("an id");
    let transaction = chain.transaction(&funding).expect("in the chain");
    let value = |vout: usize| transaction.output[vout].value.to_sat();
    let vout =
        (0..transaction.output.len()).find(|vout| value(*vout) == 500_000).expect("the channel");
    let mut open = vec![OutPoint { txid: funding, vout: u32::try_from(vout).expect("few") }];
    let (mut seen, mut sum) = (Vec::new(), 0);
    while let Some(output) = open.pop() {
        let Some(spender) =
            chain.spender_of(&output).filter(|spender| !seen.contains(&spender.txid))
        else {
            continue;
        };
        seen.push(spender.txid);
        sum += chain.fee_of(&spender.txid).expect("in the chain").get();
        let outputs = chain.transaction(&spender.txid).expect("in the chain").output.len();
        open.extend(
            (0..outputs).map(|vout| OutPoint {
                txid: spender.txid,
                vout: u32::try_from(vout).expect("few"),
            }),
        );
    }
    Sat::new(sum)
}
