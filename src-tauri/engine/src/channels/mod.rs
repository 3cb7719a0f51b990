//! Channels as a person has them: opening one, closing it, and what becomes of its money.

/// What LDK says of closed channels.
pub(crate) mod claims;
/// Closing.
pub(crate) mod close;
/// Money of closed channels.
pub(crate) mod closing;
/// What opening one would mean.
pub(crate) mod describe;
/// Closes that were under way, looked up on the chain.
pub(crate) mod lookup;
/// Opening.
pub(crate) mod open;
/// How a closed channel's money came back.
pub(crate) mod settle;

pub use describe::ChannelError;
