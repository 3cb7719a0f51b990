//! The journal: every row in memory, changed rows staged for the next commit. It never calls LDK and never waits for the
//! disk; whoever needs a row to be durable waits for the commit.

use super::transition::{Fact, apply};
use crate::amount::Msat;
use crate::event::Bus;
use crate::node::Wake;
use crate::payment::{Asked, Hash, Payment, PaymentId, StoredDirection, StoredStatus};
use crate::store::{AttemptRow, JournalRow};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard};

/// The journal's rows cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read a journal row")]
pub struct JournalError(#[from] serde_json::Error);

/// See the module.
pub(crate) struct Journal {
    state: Mutex<State>,
    wake: Wake,
    bus: Bus,
}

#[derive(Default)]
struct State {
    rows: BTreeMap<PaymentId, Payment>,
    by_hash: HashMap<(u8, Hash), PaymentId>,
    /// What payments out answer → their rows.
    asked: HashMap<Asked, BTreeSet<PaymentId>>,
    /// Attempt id (LDK's payment id) → row and attempt number.
    attempts: HashMap<[u8; 32], (PaymentId, u32)>,
    staged: BTreeSet<PaymentId>,
    staged_attempts: Vec<AttemptRow>,
}

/// What a commit writes; put back when it fails.
#[derive(Default)]
pub(crate) struct Staged {
    pub(crate) rows: Vec<JournalRow>,
    pub(crate) attempts: Vec<AttemptRow>,
}

impl Journal {
    pub(crate) fn load(
        rows: &[JournalRow],
        attempts: &[AttemptRow],
        wake: Wake,
        bus: Bus,
    ) -> Result<Self, JournalError> {
        let mut state = State::default();
        for row in rows {
            let payment: Payment = serde_json::from_slice(&row.body)?;
            state.index(&payment);
            state.rows.insert(payment.id, payment);
        }
        for attempt in attempts {
            state.attempts.insert(attempt.attempt_id, (PaymentId(attempt.payment), attempt.number));
        }
        Ok(Self { state: Mutex::new(state), wake, bus })
    }

    pub(crate) fn get(&self, id: &PaymentId) -> Option<Payment> {
        self.lock().rows.get(id).cloned()
    }

    pub(crate) fn by_hash(&self, direction: StoredDirection, hash: &Hash) -> Option<Payment> {
        let state = self.lock();
        let id = state.by_hash.get(&(direction as u8, *hash))?;
        state.rows.get(id).cloned()
    }

    /// Payments out that answer this and are done or may be, oldest first.
    pub(crate) fn paid_with(&self, asked: &Asked) -> Vec<Payment> {
        let state = self.lock();
        let ids = state.asked.get(asked).into_iter().flatten();
        let rows = ids.filter_map(|id| state.rows.get(id));
        let mut found: Vec<_> =
            rows.filter(|row| is_open(row) || row.status == StoredStatus::Paid).cloned().collect();
        found.sort_by_key(|row| row.created_at);
        found
    }

    /// The row that an LDK payment id belongs to, and which attempt it is.
    pub(crate) fn by_attempt(&self, attempt: &[u8; 32]) -> Option<(Payment, u32)> {
        let state = self.lock();
        let (id, number) = state.attempts.get(attempt)?;
        state.rows.get(id).cloned().map(|row| (row, *number))
    }

    /// Rows for which `wanted` holds, newest first.
    pub(crate) fn select(&self, wanted: impl Fn(&Payment) -> bool) -> Vec<Payment> {
        let mut found: Vec<_> =
            self.lock().rows.values().filter(|row| wanted(row)).cloned().collect();
        found.sort_by(|a, b| b.created_at.cmp(&a.created_at).then(b.id.cmp(&a.id)));
        found
    }

    /// What `pick` makes of the rows, in no order. Copies no row.
    pub(crate) fn pick<T>(&self, pick: impl Fn(&Payment) -> Option<T>) -> Vec<T> {
        self.lock().rows.values().filter_map(pick).collect()
    }

    /// Adds a row unless one with its id is there. Returns whether it was added.
    pub(crate) fn insert(&self, payment: Payment) -> bool {
        let mut state = self.lock();
        if state.rows.contains_key(&payment.id) {
            return false;
        }
        state.index(&payment);
        state.staged.insert(payment.id);
        state.rows.insert(payment.id, payment.clone());
        drop(state);
        self.told(&payment);
        true
    }

    /// Applies a fact to a row. Returns the row where it changed.
    pub(crate) fn tell(&self, id: &PaymentId, fact: Fact, now: Timestamp) -> Option<Payment> {
        self.change(id, |payment| apply(payment, fact, now))
    }

    /// Changes a row by hand: texts and ids that are learnt later. `edit` says whether it changed anything.
    pub(crate) fn change(
        &self,
        id: &PaymentId,
        edit: impl FnOnce(&mut Payment) -> bool,
    ) -> Option<Payment> {
        let mut state = self.lock();
        let row = state.rows.get_mut(id)?;
        if !edit(row) {
            return None;
        }
        let changed = row.clone();
        state.index(&changed);
        state.staged.insert(*id);
        drop(state);
        self.told(&changed);
        Some(changed)
    }

    /// Starts a new attempt: the row becomes *in transit* and the attempt gets its own id towards LDK. `None` where the
    /// row's state forbids it.
    pub(crate) fn start_attempt(
        &self,
        id: &PaymentId,
        amount: Msat,
        fee_limit: Msat,
        now: Timestamp,
    ) -> Option<[u8; 32]> {
        let row = self.tell(id, Fact::Sent { amount, fee_limit }, now)?;
        let attempt_id =
            PaymentId::named("attempt", &[id.0.as_slice(), &row.attempts.to_be_bytes()].concat()).0;
        let mut state = self.lock();
        state.attempts.insert(attempt_id, (*id, row.attempts));
        state.staged_attempts.push(AttemptRow {
            payment: id.0,
            number: row.attempts,
            attempt_id,
            started_secs: now.secs(),
        });
        Some(attempt_id)
    }

    /// Rows of outgoing Lightning payments that are not decided, with the LDK ids of all their attempts.
    pub(crate) fn undecided(&self) -> Vec<(Payment, Vec<[u8; 32]>)> {
        let state = self.lock();
        let open = state.rows.values().filter(|row| {
            row.direction == StoredDirection::Out && row.hash.is_some() && !row.status.is_final()
        });
        open.map(|row| {
            let ids = state
                .attempts
                .iter()
                .filter(|(_, (id, _))| *id == row.id)
                .map(|(attempt, _)| *attempt)
                .collect();
            (row.clone(), ids)
        })
        .collect()
    }

    /// Takes what the next commit must write, as it is now.
    pub(crate) fn take_staged(&self) -> Staged {
        let mut state = self.lock();
        let ids = std::mem::take(&mut state.staged);
        let attempts = std::mem::take(&mut state.staged_attempts);
        let rows = ids.iter().filter_map(|id| state.rows.get(id)).map(JournalRow::from).collect();
        Staged { rows, attempts }
    }

    /// Whether the row has changes that are not in a commit.
    pub(crate) fn is_staged(&self, id: &PaymentId) -> bool {
        self.lock().staged.contains(id)
    }

    /// The commit failed: the same rows go with the next one, as they will be then.
    pub(crate) fn restore(&self, staged: Staged) {
        let mut state = self.lock();
        state.staged.extend(staged.rows.iter().map(|row| PaymentId(row.id)));
        let newer = std::mem::replace(&mut state.staged_attempts, staged.attempts);
        state.staged_attempts.extend(newer);
    }

    fn told(&self, payment: &Payment) {
        self.wake.soon();
        self.bus.payment(payment.clone());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("journal lock is never poisoned: a panic ends the process")
    }
}

impl State {
    /// Makes a row found by its hash and by what it answers.
    fn index(&mut self, row: &Payment) {
        let earlier = row.earlier.iter().map(|(hash, _)| *hash);
        for hash in row.hash.into_iter().chain(earlier) {
            self.by_hash.insert((row.direction as u8, hash), row.id);
        }
        for asked in row.asked() {
            self.asked.entry(asked).or_default().insert(row.id);
        }
    }
}

impl From<&Payment> for JournalRow {
    fn from(payment: &Payment) -> Self {
        Self {
            id: payment.id.0,
            direction: payment.direction as u8,
            hash: payment.hash,
            status: payment.status as u8,
            created_secs: payment.created_at.secs(),
            updated_secs: payment.updated_at.secs(),
            body: serde_json::to_vec(payment).expect("a payment is plain data"),
        }
    }
}

/// True while it may still change.
pub(crate) fn is_open(payment: &Payment) -> bool {
    matches!(payment.status, StoredStatus::Pending | StoredStatus::InTransit)
}
