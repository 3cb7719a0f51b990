//! What the wallet looks like now: balance, channels, cards. Computed from LDK, BDK and the records; told when it differs
//! from what was told last.

use super::balance::{ChannelPhase, total};
use super::cards::cards;
use super::channels::channels;
use crate::amount::Msat;
use crate::channels::closing::{self, FundsSnapshot};
use crate::core::Core;
use crate::event::Event;
use crate::node::details::is_closing;
use crate::payments::Payment;
use crate::payments::send::is_in_transit;
use crate::peers::view_peer;
use crate::time::Timestamp;
use crate::view::{Balance, Card, Channels, RateView};
use lightning::ln::channel_state::ChannelDetails;
use std::sync::Arc;
use std::time::Duration;

/// LDK has no event for a connection or a disconnection: besides every hint, once a second.
const READ_EVERY: Duration = Duration::from_secs(1);
/// Between two readings: while hundreds of payments a second go by, nobody reads each of their balances, and one reading costs
/// more than a payment.
const READ_PAUSE: Duration = Duration::from_millis(25);

/// Watches for ever.
pub(crate) async fn watch(core: Arc<Core>) {
    let mut last: Option<(Overview, RateView)> = None;
    let mut tick = tokio::time::interval(READ_EVERY);
    loop {
        tokio::select! {
            () = core.status.changed.notified() => {}
            _ = tick.tick() => {}
        }
        let funds = closing::funds_snapshot(&core);
        let (now, rate) = (overview_of(&core, &funds), core.rates.view(Timestamp::now()));
        core.status.peer_away(peer_away(&core, &funds), &core.bus);
        let before = last.as_ref().map(|(before, _)| before);
        if before.is_none_or(|before| before.balance != now.balance) {
            core.bus.send(Event::Balance(now.balance.clone()));
        }
        if before.is_none_or(|before| before.channels != now.channels) {
            core.bus.send(Event::Channels(now.channels.clone()));
        }
        if before.is_none_or(|before| before.cards != now.cards) {
            core.bus.send(Event::Cards(now.cards.clone()));
        }
        if last.as_ref().is_none_or(|(_, before)| *before != rate) {
            core.bus.send(Event::Rate(rate));
        }
        last = Some((now, rate));
        tokio::time::sleep(READ_PAUSE).await;
    }
}

/// All of it, read from one snapshot.
#[derive(Clone, PartialEq)]
pub(crate) struct Overview {
    pub(crate) balance: Balance,
    pub(crate) channels: Channels,
    pub(crate) cards: Vec<Card>,
}

/// What there is to see.
pub(crate) fn overview(core: &Core) -> Overview {
    overview_of(core, &closing::funds_snapshot(core))
}

fn overview_of(core: &Core, funds: &FundsSnapshot) -> Overview {
    let balance = balance_of(core, funds);
    let channels = channels(core, funds, &balance);
    let cards = cards(core, funds, &balance);
    Overview { balance, channels, cards }
}

/// What a person owns.
pub(crate) fn balance(core: &Core) -> Balance {
    balance_of(core, &closing::funds_snapshot(core))
}

fn balance_of(core: &Core, funds: &FundsSnapshot) -> Balance {
    let counted = funds.listed.iter().filter(|channel| is_counted(channel, funds));
    let channels: Vec<_> =
        counted.map(|channel| (core.channel_parts(channel), phase(core, channel))).collect();
    let has_left = |row: &Payment| is_in_transit(row) && !row.awaits_invoice();
    let in_transit = core.journal.live(|row| has_left(row).then_some(Msat::new(row.amount_msat)));
    let in_transit = Msat::sum(in_transit).unwrap_or_default();
    let balance =
        total(&channels, funds.onchain.clone(), closing::closing(core, funds), in_transit);
    let fiat = core.rates.worth(balance.total_msat, Timestamp::now());
    Balance { fiat, ..balance }
}

fn phase(core: &Core, channel: &ChannelDetails) -> ChannelPhase {
    // First: to LDK a channel that shuts down is not ready.
    if is_closing(channel) || core.fundings.is_spent(&channel.channel_id) {
        ChannelPhase::Closing
    } else if !channel.is_channel_ready {
        ChannelPhase::Opening
    } else if channel.is_usable {
        ChannelPhase::Usable
    } else {
        ChannelPhase::PeerAway
    }
}

/// The first channel peer that is not connected, by name.
fn peer_away(core: &Core, funds: &FundsSnapshot) -> Option<String> {
    let away = funds.listed.iter().find(|channel| {
        channel.is_channel_ready && !core.node.is_connected(&channel.counterparty.node_id)
    })?;
    let peer = view_peer(&core.node, &core.settings, &away.counterparty.node_id);
    Some(peer.alias.unwrap_or(peer.node_id))
}

/// Its money is in the channel. Before our funding is on its way the on-chain wallet still counts it, and after an agreed
/// close, which LDK has not dropped yet, it does again.
fn is_counted(channel: &ChannelDetails, funds: &FundsSnapshot) -> bool {
    let Some(funding) = channel.funding_txo else { return false };
    let opened = !channel.is_outbound || funds.has_sent(&funding.txid);
    let paid_out = is_closing(channel) && funds.spender(&funding.into_bitcoin_outpoint()).is_some();
    opened && !paid_out
}
