//! A run that loses disks: worlds of some losses each, until there were as many as were asked for.

use super::findings::Kind;
use super::ground::Ground;
use super::loss::Loss;
use super::lost::Medium;
use super::oracles;
use super::plan::Plan;
use super::round::Round;
use super::tally::Tally;
use super::trace::strace_works;
use super::witness::Witness;
use crate::CallError;

/// After so many losses the world is made anew: its chain grows by some hundred blocks with each, and everyone becomes slower.
const WORLD: u32 = 10;

/// What is asked of a run.
#[derive(Clone, Debug)]
pub struct Losses {
    pub losses: u32,
    pub seed: u64,
    /// The first of the seed's plans that is played.
    pub from: u32,
    /// `story-wallet`.
    pub program: String,
    /// On what the copies are kept. `None`: there are none.
    pub medium: Option<Medium>,
    pub control: Option<LossControl>,
    /// Where files are kept after a failure.
    pub keep: bool,
}

/// A negative control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossControl {
    /// Nothing in the copy is doubted.
    Believed,
    /// What leaves does not wait for the server of the copy. The wallet is built so.
    NotWaiting,
}

impl LossControl {
    const ALL: [(Self, &str, Medium, Kind); 2] = [
        (Self::Believed, "copy-believed", Medium::Folder, Kind::Stale),
        (Self::NotWaiting, "strict-not-waiting", Medium::Vss, Kind::Closed),
    ];

    /// From its name on the command line, and on what its copy is kept.
    pub fn named(name: &str) -> Option<(Self, Medium)> {
        let found = Self::ALL.iter().find(|(_, known, ..)| *known == name);
        found.map(|(control, _, medium, _)| (*control, *medium))
    }

    /// Its name, and what the killer must find.
    fn told_by(self) -> (&'static str, Kind) {
        let found = Self::ALL.iter().find(|(control, ..)| *control == self);
        let (_, name, _, kind) = found.expect("all are listed");
        (name, *kind)
    }
}

/// Loses disks, and returns the last line and whether all is well. The control ends with the first finding.
pub async fn lose(options: &Losses) -> (String, bool) {
    let strace = strace_works();
    let log = std::env::var("CRASH_LOG").unwrap_or_else(|_| "warn".into());
    let mut arguments =
        vec!["mode=deferred".to_owned(), "reconnect=100".into(), format!("log={log}")];
    let told_by = options.control.map(LossControl::told_by);
    if options.control == Some(LossControl::NotWaiting) {
        arguments.extend(told_by.map(|(name, _)| format!("broken={name}")));
    }
    let mut tally = Tally::default();
    let mut number = options.from;
    let shown = |tally: &Tally| told_by.is_some_and(|(_, kind)| tally.count(kind) > 0);
    while tally.losses.losses < options.losses && !shown(&tally) {
        // A wallet that was punished is no ground for another loss.
        let size = if options.control.is_some() { 1 } else { WORLD };
        let end = options.losses.min(tally.losses.losses + size);
        let mut ground = Ground::new(&options.program, &arguments).await;
        while tally.losses.losses < end {
            let plan = Plan::draw(options.seed, number, strace, None);
            let plan = Loss::draw(plan, strace, options.medium, options.control);
            let when = format!(
                "loss {} (plan {number} of seed {})",
                tally.losses.losses + 1,
                options.seed
            );
            if std::env::var_os("CRASH_TELL").is_some() {
                eprintln!("{when}: {plan:?}");
            }
            number += 1;
            if let Err(error) = round(&mut ground, &mut tally, &plan, &when, options.medium).await {
                let words = ground.people.iter().map(|one| one.last_words());
                let words = words.collect::<Vec<_>>().join("\n");
                tally.findings.broke(&when, &format!("a wallet does not work: {error}"), &words);
                break;
            }
        }
        ground.end(options.keep && tally.found() > 0).await;
    }
    let line = tally.of_losses();
    if let Some((name, kind)) = told_by {
        let found = tally.count(kind);
        return (format!("{line}\ncontrol {name} found {found}"), found > 0);
    }
    (line, tally.found() == 0)
}

async fn round(
    ground: &mut Ground,
    tally: &mut Tally,
    plan: &Plan,
    when: &str,
    medium: Option<Medium>,
) -> Result<(), CallError> {
    if ground.witness.is_none() {
        for person in &mut ground.people {
            person.keep_elsewhere(medium).await?;
        }
        let unexplained = oracles::audit(ground).await?.unexplained();
        let words = ground.people.iter().filter_map(|one| one.elsewhere.as_ref());
        let words = words.map(|elsewhere| elsewhere.words.as_str());
        ground.witness = Some(Witness::of(&ground.network, words, unexplained));
    }
    ground.prepare().await?;
    Round { ground, tally, plan, when: when.to_owned() }.play().await
}
