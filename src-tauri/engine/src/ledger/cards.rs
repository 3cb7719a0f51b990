//! What to do, or what to wait for.

use crate::amount::{Msat, Sat};
use crate::channels::closing::FundsSnapshot;
use crate::channels::stand_down;
use crate::core::Core;
use crate::node::record::ChannelRecord;
use crate::payments::send::is_in_transit;
use crate::view::{Balance, Card};

/// What to do, or what to wait for.
pub(crate) fn cards(core: &Core, funds: &FundsSnapshot, balance: &Balance) -> Vec<Card> {
    let channels = &funds.listed;
    let mut cards = old_state_cards(core, funds);
    let mut in_transit =
        core.journal.live(|row| is_in_transit(row).then_some((row.created_at, row.id)));
    in_transit.sort_unstable_by_key(|row| std::cmp::Reverse(*row));
    cards.extend(in_transit.iter().map(|(_, id)| Card::InTransit { movement_id: id.to_string() }));
    cards.extend(
        balance
            .closing
            .iter()
            .map(|closing| Card::Closing { channel_id: closing.channel_id.clone() }),
    );
    if balance.total_msat > Msat::ZERO && !core.words_are_backed_up() {
        cards.push(Card::BackUpWords);
    }
    if core.freshness.is_quarantined() {
        return cards;
    }
    cards.extend(of_other_accounts(core, balance));
    if channels.is_empty()
        && balance.onchain.can_spend_sat > Sat::ZERO
        && balance.closing.is_empty()
    {
        cards.push(Card::OpenFirstChannel);
    }
    let ready = channels.iter().any(|channel| channel.is_usable);
    if ready && balance.lightning.can_receive_msat < Msat::new(1_000_000) {
        cards.push(Card::NoReceiveRoom);
    }
    let reserve = core.reserve_with(0);
    if balance.onchain.total_sat < reserve {
        cards.push(Card::LowForClosing);
    }
    cards
}

/// What a person must know before anything else.
fn old_state_cards(core: &Core, funds: &FundsSnapshot) -> Vec<Card> {
    let records = core.records.all();
    let funded = || records.iter().filter(|record| record.funding.is_some());
    let live = funded().filter(|record| {
        !record.ending.as_ref().is_some_and(|ending| ending.resolved || ending.closed)
    });
    if let Some(reason) = stand_down::reason(core) {
        let channels = u32::try_from(live.count()).unwrap_or(u32::MAX);
        return vec![Card::Quarantine { channels, reason }];
    }
    let named = |record: &ChannelRecord| record.channel_id.clone();
    let stale = live.filter(|record| record.stale).filter_map(named);
    let stale = stale.map(|channel_id| Card::WaitingForPeer { channel_id });
    // LDK may have closed it, and a person still decides, until a block does.
    let decided = |record: &ChannelRecord| {
        record.ending.as_ref().is_some_and(|ending| ending.resolved)
            || funds
                .unresolved
                .iter()
                .any(|(closed, state)| closed.user_id == record.user_id && state.confirmed)
    };
    let disputed = funded().filter(|record| record.disputed && !record.stale && !decided(record));
    let disputed = disputed.filter_map(named).map(|channel_id| Card::Disputed { channel_id });
    stale.chain(disputed).collect()
}

/// What Home says of the words' other accounts.
fn of_other_accounts(core: &Core, balance: &Balance) -> Option<Card> {
    let amount_sat = core.other_accounts.found();
    if amount_sat > Sat::ZERO {
        return Some(Card::OtherAccounts { amount_sat });
    }
    let empty = balance.total_msat == Msat::ZERO
        && balance.closing.is_empty()
        && core.records.all().is_empty()
        && core.journal.page(None, None, 1).is_ok_and(|page| page.is_empty());
    let with_passphrase = core.other_accounts.with_passphrase();
    (core.other_accounts.was_searched() && empty).then_some(Card::NothingFound { with_passphrase })
}
