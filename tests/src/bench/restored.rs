//! What coming back costs: a wallet with a history is restored from its words and its living copy, and from its words alone,
//! beside `ldk-node` from the same words. All three begin with an empty directory and end when every satoshi is shown.

use super::activity::{EACH, History, grow};
use super::child::Lines;
use super::figures::{percentile, rounded};
use super::pair::{Kind, Node};
use super::pay::Plan;
use bitcoin::Address;
use bitcoin::address::NetworkUnchecked;
use fulmen_practice::chain::PracticeChain;
use serde::Serialize;
use serde_json::{from_value, json};
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// What is lost, but for one more payment, at the end: whoever shows that has found all.
const HISTORY: History = History { rows: 21_000, transactions: 1_000, channels: 0 };
/// Blocks after most of it: a history is older than a day. The last payment is in the newest block.
const SINCE: u32 = 144;
/// Each way back, by turns.
const ROUNDS: usize = 3;

/// The answer. Times in milliseconds, the most memory in megabytes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub transactions: u64,
    pub payments: u64,
    pub copy_ms: f64,
    pub copy_peak_mb: f64,
    pub words_ms: f64,
    pub words_peak_mb: f64,
    pub ldk_node_ms: f64,
    pub ldk_node_peak_mb: f64,
}

/// A way back.
#[derive(Clone, Copy, Debug)]
enum Way {
    Copy,
    Words,
    LdkNode,
}

const WAYS: [Way; 3] = [Way::Copy, Way::Words, Way::LdkNode];

/// What is left of the wallet.
struct Left {
    words: String,
    copy: PathBuf,
    /// How many lines its Activity had: a request that expired is a payment of its journal, and has none.
    rows: u64,
}

/// Measures everything. `tell` hears what is going on.
///
/// # Errors
/// Where a node does not do what it should.
pub fn run(plan: &Plan, tell: impl Fn(&str)) -> Result<Report> {
    let (runtime, chain, server) = plan.chain()?;
    let url = server.url();
    tell("a wallet with a history, and a copy of it");
    let left = lose(plan, &chain, &url)?;
    let mut figures = WAYS.map(|_| (Vec::new(), Vec::new()));
    for round in 0..ROUNDS {
        for (way, (times, peaks)) in WAYS.into_iter().zip(&mut figures) {
            tell(&format!("back, {way:?}"));
            let (ms, mb) = back(plan, way, &left, &url, round)?;
            times.push(ms);
            peaks.push(mb);
        }
    }
    runtime.block_on(server.stop());
    let [copy, words, ldk_node] =
        figures.map(|(times, peaks)| (middle(&times), rounded(percentile(&peaks, 100))));
    Ok(Report {
        transactions: HISTORY.transactions + 1,
        payments: HISTORY.rows - HISTORY.transactions,
        copy_ms: copy.0,
        copy_peak_mb: copy.1,
        words_ms: words.0,
        words_peak_mb: words.1,
        ldk_node_ms: ldk_node.0,
        ldk_node_peak_mb: ldk_node.1,
    })
}

fn middle(times: &[f64]) -> f64 {
    rounded(percentile(times, 50))
}

/// Lives, and is gone but for words and copy.
fn lose(plan: &Plan, chain: &PracticeChain, url: &str) -> Result<Left> {
    let node = Node::start(plan, Kind::Fulmen, &plan.dir.join("lost"), url)?;
    let mut node = grow(plan, chain, url, node, &HISTORY)?;
    chain.mine(SINCE).map_err(Error::other)?;
    let address: Address<NetworkUnchecked> = from_value(node.ask("address", "")?)?;
    chain.faucet(address.assume_checked().script_pubkey(), EACH).map_err(Error::other)?;
    chain.mine(1).map_err(Error::other)?;
    node.ask("sync", "")?;
    let words = from_value(node.ask("words", "")?)?;
    let copy = plan.dir.join("stick");
    std::fs::create_dir_all(&copy)?;
    node.ask("copy", &copy.display().to_string())?;
    let rows = from_value(node.ask("rows", "")?)?;
    node.end()?;
    Ok(Left { words, copy, rows })
}

/// From nothing to every satoshi: how long it took, and the most memory.
fn back(plan: &Plan, way: Way, left: &Left, url: &str, round: usize) -> Result<(f64, f64)> {
    let dir = plan.dir.join(format!("back-{way:?}-{round}"));
    let program = match way {
        Way::LdkNode => &plan.ldk_node,
        Way::Copy | Way::Words => &plan.node,
    };
    if let Way::LdkNode = way {
        std::fs::create_dir_all(&dir)?;
        std::fs::write(dir.join("words"), &left.words)?;
    }
    let begun = Instant::now();
    let mut lines = Lines::start(Command::new(program).arg(&dir).arg(url).arg("127.0.0.1:0"))?;
    let has = match way {
        Way::Copy => ours(&mut lines, &left.words, Some(&left.copy))?,
        Way::Words => ours(&mut lines, &left.words, None)?,
        Way::LdkNode => {
            lines.ask("open", "")?;
            lines.ask("sync", "")?;
            lines.ask("balances", "")?["onchain"].as_u64()
        }
    };
    let took = begun.elapsed().as_secs_f64() * 1000.0;
    if has != Some(EACH.get()) {
        return Err(Error::other(format!("{way:?} shows {has:?} sat, not {EACH}")));
    }
    if let Way::Copy = way {
        let has = lines.ask("rows", "")?.as_u64();
        if has != Some(left.rows) {
            return Err(Error::other(format!("it has {has:?} lines, not {}", left.rows)));
        }
    }
    let peak = lines.peak_mb()?;
    lines.end()?;
    Ok((took, peak))
}

fn ours(lines: &mut Lines, words: &str, copy: Option<&Path>) -> Result<Option<u64>> {
    let asked = json!({ "words": words, "copy": copy });
    lines.ask("restore", &asked.to_string())?;
    Ok(lines.ask("onchain", "")?.as_u64())
}
