//! What a living copy costs a payment: two pairs of our nodes, of which one payer keeps a copy, paid by turns. A server is in
//! this process, as far away as is asked for.

use super::delay::Delay;
use super::figures::{percentile, rounded};
use super::pair::{Kind, Pair};
use super::pay::{GAP, ISOLATED, Plan, ROUNDS, WARM_UPS};
use crate::crash::Medium;
use fulmen_engine::copy::PretendVss;
use serde::Serialize;
use std::io::{Error, Result};

/// The answer. Times in milliseconds.
#[derive(Clone, Debug, Serialize)]
pub struct CopyReport {
    pub copy_rtt_ms: f64,
    pub pay_p50_ms: f64,
    pub pay_p95_ms: f64,
    pub copied_pay_p50_ms: f64,
    pub copied_pay_p95_ms: f64,
    /// Requests to the server for a payment; none of a folder.
    pub requests_per_payment: f64,
}

/// Measures it. Reports its progress to `tell`.
///
/// # Errors
/// Where a node does not do what it should.
pub fn run(plan: &Plan, medium: Medium, tell: impl Fn(&str)) -> Result<CopyReport> {
    let (runtime, chain, server) = plan.chain()?;
    let url = server.url();
    let vss = PretendVss::start()?;
    let place = match medium {
        Medium::Folder => {
            let folder = plan.dir.join("stick");
            std::fs::create_dir_all(&folder)?;
            folder.display().to_string()
        }
        Medium::Vss => further_away(&vss, plan)?,
    };
    tell("two pairs of nodes, and a copy");
    let mut alone = Pair::open(plan, Kind::Fulmen, &chain, &url)?;
    let mut copied = Pair::start(plan, Kind::Fulmen, &plan.dir.join("Copied"), &url)?;
    copied.connect(plan, &chain)?;
    copied.payer.ask("copy", &place)?;
    for pair in [&mut alone, &mut copied] {
        pair.pay(WARM_UPS, 1, GAP)?;
    }
    tell("isolated payments");
    let (mut without, mut with, mut requests) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        without.extend(alone.pay(ISOLATED / ROUNDS, 1, GAP)?.each_ms);
        let before = vss.requests();
        with.extend(copied.pay(ISOLATED / ROUNDS, 1, GAP)?.each_ms);
        requests += vss.requests() - before;
    }
    alone.end()?;
    copied.end()?;
    runtime.block_on(server.stop());
    let payments = u32::try_from(with.len()).map_err(Error::other)?;
    let requests = u32::try_from(requests).map_err(Error::other)?;
    Ok(CopyReport {
        copy_rtt_ms: rounded(plan.copy_rtt.as_secs_f64() * 1000.0),
        pay_p50_ms: rounded(percentile(&without, 50)),
        pay_p95_ms: rounded(percentile(&without, 95)),
        copied_pay_p50_ms: rounded(percentile(&with, 50)),
        copied_pay_p95_ms: rounded(percentile(&with, 95)),
        requests_per_payment: rounded(f64::from(requests) / f64::from(payments)),
    })
}

/// The server's address through a door that is a round trip away.
fn further_away(vss: &PretendVss, plan: &Plan) -> Result<String> {
    let url = vss.url();
    if plan.copy_rtt.is_zero() {
        return Ok(url);
    }
    let host = url.trim_start_matches("http://").trim_end_matches("/vss");
    let door = Delay::open(host.parse().map_err(Error::other)?, plan.copy_rtt)?;
    Ok(format!("http://{}/vss", door.address()))
}
