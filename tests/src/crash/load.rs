//! Payments at the same time, between the people and the shop, in every direction.

use super::party::{Party, Row};
use super::person::Name;
use super::plan::Plan;
use crate::CallError;
use fastrand::Rng;
use fulmen_engine::amount::Sat;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::task::JoinSet;

/// Everyone who pays or is paid.
pub(crate) type Parties = BTreeMap<Name, Party>;

/// How far a payment has come, as the driver knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// There may be a request.
    Planned,
    /// The payer was asked to pay.
    Asked,
    /// The payer said that it is on its way.
    Acknowledged,
    /// The payer said that it is decided.
    Decided,
}

/// One payment.
#[derive(Clone, Debug)]
pub(crate) struct Payment {
    pub(crate) note: String,
    pub(crate) from: Name,
    pub(crate) to: Name,
    pub(crate) amount: Sat,
    pub(crate) stage: Stage,
    /// The payer's row once it was seen decided.
    pub(crate) seen: Option<Row>,
}

/// The payments of one kill.
#[derive(Clone, Default)]
pub(crate) struct Load {
    payments: Arc<Mutex<Vec<Payment>>>,
}

/// An amount above what becomes an output of a commitment, so that many at once are no dust exposure.
const SMALLEST: u64 = 4_000;
const LARGEST: u64 = 20_000;

impl Load {
    /// Draws the payments; who has more pays more. `split` is the amount of one that no single channel holds.
    pub(crate) fn draw(
        plan: &Plan,
        rng: &mut Rng,
        rich: &[(Name, u32)],
        split: Option<(Name, Sat)>,
    ) -> Self {
        let mut payments = Vec::new();
        for index in 0..plan.payments {
            let (from, to) = loop {
                let (from, to) = (pick(rng, rich, false), pick(rng, rich, true));
                if from != to {
                    break (from, to);
                }
            };
            let amount = Sat::new(rng.u64(SMALLEST..=LARGEST));
            payments.push(planned(plan, index, from, to, amount));
        }
        if let Some((from, amount)) = split {
            payments.push(planned(plan, plan.payments, from, Name::Shop, amount));
        }
        Self { payments: Arc::new(Mutex::new(payments)) }
    }

    /// Those that this one neither pays nor is paid by.
    pub(crate) fn without(&self, name: Name) -> Self {
        let others = self.all().into_iter().filter(|one| one.from != name && one.to != name);
        Self { payments: Arc::new(Mutex::new(others.collect())) }
    }

    /// All of them are paid by this one, to the shop.
    pub(crate) fn all_by(&self, name: Name) {
        for payment in self.lock().iter_mut() {
            (payment.from, payment.to) = (name, Name::Shop);
        }
    }

    /// Payments that this one said are on their way.
    pub(crate) fn acknowledged_by(&self, name: Name) -> usize {
        let all = self.lock();
        all.iter().filter(|one| one.from == name && one.stage >= Stage::Acknowledged).count()
    }

    /// Starts all of them.
    pub(crate) fn start(&self, parties: &Parties, tasks: &mut JoinSet<()>) {
        for (index, payment) in self.all().into_iter().enumerate() {
            let (load, from, to) =
                (self.clone(), parties[&payment.from].clone(), parties[&payment.to].clone());
            tasks.spawn(async move {
                // A refusal is an answer, and a process that is gone is what all of this is about.
                drop(load.pay(index, &payment, &from, &to).await);
            });
        }
    }

    async fn pay(
        &self,
        index: usize,
        payment: &Payment,
        from: &Party,
        to: &Party,
    ) -> Result<(), CallError> {
        let invoice = to.receive(payment.amount, &payment.note).await?;
        self.reached(index, Stage::Asked);
        from.pay(&invoice).await?;
        self.reached(index, Stage::Acknowledged);
        from.decided(&payment.note).await?;
        self.reached(index, Stage::Decided);
        let rows = from.rows(&payment.note).await?;
        self.lock()[index].seen = rows.into_iter().find(|row| row.out);
        Ok(())
    }

    fn reached(&self, index: usize, stage: Stage) {
        self.lock()[index].stage = stage;
    }

    /// As it stands.
    pub(crate) fn all(&self) -> Vec<Payment> {
        self.lock().clone()
    }

    /// Payments asked for and not known to be decided.
    pub(crate) fn in_flight(&self) -> usize {
        let going =
            |payment: &&Payment| matches!(payment.stage, Stage::Asked | Stage::Acknowledged);
        self.lock().iter().filter(going).count()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Payment>> {
        self.payments.lock().expect("never poisoned: nothing panics while it is held")
    }
}

fn planned(plan: &Plan, index: usize, from: Name, to: Name, amount: Sat) -> Payment {
    let note = format!("{}{index:02}.", round_note(plan.number));
    Payment { note, from, to, amount, stage: Stage::Planned, seen: None }
}

/// What the notes of all payments of one kill begin with.
pub(crate) fn round_note(number: u32) -> String {
    format!("kill {number:05}-")
}

/// One of them, by weight in percent; the other way round for payees.
fn pick(rng: &mut Rng, rich: &[(Name, u32)], payee: bool) -> Name {
    let weight = |share: u32| if payee { 101 - share } else { 1 + share };
    let all: u32 = rich.iter().map(|(_, share)| weight(*share)).sum();
    let mut drawn = rng.u32(0..all);
    for (name, share) in rich {
        match drawn.checked_sub(weight(*share)) {
            Some(rest) => drawn = rest,
            None => return *name,
        }
    }
    rich[0].0
}
