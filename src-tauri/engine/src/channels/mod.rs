//! Channels as a person has them: opening one, closing it, and what becomes of its money.

/// What LDK says of closed channels.
pub(crate) mod claims;
/// Closing.
pub(crate) mod close;
/// Money of closed channels.
pub(crate) mod closing;
/// Why one is not opened or closed.
mod error;
/// Channels whose funding is spent.
pub(crate) mod fundings;
/// How a quarantine ends.
pub(crate) mod give_up;
/// Keeping `channels.age`.
pub(crate) mod keep;
/// Closes that were under way, looked up on the chain.
pub(crate) mod lookup;
/// Opening.
pub(crate) mod open;
/// Openings that someone waits for.
pub(crate) mod openings;
/// What a channel's transactions are for.
pub(crate) mod purpose;
/// A channel's rows in the journal.
pub(crate) mod rows;
/// Whether one more may be opened or accepted.
pub(crate) mod rule;
/// What a person decided about channels with real money.
pub(crate) mod safeguards;
/// How a closed channel's money came back.
pub(crate) mod settle;
/// Another copy goes on.
pub(crate) mod stand_down;
/// Payments in a state that was old.
mod untold;
/// What peers keep for us.
pub(crate) mod witness;

pub use error::ChannelError;
pub(crate) use error::refusal_of;
pub use give_up::GiveUpError;
