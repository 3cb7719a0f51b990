//! Names for payees: from a payment that was made, paid again, and still there after a restart and a restore.

use crate::copy::{Stick, is};
use crate::from_copy::{ready, restore, words_of};
use crate::hold::HoldInvoices;
use crate::stale::settled;
use crate::{code, onchain_quote, quote};
use fulmen_engine::Choice;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::Code;
use fulmen_engine::probe::HtlcPolicy;
use fulmen_engine::view::{
    ActivityFilter, ContactTotals, CopyState, FeeSpeed, MovementDetail, PayeeKind, Status,
};
use stories::World;

/// Pays a name or a link this much, as the page does: read, look up, quote, pay.
async fn pay(world: &World, text: &str, sat: u64) -> MovementDetail {
    let read = world.wallet.read(text).expect("readable");
    let asked = world.wallet.look_up(&read.id).await.expect("its host says what it is");
    assert_eq!(asked.payee_id, read.payee_id, "it is the same payee before and after it is asked");
    let amount = Some(Msat::new(sat * 1000));
    let choice = Choice { instruction: asked.id, amount, ..Choice::default() };
    let quote = world.wallet.preview(choice).await.expect("a quote");
    assert_eq!(quote.instruction.payee_id, read.payee_id, "and in the quote");
    let row = world.wallet.pay(&quote.id).await.expect("starts");
    let paid = world.decided(row.id).await;
    assert_eq!(paid.movement.status, Status::Paid);
    assert_eq!(paid.movement.payee_id, read.payee_id, "and in Activity");
    paid
}

fn totals(world: &World, name: &str) -> ContactTotals {
    let all = world.wallet.contact_totals().expect("totals");
    all.into_iter().find(|one| one.contact.name == name).expect("the contact")
}

fn found(world: &World, text: &str) -> usize {
    let filter = ActivityFilter { text: text.into(), ..<_>::default() };
    world.wallet.find(&filter, None).expect("rows").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_given_paid_again_and_stays_with_its_sums() {
    let mut world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    world.knows_the_network().await;

    let first = pay(&world, "Tips@Shop.Practice", 1_234).await;
    let payee = first.payee.expect("can be paid again");
    assert_eq!((payee.kind, payee.text.as_str()), (PayeeKind::Name, "tips@shop.practice"));
    assert_eq!(found(&world, "barista"), 0);
    world.wallet.save_contact(&payee.text, " The\u{202e} Barista\n").await.expect("saved");
    let again = pay(&world, &totals(&world, "The Barista").contact.payee.text, 766).await;

    let sums = totals(&world, "The Barista");
    assert_eq!((sums.payments, sums.paid_msat), (2, Msat::new(2_000_000)));
    let fees = [&first.movement, &again.movement].map(|row| row.fee_msat.expect("a fee"));
    assert_eq!(sums.fees_msat, Msat::sum(fees).expect("little"));
    assert_eq!(sums.last_secs, Some(again.movement.created_at_secs));
    assert_eq!(found(&world, "BARISTA"), 2, "found by the name");
    assert_eq!(found(&world, "barista tips 766"), 1, "and by that with other words");
    assert_eq!(found(&world, "barista nothing"), 0);
    assert!(world.wallet.csv().expect("a table").contains("The Barista"));

    // A second payee with the same name is pointed out; the first keeps its own.
    world.wallet.save_contact("coffee@shop.practice", "the barista").await.expect("saved");
    assert!(world.snapshot().contacts.iter().all(|contact| contact.same_name));
    assert_eq!(totals(&world, "the barista").payments, 0);
    world.wallet.save_contact("coffee@shop.practice", "Coffee").await.expect("renamed");
    assert!(world.snapshot().contacts.iter().all(|contact| !contact.same_name));

    world.reopen().await;
    world.knows_the_network().await;
    assert_eq!(totals(&world, "The Barista"), sums, "as it was, by the vault alone");
    assert_eq!(found(&world, "barista"), 2);
    let names: Vec<String> = world.wallet.contacts().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["Coffee", "The Barista"]);

    let coffee = totals(&world, "Coffee").contact.payee.id;
    world.wallet.forget_contact(&coffee).await.expect("forgotten");
    assert_eq!(code(world.wallet.forget_contact(&coffee).await), Code::Stale);
    world.reopen().await;
    assert_eq!(world.wallet.contacts().len(), 1, "gone for good");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_can_be_paid_once_is_no_contact() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    world.knows_the_network().await;
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let id = world.start_paying(&coffee).await;
    let paid = world.decided(id).await;
    assert_eq!((paid.movement.payee_id, paid.payee), (None, None));
    let save = |text: &str, name: &str| {
        let (wallet, text, name) = (world.wallet.clone(), text.to_owned(), name.to_owned());
        async move { code(wallet.save_contact(&text, &name).await) }
    };
    assert_eq!(save(&coffee, "Coffee").await, Code::PaidOnce);
    assert_eq!(save("nothing at all", "Nobody").await, Code::NotUnderstood);
    assert_eq!(save("tips@shop.practice", " \u{202e}\n").await, Code::NothingToRead);
    assert_eq!(world.wallet.contacts(), []);

    // A name that leads nowhere any more is refused, plainly, when it is paid.
    world.wallet.save_contact("nobody@shop.practice", "Nobody").await.expect("saved");
    let read = world.wallet.read(&totals(&world, "Nobody").contact.payee.text).expect("a name");
    assert_eq!(code(world.wallet.look_up(&read.id).await), Code::NameUnknown);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_can_be_a_contact() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    world.knows_the_network().await;
    let shop = world.network.shop().address().await.expect("an address").to_string();
    let link = format!("bitcoin:{}?amount=0.0005&label=Shop", shop.to_uppercase());
    world.wallet.save_contact(&link, "Landlord").await.expect("saved");
    let quote = onchain_quote(&world.wallet, &shop, Some(Sat::new(70_000)), FeeSpeed::Fast).await;
    let quote = quote.expect("a quote");
    let sent = world.wallet.pay(&quote.id).await.expect("sent");
    assert_eq!(totals(&world, "Landlord").payments, 0, "not before it is in a block");
    world.mine(1).await;
    assert_eq!(world.decided(sent.id).await.movement.status, Status::Paid);
    let landlord = totals(&world, "Landlord");
    assert_eq!(landlord.contact.payee.kind, PayeeKind::Address);
    assert_eq!((landlord.payments, landlord.paid_msat), (1, Msat::new(70_000_000)));
    assert_eq!(landlord.fees_msat, quote.fee_max_msat);
    assert_eq!(quote.instruction.payee_id, Some(landlord.contact.payee.id));

    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_a_contact_and_its_sum_is_right_to_the_msat() {
    let shop = HoldInvoices::default();
    let world = shop.world().await;
    shop.set(HtlcPolicy::Anything);
    let node = world.network.shop().node_id();
    world.wallet.save_contact(&node, "Night radio").await.expect("saved");
    for msat in [5_001, 7_002] {
        let text = totals(&world, "Night radio").contact.payee.text;
        let quote = quote(&world.wallet, &text, Some(Msat::new(msat))).await.expect("a quote");
        let row = world.wallet.pay(&quote.id).await.expect("starts");
        assert_eq!(world.decided(row.id).await.movement.status, Status::Paid);
    }
    let radio = totals(&world, "Night radio");
    assert_eq!((radio.payments, radio.paid_msat), (2, Msat::new(12_003)));
    shop.set(HtlcPolicy::AtOnce);
    settled(&world).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_from_the_copy_knows_them_and_what_they_were_paid() {
    let (mut world, stick) = (World::new().await, Stick::new());
    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    world.wallet.choose_copy_place(stick.path()).await.expect("chosen");
    world.knows_the_network().await;
    let paid = pay(&world, "tips@shop.practice", 2_021).await;
    let text = paid.payee.expect("can be paid again").text;
    world.wallet.save_contact(&text, "נועה").await.expect("saved");
    settled(&world).await;
    world.until("copied", is(CopyState::UpToDate)).await;
    let (before, words) = (totals(&world, "נועה"), words_of(&world).await);
    assert_eq!((before.payments, before.paid_msat), (1, Msat::new(2_021_000)));
    world.lose().await;
    world.wallet = restore(&world, &words, &stick.path()).await.expect("restored");
    assert_eq!(totals(&world, "נועה"), before);
    assert_eq!(found(&world, "נועה"), 1);
    world.until("both channels", ready).await;
    world.knows_the_network().await;
    pay(&world, &text, 9).await;
    assert_eq!(totals(&world, "נועה").paid_msat, Msat::new(2_030_000));
    settled(&world).await;
    world.end().await;
}
