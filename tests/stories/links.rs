//! Names and LNURLs over real HTTP: paying by name, having a shop pay, and signing in to it.

use crate::code;
use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::Code;
use fulmen_engine::view::{AmountRule, Instruction, InstructionKind, PayerField, Status, Success};
use fulmen_engine::{Choice, PayerData};
use fulmen_practice::network::COFFEE;
use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret};
use std::time::Duration;
use stories::World;

/// Reads a text, and asks its host what it is.
async fn looked_up(world: &World, text: &str) -> Instruction {
    let read = world.wallet.read(text).expect("readable");
    world.wallet.look_up(&read.id).await.expect("its host says what it is")
}

fn choice(instruction: &Instruction, sat: Option<u64>, comment: Option<&str>) -> Choice {
    Choice {
        instruction: instruction.id.clone(),
        amount: sat.map(|sat| Msat::new(sat * 1000)),
        speed: None,
        everything: false,
        comment: comment.map(str::to_owned),
        ..Choice::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_is_paid_by_its_name_and_says_thank_you() {
    let mut world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    world.knows_the_network().await;

    let read = world.wallet.read("₿Tips@Shop.Practice").expect("a name");
    let refused = world.wallet.look_up(&read.id).await;
    assert_eq!(code(refused), Code::NameUnknown, "the sign says that it is in the DNS");
    let read = world.wallet.read("Tips@Shop.Practice").expect("a name");
    assert_eq!(read.kind, InstructionKind::Name);
    assert_eq!(read.link.map(|link| link.host).as_deref(), Some("shop.practice"));
    let tips = looked_up(&world, "tips@shop.practice").await;
    assert_eq!(tips.kind, InstructionKind::LnurlPay);
    assert_eq!(tips.payee_name.as_deref(), Some("tips@shop.practice"));
    let (min_msat, max_msat) = (Msat::new(1_000), Msat::new(1_000_000_000));
    assert_eq!(tips.amount, AmountRule::Between { min_msat, max_msat });

    let preview = |choice| world.wallet.preview(choice);
    assert_eq!(code(preview(choice(&tips, None, None)).await), Code::AmountNeeded);
    assert_eq!(code(preview(choice(&tips, Some(2_000_000), None)).await), Code::AmountTooLarge);
    let long = "x".repeat(141);
    assert_eq!(code(preview(choice(&tips, Some(5), Some(&long))).await), Code::CommentTooLong);
    let quote = preview(choice(&tips, Some(1_234), Some("Best coffee"))).await.expect("a quote");
    assert_eq!(quote.amount_msat, Msat::new(1_234_000));
    assert_eq!(quote.instruction.payee_name.as_deref(), Some("tips@shop.practice"));
    let row = world.wallet.pay(&quote.id).await.expect("starts");
    let paid = world.decided(row.id).await;
    assert_eq!(paid.movement.status, Status::Paid);
    assert_eq!(paid.movement.party.as_deref(), Some("tips@shop.practice"));
    assert_eq!(paid.movement.note.as_deref(), Some("Tips for the practice shop"));
    let thanks = Success::Message { text: "Thank you. The barista rang the bell.".into() };
    assert_eq!(paid.success.as_ref(), Some(&thanks));
    assert_eq!(world.network.comments(), ["Best coffee"]);

    // Kept with the payment.
    world.reopen().await;
    let again = world.wallet.detail(&row.id.to_string()).expect("rows").expect("the row");
    assert_eq!(again.success, Some(thanks));
    assert_eq!(again.payer_note.as_deref(), Some("Best coffee"));
    let found = world.wallet.activity(Some("best coffee"), None).expect("rows");
    assert_eq!(found.len(), 1, "and it is found by it");
    world.end().await;
}

/// The DNS holds no `+`: such a name is a lightning address and nothing else (LUD-16).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_with_a_tag_is_paid_by_its_host() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    world.knows_the_network().await;
    let read = world.wallet.read("₿tips+tea@shop.practice").expect("a name");
    let refused = world.wallet.look_up(&read.id).await;
    assert_eq!(code(refused), Code::NameUnknown, "the sign says that it is in the DNS");

    let tips = looked_up(&world, "tips+tea@shop.practice").await;
    assert_eq!(tips.kind, InstructionKind::LnurlPay);
    assert_eq!(tips.payee_name.as_deref(), Some("tips+tea@shop.practice"));
    let quote = world.wallet.preview(choice(&tips, Some(321), None)).await.expect("a quote");
    let row = world.wallet.pay(&quote.id).await.expect("starts");
    let paid = world.decided(row.id).await;
    assert_eq!(paid.movement.status, Status::Paid);
    assert_eq!(paid.movement.amount_msat, Msat::new(321_000));
    assert_eq!(paid.movement.party.as_deref(), Some("tips+tea@shop.practice"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payee_learns_what_the_payer_typed_for_it() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    world.knows_the_network().await;
    let guests = looked_up(&world, "guests@shop.practice").await;
    let wants = guests.link.as_ref().map(|link| link.wants.clone()).unwrap_or_default();
    let wanted: Vec<_> = wants.iter().map(|want| (want.field, want.mandatory)).collect();
    assert_eq!(wanted, [(PayerField::Name, true), (PayerField::Email, false)]);
    let plain = choice(&guests, None, None);
    let refused = world.wallet.preview(plain.clone()).await;
    assert_eq!(code(refused), Code::PayerDataMissing);
    assert_eq!(world.network.payers().len(), 0, "nobody was asked for an invoice");
    let payer = PayerData { name: Some("Ada".into()), email: None };
    let quote = world.wallet.preview(Choice { payer: payer.clone(), ..plain }).await;
    let row = world.wallet.pay(&quote.expect("a quote").id).await.expect("starts");
    assert_eq!(world.decided(row.id).await.movement.status, Status::Paid);
    assert_eq!(world.network.payers(), [r#"{"name":"Ada"}"#]);

    // Who asks for nothing is told nothing.
    let coffee = looked_up(&world, "coffee@shop.practice").await;
    let quote = world.wallet.preview(Choice { payer, ..choice(&coffee, None, None) }).await;
    assert!(quote.is_ok(), "the shop refuses what it did not ask for");
    world.end().await;
}

/// Of anybody, for a coffee, long ago.
fn expired() -> String {
    let key = SecretKey::from_slice(&[41; 32]).expect("a key");
    let builder = InvoiceBuilder::new(Currency::Regtest)
        .description("One coffee".into())
        .payment_hash(sha256::Hash::hash(b"coffee"))
        .payment_secret(PaymentSecret([7; 32]))
        .duration_since_epoch(Duration::from_secs(1_700_000_000))
        .min_final_cltv_expiry_delta(18)
        .amount_milli_satoshis(COFFEE.get() * 1000);
    let sign = |hash: &_| Secp256k1::new().sign_ecdsa_recoverable(hash, &key);
    builder.build_signed(sign).expect("an invoice").to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_beside_an_expired_invoice_is_paid_and_is_the_same_debt() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    world.knows_the_network().await;
    let (dead, offer) = (expired(), world.network.coffee_offer().await.expect("an offer"));
    assert_eq!(code(world.wallet.read(&dead)), Code::Expired);

    // By a choice alone it goes on-chain.
    let address = world.wallet.address().await.expect("an address");
    let both = world.wallet.read(&format!("bitcoin:{address}?lightning={dead}"));
    assert_eq!(both.expect("readable").kind, InstructionKind::Unified);
    // Who can be asked is asked, if there is nothing else.
    let name = format!("bitcoin:?lightning={dead}&lightning=tips@shop.practice");
    let asked = looked_up(&world, &name).await;
    assert_eq!(asked.kind, InstructionKind::LnurlPay);

    let link = format!("bitcoin:?lightning={dead}&lno={offer}");
    let read = world.wallet.read(&link).expect("the offer is good");
    assert_eq!(read.kind, InstructionKind::Offer);
    let quote = world.wallet.preview(choice(&read, None, None)).await.expect("payable");
    let row = world.wallet.pay(&quote.id).await.expect("starts");
    assert_eq!(world.decided(row.id).await.movement.status, Status::Paid);
    assert_eq!(code(world.wallet.read(&link)), Code::AlreadyPaid, "it is one debt");
    assert!(world.wallet.read(&offer).is_ok(), "the offer alone is another coffee");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_of_no_use_is_refused_and_nothing_leaves() {
    let world = World::new().await;
    let look_up = async |text: &str| {
        let read = world.wallet.read(text).expect("readable");
        code(world.wallet.look_up(&read.id).await)
    };
    assert_eq!(look_up("nobody@shop.practice").await, Code::NameUnknown);
    assert_eq!(look_up("lnurlp://shop.practice/nothing").await, Code::LinkUnreachable);
    assert_eq!(look_up("lnurlw://shop.practice/withdraw/used").await, Code::LinkRefused);
    assert_eq!(look_up("lnurlp://127.0.0.1/pay").await, Code::LinkPrivate);
    assert_eq!(look_up("lnurlp://192.168.1.1/pay").await, Code::LinkPrivate);
    assert_eq!(look_up("lnurlp://[::1]/pay").await, Code::LinkPrivate);
    assert_eq!(look_up("lnurlp://printer.local/pay").await, Code::LinkPrivate);
    assert_eq!(look_up("lnurlp://abcdefghijklmnop.onion/pay").await, Code::LinkOnion);
    let coffee = looked_up(&world, "coffee@shop.practice").await;
    assert_eq!(coffee.amount, AmountRule::Fixed { msat: Msat::new(2_100_000) });
    // Without a channel the invoice comes and cannot be paid.
    let refused = world.wallet.preview(choice(&coffee, None, None)).await;
    assert_eq!(code(refused), Code::InsufficientBalance);
    assert_eq!(world.snapshot().movements, []);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_pays_what_it_owes_and_knows_who_signs_in() {
    let world = World::new().await;
    world.fund().await;
    let link = world.network.withdrawal(Sat::new(7_000));
    let change = looked_up(&world, &link).await;
    assert_eq!(change.kind, InstructionKind::LnurlWithdraw);
    assert_eq!(change.payee_name.as_deref(), Some("shop.practice"));
    let refused = world.wallet.withdraw(&change.id, None).await;
    assert_eq!(code(refused), Code::CannotReceive, "there is no channel");

    world.open_to_hub(Sat::new(200_000)).await;
    world.hub_opens().await;
    world.knows_the_network().await;
    let more = world.wallet.withdraw(&change.id, Some(Msat::new(7_000_001))).await;
    assert_eq!(code(more), Code::AmountTooLarge);
    let request = world.wallet.withdraw(&change.id, Some(Msat::new(5_000_000))).await;
    let request = request.expect("asked for");
    let is_paid = |now: &fulmen_engine::view::Snapshot| {
        now.movements.iter().any(|row| row.id == request.id && row.status == Status::Paid)
    };
    let now = world.until("the shop's payment", is_paid).await;
    let row = now.movements.iter().find(|row| row.id == request.id).expect("the row");
    assert_eq!(row.amount_msat, Msat::new(5_000_000));
    assert_eq!(row.note.as_deref(), Some("Change from the practice shop"));
    let again = world.wallet.withdraw(&change.id, Some(Msat::new(1_000))).await;
    assert_eq!(code(again), Code::LinkRefused, "once");

    let link = world.network.sign_in_link();
    let read = world.wallet.read(&link).expect("a sign-in");
    assert_eq!(read.kind, InstructionKind::LnurlAuth);
    assert_eq!(world.network.visitors().len(), 0, "reading signs nothing");
    world.wallet.sign_in(&read.id).await.expect("signed in");
    world.wallet.sign_in(&read.id).await.expect("the same person");
    let visitors = world.network.visitors();
    assert_eq!(visitors.len(), 2);
    assert_eq!(visitors[0], visitors[1]);
    assert_ne!(visitors[0], world.wallet.node_id());
    world.end().await;
}
