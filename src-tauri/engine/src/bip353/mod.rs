//! Names in the DNS (BIP 353): `ada@example.com` is a TXT record of `ada.user._bitcoin-payment.example.com`, signed from the
//! root down. The signatures are checked here. Whoever brings the records is trusted with nothing: it can say that there are
//! none, and it learns who is asked for.

mod ask;
mod error;
#[cfg(feature = "test-util")]
pub(crate) mod fuzz;
mod proof;

pub(crate) use ask::ask;
pub use error::NameError;
pub(crate) use proof::record;

#[cfg(test)]
mod tests;
