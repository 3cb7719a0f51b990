//! The state of the commit: what waits to become durable, and what may leave once it is.

/// Monitors and updates as rows.
pub(crate) mod encode;
/// The mode that tests compare with: each monitor update is written inside LDK's call.
#[cfg(feature = "test-util")]
pub(crate) mod inline;
/// Transactions that are to be sent.
pub(crate) mod outbox;
/// Monitors that must be written in full.
pub(crate) mod persister;
/// What wakes the loop.
pub(crate) mod wake;
/// Monitor updates that wait for the commit.
pub(crate) mod watch;
