//! A run that loses disks: worlds of some losses each, until there were as many as were asked for.

use super::findings::Kind;
use super::ground::Ground;
use super::loss::Loss;
use super::oracles;
use super::plan::Plan;
use super::round::Round;
use super::tally::Tally;
use super::trace::strace_works;
use super::witness::Witness;
use crate::CallError;

/// After so many losses the world is made anew.
const WORLD: u32 = 25;

/// What is asked of a run.
#[derive(Clone, Debug)]
pub struct Losses {
    pub losses: u32,
    pub seed: u64,
    /// The first of the seed's plans that is played.
    pub from: u32,
    /// `story-wallet`.
    pub program: String,
    /// A negative control: nothing in the copy is doubted.
    pub believed: bool,
    /// Where files are kept after a failure.
    pub keep: bool,
}

/// Loses disks, and returns the last line and whether all is well. The control ends with the first finding.
pub async fn lose(options: &Losses) -> (String, bool) {
    let strace = strace_works();
    let log = std::env::var("CRASH_LOG").unwrap_or_else(|_| "warn".into());
    let arguments = vec!["mode=deferred".to_owned(), "reconnect=100".into(), format!("log={log}")];
    let mut tally = Tally::default();
    let mut number = options.from;
    let shown = |tally: &Tally| options.believed && tally.count(Kind::Stale) > 0;
    while tally.losses.losses < options.losses && !shown(&tally) {
        // A wallet that was punished is no ground for another loss.
        let size = if options.believed { 1 } else { WORLD };
        let end = options.losses.min(tally.losses.losses + size);
        let mut ground = Ground::new(&options.program, &arguments).await;
        while tally.losses.losses < end {
            let plan = Plan::draw(options.seed, number, strace, None);
            let plan = Loss::draw(plan, strace, options.believed);
            let when = format!(
                "loss {} (plan {number} of seed {})",
                tally.losses.losses + 1,
                options.seed
            );
            if std::env::var_os("CRASH_TELL").is_some() {
                eprintln!("{when}: {plan:?}");
            }
            number += 1;
            if let Err(error) = round(&mut ground, &mut tally, &plan, &when).await {
                let words = ground.people.iter().map(|one| one.last_words());
                let words = words.collect::<Vec<_>>().join("\n");
                tally.findings.broke(&when, &format!("a wallet does not work: {error}"), &words);
                break;
            }
        }
        ground.end(options.keep && tally.found() > 0).await;
    }
    let line = tally.of_losses();
    if options.believed {
        let found = tally.count(Kind::Stale);
        return (format!("{line}\ncontrol copy-believed found {found}"), found > 0);
    }
    (line, tally.found() == 0)
}

async fn round(
    ground: &mut Ground,
    tally: &mut Tally,
    plan: &Plan,
    when: &str,
) -> Result<(), CallError> {
    if ground.witness.is_none() {
        for person in &mut ground.people {
            person.keep_elsewhere().await?;
        }
        let unexplained = oracles::audit(ground).await?.unexplained();
        let words = ground.people.iter().filter_map(|one| one.elsewhere.as_ref());
        let words = words.map(|elsewhere| elsewhere.words.as_str());
        ground.witness = Some(Witness::of(&ground.network, words, unexplained));
    }
    ground.prepare().await?;
    Round { ground, tally, plan, when: when.to_owned() }.play().await
}
