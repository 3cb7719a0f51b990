//! Hurrying a transaction that waits for a block, and calling a payment off. A payment whose fee is raised stays one row, which
//! tells of whichever of its transactions the chain has. What comes back to us, or pays for another one, has a row of its own.

use super::error::{JournalError, SendError};
use crate::amount::{Msat, Sat};
use crate::chain::Fees;
use crate::core::Core;
use crate::node::Origin;
use crate::onchain::purpose::Purpose;
use crate::onchain::{BumpPlan, Instead, OnchainTx, SpendError, Way, rate_of};
use crate::payment::{
    Bump, Payment, PaymentId, StoredDirection, StoredKind, StoredStatus, onchain_row,
};
use crate::previews::{BumpPreview, Preview, is_old};
use crate::time::Timestamp;
use crate::view::{
    BumpKind, BumpQuote, BumpWish, FeeChoice, FeeSpeed, Unsent, Waiting, share_permille,
};
use bitcoin::{Address, FeeRate, ScriptBuf, Txid};

const SPEEDS: [FeeSpeed; 3] = [FeeSpeed::Fast, FeeSpeed::Normal, FeeSpeed::Slow];

/// What can be done about a row's transaction, while it waits for a block.
pub(crate) fn waiting(core: &Core, row: &Payment) -> Option<Waiting> {
    let tx = waiting_tx(core, row)?;
    let rate = rate_of(tx.fee?, tx.transaction.weight());
    let soon_enough = SPEEDS.into_iter().find(|speed| rate >= core.fees.rate(*speed));
    // What was not handed out can be taken back, and what is called off is over soon.
    let is_open = !row.is_kept_here() && !row.is_called_off();
    let way = core.onchain.way_to_bump(&tx.txid).filter(|way| is_open && may_be(row.kind, *way));
    let is_payment = row.kind == StoredKind::Onchain && row.direction == StoredDirection::Out;
    Some(Waiting {
        sat_per_vb: whole(rate),
        about_minutes: soon_enough.map(Fees::about_minutes),
        can_speed_up: way.is_some(),
        can_call_off: way == Some(Way::Replace) && is_payment && row.bump.is_none(),
    })
}

/// Both sides of a channel have signed for the outpoint of its funding: in a replacement's outputs the money would be nobody's.
fn may_be(kind: StoredKind, way: Way) -> bool {
    way == Way::Child || kind != StoredKind::ChannelOpen
}

fn waiting_tx(core: &Core, row: &Payment) -> Option<OnchainTx> {
    let is_it = matches!(row.kind, StoredKind::Onchain | StoredKind::ChannelOpen)
        && row.status == StoredStatus::Pending;
    let txid = row.txid.as_ref().filter(|_| is_it)?.parse().ok()?;
    core.onchain.transaction(txid).filter(|tx| tx.confirmation.is_none())
}

/// In sat/vB, rounded down: no more is said than is paid.
fn whole(rate: FeeRate) -> u32 {
    u32::try_from(rate.to_sat_per_vb_floor()).unwrap_or(u32::MAX)
}

/// What it would be.
pub(crate) fn preview(
    core: &Core,
    id: &PaymentId,
    wish: BumpWish,
    speed: FeeSpeed,
    now: Timestamp,
) -> Result<BumpQuote, SendError> {
    let row = core.journal.get(id)?.ok_or(SendError::Stale)?;
    let tx = waiting_tx(core, &row).ok_or(SendError::Stale)?;
    let way = core.onchain.way_to_bump(&tx.txid).filter(|way| may_be(row.kind, *way));
    let way = way.ok_or(SendError::Stale)?;
    let may = waiting(core, &row).is_some_and(|now| match wish {
        BumpWish::SpeedUp => now.can_speed_up,
        BumpWish::CallOff => now.can_call_off,
    });
    if !may {
        return Err(SendError::Stale);
    }
    let plan_at = |speed| plan(core, &row, &tx.txid, wish, way, core.fees.rate(speed));
    let chosen = plan_at(speed)?;
    let fee_choices = SPEEDS.into_iter().filter_map(|speed| {
        let plan = plan_at(speed).ok()?;
        let (sat_per_vb, fee_sat) = (whole(plan.rate), plan.extra);
        let about_minutes = Fees::about_minutes(speed);
        let share_permille = share_permille(fee_sat, plan.amount());
        Some(FeeChoice { speed, sat_per_vb, fee_sat, about_minutes, share_permille, fiat: None })
    });
    let msat = |sat: Sat| Msat::from_sat(sat).unwrap_or_default();
    let replaces = way == Way::Replace && wish == BumpWish::SpeedUp;
    let mut quote = BumpQuote {
        id: String::new(),
        replaces,
        amount_msat: msat(chosen.amount()),
        off_the_rest: replaces && row.rest_to().is_some(),
        fee_msat: msat(chosen.fee()),
        extra_msat: msat(chosen.extra),
        fee_permille: share_permille(chosen.fee(), chosen.amount()),
        fiat: None,
        sat_per_vb: whole(chosen.rate),
        speed,
        fee_choices: fee_choices.collect(),
    };
    let preview = BumpPreview { row: *id, plan: chosen, wish, way, at: now };
    quote.id = core.previews.put(|_| Preview::Bump(Box::new(preview)));
    Ok(quote)
}

fn plan(
    core: &Core,
    row: &Payment,
    txid: &Txid,
    wish: BumpWish,
    way: Way,
    rate: FeeRate,
) -> Result<BumpPlan, SpendError> {
    let kept = core.reserve_with(0);
    let rest = row.rest_to().map(|address| script_of(core, address).ok_or(SpendError::Stale));
    let rest = rest.transpose()?;
    let instead = match (wish, &rest) {
        (BumpWish::CallOff, _) => Instead::Nothing,
        // It pays nobody else.
        (BumpWish::SpeedUp, _) if row.bump.is_some() => Instead::Nothing,
        (BumpWish::SpeedUp, Some(to)) => Instead::Rest { to, kept },
        (BumpWish::SpeedUp, None) => Instead::Same,
    };
    match way {
        Way::Replace => core.onchain.plan_replacement(txid, instead, rate, kept),
        Way::Child => core.onchain.plan_child(txid, rate, kept),
    }
}

fn script_of(core: &Core, address: &str) -> Option<ScriptBuf> {
    let address = address.parse::<Address<_>>().ok()?.require_network(core.network).ok()?;
    Some(address.script_pubkey())
}

/// Does exactly what was shown, once.
pub(crate) async fn confirm(
    core: &Core,
    quote: &str,
    now: Timestamp,
) -> Result<Payment, SendError> {
    if core.freshness.is_quarantined() {
        return Err(SendError::Quarantine);
    }
    core.status.disk()?;
    let one_at_a_time = core.paying.lock().await;
    if !core.status.onchain_is_current(now) {
        return Err(SendError::NotReady);
    }
    let Some(Preview::Bump(preview)) = core.previews.take(quote) else {
        return Err(SendError::Stale);
    };
    let (id, txid) = stage(core, *preview, now)?;
    drop(one_at_a_time);
    core.wake.durable().await.map_err(|_| SendError::Storage)?;
    core.status.offered(txid).await;
    core.journal.get(&id)?.ok_or(SendError::Storage)
}

/// As with a payment: coins, row and outbox are of one commit.
fn stage(
    core: &Core,
    preview: BumpPreview,
    now: Timestamp,
) -> Result<(PaymentId, Txid), SendError> {
    let _together = core.staging.lock().expect("staging lock is never poisoned");
    let BumpPreview { row, plan, wish, way, at } = preview;
    if is_old(at, now) || !core.onchain.keeps_after(&plan, core.reserve_with(0)) {
        return Err(SpendError::Stale.into());
    }
    let (amount, fee, before) = (plan.amount(), plan.fee(), plan.of);
    let msat = |sat: Sat| Msat::from_sat(sat).unwrap_or_default().get();
    let transaction = core.onchain.finish_bump(plan, &core.signer, now)?;
    let txid = transaction.compute_txid();
    let id = if way == Way::Replace && wish == BumpWish::SpeedUp {
        core.journal.change(&row, |row| {
            row.txid = Some(txid.to_string());
            row.pays(msat(amount));
            row.fee_msat = Some(msat(fee));
            (row.unsent, row.updated_at) = (Some(Unsent::Waiting), now);
            true
        })?;
        row
    } else {
        let kind = match wish {
            BumpWish::SpeedUp => BumpKind::SpeedsUp,
            BumpWish::CallOff => BumpKind::CallsOff,
        };
        core.journal.insert(to_ourselves(&txid, Bump { kind, of: row }, msat(fee), now))?;
        onchain_row(&txid)
    };
    core.purposes.keep(txid, Purpose::Payment { row: id });
    takes_its_place(core, &id, false)?;
    if way == Way::Replace {
        // Of the two one can be. The first is with the servers, if it is anywhere.
        core.node.outbox.forget(&before);
    }
    core.node.outbox.stage(Origin::Payment, vec![transaction]);
    Ok((id, txid))
}

fn to_ourselves(txid: &Txid, bump: Bump, fee: u64, now: Timestamp) -> Payment {
    let (kind, direction) = (StoredKind::Onchain, StoredDirection::Out);
    let mut row = Payment::new(onchain_row(txid), kind, direction, Msat::ZERO, now);
    row.fee_msat = Some(fee);
    row.txid = Some(txid.to_string());
    row.unsent = Some(Unsent::Waiting);
    row.bump = Some(bump);
    row
}

/// A row that calls another one off is on the chain, in a block or not yet: until it is, the other one waits and counts nothing.
pub(crate) fn takes_its_place(
    core: &Core,
    id: &PaymentId,
    confirmed: bool,
) -> Result<(), JournalError> {
    let Some(row) = core.journal.get(id)?.filter(|_| !confirmed) else { return Ok(()) };
    let Some(Bump { kind: BumpKind::CallsOff, of }) = row.bump else { return Ok(()) };
    let called_off = core.journal.change(&of, |other| {
        let news = other.status == StoredStatus::Pending && other.replaced_by != row.txid;
        if news {
            (other.replaced_by, other.unsent) = (row.txid, None);
        }
        news
    });
    called_off.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::Recipient;

    #[test]
    fn a_funding_is_never_replaced() {
        assert!(!may_be(StoredKind::ChannelOpen, Way::Replace));
        assert!(may_be(StoredKind::ChannelOpen, Way::Child));
        assert!(may_be(StoredKind::Onchain, Way::Replace));
    }

    fn to_three(everything: bool) -> Payment {
        let recipient = |address: &str, amount_msat| Recipient {
            address: address.to_owned(),
            amount_msat,
            asked_hash: None,
            note: None,
        };
        let (kind, direction) = (StoredKind::Onchain, StoredDirection::Out);
        let (amount, now) = (Msat::new(1_000_000), Timestamp::from_secs(1));
        let mut row = Payment::new(PaymentId::random(), kind, direction, amount, now);
        row.everything = everything;
        row.recipients =
            vec![recipient("a", 700_000), recipient("b", 200_000), recipient("c", 100_000)];
        row
    }

    #[test]
    fn of_several_only_the_part_of_the_one_that_gets_the_rest_hangs_on_the_fee() {
        let parts = |row: &Payment| -> Vec<u64> {
            row.recipients.iter().map(|one| one.amount_msat).collect()
        };
        let mut row = to_three(true);
        assert_eq!(row.rest_to(), Some("a"));
        row.pays(950_000);
        assert_eq!((row.amount_msat, parts(&row)), (950_000, vec![650_000, 200_000, 100_000]));
        row.pays(1_000_000);
        assert_eq!(parts(&row), [700_000, 200_000, 100_000], "the first is mined all the same");
        let mut row = to_three(false);
        assert_eq!(row.rest_to(), None);
        row.pays(950_000);
        assert_eq!(parts(&row), [700_000, 200_000, 100_000], "each gets what was said");
        let mut alone = Payment { recipients: Vec::new(), ..to_three(true) };
        alone.address = Some("a".into());
        assert_eq!(alone.rest_to(), Some("a"));
        alone.pays(950_000);
        assert_eq!(alone.amount_msat, 950_000);
    }
}
