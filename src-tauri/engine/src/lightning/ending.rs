//! Ending channels: what it would mean, and doing it.

use super::channels::{BLOCK_SECS, ChannelError, describe, view_peer};
use super::peers::{self, PeerError};
use crate::amount::{Msat, Sat};
use crate::channels_book::{ChannelRecord, Ending};
use crate::closing::is_gone;
use crate::core::Core;
use crate::previews::Preview;
use crate::recovery;
use crate::time::Timestamp;
use crate::view::{ClosePreview, CloseWay};
use bitcoin::secp256k1::PublicKey;
use lightning::ln::channel_state::ChannelDetails;
use lightning::ln::types::ChannelId;
use lightning::util::config::ChannelConfig;
use lightning::util::errors::APIError;
use std::time::Duration;

/// Blocks a closed-together channel's money takes to be safely ours.
const TOGETHER_BLOCKS: u32 = 1;
/// The most that LDK accepts for a peer's `to_self_delay` (BOLT 2), where the channel's own is not known yet.
const LONGEST_DELAY: u16 = 2016;
/// How often, and how soon again, a channel is asked to close together while its last payment is being settled.
const CLOSE_TRIES: u32 = 40;
const CLOSE_PAUSE: Duration = Duration::from_millis(50);
/// Weight of a closing transaction with two outputs.
const CLOSING_WEIGHT: u64 = 680;

/// About what closing together costs its opener: the top of the range that LDK offers the peer, which peers of its kind
/// take. Paying it is cheaper than being closed by force over a few sat.
pub(super) fn closing_together_fee(core: &Core) -> Sat {
    let avoidance = ChannelConfig::default().force_close_avoidance_max_fee_satoshis;
    Sat::new((CLOSING_WEIGHT * core.closing_sat_per_kw()).div_ceil(1000) + avoidance)
}

/// What closing would mean.
pub(crate) fn preview_close(
    core: &Core,
    channel_id: &str,
    way: CloseWay,
    now: Timestamp,
) -> Result<ClosePreview, ChannelError> {
    if way == CloseWay::Force
        && let Some((channel, record)) = held_back(core, channel_id)
    {
        return Ok(preview_of_held_back(core, &channel, &record, now));
    }
    let details = find(core, channel_id)?;
    let parts = core.channel_parts(&details);
    let funder = details.is_outbound;
    let fee = match way {
        CloseWay::Together => closing_together_fee(core),
        CloseWay::Force => parts.closing_fee.to_sat_ceil(),
    };
    let fee = if funder { fee } else { Sat::ZERO };
    let blocks = match way {
        CloseWay::Together => TOGETHER_BLOCKS,
        CloseWay::Force => u32::from(details.force_close_spend_delay.unwrap_or(144)),
    };
    let peer_away = !details.is_usable && !peers::is_connected(core, &details.counterparty.node_id);
    let id = core.previews.put(|_| Preview::Close { channel_id: channel_id.to_owned(), way });
    Ok(ClosePreview {
        id,
        channel_id: channel_id.to_owned(),
        peer: view_peer(core, &details.counterparty.node_id),
        way,
        you_get_sat: parts.ours.to_sat_floor().minus_or_zero(fee),
        fee_sat: fee,
        blocks,
        free_at_secs: now.after(u64::from(blocks) * BLOCK_SECS).secs(),
        can_send_less_msat: parts.can_send,
        can_receive_less_msat: parts.can_receive,
        peer_away,
    })
}

/// What letting go would mean: LDK has closed it, and its commitment waits for a person's word.
fn preview_of_held_back(
    core: &Core,
    channel: &ChannelId,
    record: &ChannelRecord,
    now: Timestamp,
) -> ClosePreview {
    let channel_id = channel.to_string();
    let (amount, fee) = core.closing_cost(record);
    let blocks = u32::from(core.node.gate.delay_of(channel).unwrap_or(LONGEST_DELAY));
    let way = CloseWay::Force;
    let peer = record.peer_in(|node| view_peer(core, node));
    ClosePreview {
        id: core.previews.put(|_| Preview::Close { channel_id: channel_id.clone(), way }),
        channel_id,
        peer_away: !peer.connected,
        peer,
        way,
        you_get_sat: amount,
        fee_sat: fee,
        blocks,
        free_at_secs: now.after(u64::from(blocks) * BLOCK_SECS).secs(),
        can_send_less_msat: Msat::ZERO,
        can_receive_less_msat: Msat::ZERO,
    }
}

/// Closes as a preview showed. Shown as closing once it is durable.
pub(crate) async fn close(core: &Core, preview: &str, now: Timestamp) -> Result<(), ChannelError> {
    let Some(Preview::Close { channel_id, way }) = core.previews.take(preview) else {
        return Err(ChannelError::Stale);
    };
    core.status.disk()?;
    if core.freshness.is_quarantined() {
        return Err(ChannelError::Quarantine);
    }
    if way == CloseWay::Force
        && let Some((channel, record)) = held_back(core, &channel_id)
    {
        trust(core, &channel, record.user_id);
        core.wake.durable().await.map_err(|_| ChannelError::Storage)?;
        core.status.channels_changed();
        return Ok(());
    }
    let details = find(core, &channel_id)?;
    let peer = details.counterparty.node_id;
    if way == CloseWay::Together && !peers::is_connected(core, &peer) {
        // An agreement needs the other side.
        let address = peers::address_of(core, &peer).ok_or(PeerError::Unknown)?;
        peers::connect(core, peer, &address).await?;
    }
    let manager = &core.node.manager;
    let asked = match way {
        CloseWay::Together => ask_together(core, &details.channel_id, &peer).await,
        CloseWay::Force => {
            trust(core, &details.channel_id, details.user_channel_id);
            manager.force_close_broadcasting_latest_txn(
                &details.channel_id,
                &peer,
                "closed by the owner of this wallet".into(),
            )
        }
    };
    asked.map_err(|error| ChannelError::Refusal(describe(&error)))?;
    core.book.change(details.user_channel_id, |record| {
        record.ending.get_or_insert(Ending {
            together: way == CloseWay::Together,
            at: now,
            closed: false,
            reason: None,
            arrived: false,
            settled: false,
            owned_msat: None,
            taken: Vec::new(),
        });
    });
    core.node.peers.process_events();
    core.wake.durable().await.map_err(|_| ChannelError::Storage)?;
    recovery::write_or_warn(core).await;
    core.status.channels_changed();
    Ok(())
}

/// A person takes it upon themselves that no newer state exists.
fn trust(core: &Core, channel: &ChannelId, user_id: u128) {
    core.node.doubts.is_heard(channel);
    core.book.change(user_id, |record| record.disputed = false);
}

/// Asks the peer to close together. While a payment's last step is being written LDK refuses: it is asked again after
/// that commit.
async fn ask_together(core: &Core, channel: &ChannelId, peer: &PublicKey) -> Result<(), APIError> {
    let mut tries = 0;
    loop {
        let asked = core.node.manager.close_channel(channel, peer);
        tries += 1;
        let waits = matches!(
            asked,
            Err(APIError::ChannelUnavailable { .. } | APIError::APIMisuseError { .. })
        );
        if !waits
            || tries == CLOSE_TRIES
            || !peers::is_connected(core, peer)
            || core.wake.durable().await.is_err()
        {
            return asked;
        }
        tokio::time::sleep(CLOSE_PAUSE).await;
    }
}

/// A channel that LDK has closed, and whose commitment waits for a person's word.
fn held_back(core: &Core, channel_id: &str) -> Option<(ChannelId, ChannelRecord)> {
    let listed = core.node.manager.list_channels();
    let mut records = core.book.all().into_iter();
    let record = records.find(|record| record.channel_id.as_deref() == Some(channel_id))?;
    let held = record.disputed && !record.behind && is_gone(&record, &listed);
    Some((record.channel().filter(|_| held)?, record))
}

/// A channel that we may close. One whose state here is old is the peer's to close.
fn find(core: &Core, channel_id: &str) -> Result<ChannelDetails, ChannelError> {
    let channels = core.node.manager.list_channels();
    channels
        .into_iter()
        .find(|channel| channel.channel_id.to_string() == channel_id)
        .filter(|channel| !core.node.doubts.is_behind(&channel.channel_id))
        .ok_or(ChannelError::Gone)
}
