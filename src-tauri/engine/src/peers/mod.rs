//! Other nodes: where they live, and staying connected to them.

/// Where they live.
pub(crate) mod addresses;
/// Connecting, and listening.
pub(crate) mod connect;
/// Why one cannot be reached.
mod error;
pub(crate) mod needed;
/// Staying connected.
pub(crate) mod reconnect;
/// A peer as screens show it.
mod view;

pub use error::PeerError;
pub(crate) use view::view_peer;
