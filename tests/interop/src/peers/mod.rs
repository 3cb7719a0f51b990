//! The nodes that somebody else wrote.

mod electrum;
mod ldk_node;
mod lnd;

pub(crate) use electrum::Electrum;
pub(crate) use ldk_node::LdkNode;
pub(crate) use lnd::Lnd;
