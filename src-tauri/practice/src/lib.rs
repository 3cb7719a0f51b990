//! A whole pretend bitcoin network in one process: "Practice with pretend bitcoin" in the app, and the ground the
//! stories are tested on. Nothing here touches a network other than this machine's loopback, and no coin here is worth
//! anything.

/// The chain as a bitcoind tells it.
pub mod bitcoind;
/// Regtest blocks and mempool in memory, with a log on disk.
pub mod chain;
/// The chain as an Electrum server tells it.
pub mod electrum;
/// The chain over HTTP, as Blockstream's Esplora answers it.
pub mod esplora;
/// What both protocols above plain HTTP share.
mod json_rpc;
/// The whole network: the chain, Hub and Shop.
pub mod network;
/// The shop on the web.
pub mod web;
