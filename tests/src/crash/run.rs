//! A whole run: worlds of some hundred kills each, the books at intervals and at the end.

use super::control::Control;
use super::findings::Kind;
use super::ground::Ground;
use super::oracles;
use super::plan::Plan;
use super::round::Round;
use super::tally::Tally;
use super::trace::strace_works;
use crate::CallError;

/// After so many kills the world is made anew: journals and chains stay small.
const WORLD: u32 = 100;
/// A control that opens channels soon fills its world: there is room for six channels a wallet, and nothing closes them.
const WORLD_OF_A_CONTROL: u32 = 4;
/// The whole books are read after so many kills.
const BOOKS_EVERY: u32 = 20;

/// What is asked of a run.
#[derive(Clone, Debug)]
pub struct Options {
    pub kills: u32,
    pub sync: bool,
    pub seed: u64,
    /// The first of the seed's plans that is played: a finding comes sooner again.
    pub from: u32,
    /// `story-wallet`.
    pub program: String,
    /// The wallet is built with this order broken.
    pub control: Option<Control>,
    /// Where files are kept after a failure.
    pub keep: bool,
}

/// Kills, and returns the last line and whether all is well. A control ends with the world in which something was found.
pub async fn run(options: &Options) -> (String, bool) {
    let strace = strace_works();
    if !strace {
        eprintln!("strace does not work here: no kills at system calls");
    }
    let mode = if options.sync { "mode=sync" } else { "mode=deferred" };
    let log = std::env::var("CRASH_LOG").unwrap_or_else(|_| "warn".into());
    let mut arguments = vec![mode.to_owned(), "reconnect=100".into(), format!("log={log}")];
    arguments.extend(options.control.map(|control| format!("broken={}", control.name())));
    let mut tally = Tally::default();
    let mut number = options.from;
    let kills_a_world = if options.control.is_some() { WORLD_OF_A_CONTROL } else { WORLD };
    let shown = |tally: &Tally| options.control.is_some() && tally.found() > 0;
    while tally.kills < options.kills && !shown(&tally) {
        let end = options.kills.min(tally.kills + kills_a_world);
        let mut ground = Ground::new(&options.program, &arguments).await;
        number = world(options, &mut ground, &mut tally, number, end, strace).await;
        for leak in ground.leaks() {
            tally.findings.add(Kind::Lost, "the end of a world", &leak);
        }
        ground.end(options.keep && !is_good(&tally, options)).await;
    }
    let met = options.kills < 60 || options.control.is_some() || tally.met_everything();
    if !met {
        eprintln!("some kind of moment was never met");
    }
    if let Some(control) = options.control {
        let found = tally.found();
        return (format!("{tally}\ncontrol {} found {found}", control.name()), found > 0);
    }
    (tally.to_string(), is_good(&tally, options) && met)
}

/// One world, until `end` kills. The number of the next plan.
async fn world(
    options: &Options,
    ground: &mut Ground,
    tally: &mut Tally,
    mut number: u32,
    end: u32,
    strace: bool,
) -> u32 {
    let mut books_at = tally.kills + BOOKS_EVERY;
    while tally.kills < end {
        let plan = Plan::draw(options.seed, number, strace, options.control);
        let when = format!("kill {} (plan {number} of seed {})", tally.kills + 1, options.seed);
        if std::env::var_os("CRASH_TELL").is_some() {
            eprintln!("{when}: {plan:?}");
        }
        let books = tally.kills + 1 >= books_at || tally.kills + 1 >= end;
        let played = round(ground, tally, &plan, &when, books).await;
        number += 1;
        if let Err(error) = played {
            let words = ground
                .people
                .iter()
                .chain([&ground.hub])
                .map(|one| format!("{:?}: {}", one.name, one.last_words()));
            let words = words.collect::<Vec<_>>().join("\n");
            tally.findings.broke(&when, &format!("a wallet does not work: {error}"), &words);
            return number;
        }
        if books {
            books_at = tally.kills + BOOKS_EVERY;
        }
    }
    number
}

async fn round(
    ground: &mut Ground,
    tally: &mut Tally,
    plan: &Plan,
    when: &str,
    books: bool,
) -> Result<(), CallError> {
    ground.prepare().await?;
    Round { ground, tally, plan, when: when.to_owned() }.play().await?;
    if books {
        oracles::books(ground, when, &mut tally.findings).await?;
    }
    Ok(())
}

fn is_good(tally: &Tally, options: &Options) -> bool {
    let zero = |kind| tally.count(kind) == 0;
    zero(Kind::Lost)
        && zero(Kind::Doubled)
        && zero(Kind::Stuck)
        && (options.sync || zero(Kind::Closed))
}
