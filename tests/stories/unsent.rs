//! An on-chain payment that nobody has taken says so, and why; it is offered again with every look, and once a server shows
//! it, it is sent.

use crate::{code, onchain_quote};
use fulmen_engine::amount::Sat;
use fulmen_engine::error::Code;
use fulmen_engine::view::{CloseWay, FeeSpeed, MovementKind, Snapshot, Status, SyncStatus, Unsent};
use fulmen_practice::esplora::{Frozen, Instead};
use std::sync::Mutex;
use stories::{Audit, Offers, World, funding};

/// What a server says to the transaction itself; everything else it answers truly.
fn refusal(status: u16, body: &str) -> Vec<Instead> {
    let body = body.to_owned();
    vec![Instead { path: "/tx".into(), posted: true, status, body, ..Instead::default() }]
}

/// Bitcoin Core's words as electrs passes them on.
fn core(code: i32, words: &str) -> String {
    format!("sendrawtransaction RPC error: {{\"code\":{code},\"message\":\"{words}\"}}")
}

async fn pays(world: &World) -> String {
    let address = world.network.shop().address().await.expect("an address").to_string();
    let quote = onchain_quote(&world.wallet, &address, Some(Sat::new(50_000)), FeeSpeed::Normal);
    world.wallet.pay(&quote.await.expect("a quote").id).await.expect("staged").id.to_string()
}

async fn becomes(world: &World, id: &str, status: Status, unsent: Option<Unsent>) {
    let now = || world.wallet.detail(id).expect("rows").expect("the row").movement;
    let what = format!("{status:?}, {unsent:?}");
    world.until(&what, |_| (now().status, now().unsent) == (status, unsent)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_refusal_has_its_name_and_ends_with_the_next_look() {
    let world = World::new().await;
    world.fund().await;
    let lies = world.network.lies();
    let login = "<html><body>Please log in to this network</body></html>";
    let id = "11".repeat(32);
    for (status, said, unsent) in [
        (400, core(-26, "min relay fee not met, 141 < 1410"), Unsent::FeeTooLow),
        (400, core(-26, "mempool min fee not met, 141 < 705"), Unsent::FeeTooLow),
        (400, core(-26, "mempool full"), Unsent::FeeTooLow),
        (400, core(-26, "too-long-mempool-chain, too many descendants"), Unsent::ChainTooLong),
        (400, core(-26, "non-final"), Unsent::Early),
        (400, core(-25, "bad-txns-inputs-missingorspent"), Unsent::Conflict),
        (400, core(-26, "scriptpubkey"), Unsent::Refused),
        (200, login.to_owned(), Unsent::Unreachable),
        (200, id, Unsent::Unreachable),
        (302, String::new(), Unsent::Unreachable),
        (502, "Bad Gateway".to_owned(), Unsent::Unreachable),
        (429, "slow down".to_owned(), Unsent::Unreachable),
    ] {
        lies.tell(|told| told.instead = refusal(status, &said));
        let id = pays(&world).await;
        becomes(&world, &id, Status::Pending, Some(unsent)).await;
        assert!(world.network.chain().mempool().is_empty());
        world.wallet.sync().await;
        becomes(&world, &id, Status::Pending, Some(unsent)).await;
        // With a look, not with a block.
        lies.truth();
        world.wallet.sync().await;
        becomes(&world, &id, Status::Pending, None).await;
        assert_eq!(world.network.chain().mempool().len(), 1, "once");
        world.mine(1).await;
        becomes(&world, &id, Status::Paid, None).await;
    }
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_takes_and_does_not_show_is_not_sent() {
    let world = World::new().await;
    world.fund().await;
    let frozen = Frozen::now(world.network.chain());
    world.network.lies().tell(|told| told.frozen = Some(frozen));
    let id = pays(&world).await;
    becomes(&world, &id, Status::Pending, Some(Unsent::NotShown)).await;
    world.network.lies().truth();
    world.wallet.sync().await;
    becomes(&world, &id, Status::Pending, None).await;
    world.mine(1).await;
    becomes(&world, &id, Status::Paid, None).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_network_it_leaves_when_the_network_is_back_and_after_a_restart() {
    let mut world = World::new().await;
    world.fund().await;
    world.network.lies().tell(|told| told.offline = true);
    let id = pays(&world).await;
    becomes(&world, &id, Status::Pending, Some(Unsent::Unreachable)).await;
    world.reopen_with(world.settings()).await;
    world.wallet.sync().await;
    becomes(&world, &id, Status::Pending, Some(Unsent::Unreachable)).await;
    assert_eq!(world.newest(MovementKind::Onchain).movement.unsent, Some(Unsent::Unreachable));
    world.network.lies().truth();
    world.wallet.sync().await;
    becomes(&world, &id, Status::Pending, None).await;
    world.until("ready", |now| now.sync == SyncStatus::Ready).await;
    assert_eq!(world.network.chain().mempool().len(), 1);
    world.mine(1).await;
    becomes(&world, &id, Status::Paid, None).await;
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_server_was_handed_can_be_taken_back_and_nothing_else() {
    let mut world = World::new().await;
    world.fund().await;
    let before = world.snapshot().balance.onchain.total_sat;
    let lies = world.network.lies();
    lies.tell(|told| told.instead = refusal(400, &core(-26, "min relay fee not met, 1 < 2")));
    let handed = pays(&world).await;
    becomes(&world, &handed, Status::Pending, Some(Unsent::FeeTooLow)).await;
    assert!(!world.wallet.detail(&handed).expect("rows").expect("the row").movement.can_take_back);
    assert_eq!(code(world.wallet.take_back(&handed).await), Code::Stale);
    lies.truth();
    world.mine(1).await;
    becomes(&world, &handed, Status::Pending, None).await;
    world.mine(1).await;
    becomes(&world, &handed, Status::Paid, None).await;

    let mut offers = Offers::to(&world.network);
    world.network.lies().tell(|told| told.offline = true);
    let kept = pays(&world).await;
    becomes(&world, &kept, Status::Pending, Some(Unsent::Unreachable)).await;
    world.reopen_with(world.settings()).await;
    assert!(world.wallet.detail(&kept).expect("rows").expect("the row").movement.can_take_back);
    world.wallet.take_back(&kept).await.expect("taken back");
    assert_eq!(code(world.wallet.take_back(&kept).await), Code::Stale);
    let row = world.wallet.detail(&kept).expect("rows").expect("the row").movement;
    assert_eq!((row.status, row.failure), (Status::Failed, Some(Code::TakenBack)));
    world.network.lies().truth();
    world.mine(2).await;
    let txid =
        world.wallet.detail(&kept).expect("rows").expect("the row").txid.expect("it had one");
    assert!(!offers.all().iter().any(|tx| tx.compute_txid().to_string() == txid), "it never left");
    let paid = world.wallet.detail(&handed).expect("rows").expect("the row").movement.total_msat;
    let left = before.checked_sub(paid.expect("outgoing").to_sat_ceil()).expect("there is more");
    assert_eq!(world.snapshot().balance.onchain.can_spend_sat, left, "its coins are free again");
    assert_eq!(Audit::of(&world).unexplained(), 0, "{}", Audit::of(&world));
    world.end().await;
}

/// A commitment pays less than a busy mempool asks for; its child pays for both. A server that relays packages takes them
/// together. One that does not takes neither, and the wallet says why it may last; an ordinary day ends it.
async fn a_commitment_that_pays_too_little_alone(packages: bool) {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(500_000)).await;
    let (lies, chain) = (world.network.lies(), world.network.chain());
    if !packages {
        let path = "/txs/package".to_owned();
        let instead = Instead { path, status: 404, posted: true, ..Instead::default() };
        lies.tell(|told| told.instead = vec![instead]);
    }
    world.wallet.use_sources(&[world.network.url()]).await.expect("used");
    world.wallet.sync().await;
    assert_eq!(world.wallet.health().relays_packages, Some(packages));
    let channel = world.snapshot().channels.list[0].clone();
    let at = funding(&world.network, &channel);
    let offers = Offers::to(&world.network);
    // Hub's own close would help, and so would a commitment agreed upon at the rate of now.
    world.network.hub().stop().await;
    lies.tell(|told| told.fee_rate = Some(20));
    world.wallet.sync().await;
    chain.ask_for(8);
    let preview = world.wallet.preview_close(&channel.id, CloseWay::Force).expect("a preview");
    world.wallet.close_channel(&preview.id).await.expect("closed");
    let offers = Mutex::new(offers);
    let offered = || !offers.lock().expect("not poisoned").commitments(at).is_empty();
    world.until("offered", |_| offered()).await;
    world.wallet.sync().await;
    if packages {
        world.until("both", |_| chain.mempool().len() == 2).await;
    } else {
        assert!(chain.mempool().is_empty(), "neither: {:?}", chain.mempool());
        let now = world.snapshot();
        assert!(now.balance.closing.iter().all(|closing| !closing.confirmed), "{now:#?}");
        chain.ask_for(0);
        world.wallet.sync().await;
        world.until("the commitment at least", |_| !chain.mempool().is_empty()).await;
    }
    chain.mine(1).expect("mined");
    world.wallet.sync().await;
    let confirmed = |now: &Snapshot| now.balance.closing.iter().any(|closing| closing.confirmed);
    world.until("confirmed", confirmed).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commitment_goes_as_a_package() {
    a_commitment_that_pays_too_little_alone(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commitment_waits_where_no_package_is_relayed() {
    a_commitment_that_pays_too_little_alone(false).await;
}
