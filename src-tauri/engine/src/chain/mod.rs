//! The chain as a server reports it: its tip, its fees, our transactions on it, and how ours are broadcast. One
//! [`Source`] (an Esplora or an Electrum server, or a bitcoind) feeds both ledgers, BDK's and LDK's. It decides nothing about money, writes nothing to
//! disk and owns no task: the engine's sync task asks it and keeps what [`Fees::to_bytes`] gives.
//!
//! What a server says is a claim. It can hide a block or a payment and delay us; it cannot make us sign anything.

/// Where a server is.
mod address;
/// Bringing the chain of headers up to a server's newest block.
mod advance;
/// A server that is read by its RPC.
mod bitcoind;
/// Following the chain block by block.
mod blocks;
/// Sending transactions out.
mod broadcast;
/// The blocks' time and this computer's.
mod clock;
/// A server that speaks Electrum's protocol.
mod electrum;
/// A server that speaks Esplora's.
mod esplora;
/// Fee estimates, cached.
mod fees;
/// What holds of hostile bytes.
#[cfg(feature = "test-util")]
pub(crate) mod fuzz;
/// Between a server and LDK.
mod gate;
/// The chain of headers, which is checked here.
mod headers;
/// HTTP with limits.
pub(crate) mod http;
/// What a transaction's place is proven by.
mod merkle;
/// How fast fees move.
mod pace;
/// Whether a server takes packages.
mod packages;
/// Where transactions are, as a wallet is told.
mod places;
/// What a server's answers can be.
pub(crate) mod plausible;
/// What a refusal means.
mod refusal;
/// A server that asks to be left alone.
mod retry_after;
/// What a server of any kind is asked.
mod server;
/// Those that a person listed.
mod servers;
/// What time servers say it is.
mod servers_time;
/// Blocks that stay away.
mod silence;
/// The server itself.
mod source;
/// Why it was of no use.
mod source_error;
/// The one in use.
mod source_in_use;
/// Who spent a coin.
mod spender;
/// The newest block.
mod tip;
/// Trying a server before it is used.
mod try_out;
/// What LDK watches.
mod watched;

pub use address::Address;
pub(crate) use advance::Advance;
pub(crate) use blocks::READING;
pub(crate) use clock::Clock;
pub(crate) use fees::HOUR;
pub use fees::{Fees, FeesError};
pub(crate) use headers::Headers;
pub use refusal::BroadcastError;
pub(crate) use server::Settled;
pub(crate) use server::{Blocks, Mempool};
pub use server::{Following, Outspend, Position};
pub(crate) use servers::{AHEAD, Servers};
pub use silence::BlocksStayAway;
pub(crate) use silence::Silence;
pub(crate) use source::within;
pub use source::{LdkLogger, Round, Source};
pub use source_error::SourceError;
pub(crate) use source_in_use::SourceInUse;
pub(crate) use spender::is_signed;
pub use tip::Tip;

/// Tries a server before it is used, for the settings.
pub async fn try_source(
    address: &Address,
    network: crate::view::NetworkId,
) -> crate::view::SourceTest {
    Source::test(address, network, std::sync::Arc::new(crate::logger::Log)).await
}
