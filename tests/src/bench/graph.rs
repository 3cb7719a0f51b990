//! `npm run bench -- graph`: what a network as large as today's costs the wallet, beside what it costs LDK alone.

use super::figures::{percentile, rounded};
use super::network::Network;
use crate::World;
use bitcoin::constants::ChainHash;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey};
use fulmen_engine::amount::Sat;
use fulmen_engine::keys::Password;
use fulmen_engine::time::Timestamp;
use fulmen_engine::view::{NetworkId, Status};
use fulmen_engine::{Choice, Wallet, channels_of_the_stored_graph};
use lightning::routing::gossip::NetworkGraph;
use lightning::routing::router::{
    DefaultRouter, InFlightHtlcs, PaymentParameters, RouteParameters, Router,
};
use lightning::routing::scoring::{
    ProbabilisticScorer, ProbabilisticScoringDecayParameters, ProbabilisticScoringFeeParameters,
};
use lightning::sign::KeysManager;
use lightning::types::payment::PaymentSecret;
use lightning::util::logger::{Logger, Record};
use lightning::util::ser::ReadableArgs;
use lightning_invoice::{Bolt11Invoice, Currency, InvoiceBuilder};
use serde::Serialize;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

/// Each a whole graph read.
const LOADS: usize = 9;
const ROUTES: usize = 100;
const STARTS: usize = 5;
/// Payments while the graph is saved, pruned and told anew.
const COFFEES: usize = 60;
const AMOUNT_MSAT: u64 = 10_000_000;
const CHANNEL: Sat = Sat::new(500_000);

/// The answer, in milliseconds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct GraphReport {
    pub load_ms: f64,
    pub raw_load_ms: f64,
    pub route_p50_ms: f64,
    pub raw_route_p50_ms: f64,
    pub preview_p50_ms: f64,
    pub start_ms: f64,
    pub start_empty_ms: f64,
    pub pay_p50_ms: f64,
    pub pay_stall_max_ms: f64,
}

struct Quiet;

impl Logger for Quiet {
    fn log(&self, _record: Record<'_>) {}
}

/// Measures everything. `tell` hears what is going on.
pub async fn graph(tell: impl Fn(&str)) -> GraphReport {
    let mut report = GraphReport::default();
    let mut world = World::new().await;
    world.fund().await;
    world.open_to_hub(CHANNEL).await;
    world.knows_the_network().await;
    report.start_empty_ms = starts(&mut world).await;
    world.knows_the_network().await;

    tell("a network of 16000 nodes and 50000 channels");
    let hub = world.network.hub_peer().uri;
    let hub: PublicKey = hub.split('@').next().and_then(|id| id.parse().ok()).expect("an id");
    let network = Network::around(hub);
    let yesterday = Timestamp::now().secs() - 86_400;
    let time = u32::try_from(yesterday).expect("before 2106");
    let snapshot = network.snapshot(ChainHash::REGTEST, time);
    world.wallet.apply_gossip_snapshot(&snapshot).expect("a sound snapshot");

    tell("starts");
    report.start_ms = starts(&mut world).await;
    tell("reading the graph");
    loads(&mut report, &world.wallet_dir());
    tell("routes");
    let invoices: Vec<_> = network.some(ROUTES).map(invoice).collect();
    routes(&mut report, &world, &invoices);
    report.preview_p50_ms = previews(&world.wallet, &invoices).await;
    tell("payments");
    stalls(&mut report, &world, snapshot).await;
    world.stop().await;
    report
}

async fn starts(world: &mut World) -> f64 {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        world.wallet.stop().await;
        let begun = Instant::now();
        let opened = Wallet::open(world.settings(), Password::StoredBeside).await;
        times.push(millis(begun.elapsed()));
        world.wallet = opened.expect("opens again");
    }
    world.wallet.sync().await;
    rounded(percentile(&times, 50))
}

/// In turns, so that both meet the same machine.
fn loads(report: &mut GraphReport, dir: &Path) {
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    for _ in 0..LOADS {
        let begun = Instant::now();
        assert!(channels_of_the_stored_graph(dir, NetworkId::Practice) >= 50_000);
        ours.push(millis(begun.elapsed()));
        let begun = Instant::now();
        assert!(read(dir).read_only().channels().len() >= 50_000);
        raw.push(millis(begun.elapsed()));
    }
    report.load_ms = rounded(percentile(&ours, 50));
    report.raw_load_ms = rounded(percentile(&raw, 50));
}

fn read(dir: &Path) -> NetworkGraph<Arc<Quiet>> {
    let bytes = std::fs::read(dir.join("gossip").join("network_graph")).expect("it was saved");
    NetworkGraph::read(&mut bytes.as_slice(), Arc::new(Quiet)).expect("a graph")
}

fn invoice(key: &SecretKey) -> Bolt11Invoice {
    let secp = Secp256k1::new();
    InvoiceBuilder::new(Currency::Regtest)
        .description(String::new())
        .payment_hash(sha256::Hash::hash(&key.secret_bytes()))
        .payment_secret(PaymentSecret([1; 32]))
        .duration_since_epoch(Duration::from_secs(Timestamp::now().secs()))
        .min_final_cltv_expiry_delta(144)
        .amount_milli_satoshis(AMOUNT_MSAT)
        .basic_mpp()
        .build_signed(|hash| secp.sign_ecdsa_recoverable(hash, key))
        .expect("an invoice")
}

async fn previews(wallet: &Wallet, invoices: &[Bolt11Invoice]) -> f64 {
    let mut times = Vec::new();
    for invoice in invoices {
        let instruction = wallet.read(&invoice.to_string()).expect("readable").id;
        let choice = Choice {
            instruction,
            amount: None,
            speed: None,
            everything: false,
            ..Choice::default()
        };
        let begun = Instant::now();
        let preview = wallet.preview(choice).await;
        times.push(millis(begun.elapsed()));
        preview.expect("a route");
    }
    rounded(percentile(&times, 50))
}

/// One search by the wallet and one by LDK alone for each, in turns: over the same graph, from the same channels.
fn routes(report: &mut GraphReport, world: &World, invoices: &[Bolt11Invoice]) {
    let router = raw_router(&world.wallet_dir());
    let (us, channels) = world.wallet.first_hops();
    let first_hops: Vec<_> = channels.iter().collect();
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    for invoice in invoices {
        let payment = PaymentParameters::from_bolt11_invoice(invoice);
        let parameters = RouteParameters::from_payment_params_and_value(payment, AMOUNT_MSAT);
        let begun = Instant::now();
        let route = world.wallet.find_route(&parameters);
        ours.push(millis(begun.elapsed()));
        let begun = Instant::now();
        let inflight = InFlightHtlcs::new();
        let raw_route = router.find_route(&us, &parameters, Some(&first_hops), inflight);
        raw.push(millis(begun.elapsed()));
        let fees = raw_route.expect("a route").get_total_fees();
        assert_eq!(route.expect("a route").get_total_fees(), fees, "not the same search");
    }
    report.route_p50_ms = rounded(percentile(&ours, 50));
    report.raw_route_p50_ms = rounded(percentile(&raw, 50));
}

fn raw_router(dir: &Path) -> impl Router + use<> {
    let (graph, log) = (Arc::new(read(dir)), Arc::new(Quiet));
    let decay = ProbabilisticScoringDecayParameters::default();
    let scorer = ProbabilisticScorer::new(decay, graph.clone(), log.clone());
    DefaultRouter::new(
        graph,
        log,
        Arc::new(KeysManager::new(&[7; 32], 1, 1, true)),
        Arc::new(RwLock::new(scorer)),
        ProbabilisticScoringFeeParameters::default(),
    )
}

/// The longest payment while another thread does all that is done to a graph, again and again.
async fn stalls(report: &mut GraphReport, world: &World, snapshot: Vec<u8>) {
    let quiet = coffees(world).await;
    report.pay_p50_ms = rounded(percentile(&quiet, 50));
    let (wallet, over) = (world.wallet.clone(), Arc::new(AtomicBool::new(false)));
    let ends = over.clone();
    let work = tokio::task::spawn_blocking(move || {
        while !ends.load(Ordering::SeqCst) {
            wallet.save_gossip();
            wallet.prune_gossip();
            wallet.apply_gossip_snapshot(&snapshot).expect("a sound snapshot");
        }
    });
    let slow = coffees(world).await;
    over.store(true, Ordering::SeqCst);
    work.await.expect("no panic");
    report.pay_stall_max_ms = rounded(percentile(&slow, 100) - report.pay_p50_ms);
}

/// From the call until the person is told.
async fn coffees(world: &World) -> Vec<f64> {
    let mut times = Vec::new();
    for _ in 0..COFFEES {
        let text = world.network.order_coffee().await.expect("an invoice");
        let instruction = world.wallet.read(&text).expect("readable").id;
        let choice = Choice {
            instruction,
            amount: None,
            speed: None,
            everything: false,
            ..Choice::default()
        };
        let quote = world.wallet.preview(choice).await.expect("payable");
        let begun = Instant::now();
        let id = world.wallet.pay(&quote.id).await.expect("starts").id;
        let paid = world.decided(id).await;
        times.push(millis(begun.elapsed()));
        assert_eq!(paid.movement.status, Status::Paid, "{paid:?}");
    }
    times
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
