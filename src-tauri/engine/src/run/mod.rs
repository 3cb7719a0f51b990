//! The loop that commits, and what the wallet does by itself: it handles LDK's events and follows the chain.

#[cfg(feature = "broken-orders")]
mod broken;
pub(crate) mod commit;
/// LDK's events, one line each.
pub(crate) mod events;
/// Following the chain.
pub(crate) mod follow;
pub(crate) mod looping;

#[cfg(feature = "broken-orders")]
pub use broken::Broken;
