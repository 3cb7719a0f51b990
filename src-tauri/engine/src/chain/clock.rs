//! Blocks carry the time. A computer's clock that is far from theirs is reported: requests and invoices have hours, and a
//! wrong clock makes each of them look expired.

use super::Tip;
use crate::time::Timestamp;
use crate::view::{ClockOffset, NetworkId};

/// A block may be so far ahead of the time it was found at (`MAX_FUTURE_BLOCK_TIME`), and so far it may seem behind.
const ALLOWED_SECS: u64 = 2 * 60 * 60;
/// On a network where blocks come every ten minutes, no block for so long does not happen.
const SILENCE_SECS: u64 = 6 * 60 * 60;
/// A block that came between two looks so close together has just been found.
const JUST_NOW_SECS: u64 = 15 * 60;

/// What the blocks say of this computer's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    last: Option<(Tip, Timestamp)>,
    offset: Option<ClockOffset>,
}

impl Clock {
    /// How far the clock is beside the blocks' time, if that is more than two hours.
    pub(crate) fn offset(&self) -> Option<ClockOffset> {
        self.offset
    }

    /// A look at the chain found this tip.
    pub(crate) fn sees(&mut self, tip: Tip, now: Timestamp, network: NetworkId) {
        let before = self.last.replace((tip, now));
        let ahead = tip.time.secs().saturating_sub(now.secs());
        let behind = now.secs().saturating_sub(tip.time.secs());
        let is_new = before.is_some_and(|(last, _)| last.hash != tip.hash);
        let just_now =
            before.is_some_and(|(_, at)| now.secs().saturating_sub(at.secs()) <= JUST_NOW_SECS);
        let has_just_come = behind > ALLOWED_SECS && is_new && just_now;
        let stays_away = behind > SILENCE_SECS && network.parameters().has_regular_blocks;
        if ahead > ALLOWED_SECS {
            self.offset = Some(ClockOffset::Behind { secs: ahead });
        } else if has_just_come || stays_away {
            self.offset = Some(ClockOffset::Ahead { secs: behind });
        } else if behind <= ALLOWED_SECS || matches!(self.offset, Some(ClockOffset::Behind { .. }))
        {
            self.offset = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::BlockHash;
    use bitcoin::hashes::Hash;

    const HOUR: u64 = 3600;
    const NOW: u64 = 1_800_000_000;

    fn tip(number: u8, time: u64) -> Tip {
        Tip {
            height: number.into(),
            hash: BlockHash::from_byte_array([number; 32]),
            time: Timestamp::from_secs(time),
        }
    }

    fn after(looks: &[(u8, u64, u64)], network: NetworkId) -> Option<ClockOffset> {
        let mut clock = Clock::default();
        for &(number, block, now) in looks {
            clock.sees(tip(number, block), Timestamp::from_secs(now), network);
        }
        clock.offset()
    }

    #[test]
    fn a_slow_clock_is_known_by_one_block() {
        let network = NetworkId::Practice;
        assert_eq!(after(&[(1, NOW + 2 * HOUR, NOW)], network), None, "allowed");
        let slow = Some(ClockOffset::Behind { secs: 2 * HOUR + 1 });
        assert_eq!(after(&[(1, NOW + 2 * HOUR + 1, NOW)], network), slow);
        assert_eq!(
            after(&[(1, NOW + 3 * HOUR, NOW), (2, NOW, NOW + 45)], network),
            None,
            "put right"
        );
        assert_eq!(
            after(&[(1, NOW + 3 * HOUR, NOW), (1, NOW + 3 * HOUR, NOW + 8 * HOUR)], network),
            None
        );
    }

    #[test]
    fn a_fast_clock_is_known_by_a_block_that_has_just_come() {
        let network = NetworkId::Practice;
        let fast = Some(ClockOffset::Ahead { secs: 3 * HOUR });
        let old = (1, NOW - 3 * HOUR, NOW);
        assert_eq!(after(&[old], network), None, "it may be old");
        let new = (2, NOW + 45 - 3 * HOUR, NOW + 45);
        assert_eq!(after(&[old, new], network), fast);
        let unchanged = (2, NOW + 45 - 3 * HOUR, NOW + 90);
        assert_eq!(after(&[old, new, unchanged], network), fast, "nothing says otherwise");
        assert_eq!(after(&[old, new, (3, NOW + 90, NOW + 90)], network), None);
        let late = (2, NOW + 4 * HOUR, NOW + 7 * HOUR);
        assert_eq!(after(&[old, late], network), None, "found while nobody looked");
    }

    #[test]
    fn blocks_that_stay_away_are_told_where_they_come_by_themselves() {
        let old = [(1, NOW - 7 * HOUR, NOW)];
        assert_eq!(after(&old, NetworkId::Mainnet), Some(ClockOffset::Ahead { secs: 7 * HOUR }));
        assert_eq!(after(&old, NetworkId::Regtest), None);
    }

    #[test]
    fn the_time_is_put_right() {
        let now = Timestamp::from_secs(NOW);
        assert_eq!(ClockOffset::Behind { secs: 3 * HOUR }.corrected(now).secs(), NOW + 3 * HOUR);
        assert_eq!(ClockOffset::Ahead { secs: 3 * HOUR }.corrected(now).secs(), NOW - 3 * HOUR);
    }
}
