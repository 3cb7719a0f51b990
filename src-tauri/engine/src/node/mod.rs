//! The Lightning node: LDK's objects, without the meaning of money. It knows nothing of what a person does with them.

/// LDK's settings.
pub(crate) mod config;
/// What LDK's list says of a channel.
pub(crate) mod details;
/// The state of the commit.
pub(crate) mod durable;
/// What holds of hostile bytes.
#[cfg(feature = "test-util")]
pub(crate) mod fuzz;
/// What stands between the manager and its peers.
pub(crate) mod gate;
/// What a router knows of the network.
pub(crate) mod gossip;
/// The network's graph, read behind the start.
pub(crate) mod graph;
/// LDK's keys.
pub(crate) mod keys;
/// What payments teach about the network.
pub(crate) mod lessons;
/// Gossip, bounded.
pub(crate) mod limited_gossip;
/// Building the node from the vault.
pub(crate) mod load;
/// A channel's money.
pub(crate) mod money;
/// The node.
pub(crate) mod parts;
/// What LDK does not keep about channels.
pub(crate) mod record;
/// LDK's router.
pub(crate) mod routes;
/// Our own close that is newer than its monitor.
pub(crate) mod to_local;
/// LDK's generics, spelled once.
pub(crate) mod types;

pub(crate) use durable::outbox::{Origin, Package};
pub(crate) use durable::wake::Wake;
pub(crate) use gate::stale::is_commitment;
pub use gossip::SnapshotError;
#[cfg(feature = "test-util")]
pub use gossip::channels_of_the_stored_graph;
pub(crate) use parts::Node;
