//! What a long life costs: a wallet with a history beside one without, each with a channel to a node of its own.

use super::figures::{percentile, rounded};
use super::pair::{Kind, Node, Pair};
use super::pay::Plan;
use bitcoin::Address;
use bitcoin::address::NetworkUnchecked;
use fulmen_engine::amount::Sat;
use fulmen_practice::chain::PracticeChain;
use serde::Serialize;
use serde_json::from_value;
use std::io::{Error, Result};
use std::time::Duration;

/// A life so far.
pub(super) struct History {
    /// In all.
    pub(super) rows: u64,
    /// Of the on-chain wallet, each one of the rows.
    pub(super) transactions: u64,
    /// Closed ones.
    pub(super) channels: u64,
}

const HISTORY: History = History { rows: 100_000, transactions: 2_000, channels: 200 };
/// Payments to the on-chain wallet before it sends all of it away again, which is one more transaction.
const IN_A_ROW: u64 = 199;
/// How many of them are in a block.
const IN_A_BLOCK: usize = 10;
/// What each brings.
pub(super) const EACH: Sat = Sat::new(20_000);
/// How often a wallet is started, and brought to a new block.
const STARTS: usize = 5;
const LOOKS: usize = 10;
/// Payments, in rounds that alternate with the other wallet's.
const PAYMENTS: usize = 100;
const ROUNDS: usize = 4;
const WARM_UPS: usize = 5;
const GAP: Duration = Duration::from_millis(200);

/// The answer. Times in milliseconds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub rows: u64,
    pub page_p95_ms: f64,
    pub search_p95_ms: f64,
    pub start_ms: f64,
    pub start_empty_ms: f64,
    pub sync_ms: f64,
    pub sync_empty_ms: f64,
    pub pay_p50_ms: f64,
    pub pay_p50_empty_ms: f64,
    pub rss_mb: f64,
    pub rss_empty_mb: f64,
}

/// Measures everything. `tell` hears what is going on.
///
/// # Errors
/// Where a node does not do what it should.
pub fn run(plan: &Plan, tell: impl Fn(&str)) -> Result<Report> {
    let (runtime, chain, server) = plan.chain()?;
    let bench = Bench { plan, chain: &chain, url: &server.url() };
    tell("a wallet with a history");
    let mut full = Pair::start(plan, Kind::Fulmen, &plan.dir.join("full"), bench.url)?;
    full.payer = grow(plan, &chain, bench.url, full.payer, &HISTORY)?;
    full.connect(plan, &chain)?;
    tell("a wallet without one");
    let mut empty = Pair::start(plan, Kind::Fulmen, &plan.dir.join("empty"), bench.url)?;
    empty.connect(plan, &chain)?;

    let mut report = Report { rows: HISTORY.rows, ..Report::default() };
    tell("starts");
    let (full, start_ms) = bench.starts(full)?;
    let (empty, start_empty_ms) = bench.starts(empty)?;
    (report.start_ms, report.start_empty_ms) = (start_ms, start_empty_ms);
    let mut pairs = [full, empty];
    tell("looks at the chain");
    [report.sync_ms, report.sync_empty_ms] = bench.looks(&mut pairs)?;
    tell("pages and searches");
    let mut asked = |verb| -> Result<f64> {
        let times: Vec<f64> = from_value(pairs[0].payer.ask(verb, &HISTORY.rows.to_string())?)?;
        Ok(rounded(percentile(&times, 95)))
    };
    (report.page_p95_ms, report.search_p95_ms) = (asked("pages")?, asked("searches")?);
    tell("payments");
    [report.pay_p50_ms, report.pay_p50_empty_ms] = payments(&mut pairs)?;
    let mut rss = |pair: usize| from_value(pairs[pair].payer.ask("rss", "")?).map_err(Error::from);
    (report.rss_mb, report.rss_empty_mb) = (rss(0)?, rss(1)?);
    pairs.into_iter().try_for_each(Pair::end)?;
    runtime.block_on(server.stop());
    Ok(report)
}

struct Bench<'a> {
    plan: &'a Plan,
    chain: &'a PracticeChain,
    url: &'a str,
}

impl Bench<'_> {
    /// How long the payer takes to open, and the pair as it is then.
    fn starts(&self, mut pair: Pair) -> Result<(Pair, f64)> {
        let mut times = Vec::new();
        for _ in 0..STARTS {
            pair.payer = pair.payer.again(self.plan, self.url, |_| Ok(()))?;
            times.push(from_value(pair.payer.ask("opened_ms", "")?)?);
        }
        pair.ready(self.chain)?;
        Ok((pair, rounded(percentile(&times, 50))))
    }

    /// How long each payer takes to see a new block.
    fn looks(&self, pairs: &mut [Pair; 2]) -> Result<[f64; 2]> {
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..LOOKS {
            self.chain.mine(1).map_err(Error::other)?;
            for (pair, times) in pairs.iter_mut().zip(&mut times) {
                times.push(from_value(pair.payer.ask("look", "")?)?);
            }
        }
        Ok(times.map(|times| rounded(percentile(&times, 50))))
    }
}

/// Gives a node its history.
pub(super) fn grow(
    plan: &Plan,
    chain: &PracticeChain,
    url: &str,
    mut node: Node,
    history: &History,
) -> Result<Node> {
    for first in (0..history.transactions).step_by(usize::try_from(IN_A_ROW + 1).expect("small")) {
        let place = format!("{} {IN_A_ROW}", first - first / (IN_A_ROW + 1));
        let addresses: Vec<Address<NetworkUnchecked>> = from_value(node.ask("addresses", &place)?)?;
        for block in addresses.chunks(IN_A_BLOCK) {
            for address in block {
                let script = address.assume_checked_ref().script_pubkey();
                chain.faucet(script, EACH).map_err(Error::other)?;
            }
            chain.mine(1).map_err(Error::other)?;
        }
        // The first look finds the block, and looks ahead after it.
        node.ask("sync", "")?;
        let away = Address::from_script(&chain.faucet_script(), bitcoin::Network::Regtest)
            .map_err(Error::other)?;
        node.ask("send_all", &away.to_string())?;
        chain.mine(1).map_err(Error::other)?;
        node.ask("sync", "")?;
    }
    let rows = history.rows - history.transactions;
    node.again(plan, url, |lines| {
        lines.ask("history", &format!("{rows} {}", history.channels)).map(drop)
    })
}

fn payments(pairs: &mut [Pair; 2]) -> Result<[f64; 2]> {
    let mut times = [Vec::new(), Vec::new()];
    for pair in pairs.iter_mut() {
        pair.pay(WARM_UPS, 1, GAP)?;
    }
    for _ in 0..ROUNDS {
        for (pair, times) in pairs.iter_mut().zip(&mut times) {
            times.extend(pair.pay(PAYMENTS / ROUNDS, 1, GAP)?.each_ms);
        }
    }
    Ok(times.map(|times| rounded(percentile(&times, 50))))
}
