//! Labels, at the door.

use super::Wallet;
use crate::ledger::labels::{self, LabelError};
use crate::view::{LabelsPreview, LabelsTaken};

impl Wallet {
    /// Names a movement, or takes its name away. Durable when this returns.
    ///
    /// # Errors
    /// [`LabelError`].
    pub async fn label_movement(&self, id: &str, label: &str) -> Result<(), LabelError> {
        labels::name(self.core(), id, label)?;
        self.labels_kept().await
    }

    /// All labels and notes as a file (BIP 329).
    ///
    /// # Errors
    /// [`LabelError`].
    pub async fn labels(&self) -> Result<String, LabelError> {
        // The file is made of what is on disk.
        self.labels_kept().await?;
        labels::export(self.core())
    }

    /// What taking a file's labels would do.
    ///
    /// # Errors
    /// [`LabelError`].
    pub fn preview_labels(&self, text: &str) -> Result<LabelsPreview, LabelError> {
        labels::preview(self.core(), text)
    }

    /// Takes them. Durable when this returns.
    ///
    /// # Errors
    /// [`LabelError`].
    pub async fn take_labels(&self, preview: &str) -> Result<LabelsTaken, LabelError> {
        let taken = labels::take(self.core(), preview)?;
        self.labels_kept().await?;
        Ok(taken)
    }

    async fn labels_kept(&self) -> Result<(), LabelError> {
        let stopping = |_| LabelError::Storage(std::io::Error::other("the wallet stops").into());
        self.core().wake.durable().await.map_err(stopping)
    }
}
