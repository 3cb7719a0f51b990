//! A server that asks to be left alone (`Retry-After`, RFC 9110) is, whoever of us asks: [`super::http`], or BDK and LDK through
//! the client that they are given.

use crate::http::time_of;
use crate::time::Timestamp;
use esplora_client::Throttle;
use reqwest::Response;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// What is over sooner is nothing: a request is repeated no earlier anyway.
const SHORTEST: Duration = Duration::from_secs(1);
/// It is left alone for as long as it says, but no longer than this: who lies can only delay.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Until when one server is not asked, if it said so. Shared by all that ask it.
#[derive(Debug, Default)]
pub(super) struct RetryAfter(Mutex<Option<Instant>>);

impl RetryAfter {
    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().expect("never poisoned: nothing panics there")
    }
}

impl Throttle for RetryAfter {
    fn may_ask(&self) -> bool {
        self.until().is_none_or(|until| until <= Instant::now())
    }

    fn answered(&self, answer: &Response) {
        if matches!(answer.status().as_u16(), 429 | 503)
            && let Some(rest) = rest(answer.headers(), Timestamp::now())
        {
            *self.until() = Some(Instant::now() + rest);
        }
    }
}

/// How long a server asks to be left alone: in seconds, or until a time by its own clock if it names one.
fn rest(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: HeaderName| Some(headers.get(name)?.to_str().ok()?.trim());
    let said = text(RETRY_AFTER)?;
    let secs = said.parse().ok().or_else(|| {
        let now = text(DATE).and_then(time_of).unwrap_or(now);
        time_of(said)?.secs().checked_sub(now.secs())
    });
    let rest = Duration::from_secs(secs?).min(LONGEST);
    (rest > SHORTEST).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_is_said_in_seconds_or_as_a_time_of_the_servers_clock() {
        let now = time_of("Sun, 06 Nov 1994 08:00:00 GMT").unwrap();
        let rest = |said: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, said.parse().unwrap());
            date.map(|date| headers.insert(DATE, date.parse().unwrap()));
            rest(&headers, now).map(|rest| rest.as_secs())
        };
        assert_eq!(rest("120", None), Some(120));
        assert_eq!(rest("99999999999", None), Some(LONGEST.as_secs()));
        for nothing in ["0", "1", "-5", "soon", ""] {
            assert_eq!(rest(nothing, None), None, "{nothing}");
        }
        let until = "Sun, 06 Nov 1994 08:02:00 GMT";
        assert_eq!(rest(until, None), Some(120), "by our clock");
        assert_eq!(rest(until, Some("Sun, 06 Nov 1994 08:01:30 GMT")), Some(30), "by its own");
        assert_eq!(rest(until, Some("Sun, 06 Nov 1994 09:00:00 GMT")), None, "it is over");
    }
}
