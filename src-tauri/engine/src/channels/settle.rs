//! How a closed channel's money came back: what arrived, what it cost, and when that is final. Read from what the on-chain
//! wallet counts of the transactions that belong to the channel's end, see [`Purpose`], and told by the channel's row.
//!
//! ```text
//! LDK's last balance + HTLCs to us that it had not counted - HTLCs of ours that were taken and it still counted
//!     = what should come
//! what came - what was added for fees - what should come = what closing did to what a person owns
//! ```

use crate::amount::{Msat, Sat};
use crate::channels::closing::has_arrived;
use crate::channels::rows::{close_row, open_row};
use crate::channels::untold::give_answers;
use crate::core::Core;
use crate::node::record::ChannelRecord;
use crate::onchain::purpose::{Purpose, Share};
use crate::onchain::{History, OnchainTx};
use crate::payments::{Fact, JournalError, Payment, StoredDirection, StoredStatus};
use crate::time::Timestamp;
use bitcoin::Transaction;
use bitcoin::hashes::{Hash, sha256};
use std::collections::BTreeSet;

/// Confirmations after which nothing is undone (LDK's `ANTI_REORG_DELAY`).
const BURIED: u32 = 6;

/// Closed channels whose money seems to be here: nothing of theirs is left to wait for. LDK says so a moment before it hands
/// over what is to be swept, so this counts only when it is still true after all its events are handled: see [`settle`].
pub(crate) fn arrived(core: &Core) -> Vec<u128> {
    let mut records = core.records.all();
    records.retain(|record| is_closed_and_unresolved(record) && has_arrived(core, record));
    records.iter().map(|record| record.user_id).collect()
}

fn is_closed_and_unresolved(record: &ChannelRecord) -> bool {
    record.ending.as_ref().is_some_and(|ending| ending.closed && !ending.resolved)
}

/// Records in the rows of closed channels what came and what it cost. `arrived_before` is what [`arrived`] said before the last
/// events were handled. It is final when it is buried: until then a block may be undone, and the money be on its way again.
///
/// # Errors
/// If the vault does not say what a row is: the next look settles it.
pub(crate) fn settle(
    core: &Core,
    arrived_before: &[u128],
    now: Timestamp,
) -> Result<(), JournalError> {
    let unresolved: Vec<_> =
        core.records.all().into_iter().filter(is_closed_and_unresolved).collect();
    if unresolved.is_empty() {
        return Ok(());
    }
    let known = core.onchain.history();
    for record in unresolved {
        let (arrived, before) = (has_arrived(core, &record), record.ending.as_ref());
        if arrived && arrived_before.contains(&record.user_id) {
            told(core, &record, &known, now)?;
        } else if !arrived && before.is_some_and(|ending| ending.arrived) {
            let undone = Fact::OnChain { confirmed: false, fee: None };
            core.journal.record(&close_row(record.user_id), undone, now)?;
            core.records.change(record.user_id, |record| {
                if let Some(ending) = &mut record.ending {
                    ending.arrived = false;
                }
            });
        }
    }
    give_answers(core, now)?;
    core.status.money_moved();
    Ok(())
}

fn told(
    core: &Core,
    record: &ChannelRecord,
    known: &History,
    now: Timestamp,
) -> Result<(), JournalError> {
    let id = close_row(record.user_id);
    let Some(row) = core.journal.get(&id)? else { return Ok(()) };
    let Some(ending) = &record.ending else { return Ok(()) };
    // Written by an earlier version: its row still says what was owned.
    let owned = ending.owned_msat.unwrap_or(row.amount_msat);
    let end = End::of(core, record, known)?;
    let earlier = ending.taken.iter().map(|(_, msat)| *msat);
    let taken: u64 = earlier.chain(paid_through(core, record)?).sum();
    let due = i128::from(owned) + i128::from(end.claimed.get()) - i128::from(taken);
    let came = i128::from(end.arrived.get()) - i128::from(end.added.get());
    let change = i64::try_from(came * 1000 - due).unwrap_or_default();
    core.journal.change(&id, |row| {
        let before = row.clone();
        row.amount_msat = Msat::from_sat(end.arrived).unwrap_or_default().get();
        row.change_msat = Some(change);
        // What was owned in a state that was old is not known, so neither is what closing cost.
        row.fee_msat = (!record.stale).then(|| u64::try_from(-change).unwrap_or(0));
        *row != before
    })?;
    let confirmed = Fact::OnChain { confirmed: true, fee: None };
    core.journal.record(&id, confirmed.clone(), now)?;
    core.journal.record(&open_row(record.user_id), confirmed, now)?;
    core.records.change(record.user_id, |record| {
        if let Some(ending) = &mut record.ending {
            ending.owned_msat = Some(owned);
            ending.arrived = true;
            ending.resolved = end.is_buried;
        }
    });
    Ok(())
}

/// What the on-chain wallet counted of a channel's end.
#[derive(Debug, Default, PartialEq, Eq)]
struct End {
    arrived: Sat,
    /// Coins of the wallet that went into fees: for a commitment's child, for claims that cannot pay for themselves.
    added: Sat,
    /// Payments to us that LDK had not counted when it closed: those whose preimage the chain shows, and those that a newer
    /// commitment of the peer's may hold as ours.
    claimed: Msat,
    is_buried: bool,
}

impl End {
    fn of(core: &Core, record: &ChannelRecord, known: &History) -> Result<Self, JournalError> {
        let channel = record.user_id;
        let transactions = core.purposes.select(|purpose| purpose.ends(channel));
        let counted: Vec<(&OnchainTx, Purpose)> = transactions
            .into_iter()
            .filter_map(|(txid, purpose)| Some((known.get(&txid)?, purpose)))
            .collect();
        let mut end = Self { is_buried: true, ..Self::default() };
        let incoming = record.fulfilled.iter().filter(|htlc| htlc.incoming);
        let mut fulfilled: BTreeSet<[u8; 32]> = incoming.map(|htlc| htlc.hash).collect();
        for (tx, purpose) in &counted {
            let gross = tx.received.minus_or_zero(tx.sent);
            let gross = match purpose {
                Purpose::Sweep { shares } => share_of(gross, shares, channel),
                _ => gross,
            };
            end.arrived = plus(end.arrived, gross);
            end.added = plus(end.added, tx.sent.minus_or_zero(tx.received));
            end.is_buried &= tx.confirmation.is_some_and(|at| at.count >= BURIED);
            if matches!(purpose, Purpose::Claim { .. }) {
                fulfilled.extend(revealed(&tx.transaction));
            }
        }
        let mut claimed = Vec::new();
        for hash in &fulfilled {
            claimed.extend(came_through(core, channel, hash)?);
        }
        end.claimed = Msat::sum(claimed).unwrap_or_default();
        Ok(end)
    }
}

/// What one channel's outputs bring of what a sweep brings: its fee is shared by value. The shares add up to the whole.
fn share_of(brought: Sat, shares: &[Share], channel: u128) -> Sat {
    let whole: u128 = shares.iter().map(|share| u128::from(share.value_sat)).sum();
    let part_up_to = |value: u128| u128::from(brought.get()) * value / whole.max(1);
    let (mut below, mut sum) = (0u128, 0u128);
    for share in shares {
        let above = below + u128::from(share.value_sat);
        if share.channel == channel {
            sum += part_up_to(above) - part_up_to(below);
        }
        below = above;
    }
    Sat::new(u64::try_from(sum).unwrap_or_default())
}

/// Hashes of the preimages that a transaction reveals (BOLT 3, "HTLC outputs").
fn revealed(transaction: &Transaction) -> impl Iterator<Item = [u8; 32]> {
    let items = transaction.input.iter().flat_map(|input| input.witness.iter());
    items.filter(|item| item.len() == 32).map(|item| sha256::Hash::hash(item).to_byte_array())
}

/// What a payment to us brought through one channel.
fn came_through(core: &Core, channel: u128, hash: &[u8; 32]) -> Result<Option<Msat>, JournalError> {
    let row = core.journal.by_hash(StoredDirection::In, hash)?;
    let paid = |row: &Payment| row.status == StoredStatus::Paid && row.txid.is_none();
    let Some(row) = row.filter(paid) else { return Ok(None) };
    if row.parts.is_empty() {
        return Ok(Some(Msat::new(row.amount_msat)));
    }
    let parts = row.parts.iter().filter(|(through, _)| *through == channel);
    Ok(Msat::sum(parts.map(|(_, msat)| Msat::new(*msat))))
}

/// What payments of ours took from one channel that LDK's last balance still counted.
fn paid_through(core: &Core, record: &ChannelRecord) -> Result<Vec<u64>, JournalError> {
    let mut taken = Vec::new();
    for htlc in record.fulfilled.iter().filter(|htlc| !htlc.incoming) {
        let row = core.journal.by_hash(StoredDirection::Out, &htlc.hash)?;
        taken.extend(row.map(|_| htlc.amount_msat));
    }
    Ok(taken)
}

fn plus(a: Sat, b: Sat) -> Sat {
    a.checked_add(b).unwrap_or(a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_a_sweep_add_up_to_it() {
        let share = |channel, value_sat| Share { channel, value_sat };
        let shares = [share(1, 10_000), share(2, 3_333), share(1, 7), share(3, 50_001)];
        for brought in [0, 1, 62_000, 63_340, 63_341] {
            let of = |channel| share_of(Sat::new(brought), &shares, channel).get();
            assert_eq!(of(1) + of(2) + of(3), brought);
            assert_eq!(of(4), 0);
        }
        assert_eq!(share_of(Sat::new(500), &[share(9, 800)], 9), Sat::new(500));
    }
}
