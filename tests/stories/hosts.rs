//! Hosts and resolvers that lie. Each lie has a refusal of its own, and no money moves.

use crate::code;
use bitcoin::hashes::{Hash as _, sha256};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::error::Code;
use fulmen_engine::view::InstructionKind;
use fulmen_engine::{Choice, LinkError, LnurlError, NameError, SendError};
use fulmen_practice::web::{Resolver, Told};
use lightning_invoice::{Currency, InvoiceBuilder, PaymentSecret};
use std::time::{Duration, Instant};
use stories::World;

async fn look_up(world: &World, text: &str) -> Result<fulmen_engine::view::Instruction, LinkError> {
    let read = world.wallet.read(text).expect("readable");
    world.wallet.look_up(&read.id).await
}

fn lie(name: &str) -> String {
    format!("lnurlp://hostile.practice/lie/{name}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_lies_is_refused_by_its_lie() {
    let world = World::new().await;
    for (name, wanted) in [
        ("to-loopback", Code::LinkPrivate),
        ("to-router", Code::LinkPrivate),
        ("to-metadata", Code::LinkPrivate),
        ("to-ipv6", Code::LinkPrivate),
        ("to-file", Code::LinkNotEncrypted),
        ("round", Code::LinkRedirects),
        ("endless", Code::LinkTooLarge),
        ("ten-megabytes", Code::LinkTooLarge),
        ("page", Code::LinkNonsense),
        ("deep", Code::LinkNonsense),
        ("status", Code::LinkUnreachable),
        ("negative", Code::LinkNonsense),
        ("huge", Code::LinkNonsense),
        ("crossed", Code::LinkNonsense),
    ] {
        assert_eq!(code(look_up(&world, &lie(name)).await), wanted, "{name}");
    }
    let begun = Instant::now();
    assert_eq!(code(look_up(&world, &lie("slow")).await), Code::LinkUnreachable);
    assert!(begun.elapsed() < Duration::from_secs(30), "a byte a second is not waited for");
    assert_eq!(world.snapshot().movements, []);
    world.end().await;
}

/// Described by the hash of something else.
fn of_something_else(msat: u64) -> String {
    let key = SecretKey::from_slice(&[41; 32]).expect("a key");
    let builder = InvoiceBuilder::new(Currency::Regtest)
        .description_hash(sha256::Hash::hash(b"something else"))
        .payment_hash(sha256::Hash::hash(b"tea"))
        .payment_secret(PaymentSecret([7; 32]))
        .duration_since_epoch(Duration::from_secs(1_800_000_000))
        .min_final_cltv_expiry_delta(18)
        .amount_milli_satoshis(msat);
    let sign = |hash: &_| Secp256k1::new().sign_ecdsa_recoverable(hash, &key);
    builder.build_signed(sign).expect("an invoice").to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_of_a_host_that_lies_is_never_paid() {
    let world = World::new().await;
    world.fund().await;
    world.open_to_hub(Sat::new(200_000)).await;
    world.knows_the_network().await;
    let before = world.snapshot();
    let amount = Some(Msat::new(7_000_000));
    let asked = async |name: &str| {
        let link = look_up(&world, &lie(name)).await.expect("its first answer is good");
        assert_eq!(link.kind, InstructionKind::LnurlPay);
        let choice = Choice { instruction: link.id, amount, ..Choice::default() };
        world.wallet.preview(choice).await
    };
    for (name, wanted) in [
        ("dearer", Code::LinkAmountDiffers),
        ("phish", Code::LinkSuccessElsewhere),
        ("oracle", Code::LinkSuccessUnknown),
        ("address", Code::LinkBadInvoice),
        ("told", Code::LinkNonsense),
        ("sold-out", Code::LinkRefused),
        ("written-page", Code::LinkNonsense),
        ("written-endless", Code::LinkTooLarge),
        ("elsewhere", Code::LinkPrivate),
        ("callback-loopback", Code::LinkPrivate),
        ("callback-clear", Code::LinkNotEncrypted),
    ] {
        assert_eq!(code(asked(name).await), wanted, "{name}");
    }
    let link = look_up(&world, &lie("over-64-bits")).await.expect("a number of 64 bits");
    let all = Some(Msat::new(u64::MAX));
    let choice = Choice { instruction: link.id, amount: all, ..Choice::default() };
    assert!(world.wallet.preview(choice).await.is_err(), "there is not so much");
    world
        .network
        .hosts_say(Told { invoice: Some(of_something_else(7_000_000)), ..Told::default() });
    let refused = asked("told").await;
    assert!(matches!(refused, Err(SendError::Link(LnurlError::HashDiffers))), "{refused:?}");
    let foreign =
        "lntb1p54twgqdq2gysxw6txwspp5yxxjqj4058fz5a6748p2lchg98kaufasgz43n40qsjq5zlwclvyqsp5q";
    world.network.hosts_say(Told { invoice: Some(foreign.into()), ..Told::default() });
    assert_eq!(code(asked("told").await), Code::LinkBadInvoice);

    // Another host may make the invoices; only what a person is sent to afterwards must be of the one that made it.
    assert!(asked("callback-elsewhere").await.is_ok());
    let pays = look_up(&world, "lnurlw://hostile.practice/lie/withdraw-loopback").await;
    let pays = pays.expect("its first answer is good");
    world.hub_opens().await;
    let asked = world.wallet.withdraw(&pays.id, None).await;
    assert_eq!(code(asked), Code::LinkPrivate, "our invoice goes nowhere");
    let after = world.snapshot();
    assert_eq!(after.balance.lightning.total_msat, before.balance.lightning.total_msat);
    assert_eq!(
        after.movements.iter().filter(|row| row.amount_msat == Msat::new(7_000_000)).count(),
        0
    );
    world.end().await;
}

/// `matt@mattcorallo.com` as it was signed in August 2026: see `bip353::tests`.
const PROOF: &[u8] = include_bytes!("../fixtures/bip353.bin");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resolver_that_lies_is_believed_nothing() {
    let world = World::new().await;
    let says = |resolver| world.network.hosts_say(Told { resolver, ..Told::default() });
    let asked = async || look_up(&world, "₿matt@mattcorallo.com").await;
    let named = |found: Result<_, LinkError>| match found {
        Err(LinkError::Name(error)) => error,
        other => panic!("{other:?}"),
    };

    // Nobody, no signature, rubbish, much of it, round and round: nothing is there.
    let head = [0, 0, 0x81, 0xa0, 0, 1, 0, 1, 0, 0, 0, 0];
    let huge = [&head[..], &[0xff; 60_000]].concat();
    for (resolver, what) in [
        (Resolver::Nobody, "nobody"),
        (Resolver::Bytes(Vec::new()), "nothing"),
        (Resolver::Bytes(vec![0xff; 40]), "rubbish"),
        (Resolver::Bytes(huge), "much"),
        (Resolver::Recorded(Vec::new()), "no record"),
    ] {
        says(resolver);
        let error = named(asked().await);
        assert!(
            matches!(error, NameError::NoProof(_) | NameError::Unreadable),
            "{what}: {error:?}"
        );
    }
    // Round and round, and nobody signed it.
    says(Resolver::Alias);
    assert!(matches!(named(asked().await), NameError::Forged(_)));
    says(Resolver::Bytes(vec![0; 70_000]));
    assert_eq!(code(asked().await), Code::ResolverAway, "more than a message can be");

    // What was signed once is out of date, whoever keeps it; changed, it is forged.
    says(Resolver::Recorded(PROOF.to_vec()));
    assert!(matches!(named(asked().await), NameError::OutOfDate));
    let at = PROOF.windows(8).position(|bytes| bytes == b"bitcoin:").expect("the record");
    let mut changed = PROOF.to_vec();
    changed[at + 30] ^= 1;
    says(Resolver::Recorded(changed));
    assert!(matches!(named(asked().await), NameError::Forged(_)));
    assert_eq!(code(asked().await), Code::NameForged);
    let unsigned = look_up(&world, "matt@mattcorallo.com").await;
    assert_eq!(code(unsigned), Code::NameForged, "nor is its host asked then");

    // A name without the sign may be of another kind, whose host is asked then: nobody here.
    says(Resolver::Nobody);
    assert_eq!(code(look_up(&world, "nobody@shop.practice").await), Code::NameUnknown);
    assert_eq!(world.snapshot().movements, []);
    world.end().await;
}
