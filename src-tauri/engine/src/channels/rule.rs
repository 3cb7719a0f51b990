//! Whether one more channel may be opened or accepted. One pure rule for every network; what a network asks for stands in its
//! row of the table (`network`).

use crate::amount::Sat;
use crate::core::Core;
use crate::error::Code;
use crate::view::{CopyState, CopyView};

/// A copy may lag so long behind the vault and still counts as fresh.
const FRESH_MILLIS: u64 = 60_000;

/// What is known before a channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// The network wants what follows but the reserve, too.
    pub(crate) safeguards: bool,
    pub(crate) quarantined: bool,
    /// The state of a channel is old, and its peer has not closed it yet.
    pub(crate) stale: bool,
    pub(crate) words_proven: bool,
    pub(crate) copy: CopyStanding,
    /// Coins that pay for its close by force.
    pub(crate) reserve: bool,
    /// The sizes of all channels, and of this one.
    pub(crate) total: Sat,
    pub(crate) cap: Sat,
}

/// The living copy, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyStanding {
    Fresh,
    /// There is one, and it is not up to date.
    Old,
    /// There is none, and nobody said that there shall be none.
    Missing,
    /// A person typed that there shall be none.
    Waived,
}

impl CopyStanding {
    pub(crate) fn of(copy: &CopyView, waived: bool) -> Self {
        match copy.state {
            CopyState::Off if waived => Self::Waived,
            CopyState::Off => Self::Missing,
            CopyState::UpToDate => Self::Fresh,
            CopyState::CatchingUp
                if copy.written_at_secs.is_some()
                    && copy.lag_millis.is_some_and(|lag| lag <= FRESH_MILLIS) =>
            {
                Self::Fresh
            }
            _ => Self::Old,
        }
    }
}

/// Why there may be no such channel: what a person should see to first.
pub(crate) fn obstacle(standing: &Standing) -> Option<Code> {
    let wanted = standing.safeguards;
    let rules = [
        (standing.quarantined, Code::Quarantine),
        (wanted && standing.stale, Code::ChannelStale),
        (wanted && !standing.words_proven, Code::WordsNotProven),
        (wanted && standing.copy == CopyStanding::Missing, Code::CopyWanted),
        (wanted && standing.copy == CopyStanding::Old, Code::CopyNotFresh),
        (!standing.reserve, Code::InsufficientBalance),
        (wanted && standing.total > standing.cap, Code::ChannelCap),
    ];
    rules.into_iter().find(|(broken, _)| *broken).map(|(_, code)| code)
}

/// How it is now, for one more channel of this size.
pub(crate) fn standing(core: &Core, size: Sat, reserve: bool) -> Standing {
    let parameters = &core.settings.network.parameters().channels;
    let listed = core.node.manager.list_channels();
    let sizes = listed.iter().map(|channel| Sat::new(channel.channel_value_satoshis));
    let stale = core.records.all().into_iter().any(|record| {
        record.stale && !record.ending.as_ref().is_some_and(|ending| ending.resolved)
    });
    Standing {
        safeguards: parameters.safeguards || core.settings.tunables.safeguards,
        quarantined: core.freshness.is_quarantined(),
        stale,
        words_proven: core.words_are_backed_up(),
        copy: CopyStanding::of(&core.copying.view(), core.safeguards.no_copy()),
        reserve,
        total: Sat::sum(sizes.chain([size])).unwrap_or(Sat::new(u64::MAX)),
        cap: core.safeguards.cap(),
    }
}

#[cfg(test)]
mod tests;
