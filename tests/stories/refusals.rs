//! Everything that is refused, each with its own code, and nothing moves.

use crate::{code, quote};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use fulmen_engine::Wallet;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::config::Settings;
use fulmen_engine::error::Code;
use fulmen_engine::keys::Password;
use fulmen_engine::view::{NetworkId, Status};
use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use stories::{Audit, World};

/// An invoice of a node that nobody knows.
pub(crate) fn stranger(currency: Currency, amount: Option<u64>, age: Duration) -> String {
    let key = SecretKey::from_slice(&[42; 32]).expect("a key");
    let made = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970") - age;
    let builder = InvoiceBuilder::new(currency)
        .description("from a stranger".into())
        .payment_hash(sha256::Hash::hash(&made.as_nanos().to_be_bytes()))
        .payment_secret(PaymentSecret([7; 32]))
        .duration_since_epoch(made)
        .min_final_cltv_expiry_delta(24)
        .expiry_time(Duration::from_secs(3600))
        .basic_mpp();
    let builder = match amount {
        Some(msat) => builder.amount_milli_satoshis(msat),
        None => builder,
    };
    let sign = |hash: &_| Secp256k1::new().sign_ecdsa_recoverable(hash, &key);
    builder.build_signed(sign).expect("an invoice").to_string()
}

/// An invoice that says a hash of what it is for, and is good until after the sun.
fn odd() -> String {
    let key = SecretKey::from_slice(&[42; 32]).expect("a key");
    let made = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    let sign = |hash: &_| Secp256k1::new().sign_ecdsa_recoverable(hash, &key);
    InvoiceBuilder::new(Currency::Regtest)
        .description_hash(sha256::Hash::hash(b"the terms"))
        .payment_hash(sha256::Hash::hash(&[3]))
        .payment_secret(PaymentSecret([7; 32]))
        .duration_since_epoch(made)
        .min_final_cltv_expiry_delta(24)
        .expiry_time(Duration::from_secs(8_640_000_000_001))
        .build_signed(sign)
        .expect("an invoice")
        .to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odd_invoice_reads_well() {
    let world = World::new().await;
    let shown = world.wallet.read(&odd()).expect("readable");
    assert_eq!(shown.note, None, "a hash says nothing to a person");
    assert_eq!(shown.expires_at_secs, Some(253_402_300_799), "as far as a calendar goes");
    let address = world.network.shop().address().await.expect("an address");
    let link = format!("bitcoin:{address}?message=the%20terms&label=Shop&lightning={}", odd());
    let shown = world.wallet.read(&link).expect("readable");
    assert_eq!((shown.note.as_deref(), shown.label.as_deref()), (Some("the terms"), Some("Shop")));
    assert_eq!(shown.payee_name, None, "the link's word for it is no name");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_payments() {
    let world = World::with_channels().await;
    let wallet = &world.wallet;
    let before = world.snapshot().balance;
    let fresh = Duration::ZERO;

    let own = wallet.receive(Some(Msat::new(1_000_000)), None, 3600).await.expect("a request");
    assert_eq!(code(wallet.read(&own.invoice.expect("channels"))), Code::OwnInvoice);
    let old = stranger(Currency::Regtest, Some(1_000_000), Duration::from_secs(7200));
    assert_eq!(code(wallet.read(&old)), Code::Expired);
    let mainnet = stranger(Currency::Bitcoin, Some(1_000_000), fresh);
    assert_eq!(code(wallet.read(&mainnet)), Code::WrongNetwork);
    let nowhere = stranger(Currency::Regtest, Some(1_000_000), fresh);
    assert_eq!(code(quote(wallet, &nowhere, None).await), Code::NoRoute);
    let dear = stranger(Currency::Regtest, Some(600_000_000), fresh);
    assert_eq!(code(quote(wallet, &dear, None).await), Code::InsufficientBalance);

    let open = world
        .network
        .shop()
        .receive(None, None, 3600)
        .await
        .expect("a request")
        .invoice
        .expect("channels");
    assert_eq!(code(quote(wallet, &open, None).await), Code::AmountNeeded);
    assert_eq!(code(quote(wallet, &open, Some(Msat::ZERO)).await), Code::AmountTooSmall);
    let too_much = Msat::new(2_100_000_000_000_000_001);
    assert_eq!(code(quote(wallet, &open, Some(too_much)).await), Code::AmountTooLarge);

    let address = world.network.shop().address().await.expect("an address").to_string();
    assert_eq!(code(quote(wallet, &address, Some(Msat::new(100_000))).await), Code::AmountTooSmall);
    assert_eq!(
        code(quote(wallet, &address, Some(Msat::new(900_000_000))).await),
        Code::InsufficientBalance
    );
    assert_eq!(code(quote(wallet, "lnbcrt1rubbish", None).await), Code::Damaged);
    assert_eq!(code(wallet.pay("no such quote").await), Code::Stale);
    assert_eq!(world.snapshot().balance, before, "nothing moved");
    ends(world, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_pay_twice() {
    let world = World::with_channels().await;
    let wallet = &world.wallet;

    // Two quotes for one invoice, confirmed at once: one goes.
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let first = quote(wallet, &coffee, None).await.expect("a quote");
    let second = quote(wallet, &coffee, None).await.expect("a quote");
    let third = quote(wallet, &coffee, None).await.expect("a quote");
    let (one, two) = tokio::join!(wallet.pay(&first.id), wallet.pay(&second.id));
    let (gone, refused) = match (one, two) {
        (Ok(gone), Err(refused)) | (Err(refused), Ok(gone)) => (gone, refused),
        both => panic!("exactly one goes: {both:?}"),
    };
    assert!(matches!(code(Err::<(), _>(refused)), Code::InFlight | Code::AlreadyPaid));
    assert_eq!(world.decided(gone.id).await.movement.status, Status::Paid);

    // The same quote again, another one for the same invoice, and the invoice again.
    assert_eq!(code(wallet.pay(&first.id).await), Code::Stale);
    assert_eq!(code(wallet.pay(&third.id).await), Code::AlreadyPaid);
    assert_eq!(code(wallet.read(&coffee)), Code::AlreadyPaid);
    ends(world, 2_100_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_it_is_in_flight() {
    let world = World::with_channels().await;
    let wallet = &world.wallet;
    let coffee = world.network.order_coffee().await.expect("an invoice");
    let first = quote(wallet, &coffee, None).await.expect("a quote");
    let second = quote(wallet, &coffee, None).await.expect("a quote");
    let row = wallet.pay(&first.id).await.expect("starts");
    // Hub waits before it forwards, so this comes while the money is on its way.
    assert_eq!(code(wallet.read(&coffee)), Code::InFlight);
    assert_eq!(code(wallet.pay(&second.id).await), Code::InFlight);
    let now = world.snapshot().balance;
    assert_eq!(now.in_transit_msat, Msat::new(2_100_000));
    assert_eq!(world.decided(row.id).await.movement.status, Status::Paid);
    assert_eq!(world.snapshot().balance.in_transit_msat, Msat::ZERO);
    ends(world, 2_100_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_channels() {
    let world = World::new().await;
    world.fund().await;
    let (wallet, hub) = (&world.wallet, world.network.hub_peer().uri);
    for size in [0, 19_999, 2_000_000] {
        assert_eq!(code(wallet.preview_open(&hub, Sat::new(size))), Code::ChannelSize, "{size}");
    }
    assert_eq!(code(wallet.preview_open("Hub", Sat::new(100_000))), Code::NotUnderstood);
    let away = format!("{}@127.0.0.1:1", world.network.shop().node_id());
    let preview = wallet.preview_open(&away, Sat::new(100_000)).expect("preview");
    assert_eq!(code(wallet.open_channel(&preview.id).await), Code::PeerUnreachable);
    assert_eq!(
        code(wallet.open_channel(&preview.id).await),
        Code::Stale,
        "each preview counts once"
    );
    let gone = wallet.preview_close(&"00".repeat(32), fulmen_engine::view::CloseWay::Cooperative);
    assert_eq!(code(gone), Code::ChannelGone);

    // Real bitcoin: no channel before the words are proven. The practice server is of another network, so it is offline.
    let settings = Settings { network: NetworkId::Mainnet, ..world.settings_of("mainnet") };
    let mainnet = Wallet::create(settings, Password::StoredBeside).await.expect("opens offline");
    assert_eq!(mainnet.snapshot().channels.obstacle, Some(Code::WordsNotProven));
    assert_eq!(code(mainnet.preview_open(&hub, Sat::new(100_000))), Code::WordsNotProven);
    assert!(mainnet.address().await.expect("an address").to_string().starts_with("bc1q"));
    mainnet.stop().await;
    assert_eq!(Audit::of(&world).unexplained(), 0);
    world.end().await;
}

/// Nothing but this was paid to the shop.
async fn ends(world: World, paid: u64) {
    let rows = world.network.shop().activity(None, None).expect("rows");
    let received: u64 = rows
        .iter()
        .filter(|row| {
            row.direction == fulmen_engine::view::Direction::In
                && row.kind == fulmen_engine::view::MovementKind::Lightning
        })
        .map(|row| row.amount_msat.get())
        .sum();
    assert_eq!(received, paid);
    world.close_all().await;
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}
