//! A disk is lost, and a fresh one restored from what the person has elsewhere.

use super::findings::Kind;
use super::hub;
use super::load::{Load, round_note};
use super::losses::LossControl;
use super::lost::{Kept, Medium, Peers, Restoring};
use super::person::{Name, Person};
use super::plan::{Plan, Scene, Trigger};
use super::round::{OFF_CHAIN, Round};
use crate::CallError;
use fastrand::Rng;
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// Long after the last block of every payment.
const LONG_AFTER: u32 = 600;
/// So many blocks at once. Nobody who lives has a payment on its way then.
pub(super) const STEP: u32 = 100;
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
    pub(super) fn is_newest(&self) -> bool {
        self.medium == Some(Medium::Vss)
    }

    pub(super) fn is_by_words_alone(&self) -> bool {
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
}
