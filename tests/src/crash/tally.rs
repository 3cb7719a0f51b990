//! The figures, and the last line.

use super::findings::{Findings, Kind};
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
    pub(crate) findings: Findings,
}

impl Tally {
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
        let kinds = [Kind::Lost, Kind::Doubled, Kind::Closed, Kind::Stuck, Kind::Raced];
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
