//! The oracles of a loss: what the restored wallet, the others and the chain say once everything has come to rest.

use super::fates::Fate;
use super::findings::Kind;
use super::ground::PASSWORD;
use super::load::{Load, Stage};
use super::loss::{Loss, STEP};
use super::oracles::{self, Said};
use super::party::Row;
use super::person::Name;
use super::round::{BLOCK_EVERY, BLOCKS_AT_ONCE, OFF_CHAIN, PATIENCE, Round};
use super::scenes::Played;
use crate::CallError;
use bitcoin::OutPoint;
use fulmen_engine::amount::{Msat, Sat};
use serde_json::{Value, from_value};
use std::time::{Duration, Instant};

/// No payment is on its way for so many blocks.
const LONGEST_PAYMENT: u32 = 250;
/// No side waits longer for its own part of a commitment (LDK's most, and some).
const LONGEST_DELAY: u32 = 2100;
/// So long everyone has to speak to their peers.
const BACK: Duration = Duration::from_secs(30);
/// What forwarding a payment costs at most, in sat.
const FORWARDING: u64 = 200;

type Outputs = Vec<(OutPoint, Sat)>;

impl Round<'_> {
    /// What the peers paid out to the words is moved to the wallet, as a person would do it. Whether nothing is left to come.
    async fn move_what_was_paid(&self) -> Result<bool, CallError> {
        let caller = self.ground.person(self.plan.victims[0]).caller();
        let to_come: Option<Vec<String>> =
            from_value(caller.ask("gather", PASSWORD).await?).expect("ids, or nothing");
        // A channel whose funding never left the lost disk is nothing but a memory of its peer.
        let funded = self.ground.fates.channel_ids();
        let is_over = to_come.is_some_and(|ids| ids.iter().all(|id| !funded.contains(id)));
        let by_words = self.plan.loss.as_ref().is_some_and(Loss::is_by_words_alone);
        Ok((is_over || !by_words) && !self.is_paid_out())
    }

    fn is_paid_out(&self) -> bool {
        let witness = self.ground.witness.as_ref().expect("it listens");
        witness.waits(&self.ground.fates.unclaimed())
    }

    /// The oracles of a loss.
    pub(super) async fn judge_loss(
        &mut self,
        load: &Load,
        scene: &Played,
    ) -> Result<(), CallError> {
        let name = self.plan.victims[0];
        let rests = self.comes_to_rest().await?;
        let fates = self.ground.fates.clone();
        let witness = self.ground.witness.as_mut().expect("it listens");
        for txid in witness.stale(&fates) {
            let what = format!("{name:?} handed in {txid}, which is revoked");
            self.tally.findings.add(Kind::Stale, &self.when, &what);
        }
        if self.plan.loss.as_ref().is_some_and(|loss| loss.control.is_some()) {
            return self.channels(name).await;
        }
        if !rests {
            let unclaimed = self.ground.fates.unclaimed();
            let waiting = self.ground.network.chain().mempool();
            let mut what = format!("channels do not end; {unclaimed:?}; {waiting:?}");
            for person in &self.ground.people {
                let lost = person.caller().ask("lost", "").await?;
                what = format!("{what}\n{:?} {:?} {lost}", person.name, person.view().await?);
            }
            self.tally.findings.add(Kind::Stuck, &self.when, &what);
        }
        self.payments(load, name).await?;
        oracles::still_open(self.ground, scene).await?;
        self.channels(name).await?;
        oracles::logs(self.ground, &self.when, &mut self.tally.findings);
        self.weigh(load, name).await
    }

    /// No blocks come before everyone has spoken to Hub: on a busy computer that takes longer than a payment has blocks. Who had a
    /// close under way waits for a block, though, and gets that one.
    pub(super) async fn everyone_is_back(&self) -> Result<(), CallError> {
        let begun = Instant::now();
        while begun.elapsed() < BACK {
            let mut away = false;
            for person in &self.ground.people {
                let connected = self.ground.hub.caller().ask("connected", &person.node_id).await?;
                let view = person.view().await?;
                away |= connected != Value::Bool(true);
                away |= view.channels.iter().any(|channel| channel.state == "peerAway");
            }
            if !away {
                break;
            }
            let caller = self.ground.people[0].caller();
            drop(tokio::time::timeout(BLOCK_EVERY, caller.ask("event", "")).await);
            if begun.elapsed() > OFF_CHAIN && !self.ground.network.chain().mempool().is_empty() {
                self.ground.mine(1).await;
            }
        }
        Ok(())
    }

    /// Blocks come until every channel is ready or gone. False if that never is.
    async fn comes_to_rest(&mut self) -> Result<bool, CallError> {
        let (begun, mut mined) = (Instant::now(), 0);
        loop {
            let by_words = self.plan.loss.as_ref().is_some_and(Loss::is_by_words_alone);
            let mut resting = !self.is_anything_closing().await;
            // A channel that is younger than the copy is paid out to the words as well.
            if by_words || self.is_paid_out() {
                resting &= self.move_what_was_paid().await?;
            }
            // Of a channel whose peer is away nobody knows yet whether it goes on.
            for view in self.views().await?.into_values() {
                resting &= view.channels.iter().all(|channel| channel.state == "ready");
            }
            if resting && self.ground.network.chain().mempool().is_empty() {
                return Ok(true);
            }
            // On a busy computer a close by force takes its time; it takes no more blocks for that.
            if begun.elapsed() > PATIENCE * 2 && mined > LONGEST_DELAY {
                return Ok(false);
            }
            let caller = self.ground.people[0].caller();
            drop(tokio::time::timeout(BLOCK_EVERY, caller.ask("event", "")).await);
            let waits = self.decides(begun).await;
            let blocks = match mined {
                _ if waits => u32::from(!self.ground.network.chain().mempool().is_empty()),
                ..=LONGEST_PAYMENT if begun.elapsed() > OFF_CHAIN => BLOCKS_AT_ONCE,
                ..=LONGEST_PAYMENT => 1,
                _ if mined <= LONGEST_DELAY => STEP,
                // No side waits for more; what is still to come takes time.
                _ => 1,
            };
            if blocks > 0 {
                self.ground.mine(blocks).await;
                mined += blocks;
            }
        }
    }

    /// What the others say of their payments is whole; of ours nothing is doubled or stays undecided.
    async fn payments(&mut self, load: &Load, lost: Name) -> Result<(), CallError> {
        let said = Said::of(&self.ground.parties(), self.plan.number).await?;
        let (when, findings) = (&self.when, &mut self.tally.findings);
        oracles::payments(&load.without(lost), &said, when, findings);
        let is_newest = self.plan.loss.as_ref().is_some_and(Loss::is_newest);
        for payment in load.all().iter().filter(|one| one.from == lost || one.to == lost) {
            let sent = said.of_payment(payment, payment.from, true);
            let received = said.of_payment(payment, payment.to, false);
            let what = format!("{payment:?}; {sent:?}; {received:?}");
            if sent.len() > 1 || received.len() > 1 {
                findings.add(Kind::Doubled, when, &format!("more than one row: {what}"));
            }
            let is_open = |row: &&Row| matches!(row.status.as_str(), "pending" | "inTransit");
            self.tally.losses.undecided += u32::from(sent.iter().any(is_open));
            if (payment.from != lost || is_newest) && sent.iter().any(is_open) {
                findings.add(Kind::Stuck, when, &format!("not decided: {what}"));
            }
            let paid = sent.iter().any(|row| row.status == "paid");
            let claimed = received.iter().any(|row| row.status == "paid");
            if payment.from == lost && paid && !claimed {
                findings.add(Kind::Lost, when, &format!("said to be paid, and is not: {what}"));
            }
            self.tally.losses.untold += u32::from(paid != claimed);
            if is_newest && paid != claimed {
                findings.add(Kind::Lost, when, &format!("one of two says it is paid: {what}"));
            }
        }
        Ok(())
    }

    async fn channels(&mut self, lost: Name) -> Result<(), CallError> {
        for (capacity, fate) in self.ground.fates.news() {
            match fate {
                Fate::AsAsked => {}
                // A person was never asked to close it together: the copy may have forgotten that they asked.
                Fate::Closed | Fate::Raced => {
                    self.tally.losses.closed += 1;
                    if self.plan.loss.as_ref().is_some_and(Loss::is_newest) {
                        let what = format!("the channel of {} sat: {fate:?}", capacity.get());
                        self.tally.findings.add(Kind::Closed, &self.when, &what);
                    }
                }
                Fate::TogetherUnasked => {
                    let what = format!("{} sat were closed together, unasked", capacity.get());
                    self.tally.findings.add(Kind::Lost, &self.when, &what);
                }
            }
        }
        let kept = self.ground.person(lost).view().await?.ready().count();
        self.tally.losses.kept += u32::try_from(kept).expect("few");
        Ok(())
    }

    /// What the person's own close by force was still to pay them: words alone have no keys to it, and the dry run says so.
    fn delayed_to_lost_keys(&self, mut outputs: Outputs) -> Outputs {
        let by_words = self.plan.loss.as_ref().is_some_and(Loss::is_by_words_alone);
        let (chain, fates) = (self.ground.network.chain(), &self.ground.fates);
        outputs.retain(|(at, _)| {
            let commitment = chain.transaction(&at.txid).expect("it was published");
            by_words && fates.was_forced(&commitment.input[0].previous_output)
        });
        outputs
    }

    /// Every sat is somebody's, but for payments that were on their way when the disk was lost.
    async fn weigh(&mut self, load: &Load, lost: Name) -> Result<(), CallError> {
        let going: Vec<Sat> = load
            .all()
            .into_iter()
            .filter(|one| (one.from == lost || one.to == lost) && one.stage > Stage::Planned)
            .map(|one| one.amount)
            .collect();
        let begun = Instant::now();
        loop {
            let books = oracles::audit(self.ground).await?;
            let witness = self.ground.witness.as_ref().expect("it listens");
            let unclaimed = self.ground.fates.unclaimed();
            let new = unclaimed.into_iter().filter(|one| !witness.unclaimable.contains(&one.0));
            let moving = new.filter(|(at, _)| !witness.is_at_rest(at)).collect();
            let (lost, others) = on_their_way(moving, &going);
            let delayed = self.delayed_to_lost_keys(others);
            let all = lost.iter().chain(&delayed);
            let stranded = Sat::sum(all.map(|(_, value)| *value)).expect("little");
            let stranded = i128::from(Msat::from_sat(stranded).expect("little").get());
            let missing = books.unexplained() - witness.unexplained - stranded;
            let rows = oracles::rows(self.ground).await?;
            let is_over = begun.elapsed() > PATIENCE / 2;
            if (missing == 0 && rows.is_empty()) || is_over {
                if missing != 0 {
                    let purses = oracles::purses(self.ground).await?;
                    let asked = load.all();
                    let what = format!("{missing} msat are missing: {books}\n{purses}\n{asked:?}");
                    self.tally.findings.add(Kind::Lost, &self.when, &what);
                }
                if !rows.is_empty() {
                    let what = format!("the rows are not what there is: {}", rows.join("\n"));
                    self.tally.findings.add(Kind::Lost, &self.when, &what);
                }
                self.tally.losses.lost += missing;
                self.tally.losses.in_flight.extend(lost.iter().map(|(_, value)| *value));
                self.tally.losses.delayed.extend(delayed.iter().map(|(_, value)| *value));
                let witness = self.ground.witness.as_mut().expect("it listens");
                witness.unclaimable.extend(lost.iter().chain(&delayed).map(|(at, _)| *at));
                witness.unexplained = books.unexplained();
                return Ok(());
            }
            if rows.iter().any(|what| what.contains("locked: ")) {
                self.ground.mine(1).await;
            }
            for person in &self.ground.people {
                person.caller().ask("event", "").await?;
            }
        }
    }
}

/// Those outputs that are payments of these amounts, or parts of them, and the others: a payment may have gone through several
/// channels. Each takes what fits best of what a payment has left, its fees included.
fn on_their_way(mut outputs: Outputs, going: &[Sat]) -> (Outputs, Outputs) {
    let mut left: Vec<u64> = going.iter().map(|amount| amount.get() + FORWARDING).collect();
    outputs.sort_unstable_by_key(|(_, value)| std::cmp::Reverse(*value));
    let takes_room = |(_, value): &(OutPoint, Sat)| {
        let fitting = left.iter_mut().filter(|left| **left >= value.get());
        fitting.min().map(|left| *left -= value.get()).is_some()
    };
    outputs.into_iter().partition(takes_room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_is_on_its_way_in_parts_and_no_more_than_once() {
        let output = |vout, value| (OutPoint { vout, ..OutPoint::default() }, Sat::new(value));
        let found = |values: &[u64], going: &[u64]| {
            let outputs = (0..).zip(values).map(|(vout, value)| output(vout, *value)).collect();
            let going: Vec<_> = going.iter().copied().map(Sat::new).collect();
            let (found, _) = on_their_way(outputs, &going);
            found.into_iter().map(|(_, value)| value.get()).collect::<Vec<_>>()
        };
        assert_eq!(found(&[11_169, 11_762], &[13_893, 11_761]), [11_762, 11_169]);
        assert_eq!(found(&[11_169, 2_725], &[13_893]), [11_169, 2_725]);
        assert_eq!(found(&[11_762, 11_762], &[11_761]), [11_762]);
        assert!(found(&[300_000, 11_962], &[11_761]).is_empty());
    }
}
