//! Ways to pay over Lightning beside the plain one.

use crate::hold::HoldInvoices;
use crate::{code, quote};
use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::Code;
use fulmen_engine::probe::HtlcPolicy;
use fulmen_engine::view::{Channel, ReceiveNotice, Snapshot, Status};
use fulmen_engine::{PaymentId, RequestParameters};
use lightning_invoice::{
    Currency, InvoiceBuilder, PaymentSecret, RouteHint, RouteHintHop, RoutingFees,
};
use std::time::{SystemTime, UNIX_EPOCH};
use stories::{Audit, World, ready_in};

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
    let shown = quote(&world.wallet, &request.invoice.expect("channels"), Some(amount))
        .await
        .expect("a quote");
    assert_eq!(shown.amount_msat, amount);
    let row = world.wallet.pay(&shown.id).await.expect("starts");
    let paid = world.decided(row.id).await;
    assert_eq!((paid.movement.status, paid.movement.amount_msat), (Status::Paid, amount));
    assert_eq!(paid.movement.note.as_deref(), Some("for the band"));
    let theirs = world.network.shop().activity(None, None).expect("rows");
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

/// An invoice of somebody behind Hub who takes a fee for the last hop, and is not there.
fn dear(hub: &str, amount: Msat, base_msat: u32) -> String {
    let key = SecretKey::from_slice(&[43; 32]).expect("a key");
    let hop = RouteHintHop {
        src_node_id: hub.parse().expect("a node id"),
        short_channel_id: u64::from(base_msat) << 40,
        fees: RoutingFees { base_msat, proportional_millionths: 0 },
        cltv_expiry_delta: 40,
        htlc_minimum_msat: None,
        htlc_maximum_msat: None,
    };
    let sign = |hash: &_| Secp256k1::new().sign_ecdsa_recoverable(hash, &key);
    InvoiceBuilder::new(Currency::Regtest)
        .description("dear".into())
        .payment_hash(sha256::Hash::hash(b"dear"))
        .payment_secret(PaymentSecret([7; 32]))
        .duration_since_epoch(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970"))
        .min_final_cltv_expiry_delta(24)
        .amount_milli_satoshis(amount.get())
        .basic_mpp()
        .private_route(RouteHint(vec![hop]))
        .build_signed(sign)
        .expect("an invoice")
        .to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dear_way_is_told_with_its_cost() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    let invoice = dear(&world.network.hub().node_id(), Msat::new(10_000_000), 1_000_000);
    let shown = quote(&world.wallet, &invoice, None).await.expect("a quote");
    assert_eq!(shown.usual_limit_msat, Some(Msat::new(150_000)), "1 % and 50 sat");
    let about = shown.fee_about_msat.expect("an invoice shows its way");
    assert!(about >= Msat::new(1_000_000), "{shown:?}");
    assert!(shown.fee_max_msat >= about);
    ends(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_that_was_too_low_is_raised_by_what_is_shown() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    let (hub, amount) = (world.network.hub().node_id(), Msat::new(10_000_000));
    let id = world.start_paying(&dear(&hub, amount, 1_000)).await;
    let failed = world.decided(id).await;
    assert_eq!(
        (failed.movement.status, failed.movement.failure),
        (Status::Failed, Some(Code::NoRoute))
    );
    let limit = failed.fee_limit_msat.expect("a limit");

    // The way that is left costs more. The same hash: it is the same debt.
    let higher = quote(&world.wallet, &dear(&hub, amount, 120_000), None).await.expect("a quote");
    let more = higher.raised_by_msat.expect("it is told by how much");
    assert!(higher.fee_about_msat.expect("an estimate") > limit, "{higher:?}");
    assert_eq!(higher.fee_max_msat, limit.checked_add(more).expect("small"));
    assert_eq!(higher.total_max_msat, amount.checked_add(higher.fee_max_msat).expect("small"));
    assert_eq!(world.wallet.pay(&higher.id).await.expect("starts").id, id, "one row");
    let failed = world.decided(id).await;
    assert_eq!(failed.fee_limit_msat, Some(higher.fee_max_msat), "what was shown, no more");

    // Within the limit nothing is raised, and another amount is another payment.
    let same = quote(&world.wallet, &dear(&hub, amount, 2_000), None).await.expect("a quote");
    assert_eq!(same.raised_by_msat, None);
    ends(world).await;
}

/// A person may end the trying, and not what has left: the payee takes it, or it comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_abandoned_arrives_or_comes_back() {
    let shop = HoldInvoices::default();
    let world = shop.world().await;
    let ends_as = [
        (HtlcPolicy::AtOnce, Status::Paid, None),
        (HtlcPolicy::Never, Status::Failed, Some(Code::Abandoned)),
    ];
    for (taking, status, failure) in ends_as {
        shop.set(HtlcPolicy::NotYet);
        let before = world.snapshot().balance.total_msat;
        let coffee = world.network.order_coffee().await.expect("an invoice");
        let id = world.start_paying(&coffee).await;
        let held = |now: &Snapshot| now.channels.list.iter().any(|c| c.in_flight_msat > Msat::ZERO);
        let shop_node = world.network.shop();
        world.until("held by the shop", |now| held(now) && held(&shop_node.snapshot())).await;
        let on_its_way = world.wallet.detail(&id.to_string()).expect("rows").expect("the row");
        assert!(on_its_way.movement.can_abandon && !on_its_way.movement.can_take_back);
        let tip = world.snapshot().tip;
        assert!(on_its_way.back_by_secs.expect("it has a time") > tip.time_secs);

        world.wallet.abandon_payment(&id.to_string()).await.expect("no further try");
        let told = world.wallet.detail(&id.to_string()).expect("rows").expect("the row").movement;
        assert_eq!(told.status, Status::InTransit, "others decide it");
        assert!(told.abandoned && !told.can_abandon);
        assert!(world.snapshot().balance.in_transit_msat > Msat::ZERO);
        assert_eq!(code(world.wallet.abandon_payment(&id.to_string()).await), Code::Stale, "once");
        assert_eq!(code(world.wallet.read(&coffee)), Code::InFlight, "and no second payment");

        shop.set(taking);
        let over = world.decided(id).await.movement;
        assert_eq!((over.status, over.failure), (status, failure));
        let gone = before.get() - world.snapshot().balance.total_msat.get();
        assert_eq!(gone > 0, status == Status::Paid, "{gone}");
    }
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let id = world.start_paying(&coffee).await;
    world.decided(id).await;
    assert_eq!(
        code(world.wallet.abandon_payment(&id.to_string()).await),
        Code::Stale,
        "it is over"
    );
    shop.set(HtlcPolicy::AtOnce);
    ends(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn being_paid_in_several_parts() {
    let world = World::new().await;
    world.fund().await;
    for _ in 0..2 {
        world.wallet.connect(&world.network.hub_peer().uri).await.expect("connected");
        world.hub_opens().await;
    }
    let room = world.snapshot().balance.lightning.can_receive_msat;
    let amount = Msat::new(700_000_000);
    let channels = world.snapshot().channels.list;
    assert!(channels.iter().all(|channel| channel.can_receive_msat < amount), "no channel alone");
    let request = world.wallet.receive(Some(amount), None, 3600).await.expect("a request");
    assert_eq!((&request.notice, request.can_receive_msat), (&ReceiveNotice::Fine, room));
    let status = world.network.shop_pays(&request.uri).await.expect("the shop pays");
    assert_eq!(status, Status::Paid);
    let paid = world.decided(PaymentId::parse(&request.id).expect("an id")).await;
    assert_eq!((paid.movement.status, paid.movement.amount_msat), (Status::Paid, amount));
    // A part can be sent on only once both commitments have it, a moment after it has arrived.
    let rests = |c: &Channel| c.in_flight_msat == Msat::ZERO && c.can_send_msat > Msat::ZERO;
    world.until("all parts, one a channel", |now| now.channels.list.iter().all(rests)).await;

    // The limit that is shown is the one that holds.
    let left = world.snapshot().balance.lightning.can_receive_msat;
    let more = Some(left.checked_add(Msat::new(1)).expect("small"));
    let over = world.wallet.receive(more, None, 3600).await.expect("a request");
    assert_eq!(over.notice, ReceiveNotice::OverLimit { limit_msat: left });
    let open = world.wallet.receive(None, None, 3600).await.expect("a request");
    assert_eq!((open.notice, open.can_receive_msat), (ReceiveNotice::Fine, left));
    let all = world.wallet.receive(Some(left), None, 3600).await.expect("a request");
    assert_eq!(world.network.shop_pays(&all.uri).await.expect("the shop pays"), Status::Paid);
    ends(world).await;
}

/// A small channel and a large one: the request asks for more than either can bring.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn being_paid_over_channels_of_different_size() {
    let world = World::new().await;
    world.fund().await;
    world.wallet.connect(&world.network.hub_peer().uri).await.expect("connected");
    let hub = world.network.hub();
    for (count, amount) in [(1, 400_000), (2, 1_000_000)] {
        let preview = hub.preview_open(&world.wallet.node_id(), Sat::new(amount)).expect("preview");
        hub.open_channel(&preview.id).await.expect("opened");
        world.until("both channels", |now| now.channels.list.len() == count).await;
        world.mine(3).await;
        world.until("ready", |now| ready_in(now) == count).await;
    }
    let amount = Msat::new(1_200_000_000);
    let request = world.wallet.receive(Some(amount), None, 3600).await.expect("a request");
    assert_eq!(request.notice, ReceiveNotice::Fine);
    assert_eq!(world.network.shop_pays(&request.uri).await.expect("the shop pays"), Status::Paid);
    let paid = world.decided(PaymentId::parse(&request.id).expect("an id")).await;
    assert_eq!((paid.movement.status, paid.movement.amount_msat), (Status::Paid, amount));
    ends(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edited_request_is_one_row_and_is_paid_once() {
    let world = World::new().await;
    world.fund().await;
    world.wallet.connect(&world.network.hub_peer().uri).await.expect("connected");
    world.hub_opens().await;
    let ask = |sat: u64, note: &str, replaces: Option<String>| RequestParameters {
        amount: Msat::from_sat(Sat::new(sat)),
        note: Some(note.into()),
        expiry_secs: 3600,
        replaces,
    };
    let typed = world.wallet.receive_as(ask(5_000, "roo", None)).await.expect("a request");
    let roof = ask(7_000, "roof", Some(typed.id.clone()));
    let roof = world.wallet.receive_as(roof).await.expect("a request");
    assert_eq!((&typed.id, &typed.address), (&roof.id, &roof.address));
    let (first, second) = (typed.invoice.expect("room"), roof.invoice.expect("room"));
    assert_ne!(first, second);

    // Someone had scanned it before the note was finished.
    assert_eq!(world.network.shop_pays(&first).await.expect("pays"), Status::Paid);
    let paid = world.decided(PaymentId::parse(&roof.id).expect("an id")).await;
    assert_eq!(paid.movement.amount_msat, Msat::new(5_000_000));
    let hash: sha256::Hash = paid.payment_hash.expect("a hash").parse().expect("hex");
    let preimage: sha256::Hash = paid.preimage.expect("proof").parse().expect("32 bytes");
    assert_eq!(sha256::Hash::hash(preimage.as_byte_array()), hash, "its own proof");
    assert_eq!(world.network.shop_pays(&second).await.expect("tries"), Status::Failed);
    assert_eq!(world.wallet.activity(Some("roo"), None).expect("rows").len(), 1);

    // What is paid is not edited: this is another request.
    let next = ask(9_000, "roof", Some(roof.id.clone()));
    assert_ne!(world.wallet.receive_as(next).await.expect("a request").id, roof.id);
    ends(world).await;
}

async fn ends(world: World) {
    world.close_all().await;
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}
