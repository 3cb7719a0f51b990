//! PSBTs and descriptors, at the door.

use super::Wallet;
use crate::ledger::worth;
use crate::payments::{Payment, SendError, psbt};
use crate::time::Timestamp;
use crate::view::{Descriptors, PsbtQuote, SignedPsbt};

impl Wallet {
    /// What a wallet that only watches this one needs: all addresses and their history, no key.
    pub fn descriptors(&self) -> Descriptors {
        self.core().onchain.public_descriptors()
    }

    /// An on-chain quote as a PSBT without signatures, in base64. Reserves nothing.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn unsigned_psbt(&self, quote: &str) -> Result<String, SendError> {
        psbt::unsigned(self.core(), quote).await
    }

    /// What signing the instruction of the kind [`crate::view::InstructionKind::Psbt`] would do.
    ///
    /// # Errors
    /// [`SendError`].
    pub fn preview_psbt(&self, instruction: &str) -> Result<PsbtQuote, SendError> {
        let (core, now) = (self.core(), Timestamp::now());
        let quote = psbt::preview(core, instruction, now)?;
        Ok(worth::with_worth(core, quote, now))
    }

    /// Signs what was shown, to be handed on. The coins stay free, and nothing is sent.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn sign_psbt(&self, quote: &str) -> Result<SignedPsbt, SendError> {
        psbt::sign(self.core(), quote).await
    }

    /// Signs what was shown and sends it.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send_psbt(&self, quote: &str) -> Result<Payment, SendError> {
        psbt::send(self.core(), quote, Timestamp::now()).await
    }
}
