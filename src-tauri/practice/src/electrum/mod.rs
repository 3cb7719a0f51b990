//! The chain as an Electrum server (protocol 1.4) tells it: JSON-RPC in lines over real TCP on this machine's loopback, with the
//! errors of electrs. It lies by the same switches as the Esplora server, as far as they fit.

mod answers;
mod server;

pub use server::ElectrumServer;
