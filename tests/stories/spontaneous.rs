//! Keysend: paying a node that did not ask.

use crate::hold::HoldInvoices;
use crate::{code, quote};
use bitcoin::hashes::{Hash as _, sha256};
use fulmen_engine::amount::Msat;
use fulmen_engine::error::Code;
use fulmen_engine::probe::HtlcPolicy;
use fulmen_engine::view::{AmountRule, InstructionKind, Status};
use stories::Audit;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_paid_that_did_not_ask_or_turns_it_back() {
    let shop = HoldInvoices::default();
    let world = shop.world().await;
    let (wallet, node) = (&world.wallet, world.network.shop().node_id());
    let read = wallet.read(&node).expect("readable");
    assert_eq!((read.kind, &read.amount), (InstructionKind::Node, &AmountRule::Open));
    assert_eq!(code(quote(wallet, &node, None).await), Code::AmountNeeded);
    assert_eq!(code(wallet.read(&wallet.node_id())), Code::OwnInvoice);
    let nobody =
        format!("02{}", "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    let amount = Some(Msat::new(3_141_593));
    assert_eq!(code(quote(wallet, &nobody, amount).await), Code::NoRoute);

    let mut spent = 0;
    let before = world.snapshot().balance.total_msat;
    let mut hashes = Vec::new();
    for (taking, status) in [
        (HtlcPolicy::Anything, Status::Paid),
        (HtlcPolicy::AtOnce, Status::Failed),
        (HtlcPolicy::Anything, Status::Paid),
    ] {
        shop.set(taking);
        let shown = quote(wallet, &node, amount).await.expect("a quote");
        assert!(shown.fee_about_msat.expect("an estimate") <= shown.fee_max_msat);
        let row = wallet.pay(&shown.id).await.expect("starts");
        assert_eq!(code(wallet.pay(&shown.id).await), Code::Stale, "a quote is paid once");
        let over = world.decided(row.id).await;
        assert_eq!(over.movement.status, status, "{over:?}");
        assert_eq!(over.node_id.as_deref(), Some(node.as_str()));
        assert_eq!(over.fee_limit_msat, Some(shown.fee_max_msat), "a limit is enforced");
        assert!(over.invoice.is_none());
        hashes.push(over.payment_hash.expect("its own hash"));
        if status == Status::Paid {
            let preimage: sha256::Hash = over.preimage.expect("ours").parse().expect("32 bytes");
            let hash = sha256::Hash::hash(preimage.as_byte_array()).to_string();
            assert_eq!(Some(&hash), hashes.last());
            spent += 3_141_593 + over.movement.fee_msat.expect("a fee").get();
        } else {
            assert_eq!(over.movement.failure, Some(Code::Rejected));
        }
    }
    hashes.dedup();
    assert_eq!(hashes.len(), 3, "no hash is used twice");
    let settled = |now: &fulmen_engine::view::Snapshot| {
        now.channels.list.iter().all(|channel| channel.in_flight_msat == Msat::ZERO)
    };
    let after = world.until("settled", settled).await;
    assert_eq!(before.get() - after.balance.total_msat.get(), spent);
    shop.set(HtlcPolicy::AtOnce);
    world.close_all().await;
    let books = Audit::of(&world);
    assert!((0..3_000).contains(&books.unexplained()), "{books}");
    world.end().await;
}
