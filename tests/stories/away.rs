//! A peer that is away: it is found again wherever it is known to live, and what was asked of it waits for it.

use crate::code;
use crate::stale::{behind_a_door, settled};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::Settings;
use fulmen_engine::error::Code;
use fulmen_engine::view::{ChannelState, CloseReason, CloseWay, MovementKind, Snapshot, Status};
use stories::{Audit, Door, World, quick, ready_in};

fn state(now: &Snapshot) -> Option<&ChannelState> {
    now.channels.list.first().map(|channel| &channel.state)
}

/// Hub's id, and where it listens.
fn hub(world: &World) -> (String, String) {
    let uri = world.network.hub_peer().uri;
    let (id, address) = uri.split_once('@').expect("an address");
    (id.to_owned(), address.to_owned())
}

/// The same wallet, to which nobody suggests Hub any more.
async fn reopen_unhelped(world: &mut World) {
    let settings = Settings { suggested_peers: Vec::new(), ..world.settings() };
    world.reopen_with(settings).await;
}

async fn ends(world: World) {
    world.close_all().await;
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}

/// It is connected once, by hand, and opens its channel to us.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_opened_to_us_is_found_after_a_restart() {
    let mut world = World::new().await;
    let (id, address) = hub(&world);
    let door = Door::to(address.clone()).await.expect("a door");
    world.cut_off(&address);
    world.fund().await;
    world.wallet.connect(&format!("{id}@{}", door.address())).await.expect("connected");
    world.hub_opens().await;
    reopen_unhelped(&mut world).await;
    world.until("ready again", |now| ready_in(now) == 1).await;
    // A door that is shut for a while ends nothing either.
    door.shut();
    world.until("away", |now| state(now) == Some(&ChannelState::PeerAway)).await;
    door.open();
    world.until("ready again", |now| ready_in(now) == 1).await;
    ends(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_moved_is_found_by_what_it_announces() {
    let (mut world, door) = behind_a_door(quick()).await;
    let (_, address) = hub(&world);
    door.shut();
    world.until("away", |now| state(now) == Some(&ChannelState::PeerAway)).await;
    world.reconnect(&address);
    reopen_unhelped(&mut world).await;
    world.until("ready again", |now| ready_in(now) == 1).await;
    ends(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_given_by_hand_is_remembered() {
    let (mut world, door) = behind_a_door(quick()).await;
    let (id, address) = hub(&world);
    let other = Door::to(address).await.expect("another door");
    door.shut();
    world.until("away", |now| state(now) == Some(&ChannelState::PeerAway)).await;
    let shop = world.network.shop().node_id();
    let (wallet, place) = (&world.wallet, other.address().to_string());
    for wrong in ["", "?", "127.0.0.1:0", &format!("{shop}@{place}")] {
        let refused = code(wallet.connect_at(&id, wrong).await);
        assert!(matches!(refused, Code::NotUnderstood | Code::Damaged), "{wrong:?}: {refused:?}");
    }
    assert_eq!(code(wallet.connect_at(&id, "127.0.0.1:1").await), Code::PeerUnreachable);
    wallet.connect_at(&id, &place).await.expect("it lives there now");
    world.until("ready again", |now| ready_in(now) == 1).await;
    reopen_unhelped(&mut world).await;
    world.until("ready again", |now| ready_in(now) == 1).await;
    ends(world).await;
}

/// As a person pastes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_read_in_one_way_only() {
    let world = World::new().await;
    let (id, address) = hub(&world);
    for text in [
        format!("lightning:{id}@{address}"),
        format!("  {id}@\n{address} "),
        format!("LIGHTNING://{}@{address}", id.to_uppercase()),
    ] {
        world.wallet.connect(&text).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let shown = world.wallet.read(&text).expect("readable");
        assert_eq!(shown.node_uri, Some(format!("{id}@{address}")));
    }
    let shop = world.network.shop().node_id();
    let shown = world.wallet.read(&format!("{shop}@127.0.0.1")).expect("readable");
    assert_eq!(shown.node_uri, Some(format!("{shop}@127.0.0.1:9735")), "the port of BOLT 1");
    assert_eq!(code(world.wallet.connect(&shop).await), Code::PeerUnreachable);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_that_was_asked_for_waits_for_the_peer() {
    let (mut world, door) = behind_a_door(quick()).await;
    let before = world.snapshot().balance.total_msat;
    door.shut();
    world.until("away", |now| state(now) == Some(&ChannelState::PeerAway)).await;
    let channel = world.snapshot().channels.list[0].id.clone();
    let ask = async |world: &World| {
        let preview =
            world.wallet.preview_close(&channel, CloseWay::Cooperative).expect("a preview");
        assert!(preview.peer_away);
        world.wallet.close_channel(&preview.id).await.expect("remembered");
        world.until("asked", |now| state(now) == Some(&ChannelState::CloseAsked)).await;
    };
    ask(&world).await;
    // It can be taken back, once.
    world.wallet.keep_open(&channel).await.expect("taken back");
    assert_eq!(code(world.wallet.keep_open(&channel).await), Code::Stale);
    world.until("away", |now| state(now) == Some(&ChannelState::PeerAway)).await;
    door.open();
    world.until("ready again", |now| ready_in(now) == 1).await;

    door.shut();
    world.until("away", |now| state(now) == Some(&ChannelState::PeerAway)).await;
    ask(&world).await;
    // It outlives the program.
    world.reopen().await;
    assert_eq!(state(&world.snapshot()), Some(&ChannelState::CloseAsked));
    assert_eq!(world.snapshot().balance.total_msat, before);
    door.open();
    world.until("the close", |_| !world.network.chain().mempool().is_empty()).await;
    assert_eq!(code(world.wallet.keep_open(&channel).await), Code::Stale, "too late");
    world.settle().await;
    let closed = world.newest(MovementKind::ChannelClose).movement;
    assert_eq!((closed.status, closed.close_reason), (Status::Paid, Some(CloseReason::Agreed)));
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
    world.end().await;
}

/// Its commitment waits for a block: LDK knows nothing yet, and nothing can be paid.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_closes_while_it_is_away_is_seen_at_once() {
    let (world, door) = behind_a_door(quick()).await;
    settled(&world).await;
    door.shut();
    world.until("away", |now| state(now) == Some(&ChannelState::PeerAway)).await;
    let hub = world.network.hub();
    let theirs = hub.snapshot().channels.list;
    let theirs = theirs.iter().find(|one| one.peer.node_id == world.wallet.node_id());
    let preview = hub.preview_close(&theirs.expect("ours").id, CloseWay::Force).expect("preview");
    hub.close_channel(&preview.id).await.expect("closed");
    world.until("Hub's close", |_| !world.network.chain().mempool().is_empty()).await;
    world.wallet.sync().await;
    let now = world.until("seen", |now| state(now) == Some(&ChannelState::ClosingByPeer)).await;
    assert_eq!(now.balance.lightning.can_send_msat, Msat::ZERO);
    assert_eq!(now.balance.lightning.kept_msat, now.balance.lightning.total_msat);
    world.mine(1).await;
    let forced = |now: &Snapshot| matches!(state(now), Some(ChannelState::ClosingByForce { .. }));
    let now = world.until("in a block", forced).await;
    assert_eq!(now.channels.list[0].close_reason, Some(CloseReason::FoundOnChain));
    world.settle().await;
    let closed = world.newest(MovementKind::ChannelClose).movement;
    assert_eq!(closed.close_reason, Some(CloseReason::FoundOnChain));
    world.end().await;
}

/// The room that a payment of ours makes is there as soon as the payment is shown as paid.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_right_after_a_payment_has_its_invoice() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    let amount = Msat::from_sat(Sat::new(50_000));
    let shop = world.network.shop();
    let asked = shop.receive(amount, None, 3600).await.expect("a request");
    let id = world.start_paying(&asked.invoice.expect("an invoice")).await;
    let paid = world.decided(id).await;
    assert_eq!(paid.movement.status, Status::Paid);
    let request = world.wallet.receive(Msat::from_sat(Sat::new(20_000)), None, 3600).await;
    let request = request.expect("a request");
    assert!(request.invoice.is_some(), "{request:?}");
    let channel = &world.snapshot().channels.list[0];
    assert_eq!(channel.channel_type, Some(fulmen_engine::view::ChannelType::Anchors));
    assert_eq!(channel.commitment_sat_per_kw, Some(253));
    ends(world).await;
}
