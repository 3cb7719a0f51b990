//! The figures, and the last line.

use super::findings::{Findings, Kind};
use fulmen_engine::amount::Sat;
use std::fmt;
use std::time::Duration;

/// See the module.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) kills: u32,
    pub(crate) restarts: Vec<Duration>,
    pub(crate) in_commit: u32,
    pub(crate) in_flight: u32,
    pub(crate) during_open: u32,
    pub(crate) during_close: u32,
    pub(crate) during_reorg: u32,
    /// Hub was killed too.
    pub(crate) with_hub: u32,
    pub(crate) losses: Losses,
    pub(crate) findings: Findings,
}

/// What became of lost disks.
#[derive(Default)]
pub(crate) struct Losses {
    pub(crate) losses: u32,
    /// The copy had not been written for a while.
    pub(crate) old: u32,
    /// The restore was killed, and done again.
    pub(crate) cut: u32,
    /// Channels that ended by a commitment nobody asked for: the copy was not the newest, and the peer closed.
    pub(crate) closed: u32,
    /// Channels that went on.
    pub(crate) kept: u32,
    /// At rest, in msat.
    pub(crate) lost: i128,
    /// Outputs of payments that were on their way, which nobody can claim any more.
    pub(crate) in_flight: Vec<Sat>,
    /// Outputs of a person's own close by force that words alone have no keys to.
    pub(crate) delayed: Vec<Sat>,
    /// Payments that were decided after the copy was written: the restored wallet does not say so.
    pub(crate) untold: u32,
    /// Of these, the ones that it shows as on their way for ever.
    pub(crate) undecided: u32,
}

impl Tally {
    /// The last line of a run that loses disks.
    pub(crate) fn of_losses(&self) -> String {
        let Losses { losses, old, cut, closed, kept, lost, in_flight, delayed, untold, undecided } =
            &self.losses;
        let count = |kind| self.count(kind);
        let sum = |values: &[Sat]| Sat::sum(values.iter().copied()).unwrap_or_default().get();
        let ms = |percent| self.restart(percent).as_millis();
        format!(
            "losses {losses} lost {} sat doubled {} closed {closed} stuck {} stale-broadcasts {} in-flight {} sat in \
             {} own-closes {} sat in {} kept {kept} old {old} cut {cut} untold {untold} undecided {undecided} wrong {} restore p50 {} ms p95 {} ms",
            lost / 1000,
            count(Kind::Doubled),
            count(Kind::Stuck),
            count(Kind::Stale),
            sum(in_flight),
            in_flight.len(),
            sum(delayed),
            delayed.len(),
            count(Kind::Lost) + count(Kind::Raced),
            ms(50),
            ms(95),
        )
    }

    /// The restart that this share of all restarts was not slower than.
    fn restart(&self, percent: usize) -> Duration {
        let mut all = self.restarts.clone();
        all.sort_unstable();
        let last = all.len().saturating_sub(1);
        all.get((all.len() * percent).div_ceil(100).saturating_sub(1).min(last))
            .copied()
            .unwrap_or_default()
    }

    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.findings.count(kind)
    }

    /// Everything that was found.
    pub(crate) fn found(&self) -> usize {
        let kinds =
            [Kind::Lost, Kind::Doubled, Kind::Closed, Kind::Stuck, Kind::Raced, Kind::Stale];
        kinds.into_iter().map(|kind| self.count(kind)).sum()
    }

    /// Each kind of moment was met.
    pub(crate) fn met_everything(&self) -> bool {
        let met = [
            self.in_commit,
            self.in_flight,
            self.during_open,
            self.during_close,
            self.during_reorg,
        ];
        met.iter().all(|count| *count > 0)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |kind| self.count(kind);
        let ms = |percent| self.restart(percent).as_millis();
        write!(
            f,
            "kills {} lost {} doubled {} closed {} stuck {} raced {} restart p50 {} ms p95 {} ms \
             in-commit {} in-flight {} during-open {} during-close {} during-reorg {} with-hub {}",
            self.kills,
            count(Kind::Lost),
            count(Kind::Doubled),
            count(Kind::Closed),
            count(Kind::Stuck),
            count(Kind::Raced),
            ms(50),
            ms(95),
            self.in_commit,
            self.in_flight,
            self.during_open,
            self.during_close,
            self.during_reorg,
            self.with_hub,
        )
    }
}
