//! The loop that commits, and what the wallet does by itself: it handles LDK's events and follows the chain.

#[cfg(feature = "broken-orders")]
mod broken;
mod closing_fee;
mod commit;
/// LDK's events, one line each.
pub(crate) mod events;
/// Following the chain.
pub(crate) mod follow;
/// Keeping what is known of the network.
pub(crate) mod gossip;
pub(crate) mod looping;
/// How often LDK wants to be ticked.
mod timers;
/// Of several chain servers, which is asked.
mod watch;
