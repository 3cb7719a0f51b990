//! The Lightning node: LDK's graph, the deferred group commit, peers and channels.

pub(crate) mod closing_fee;
pub(crate) mod config;
pub(crate) mod doubts;
pub(crate) mod gate;
pub(crate) mod gossip;
pub(crate) mod hearing;
pub(crate) mod held;
pub(crate) mod inline;
pub(crate) mod keys;
pub(crate) mod limited_gossip;
pub(crate) mod load;
pub(crate) mod loaded;
pub(crate) mod logger;
pub(crate) mod node;
pub(crate) mod outbox;
pub(crate) mod owed;
pub(crate) mod persister;
pub(crate) mod reestablish;
pub(crate) mod routes;
pub(crate) mod signer;
pub(crate) mod types;
pub(crate) mod wake;
pub(crate) mod watch;

pub(crate) use doubts::is_commitment;
pub use gossip::SnapshotError;
pub(crate) use gossip::keep_knowledge;
pub(crate) use load::{LoadError, Parts, load};
pub(crate) use logger::Log;
pub(crate) use node::Node;
pub(crate) use outbox::{Origin, Package};
pub(crate) use wake::Wake;
