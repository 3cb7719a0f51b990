//! What the hosts of LNURLs and names say, and what is made of it. A host is a stranger: what it says is a claim, and each
//! claim is checked before a person is asked for a yes. Nobody hears anything of a payer but the amount and what they wrote for
//! that payee.
//!
//! | LUD | what | where |
//! |---|---|---|
//! | 01 | an LNURL in bech32, bare, in a link, under `lightning:` | `uri::link`, `strings.json` |
//! | 03 | a host that pays | [`withdraw`], `links.rs` |
//! | 04 | signing in | `uri::link`, `links::sign_in`, `links.rs` |
//! | 05 | its key, for each domain another | `keys::linking` |
//! | 06 | a host that makes invoices | [`pay`], `links.rs` |
//! | 09 | what is shown once it is paid | [`success`], `links.rs` |
//! | 10 | the same, opened by the preimage | [`success`] |
//! | 12 | words for the payee | [`pay`], `links.rs` |
//! | 16 | `name@domain` | `uri::link`, `links.rs` |
//! | 17 | `lnurlp:`, `lnurlw:`, `keyauth:` | `uri::link`, `links.rs` |
//! | 18 | who pays | [`payer`], `links.rs` |
//! | 20 | a long description | [`wire`] |
//! | 21 | `verify`, where anybody may ask whether an invoice was paid: read over and never asked, for the payer has the preimage | [`wire`] |

mod error;
#[cfg(feature = "test-util")]
pub(crate) mod fuzz;
mod kept;
mod pay;
mod payer;
mod success;
mod wire;
mod withdraw;

pub use error::LnurlError;
pub(crate) use kept::{Links, Said};
pub(crate) use pay::PayLink;
pub use payer::PayerData;
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
