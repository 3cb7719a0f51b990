//! Reads what a transaction of one of our channels is for, see [`crate::onchain::purpose`]. LDK forgets a transaction when it is
//! buried, and its sweeper what it swept; so it is asked once, when the transaction is staged for sending or first seen.

use crate::channels::claims::value_of;
use crate::core::Core;
use crate::node::{Package, is_commitment};
use crate::onchain::purpose::{Purpose, Share, spends};
use crate::payments::{JournalError, StoredKind};
use bitcoin::{Transaction, TxIn, Txid};
use lightning::util::persist::KVStoreSync;

/// That the rows of earlier versions were read.
const ROWS_ARE_READ: (&str, &str, &str) = ("fulmen", "facts", "purposes_of_rows");

/// Keeps what transactions are for that are about to leave, in the commit that lets them.
pub(crate) fn keep_staged(core: &Core, packages: &[Package]) {
    for transaction in packages.iter().flatten() {
        keep(core, transaction);
    }
}

/// What an earlier version sent, and did not keep the purpose of, as far as it can still be told. Rows that it made stay; they
/// are read once.
///
/// # Errors
/// If the rows cannot be read.
pub(crate) fn keep_known(core: &Core) -> Result<(), JournalError> {
    let packages: Vec<Package> =
        core.node.outbox.packages().into_iter().map(|(_, package)| package).collect();
    keep_staged(core, &packages);
    let (primary, secondary, key) = ROWS_ARE_READ;
    if core.kv.read(primary, secondary, key).is_ok() {
        return Ok(());
    }
    let mut rows = Vec::new();
    core.journal.each(|row| {
        let txid = row.txid.as_ref().and_then(|txid| txid.parse::<Txid>().ok());
        rows.extend(txid.filter(|_| row.kind == StoredKind::Onchain).map(|txid| (txid, row.id)));
    })?;
    for (txid, row) in rows {
        core.purposes.keep(txid, Purpose::Payment { row });
    }
    if let Err(error) = core.kv.write(primary, secondary, key, vec![1]) {
        tracing::error!(%error, "cannot stage a fact");
    }
    Ok(())
}

fn keep(core: &Core, transaction: &Transaction) {
    let txid = transaction.compute_txid();
    if core.purposes.get(&txid).is_none()
        && let Some(purpose) = of_channel(core, transaction)
    {
        core.purposes.keep(txid, purpose);
    }
}

/// The purpose of a transaction that belongs to one of our channels; told by what it spends.
pub(crate) fn of_channel(core: &Core, transaction: &Transaction) -> Option<Purpose> {
    let txid = transaction.compute_txid();
    for record in core.records.all() {
        let (Some(funding), channel) = (record.funding, record.user_id) else { continue };
        if funding.txid == txid && record.ours {
            return Some(Purpose::Funding { channel });
        }
        if spends(transaction, &funding) {
            return Some(if is_commitment(transaction) {
                Purpose::Commitment { channel }
            } else {
                Purpose::CoopClose { channel }
            });
        }
    }
    sweep(core, transaction).or_else(|| child(core, transaction))
}

/// Every input was handed to LDK's sweeper.
fn sweep(core: &Core, transaction: &Transaction) -> Option<Purpose> {
    let tracked = core.node.sweeper.tracked_spendable_outputs();
    let mut shares: Vec<Share> = Vec::new();
    for input in &transaction.input {
        let is_it = |outpoint: lightning::chain::transaction::OutPoint| {
            outpoint.into_bitcoin_outpoint() == input.previous_output
        };
        let output = tracked.iter().find(|one| is_it(one.descriptor.spendable_outpoint()))?;
        let id = output.channel_id?.to_string();
        let records = core.records.all();
        let record = records.iter().find(|record| record.channel_id.as_ref() == Some(&id))?;
        let value_sat = value_of(&output.descriptor).get();
        shares.push(Share { channel: record.user_id, value_sat });
    }
    (!shares.is_empty()).then_some(Purpose::Sweep { shares })
}

/// It spends an output of a commitment, or of a claim of one. What pays the wallet already is the wallet's, and so is what
/// becomes of it.
fn child(core: &Core, transaction: &Transaction) -> Option<Purpose> {
    let mut inputs = transaction.input.iter();
    let (input, channel) = inputs.find_map(|input| {
        let is_ours = core.onchain.holds(&input.previous_output);
        let channel = (!is_ours).then(|| parent(core, &input.previous_output.txid))?;
        Some((input, channel?))
    })?;
    Some(if spends_anchor(input) {
        Purpose::AnchorBump { channel }
    } else if is_penalty(input) {
        Purpose::Penalty { channel }
    } else {
        Purpose::Claim { channel }
    })
}

/// The channel whose commitment, or claim of one, this is. What a peer published is known from the monitor, and kept too.
fn parent(core: &Core, txid: &Txid) -> Option<u128> {
    match core.purposes.get(txid) {
        Some(
            Purpose::Commitment { channel }
            | Purpose::Claim { channel }
            | Purpose::Penalty { channel },
        ) => return Some(channel),
        Some(_) => return None,
        None => {}
    }
    for record in core.records.all() {
        let (Some(id), Some(funding)) = (record.channel(), record.funding) else { continue };
        let Ok(monitor) = core.node.chain_monitor.get_monitor(id) else { continue };
        let watched = monitor.get_outputs_to_watch();
        if funding.txid != *txid && watched.iter().any(|(watched, _)| watched == txid) {
            let channel = record.user_id;
            core.purposes.keep(*txid, Purpose::Commitment { channel });
            return Some(channel);
        }
    }
    None
}

/// Length of an anchor's script (BOLT 3, "`to_local_anchor` and `to_remote_anchor` Output").
const ANCHOR_SCRIPT: usize = 40;

fn spends_anchor(input: &TxIn) -> bool {
    input.witness.last().is_some_and(|script| script.len() == ANCHOR_SCRIPT)
}

/// The witness takes the revocation's branch (BOLT 3): `1` for what the peer kept, a public key for a payment.
fn is_penalty(input: &TxIn) -> bool {
    input.witness.len() == 3 && input.witness.nth(1).is_some_and(|w| w == [1] || w.len() == 33)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::Witness;

    fn input(items: &[&[u8]]) -> TxIn {
        TxIn { witness: Witness::from_slice(items), ..TxIn::default() }
    }

    #[test]
    fn a_witness_tells_what_is_taken() {
        let script = [0; 120];
        let (signature, key, preimage) = ([3; 71], [2; 33], [7; 32]);
        assert!(is_penalty(&input(&[&signature, &[1], &script])), "what the peer kept");
        assert!(is_penalty(&input(&[&signature, &key, &script])), "a payment");
        assert!(!is_penalty(&input(&[&signature, &preimage, &script])), "by its preimage");
        assert!(!is_penalty(&input(&[&signature, &[], &script])), "its time is over");
        assert!(!is_penalty(&input(&[&signature, &key])), "a coin of the wallet");
        assert!(spends_anchor(&input(&[&signature, &[0; ANCHOR_SCRIPT]])));
        assert!(!spends_anchor(&input(&[&signature, &script])));
    }
}
