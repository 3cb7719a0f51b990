//! BOLT 12: paying what lies on a shop's counter, and being paid by an offer of one's own, again and again.

use crate::{WALLET, code};
use bitcoin::hashes::{Hash as _, sha256};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::{Settings, Tunables};
use fulmen_engine::error::Code;
use fulmen_engine::probe::Probe;
use fulmen_engine::view::{AmountRule, InstructionKind, OfferNotice, Quote, Status};
use fulmen_engine::{Choice, OfferParameters, PaymentId, SendError, Wallet};
use fulmen_practice::network::{COFFEE, PracticeNetwork};
use lightning::events::{Event, PaymentFailureReason};
use lightning::offers::invoice::Bolt12Invoice;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stories::{Audit, Remote, World, quick};

async fn world() -> World {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    world
}

async fn quote_of(wallet: &Wallet, text: &str, choice: Choice) -> Result<Quote, SendError> {
    let instruction = wallet.read(text)?.id;
    wallet.preview(Choice { instruction, ..choice }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coffee_twice_each_with_its_proof() {
    let world = world().await;
    let offer = world.network.coffee_offer().await.expect("an offer");
    let coffee = Msat::from_sat(COFFEE).expect("cheap");
    let read = world.wallet.read(&offer).expect("readable");
    assert_eq!(read.kind, InstructionKind::Offer);
    assert_eq!(read.amount, AmountRule::Fixed { msat: coffee });
    assert_eq!(read.note.as_deref(), Some("One coffee, thank you"));
    let before = world.snapshot().balance.total_msat;
    let mut spent = Msat::ZERO;
    let mut hashes = Vec::new();
    for words in ["table 4", "table 5"] {
        let choice = Choice { comment: Some(words.into()), ..Choice::default() };
        let quote = quote_of(&world.wallet, &offer, choice).await.expect("payable");
        assert_eq!((quote.amount_msat, quote.fee_about_msat), (coffee, None));
        assert_eq!(quote.fee_max_msat, Msat::new(coffee.get() / 100 + 50_000));
        let row = world.wallet.pay(&quote.id).await.expect("starts");
        assert_eq!(code(world.wallet.pay(&quote.id).await), Code::Stale, "a quote is paid once");
        let paid = world.decided(row.id).await;
        assert_eq!(paid.movement.status, Status::Paid, "{paid:?}");
        assert!(!paid.movement.awaits_invoice && !paid.movement.can_take_back);
        assert_eq!(paid.offer.as_deref(), Some(offer.as_str()));
        assert_eq!(paid.payer_note.as_deref(), Some(words));
        let preimage: sha256::Hash = paid.preimage.expect("a proof").parse().expect("32 bytes");
        let hash = paid.payment_hash.expect("a hash");
        assert_eq!(sha256::Hash::hash(preimage.as_byte_array()).to_string(), hash);
        let invoice = paid.bolt12_invoice.expect("the payee's invoice");
        assert!(invoice.contains(&hash), "it is of this payment");
        let fee = paid.movement.fee_msat.expect("a fee");
        assert!(fee <= quote.fee_max_msat);
        spent = Msat::sum([spent, coffee, fee]).expect("small");
        hashes.push(hash);
    }
    assert_ne!(hashes[0], hashes[1]);
    let after = world
        .until("settled", |now| now.channels.list.iter().all(|c| c.in_flight_msat == Msat::ZERO))
        .await;
    assert_eq!(before.get() - after.balance.total_msat.get(), spent.get());
    let theirs = world.network.shop().offers().expect("rows").remove(0);
    assert_eq!((theirs.payments, theirs.received_msat), (2, Msat::new(coffee.get() * 2)));
    let said: Vec<_> = world.network.shop().activity(Some("table"), None).expect("rows");
    assert_eq!(said.len(), 2, "the shop finds them by what the payer wrote");
    ends(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_payer_of_an_offer_chooses_the_amount() {
    let world = world().await;
    let tips = OfferParameters { label: Some("Tips".into()), ..OfferParameters::default() };
    let offer = world.network.shop().make_offer(tips).await.expect("an offer");
    assert_eq!(world.wallet.read(&offer.text).expect("readable").amount, AmountRule::Open);
    let refused = quote_of(&world.wallet, &offer.text, Choice::default()).await;
    assert_eq!(code(refused), Code::AmountNeeded);
    let amount = Some(Msat::new(3_141_593));
    let link = format!("bitcoin:?lno={}", offer.text.to_uppercase());
    let quote = quote_of(&world.wallet, &link, Choice { amount, ..Choice::default() }).await;
    let row = world.wallet.pay(&quote.expect("payable").id).await.expect("starts");
    let paid = world.decided(row.id).await;
    assert_eq!((paid.movement.status, Some(paid.movement.amount_msat)), (Status::Paid, amount));
    assert_eq!(code(world.network.shop().read(&offer.text)), Code::OwnInvoice);
    ends(world).await;
}

/// What LDK is made to say of the payee's invoices, in the order in which they come.
type Script = Arc<Mutex<VecDeque<fn(&mut Event, &mut Vec<Bolt12Invoice>)>>>;

fn passes(event: &mut Event, seen: &mut Vec<Bolt12Invoice>) {
    if let Event::InvoiceReceived { invoice, .. } = event {
        seen.push(invoice.clone());
    }
}

/// The payment ends without its invoice, whose hash nothing has then.
fn withheld(event: &mut Event, seen: &mut Vec<Bolt12Invoice>) {
    passes(event, seen);
    if let Event::InvoiceReceived { payment_id, .. } = event {
        let reason = Some(PaymentFailureReason::UserAbandoned);
        *event = Event::PaymentFailed { payment_id: *payment_id, payment_hash: None, reason };
    }
}

/// The payee answers with the invoice that came before.
fn answers_with_the_last(event: &mut Event, seen: &mut Vec<Bolt12Invoice>) {
    if let Event::InvoiceReceived { invoice, .. } = event {
        *invoice = seen.pop().expect("one came before");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_that_is_not_for_this_payment_is_not_paid() {
    let mut world = world().await;
    let script: Script = Arc::default();
    let (say, seen) = (script.clone(), Mutex::new(Vec::new()));
    let probe = Probe::default().hearing(move |event| {
        if !matches!(event, Event::InvoiceReceived { .. }) {
            return;
        }
        let next = say.lock().expect("never poisoned").pop_front();
        next.unwrap_or(passes)(event, &mut seen.lock().expect("never poisoned"));
    });
    let settings = Settings { tunables: Tunables { probe, ..quick() }, ..world.settings() };
    world.reopen_with(settings).await;
    world.until("usable", |now| now.balance.lightning.can_send_msat > Msat::new(5_000_000)).await;
    world.knows_the_network().await;
    let coffee = world.network.coffee_offer().await.expect("an offer");
    let amount = Some(Msat::new(3_141_593));
    let cake = OfferParameters { amount, label: Some("Cake".into()), ..OfferParameters::default() };
    let cake = world.network.shop().make_offer(cake).await.expect("an offer").text;
    let outcome = async |text: &str| {
        let id = world.start_paying(text).await;
        let over = world.decided(id).await.movement;
        (over.status, over.failure)
    };
    let refused = (Status::Failed, Some(Code::InvoiceWrong));

    // One that was paid before: its hash is used.
    assert_eq!(outcome(&coffee).await, (Status::Paid, None));
    script.lock().expect("never poisoned").push_back(answers_with_the_last);
    assert_eq!(outcome(&coffee).await, refused);

    // One of another amount, whose hash is new.
    script
        .lock()
        .expect("never poisoned")
        .extend([withheld as fn(&mut _, &mut _), answers_with_the_last]);
    assert_eq!(outcome(&cake).await, (Status::Failed, Some(Code::TakenBack)));
    assert_eq!(outcome(&coffee).await, refused);

    let paid: u64 = world.network.shop().offers().expect("rows").iter().map(|of| of.payments).sum();
    assert_eq!(paid, 1, "by the shop's account");
    ends(world).await;
}

/// No message reaches the shop, so it cannot answer; then the person gives up, or LDK does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payee_who_does_not_answer_costs_nothing() {
    let mut world = world().await;
    let offer = world.network.coffee_offer().await.expect("an offer");
    let shop = world.network.shop().listening().expect("it listens").to_string();
    world.cut_off(&shop);
    let before = world.snapshot().balance;
    let id = world.start_paying(&offer).await;
    let waiting = world.wallet.detail(&id.to_string()).expect("rows").expect("the row");
    assert_eq!(waiting.movement.status, Status::InTransit);
    assert!(waiting.movement.awaits_invoice && waiting.movement.can_take_back);
    assert_eq!(waiting.movement.change_msat, 0);
    let now = world.snapshot().balance;
    assert_eq!(now.total_msat, before.total_msat, "no money has left");
    let again = quote_of(&world.wallet, &offer, Choice::default()).await.expect("payable");
    let told = again.paid_before.expect("the same offer is being paid");
    assert_eq!((told.movement_id, told.status), (id.to_string(), Status::InTransit));
    world.wallet.take_back(&id.to_string()).await.expect("taken back");
    let over = world.decided(id).await.movement;
    assert_eq!((over.status, over.failure), (Status::Failed, Some(Code::TakenBack)));
    assert_eq!(code(world.wallet.take_back(&id.to_string()).await), Code::Stale, "once");

    // It is forgotten by LDK after one to two of its ticks.
    let settings = world.settings();
    let ldk_tick = Duration::from_secs(1);
    let tunables = Tunables { ldk_tick, ..settings.tunables.clone() };
    world.reopen_with(Settings { tunables, ..settings }).await;
    world.wallet.sync().await;
    world.until("usable", |now| now.balance.lightning.can_send_msat > Msat::new(5_000_000)).await;
    let id = world.start_paying(&offer).await;
    let over = world.decided(id).await.movement;
    assert_eq!((over.status, over.failure), (Status::Failed, Some(Code::NoAnswer)));

    world.reconnect(&shop);
    world.reopen().await;
    world.until("usable", |now| now.balance.lightning.can_send_msat > Msat::new(5_000_000)).await;
    world.knows_the_network().await;
    let id = world.start_paying(&offer).await;
    assert_eq!(world.decided(id).await.movement.status, Status::Paid, "and then it is paid");
    assert_eq!(world.network.shop().offers().expect("rows")[0].payments, 1);
    ends(world).await;
}

/// Where the wallet's process is killed: the place in a round of the loop, and in which round after the person paid. Between
/// them lie the row, LDK's call, the request, the invoice, the payment and its proof.
const PLACES: [&str; 9] = [
    "Begin:1",
    "Collected:1",
    "Durable:1",
    "Sent:1",
    "Collected:2",
    "Durable:2",
    "Released:3",
    "Collected:4",
    "Durable:5",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_any_two_steps_it_is_paid_once_or_not_at_all() {
    let dir = tempfile::tempdir().expect("a directory");
    let network =
        PracticeNetwork::open(&dir.path().join("network"), quick(), None).await.expect("network");
    // After the kill LDK asks once more, if it knows the way by then; else it gives up after one to two of its ticks.
    let mut wallet = Remote::new(WALLET, dir.path().join("wallet"), &network, "offers")
        .with(vec!["tick=5000".into()]);
    wallet.start().await;
    wallet.opens_a_channel(&network).await;
    let offer = network.coffee_offer().await.expect("an offer");
    let mut before = usable(&mut wallet).await;
    for place in PLACES {
        wallet.killed_at(place, "pay", &offer).await;
        let after = usable(&mut wallet).await;
        let (paid, gone) = (paid(&after), total(&before) - total(&after));
        let theirs = network.shop().offers().expect("rows").remove(0);
        eprintln!("killed at {place}: {} paid by the shop's account", theirs.payments);
        assert_eq!(paid.len() as u64, theirs.payments, "{place}: {after:#}");
        let new: u64 = paid[count(&before)..].iter().sum();
        assert_eq!(gone, new, "{place}: what is gone is what the rows say");
        before = after;
    }
    wallet.kill();
    network.stop().await;
}

/// Nothing is on its way, and the channel can be used.
async fn usable(wallet: &mut Remote) -> Value {
    wallet.knows_the_network().await;
    wallet
        .until("everything decided", |now| {
            let rows = now["movements"].as_array().expect("a list");
            let channels = now["channels"]["list"].as_array().expect("a list");
            rows.iter().all(|row| row["status"] != "inTransit" && row["status"] != "pending")
                && channels.iter().all(|channel| {
                    channel["state"]["type"] == "ready" && channel["inFlightMsat"] == 0
                })
        })
        .await
}

fn total(now: &Value) -> u64 {
    now.pointer("/balance/totalMsat").and_then(Value::as_u64).expect("an amount")
}

/// What each payment cost with its fee, oldest first.
fn paid(now: &Value) -> Vec<u64> {
    let rows = now["movements"].as_array().expect("a list");
    let is_paid = |row: &&Value| row["kind"] == "lightning" && row["status"] == "paid";
    let costs = rows.iter().filter(is_paid).map(|row| row["totalMsat"].as_u64().expect("msat"));
    costs.rev().collect()
}

fn count(now: &Value) -> usize {
    paid(now).len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_own_offer_stays_and_names_what_it_brought() {
    let mut world = World::new().await;
    world.fund().await;
    let asked = OfferParameters {
        amount: Some(Msat::new(5_000_000)),
        description: Some("For the roof".into()),
        label: Some("Roof".into()),
    };
    let refused = world.wallet.make_offer(asked.clone()).await;
    assert_eq!(code(refused), Code::NoRelay, "nobody could pay it");
    world.wallet.connect(&world.network.hub_peer().uri).await.expect("connected");
    world.hub_opens().await;
    let made = world.wallet.make_offer(asked).await.expect("an offer");
    assert_eq!((made.notice, made.payments), (OfferNotice::Fine, 0));
    for _ in 0..2 {
        assert_eq!(world.network.shop_pays(&made.text).await.expect("pays"), Status::Paid);
    }
    world.reopen().await;
    world.until("back", |now| now.balance.lightning.can_receive_msat > Msat::ZERO).await;
    assert_eq!(world.network.shop_pays(&made.text).await.expect("pays"), Status::Paid);
    let all = Msat::new(15_000_000);
    world.until("all of it", |now| now.balance.lightning.total_msat >= all).await;
    let offers = world.wallet.offers().expect("rows");
    assert_eq!(offers.len(), 1);
    let now = &offers[0];
    assert_eq!((&now.id, now.payments, now.received_msat), (&made.id, 3, all));
    assert_eq!(now.notice, OfferNotice::Fine);
    let rows = world.wallet.activity(Some("roof"), None).expect("rows");
    assert_eq!(rows.len(), 3, "each once, under the offer's name");
    let ids: std::collections::HashSet<_> = rows.iter().map(|row| row.id.clone()).collect();
    assert_eq!(ids.len(), 3);
    for row in &rows {
        let id = PaymentId::parse(&row.id).expect("an id").to_string();
        let detail = world.wallet.detail(&id).expect("rows").expect("the row");
        assert_eq!(detail.offer_id.as_ref(), Some(&made.id));
        assert_eq!(detail.movement.amount_msat, Msat::new(5_000_000));
    }

    // Without the channel nobody reaches it.
    world.close_all().await;
    assert_eq!(world.wallet.offers().expect("rows")[0].notice, OfferNotice::NoChannel);
    world.end().await;
}

async fn ends(world: World) {
    world.close_all().await;
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}
