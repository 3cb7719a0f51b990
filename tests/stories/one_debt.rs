//! One request is one debt, whichever of a link's two ways it is paid by; and a link with an invoice never goes on-chain by
//! itself.

use crate::hold::HoldInvoices;
use crate::{code, onchain_quote, quote};
use fulmen_engine::Wallet;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::Code;
use fulmen_engine::probe::HtlcPolicy;
use fulmen_engine::uri::qr_text;
use fulmen_engine::view::{FeeSpeed, MovementDetail, Quote, Request, Status};
use stories::{Audit, World};

const AMOUNT: Sat = Sat::new(50_000);

async fn with_a_channel() -> World {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    world.knows_the_network().await;
    world
}

async fn link(world: &World, amount: Option<Sat>) -> Request {
    let amount = amount.and_then(Msat::from_sat);
    let request = world.network.shop().receive(amount, None, 3600).await.expect("a request");
    assert!(request.invoice.is_some(), "both ways: {request:?}");
    request
}

/// The same request in every form that a person may come upon.
fn forms(request: &Request) -> Vec<String> {
    let invoice = request.invoice.clone().expect("an invoice");
    let address = &request.address;
    vec![
        request.uri.clone(),
        qr_text(&request.uri),
        format!("bitcoin:{address}?lightning={invoice}"),
        format!("BITCOIN:?lightning={}&bcrt={}", invoice.to_uppercase(), address.to_uppercase()),
        format!("bitcoin:{address}?message=again&label=Shop&lightning={invoice}"),
        invoice,
    ]
}

/// Every form is refused with this code, whichever way is asked for.
async fn refused(wallet: &Wallet, request: &Request, wanted: Code) {
    let open = request.amount_msat.is_none();
    for text in forms(request) {
        assert_eq!(code(wallet.read(&text)), wanted, "{text}");
    }
    if open {
        let other = format!("{}&amount=0.0002", forms(request)[2]);
        assert_eq!(code(wallet.read(&other)), wanted, "another amount");
    }
}

async fn address_alone(wallet: &Wallet, request: &Request) -> Quote {
    let shown = onchain_quote(wallet, &request.address, Some(AMOUNT), FeeSpeed::Normal);
    shown.await.expect("people pay to an address again")
}

async fn confirm(world: &World, id: &str) -> MovementDetail {
    let row = world.wallet.pay(id).await.expect("goes");
    if row.txid.is_some() {
        world.mine(1).await;
    }
    let paid = world.decided(row.id).await;
    assert_eq!(paid.movement.status, Status::Paid, "{paid:?}");
    paid
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paid_on_chain_first() {
    let mut world = with_a_channel().await;
    for amount in [Some(AMOUNT), None] {
        let request = link(&world, amount).await;
        let chosen = amount.is_none().then_some(Msat::from_sat(AMOUNT).unwrap());
        let by_chain = || onchain_quote(&world.wallet, &request.uri, Some(AMOUNT), FeeSpeed::Slow);
        let (first, second) = (by_chain().await.unwrap(), by_chain().await.unwrap());
        let over_lightning = quote(&world.wallet, &request.uri, chosen).await.expect("a quote");
        let alone = address_alone(&world.wallet, &request).await;
        assert!(!first.lightning && over_lightning.lightning);
        assert_eq!(alone.paid_before, None);
        let row = world.wallet.pay(&first.id).await.expect("goes");

        // Shown before, confirmed after.
        for other in [&second.id, &over_lightning.id] {
            assert_eq!(code(world.wallet.pay(other).await), Code::WaitsForBlock);
        }
        assert_eq!(code(world.wallet.pay(&alone.id).await), Code::Stale, "nobody was told");
        refused(&world.wallet, &request, Code::WaitsForBlock).await;
        let told = address_alone(&world.wallet, &request).await.paid_before.expect("is told");
        assert_eq!((told.lightning, told.status), (false, Status::Pending));

        world.mine(1).await;
        assert_eq!(world.decided(row.id).await.movement.status, Status::Paid);
        refused(&world.wallet, &request, Code::AlreadyPaid).await;
        world.reopen().await;
        refused(&world.wallet, &request, Code::AlreadyPaid).await;
        let told = address_alone(&world.wallet, &request).await.paid_before.expect("is told");
        assert_eq!((told.status, told.movement_id), (Status::Paid, row.id.to_string()));
        world.until("the channel", |now| stories::ready_in(now) == 1).await;
    }
    ends(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paid_over_lightning_first() {
    let mut world = with_a_channel().await;
    let request = link(&world, Some(AMOUNT)).await;
    let by_chain =
        onchain_quote(&world.wallet, &request.uri, Some(AMOUNT), FeeSpeed::Normal).await.unwrap();
    let shown = quote(&world.wallet, &request.uri, None).await.expect("a quote");
    assert!(shown.lightning);
    let row = world.wallet.pay(&shown.id).await.expect("starts");
    assert_eq!(code(world.wallet.pay(&by_chain.id).await), Code::InFlight);
    assert_eq!(world.decided(row.id).await.movement.status, Status::Paid);
    refused(&world.wallet, &request, Code::AlreadyPaid).await;
    world.reopen().await;
    refused(&world.wallet, &request, Code::AlreadyPaid).await;

    // The address alone may be meant for something else: it is told, and then it goes.
    let shown = address_alone(&world.wallet, &request).await;
    let told = shown.paid_before.as_ref().expect("is told");
    assert_eq!((told.lightning, told.status), (true, Status::Paid));
    assert_eq!(told.amount_msat, Msat::from_sat(AMOUNT).unwrap());
    confirm(&world, &shown.id).await;
    world.until("the channel", |now| stories::ready_in(now) == 1).await;
    ends(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_with_another_invoice_is_another_request() {
    let world = with_a_channel().await;
    let (first, second) = (link(&world, Some(AMOUNT)).await, link(&world, Some(AMOUNT)).await);
    let invoice = |request: &Request| request.invoice.clone().expect("an invoice");
    let anew = format!("bitcoin:{}?lightning={}", first.address, invoice(&second));
    let shown = onchain_quote(&world.wallet, &first.uri, Some(AMOUNT), FeeSpeed::Normal);
    world.wallet.pay(&shown.await.expect("a quote").id).await.expect("goes");
    assert_eq!(code(world.wallet.read(&anew)), Code::WaitsForBlock, "made anew meanwhile?");
    world.mine(1).await;
    let shown = quote(&world.wallet, &anew, None).await.expect("asked for");
    assert!(shown.lightning && shown.paid_before.is_some(), "it is told: {shown:?}");
    confirm(&world, &shown.id).await;

    // An address that was paid alone: which invoice was meant was not said.
    let third = link(&world, Some(AMOUNT)).await;
    let shown = address_alone(&world.wallet, &third).await;
    confirm(&world, &shown.id).await;
    assert_eq!(code(world.wallet.read(&third.uri)), Code::AlreadyPaid);
    ends(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn catching_up_or_without_its_peer_it_says_so() {
    let mut world = with_a_channel().await;
    let request = link(&world, Some(AMOUNT)).await;
    let both = |text: String| [text, request.invoice.clone().expect("an invoice")];
    world.network.lies().tell(|told| told.offline = true);
    world.reopen_with(world.settings()).await;
    for text in both(request.uri.clone()) {
        assert_eq!(code(quote(&world.wallet, &text, None).await), Code::NotReady);
    }
    world.network.lies().truth();
    world.network.hub().stop().await;
    world.wallet.sync().await;
    for text in both(request.uri.clone()) {
        assert_eq!(code(quote(&world.wallet, &text, None).await), Code::PeersAway);
    }

    // On-chain is a choice, with what it costs.
    let shown = onchain_quote(&world.wallet, &request.uri, Some(AMOUNT), FeeSpeed::Normal);
    let shown = shown.await.expect("a quote");
    assert!(!shown.lightning && shown.fee_max_msat > Msat::ZERO);
    assert_eq!(shown.instruction.payee_node, None, "an address is paid: {shown:?}");
    confirm(&world, &shown.id).await;
    assert_eq!(code(world.wallet.read(&request.uri)), Code::AlreadyPaid);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_for_good_may_be_paid_the_other_way() {
    let hold = HoldInvoices::default();
    let world = hold.world().await;
    hold.set(HtlcPolicy::Never);
    let request = link(&world, None).await;
    let mut rows = Vec::new();
    for sat in [AMOUNT, Sat::new(7_000)] {
        let amount = Msat::from_sat(sat);
        let shown = quote(&world.wallet, &request.uri, amount).await.expect("a quote");
        let row = world.wallet.pay(&shown.id).await.expect("starts");
        let failed = world.decided(row.id).await.movement;
        assert_eq!((failed.status, Some(failed.amount_msat)), (Status::Failed, amount));
        rows.push(row.id);
    }
    assert_eq!(rows[0], rows[1], "one row, with what was tried last");

    let shown = onchain_quote(&world.wallet, &request.uri, Some(AMOUNT), FeeSpeed::Normal).await;
    let paid = confirm(&world, &shown.expect("nothing was paid").id).await;
    hold.set(HtlcPolicy::AtOnce);
    refused(&world.wallet, &request, Code::AlreadyPaid).await;
    let address = paid.movement.party.expect("who was paid");
    assert_eq!(address, request.address, "not what the invoice said");
    world.close_all().await;
    world.end().await;
}

async fn ends(world: World) {
    world.close_all().await;
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}

/// Somebody pays our address, and before a block holds that somebody pays the invoice of the same request: it goes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_paid_on_chain_is_not_paid_over_lightning_too() {
    let world = World::new().await;
    world.fund().await;
    world.wallet.connect(&world.network.hub_peer().uri).await.expect("connected");
    world.hub_opens().await;
    let request =
        world.wallet.receive(Msat::from_sat(AMOUNT), None, 3600).await.expect("a request");
    let address: bitcoin::Address<_> = request.address.parse().expect("an address");
    let script = address.assume_checked().script_pubkey();
    world.network.chain().faucet(script, AMOUNT).expect("paid");
    world.wallet.sync().await;
    let seen = || world.wallet.detail(&request.id).expect("rows").expect("a row");
    world.until("seen on the chain", |_| seen().txid.is_some()).await;

    let invoice = request.invoice.as_deref().expect("an invoice");
    assert_eq!(world.network.shop_pays(invoice).await.expect("decided"), Status::Failed);
    assert_eq!(seen().movement.status, Status::Pending);
    world.mine(1).await;
    let paid = world.until("paid", |_| seen().movement.status == Status::Paid).await;
    assert_eq!(paid.balance.lightning.total_msat, Msat::ZERO);
    assert_eq!(seen().movement.amount_msat, Msat::from_sat(AMOUNT).expect("small"));
    world.close_all().await;
    world.end().await;
}
