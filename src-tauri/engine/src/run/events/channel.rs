//! Channel events: funding, accepting, and the record of each channel's life.

use crate::amount::{Msat, Sat};
use crate::channels::closing::onchain_spender;
use crate::channels::rows::{self, open_row};
use crate::channels::{ChannelError, open, refusal_of, rule};
use crate::config::Role;
use crate::core::Core;
use crate::error::{Code, chain_of};
use crate::node::details::has_anchors;
use crate::node::record::{ChannelRecord, Ending, harmless, random_user_id};
use crate::onchain::purpose::Purpose;
use crate::payments::{Fact, JournalError, Payment, StoredDirection, StoredKind};
use crate::time::Timestamp;
use crate::view::CloseReason;
use bitcoin::secp256k1::PublicKey;
use bitcoin::{OutPoint, Script, ScriptBuf, Transaction};
use lightning::events::{ClosureReason, FundingInfo, InboundChannelFunds, ReplayEvent};
use lightning::ln::types::ChannelId;
use lightning::types::features::ChannelTypeFeatures;

/// The peer accepted: build the funding transaction and lock its coins. LDK broadcasts it, through the outbox, once the
/// peer's signature and our monitor are durable. If it cannot be funded as it was agreed to, the channel is given up.
pub(crate) fn fund(
    core: &Core,
    temporary: ChannelId,
    peer: PublicKey,
    value_sat: u64,
    script: ScriptBuf,
    user_id: u128,
) -> Result<(), ReplayEvent> {
    let manager = &core.node.manager;
    let funded = funding(core, peer, value_sat, &script, user_id).and_then(|funding| {
        let generated = manager.funding_transaction_generated(temporary, peer, funding.clone());
        generated.map_err(|error| {
            core.onchain.release(&funding);
            ChannelError::Refusal(refusal_of(&error))
        })
    });
    if let Err(error) = funded {
        tracing::warn!(error = chain_of(&error), "a channel is not funded; it is given up");
        open::give_up(core, temporary, peer, "this channel cannot be funded");
        core.forget_opening(user_id);
        core.channel_failed(user_id, error);
    }
    Ok(())
}

/// The transaction, as the person agreed to it.
fn funding(
    core: &Core,
    peer: PublicKey,
    value_sat: u64,
    script: &Script,
    user_id: u128,
) -> Result<Transaction, ChannelError> {
    let terms = core.openings.terms(user_id).ok_or(ChannelError::Silent)?;
    let listed = core.node.manager.list_channels_with_counterparty(&peer);
    let channel = listed.into_iter().find(|channel| channel.user_channel_id == user_id);
    let channel_type = channel.and_then(|channel| channel.channel_type);
    if !channel_type.is_some_and(|channel_type| has_anchors(&channel_type)) {
        return Err(ChannelError::NoAnchors);
    }
    // LDK lists this channel already.
    let reserve = core.reserve_with(0);
    let value = Sat::new(value_sat);
    let funding = core.onchain.fund(script, value, terms.rate, reserve, &core.signer)?;
    let fee = fee_of(core, &funding);
    if fee.is_none_or(|fee| fee > terms.fee.get()) {
        core.onchain.release(&funding);
        return Err(ChannelError::Stale);
    }
    core.purposes.keep(funding.compute_txid(), Purpose::Funding { channel: user_id });
    core.records.change(user_id, |record| {
        record.funding_fee_sat = fee;
        record.coins = funding.input.iter().map(|input| input.previous_output).collect();
    });
    Ok(funding)
}

/// A channel that a peer wants to open to us.
pub(crate) struct Request {
    pub(crate) temporary: ChannelId,
    pub(crate) peer: PublicKey,
    pub(crate) value_sat: u64,
    pub(crate) announced: bool,
    pub(crate) channel_type: ChannelTypeFeatures,
    pub(crate) funds: InboundChannelFunds,
}

/// A peer wants to open a channel to us. We put nothing in, but what comes into it later is ours.
pub(crate) fn requested(core: &Core, request: &Request, now: Timestamp) -> Result<(), ReplayEvent> {
    let (temporary, peer) = (request.temporary, request.peer);
    if let Some(why) = refusal(core, request, now) {
        tracing::info!(%peer, why, "a channel is refused");
        open::give_up(core, temporary, peer, why);
        return Ok(());
    }
    let user_id = random_user_id();
    let mut record = ChannelRecord::new(user_id, &peer, request.value_sat, false, now);
    record.pushed_msat = match request.funds {
        InboundChannelFunds::PushMsat(msat) => msat,
        InboundChannelFunds::DualFunded => 0,
    };
    core.records.put(record);
    let manager = &core.node.manager;
    let answer = open::begin(core, user_id, || {
        if core.settings.tunables.trusted.has(&peer) {
            manager.accept_inbound_channel_from_trusted_peer_0conf(&temporary, &peer, user_id, None)
        } else {
            manager.accept_inbound_channel(&temporary, &peer, user_id, None)
        }
    });
    if let Err(error) = answer {
        tracing::warn!(?error, "cannot answer a channel request");
        core.forget_opening(user_id);
    }
    Ok(())
}

/// Why a channel is not wanted, in words for the peer.
///
/// A channel can be closed by force only with coins that pay for it, so there must be a reserve for it. A wallet that has
/// no channel yet may have no coins either, and its first money may come over Lightning: one channel is accepted without a
/// reserve as long as nothing in it is ours, and the wallet then asks for coins (`Card::LowForClosing`). The coins that
/// other channels need are never counted twice.
fn refusal(core: &Core, request: &Request, now: Timestamp) -> Option<&'static str> {
    let begins = core.reserve_with(0) == Sat::ZERO
        && matches!(request.funds, InboundChannelFunds::PushMsat(0));
    if request.value_sat < core.settings.network.parameters().channels.smallest_sat {
        return Some("the channel is too small");
    }
    if request.announced && core.settings.role == Role::Leaf {
        return Some("only unannounced channels are accepted");
    }
    if !has_anchors(&request.channel_type) {
        return Some("only channels with anchor outputs are accepted");
    }
    if core.status.blocks_come(now).is_err() {
        return Some(NOT_NOW);
    }
    let coins = core.onchain.balance(Sat::ZERO).can_spend_sat;
    let reserve = coins >= core.reserve_with(1) || begins;
    let standing = rule::standing(core, Sat::new(request.value_sat), reserve);
    rule::obstacle(&standing).map(in_words_for_the_peer)
}

const NOT_NOW: &str = "no channels are accepted now";

/// The peer need not know how this wallet is kept.
fn in_words_for_the_peer(obstacle: Code) -> &'static str {
    match obstacle {
        Code::InsufficientBalance => "not enough on-chain to close one more channel by force",
        Code::ChannelCap => "the channel is too large",
        _ => NOT_NOW,
    }
}

/// The funding is known: the channel has its id and its row in Activity.
pub(crate) fn pending(
    core: &Core,
    channel: ChannelId,
    user_id: u128,
    peer: PublicKey,
    funding: OutPoint,
    now: Timestamp,
) -> Result<(), ReplayEvent> {
    let record = core.records.change(user_id, |record| {
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
    row.party = core.node.routing_state.alias(&peer);
    row.node_id = Some(peer.to_string());
    row.txid = Some(funding.txid.to_string());
    row.channel = Some(user_id);
    row.fee_msat =
        record.funding_fee_sat.and_then(|fee| Msat::from_sat(Sat::new(fee))).map(Msat::get);
    row.change_msat = i64::try_from(record.pushed_msat).ok().filter(|pushed| *pushed > 0);
    core.journal.insert(row)?;
    core.openings.decided(user_id, Ok(()));
    core.status.channels_changed();
    Ok(())
}

/// Both sides see enough confirmations.
pub(crate) fn ready(core: &Core, user_id: u128, now: Timestamp) -> Result<(), ReplayEvent> {
    core.journal.record(&open_row(user_id), Fact::OnChain { confirmed: true, fee: None }, now)?;
    keep_first_hops(core);
    core.status.channels_changed();
    Ok(())
}

/// Notes how paths name the channels that can be paid through: LDK forgets it with the channel.
pub(crate) fn keep_first_hops(core: &Core) {
    for channel in core.node.manager.list_channels() {
        core.records.change(channel.user_channel_id, |record| {
            record.first_hops.extend(channel.get_outbound_payment_scid());
        });
    }
}

/// It is over, or never came to be.
pub(crate) fn closed(
    core: &Core,
    channel: ChannelId,
    user_id: u128,
    reason: &ClosureReason,
    balance_msat: Option<u64>,
    now: Timestamp,
) -> Result<(), ReplayEvent> {
    core.status.channels_changed();
    let Some(record) = core.records.get(user_id) else { return Ok(()) };
    let cooperative = is_cooperative(core, &record, reason);
    let said = match reason {
        ClosureReason::CounterpartyForceClosed { peer_msg } => {
            Some(harmless(&peer_msg.to_string()))
        }
        _ => None,
    };
    if record.funding.is_none() {
        core.forget_opening(user_id);
        core.channel_failed(user_id, not_opened(reason, said.or(record.last_peer_error)));
        return Ok(());
    }
    let why = why(reason, cooperative);
    core.records.change(user_id, |record| {
        let earlier = record.ending.take();
        record.ending = Some(Ending {
            cooperative,
            at: earlier.map_or(now, |ending| ending.at),
            closed: true,
            reason: Some(reason.to_string()),
            arrived: false,
            why: Some(why),
            resolved: false,
            owned_msat: Some(balance_msat.unwrap_or(0)),
            taken: Vec::new(),
        });
        record.close_asked = None;
        record.last_peer_error = said.or(record.last_peer_error.take());
    });
    tracing::info!(%channel, %reason, "a channel is closed");
    close_row(core, &record, Msat::new(balance_msat.unwrap_or(0)), why, now)?;
    Ok(())
}

/// Why an opening came to nothing.
fn not_opened(reason: &ClosureReason, said: Option<String>) -> ChannelError {
    match (reason, said) {
        (ClosureReason::DisconnectedPeer, _) => ChannelError::Silent,
        (_, Some(said)) => ChannelError::Refused(said),
        (reason, None) => ChannelError::Refused(reason.to_string()),
    }
}

/// Both sides agreed: LDK says so, or it only finds on the chain what the two agreed to before we ended.
fn is_cooperative(core: &Core, record: &ChannelRecord, reason: &ClosureReason) -> bool {
    match reason {
        ClosureReason::LegacyCooperativeClosure
        | ClosureReason::CounterpartyInitiatedCooperativeClosure
        | ClosureReason::LocallyInitiatedCooperativeClosure => true,
        ClosureReason::CommitmentTxConfirmed => record
            .funding
            .and_then(|funding| onchain_spender(core, &funding))
            .is_some_and(|spender| !crate::node::is_commitment(&spender.transaction)),
        _ => false,
    }
}

/// How LDK's words begin when the block of a ready channel's funding is undone. It has no reason of its own for it; the story
/// `reorg` fails if it says it in other words.
const FUNDING_UNDONE: &str = "Funding transaction was un-confirmed";

/// LDK's reason, for a person.
fn why(reason: &ClosureReason, cooperative: bool) -> CloseReason {
    match reason {
        _ if cooperative => CloseReason::Agreed,
        ClosureReason::LegacyCooperativeClosure
        | ClosureReason::CounterpartyInitiatedCooperativeClosure
        | ClosureReason::LocallyInitiatedCooperativeClosure => CloseReason::Agreed,
        ClosureReason::HolderForceClosed { .. } => CloseReason::ByYou,
        ClosureReason::CounterpartyForceClosed { .. } => CloseReason::ByPeer,
        ClosureReason::CommitmentTxConfirmed => CloseReason::FoundOnChain,
        ClosureReason::FundingTimedOut => CloseReason::OpeningTimedOut,
        ClosureReason::HTLCsTimedOut { .. } => CloseReason::PaymentTimedOut,
        ClosureReason::PeerFeerateTooLow { .. } => CloseReason::PeerFeeTooLow,
        ClosureReason::OutdatedChannelManager => CloseReason::StateIncomplete,
        ClosureReason::ProcessingError { err } if err.starts_with(FUNDING_UNDONE) => {
            CloseReason::OpeningUndone
        }
        ClosureReason::ProcessingError { .. } => CloseReason::ProtocolError,
        // Of channels that were never funded.
        ClosureReason::DisconnectedPeer
        | ClosureReason::CounterpartyCoopClosedUnfundedChannel
        | ClosureReason::LocallyCoopClosedUnfundedChannel
        | ClosureReason::FundingBatchClosure => CloseReason::NeverOpened,
    }
}

fn close_row(
    core: &Core,
    record: &ChannelRecord,
    balance: Msat,
    why: CloseReason,
    now: Timestamp,
) -> Result<bool, JournalError> {
    let id = rows::close_row(record.user_id);
    let mut row =
        Payment::new(id, StoredKind::ChannelClose, StoredDirection::Between, balance, now);
    row.node_id = Some(record.peer.clone());
    row.party = record.peer.parse().ok().and_then(|peer| core.node.routing_state.alias(&peer));
    row.channel = Some(record.user_id);
    row.close_reason = Some(why);
    core.journal.insert(row)
}

/// A funding transaction that will never be used: its coins are free again.
pub(crate) fn discard_funding(
    core: &Core,
    info: &FundingInfo,
    now: Timestamp,
) -> Result<(), ReplayEvent> {
    match info {
        FundingInfo::Tx { transaction } => {
            core.onchain.release(transaction);
            let purpose = core.purposes.get(&transaction.compute_txid());
            if let Some(Purpose::Funding { channel }) = purpose {
                core.journal.record(&open_row(channel), Fact::Replaced { by: None }, now)?;
            }
        }
        FundingInfo::OutPoint { outpoint } => {
            tracing::debug!(txid = %outpoint.txid, "a funding of the peer's is discarded")
        }
    }
    Ok(())
}

/// Miner fee of a transaction that only the on-chain wallet feeds.
fn fee_of(core: &Core, funding: &bitcoin::Transaction) -> Option<u64> {
    let paid: u64 = funding.output.iter().map(|output| output.value.to_sat()).sum();
    core.onchain.value_of_inputs(funding)?.get().checked_sub(paid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lightning::types::string::UntrustedString;
    use std::collections::HashSet;

    /// `why` names each reason that LDK has, so a new one does not compile before it has a sentence; and none shares that of
    /// another thing.
    #[test]
    fn each_reason_for_a_close_has_a_sentence_of_its_own() {
        let (message, peer_msg) = (String::new(), UntrustedString(String::new()));
        let reasons = [
            ClosureReason::LocallyInitiatedCooperativeClosure,
            ClosureReason::HolderForceClosed { broadcasted_latest_txn: None, message },
            ClosureReason::CounterpartyForceClosed { peer_msg },
            ClosureReason::CommitmentTxConfirmed,
            ClosureReason::FundingTimedOut,
            ClosureReason::HTLCsTimedOut { payment_hash: None },
            ClosureReason::PeerFeerateTooLow {
                peer_feerate_sat_per_kw: 253,
                required_feerate_sat_per_kw: 500,
            },
            ClosureReason::OutdatedChannelManager,
            ClosureReason::ProcessingError { err: FUNDING_UNDONE.to_owned() },
            ClosureReason::ProcessingError { err: "anything else".to_owned() },
            ClosureReason::DisconnectedPeer,
        ];
        let told: HashSet<String> =
            reasons.iter().map(|reason| format!("{:?}", why(reason, false))).collect();
        assert_eq!(told.len(), reasons.len(), "two things share a sentence: {told:?}");
        assert!(!told.contains("Other"), "nothing is closed for another reason");
        let same = [
            (ClosureReason::LegacyCooperativeClosure, CloseReason::Agreed),
            (ClosureReason::CounterpartyInitiatedCooperativeClosure, CloseReason::Agreed),
            (ClosureReason::CounterpartyCoopClosedUnfundedChannel, CloseReason::NeverOpened),
            (ClosureReason::LocallyCoopClosedUnfundedChannel, CloseReason::NeverOpened),
            (ClosureReason::FundingBatchClosure, CloseReason::NeverOpened),
        ];
        for (reason, sentence) in same {
            assert_eq!(why(&reason, false), sentence, "{reason}");
        }
    }

    #[test]
    fn an_undone_funding_is_told_from_other_trouble() {
        let error = |err: &str| ClosureReason::ProcessingError { err: err.to_owned() };
        // As LDK 0.2.7 writes it (`FundedChannel::do_best_block_updated`).
        let undone = "Funding transaction was un-confirmed. Locked at 3 confs, now have 0 confs.";
        assert_eq!(why(&error(undone), false), CloseReason::OpeningUndone);
        assert_eq!(
            why(&error("Peer sent un-confirmed nonsense"), false),
            CloseReason::ProtocolError
        );
        assert_eq!(why(&error(undone), true), CloseReason::Agreed);
    }
}
