//! The one door for whoever feeds hostile text and bytes to what outsiders reach: the fuzzers of `fuzz/`, and the test that
//! feeds again what they found. An entry takes any bytes, and panics where something does not hold that its room promises. What
//! holds is said in the rooms, beside what is read.

use crate::{
    bip353, chain, contacts, copy, lnurl, lost_channels, node, onchain, other_accounts, payment,
    payments, peers, rates, store, uri, wallet, witness,
};
use store::fuzz::reads_again;

/// What is fed with bytes.
pub type Entry = fn(&[u8]);

/// All of them, by the names of the fuzzers.
pub const ENTRIES: [(&str, Entry); 27] = [
    ("address", chain::fuzz::address),
    ("bip353", bip353::fuzz::proof),
    ("bitcoind", chain::fuzz::bitcoind),
    ("channels_file", store::fuzz::channels),
    ("clock", chain::fuzz::clock),
    ("copy_file", copy::fuzz::file),
    ("copy_place", copy::fuzz::place),
    ("copy_records", copy::fuzz::records),
    ("electrum", chain::fuzz::electrum),
    ("esplora", chain::fuzz::esplora),
    ("fees", chain::fuzz::fees),
    ("gate", node::fuzz::gate),
    ("gossip", node::fuzz::gossip),
    ("headers", chain::fuzz::headers),
    ("labels", onchain::fuzz::labels),
    ("list", uri::fuzz::list),
    ("lnurl", lnurl::fuzz::answer),
    ("lost_channels", lost_channels::fuzz::asked),
    ("peer", node::fuzz::peer),
    ("psbt", onchain::fuzz::psbt),
    ("rates", rates::fuzz::answer),
    ("rows", row),
    ("said", onchain::said::fuzz::said),
    ("snapshot", node::fuzz::snapshot),
    ("uri", uri::fuzz::text),
    ("vss", copy::fuzz::vss),
    ("witness", witness::fuzz::blob),
];

/// A row of the vault. The first byte says of what.
fn row(data: &[u8]) {
    let Some((of, row)) = data.split_first() else { return };
    match of {
        b'a' => peers::addresses::reads_again(row),
        b'c' => drop(reads_again::<node::record::ChannelRecord>(row)),
        b'f' => other_accounts::reads_again(row),
        b'k' => drop(reads_again::<lost_channels::kept::LostPeer>(row)),
        b'l' => drop(reads_again::<onchain::labels::OutputLabel>(row)),
        b'n' => drop(reads_again::<contacts::kept::Named>(row)),
        b'o' => drop(reads_again::<payments::own_offers::OwnOffer>(row)),
        b'p' => drop(reads_again::<payment::Payment>(row)),
        b'r' => rates::reads_again(row),
        b's' => drop(reads_again::<lnurl::Said>(row)),
        b't' => drop(reads_again::<onchain::purpose::Purpose>(row)),
        b'w' => wallet::logins::reads_again(row),
        _ => store::fuzz::changeset(row),
    }
}
