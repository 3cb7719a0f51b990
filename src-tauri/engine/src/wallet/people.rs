//! Contacts, at the door.

use super::Wallet;
use crate::contacts::{self, ContactError};
use crate::payments::JournalError;
use crate::time::Timestamp;
use crate::view;

impl Wallet {
    /// Names for payees, by name.
    pub fn contacts(&self) -> Vec<view::Contact> {
        contacts::all(self.core())
    }

    /// The same with what they were paid; who was paid last comes first.
    ///
    /// # Errors
    /// If the vault does not say.
    pub fn contact_totals(&self) -> Result<Vec<view::ContactTotals>, JournalError> {
        contacts::totals(self.core())
    }

    /// Names whoever a text pays; another name if they have one.
    ///
    /// # Errors
    /// [`ContactError`].
    pub async fn save_contact(&self, text: &str, name: &str) -> Result<(), ContactError> {
        contacts::save(self.core(), text, name, Timestamp::now()).await
    }

    /// Forgets a name.
    ///
    /// # Errors
    /// [`ContactError`].
    pub async fn forget_contact(&self, payee_id: &str) -> Result<(), ContactError> {
        contacts::forget(self.core(), payee_id).await
    }
}
