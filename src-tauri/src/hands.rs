//! When a person last touched the window, as the system says. A page can pretend to be clicked, but not to this.

use crate::dto::ApiError;
use crate::error::Answer;
use fulmen_engine::error::Code;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// For so long after a click or a key, what the page asks for counts as asked for by a person.
const FRESH: Duration = Duration::from_secs(5);

/// See the module.
pub(crate) struct Hands {
    /// The system tells of clicks, and nobody drives the window.
    watched: bool,
    state: Mutex<State>,
}

struct State {
    /// The last click or key.
    pressed: Option<Instant>,
    /// The last sign of a person.
    seen: Instant,
}

impl Hands {
    /// `watched`: without it every call counts as a person's, for nobody tells of one.
    pub(crate) fn new(watched: bool, now: Instant) -> Self {
        Self { watched, state: Mutex::new(State { pressed: None, seen: now }) }
    }

    /// A click or a key.
    pub(crate) fn pressed(&self, now: Instant) {
        let mut state = self.lock();
        (state.pressed, state.seen) = (Some(now), now);
    }

    /// The pointer moved over the window, or it got the focus.
    pub(crate) fn moved(&self, now: Instant) {
        self.lock().seen = now;
    }

    /// How long nobody was seen.
    pub(crate) fn idle(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.lock().seen)
    }

    /// Refuses what nobody clicked for just now.
    pub(crate) fn just_now(&self, now: Instant) -> Answer<()> {
        let pressed = self.lock().pressed;
        let fresh = pressed.is_some_and(|then| now.saturating_duration_since(then) <= FRESH);
        if fresh || !self.watched {
            return Ok(());
        }
        Err(ApiError::new(Code::NoClick, "nobody clicked in the window just now"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("hands lock is never poisoned")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_counts_for_seconds_and_a_moved_pointer_is_none() {
        let begin = Instant::now();
        let at = |secs| begin + Duration::from_secs(secs);
        let hands = Hands::new(true, begin);
        assert!(hands.just_now(begin).is_err());
        hands.moved(at(1));
        assert!(hands.just_now(at(1)).is_err());
        hands.pressed(at(10));
        assert!(hands.just_now(at(15)).is_ok());
        assert!(hands.just_now(at(16)).is_err());
        assert_eq!(hands.idle(at(70)), Duration::from_secs(60));
        hands.moved(at(70));
        assert_eq!(hands.idle(at(70)), Duration::ZERO);
        assert!(Hands::new(false, begin).just_now(at(100)).is_ok(), "where nobody tells of clicks");
    }
}
