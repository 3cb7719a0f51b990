//! The Fulmen wallet: a Lightning node (LDK) and an on-chain wallet (BDK) over one vault. It knows no window, no page
//! and no words a person reads; `ARCHITECTURE.md` has the map.

/// Amounts that know their unit.
pub mod amount;
/// Where blocks, fees and the mempool are learned, and where transactions are sent.
pub mod chain;
/// What can go wrong, as a screen sees it.
pub mod error;
/// Words, keys and the sealed file.
pub mod keys;
/// The on-chain wallet.
pub mod onchain;
/// The vault: the only home of money state.
pub mod store;
/// Time as a type.
pub mod time;
/// What a person pastes or scans, and the requests we write.
pub mod uri;
/// What a screen can show.
pub mod view;
