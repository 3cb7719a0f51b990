//! A living copy of the vault, outside of this computer's reach to lose it: a folder on a stick or a share, or a server, behind
//! one trait ([`Target`]).
//!
//! ```text
//! base 41     every row of the vault at one commit
//! segment 42  the commits that follow, each its whole batch
//! segment 43  …
//! ```
//! A commit is written here after it is durable in the vault, from memory, by a task of its own: nothing of the wallet waits
//! for it, and what waits for it is bounded ([`queue`]). Where it cannot follow, a new base says everything again.
//!
//! Every file is sealed with a key from the words ([`seal`]), names its wallet and its place, and the file it follows. A reader
//! takes the newest base that opens and what follows it without a gap, which is the vault as it was after one of its commits,
//! never a mixture ([`read`]). It cannot know that more was written: a copy says what was, not what is newest. So a wallet that
//! is restored from it ([`restore`]) does nothing with a channel before its peer has said, without being asked, that it knows
//! the same state.
//!
//! A target that answers [`Target::put`] has the file for good. One that is trusted with more than being late could be
//! waited for by the commit, beside the disk and at the same time, before anything is let out; this one is not.

/// What can go wrong.
mod error;
/// A directory as a target.
mod folder;
/// What holds of hostile bytes.
#[cfg(feature = "test-util")]
pub(crate) mod fuzz;
/// The task that keeps it.
mod keep;
/// The copy as it is written.
mod log;
/// A place in memory.
#[cfg(any(test, feature = "test-util"))]
mod memory;
/// Where a person keeps it.
mod place;
/// A server in this process.
#[cfg(any(test, feature = "test-util"))]
mod pretend;
/// Commits that are not in the copy yet.
mod queue;
/// The copy as it is read.
mod read;
/// What the files hold.
mod record;
/// A wallet that goes on from its copy.
mod restore;
/// The files, sealed.
mod seal;
/// Where a copy is kept.
mod target;
/// A server as a target.
mod vss;

#[cfg(test)]
mod tests;

pub use error::CopyError;
pub use folder::Folder;
pub(crate) use keep::{Copying, choose_place, copy_now, finish, keep_copied, turn_off};
use log::Log;
pub use place::Place;
#[cfg(any(test, feature = "test-util"))]
pub use pretend::PretendVss;
use queue::Queue;
pub(crate) use read::rebuild_from;
pub use read::{Found, find, rebuild};
pub(crate) use restore::{Restoring, Tried};
pub use seal::{Name, Seal, WalletId};
pub use target::{Claim, Target};
pub use vss::Vss;
