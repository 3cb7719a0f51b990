//! Opening a channel: from a person's yes to the funding on its way. If it does not come to that, nothing of it stays: no
//! coin is locked, no record is kept, and nothing that the peer says later funds it.

use crate::amount::{Msat, Sat};
use crate::channels::close::cooperative_close_fee;
use crate::channels::openings::{FundingTerms, Opening};
use crate::channels::rule::{self, Standing};
use crate::channels::{ChannelError, keep, refusal_of};
use crate::config::Role;
use crate::core::Core;
use crate::node::config;
use crate::node::record::ChannelRecord;
use crate::node::record::random_user_id;
use crate::peers::connect;
use crate::peers::view_peer;
use crate::previews::{Preview, is_old};
use crate::time::Timestamp;
use crate::view::{LightningBalance, OpenPreview};
use bitcoin::OutPoint;
use bitcoin::secp256k1::PublicKey;
use lightning::ln::types::ChannelId;
use lightning::util::config::UserConfig;
use std::collections::HashSet;

/// Weight of a commitment transaction with anchors, and of one output for a payment (BOLT 3).
const COMMITMENT_WEIGHT: u64 = 1124;
const HTLC_WEIGHT: u64 = 172;
/// Both anchors (BOLT 3).
const ANCHORS_SAT: u64 = 660;
/// What a peer asks us to keep in a channel (BOLT 2, `channel_reserve_satoshis`): nearly all ask for a hundredth, and LDK for
/// no less than 1000 sat.
const USUAL_RESERVE_PERCENT: u64 = 1;
const LEAST_RESERVE_SAT: u64 = 1000;

/// What the peer reads if it answers too late.
const TOO_LATE: &str = "this channel is not waited for any more";

/// What opening a channel of `amount` to `peer` would mean.
pub(crate) fn preview_open(
    core: &Core,
    peer: &str,
    amount: Sat,
    balance: &LightningBalance,
    now: Timestamp,
) -> Result<OpenPreview, ChannelError> {
    // A wallet in quarantine may still look at what a channel would mean.
    let standing = Standing { quarantined: false, ..rule::standing(core, amount, true) };
    may_open(&standing)?;
    let uri = connect::parse_peer(core, peer)?;
    let (node, address) = (uri.node_id, uri.place());
    let rate = core.funding_rate();
    let kept = core.reserve_with(1);
    let limits = &core.settings.network.parameters().channels;
    let largest = core.onchain.largest_funding(rate, kept).min(Sat::new(limits.largest_sat));
    let smallest = Sat::new(limits.smallest_sat);
    if amount < smallest || amount > largest {
        return Err(ChannelError::Size { smallest, largest });
    }
    let terms = FundingTerms { rate, fee: core.onchain.funding_fee(amount, rate, kept)? };
    let reserve = usual_reserve(amount);
    let per_kw = core.commitment_sat_per_kw();
    let fee_of = |weight: u64| Sat::new((weight * per_kw).div_ceil(1000));
    let set_aside = Sat::new(fee_of(COMMITMENT_WEIGHT + 2 * HTLC_WEIGHT).get() + ANCHORS_SAT);
    let own = amount.minus_or_zero(reserve).minus_or_zero(set_aside);
    let after = |now: Msat, more: Sat| {
        now.checked_add(Msat::from_sat(more).unwrap_or_default()).unwrap_or(now)
    };
    let id = core.previews.put(|_| Preview::Open { peer: node, address, amount, terms, at: now });
    Ok(OpenPreview {
        id,
        peer: view_peer(&core.node, &core.settings, &node),
        amount_sat: amount,
        smallest_sat: smallest,
        largest_sat: largest,
        can_send_after_msat: after(balance.can_send_msat, own),
        can_receive_after_msat: balance.can_receive_msat,
        reserve_sat: reserve,
        open_fee_sat: terms.fee,
        close_fee_sat: cooperative_close_fee(core),
        kept_for_closing_sat: kept,
        confirmations: config::CONFIRMATIONS,
        fiat: None,
    })
}

/// See [`rule`]. Its reserve is kept back if its coins are chosen.
fn may_open(standing: &Standing) -> Result<(), ChannelError> {
    rule::obstacle(standing).map_or(Ok(()), |code| Err(ChannelError::Obstacle(code)))
}

fn usual_reserve(amount: Sat) -> Sat {
    Sat::new((amount.get() * USUAL_RESERVE_PERCENT / 100).max(LEAST_RESERVE_SAT))
}

/// Opens what a preview showed. Returns when the funding is on its way, or why not.
pub(crate) async fn open(core: &Core, preview: &str, now: Timestamp) -> Result<(), ChannelError> {
    open_with(core, preview, now, None).await
}

/// The same, announced to the network. Routers only: a person's channels stay private.
pub(crate) async fn open_announced(
    core: &Core,
    preview: &str,
    now: Timestamp,
) -> Result<(), ChannelError> {
    if core.settings.role != Role::Router {
        return Err(ChannelError::NotARouter);
    }
    let config = config::announced(core.settings.network, core.settings.role);
    open_with(core, preview, now, Some(config)).await
}

async fn open_with(
    core: &Core,
    preview: &str,
    now: Timestamp,
    config: Option<UserConfig>,
) -> Result<(), ChannelError> {
    let Some(Preview::Open { peer, address, amount, terms, at }) = core.previews.take(preview)
    else {
        return Err(ChannelError::Stale);
    };
    may_open(&rule::standing(core, amount, true))?;
    core.status.disk()?;
    core.status.blocks_come(now)?;
    if !core.status.channels_are_current(now) || !core.status.onchain_is_current(now) {
        return Err(ChannelError::NotReady);
    }
    // The coins and the reserve may have changed since it was shown.
    let fee = core.onchain.funding_fee(amount, terms.rate, core.reserve_with(1));
    if is_old(at, now) || !fee.is_ok_and(|fee| fee <= terms.fee) {
        return Err(ChannelError::Stale);
    }
    let address = connect::reach(core, peer, address).await?;
    let known = core.node.peers.peer_by_node_id(&peer);
    if !known.is_some_and(|known| known.init_features.supports_anchors_zero_fee_htlc_tx()) {
        return Err(ChannelError::NoAnchors);
    }
    let user_id = random_user_id();
    core.records.put(ChannelRecord {
        address,
        ..ChannelRecord::new(user_id, &peer, amount.get(), true, now)
    });
    // The record is durable before the peer hears of the channel.
    if core.wake.durable().await.is_err() {
        core.forget_opening(user_id);
        return Err(ChannelError::Storage);
    }
    let opening = core.openings.wait(user_id, terms);
    let created = begin(core, user_id, || {
        core.node.manager.create_channel(peer, amount.get(), 0, user_id, None, config)
    });
    if let Err(error) = created {
        core.forget_opening(user_id);
        return Err(ChannelError::Refusal(refusal_of(&error)));
    }
    core.node.peers.process_events();
    agreed(core, peer, opening).await?;
    if let Some(funding) = core.records.get(user_id).and_then(|record| record.funding) {
        core.status.offered(funding.txid).await;
    }
    keep::write_or_warn(core).await;
    Ok(())
}

/// Has LDK begin a channel. What it was given for the channel becomes a part of the record.
pub(crate) fn begin<T>(core: &Core, user_id: u128, call: impl FnOnce() -> T) -> T {
    let (answer, given) = core.node.keys.give_to_channel(user_id, call);
    core.records.change(user_id, |record| {
        record.keys_id = given.keys_id;
        record.places = given.places;
    });
    answer
}

/// Waits until the funding is on its way, for as long as a peer may take.
async fn agreed(
    core: &Core,
    peer: PublicKey,
    mut opening: Opening<'_>,
) -> Result<(), ChannelError> {
    let patience = core.settings.tunables.opening_patience;
    if let Ok(outcome) = tokio::time::timeout(patience, &mut opening.outcome).await {
        return outcome.unwrap_or(Err(ChannelError::Silent));
    }
    let listed = core.node.manager.list_channels_with_counterparty(&peer);
    let channel = listed.iter().find(|channel| channel.user_channel_id == opening.user_id);
    if channel.is_some_and(|channel| core.node.watch.watches(&channel.channel_id)) {
        // The peer has signed: the funding leaves with the commit that is being made.
        return (&mut opening.outcome).await.unwrap_or(Err(ChannelError::Silent));
    }
    let user_id = opening.user_id;
    drop(opening);
    if let Some(channel) = channel {
        give_up(core, channel.channel_id, peer, TOO_LATE);
    }
    core.forget_opening(user_id);
    Err(ChannelError::Silent)
}

/// Ends a channel that is not funded. LDK frees the coins of a funding that it has not sent.
pub(crate) fn give_up(core: &Core, channel: ChannelId, peer: PublicKey, why: &str) {
    let manager = &core.node.manager;
    if manager.force_close_broadcasting_latest_txn(&channel, &peer, why.to_owned()).is_err() {
        tracing::debug!(%channel, "the unfunded channel was gone already");
    }
    core.node.peers.process_events();
}

/// At a start, before anything moves.
pub(crate) fn at_start(core: &Core) {
    forget_unfinished(core);
    let records = core.records.all().into_iter();
    let is_resolved =
        |record: &ChannelRecord| record.ending.as_ref().is_some_and(|ending| ending.resolved);
    for record in records.filter(|record| !is_resolved(record)) {
        core.onchain.promise(&record.places);
    }
}

/// LDK forgets a channel that has no funding yet when the process ends; its record goes
/// too, and the coins that were locked for it are free again.
fn forget_unfinished(core: &Core) {
    if core.freshness.is_quarantined() {
        return;
    }
    let listed = core.node.manager.list_channels();
    let records = core.records.all();
    let known: HashSet<_> = records.iter().filter_map(ChannelRecord::channel).collect();
    // LDK has it but has not reported its funding yet.
    let untold: Vec<PublicKey> = core
        .node
        .chain_monitor
        .list_monitors()
        .into_iter()
        .filter(|channel| !known.contains(channel))
        .filter_map(|channel| core.node.chain_monitor.get_monitor(channel).ok())
        .map(|monitor| monitor.get_counterparty_node_id())
        .collect();
    let is_untold = |record: &ChannelRecord| {
        untold.iter().any(|peer| peer.to_string() == record.peer)
            || listed.iter().any(|channel| channel.user_channel_id == record.user_id)
    };
    let (mut needed, mut is_complete): (HashSet<OutPoint>, bool) = (HashSet::new(), true);
    for record in records {
        let began = record.funding.is_none() && record.ending.is_none();
        if began && !is_untold(&record) {
            tracing::info!(peer = record.peer, "an opening that did not come about is forgotten");
            core.forget_opening(record.user_id);
        } else if began && record.ours && record.coins.is_empty() {
            // Written before the coins of a funding were kept.
            is_complete = false;
        } else {
            needed.extend(record.coins);
        }
    }
    let packages = core.node.outbox.packages();
    let sent = packages.iter().flat_map(|(_, package)| package).flat_map(|sent| &sent.input);
    needed.extend(sent.map(|input| input.previous_output));
    if is_complete {
        core.onchain.unlock_unspent(|outpoint| needed.contains(outpoint));
    }
}
