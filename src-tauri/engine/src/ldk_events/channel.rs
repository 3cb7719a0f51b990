//! Channel events: funding, accepting, and the record of each channel's life.

use crate::amount::{Msat, Sat};
use crate::channels_book::{ChannelRecord, Ending};
use crate::config::Role;
use crate::core::Core;
use crate::lightning::channels::{MAINNET_CHANNELS, SMALLEST_CHANNEL_SAT};
use crate::payments::{Fact, Payment, PaymentId, StoredDirection, StoredKind};
use crate::time::Timestamp;
use bitcoin::secp256k1::PublicKey;
use bitcoin::{OutPoint, ScriptBuf};
use lightning::events::{ClosureReason, FundingInfo, ReplayEvent};
use lightning::ln::types::ChannelId;

/// The peer accepted: build the funding transaction and lock its coins. LDK broadcasts it, through the outbox, once the
/// peer's signature and our monitor are durable.
pub(super) fn fund(
    core: &Core,
    temporary: ChannelId,
    peer: PublicKey,
    value_sat: u64,
    script: ScriptBuf,
    user_id: u128,
) -> Result<(), ReplayEvent> {
    let manager = &core.node.manager;
    let reserve = core.reserve_with(1);
    let built =
        core.onchain.fund(&script, Sat::new(value_sat), core.funding_rate(), reserve, &core.signer);
    let problem = match built {
        Ok(funding) => {
            let fee = fee_of(core, &funding);
            core.book.change(user_id, |record| record.funding_fee_sat = fee);
            match manager.funding_transaction_generated(temporary, peer, funding.clone()) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    core.onchain.release(&funding);
                    format!("{error:?}")
                }
            }
        }
        Err(error) => crate::error::chain_of(&error),
    };
    tracing::warn!(problem, "cannot fund a channel; it is given up");
    core.book.change(user_id, |record| record.said = Some(problem.clone()));
    core.book.drop_unfunded(user_id);
    core.channel_failed(user_id, problem);
    if manager
        .force_close_broadcasting_latest_txn(&temporary, &peer, "funding failed".into())
        .is_err()
    {
        tracing::debug!("the unfunded channel was gone already");
    }
    Ok(())
}

/// A peer wants to open a channel to us. Accepted when it is no smaller than the smallest and, for a leaf, private; we put
/// nothing in, so it costs nothing. Refused on mainnet like our own opens.
pub(super) fn requested(
    core: &Core,
    temporary: ChannelId,
    peer: PublicKey,
    value_sat: u64,
    announced: bool,
    now: Timestamp,
) -> Result<(), ReplayEvent> {
    let manager = &core.node.manager;
    let mainnet = core.network == bitcoin::Network::Bitcoin && !MAINNET_CHANNELS;
    let fits =
        value_sat >= SMALLEST_CHANNEL_SAT && (core.settings.role == Role::Router || !announced);
    let user_id = random_user_id();
    let answer = if mainnet || !fits {
        manager.force_close_broadcasting_latest_txn(
            &temporary,
            &peer,
            "not accepted by this wallet".into(),
        )
    } else {
        core.book.put(ChannelRecord {
            user_id,
            channel_id: None,
            peer: peer.to_string(),
            address: None,
            amount_sat: value_sat,
            ours: false,
            funding: None,
            funding_fee_sat: None,
            opened_at: now,
            ending: None,
            said: None,
            keys_id: None,
            behind: false,
            disputed: false,
        });
        if core.settings.tunables.trusted.has(&peer) {
            manager.accept_inbound_channel_from_trusted_peer_0conf(&temporary, &peer, user_id, None)
        } else {
            manager.accept_inbound_channel(&temporary, &peer, user_id, None)
        }
    };
    let keys_id = core.node.keys.take_keys_id(user_id);
    core.book.change(user_id, |record| record.keys_id = keys_id);
    if let Err(error) = answer {
        tracing::warn!(?error, "cannot answer a channel request");
        core.book.drop_unfunded(user_id);
    }
    Ok(())
}

/// The funding is known: the channel has its id and its row in Activity.
pub(super) fn pending(
    core: &Core,
    channel: ChannelId,
    user_id: u128,
    peer: PublicKey,
    funding: OutPoint,
    now: Timestamp,
) -> Result<(), ReplayEvent> {
    let record = core.book.change(user_id, |record| {
        record.channel_id = Some(channel.to_string());
        record.funding = Some(funding);
    });
    let Some(record) = record else {
        tracing::error!(%channel, "a channel without a record");
        return Ok(());
    };
    let (kind, direction) = if record.ours {
        (StoredKind::ChannelOpen, StoredDirection::Between)
    } else {
        (StoredKind::ChannelOpenByPeer, StoredDirection::Between)
    };
    let amount = Msat::from_sat(Sat::new(record.amount_sat)).unwrap_or_default();
    let mut row = Payment::new(open_row(user_id), kind, direction, amount, now);
    row.party = core.node.knowledge.alias(&peer);
    row.node_id = Some(peer.to_string());
    row.txid = Some(funding.txid.to_string());
    row.channel = Some(user_id);
    row.fee_msat =
        record.funding_fee_sat.and_then(|fee| Msat::from_sat(Sat::new(fee))).map(Msat::get);
    core.journal.insert(row);
    core.openings.decided(user_id, Ok(()));
    core.status.channels_changed();
    Ok(())
}

/// Both sides see enough confirmations.
pub(super) fn ready(core: &Core, user_id: u128, now: Timestamp) -> Result<(), ReplayEvent> {
    core.journal.tell(&open_row(user_id), Fact::OnChain { confirmed: true, fee: None }, now);
    core.status.channels_changed();
    Ok(())
}

/// It is over, or never came to be.
pub(super) fn closed(
    core: &Core,
    channel: ChannelId,
    user_id: u128,
    reason: &ClosureReason,
    balance_msat: Option<u64>,
    now: Timestamp,
) -> Result<(), ReplayEvent> {
    core.status.channels_changed();
    let Some(record) = core.book.get(user_id) else { return Ok(()) };
    let together = is_together(core, &record, reason);
    let said = match reason {
        ClosureReason::CounterpartyForceClosed { peer_msg } => {
            Some(harmless(&peer_msg.to_string()))
        }
        _ => None,
    };
    if record.funding.is_none() {
        core.book.drop_unfunded(user_id);
        core.channel_failed(user_id, said.unwrap_or_else(|| reason.to_string()));
        return Ok(());
    }
    core.book.change(user_id, |record| {
        let earlier = record.ending.take();
        record.ending = Some(Ending {
            together,
            at: earlier.map_or(now, |ending| ending.at),
            closed: true,
            reason: Some(reason.to_string()),
            settled: false,
        });
        record.said = said.or(record.said.take());
    });
    tracing::info!(%channel, %reason, "a channel is closed");
    let why = if together { None } else { Some(plain(reason)) };
    close_row(core, &record, Msat::new(balance_msat.unwrap_or(0)), why, now);
    Ok(())
}

/// Both sides agreed: LDK says so, or it only finds on the chain what the two agreed to before we ended.
fn is_together(core: &Core, record: &ChannelRecord, reason: &ClosureReason) -> bool {
    match reason {
        ClosureReason::LegacyCooperativeClosure
        | ClosureReason::CounterpartyInitiatedCooperativeClosure
        | ClosureReason::LocallyInitiatedCooperativeClosure => true,
        ClosureReason::CommitmentTxConfirmed => record
            .funding
            .and_then(|funding| core.onchain_spender(&funding))
            .is_some_and(|spender| !crate::lightning::is_commitment(&spender.transaction)),
        _ => false,
    }
}

/// Why it was closed, for a person, where both sides did not agree.
fn plain(reason: &ClosureReason) -> String {
    let text = match reason {
        ClosureReason::HolderForceClosed { .. } => "You closed it by force.",
        ClosureReason::CounterpartyForceClosed { .. } => "The peer closed it by force.",
        ClosureReason::CommitmentTxConfirmed => "A closing by the peer was found on the chain.",
        ClosureReason::FundingTimedOut => "Its opening was not confirmed in time.",
        ClosureReason::HTLCsTimedOut { .. } => "A payment in it was not settled in time.",
        ClosureReason::PeerFeerateTooLow { .. } => "The peer's fee became too low to be safe.",
        ClosureReason::OutdatedChannelManager => "What was stored of it was not complete.",
        ClosureReason::ProcessingError { err } if err.contains("un-confirmed") => {
            "The block with its opening was undone, so its money was brought back."
        }
        other => return other.to_string(),
    };
    text.to_owned()
}

fn close_row(
    core: &Core,
    record: &ChannelRecord,
    balance: Msat,
    why: Option<String>,
    now: Timestamp,
) {
    let id = PaymentId::named("close", &record.user_id.to_be_bytes());
    let mut row =
        Payment::new(id, StoredKind::ChannelClose, StoredDirection::Between, balance, now);
    row.node_id = Some(record.peer.clone());
    row.party = record.peer.parse().ok().and_then(|peer| core.node.knowledge.alias(&peer));
    row.channel = Some(record.user_id);
    row.note = why;
    core.journal.insert(row);
}

/// A funding transaction that will never be used: its coins are free again.
pub(super) fn discard_funding(core: &Core, info: &FundingInfo) -> Result<(), ReplayEvent> {
    match info {
        FundingInfo::Tx { transaction } => core.onchain.release(transaction),
        FundingInfo::OutPoint { outpoint } => {
            tracing::debug!(txid = %outpoint.txid, "a funding of the peer's is discarded")
        }
    }
    Ok(())
}

/// The Activity row of a channel's opening.
pub(crate) fn open_row(user_id: u128) -> PaymentId {
    PaymentId::named("open", &user_id.to_be_bytes())
}

/// A fresh `user_channel_id`.
pub(crate) fn random_user_id() -> u128 {
    u128::from_be_bytes(PaymentId::random().0[..16].try_into().expect("16 of 32 bytes"))
}

/// Miner fee of a transaction that only the on-chain wallet feeds.
fn fee_of(core: &Core, funding: &bitcoin::Transaction) -> Option<u64> {
    let paid: u64 = funding.output.iter().map(|output| output.value.to_sat()).sum();
    core.onchain.value_of_inputs(funding)?.get().checked_sub(paid)
}

/// Peer text without what could fake a screen.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}
