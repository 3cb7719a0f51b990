//! Between LDK's "nothing left to claim" and what it hands over to be swept.

use super::Claims;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// While the chain is read and until the loop has handled what came of it, a monitor has let go of outputs that the sweeper
/// does not have yet. Meanwhile the claims are those from before.
#[derive(Default)]
pub(crate) struct Pause(Mutex<Claimed>);

#[derive(Default)]
struct Claimed {
    /// By `user_channel_id`, during a pause.
    before: Option<BTreeMap<u128, Claims>>,
    /// The chain is read; the loop's next turn ends the pause.
    ending: bool,
}

impl Pause {
    /// Begins. A pause that has not ended goes on.
    pub(crate) fn begin(&self, claims: impl FnOnce() -> BTreeMap<u128, Claims>) {
        let mut state = self.lock();
        state.ending = false;
        state.before.get_or_insert_with(claims);
    }

    /// Monitors have heard all that there was.
    pub(crate) fn chain_is_read(&self) {
        self.lock().ending = true;
    }

    /// Whether a turn that begins now ends the pause.
    pub(crate) fn is_ending(&self) -> bool {
        self.lock().ending
    }

    /// All events are handled.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        if state.ending {
            *state = Claimed::default();
        }
    }

    /// The claims that count. A channel that closed during the pause counts as it first was in it.
    pub(crate) fn claims(&self, user_id: u128, now: impl FnOnce() -> Claims) -> Claims {
        let mut state = self.lock();
        match &mut state.before {
            Some(before) => before.entry(user_id).or_insert_with(now).clone(),
            None => {
                drop(state);
                now()
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Claimed> {
        self.0.lock().expect("never poisoned: a panic in the engine ends the process")
    }
}
