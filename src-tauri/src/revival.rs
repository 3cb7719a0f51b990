//! A page whose process died is loaded again: the wallet itself runs on and tells the new page everything. A page that dies
//! again and again is left alone, so that nothing is worn out.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tauri::{Runtime, Webview};

/// So many times within [`WHILE`].
const MOST: usize = 5;
const WHILE: Duration = Duration::from_secs(60);

/// The last revivals.
#[derive(Default)]
pub(crate) struct Revivals(Mutex<VecDeque<Instant>>);

impl Revivals {
    /// Loads the page again.
    pub(crate) fn revive<R: Runtime>(&self, webview: &Webview<R>) {
        if !self.one_more(Instant::now()) {
            tracing::error!("the page died too often; it is left alone");
        } else if let Err(error) = webview.reload() {
            tracing::error!(%error, "cannot load the page again");
        }
    }

    fn one_more(&self, now: Instant) -> bool {
        let mut last = self.0.lock().expect("never poisoned: nothing in here panics");
        last.retain(|then| now.duration_since(*then) < WHILE);
        let allowed = last.len() < MOST;
        if allowed {
            last.push_back(now);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_times_a_minute_and_no_more() {
        let revivals = Revivals::default();
        let begin = Instant::now();
        let at = |secs| begin + Duration::from_secs(secs);
        assert!((0..5).all(|secs| revivals.one_more(at(secs))));
        assert!(!revivals.one_more(at(5)));
        assert!(!revivals.one_more(at(59)));
        assert!(revivals.one_more(at(60)), "the first is long ago");
        assert!(!revivals.one_more(at(60)));
        assert!(revivals.one_more(at(200)));
    }
}
