//! What every answer is made from.

use super::Lies;
use crate::chain::{PracticeChain, View};

/// What every answer is made from.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) chain: PracticeChain,
    pub(crate) lies: Lies,
}

impl Source {
    /// Reads the chain as it is, or as it was when a lie froze it.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        match self.lies.told().frozen {
            Some(frozen) => look(&frozen.0),
            None => self.chain.read(look),
        }
    }
}
