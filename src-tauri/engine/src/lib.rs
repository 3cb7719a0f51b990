//! The Fulmen wallet: a Lightning node (LDK) and an on-chain wallet (BDK) over one vault. It knows no window, no page
//! and no words a person reads; `ARCHITECTURE.md` has the map.

/// Amounts that know their unit.
pub mod amount;
/// Names in the DNS.
mod bip353;
/// The chain as a server tells it.
pub mod chain;
/// Channels as a person has them.
mod channels;
/// What a wallet is opened with.
pub mod config;
/// Names for payees.
mod contacts;
/// A living copy of the vault.
pub mod copy;
/// The wallet's inside.
mod core;
/// What can go wrong, as a screen sees it.
pub mod error;
/// What the engine tells whoever listens.
pub mod event;
/// Money of a state beside sats.
pub mod fiat;
/// Whole files, atomically.
mod files;
/// What the fuzzers feed.
#[cfg(feature = "test-util")]
pub mod fuzz;
/// HTTP with limits, and the client for what a handed text leads to.
pub mod http;
/// Words, derived keys, the sealed file.
pub mod keys;
/// What there is to see.
mod ledger;
/// What a person does with an LNURL or a name.
mod links;
/// What the hosts of LNURLs and names say.
mod lnurl;
/// Keys that are not swapped out.
mod locked;
/// LDK's log.
mod logger;
/// Channels that a wallet restored from words does not know.
mod lost_channels;
/// What depends on the network.
pub mod network;
/// The Lightning node.
mod node;
/// The on-chain wallet.
pub mod onchain;
/// Money of the same words in accounts of other programs.
mod other_accounts;
/// A row of the journal.
mod payment;
/// The journal, paying and being paid.
pub mod payments;
/// Other nodes.
mod peers;
/// What was shown and may be confirmed.
mod previews;
/// A seam for stories.
pub mod probe;
/// What a bitcoin costs.
mod rates;
/// The loop that commits, and what goes on by itself.
mod run;
/// How the wallet is.
mod status;
/// The vault.
pub mod store;
/// Named tasks with an owner.
mod task;
/// Time as a type.
pub mod time;
/// Anything a person may paste or scan.
pub mod uri;
/// What a screen can show.
pub mod view;
/// The door.
mod wallet;
/// What peers keep for us.
mod witness;

pub use bip353::NameError;
pub use channels::{ChannelError, GiveUpError};
#[cfg(feature = "broken-orders")]
pub use config::Broken;
pub use contacts::ContactError;
pub use ledger::labels::LabelError;
pub use links::LinkError;
pub use lnurl::{LnurlError, PayerData};
pub use lost_channels::{Ask, AskError};
pub use node::SnapshotError;
#[cfg(feature = "test-util")]
pub use node::channels_of_the_stored_graph;
pub use onchain::{CoinError, PsbtError};
pub use other_accounts::SweepError;
pub use payments::instruction::{AlsoPaid, Choice};
pub use payments::{
    JournalError, OfferParameters, Payment, PaymentId, ReceiveError, RefundError, RefundParameters,
    RequestParameters, SendError,
};
pub use peers::PeerError;
pub use previews::Outlay;
pub use status::DiskTrouble;
pub use wallet::{FromCopy, OpenError, STOP_PATIENCE, StartError, TriedCopy, Wallet};
pub use witness::{Witnessed, WitnessedPeer};
