//! What there is to see: the balance, the list of what moved, the health panel. Computed from the rooms below; nothing is kept
//! here.

/// Everything that moved money, as a list.
pub(crate) mod activity;
/// The addresses that somebody has.
pub(crate) mod addresses;
/// The definition of balance.
pub(crate) mod balance;
/// What to do, or what to wait for.
mod cards;
/// All channels, as a screen shows them.
mod channels;
/// The on-chain wallet's coins.
pub(crate) mod coins;
/// The list as a table.
pub(crate) mod export;
/// Which rows are looked for.
mod filter;
/// The health panel's facts.
pub(crate) mod health;
/// What a person calls things, out to a file and in from one.
pub(crate) mod labels;
/// What the wallet looks like now.
pub(crate) mod observe;
/// The rows of on-chain transactions.
pub(crate) mod onchain_rows;
/// What a copy brings back.
pub(crate) mod restored;
/// Until when this computer may be off.
pub(crate) mod safe_off;
/// What is a server's word.
mod unchecked;
/// What amounts are worth.
pub(crate) mod worth;
