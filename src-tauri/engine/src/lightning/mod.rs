//! The Lightning node: LDK's graph, the deferred group commit, peers and channels.

pub(crate) mod addresses;
#[cfg(feature = "broken-orders")]
mod broken;
pub(crate) mod channels;
pub(crate) mod closes;
pub(crate) mod closing_fee;
mod commit;
mod config;
mod doubts;
pub(crate) mod ending;
mod gate;
mod gossip;
mod hearing;
mod held;
mod inline;
mod keys;
mod limited_gossip;
mod load;
mod loaded;
mod logger;
pub(crate) mod looping;
mod node;
pub(crate) mod opening;
mod outbox;
mod owed;
pub(crate) mod peers;
mod persister;
pub(crate) mod reconnect;
mod reestablish;
mod routes;
mod signer;
mod types;
mod wake;
mod watch;

#[cfg(feature = "broken-orders")]
pub use broken::Broken;
pub use channels::ChannelError;
pub(crate) use doubts::is_commitment;
pub use gossip::SnapshotError;
pub(crate) use gossip::keep_knowledge;
pub(crate) use load::{LoadError, Parts, load};
pub(crate) use logger::Log;
pub(crate) use node::Node;
pub(crate) use outbox::{Origin, Package};
pub use peers::PeerError;
pub(crate) use wake::Wake;
