//! Blocks carry the time, and servers say it. A computer's clock that is far from theirs is reported: requests and invoices
//! have hours, some have minutes, and a wrong clock makes each of them look expired. Blocks tell two hours, most servers together
//! ten minutes. Neither stops anything: what has expired is refused by this computer's clock, and the refusal then names the
//! clock. Blocks that stay away are no sign of it: see [`super::silence`].

use super::Tip;
use super::servers_time::ServersTime;
use crate::time::Timestamp;
use crate::view::{ClockOffset, ClockWitness};

/// A block may be so far ahead of the time it was found at (`MAX_FUTURE_BLOCK_TIME`), and so far it may seem behind.
const ALLOWED_SECS: u64 = 2 * 60 * 60;
/// A block that came between two looks so close together has just been found.
const JUST_NOW_SECS: u64 = 15 * 60;

/// What blocks and servers say of this computer's clock.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    last: Option<(Tip, Timestamp)>,
    offset: Option<ClockOffset>,
    /// A block that had just come was of about our time.
    agrees: bool,
    servers: ServersTime,
    /// By the servers.
    said: Option<ClockOffset>,
}

impl Clock {
    /// How far the clock is beside the blocks' time, if that is more than two hours; else beside the servers'.
    pub(crate) fn offset(&self) -> Option<ClockOffset> {
        self.offset.or(self.said)
    }

    /// A server said what time it is. `at` is ours, when it did.
    pub(crate) fn hears(&mut self, host: &str, said: Timestamp, at: Timestamp) {
        self.servers.hears(host, said, at);
        self.weigh(at);
    }

    /// Servers that contradict a block which has just come are wrong.
    fn weigh(&mut self, now: Timestamp) {
        let possible = |offset: &ClockOffset| !self.agrees || offset.secs() <= 2 * ALLOWED_SECS;
        self.said = self.servers.offset(now).filter(possible);
    }

    /// A look at the chain found this tip.
    pub(crate) fn sees(&mut self, tip: Tip, now: Timestamp) {
        let before = self.last.replace((tip, now));
        let ahead = tip.time.secs().saturating_sub(now.secs());
        let behind = now.secs().saturating_sub(tip.time.secs());
        let is_new = before.is_some_and(|(last, _)| last.hash != tip.hash);
        let just_now =
            before.is_some_and(|(_, at)| now.secs().saturating_sub(at.secs()) <= JUST_NOW_SECS);
        let has_just_come = behind > ALLOWED_SECS && is_new && just_now;
        let by = ClockWitness::Blocks;
        if ahead > ALLOWED_SECS {
            self.offset = Some(ClockOffset::Behind { secs: ahead, by });
        } else if has_just_come {
            self.offset = Some(ClockOffset::Ahead { secs: behind, by });
        } else if behind <= ALLOWED_SECS || matches!(self.offset, Some(ClockOffset::Behind { .. }))
        {
            self.offset = None;
        }
        if is_new && just_now {
            self.agrees = ahead.max(behind) <= ALLOWED_SECS;
        }
        self.weigh(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::BlockHash;
    use bitcoin::hashes::Hash;

    const HOUR: u64 = 3600;
    const NOW: u64 = 1_800_000_000;

    fn slow_by(secs: u64) -> ClockOffset {
        ClockOffset::Behind { secs, by: ClockWitness::Blocks }
    }

    fn fast_by(secs: u64) -> ClockOffset {
        ClockOffset::Ahead { secs, by: ClockWitness::Blocks }
    }

    fn tip(number: u8, time: u64) -> Tip {
        Tip {
            height: number.into(),
            hash: BlockHash::from_byte_array([number; 32]),
            time: Timestamp::from_secs(time),
        }
    }

    fn after(looks: &[(u8, u64, u64)]) -> Option<ClockOffset> {
        let mut clock = Clock::default();
        for &(number, block, now) in looks {
            clock.sees(tip(number, block), Timestamp::from_secs(now));
        }
        clock.offset()
    }

    #[test]
    fn a_slow_clock_is_known_by_one_block() {
        assert_eq!(after(&[(1, NOW + 2 * HOUR, NOW)]), None, "allowed");
        let slow = Some(slow_by(2 * HOUR + 1));
        assert_eq!(after(&[(1, NOW + 2 * HOUR + 1, NOW)]), slow);
        let ahead = (1, NOW + 3 * HOUR, NOW);
        assert_eq!(after(&[ahead, (2, NOW, NOW + 45)]), None, "put right");
        assert_eq!(after(&[ahead, (1, NOW + 3 * HOUR, NOW + 8 * HOUR)]), None);
    }

    #[test]
    fn a_fast_clock_is_known_by_a_block_that_has_just_come() {
        let fast = Some(fast_by(3 * HOUR));
        let old = (1, NOW - 3 * HOUR, NOW);
        assert_eq!(after(&[old]), None, "it may be old");
        let stays = (1, NOW - 3 * HOUR, NOW + 9 * HOUR);
        assert_eq!(after(&[old, stays]), None, "blocks that stay away are another matter");
        let new = (2, NOW + 45 - 3 * HOUR, NOW + 45);
        assert_eq!(after(&[old, new]), fast);
        let unchanged = (2, NOW + 45 - 3 * HOUR, NOW + 90);
        assert_eq!(after(&[old, new, unchanged]), fast, "nothing says otherwise");
        assert_eq!(after(&[old, new, (3, NOW + 90, NOW + 90)]), None);
        let late = (2, NOW + 4 * HOUR, NOW + 7 * HOUR);
        assert_eq!(after(&[old, late]), None, "found while nobody looked");
    }

    #[test]
    fn servers_name_less_and_blocks_are_believed_before_them() {
        let at = |secs| Timestamp::from_secs(secs);
        let said = |secs| Some(ClockOffset::Behind { secs, by: ClockWitness::Servers });
        let mut clock = Clock::default();
        clock.hears("a.example", at(NOW + 1_200), at(NOW));
        assert_eq!(clock.offset(), said(1_200), "blocks say nothing yet");
        clock.sees(tip(1, NOW), at(NOW));
        assert_eq!(clock.offset(), said(1_200));
        clock.hears("a.example", at(NOW + 90 * HOUR), at(NOW));
        assert_eq!(clock.offset(), said(90 * HOUR), "the tip may be old");
        clock.sees(tip(2, NOW + 45), at(NOW + 45));
        assert_eq!(clock.offset(), None, "a new block is of our time");
        clock.hears("a.example", at(NOW + 45 + 2 * HOUR), at(NOW + 45));
        assert_eq!(clock.offset(), said(2 * HOUR), "blocks do not tell as much");
        clock.sees(tip(3, NOW + 5 * HOUR), at(NOW + 90));
        assert_eq!(clock.offset(), Some(slow_by(5 * HOUR - 90)));
        clock.sees(tip(4, NOW + 4 * HOUR), at(NOW + 4 * HOUR));
        assert_eq!(clock.offset(), None, "put right, and the server said it long ago");
    }

    #[test]
    fn the_time_is_put_right() {
        let now = Timestamp::from_secs(NOW);
        assert_eq!(slow_by(3 * HOUR).corrected(now).secs(), NOW + 3 * HOUR);
        assert_eq!(fast_by(3 * HOUR).corrected(now).secs(), NOW - 3 * HOUR);
    }
}
