//! The living copy, as a person has it. Each of these is an explicit act.

use super::Wallet;
use crate::copy::{CopyError, Place, choose_place, copy_now, turn_off};
use crate::view::CopyView;

impl Wallet {
    /// How the copy is.
    pub fn copy(&self) -> CopyView {
        self.core().copying.view()
    }

    /// Keeps the copy in this place from now on: in a directory of its own, or on a server. What was kept elsewhere stays
    /// there, and gets old.
    ///
    /// # Errors
    /// Why it cannot be there; everything is as before then.
    pub async fn choose_copy_place(&self, place: impl Into<Place>) -> Result<CopyView, CopyError> {
        let core = self.core();
        choose_place(&core.copying, &core.kv, place.into()).await?;
        self.durable().await;
        // In a quarantine nobody else tells it.
        core.copying.tell(&core.bus, false);
        Ok(self.copy())
    }

    /// Writes a whole copy now. Returns when it is there.
    ///
    /// # Errors
    /// Why it is not.
    pub async fn copy_now(&self) -> Result<CopyView, CopyError> {
        copy_now(&self.core().copying).await?;
        Ok(self.copy())
    }

    /// Keeps no copy any more. What there is stays, and gets old.
    ///
    /// # Errors
    /// If that cannot be kept.
    pub async fn turn_copy_off(&self) -> Result<CopyView, CopyError> {
        let core = self.core();
        turn_off(&core.copying, &core.kv)?;
        self.durable().await;
        // In a quarantine nobody else tells it.
        core.copying.tell(&core.bus, false);
        Ok(self.copy())
    }
}
