//! What peers give back of what they keep for a wallet, and what the wallet told them of its channels before.

use fulmen_engine::probe::Probe;
use std::sync::{Arc, Mutex, MutexGuard};

/// What a peer gives back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// What it was given last.
    #[default]
    Truth,
    Nothing,
    /// The first that it ever gave back.
    First,
    Garbage,
    /// As much as a message can hold.
    TooMuch,
}

/// Peers of the wallets of one world. Clones share it.
#[derive(Clone, Default)]
pub struct Keepers(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    answer: Answer,
    first: Option<Vec<u8>>,
    given_back: usize,
    greeted: usize,
}

impl Keepers {
    /// From now on.
    pub fn answer(&self, answer: Answer) {
        self.lock().answer = answer;
    }

    /// How often something came back, and how many channels were told of since.
    pub fn counts(&self) -> (usize, usize) {
        let kept = self.lock();
        (kept.given_back, kept.greeted)
    }

    /// Looks on.
    pub(crate) fn watch(&self, probe: Probe) -> Probe {
        let (keepers, greeted) = (self.clone(), self.clone());
        probe
            .giving_back(move |blob| keepers.lock().gives_back(blob))
            .greeting(move |_| greeted.lock().greeted += 1)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().expect("not poisoned")
    }
}

impl Kept {
    fn gives_back(&mut self, blob: &mut Vec<u8>) -> bool {
        self.given_back += 1;
        let first = self.first.get_or_insert_with(|| blob.clone());
        match self.answer {
            Answer::Truth => {}
            Answer::Nothing => return false,
            Answer::First => blob.clone_from(first),
            Answer::Garbage => blob.fill(0xa5),
            Answer::TooMuch => blob.resize(65_500, 7),
        }
        true
    }
}
