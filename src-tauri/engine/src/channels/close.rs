//! Ending channels: what it would mean, and doing it.

use crate::amount::{Msat, Sat};
use crate::channels::closing::{closing_cost, is_unresolved};
use crate::channels::keep;
use crate::channels::{ChannelError, refusal_of};
use crate::core::Core;
use crate::error::Code;
use crate::node::details::is_closing;
use crate::node::record::ChannelRecord;
use crate::peers::view_peer;
use crate::previews::Preview;
use crate::time::{BLOCK_SECS, Timestamp};
use crate::view::{ClosePreview, CloseWay};
use lightning::ln::channel_state::ChannelDetails;
use lightning::ln::types::ChannelId;
use lightning::util::config::ChannelConfig;
use lightning::util::errors::APIError;
use std::sync::Arc;
use std::time::Duration;

/// Blocks the money of a cooperatively closed channel takes to be safely ours.
const COOPERATIVE_CLOSE_BLOCKS: u32 = 1;
/// The most that LDK accepts for a peer's `to_self_delay` (BOLT 2), if the channel's own is not known yet.
const LONGEST_DELAY: u16 = 2016;
/// How soon a peer that is there is asked again, while a payment is being settled.
const ASK_AGAIN: Duration = Duration::from_millis(50);
/// For so long, in seconds, a close waits for the payments in its channel. LDK 0.2.7 forgets an HTLC that comes into a channel
/// which was closing at the last start (`ChannelManager::read` gives such a channel no alias, and by that the HTLC is
/// looked for): it is neither taken nor sent back, and the peer closes by force once its time is over. So a channel begins to
/// close when nothing is on its way through it, if that comes soon.
const QUIET_SECS: u64 = 30;
/// Weight of a closing transaction with two outputs.
const CLOSING_WEIGHT: u64 = 680;

/// About what a cooperative close costs its opener: the top of the range that LDK offers the peer, which peers of its kind
/// take. Paying it is cheaper than being closed by force over a few sat.
pub(crate) fn cooperative_close_fee(core: &Core) -> Sat {
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
    let details = find(core, channel_id, way)?;
    let parts = core.channel_parts(&details);
    let funder = details.is_outbound;
    let fee = match way {
        CloseWay::Cooperative => cooperative_close_fee(core),
        CloseWay::Force => parts.closing_fee.to_sat_ceil(),
    };
    let fee = if funder { fee } else { Sat::ZERO };
    let blocks = match way {
        CloseWay::Cooperative => COOPERATIVE_CLOSE_BLOCKS,
        CloseWay::Force => u32::from(details.force_close_spend_delay.unwrap_or(144)),
    };
    let peer_away = !details.is_usable && !core.node.is_connected(&details.counterparty.node_id);
    let id = core.previews.put(|_| Preview::Close { channel_id: channel_id.to_owned(), way });
    Ok(ClosePreview {
        id,
        channel_id: channel_id.to_owned(),
        peer: view_peer(&core.node, &core.settings, &details.counterparty.node_id),
        way,
        you_get_sat: parts.ours.to_sat_floor().minus_or_zero(fee),
        fee_sat: fee,
        blocks,
        free_at_secs: now.after(u64::from(blocks) * BLOCK_SECS).secs(),
        can_send_less_msat: parts.can_send,
        can_receive_less_msat: parts.can_receive,
        peer_away,
        fiat: None,
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
    let (amount, fee) = closing_cost(core, record);
    let blocks = u32::from(core.node.gate.delay_of(channel).unwrap_or(LONGEST_DELAY));
    let way = CloseWay::Force;
    let peer = record.peer_in(|node| view_peer(&core.node, &core.settings, node));
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
        fiat: None,
    }
}

/// Closes as a preview showed. Shown as closing once it is durable.
pub(crate) async fn close(core: &Core, preview: &str, now: Timestamp) -> Result<(), ChannelError> {
    let Some(Preview::Close { channel_id, way }) = core.previews.take(preview) else {
        return Err(ChannelError::Stale);
    };
    core.status.disk()?;
    if core.freshness.is_quarantined() {
        return Err(ChannelError::Obstacle(Code::Quarantine));
    }
    if way == CloseWay::Force
        && let Some((channel, record)) = held_back(core, &channel_id)
    {
        trust(core, &channel, record.user_id);
        core.wake.durable().await.map_err(|_| ChannelError::Storage)?;
        core.status.channels_changed();
        return Ok(());
    }
    let details = find(core, &channel_id, way)?;
    match way {
        CloseWay::Cooperative => wish(core, &details, now).await?,
        CloseWay::Force => force(core, &details, now)?,
    }
    core.node.peers.process_events();
    core.wake.durable().await.map_err(|_| ChannelError::Storage)?;
    keep::write_or_warn(core).await;
    core.status.channels_changed();
    Ok(())
}

/// A close that both agree to needs the other side: the wish is kept, and the peer asked as soon as it is there.
async fn wish(core: &Core, details: &ChannelDetails, now: Timestamp) -> Result<(), ChannelError> {
    let user_id = details.user_channel_id;
    core.records.change(user_id, |record| {
        record.close_asked.get_or_insert(now);
    });
    core.wake.durable().await.map_err(|_| ChannelError::Storage)?;
    match ask_to_close(core, details, now, now) {
        Asked::Yes => {}
        Asked::Later => {
            core.status.reconnect.notify_one();
            core.wishes.notify_one();
        }
        Asked::Never(said) => {
            core.records.change(user_id, |record| record.close_asked = None);
            return Err(ChannelError::Refusal(said));
        }
    }
    Ok(())
}

/// Takes a wish back that the peer has not heard yet.
pub(crate) async fn keep_open(core: &Core, channel_id: &str) -> Result<(), ChannelError> {
    let mut records = core.records.all().into_iter();
    let waiting = records.find(|record| {
        record.channel_id.as_deref() == Some(channel_id) && record.close_asked.is_some()
    });
    let record = waiting.ok_or(ChannelError::Stale)?;
    core.records.change(record.user_id, |record| record.close_asked = None);
    core.wake.durable().await.map_err(|_| ChannelError::Storage)?;
    core.status.channels_changed();
    Ok(())
}

/// Keeps asking the peers of the channels that a person wants closed.
pub(crate) async fn keep_asking(core: Arc<Core>) {
    loop {
        let mut soon = false;
        for details in core.node.manager.list_channels() {
            let record = core.records.get(details.user_channel_id);
            let Some(at) = record.and_then(|record| record.close_asked) else { continue };
            if !core.node.is_connected(&details.counterparty.node_id) {
                continue;
            }
            match ask_to_close(&core, &details, at, Timestamp::now()) {
                Asked::Yes => {
                    core.node.peers.process_events();
                    core.status.channels_changed();
                }
                Asked::Later => soon = true,
                Asked::Never(said) => tracing::warn!(said, "a close that was asked for is refused"),
            }
        }
        let pause = if soon { ASK_AGAIN } else { core.settings.tunables.reconnect_interval };
        drop(tokio::time::timeout(pause, core.wishes.notified()).await);
    }
}

/// What LDK made of the parameters.
enum Asked {
    Yes,
    /// The peer is not there, a payment is on its way, or its last step is being written.
    Later,
    Never(String),
}

/// `at` is when the person asked.
fn ask_to_close(core: &Core, details: &ChannelDetails, at: Timestamp, now: Timestamp) -> Asked {
    let (channel, peer) = (&details.channel_id, &details.counterparty.node_id);
    // The peer, or an earlier word of ours, may have begun.
    if !is_closing(details) {
        if is_carrying(details) && now < at.after(QUIET_SECS) {
            return Asked::Later;
        }
        match core.node.manager.close_channel(channel, peer) {
            Ok(()) => {}
            Err(APIError::ChannelUnavailable { .. } | APIError::APIMisuseError { .. }) => {
                return Asked::Later;
            }
            Err(error) => return Asked::Never(refusal_of(&error)),
        }
    }
    core.records.change(details.user_channel_id, |record| record.begin_cooperative_close(at));
    Asked::Yes
}

/// A payment is on its way through it.
fn is_carrying(details: &ChannelDetails) -> bool {
    !details.pending_inbound_htlcs.is_empty() || !details.pending_outbound_htlcs.is_empty()
}

fn force(core: &Core, details: &ChannelDetails, now: Timestamp) -> Result<(), ChannelError> {
    trust(core, &details.channel_id, details.user_channel_id);
    let (channel, peer) = (&details.channel_id, &details.counterparty.node_id);
    let why = "closed by the owner of this wallet".to_owned();
    let closed = core.node.gate.between_revocations(|| {
        core.node.manager.force_close_broadcasting_latest_txn(channel, peer, why)
    });
    closed.map_err(|error| ChannelError::Refusal(refusal_of(&error)))?;
    core.records.change(details.user_channel_id, |record| {
        record.begin_cooperative_close(now);
        if let Some(ending) = &mut record.ending {
            ending.cooperative = false;
        }
    });
    Ok(())
}

/// A person takes it upon themselves that no newer state exists.
fn trust(core: &Core, channel: &ChannelId, user_id: u128) {
    core.node.staleness.mark_verified(channel);
    core.records.change(user_id, |record| record.disputed = false);
}

/// A channel that LDK has closed, and whose commitment waits for a person's word.
fn held_back(core: &Core, channel_id: &str) -> Option<(ChannelId, ChannelRecord)> {
    let listed = core.node.manager.list_channels();
    let mut records = core.records.all().into_iter();
    let record = records.find(|record| record.channel_id.as_deref() == Some(channel_id))?;
    let held =
        record.disputed && !record.stale && !record.restored && is_unresolved(&record, &listed);
    Some((record.channel().filter(|_| held)?, record))
}

/// A channel that we may close. One whose state here is old is the peer's to close, and so is one from a copy until its peer
/// has agreed to that.
fn find(core: &Core, channel_id: &str, way: CloseWay) -> Result<ChannelDetails, ChannelError> {
    let channels = core.node.manager.list_channels();
    let staleness = &core.node.staleness;
    let may_be_old = |channel: &ChannelId| {
        staleness.is_stale(channel) || (way == CloseWay::Force && staleness.is_restored(channel))
    };
    channels
        .into_iter()
        .find(|channel| channel.channel_id.to_string() == channel_id)
        .filter(|channel| !may_be_old(&channel.channel_id))
        .ok_or(ChannelError::Gone)
}
