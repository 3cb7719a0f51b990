//! What a server showed of packages, without which a commitment that pays too little alone stays here.

use std::sync::{Mutex, MutexGuard};

/// See the module.
#[derive(Default)]
pub(super) struct Packages(Mutex<Option<bool>>);

impl Packages {
    /// Whether it takes them. `None`: it showed nothing yet.
    pub(super) fn taken(&self) -> Option<bool> {
        *self.shown()
    }

    pub(super) fn show(&self, taken: bool) {
        *self.shown() = Some(taken);
    }

    fn shown(&self) -> MutexGuard<'_, Option<bool>> {
        self.0.lock().expect("never poisoned: nothing panics there")
    }
}
