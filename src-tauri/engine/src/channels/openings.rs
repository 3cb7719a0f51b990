//! Openings that someone waits for.

use crate::amount::Sat;
use crate::channels::ChannelError;
use bitcoin::FeeRate;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use tokio::sync::oneshot;

/// What a person agreed to pay for the funding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FundingTerms {
    pub(crate) rate: FeeRate,
    /// As it was shown.
    pub(crate) fee: Sat,
}

/// Openings that someone waits for.
#[derive(Default)]
pub(crate) struct Openings {
    waiting: Mutex<HashMap<u128, Waiting>>,
}

struct Waiting {
    terms: FundingTerms,
    sender: oneshot::Sender<Result<(), ChannelError>>,
}

/// Someone waits for an opening, for as long as this is there.
pub(crate) struct Opening<'a> {
    openings: &'a Openings,
    pub(crate) user_id: u128,
    pub(crate) outcome: oneshot::Receiver<Result<(), ChannelError>>,
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        self.openings.lock().remove(&self.user_id);
    }
}

impl Openings {
    pub(crate) fn wait(&self, user_id: u128, terms: FundingTerms) -> Opening<'_> {
        let (sender, outcome) = oneshot::channel();
        self.lock().insert(user_id, Waiting { terms, sender });
        Opening { openings: self, user_id, outcome }
    }

    /// What may be paid for the funding. Nothing if nobody waits for it any more: then it must not be funded.
    pub(crate) fn terms(&self, user_id: u128) -> Option<FundingTerms> {
        self.lock().get(&user_id).map(|waiting| waiting.terms)
    }

    /// The opening is decided. Nobody waiting is fine.
    pub(crate) fn decided(&self, user_id: u128, outcome: Result<(), ChannelError>) {
        if let Some(waiting) = self.lock().remove(&user_id) {
            drop(waiting.sender.send(outcome));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u128, Waiting>> {
        self.waiting.lock().expect("openings lock is never poisoned")
    }
}
