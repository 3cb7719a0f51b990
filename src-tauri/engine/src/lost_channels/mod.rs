//! Channels that a wallet had which is nothing but words now: their state is gone, and their peers are asked to close them. Which
//! peers: those of `channels.age`, those that a person names, and those that the network's table suggests. Also channels that the
//! copy lacks from which a wallet was restored, where a peer's witness names them.
//!
//! ```text
//! told ─▶ reached ─▶ the peer names its channel, LDK says that it knows none (BOLT 2: the peer closes) ─▶ a block ─▶ other_accounts
//! ```
//! LDK's answer to a `channel_reestablish` of a channel that it does not know has the numbers that make LND close, and an error
//! for the others. Nothing here can publish a commitment: there is none. What the peer's close pays lies on the static payment
//! keys, where [`crate::other_accounts`] finds and moves it. It must not say more than it knows: what was ours in a channel is
//! known once it is closed.

/// Following all of them, from the peer's answer to the money.
pub(crate) mod follow;
/// What holds of hostile bytes.
#[cfg(feature = "test-util")]
pub(crate) mod fuzz;
/// What the vault keeps of it.
pub(crate) mod kept;
/// What the chain says of a channel that nobody here knows.
pub(crate) mod look_up;
/// Whom to ask.
pub(crate) mod told;

pub use told::{Ask, AskError};
