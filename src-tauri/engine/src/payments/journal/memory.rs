//! The rows in memory, and how those that need not be there leave it.

use super::Answer;
use crate::payment::{Asked, Hash, Payment, PaymentId};
use crate::store::{self, AttemptRow};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// How many decided rows stay in memory: late events are about them.
const RECENT: usize = if cfg!(test) { 3 } else { 256 };
/// The newest decided rows of the list, as many as Home shows, never leave.
const NEWEST: usize = store::NEWEST_LOADED;

#[derive(Default)]
pub(super) struct State {
    pub(super) rows: HashMap<PaymentId, Kept>,
    pub(super) by_hash: HashMap<(u8, Hash), PaymentId>,
    /// What payments out answer → their rows.
    pub(super) asked: HashMap<Asked, BTreeSet<PaymentId>>,
    /// Attempt id (LDK's payment id) → row and attempt number.
    pub(super) attempts: HashMap<[u8; 32], (PaymentId, u32)>,
    pub(super) staged: BTreeSet<PaymentId>,
    pub(super) staged_attempts: Vec<AttemptRow>,
    /// In the commit that is running.
    pub(super) taken: BTreeSet<PaymentId>,
    /// The last number that was given to a change.
    pub(super) touched: u64,
    /// The highest number of a row that has left memory.
    pub(super) left: u64,
    /// Rows that may leave memory, and their number when that was found.
    recent: VecDeque<(PaymentId, u64)>,
    /// The decided rows of the list that are in memory.
    decided: BTreeSet<store::Place>,
}

pub(super) struct Kept {
    pub(super) payment: Payment,
    /// When it was changed or written last.
    pub(super) touched: u64,
}

impl State {
    pub(super) fn payments(&self) -> impl Iterator<Item = &Payment> {
        self.rows.values().map(|kept| &kept.payment)
    }

    /// A row that was read from the vault, as it is now.
    pub(super) fn newest(&self, body: &[u8]) -> Answer<Payment> {
        let read = decode(body)?;
        Ok(self.rows.get(&read.id).map_or(read, |kept| kept.payment.clone()))
    }

    /// Rows that the vault said, and those in memory of which it cannot know. Nothing if one of these has left memory since
    /// `since`, when the vault was asked.
    pub(super) fn with_memory(
        &self,
        found: &[(store::Place, Vec<u8>)],
        since: u64,
    ) -> Answer<Option<Vec<Payment>>> {
        if self.left > since {
            return Ok(None);
        }
        let is_newer = |id: &PaymentId, kept: &Kept| {
            kept.touched > since || self.staged.contains(id) || self.taken.contains(id)
        };
        let mut rows: Vec<Payment> = self
            .rows
            .iter()
            .filter(|(id, kept)| kept.payment.is_open() || is_newer(id, kept))
            .map(|(_, kept)| kept.payment.clone())
            .collect();
        for ((_, id), body) in found {
            let id = PaymentId(*id);
            if !self.rows.get(&id).is_some_and(|kept| kept.payment.is_open() || is_newer(&id, kept))
            {
                rows.push(decode(body)?);
            }
        }
        Ok(Some(rows))
    }

    pub(super) fn stage(&mut self, payment: Payment) {
        self.staged.insert(payment.id);
        self.keep(payment);
    }

    /// Holds a row in memory, found by its hash and by what it answers.
    pub(super) fn keep(&mut self, payment: Payment) {
        let earlier = payment.earlier.iter().map(|(hash, _)| *hash);
        for hash in payment.hash.into_iter().chain(earlier) {
            self.by_hash.insert((payment.direction as u8, hash), payment.id);
        }
        for asked in payment.asked() {
            self.asked.entry(asked).or_default().insert(payment.id);
        }
        self.touched += 1;
        let (id, touched) = (payment.id, self.touched);
        let decided = decided(&payment);
        if let Some(before) = self.rows.insert(id, Kept { payment, touched }) {
            self.decided.remove(&(before.payment.created_at.secs(), id.0));
        }
        self.decided.extend(decided);
    }

    pub(super) fn touch(&mut self, id: &PaymentId) {
        self.touched += 1;
        let touched = self.touched;
        let Some(kept) = self.rows.get_mut(id) else { return };
        kept.touched = touched;
        if !kept.payment.is_live() {
            self.recent.push_back((*id, touched));
        }
    }

    /// Decided rows leave memory, the oldest change first.
    pub(super) fn forget_old(&mut self) {
        let newest = self.decided.iter().nth_back(NEWEST - 1).copied();
        for _ in RECENT..self.recent.len() {
            let Some((id, touched)) = self.recent.pop_front() else { return };
            let Some(kept) = self.rows.get(&id) else { continue };
            if kept.touched != touched || self.staged.contains(&id) {
                continue;
            }
            match decided(&kept.payment) {
                Some(place) if Some(place) >= newest => self.recent.push_back((id, touched)),
                _ => self.forget(&id),
            }
        }
    }

    /// A row that was on disk when the wallet started.
    pub(super) fn loaded(&mut self, payment: Payment) {
        let id = payment.id;
        self.keep(payment);
        self.touch(&id);
    }

    fn forget(&mut self, id: &PaymentId) {
        let Some(Kept { payment, touched }) = self.rows.remove(id) else { return };
        self.left = self.left.max(touched);
        self.decided.remove(&(payment.created_at.secs(), id.0));
        let earlier = payment.earlier.iter().map(|(hash, _)| *hash);
        for hash in payment.hash.into_iter().chain(earlier) {
            self.by_hash.remove(&(payment.direction as u8, hash));
        }
        for asked in payment.asked() {
            if let Some(rows) = self.asked.get_mut(&asked) {
                rows.remove(id);
                if rows.is_empty() {
                    self.asked.remove(&asked);
                }
            }
        }
        for number in 1..=payment.attempts {
            self.attempts.remove(&attempt_id(id, number));
        }
    }
}

/// Its place among the decided rows of the list.
fn decided(payment: &Payment) -> Option<store::Place> {
    let place = (payment.created_at.secs(), payment.id.0);
    (payment.status.is_final() && payment.is_movement()).then_some(place)
}

/// LDK's payment id of an attempt.
pub(in crate::payments) fn attempt_id(id: &PaymentId, number: u32) -> [u8; 32] {
    PaymentId::named("attempt", &[id.0.as_slice(), &number.to_be_bytes()].concat()).0
}

pub(super) fn decode(body: &[u8]) -> Answer<Payment> {
    Ok(serde_json::from_slice(body)?)
}
