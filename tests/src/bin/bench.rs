//! `bench pay --json --dir DIR --ldk-node PROGRAM [--slow-sync LIBRARY] [--rtt MS] [--sync-delay MS]`, `bench pay --json --dir
//! DIR --copy folder|vss [--copy-rtt MS]`, `bench activity --json --dir DIR`, `bench restore --json
//! --dir DIR --ldk-node PROGRAM`: see `stories::bench`. `npm run bench` builds what it needs and calls it.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;
use stories::bench::{Plan, Report, activity, copied, restored, run};
use stories::crash::Medium;

const USAGE: &str = "usage: bench pay [--json] --dir DIR --ldk-node PROGRAM [--slow-sync LIBRARY] [--rtt MS] [--sync-delay MS], bench pay [--json] --dir DIR --copy folder|vss [--copy-rtt MS], bench activity [--json] --dir DIR, bench restore [--json] --dir DIR --ldk-node PROGRAM";

fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().nth(1).as_deref() == Some("graph") {
        return graph(std::env::args().any(|word| word == "--json"));
    }
    let mut given = std::env::args().skip(1);
    let what = given.next();
    let (plan, medium, json) = plan(given)?;
    let tell = |what: &str| eprintln!("{what} …");
    let line = match (what.as_deref(), medium) {
        (Some("pay"), Some(medium)) => {
            let report = copied::run(&plan, medium, tell)?;
            eprint!("{}", with_a_copy(&report));
            serde_json::to_string(&report)?
        }
        (Some("pay"), None) => {
            let report = run(&plan, tell)?;
            eprint!("{}", table(&report));
            serde_json::to_string(&report)?
        }
        (Some("activity"), _) => {
            let report = activity::run(&plan, tell)?;
            eprint!("{}", long_life(&report));
            serde_json::to_string(&report)?
        }
        (Some("restore"), None) => {
            let report = restored::run(&plan, tell)?;
            eprint!("{}", ways_back(&report));
            serde_json::to_string(&report)?
        }
        _ => return Err(USAGE.into()),
    };
    if json {
        writeln!(std::io::stdout(), "{line}")?;
    }
    Ok(())
}

fn graph(json: bool) -> Result<(), Box<dyn Error>> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let report = runtime.block_on(stories::bench::graph(|what| eprintln!("{what} …")));
    let text = serde_json::to_string(&report)?;
    eprintln!("{text}");
    if json {
        writeln!(std::io::stdout(), "{text}")?;
    }
    Ok(())
}

/// What to measure with, on what a copy is kept, and whether the answer is JSON.
type Asked = (Plan, Option<Medium>, bool);

fn plan(mut given: impl Iterator<Item = String>) -> Result<Asked, Box<dyn Error>> {
    let node = std::env::current_exe()?
        .with_file_name("bench-node")
        .with_extension(std::env::consts::EXE_EXTENSION);
    let (mut dir, mut ldk_node, mut slow_sync, mut json) = (None, None, None, false);
    let (mut rtt, mut sync_delay, mut copy_rtt) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut medium = None;
    while let Some(name) = given.next() {
        if name == "--json" {
            json = true;
            continue;
        }
        let value = given.next().ok_or(USAGE)?;
        match name.as_str() {
            "--dir" => dir = Some(PathBuf::from(value)),
            "--ldk-node" => ldk_node = Some(PathBuf::from(value)),
            "--slow-sync" => slow_sync = Some(PathBuf::from(value)),
            "--rtt" => rtt = millis(&value)?,
            "--sync-delay" => sync_delay = millis(&value)?,
            "--copy" => medium = Some(Medium::named(&value).ok_or(USAGE)?),
            "--copy-rtt" => copy_rtt = millis(&value)?,
            _ => return Err(USAGE.into()),
        }
    }
    if !sync_delay.is_zero() && slow_sync.is_none() {
        return Err("--sync-delay needs --slow-sync".into());
    }
    let (dir, ldk_node) = (dir.ok_or(USAGE)?, ldk_node.unwrap_or_default());
    Ok((Plan { dir, node, ldk_node, slow_sync, rtt, sync_delay, copy_rtt }, medium, json))
}

fn millis(text: &str) -> Result<Duration, Box<dyn Error>> {
    Ok(Duration::try_from_secs_f64(text.parse::<f64>()? / 1000.0)?)
}

/// For a person: the figures, and what they must be compared with.
fn table(report: &Report) -> String {
    let limit = 2.0 * report.rtt_ms + 5.0 * report.f_ms + report.c_ms;
    format!(
        "\
a commit (F)         {:>8.2} ms    two round trips, five commits and the rest (c {:.2} ms): {limit:.2} ms
paid                 {:>8.2} ms    {:.2} × that; p95 {:.2} ms; ldk-node {:.2} ms, {:.1} × ours
received             {:>8.2} ms
syncs per payment    {:>8.2}       ldk-node {:.2}
one after the other  {:>8.1} /s    ldk-node {:.1}
20 in flight         {:>8.1} /s    ldk-node {:.1}
50 in flight         {:>8.1} /s
",
        report.f_ms,
        report.c_ms,
        report.pay_p50_ms,
        report.pay_p50_ms / limit,
        report.pay_p95_ms,
        report.ldk_node_pay_p50_ms,
        report.ldk_node_pay_p50_ms / report.pay_p50_ms,
        report.receive_p50_ms,
        report.syncs_per_payment,
        report.ldk_node_syncs_per_payment,
        report.throughput_1,
        report.ldk_node_throughput_1,
        report.throughput_20,
        report.ldk_node_throughput_20,
        report.throughput_50,
    )
}

/// For a person: a payment with a copy, beside one without.
fn with_a_copy(report: &copied::CopyReport) -> String {
    format!(
        "\
paid                 {:>8.2} ms    p95 {:.2} ms
paid, with a copy    {:>8.2} ms    p95 {:.2} ms; {:.2} × that
requests a payment   {:>8.2}       a round trip to the server is {:.2} ms
",
        report.pay_p50_ms,
        report.pay_p95_ms,
        report.copied_pay_p50_ms,
        report.copied_pay_p95_ms,
        report.copied_pay_p50_ms / report.pay_p50_ms,
        report.requests_per_payment,
        report.copy_rtt_ms,
    )
}

/// For a person: what came back, and beside whom.
fn ways_back(report: &restored::Report) -> String {
    format!(
        "\
transactions         {:>8}
payments             {:>8}
from words and copy  {:>8.2} ms    {:.1} MB; {:.2} × ldk-node, with the payments
from the words       {:>8.2} ms    {:.1} MB; {:.2} × ldk-node
ldk-node, words      {:>8.2} ms    {:.1} MB
",
        report.transactions,
        report.payments,
        report.copy_ms,
        report.copy_peak_mb,
        report.copy_ms / report.ldk_node_ms,
        report.words_ms,
        report.words_peak_mb,
        report.words_ms / report.ldk_node_ms,
        report.ldk_node_ms,
        report.ldk_node_peak_mb,
    )
}

/// For a person: the wallet with a history, beside the one without.
fn long_life(report: &activity::Report) -> String {
    format!(
        "\
rows                 {:>8}
a page (p95)         {:>8.2} ms
a search (p95)       {:>8.2} ms
start                {:>8.2} ms    empty {:.2} ms
a sync of the chain  {:>8.2} ms    empty {:.2} ms
paid                 {:>8.2} ms    empty {:.2} ms
memory               {:>8.1} MB    empty {:.1} MB
",
        report.rows,
        report.page_p95_ms,
        report.search_p95_ms,
        report.start_ms,
        report.start_empty_ms,
        report.sync_ms,
        report.sync_empty_ms,
        report.pay_p50_ms,
        report.pay_p50_empty_ms,
        report.rss_mb,
        report.rss_empty_mb,
    )
}
