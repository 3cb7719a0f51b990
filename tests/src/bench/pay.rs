//! The measurement: what is paid, in which order, and what is reported.

use super::child::Lines;
use super::figures::{Measured, percentile, rounded};
use super::pair::{Kind, Pair};
use fulmen_engine::time::Timestamp;
use fulmen_practice::chain::PracticeChain;
use fulmen_practice::esplora::{EsploraServer, Lies};
use serde::Serialize;
use serde_json::from_value;
use std::io::{Error, Result};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Between two isolated payments: the one before is settled on both sides.
pub(super) const GAP: Duration = Duration::from_millis(200);
pub(super) const WARM_UPS: usize = 10;
/// Isolated payments, in rounds that alternate with the other kind's.
pub(super) const ISOLATED: usize = 100;
pub(super) const ROUNDS: usize = 2;
/// Payments without a gap: one after the other, and several in flight.
const BACK_TO_BACK: usize = 100;
const CROWD: usize = 400;
/// Commits that F is the median of, before and after.
const COMMITS: usize = 200;

/// What to measure with.
pub struct Plan {
    /// On the disk that is measured. Everything in it may go afterwards.
    pub dir: PathBuf,
    /// Our node, `bench-node`.
    pub node: PathBuf,
    /// The other node, `ldk-node-peer`.
    pub ldk_node: PathBuf,
    /// The library that makes each sync late.
    pub slow_sync: Option<PathBuf>,
    pub rtt: Duration,
    pub sync_delay: Duration,
    /// How far away the server of a copy is.
    pub copy_rtt: Duration,
}

impl Plan {
    /// The chain of a bench, its server, and what the server runs on.
    ///
    /// # Errors
    /// What the disk says, or the system.
    pub(super) fn chain(&self) -> Result<(Runtime, PracticeChain, EsploraServer)> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let chain =
            PracticeChain::open(&self.dir.join("chain"), Timestamp::now).map_err(Error::other)?;
        let server = runtime.block_on(EsploraServer::start(chain.clone(), Lies::none()))?;
        Ok((runtime, chain, server))
    }
}

/// The answer. Times in milliseconds, throughput in payments per second.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub f_ms: f64,
    pub c_ms: f64,
    pub rtt_ms: f64,
    pub pay_p50_ms: f64,
    pub pay_p95_ms: f64,
    pub receive_p50_ms: f64,
    pub syncs_per_payment: f64,
    pub throughput_1: f64,
    pub throughput_20: f64,
    pub throughput_50: f64,
    pub ldk_node_pay_p50_ms: f64,
    pub ldk_node_throughput_1: f64,
    pub ldk_node_throughput_20: f64,
    pub ldk_node_syncs_per_payment: f64,
}

impl Plan {
    /// Makes the command's syncs late.
    pub(super) fn slow<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        match &self.slow_sync {
            Some(library) if !self.sync_delay.is_zero() => command
                .env("LD_PRELOAD", library)
                .env("SYNC_DELAY_US", self.sync_delay.as_micros().to_string()),
            _ => command,
        }
    }
}

/// Measures everything. Reports its progress to `tell`.
///
/// # Errors
/// Where a node does not do what it should.
pub fn run(plan: &Plan, tell: impl Fn(&str)) -> Result<Report> {
    let (runtime, chain, server) = plan.chain()?;
    let url = server.url();
    let open = |kind| {
        tell(&format!("two nodes and a channel ({kind:?})"));
        Pair::open(plan, kind, &chain, &url)
    };
    let mut report = Report { rtt_ms: millis(plan.rtt), ..Report::default() };

    let mut ours = open(Kind::Fulmen)?;
    let mut theirs = open(Kind::LdkNode)?;
    for pair in [&mut ours, &mut theirs] {
        pair.pay(WARM_UPS, 1, GAP)?;
    }
    let bytes = from_value(ours.payer.ask("manager_bytes", "")?)?;
    let mut commits = commits(plan, &url, bytes)?;
    tell("isolated payments");
    isolated(&mut report, &mut ours, &mut theirs)?;
    tell("payments without a pause");
    crowds(&mut report, &mut ours, &mut theirs)?;
    commits.extend(self::commits(plan, &url, bytes)?);
    report.f_ms = rounded(percentile(&commits, 50));
    ours.end()?;
    theirs.end()?;

    let mut imagined = open(Kind::NoOp)?;
    imagined.pay(WARM_UPS, 1, GAP)?;
    let whole = percentile(&imagined.pay(ISOLATED, 1, GAP)?.each_ms, 50);
    // It too waits for both round trips, which the limit counts apart.
    report.c_ms = rounded((whole - 2.0 * report.rtt_ms).max(0.0));
    imagined.end()?;
    report.syncs_per_payment = syncs(open(Kind::FulmenCounted)?)?;
    report.ldk_node_syncs_per_payment = syncs(open(Kind::LdkNodeCounted)?)?;
    runtime.block_on(server.stop());
    Ok(report)
}

fn isolated(report: &mut Report, ours: &mut Pair, theirs: &mut Pair) -> Result<()> {
    let (mut pay, mut receive, mut other) = (Vec::new(), Vec::new(), Vec::new());
    ours.payee.ask("received", "")?;
    for _ in 0..ROUNDS {
        pay.extend(ours.pay(ISOLATED / ROUNDS, 1, GAP)?.each_ms);
        receive.extend(from_value::<Vec<f64>>(ours.payee.ask("received", "")?)?);
        other.extend(theirs.pay(ISOLATED / ROUNDS, 1, GAP)?.each_ms);
    }
    report.pay_p50_ms = rounded(percentile(&pay, 50));
    report.pay_p95_ms = rounded(percentile(&pay, 95));
    report.receive_p50_ms = rounded(percentile(&receive, 50));
    report.ldk_node_pay_p50_ms = rounded(percentile(&other, 50));
    Ok(())
}

/// Each crowd is paid in rounds that alternate, and the rounds are one figure.
fn crowds(report: &mut Report, ours: &mut Pair, theirs: &mut Pair) -> Result<()> {
    let mut rate = |in_flight, count: usize, with_theirs| -> Result<[f64; 2]> {
        let mut sums = [Measured::default(), Measured::default()];
        for _ in 0..ROUNDS {
            sums[0].add(ours.pay(count / ROUNDS, in_flight, Duration::ZERO)?);
            if with_theirs {
                sums[1].add(theirs.pay(count / ROUNDS, in_flight, Duration::ZERO)?);
            }
        }
        Ok(sums.map(|sum| rounded(sum.per_second())))
    };
    [report.throughput_1, report.ldk_node_throughput_1] = rate(1, BACK_TO_BACK, true)?;
    [report.throughput_20, report.ldk_node_throughput_20] = rate(20, CROWD, true)?;
    [report.throughput_50, _] = rate(50, CROWD, false)?;
    Ok(())
}

/// Syncs for one isolated payment, of the node that has more. What the payee asked for is durable before.
fn syncs(mut pair: Pair) -> Result<f64> {
    pair.pay(WARM_UPS, 1, GAP)?;
    let invoices = pair.invoices(ISOLATED)?;
    let before = pair.syncs()?;
    // The pause before each payment settles the one before; what the last one leaves, the first one's pause had.
    pair.pay_these(&invoices, 1, GAP)?;
    let after = pair.syncs()?;
    pair.end()?;
    let most = (0..2).map(|node| after[node] - before[node]).max().expect("two nodes");
    Ok(rounded(f64::from(u32::try_from(most).expect("few")) / 100.0))
}

/// How long commits of so many bytes take into an empty vault, each in milliseconds.
fn commits(plan: &Plan, url: &str, bytes: usize) -> Result<Vec<f64>> {
    let mut command = Command::new(&plan.node);
    command.arg(plan.dir.join("F")).arg(url).arg("127.0.0.1:0");
    let mut lines = Lines::start(plan.slow(&mut command))?;
    let times = from_value(lines.ask("commits", &format!("{bytes} {COMMITS}"))?)?;
    lines.end()?;
    Ok(times)
}

fn millis(duration: Duration) -> f64 {
    rounded(duration.as_secs_f64() * 1000.0)
}
