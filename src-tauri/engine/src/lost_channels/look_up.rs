//! What the chain says of a channel of which nothing but its id, or its funding output, is known.

use super::kept::{Ended, LostChannel};
use crate::amount::Sat;
use crate::chain::{Source, SourceError};
use crate::core::Core;
use crate::node::is_commitment;
use bitcoin::hashes::Hash;
use bitcoin::{Amount, OutPoint, ScriptBuf, Transaction, Txid};
use std::collections::HashSet;

/// A funding transaction has few outputs: one channel, or several at once, and change.
const MOST_OUTPUTS: u16 = 8;
/// More splices than any channel has had since it was last written down.
const MOST_SPLICES: usize = 20;

/// What a peer's commitment pays to that closes a channel of these words.
pub(crate) struct StaticScripts(HashSet<ScriptBuf>);

impl StaticScripts {
    pub(crate) fn of(core: &Core) -> Self {
        Self(core.signer.static_payment_scripts())
    }
}

/// The same channel, with what became of it. Only what is proven to be in a block counts.
pub(crate) async fn looked_up(
    core: &Core,
    channel: &LostChannel,
    ours: &StaticScripts,
) -> Result<LostChannel, SourceError> {
    let source = core.source.source();
    let mut channel = channel.clone();
    if channel.funding.is_none() {
        channel.funding = funding_of(&source, &channel.channel_id).await?;
    }
    for _ in 0..MOST_SPLICES {
        let (Some(funding), None) = (channel.funding, &channel.ended) else { break };
        if channel.capacity.is_none() {
            channel.capacity = value_of(&source, funding).await?;
        }
        let Some(spender) = source.proven_spending(funding).await? else { break };
        match ended_by(core, &spender, ours) {
            Some(ended) => channel.ended = Some(ended),
            None => {
                channel.funding = spliced_into(&spender);
                channel.capacity = None;
            }
        }
    }
    if let Some(ended) = channel.ended.as_mut().filter(|ended| !ended.moved) {
        ended.moved = match ended.lies_at {
            None => true,
            Some(at) => core.node.outbox.spends(&at) || source.proven_spending(at).await?.is_some(),
        };
    }
    Ok(channel)
}

/// A channel's first id is its funding output's (BOLT 2): the transaction's id, with the output's number over its last bytes.
async fn funding_of(source: &Source, channel_id: &str) -> Result<Option<OutPoint>, SourceError> {
    let Ok(id) = <[u8; 32] as bitcoin::hex::FromHex>::from_hex(channel_id) else { return Ok(None) };
    for vout in 0..MOST_OUTPUTS {
        let mut bytes = id;
        let [.., a, b] = &mut bytes;
        let [high, low] = vout.to_be_bytes();
        (*a, *b) = (*a ^ high, *b ^ low);
        let funding = OutPoint::new(Txid::from_byte_array(bytes), vout.into());
        if value_of(source, funding).await?.is_some() {
            return Ok(Some(funding));
        }
    }
    Ok(None)
}

/// What an output holds that two keys can share. `None`: it is none.
async fn value_of(source: &Source, at: OutPoint) -> Result<Option<Sat>, SourceError> {
    let transaction = source.transaction(at.txid).await?;
    Ok(transaction.and_then(|funding| shared_value(&funding, at.vout)))
}

/// The same. No block is asked for, so it may hold more than there is: then it is none.
fn shared_value(funding: &Transaction, vout: u32) -> Option<Sat> {
    let output = funding.tx_out(vout.try_into().ok()?).ok()?;
    let possible = output.script_pubkey.is_p2wsh() && output.value <= Amount::MAX_MONEY;
    possible.then(|| output.value.into())
}

/// What a close paid to the words. `None`: it is none, but goes on in another output (a splice).
fn ended_by(core: &Core, spender: &Transaction, ours: &StaticScripts) -> Option<Ended> {
    let txid = spender.compute_txid();
    let (mut amount, mut lies_at) = (Sat::ZERO, None);
    for (vout, output) in (0_u32..).zip(&spender.output) {
        let is_static = ours.0.contains(&output.script_pubkey);
        if is_static {
            lies_at = Some(OutPoint::new(txid, vout));
        }
        if is_static || core.onchain.is_mine(&output.script_pubkey) {
            amount = Sat::sum([amount, output.value.into()]).unwrap_or(amount);
        }
    }
    let is_close = is_commitment(spender) || spliced_into(spender).is_none();
    is_close.then_some(Ended { txid, amount, lies_at, moved: lies_at.is_none() })
}

/// Where a splice keeps a channel's money: the largest output of a kind that two keys can share.
fn spliced_into(spender: &Transaction) -> Option<OutPoint> {
    let shared =
        (0_u32..).zip(&spender.output).filter(|(_, output)| output.script_pubkey.is_p2wsh());
    let (vout, _) = shared.max_by_key(|(_, output)| output.value)?;
    Some(OutPoint::new(spender.compute_txid(), vout))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::{TxOut, WScriptHash, absolute::LockTime, transaction::Version};

    #[test]
    fn no_channel_holds_more_than_there_is() {
        let shared = ScriptBuf::new_p2wsh(&WScriptHash::hash(b"two keys"));
        let outputs = [Amount::from_sat(500_000), Amount::MAX_MONEY + Amount::ONE_SAT, Amount::MAX];
        let funding = Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: Vec::new(),
            output: outputs.map(|value| TxOut { value, script_pubkey: shared.clone() }).into(),
        };
        assert_eq!(shared_value(&funding, 0), Some(Sat::new(500_000)));
        for vout in 1..4 {
            assert_eq!(shared_value(&funding, vout), None);
        }
    }
}
