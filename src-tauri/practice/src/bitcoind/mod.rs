//! The chain as a bitcoind tells it by its RPC: JSON-RPC over HTTP on this machine's loopback, with the codes and words of Bitcoin
//! Core. It keeps no index of transactions. It lies by the same switches as the Esplora server, as far as they fit.

mod answers;
mod server;

pub use server::BitcoindServer;
