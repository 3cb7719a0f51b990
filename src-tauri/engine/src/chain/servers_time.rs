//! What servers say the time is (`Date`, RFC 9110). Blocks cannot tell ten minutes: their times may be two hours ahead, and lag
//! an hour. One server may lie, so that what most of them say counts, and none of it stops a payment: it is named.

use crate::time::Timestamp;
use crate::view::{ClockOffset, ClockWitness};
use std::collections::BTreeMap;

/// Beside this computer's clock by more than this is worth naming.
const ALLOWED_SECS: u64 = 10 * 60;
/// What was heard so long ago says nothing of the clock of today: it may have been put right since.
const FRESH_SECS: u64 = 30 * 60;
/// As many servers are remembered.
const MOST: usize = 16;

/// By the name of its host, what each said last: its time, and ours then.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServersTime(BTreeMap<String, (Timestamp, Timestamp)>);

impl ServersTime {
    pub(crate) fn hears(&mut self, host: &str, said: Timestamp, now: Timestamp) {
        self.0.retain(|_, (_, at)| is_fresh(*at, now));
        if self.0.len() < MOST || self.0.contains_key(host) {
            self.0.insert(host.to_owned(), (said, now));
        }
    }

    /// How far this computer's clock is beside theirs. Of two that differ, the one that is nearer to ours.
    pub(crate) fn offset(&self, now: Timestamp) -> Option<ClockOffset> {
        let fresh = self.0.values().filter(|(_, at)| is_fresh(*at, now));
        let mut all: Vec<i128> =
            fresh.map(|(said, at)| i128::from(said.secs()) - i128::from(at.secs())).collect();
        all.sort_unstable();
        let (low, high) = (all.get(all.len().checked_sub(1)? / 2)?, all.get(all.len() / 2)?);
        let most = if low.unsigned_abs() < high.unsigned_abs() { low } else { high };
        let secs = u64::try_from(most.unsigned_abs()).ok().filter(|secs| *secs > ALLOWED_SECS)?;
        let by = ClockWitness::Servers;
        Some(if *most > 0 {
            ClockOffset::Behind { secs, by }
        } else {
            ClockOffset::Ahead { secs, by }
        })
    }
}

/// Not from the future either: the clock was put back since.
fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
    at <= now && now <= at.after(FRESH_SECS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    /// What servers are beside our clock, in seconds.
    fn told(offsets: &[i64]) -> Option<ClockOffset> {
        let mut servers = ServersTime::default();
        for (number, offset) in offsets.iter().enumerate() {
            let said = NOW.secs().checked_add_signed(*offset).unwrap();
            servers.hears(&number.to_string(), Timestamp::from_secs(said), NOW);
        }
        servers.offset(NOW)
    }

    fn slow(secs: u64) -> Option<ClockOffset> {
        Some(ClockOffset::Behind { secs, by: ClockWitness::Servers })
    }

    fn fast(secs: u64) -> Option<ClockOffset> {
        Some(ClockOffset::Ahead { secs, by: ClockWitness::Servers })
    }

    #[test]
    fn more_than_ten_minutes_are_named_and_one_liar_among_several_is_not_believed() {
        for (offsets, wanted) in [
            (&[][..], None),
            (&[0], None),
            (&[600], None),
            (&[-600], None),
            (&[601], slow(601)),
            (&[-601], fast(601)),
            // Of two that differ the nearer one counts.
            (&[0, 5_000], None),
            (&[-5_000, 3], None),
            (&[700, 5_000], slow(700)),
            (&[-5_000, -700], fast(700)),
            (&[-5_000, 4_000], slow(4_000)),
            // Of three the one in the middle.
            (&[0, 2, 90_000_000], None),
            (&[900, 910, 0], slow(900)),
            (&[-900, -910, 90_000_000], fast(900)),
            (&[i64::from(i32::MAX), 1, -1_000_000_000], None),
        ] {
            assert_eq!(told(offsets), wanted, "{offsets:?}");
        }
    }

    #[test]
    fn what_was_heard_before_the_clock_was_put_right_is_forgotten() {
        let mut servers = ServersTime::default();
        servers.hears("a", NOW.after(3_600), NOW);
        assert_eq!(servers.offset(NOW), slow(3_600));
        assert_eq!(servers.offset(NOW.after(1_800)), slow(3_600));
        assert_eq!(servers.offset(NOW.after(1_801)), None, "long ago");
        assert_eq!(servers.offset(Timestamp::from_secs(NOW.secs() - 1)), None, "put back since");
        servers.hears("a", NOW.after(3_600), NOW.after(3_600));
        assert_eq!(servers.offset(NOW.after(3_600)), None, "it says so itself");
    }

    #[test]
    fn many_hosts_take_no_room() {
        let mut servers = ServersTime::default();
        for number in 0..1_000 {
            servers.hears(&number.to_string(), NOW, NOW);
        }
        assert_eq!(servers.0.len(), MOST);
        servers.hears("0", NOW.after(9_000), NOW);
        assert_eq!(servers.0["0"].0, NOW.after(9_000), "who is known is heard again");
    }
}
