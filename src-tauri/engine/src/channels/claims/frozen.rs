//! Between LDK's "nothing left to claim" and what it hands over to be swept.

use super::ClaimableBalances;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// While the chain is read and until the loop has handled what came of it, a monitor has let go of outputs that the sweeper
/// does not have yet. Meanwhile the claims are those from before.
#[derive(Default)]
pub(crate) struct FrozenBalances(Mutex<Claimed>);

#[derive(Default)]
struct Claimed {
    /// By `user_channel_id`, during a pause.
    before: Option<BTreeMap<u128, ClaimableBalances>>,
    /// The chain is read; the loop's next turn ends the pause.
    ending: bool,
}

impl FrozenBalances {
    /// Begins. A pause that has not ended goes on.
    pub(crate) fn begin(&self, claims: impl FnOnce() -> BTreeMap<u128, ClaimableBalances>) {
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
    pub(crate) fn claims(
        &self,
        user_id: u128,
        now: impl FnOnce() -> ClaimableBalances,
    ) -> ClaimableBalances {
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

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::Txid;
    use bitcoin::hashes::Hash;

    fn watching(number: u8) -> ClaimableBalances {
        ClaimableBalances {
            watched: vec![Txid::from_byte_array([number; 32])],
            ..ClaimableBalances::default()
        }
    }

    fn seen(pause: &FrozenBalances, user_id: u128, now: u8) -> ClaimableBalances {
        pause.claims(user_id, || watching(now))
    }

    #[test]
    fn what_was_claimed_counts_until_the_turn_after_the_chain_was_read() {
        let pause = FrozenBalances::default();
        let is =
            |claims: &ClaimableBalances, number: u8| claims.watched == watching(number).watched;
        assert!(is(&seen(&pause, 1, 10), 10), "without a pause it is what is true now");

        pause.begin(|| BTreeMap::from([(1, watching(10))]));
        assert!(is(&seen(&pause, 1, 11), 10));
        // Closed meanwhile: as it first was.
        assert!(is(&seen(&pause, 2, 20), 20) && is(&seen(&pause, 2, 21), 20));

        pause.end();
        assert!(
            is(&seen(&pause, 1, 11), 10),
            "a turn that began before the chain was read ends nothing"
        );

        pause.chain_is_read();
        assert!(pause.is_ending());
        pause.end();
        assert!(is(&seen(&pause, 1, 11), 11) && is(&seen(&pause, 2, 22), 22));
        assert!(!pause.is_ending());
    }

    #[test]
    fn a_look_that_begins_before_the_turn_keeps_what_was_first() {
        let pause = FrozenBalances::default();
        pause.begin(|| BTreeMap::from([(1, watching(10))]));
        pause.chain_is_read();
        pause.begin(|| BTreeMap::from([(1, watching(11))]));
        assert!(!pause.is_ending());
        assert_eq!(seen(&pause, 1, 12).watched, watching(10).watched);
    }
}
