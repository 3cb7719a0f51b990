//! Hooks for tests: they look on from inside a running wallet, and can end its process at an exact place. A shipped wallet is
//! built without them. A hook must not call back into the wallet: locks may be held.

#[cfg(feature = "test-util")]
mod hooks;
#[cfg(not(feature = "test-util"))]
mod none;

#[cfg(feature = "test-util")]
pub use hooks::Probe;
#[cfg(not(feature = "test-util"))]
pub use none::Probe;

/// A place in the commit loop, in the order in which one round passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Point {
    /// A commit begins; nothing is collected yet.
    Begin,
    /// Whole monitors and the queue are encoded, the manager is not.
    QueueEncoded,
    /// The manager is encoded, rows are not taken yet.
    ManagerEncoded,
    /// Everything is collected; the transaction has not begun.
    Collected,
    /// The transaction is durable; nothing is let out or applied yet.
    Durable,
    /// Gate and outbox are open; no update is applied yet.
    Released,
    /// The first update is applied and completed, the others are not.
    FirstApplied,
    /// All updates are applied; no message that waited for them has left.
    Applied,
    /// The peers' sockets have been given what was let out.
    Sent,
    /// LDK's clock was moved on. Not a part of a round.
    Ticked,
}

impl Point {
    /// All of a round, in order.
    pub const ALL: [Self; 9] = [
        Self::Begin,
        Self::QueueEncoded,
        Self::ManagerEncoded,
        Self::Collected,
        Self::Durable,
        Self::Released,
        Self::FirstApplied,
        Self::Applied,
        Self::Sent,
    ];
}

/// What a payee does with money that it could take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HtlcPolicy {
    /// Takes what was asked for, as a shipped wallet does.
    #[default]
    AtOnce,
    /// Takes also what it did not ask for, as nodes do that accept keysend.
    Anything,
    /// Leaves it on its way, as the payee of a hold invoice does; it is asked again whenever its loop wakes.
    NotYet,
    /// Sends it back.
    Never,
}
