//! Random batches with random reopenings: the vault is what a model in memory is, and a batch that breaks a rule changes
//! nothing in either.

use super::*;
use crate::store::Place as At;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Monitor = (u64, Vec<u8>, BTreeMap<u64, Vec<u8>>, bool);

#[derive(Clone, Default)]
struct Model {
    generation: u64,
    manager: Option<Vec<u8>>,
    monitors: BTreeMap<String, Monitor>,
    journal: BTreeMap<[u8; 32], JournalRow>,
    attempts: BTreeMap<([u8; 32], u32), AttemptRow>,
    changesets: Vec<Vec<u8>>,
    outbox: BTreeMap<[u8; 32], OutboxRow>,
    kv: BTreeMap<String, Vec<u8>>,
}

impl Model {
    /// The model after the batch, or `None` if the vault must refuse it.
    fn after(&self, batch: &Batch) -> Option<Self> {
        let mut next = self.clone();
        next.generation += 1;
        next.manager = batch.manager.clone().or(next.manager);
        next.monitors(batch)?;
        for row in &batch.journal {
            let clash = |other: &JournalRow| {
                other.id != row.id
                    && other.hash.is_some()
                    && (other.direction, other.hash) == (row.direction, row.hash)
            };
            if next.journal.values().any(clash) {
                return None;
            }
            next.journal.insert(row.id, row.clone());
        }
        for row in &batch.attempts {
            let known = next.journal.contains_key(&row.payment);
            let place = (row.payment, row.number);
            let taken = next.attempts.get(&place).is_some_and(|at| at.attempt_id != row.attempt_id);
            let elsewhere = next
                .attempts
                .iter()
                .any(|(at, other)| *at != place && other.attempt_id == row.attempt_id);
            if !known || taken || elsewhere {
                return None;
            }
            next.attempts.insert(place, row.clone());
        }
        next.changesets.extend(batch.changesets.iter().cloned());
        next.outbox.extend(batch.outbox.iter().map(|row| (row.txid, row.clone())));
        next.outbox.retain(|txid, _| !batch.outbox_done.contains(txid));
        for KvWrite { key, value, .. } in &batch.kv {
            match value {
                Some(value) => drop(next.kv.insert(key.clone(), value.clone())),
                None => drop(next.kv.remove(key)),
            }
        }
        Some(next)
    }

    fn monitors(&mut self, batch: &Batch) -> Option<()> {
        for FullMonitor { key, update_id, bytes } in &batch.monitors {
            let monitor = self.monitors.entry(key.clone()).or_default();
            if *update_id < monitor.0 {
                return None;
            }
            (monitor.0, monitor.1) = (*update_id, bytes.clone());
        }
        for MonitorUpdate { key, update_id, bytes } in &batch.updates {
            self.monitors.get_mut(key)?.2.insert(*update_id, bytes.clone());
        }
        for FullMonitor { key, update_id, .. } in &batch.monitors {
            self.monitors.get_mut(key)?.2.retain(|id, _| id > update_id);
        }
        for key in &batch.archived {
            if let Some(monitor) = self.monitors.get_mut(key) {
                monitor.3 = true;
            }
        }
        Some(())
    }

    fn loaded(&self) -> Loaded {
        let live = self.monitors.iter().filter(|(_, monitor)| !monitor.3);
        let monitors = live.map(|(key, (id, base, updates, _))| StoredMonitor {
            key: key.clone(),
            base: base.clone(),
            base_update_id: *id,
            updates: updates
                .range(*id..)
                .filter(|(at, _)| *at > id)
                .map(|(at, body)| (*at, body.clone()))
                .collect(),
        });
        let newest = self.activity(None, None, NEWEST_LOADED);
        let is_newest = |row: &JournalRow| newest.contains(&(row.created_secs, row.id));
        let loaded = |row: &&JournalRow| row.live || is_newest(row);
        let mut journal: Vec<_> = self.journal.values().filter(loaded).collect();
        journal.sort_by_key(|row| (row.created_secs, row.id));
        let journal = journal.into_iter().map(|row| row.body.clone()).collect();
        let live = |attempt: &&AttemptRow| self.journal[&attempt.payment].live;
        let mut outbox: Vec<_> = self.outbox.values().cloned().collect();
        outbox.sort_by_key(|row| (row.created_secs, row.txid));
        Loaded {
            manager: self.manager.clone(),
            monitors: monitors.collect(),
            journal,
            attempts: self.attempts.values().filter(live).cloned().collect(),
            outbox,
            generation: Generation(self.generation),
        }
    }
}

impl Model {
    /// The vault's answer to [`Vault::activity`].
    fn activity(&self, text: Option<&str>, before: Option<At>, most: usize) -> Vec<At> {
        let listed = self.journal.values().filter(|row| {
            row.listed.as_ref().is_some_and(|Listed { sat, text: all }| {
                text.is_none_or(|text| all.contains(text) || sat.to_string().starts_with(text))
            })
        });
        let mut places: Vec<At> = listed.map(|row| (row.created_secs, row.id)).collect();
        places.retain(|place| before.is_none_or(|before| *place < before));
        places.sort_unstable_by(|a, b| b.cmp(a));
        places.truncate(most);
        places
    }

    fn answers_as(&self, vault: &Vault) -> Result<(), TestCaseError> {
        for text in [None, Some("a"), Some("ba"), Some("1"), Some("é")] {
            for before in [None, Some((1, [2; 32])), Some((9, [0; 32]))] {
                for most in [1, 2, 9] {
                    let sought = text.map(|text| (text, Vec::new()));
                    let found = vault.activity(sought, before, most).unwrap();
                    let places: Vec<At> = found.iter().map(|(place, _)| *place).collect();
                    prop_assert_eq!(places, self.activity(text, before, most));
                    for ((_, id), body) in found {
                        prop_assert_eq!(&body, &self.journal[&id].body);
                    }
                }
            }
        }
        for row in self.journal.values() {
            let found = vault.payment(&row.id).unwrap();
            prop_assert_eq!(found.as_ref(), Some(&row.body));
            if let Some(hash) = &row.hash {
                let found = vault.payment_by_hash(row.direction, hash).unwrap();
                prop_assert_eq!(found.as_ref(), Some(&row.body));
            }
            for key in &row.keys {
                prop_assert!(vault.payments_by_key(key).unwrap().contains(&row.body));
            }
        }
        for attempt in self.attempts.values() {
            let found = vault.attempt(&attempt.attempt_id).unwrap();
            prop_assert_eq!(found.as_ref(), Some(attempt));
        }
        let mut bodies = Vec::new();
        vault.each_payment(|body| bodies.push(body.to_vec())).unwrap();
        prop_assert_eq!(bodies.len(), self.journal.len());
        prop_assert!(vault.unindexed(1).unwrap().is_empty());
        Ok(())
    }
}

fn key() -> impl Strategy<Value = String> {
    "[ab]"
}

fn update_id() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0..6_u64, 1 => Just(u64::MAX), 1 => Just(1 << 63)]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

fn id() -> impl Strategy<Value = [u8; 32]> {
    (0..4_u8).prop_map(|n| [n; 32])
}

fn listed() -> impl Strategy<Value = Option<Listed>> {
    proptest::option::of((0..30_u64, "[abé]{0,4}").prop_map(|(sat, text)| Listed { sat, text }))
}

fn journal_key() -> impl Strategy<Value = JournalKey> {
    (0..2_u8, vec(0..2_u8, 1..2)).prop_map(|(kind, key)| JournalKey { kind, key })
}

fn journal_row() -> impl Strategy<Value = JournalRow> {
    let found = (any::<bool>(), listed(), vec(journal_key(), 0..2));
    (
        id(),
        0..2_u8,
        proptest::option::of((0..12_u8).prop_map(|n| [n; 32])),
        any::<u8>(),
        0..3_u64,
        bytes(),
        found,
    )
        .prop_map(|(id, direction, hash, status, created_secs, body, found)| JournalRow {
            id,
            direction,
            hash,
            status,
            created_secs,
            updated_secs: created_secs + 1,
            body,
            live: found.0,
            listed: found.1,
            keys: found.2,
        })
}

fn attempt_row() -> impl Strategy<Value = AttemptRow> {
    (id(), 1..9_u32, any::<[u8; 32]>()).prop_map(|(payment, number, attempt_id)| AttemptRow {
        payment,
        number,
        attempt_id,
        started_secs: 3,
    })
}

fn outbox_row() -> impl Strategy<Value = OutboxRow> {
    (id(), any::<u8>(), bytes(), 0..3_u64).prop_map(|(txid, kind, package, created_secs)| {
        OutboxRow { txid, kind, package, created_secs }
    })
}

pub(crate) fn a_batch() -> impl Strategy<Value = Batch> {
    let full = (key(), update_id(), bytes()).prop_map(|(key, update_id, bytes)| FullMonitor {
        key,
        update_id,
        bytes,
    });
    let update = (key(), update_id(), bytes()).prop_map(|(key, update_id, bytes)| MonitorUpdate {
        key,
        update_id,
        bytes,
    });
    let write = ("[xyz]", proptest::option::of(bytes()))
        .prop_map(|(key, value)| kv(&key, value.as_deref()));
    let lightning = (
        proptest::option::of(bytes()),
        vec(full, 0..2),
        vec(update, 0..3),
        proptest::option::weighted(0.1, key()).prop_map(Vec::from_iter),
    );
    let rest = (
        vec(journal_row(), 0..2),
        vec(attempt_row(), 0..2),
        vec(bytes(), 0..2),
        vec(outbox_row(), 0..2),
        vec(id(), 0..2),
        vec(write, 0..3),
    );
    (lightning, rest).prop_map(|((manager, monitors, updates, archived), rest)| {
        let (journal, attempts, changesets, outbox, outbox_done, kv) = rest;
        Batch {
            manager,
            monitors,
            updates,
            archived,
            journal,
            attempts,
            changesets,
            outbox,
            outbox_done,
            kv,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn the_vault_is_what_the_model_is(steps in vec((a_batch(), 0..4_u8), 1..16)) {
        let p = place();
        let mut vault = Vault::create(&p.path, &p.key).unwrap();
        let mut model = Model::default();
        for (batch, reopening) in steps {
            match model.after(&batch) {
                Some(next) => {
                    prop_assert_eq!(vault.commit(&batch).unwrap(), Generation(next.generation));
                    model = next;
                }
                None => {
                    let error = vault.commit(&batch).unwrap_err();
                    let expected = matches!(error, StoreError::Refused { .. } | StoreError::OlderMonitor { .. });
                    prop_assert!(expected, "{:?}", error);
                }
            }
            match reopening {
                0 => {
                    drop(vault);
                    vault = Vault::open(&p.path, &p.key).unwrap();
                }
                1 => prop_assert_eq!(vault.reopen().unwrap(), Reopened::AsBefore(Generation(model.generation))),
                _ => {}
            }
            prop_assert_eq!(vault.load().unwrap(), model.loaded());
            prop_assert_eq!(vault.changesets().unwrap(), model.changesets.clone());
            model.answers_as(&vault)?;
            let keys: Vec<_> = model.kv.keys().cloned().collect();
            prop_assert_eq!(vault.list_kv("p", "s").unwrap(), keys);
            for (key, value) in &model.kv {
                let found = vault.read_kv("p", "s", key).unwrap();
                prop_assert_eq!(found.as_ref(), Some(value));
            }
        }
    }
}
