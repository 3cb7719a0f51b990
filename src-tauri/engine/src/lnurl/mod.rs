//! What the hosts of LNURLs and names say, and what is made of it (LUD-03, 04, 06, 09, 10, 12, 16 to 18, 20). A host is a
//! stranger: what it says is a claim, and each claim is checked before a person is asked for a yes.
//!
//! Of the payer nothing is told but the amount and, if they wrote one, a comment: who must tell more is refused (LUD-18).
//! LUD-21 lets others ask whether an invoice was paid; a payer has the preimage.

mod error;
mod kept;
mod pay;
mod success;
mod wire;
mod withdraw;

pub use error::LnurlError;
pub(crate) use kept::{Links, Said};
pub(crate) use pay::PayLink;
pub(crate) use success::SuccessAction;
pub(crate) use wire::{Answer, confirmed, read};
pub(crate) use withdraw::WithdrawLink;

/// The most that is read of an answer: a pay request may have a picture of 136 536 characters in its metadata (LUD-06).
pub(crate) const MOST_BYTES: usize = 192 * 1024;

/// The most characters of a payee's own words that are kept for a screen.
const MOST_WORDS: usize = 640;

/// A stranger's words, fit for a screen.
fn words(text: &str) -> Option<String> {
    let text: String = text.chars().take(MOST_WORDS).collect();
    crate::uri::plain(&text)
}

#[cfg(test)]
mod tests;
