//! The oracles. Each looks at what the sender says, what the receiver says, and at the chain; none of them believes one
//! side alone.

use super::fates::{Asked, Fate};
use super::findings::{Findings, Kind};
use super::ground::Ground;
use super::load::{Load, Parties, Payment, Stage, round_note};
use super::party::Row;
use super::person::Name;
use super::scenes::Played;
use crate::{Audit, CallError, PATIENCE};
use fulmen_engine::amount::{Msat, Sat};
use std::collections::BTreeMap;
use std::time::Instant;

/// What everyone says of the payments of one kill.
pub(crate) struct Said {
    rows: BTreeMap<Name, Vec<Row>>,
}

impl Said {
    pub(crate) async fn of(parties: &Parties, number: u32) -> Result<Self, CallError> {
        let mut rows = BTreeMap::new();
        for (name, party) in parties {
            let said = party.rows(&round_note(number)).await?;
            rows.insert(*name, said);
        }
        Ok(Self { rows })
    }

    pub(crate) fn of_payment(&self, payment: &Payment, name: Name, out: bool) -> Vec<&Row> {
        self.rows[&name].iter().filter(|row| row.out == out && row.note == payment.note).collect()
    }

    /// What these payments did to one purse: in − out, fees included.
    pub(crate) fn effect(&self, name: Name) -> i128 {
        let paid = self.rows[&name].iter().filter(|row| row.status == "paid");
        paid.map(|row| match row.out {
            true => -i128::from(row.total.unwrap_or(row.amount).get()),
            false => i128::from(row.amount.get()),
        })
        .sum()
    }
}

/// Sent and received are the same thing, once, with a row on both sides.
pub(crate) fn payments(load: &Load, said: &Said, when: &str, findings: &mut Findings) {
    for payment in load.all() {
        let (sent, received) = (
            said.of_payment(&payment, payment.from, true),
            said.of_payment(&payment, payment.to, false),
        );
        let mut find = |kind, what: &str| {
            findings.add(kind, when, &format!("{what}: {payment:?}; {sent:?}; {received:?}"));
        };
        if sent.len() > 1 || received.len() > 1 {
            find(Kind::Doubled, "more than one row");
        }
        if sent.is_empty() && payment.stage >= Stage::Acknowledged {
            find(Kind::Lost, "acknowledged, and no row");
        }
        let paid = sent.iter().any(|row| row.status == "paid");
        let claimed = received.iter().any(|row| row.status == "paid");
        if paid != claimed {
            find(Kind::Lost, "paid on one side only");
        }
        if let Some(seen) = &payment.seen
            && seen.status == "paid"
            && !paid
        {
            find(Kind::Lost, "was paid before the kill");
        }
        let open = |row: &&Row| matches!(row.status.as_str(), "pending" | "inTransit");
        if sent.iter().any(open) {
            find(Kind::Stuck, "not decided");
        }
        let asked = Msat::from_sat(payment.amount).expect("small");
        if sent.iter().chain(&received).any(|row| row.status == "paid" && row.amount != asked) {
            find(Kind::Lost, "another amount");
        }
    }
}

/// On-chain: what was said to be on its way has arrived, once.
pub(crate) fn sending(ground: &Ground, scene: &Played, when: &str, findings: &mut Findings) {
    let Some((script, amount)) = &scene.sent else { return };
    // Hub may have spent it since, for the fee of a close.
    let arrived = ground.network.chain().received_by(script);
    let acknowledged = scene.acknowledged.load(std::sync::atomic::Ordering::SeqCst);
    if acknowledged && arrived == Sat::ZERO {
        findings.add(Kind::Lost, when, &format!("{amount:?} sent on-chain, not arrived"));
    } else if arrived != Sat::ZERO && arrived != *amount {
        findings.add(
            Kind::Doubled,
            when,
            &format!("{amount:?} sent on-chain, arrived {arrived:?}"),
        );
    }
}

/// Channels that ended; how many.
pub(crate) fn channels(ground: &Ground, when: &str, findings: &mut Findings) -> usize {
    let news = ground.fates.news();
    for (capacity, fate) in &news {
        let what = format!("the channel of {} sat", capacity.get());
        match fate {
            Fate::AsAsked => {}
            Fate::Closed => findings.add(Kind::Closed, when, &what),
            Fate::Raced => findings.add(Kind::Raced, when, &what),
            Fate::TogetherUnasked => {
                findings.add(Kind::Lost, when, &format!("{what} was closed together, unasked"));
            }
        }
    }
    news.len()
}

/// Nothing that went wrong was only logged.
pub(crate) fn logs(ground: &mut Ground, when: &str, findings: &mut Findings) {
    for person in ground.people.iter_mut().chain([&mut ground.hub]) {
        for line in person.errors() {
            findings.add(Kind::Lost, when, &format!("{:?} logged {line}", person.name));
        }
    }
}

/// A close that did not take hold before the kill leaves the channel as it was.
pub(crate) async fn still_open(ground: &Ground, scene: &Played) -> Result<(), CallError> {
    let Some(capacity) = scene.capacity else { return Ok(()) };
    let view = ground.person(scene.who()).view().await?;
    if view.ready().any(|channel| channel.capacity == capacity)
        && ground.fates.spender(capacity).is_none()
    {
        ground.fates.ask(capacity, Asked::Nothing);
    }
    Ok(())
}

/// Every sat that was ever mined is somewhere, and each person's rows are what they own. Nothing may be in flight; what a block has just freed may take a moment to
/// be counted in its new place.
pub(crate) async fn books(
    ground: &Ground,
    when: &str,
    findings: &mut Findings,
) -> Result<(), CallError> {
    let begun = Instant::now();
    loop {
        let books = audit(ground).await?;
        let rows = rows(ground).await?;
        if books.unexplained() == 0 && rows.is_empty() {
            return Ok(());
        }
        // Coins that LDK took for a fee are kept for it for some blocks after their last use.
        if rows.iter().any(|what| what.contains("locked: ")) {
            ground.mine(1).await;
        }
        if begun.elapsed() > PATIENCE {
            let purses = purses(ground).await?;
            let what = format!("the books do not close: {books}\n{purses}\n{}", rows.join("\n"));
            findings.add(Kind::Lost, when, &what);
            return Ok(());
        }
        for person in &ground.people {
            person.caller().ask("event", "").await?;
        }
    }
}

/// Takes stock once nothing waits to be mined.
pub(crate) async fn audit(ground: &Ground) -> Result<Audit, CallError> {
    // Also what comes while we look: a sweep is made once its block is read, and its fee is nobody's until it is mined.
    while !ground.network.chain().mempool().is_empty() {
        ground.mine(1).await;
    }
    let mut people = Vec::new();
    for person in ground.people.iter().chain([&ground.hub]) {
        people.push(person.view().await?.total);
    }
    Ok(Audit::with(&ground.network, Msat::sum(people).expect("little")))
}

/// What the rows a person sees do not explain.
pub(crate) async fn rows(ground: &Ground) -> Result<Vec<String>, CallError> {
    let mut wrong = Vec::new();
    for person in &ground.people {
        let found = person.caller().ask("weigh", "").await?;
        let found = found.as_array().into_iter().flatten();
        wrong.extend(found.map(|what| format!("{:?}: {what}", person.name)));
    }
    Ok(wrong)
}

/// Everyone's balance and what waits on the chain, for whoever looks for the cause.
pub(crate) async fn purses(ground: &Ground) -> Result<String, CallError> {
    let mut lines = Vec::new();
    for person in ground.people.iter().chain([&ground.hub]) {
        let now = person.caller().ask("snapshot", "").await?;
        lines.push(format!("{:?} {}", person.name, now["balance"]));
    }
    lines.push(format!("Shop {:?}", ground.network.shop().snapshot().balance));
    for (outpoint, value) in ground.fates.unclaimed() {
        lines.push(format!("{value} waits in {outpoint} of a commitment"));
    }
    Ok(lines.join("\n"))
}
