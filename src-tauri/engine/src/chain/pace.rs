//! How fast an estimate may move. A server names what it likes, and LDK pays what it is told if a channel closes: so what it
//! is told moves by a factor in ten minutes and by another in an hour, however often a server is asked. Blocks come no faster:
//! what pays too little for a mempool that fills at once can still be sped up when the estimate has followed.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One for each of the targets that a server is asked for.
pub(super) type Rates = [u32; 6];

/// In any hour the highest is at most so many times the lowest. Real hours have seen as much.
const MOST_PER_HOUR: u32 = 4;
/// In any ten minutes.
const MOST_PER_PART: u32 = 2;
/// The hour is remembered in so many parts, of ten minutes each.
const PARTS: usize = 6;
/// How many parts, with the present one, have at most so many times the lowest. Any ten minutes are within two parts. What one
/// limit leaves, the other never leaves empty: the fewer parts are among the more.
const LIMITS: [(u64, u32); 2] = [(PARTS as u64, MOST_PER_HOUR), (2, MOST_PER_PART)];

/// The estimates of the last hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pace {
    parts: [Option<Part>; PARTS],
}

/// The lowest and the highest while one part of the hour lasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    number: u64,
    least: Rates,
    most: Rates,
}

impl Pace {
    /// What may be used now, of what is listed. `last` are the rates used last, and when.
    pub(super) fn limit(
        &self,
        listed: Rates,
        last: (Rates, Timestamp),
        now: Timestamp,
        hour: Duration,
    ) -> Rates {
        let number = number(now, hour);
        // A clock that was put back has parts that are still to come.
        let within = |parts: u64| {
            let is_within = move |part: &&Part| number.saturating_sub(part.number) < parts;
            self.parts.iter().flatten().filter(is_within)
        };
        let mut limited = listed;
        for (place, rate) in limited.iter_mut().enumerate() {
            if within(PARTS as u64).next().is_none() {
                let factor = after(last.1, now, hour);
                let last = last.0[place];
                *rate = (*rate).clamp(last / factor, last.saturating_mul(factor));
            }
            for (parts, factor) in LIMITS {
                let least = within(parts).map(|part| part.least[place]).min();
                let most = within(parts).map(|part| part.most[place]).max();
                if let Some((least, most)) = least.zip(most) {
                    // In a row that is damaged they may be further apart.
                    *rate = (*rate).max(most / factor).min(least.saturating_mul(factor));
                }
            }
        }
        limited
    }

    /// These are used from now on.
    pub(super) fn note(&mut self, rates: Rates, now: Timestamp, hour: Duration) {
        let number = number(now, hour);
        let place = usize::try_from(number % PARTS as u64).unwrap_or_default();
        let part = &mut self.parts[place];
        let fresh = Part { number, least: rates, most: rates };
        let seen = part.filter(|part| part.number == number).unwrap_or(fresh);
        let each = |pick: fn(u32, u32) -> u32, known: Rates| {
            std::array::from_fn(|place| pick(known[place], rates[place]))
        };
        *part = Some(Part {
            number,
            least: each(u32::min, seen.least),
            most: each(u32::max, seen.most),
        });
    }
}

/// A factor for this hour and one for each that nobody asked in.
fn after(last: Timestamp, now: Timestamp, hour: Duration) -> u32 {
    let hours = now.secs().saturating_sub(last.secs()) / hour.as_secs().max(1);
    MOST_PER_HOUR.saturating_pow(u32::try_from(hours).unwrap_or(u32::MAX).saturating_add(1))
}

fn number(now: Timestamp, hour: Duration) -> u64 {
    now.secs() / (hour.as_secs() / PARTS as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    /// What is used when these are listed at these seconds.
    fn used(listed: &[(u64, u32)]) -> Vec<u32> {
        let (mut pace, mut last) = (Pace::default(), ([1000; 6], Timestamp::from_secs(0)));
        pace.note(last.0, last.1, HOUR);
        listed
            .iter()
            .map(|&(secs, rate)| {
                let now = Timestamp::from_secs(secs);
                let rates = pace.limit([rate; 6], last, now, HOUR);
                pace.note(rates, now, HOUR);
                last = (rates, now);
                rates[0]
            })
            .collect()
    }

    /// The hour then has what no hour can have, and a rate comes of it all the same.
    #[test]
    fn a_clock_that_is_put_back_after_silent_hours_ends_nothing() {
        assert_eq!(used(&[(18_600, 1_000_000), (0, 1000)]), [1_000_000, 2000]);
    }

    #[test]
    fn asking_often_moves_it_no_further() {
        assert_eq!(used(&[(45, 500_000), (90, 500_000), (135, 500_000)]), [2000, 2000, 2000]);
        assert_eq!(used(&[(45, 600), (90, 1), (135, 1)]), [600, 500, 500]);
        assert_eq!(
            used(&[(45, 4000), (90, 250), (135, 4000)]),
            [2000, 1000, 2000],
            "not even down"
        );
    }

    #[test]
    fn it_doubles_in_ten_minutes_and_again_in_the_hour() {
        let looks = [45, 1199, 1200, 2400, 3599, 3600].map(|secs| (secs, 500_000));
        assert_eq!(used(&looks), [2000, 2000, 4000, 4000, 4000, 8000]);
    }

    #[test]
    fn no_hour_and_no_ten_minutes_have_more_than_their_factor() {
        // Half an hour dear, half an hour cheap, and every look the other way.
        for (together, most) in [(40, 4000), (1, 1000)] {
            let listed = |n: u64| if (n / together).is_multiple_of(2) { 500_000 } else { 1 };
            let looks: Vec<(u64, u32)> = (1..800).map(|n| (n * 45, listed(n))).collect();
            let used = used(&looks);
            // Looks within an hour, and within ten minutes.
            for (looks, factor) in [(3600 / 45 - 14, MOST_PER_HOUR), (600 / 45, MOST_PER_PART)] {
                for (at, window) in used.windows(looks).enumerate() {
                    let (least, most) =
                        (window.iter().min().unwrap(), window.iter().max().unwrap());
                    assert!(most / factor <= *least, "{at}: {least} to {most}");
                }
            }
            assert_eq!(used.iter().max(), Some(&most));
        }
    }

    #[test]
    fn it_follows_what_stays() {
        let looks: Vec<(u64, u32)> = (1..600).map(|n| (n * 45, 400_000)).collect();
        assert_eq!(used(&looks).last(), Some(&400_000), "in some hours");
    }

    #[test]
    fn hours_without_a_look_count() {
        assert_eq!(used(&[(2 * 3600, 500_000)]), [64_000]);
        assert_eq!(used(&[(30 * 24 * 3600, 500_000)]), [500_000]);
    }
}
