//! The journal: one row for everything that moved money. It never calls LDK and never waits for a commit; whoever needs a row
//! to be durable waits for the commit.
//!
//! The vault has all rows. Memory has those that are *live* (open, or requests that wait to be paid), those with changes that
//! no commit has written yet, the last few that were decided, and the newest few of the list, so that Home can be shown while
//! the vault is shut. A row that is in memory is always newer than, or the same
//! as, the vault's.
//!
//! ```text
//! change ─▶ staged ─ take_staged ─▶ taken ─ landed ─▶ on disk; a row that is not live leaves memory after RECENT others
//!             ▲───────────── restore ───┘            (the commit failed)
//! ```
//!
//! *A question about one row* (by id, hash, attempt) is answered from memory, and from the vault's indexes if memory does
//! not have it, under the journal's lock: such a read takes microseconds, and no change can come between.
//!
//! *A page* is read from the vault without the lock, because a search looks at every row's text and a commit must not wait for
//! it. So rows may change while it runs. Everything that changes gets a number (`touched`), and so does everything that a
//! commit has written. The vault's answer counts for rows that were on disk before the read and have not been touched since
//! it began; all others are in memory, and memory's answer counts. Should one of these have left memory meanwhile, the page is
//! read again. Open rows are all in memory and come first.

use super::error::JournalError;
use super::index::{self, Place, Sought};
use super::transition::{Fact, apply};
use crate::amount::Msat;
use crate::error::chain_of;
use crate::event::Bus;
use crate::node::Wake;
use crate::payment::{
    Asked, Hash, OfferId, Payee, Payment, PaymentId, StoredDirection, StoredKind, StoredStatus,
};
use crate::rates::Rates;
use crate::store::{AttemptRow, Batch, JournalRow, Loaded, NEWEST_LOADED, Vault};
use crate::time::Timestamp;
pub(super) use memory::attempt_id;
use memory::{State, decode};
use std::cmp::Reverse;
use std::sync::{Arc, Mutex, MutexGuard};

/// The rows in memory.
mod memory;

type Answer<T> = Result<T, JournalError>;

/// How many rows of an earlier version are indexed in one commit.
const TOGETHER: usize = 2_000;

/// See the module.
pub(crate) struct Journal {
    state: Mutex<State>,
    vault: Arc<Vault>,
    rates: Arc<Rates>,
    wake: Wake,
    bus: Bus,
}

/// What a commit writes; put back when it fails.
#[derive(Default)]
pub(crate) struct Staged {
    pub(crate) rows: Vec<JournalRow>,
    pub(crate) attempts: Vec<AttemptRow>,
}

/// Indexes the rows of an earlier version, once.
pub(crate) fn index_earlier(vault: &Vault) -> Answer<()> {
    loop {
        let bodies = vault.unindexed(TOGETHER)?;
        if bodies.is_empty() {
            return Ok(());
        }
        let row = |body: &Vec<u8>| decode(body).map(|payment| JournalRow::from(&payment));
        let journal = bodies.iter().map(row).collect::<Answer<_>>()?;
        vault.commit(&Batch { journal, ..Batch::default() })?;
    }
}

impl Journal {
    /// With the live rows and their attempts, and the newest of the list, as the vault loaded them.
    pub(crate) fn load(
        loaded: &Loaded,
        vault: Arc<Vault>,
        rates: Arc<Rates>,
        wake: Wake,
        bus: Bus,
    ) -> Answer<Self> {
        let mut state = State::default();
        for body in &loaded.journal {
            state.loaded(decode(body)?);
        }
        for attempt in &loaded.attempts {
            state.attempts.insert(attempt.attempt_id, (PaymentId(attempt.payment), attempt.number));
        }
        Ok(Self { state: Mutex::new(state), vault, rates, wake, bus })
    }

    pub(crate) fn get(&self, id: &PaymentId) -> Answer<Option<Payment>> {
        self.find(&self.lock(), id)
    }

    pub(crate) fn by_hash(
        &self,
        direction: StoredDirection,
        hash: &Hash,
    ) -> Answer<Option<Payment>> {
        let state = self.lock();
        if let Some(id) = state.by_hash.get(&(direction as u8, *hash)) {
            return self.find(&state, id);
        }
        if let Some(body) = self.vault.payment_by_hash(direction as u8, hash)? {
            return state.newest(&body).map(Some);
        }
        match self.with_key(&state, &index::earlier(hash))?.pop() {
            Some(row) if row.direction == direction => Ok(Some(row)),
            _ => Ok(None),
        }
    }

    /// Payments out that answer this and are done or may be, oldest first.
    pub(crate) fn paid_with(&self, asked: &Asked) -> Answer<Vec<Payment>> {
        let state = self.lock();
        let ids = state.asked.get(asked).into_iter().flatten();
        let mut found: Vec<Payment> =
            ids.filter_map(|id| state.rows.get(id)).map(|kept| kept.payment.clone()).collect();
        found.extend(self.with_key(&state, &index::asked(asked))?);
        if let Asked::Hash(hash) = asked
            && let Some(body) = self.vault.payment_by_hash(StoredDirection::Out as u8, hash)?
        {
            found.push(state.newest(&body)?);
        }
        found.retain(|row| row.is_open() || row.status == StoredStatus::Paid);
        found.sort_by_key(|row| (row.created_at, row.id));
        found.dedup_by_key(|row| row.id);
        Ok(found)
    }

    /// The row that an LDK payment id belongs to, and which attempt it is.
    pub(crate) fn by_attempt(&self, attempt: &[u8; 32]) -> Answer<Option<(Payment, u32)>> {
        let state = self.lock();
        let (id, number) = match state.attempts.get(attempt) {
            Some(found) => *found,
            None => match self.vault.attempt(attempt)? {
                Some(found) => (PaymentId(found.payment), found.number),
                None => return Ok(None),
            },
        };
        Ok(self.find(&state, &id)?.map(|row| (row, number)))
    }

    /// Payments to us, asked for or not, with one of these addresses, newest first.
    pub(crate) fn at_addresses<'a>(
        &self,
        addresses: impl Iterator<Item = &'a String> + Clone,
    ) -> Answer<Vec<Payment>> {
        let state = self.lock();
        let is_here = |row: &Payment| {
            let one = row.address.as_ref().filter(|_| row.direction == StoredDirection::In);
            one.is_some_and(|one| addresses.clone().any(|address| address == one))
        };
        let mut found: Vec<Payment> =
            state.payments().filter(|row| is_here(row)).cloned().collect();
        for address in addresses.clone() {
            found.extend(self.with_key(&state, &index::own(address))?);
        }
        found.retain(|row| is_here(row));
        found.sort_by_key(|row| Reverse((row.created_at, row.id)));
        found.dedup_by_key(|row| row.id);
        Ok(found)
    }

    /// Payments to us that came by an offer of ours.
    pub(crate) fn brought_by(&self, offer: &OfferId) -> Answer<Vec<Payment>> {
        let state = self.lock();
        let is_its = |row: &Payment| {
            row.direction == StoredDirection::In && row.offer_id.as_ref() == Some(offer)
        };
        let mut found: Vec<Payment> = state.payments().filter(|row| is_its(row)).cloned().collect();
        found.extend(self.with_key(&state, &index::own_offer(offer))?);
        found.sort_by_key(|row| Reverse((row.created_at, row.id)));
        found.dedup_by_key(|row| row.id);
        Ok(found)
    }

    /// Payments out to this payee, newest first.
    pub(crate) fn paid_to(&self, payee: &Payee) -> Answer<Vec<Payment>> {
        let state = self.lock();
        let is_its = |row: &Payment| row.payees().iter().any(|(one, _)| one == payee);
        let mut found: Vec<Payment> = state.payments().filter(|row| is_its(row)).cloned().collect();
        found.extend(self.with_key(&state, &index::paid_to(&payee.id()))?);
        found.retain(|row| is_its(row));
        found.sort_by_key(|row| Reverse((row.created_at, row.id)));
        found.dedup_by_key(|row| row.id);
        Ok(found)
    }

    /// Reads every row of the vault, which takes a while.
    pub(crate) fn each(&self, mut take: impl FnMut(Payment)) -> Answer<()> {
        let mut all = Ok(());
        self.vault.each_payment(|body| match decode(body) {
            Ok(row) => take(row),
            Err(error) => all = Err(error),
        })?;
        all
    }

    /// What `pick` makes of the live rows, in no order. Copies no row.
    pub(crate) fn live<T>(&self, pick: impl Fn(&Payment) -> Option<T>) -> Vec<T> {
        self.lock().payments().filter(|row| row.is_live()).filter_map(pick).collect()
    }

    /// Rows of the list that are about an invoice, by its hash.
    pub(crate) fn of_invoice(&self, hash: &Hash) -> Answer<Vec<Payment>> {
        use StoredDirection::{In, Out};
        let mut rows: Vec<Payment> = [In, Out]
            .iter()
            .map(|direction| self.by_hash(*direction, hash))
            .collect::<Answer<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect();
        let state = self.lock();
        rows.extend(self.with_key(&state, &index::asked(&Asked::Hash(*hash)))?);
        rows.retain(Payment::is_movement);
        rows.sort_by_key(Payment::place);
        rows.dedup_by_key(|row| row.id);
        Ok(rows)
    }

    /// The list after a row of it: at most so many of those that mention `text`.
    pub(crate) fn page(
        &self,
        text: Option<&str>,
        before: Option<&PaymentId>,
        most: usize,
    ) -> Answer<Vec<Payment>> {
        self.page_of(text.map(Sought::whole).as_ref(), before, most, |_| true)
    }

    /// The same of those that have what is sought, and are `wanted`.
    pub(crate) fn page_of(
        &self,
        sought: Option<&Sought>,
        before: Option<&PaymentId>,
        most: usize,
        wanted: impl Fn(&Payment) -> bool,
    ) -> Answer<Vec<Payment>> {
        let after = match before {
            Some(id) => Some(self.get(id)?.ok_or(JournalError::NoSuchRow)?.place()),
            None => None,
        };
        let mut more = 0;
        loop {
            let (since, unwritten) = {
                let state = self.lock();
                (state.touched, state.staged.len() + state.taken.len())
            };
            let asked = most + unwritten + more;
            let decided = after.filter(|(decided, _)| *decided).map(|(_, Reverse(at))| at);
            let found = self.vault.activity(sought.and_then(Sought::asked), decided, asked)?;
            let until = found.last().filter(|_| found.len() == asked);
            let until: Option<Place> = until.map(|(at, _)| (true, Reverse(*at)));
            let Some(mut rows) = self.lock().with_memory(&found, since)? else { continue };
            rows.retain(|row| {
                let place = row.place();
                row.is_movement()
                    && wanted(row)
                    && sought.is_none_or(|sought| row.has(sought))
                    && after.is_none_or(|after| place > after)
                    && until.is_none_or(|until| place <= until)
            });
            if rows.len() >= most || until.is_none() {
                rows.sort_by_key(Payment::place);
                rows.truncate(most);
                return Ok(rows);
            }
            more += asked;
        }
    }

    /// The first rows of the list. Where the vault cannot be asked, those that are in memory.
    pub(crate) fn newest(&self) -> Vec<Payment> {
        self.page(None, None, NEWEST_LOADED).unwrap_or_else(|error| {
            tracing::error!(error = chain_of(&error), "cannot read the newest payments");
            self.remembered(NEWEST_LOADED)
        })
    }

    fn remembered(&self, most: usize) -> Vec<Payment> {
        let mut rows: Vec<Payment> =
            self.lock().payments().filter(|row| row.is_movement()).cloned().collect();
        rows.sort_by_key(Payment::place);
        rows.truncate(most);
        rows
    }

    /// Adds a row unless one with its id is there. Returns whether it was added.
    pub(crate) fn insert(&self, mut payment: Payment) -> Answer<bool> {
        let mut state = self.lock();
        if self.find(&state, &payment.id)?.is_some() {
            return Ok(false);
        }
        self.price(false, &mut payment);
        state.stage(payment.clone());
        drop(state);
        self.told(&payment);
        Ok(true)
    }

    /// Applies a fact to a row. Returns the row if it changed.
    pub(crate) fn record(
        &self,
        id: &PaymentId,
        fact: Fact,
        now: Timestamp,
    ) -> Answer<Option<Payment>> {
        self.change(id, |payment| apply(payment, fact, now))
    }

    /// Changes a row by hand: texts and ids that are learnt later. `edit` says whether it changed anything.
    pub(crate) fn change(
        &self,
        id: &PaymentId,
        edit: impl FnOnce(&mut Payment) -> bool,
    ) -> Answer<Option<Payment>> {
        let mut state = self.lock();
        let Some(mut payment) = self.find(&state, id)? else { return Ok(None) };
        let had_moved = payment.has_moved();
        if !edit(&mut payment) {
            return Ok(None);
        }
        self.price(had_moved, &mut payment);
        state.stage(payment.clone());
        drop(state);
        self.told(&payment);
        Ok(Some(payment))
    }

    /// Starts a new attempt: the row becomes *in transit* and the attempt gets its own id towards LDK. `None` if the
    /// row's state forbids it.
    pub(crate) fn start_attempt(
        &self,
        id: &PaymentId,
        amount: Msat,
        fee_limit: Msat,
        now: Timestamp,
    ) -> Answer<Option<[u8; 32]>> {
        let Some(row) = self.record(id, Fact::Sent { amount, fee_limit }, now)? else {
            return Ok(None);
        };
        let attempt_id = attempt_id(id, row.attempts);
        let mut state = self.lock();
        state.attempts.insert(attempt_id, (*id, row.attempts));
        state.staged_attempts.push(AttemptRow {
            payment: id.0,
            number: row.attempts,
            attempt_id,
            started_secs: now.secs(),
        });
        Ok(Some(attempt_id))
    }

    /// Rows of outgoing Lightning payments that are not decided, with the LDK ids of all their attempts. Asked after a start,
    /// when memory has the attempts of all of them.
    pub(crate) fn undecided(&self) -> Vec<(Payment, Vec<[u8; 32]>)> {
        let state = self.lock();
        let open = state.payments().filter(|row| {
            row.direction == StoredDirection::Out
                && row.kind == StoredKind::Lightning
                && row.is_open()
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

    /// Takes what the next commit must write, as it is now. The caller commits it and says so, or restores it, before it takes
    /// more.
    pub(crate) fn take_staged(&self) -> Staged {
        let mut state = self.lock();
        let ids = std::mem::take(&mut state.staged);
        let attempts = std::mem::take(&mut state.staged_attempts);
        let rows = ids.iter().filter_map(|id| state.rows.get(id));
        let rows = rows.map(|kept| JournalRow::from(&kept.payment)).collect();
        state.taken.extend(ids);
        Staged { rows, attempts }
    }

    /// What was taken is on disk.
    pub(crate) fn landed(&self) {
        let mut state = self.lock();
        for id in std::mem::take(&mut state.taken) {
            state.touch(&id);
        }
        state.forget_old();
    }

    /// The commit failed: the same rows go with the next one, as they will be then.
    pub(crate) fn restore(&self, staged: Staged) {
        let mut state = self.lock();
        let taken = std::mem::take(&mut state.taken);
        state.staged.extend(taken);
        let newer = std::mem::replace(&mut state.staged_attempts, staged.attempts);
        state.staged_attempts.extend(newer);
    }

    /// Whether the row has changes that are not in a commit.
    pub(crate) fn is_staged(&self, id: &PaymentId) -> bool {
        self.lock().staged.contains(id)
    }

    fn find(&self, state: &State, id: &PaymentId) -> Answer<Option<Payment>> {
        if let Some(kept) = state.rows.get(id) {
            return Ok(Some(kept.payment.clone()));
        }
        self.vault.payment(&id.0)?.map(|body| decode(&body)).transpose()
    }

    /// What the vault finds by a key, as it is now. It may not have the key any more.
    fn with_key(&self, state: &State, key: &crate::store::JournalKey) -> Answer<Vec<Payment>> {
        let bodies = self.vault.payments_by_key(key)?;
        bodies.iter().map(|body| state.newest(body)).collect()
    }

    /// The rate of the day stays with a row from the moment its money moves. A row that the chain shows again keeps its first;
    /// over Lightning another attempt is another payment.
    fn price(&self, had_moved: bool, payment: &mut Payment) {
        let moves = !had_moved && payment.has_moved();
        if moves && (payment.rate.is_none() || payment.kind == StoredKind::Lightning) {
            payment.rate = self.rates.at(payment.updated_at);
        }
    }

    fn told(&self, payment: &Payment) {
        self.wake.soon();
        self.bus.payment(payment.clone());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("journal lock is never poisoned: a panic ends the process")
    }
}

#[cfg(test)]
mod tests;
