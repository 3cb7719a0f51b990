//! Peers: where they live, and staying connected to them.

pub(crate) mod addresses;
pub(crate) mod connect;
pub(crate) mod reconnect;

pub use connect::PeerError;
