//! A disk is lost, and a fresh one restored from what the person has elsewhere.

use super::fates::Fate;
use super::findings::Kind;
use super::ground::PASSWORD;
use super::hub;
use super::load::{Load, Stage, round_note};
use super::losses::LossControl;
use super::lost::{Kept, Medium, Peers, Restoring};
use super::oracles::{self, Said};
use super::party::Row;
use super::person::{Name, Person};
use super::plan::{Plan, Scene, Trigger};
use super::round::{BLOCK_EVERY, BLOCKS_AT_ONCE, OFF_CHAIN, PATIENCE, Round};
use super::scenes::Played;
use crate::CallError;
use bitcoin::OutPoint;
use fastrand::Rng;
use fulmen_engine::amount::{Msat, Sat};
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// Long after the last block of every payment.
const LONG_AFTER: u32 = 600;
/// No payment is on its way for so many blocks.
const LONGEST_PAYMENT: u32 = 250;
/// No side waits longer for its own part of a commitment (LDK's most, and some).
const LONGEST_DELAY: u32 = 2100;
/// So many blocks at once. Nobody who lives has a payment on its way then.
const STEP: u32 = 100;
/// A restored wallet sees so many blocks before it reaches its peer, where that is late: more than the six that it waits at any
/// start.
const BLOCKS_ALONE: u32 = 12;
/// Between two looks at how many payments are on their way.
const GLANCE: Duration = Duration::from_millis(2);
/// What a restore asks of the disk, and how far to count.
const CALLS: [(&str, u32); 4] = [("pwrite64", 400), ("fsync", 8), ("fdatasync", 30), ("rename", 6)];

/// What the seed decides of one loss.
#[derive(Clone, Debug)]
pub(crate) struct Loss {
    /// The copy is out of reach once so many payments are on their way. `None`: it follows to the end.
    pub(crate) pulled: Option<usize>,
    /// On what the copy is. `None`: there is none, and the words ask the peers.
    pub(crate) medium: Option<Medium>,
    /// The words alone have a `channels.age`; else a list of peers.
    pub(crate) filed: bool,
    /// A server that is out of reach takes questions and does not answer.
    pub(crate) silent: bool,
    /// The peer is reached some blocks later.
    pub(crate) alone: bool,
    /// The restore is killed, and done again.
    pub(crate) cut: Option<Trigger>,
    /// Blocks until it is restored, besides those of a kill.
    pub(crate) blocks: u32,
    pub(crate) control: Option<LossControl>,
}

/// So long a wallet may live whose copy is out of reach: nothing leaves it, and no moment of its own comes.
const CUT_OFF: std::ops::Range<u64> = 50..2_500;

impl Loss {
    /// Makes a kill a loss.
    pub(crate) fn draw(
        mut plan: Plan,
        strace: bool,
        medium: Option<Medium>,
        control: Option<LossControl>,
    ) -> Plan {
        let mut rng = Rng::with_seed(plan.seed ^ 0x1055);
        plan.victims.truncate(1);
        (plan.again, plan.split, plan.with_hub) = (None, false, false);
        let mut loss = Self {
            pulled: None,
            medium,
            filed: plan.seed.is_multiple_of(2),
            silent: false,
            alone: rng.u32(0..4) == 0,
            cut: None,
            blocks: 0,
            control,
        };
        if let Some(medium) = medium
            && (control.is_some() || rng.u32(0..3) == 0)
        {
            loss.pulled = Some(rng.usize(1..6));
            let is_late = control.is_some() || rng.bool();
            match medium {
                Medium::Folder if is_late => loss.blocks = LONG_AFTER,
                Medium::Folder => {}
                Medium::Vss => {
                    loss.silent = is_late;
                    plan.trigger = Trigger::After(Duration::from_millis(rng.u64(CUT_OFF)));
                }
            }
        }
        if control.is_some() {
            // Payments are on their way when the copy is out of reach, and over when the disk is lost.
            (plan.scene, plan.payments) = (Scene::Payments, 24);
            loss.alone = control == Some(LossControl::Believed);
            plan.trigger = Trigger::After(Duration::from_secs(5));
        } else if rng.u32(0..3) == 0 {
            loss.cut = Some(match rng.u32(0..4) {
                0 => Trigger::After(Duration::from_millis(rng.u64(0..600))),
                1 if !strace => {
                    super::plan::point_of(&mut rng, &fulmen_engine::probe::Point::ALL, 3)
                }
                _ if strace => {
                    let (name, most) = CALLS[rng.usize(0..CALLS.len())];
                    Trigger::Syscall(name, rng.u32(1..=most))
                }
                _ => super::plan::point_of(&mut rng, &fulmen_engine::probe::Point::ALL, 3),
            });
        }
        plan.loss = Some(loss);
        plan
    }

    /// Nothing left the wallet that its copy does not have.
    fn is_newest(&self) -> bool {
        self.medium == Some(Medium::Vss)
    }

    fn is_by_words_alone(&self) -> bool {
        self.medium.is_none()
    }
}

impl Person {
    /// The copy was out of reach, or not. A restore finds it.
    pub(crate) async fn pulled(&mut self, pulling: JoinHandle<Option<Kept>>) {
        if let Some(copy) = pulling.await.expect("it does not panic") {
            self.elsewhere.as_mut().expect("it has a copy").copy = Some(copy.in_reach());
        }
    }
}

impl Round<'_> {
    /// The first victim's copy is put out of reach while it lives.
    pub(super) fn pull_out(&self, load: &Load) -> Option<JoinHandle<Option<Kept>>> {
        let loss = self.plan.loss.as_ref()?;
        let (after, silent) = (loss.pulled?, loss.silent);
        let person = self.ground.person(self.plan.victims[0]);
        let copy = person.elsewhere.as_ref().and_then(|elsewhere| elsewhere.copy.clone())?;
        let (load, name, caller) = (load.clone(), person.name, person.caller());
        Some(tokio::spawn(async move {
            while load.acknowledged_by(name) < after {
                if tokio::time::timeout(GLANCE, caller.gone()).await.is_ok() {
                    return None;
                }
            }
            Some(copy.out_of_reach(silent))
        }))
    }

    /// The living decide what they can, and blocks come as slowly as they follow.
    async fn while_lost(&self, lost: Name) {
        let note = round_note(self.plan.number);
        let parties: Vec<_> = self.ground.parties_but(lost).into_values().collect();
        let decided = async {
            for party in &parties {
                drop(party.decided(&note).await);
            }
        };
        drop(tokio::time::timeout(OFF_CHAIN, decided).await);
        for _ in 0..self.plan.loss.as_ref().map_or(0, |loss| loss.blocks / STEP) {
            hub::mine(&self.ground.network, &self.ground.hub.caller(), STEP).await;
            for person in self.ground.people.iter().filter(|person| person.name != lost) {
                drop(person.caller().ask("sync", "").await);
            }
        }
    }

    /// The first victim's disk is lost, and restored.
    pub(super) async fn lose(&mut self) -> Result<(), CallError> {
        let loss = self.plan.loss.clone().expect("a loss");
        let name = self.plan.victims[0];
        self.while_lost(name).await;
        self.tally.losses.losses += 1;
        self.tally.losses.old += u32::from(loss.pulled.is_some());
        let fates = self.ground.fates.clone();
        self.ground.witness.as_mut().expect("it listens").lost(&fates);
        let from = self.restoring(&loss);
        self.ground.person_mut(name).lose_disk();
        if let Some(trigger) = loss.cut {
            self.tally.losses.cut += 1;
            let end = self.ground.person_mut(name).restore_and_die(trigger, &from).await;
            self.check(name, end);
        }
        let begun = Instant::now();
        let shown = self.ground.person_mut(name).restore(loss.alone, &from).await?;
        self.tally.restarts.push(begun.elapsed());
        if let Some(shown) = shown.filter(|_| loss.is_by_words_alone()) {
            self.is_as_shown(name, &shown).await?;
        }
        if loss.alone {
            for _ in 0..BLOCKS_ALONE {
                self.ground.mine(1).await;
            }
            self.ground.person(name).caller().ask("alone", "no").await?;
        }
        Ok(())
    }

    fn restoring(&self, loss: &Loss) -> Restoring {
        let peers = loss.is_by_words_alone().then(|| match loss.filed {
            true => self.ground.person(self.plan.victims[0]).file_channels(),
            false => Peers::Listed(self.ground.uri.clone()),
        });
        Restoring { peers, believed: loss.control == Some(LossControl::Believed) }
    }

    /// The words bring back on the chain, to the sat, what was shown before.
    async fn is_as_shown(&mut self, name: Name, shown: &Value) -> Result<(), CallError> {
        let shown = shown["onchainSat"].as_u64();
        let now = self.ground.person(name).caller().ask("snapshot", "").await?;
        let has = now.pointer("/balance/onchain/totalSat").and_then(Value::as_u64);
        if has != shown {
            let what = format!("{shown:?} sat were shown, {has:?} are there");
            self.tally.findings.add(Kind::Lost, &self.when, &what);
        }
        Ok(())
    }

    /// What the peers paid out to the words is moved to the wallet, as a person would do it. Whether nothing is left to come.
    async fn move_what_was_paid(&self) -> Result<bool, CallError> {
        let caller = self.ground.person(self.plan.victims[0]).caller();
        let is_over = caller.ask("gather", PASSWORD).await? == Value::Bool(true);
        let witness = self.ground.witness.as_ref().expect("it listens");
        Ok(is_over && !witness.waits(&self.ground.fates.unclaimed()))
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

    /// Blocks come until every channel is ready or gone. False if that never is.
    async fn comes_to_rest(&mut self) -> Result<bool, CallError> {
        let (begun, mut mined) = (Instant::now(), 0);
        loop {
            let by_words = self.plan.loss.as_ref().is_some_and(Loss::is_by_words_alone);
            let mut resting = !self.is_anything_closing().await;
            resting &= !by_words || self.move_what_was_paid().await?;
            for view in self.views().await?.into_values() {
                let lives = |state: &str| matches!(state, "ready" | "peerAway");
                resting &= view.channels.iter().all(|channel| lives(&channel.state));
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
            let blocks = match mined {
                ..=LONGEST_PAYMENT if begun.elapsed() > OFF_CHAIN => BLOCKS_AT_ONCE,
                ..=LONGEST_PAYMENT => 1,
                _ => STEP,
            };
            self.ground.mine(blocks).await;
            mined += blocks;
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

    /// Every sat is somebody's, but for what was on its way when the disk was lost; with the words alone that is also what a close of
    /// one's own had not paid out yet.
    async fn weigh(&mut self, load: &Load, lost: Name) -> Result<(), CallError> {
        let going: Vec<Sat> = load
            .all()
            .into_iter()
            .filter(|one| (one.from == lost || one.to == lost) && one.stage > Stage::Planned)
            .map(|one| one.amount)
            .collect();
        // With what its forwarding costs.
        let on_its_way = |value: Sat| {
            going.iter().any(|amount| (*amount..=Sat::new(amount.get() + 200)).contains(&value))
        };
        let by_words = self.plan.loss.as_ref().is_some_and(Loss::is_by_words_alone);
        let begun = Instant::now();
        loop {
            let books = oracles::audit(self.ground).await?;
            let witness = self.ground.witness.as_ref().expect("it listens");
            let unclaimed = self.ground.fates.unclaimed();
            let is_lost = |(at, value): &(OutPoint, Sat)| {
                on_its_way(*value) || (by_words && witness.was_published_before(&at.txid))
            };
            let new = unclaimed.into_iter().filter(|one| !witness.unclaimable.contains(&one.0));
            let new: Vec<_> = new.filter(is_lost).collect();
            let stranded = Sat::sum(new.iter().map(|(_, value)| *value)).expect("little");
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
                self.tally.losses.in_flight.extend(new.iter().map(|(_, value)| *value));
                let witness = self.ground.witness.as_mut().expect("it listens");
                witness.unclaimable.extend(new.iter().map(|(at, _)| *at));
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
