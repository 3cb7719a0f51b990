//! The rows a person sees, weighed against what they own: together they are the total, each of the wallet's transactions is
//! told by one of them, and where nothing moves none is open and no coin is locked.

use fulmen_engine::Wallet;
use fulmen_engine::amount::Msat;
use fulmen_engine::view::{
    ChannelState, Movement, MovementKind, PartKind, Snapshot, Status, SyncStatus,
};
use std::collections::BTreeMap;

/// What is wrong with them now; nothing where all is well, and where money moves.
pub fn weigh(wallet: &Wallet) -> Vec<String> {
    let rows = all(wallet);
    let now = wallet.snapshot();
    let mut wrong = told_twice(wallet, &rows);
    if !rests(&now) {
        return wrong;
    }
    let sum: i128 = rows.iter().map(|row| i128::from(row.change_msat)).sum();
    let total = i128::from(now.balance.total_msat.get());
    if sum != total {
        wrong.push(format!("the rows are {sum} msat, the total is {total}: {}", sum - total));
    }
    let is_open = |row: &&Movement| {
        let opening =
            matches!(row.kind, MovementKind::ChannelOpen | MovementKind::ChannelOpenByPeer);
        matches!(row.status, Status::Pending | Status::InTransit) && !opening
    };
    wrong.extend(rows.iter().filter(is_open).map(|row| format!("an open row: {row:?}")));
    let locked = now.balance.onchain.kept.iter().filter(|part| part.kind == PartKind::Locked);
    wrong.extend(locked.map(|part| format!("locked: {}", part.amount_msat)));
    if !wrong.is_empty() {
        wrong.extend(rows.iter().map(line));
    }
    wrong
}

/// Nothing is on its way, as far as this wallet knows.
fn rests(now: &Snapshot) -> bool {
    let is_quiet =
        |state: &ChannelState| matches!(state, ChannelState::Ready | ChannelState::PeerAway);
    let waits = |part: &fulmen_engine::view::Part| part.kind == PartKind::Unconfirmed;
    let unconfirmed =
        |row: &Movement| row.confirmations == Some(0) && row.status == Status::Pending;
    matches!(now.sync, SyncStatus::Ready | SyncStatus::PeerAway { .. })
        && now.balance.closing.is_empty()
        && now.balance.in_transit_msat == Msat::ZERO
        && !now.balance.onchain.kept.iter().any(waits)
        && !now.movements.iter().any(unconfirmed)
        && now
            .channels
            .list
            .iter()
            .all(|channel| is_quiet(&channel.state) && channel.in_flight_msat == Msat::ZERO)
}

fn all(wallet: &Wallet) -> Vec<Movement> {
    let mut rows = wallet.activity(None, None).expect("rows");
    loop {
        let Some(last) = rows.last() else { return rows };
        let more = wallet.activity(None, Some(&last.id)).expect("rows");
        if more.is_empty() {
            return rows;
        }
        rows.extend(more);
    }
}

/// The rows of several channels may record one transaction only if it sweeps for all of them.
fn told_twice(wallet: &Wallet, rows: &[Movement]) -> Vec<String> {
    let mut told: BTreeMap<String, Vec<&Movement>> = BTreeMap::new();
    for row in rows {
        for txid in wallet
            .detail(&row.id)
            .expect("rows")
            .into_iter()
            .flat_map(|detail| detail.transactions)
            .map(|own| own.txid)
        {
            told.entry(txid).or_default().push(row);
        }
    }
    let closes = |row: &&Movement| row.kind == MovementKind::ChannelClose;
    told.retain(|_, rows| rows.len() > 1 && !rows.iter().all(closes));
    told.iter().map(|(txid, rows)| format!("{txid} is told twice: {rows:?}")).collect()
}

fn line(row: &Movement) -> String {
    format!(
        "{:>14} msat  {:?} {:?} {:?} amount {} fee {:?} {:?}",
        row.change_msat,
        row.kind,
        row.direction,
        row.status,
        row.amount_msat,
        row.fee_msat,
        row.note
    )
}
