//! Keys: the words a person writes down, everything derived from them, and the small sealed file they are kept in.
//!
//! ```text
//! words (+ passphrase) -> BIP39 seed -+-> m/84'/coin'/0'   on-chain account (BDK sees only its public half)
//!                                     +-> m/535'/coin'     LDK's seed
//!                                     +-> m/138'           keys to sign in to sites with
//!                                     +-> other accounts   where other programs keep money, to look and to fetch it
//!                                     +-> HKDF labels      everything else
//! wallet.age = words, passphrase and the vault's data key, sealed by the password
//! ```
//! Secrets are wiped when dropped and say `<redacted>` in `Debug`. Nothing here is ever logged, and nothing here knows the
//! vault, the chain or LDK.

/// Accounts beside the wallet's own.
mod accounts;
/// From words to keys.
mod derive;
/// Keys to sign in to sites with.
mod linking;
/// LDK's static payment keys.
mod payments;
/// Three words, to see that they are written down.
mod quiz;
/// The sealed file.
pub mod seal;
/// Secrets of fixed size.
mod secret;
/// Scripts that no wallet derives.
mod spendable;
/// One key from elsewhere.
mod wif;
/// The words.
mod words;

#[cfg(test)]
mod tests;

pub use accounts::{AccountId, AccountKind, sign_with_words};
pub use derive::{Keys, SignError};
pub use seal::{Password, SealError, WalletSecrets};
pub use secret::{DataKey, Secret};
pub use wif::WifKey;
pub use words::{Words, WordsError};

pub(crate) use payments::STATIC_PAYMENT_KEYS;
pub(crate) use quiz::Quiz;
pub(crate) use secret::random;
pub(crate) use spendable::Spendable;
