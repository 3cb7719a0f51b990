//! The journal over a vault is what a naive one in memory is: over random histories, whatever of them is written, being
//! written or not written yet.

use super::*;
use crate::error::Code;
use crate::keys::DataKey;
use crate::payment::{Payee, StoredKind};
use crate::store::StagedKv;
use crate::view::PayeeKind;
use bitcoin::Txid;
use bitcoin::hashes::Hash as _;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Rows = BTreeMap<PaymentId, Payment>;

struct Place {
    _dir: tempfile::TempDir,
    vault: Arc<Vault>,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::create(&dir.path().join("vault.db"), &DataKey::generate()).unwrap();
    Place { _dir: dir, vault: Arc::new(vault) }
}

/// As at a start.
fn open(vault: &Arc<Vault>) -> Journal {
    index_earlier(vault).unwrap();
    let loaded = vault.load().unwrap();
    let (wake, bus) = (Wake::new(), Bus::new());
    let kv = Arc::new(StagedKv::new(vault.clone(), || {}));
    Journal::load(&loaded, vault.clone(), Arc::new(Rates::load(kv)), wake, bus).unwrap()
}

fn write(vault: &Vault, staged: &Staged) {
    let (journal, attempts) = (staged.rows.clone(), staged.attempts.clone());
    vault.commit(&Batch { journal, attempts, ..Batch::default() }).unwrap();
}

fn id(number: u8) -> PaymentId {
    PaymentId::named("row", &[number])
}

fn hash(number: u8) -> Hash {
    [number; 32]
}

/// What a row is, by its number; some are as old as others.
fn row(number: u8) -> Payment {
    use StoredDirection::{In, Out};
    use StoredKind::{ChannelOpen, Lightning, Onchain};
    let kinds = [
        (Lightning, Out),
        (Lightning, In),
        (Onchain, In),
        (Onchain, Out),
        (ChannelOpen, StoredDirection::Between),
    ];
    let (kind, direction) = kinds[usize::from(number % 5)];
    let at = Timestamp::from_secs(u64::from(number / 3));
    let mut row =
        Payment::new(id(number), kind, direction, Msat::new(u64::from(number) * 11_000), at);
    row.note = Some(["Café", "coffee", "tea"][usize::from(number % 3)].to_owned());
    match kind {
        Lightning => {
            row.hash = Some(hash(number));
            row.address = (direction == In).then(|| format!("own {}", number % 4));
            row.asked_address = (direction == Out).then(|| format!("theirs {}", number % 4));
            row.expires_at = (direction == In).then_some(at);
            row.looked_up = (direction == Out).then(|| named(number % 2));
        }
        _ => {
            row.txid = Some(txid(number).to_string());
            row.address = (direction == Out).then(|| format!("paid {}", number % 4));
        }
    }
    row
}

/// Whom some payments out were made to.
fn named(number: u8) -> Payee {
    Payee::new(PayeeKind::Name, &format!("ada{number}@example.com"))
}

fn txid(number: u8) -> Txid {
    Txid::from_byte_array([number; 32])
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u8),
    Tell(u8, Fact),
    /// Its request is edited: the invoice is another, the earlier one stays good.
    Edit(u8),
    Attempt(u8),
    Take,
    /// The commit reaches the disk, and the journal does not know yet.
    Write,
    Landed,
    Failed,
    /// What is not on disk is gone.
    Crash,
}

fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        Just(Fact::Received { amount: Msat::new(5_000), preimage: None }),
        Just(Fact::Failed { code: Code::NoRoute, attempt: 1 }),
        any::<bool>().prop_map(|confirmed| Fact::OnChain { confirmed, fee: None }),
        Just(Fact::Expired),
        Just(Fact::Replaced { by: None }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let number = 0..20_u8;
    prop_oneof![
        6 => number.clone().prop_map(Step::Insert),
        8 => (number.clone(), fact()).prop_map(|(number, fact)| Step::Tell(number, fact)),
        1 => number.clone().prop_map(Step::Edit),
        2 => number.prop_map(Step::Attempt),
        3 => Just(Step::Take),
        3 => Just(Step::Write),
        3 => Just(Step::Landed),
        1 => Just(Step::Failed),
        1 => Just(Step::Crash),
    ]
}

/// The journal, and what it should be.
struct Both {
    place: Place,
    journal: Journal,
    now: Rows,
    /// As the last written commit has it, and as the running one will.
    durable: Rows,
    running: Option<(Staged, Rows, bool)>,
}

impl Both {
    fn step(&mut self, step: Step) {
        let now = Timestamp::from_secs(99);
        match step {
            Step::Insert(number) => {
                let is_new = !self.now.contains_key(&id(number));
                assert_eq!(self.journal.insert(row(number)).unwrap(), is_new);
                self.now.entry(id(number)).or_insert_with(|| row(number));
            }
            Step::Tell(number, fact) => {
                let told = self.journal.record(&id(number), fact.clone(), now).unwrap();
                let model = self.now.get_mut(&id(number));
                let changed = model.is_some_and(|row| apply(row, fact, now));
                assert_eq!(told, changed.then(|| self.now[&id(number)].clone()));
            }
            Step::Edit(number) => {
                let edit = |row: &mut Payment| {
                    let edits = row.is_waiting() && row.hash == Some(hash(number));
                    if edits {
                        row.earlier.push((hash(number), row.amount_msat));
                        row.hash = Some(hash(number + 100));
                        row.created_at = Timestamp::from_secs(50);
                    }
                    edits
                };
                self.journal.change(&id(number), edit).unwrap();
                self.now.get_mut(&id(number)).map(edit);
            }
            Step::Attempt(number) => self.attempt(number, now),
            Step::Take => {
                if self.running.is_none() {
                    self.running = Some((self.journal.take_staged(), self.now.clone(), false));
                }
            }
            Step::Write => {
                if let Some((staged, rows, written)) = &mut self.running
                    && !std::mem::replace(written, true)
                {
                    write(&self.place.vault, staged);
                    self.durable.clone_from(rows);
                }
            }
            Step::Landed => {
                self.step(Step::Write);
                if self.running.take().is_some() {
                    self.journal.landed();
                }
            }
            Step::Failed => match self.running.take() {
                Some((_, _, true)) => self.journal.landed(),
                Some((staged, _, false)) => self.journal.restore(staged),
                None => {}
            },
            Step::Crash => {
                self.running = None;
                self.now.clone_from(&self.durable);
                self.journal = open(&self.place.vault);
            }
        }
    }

    fn attempt(&mut self, number: u8, now: Timestamp) {
        if !number.is_multiple_of(5) {
            return;
        }
        let (amount, fee_limit) = (Msat::new(7_000), Msat::new(9));
        let sent = Fact::Sent { amount, fee_limit };
        let began = self.journal.start_attempt(&id(number), amount, fee_limit, now).unwrap();
        let model = self.now.get_mut(&id(number));
        let changed = model.is_some_and(|row| apply(row, sent, now));
        assert_eq!(began.is_some(), changed);
    }

    fn list(&self, text: Option<&str>) -> Vec<Payment> {
        let mentions = |row: &&Payment| text.is_none_or(|text| row.has(&Sought::whole(text)));
        let mut rows: Vec<Payment> =
            self.now.values().filter(|row| row.is_movement()).filter(mentions).cloned().collect();
        rows.sort_by_key(Payment::place);
        rows
    }

    fn look(&self) -> Result<(), TestCaseError> {
        for text in [None, Some("café"), Some("te"), Some("1"), Some("nothing")] {
            let (all, mut paged) = (self.list(text), Vec::<Payment>::new());
            loop {
                let last = paged.last().map(|row| row.id);
                let page = self.journal.page(text, last.as_ref(), 3).unwrap();
                prop_assert!(page.len() <= 3);
                if page.is_empty() {
                    break;
                }
                paged.extend(page);
            }
            prop_assert_eq!(paged, all);
        }
        self.by_name("ada1", named(1))?;
        for number in 0..20 {
            let model = self.now.get(&id(number));
            let found = self.journal.get(&id(number)).unwrap();
            prop_assert_eq!(found.as_ref(), model);
            self.look_at(number)?;
        }
        for number in 0..4 {
            let address = format!("own {number}");
            let mut found = self.journal.at_addresses([&address].into_iter()).unwrap();
            found.sort_by_key(|row| row.id);
            let here = |row: &&Payment| row.address.as_ref() == Some(&address);
            let model: Vec<Payment> = self.now.values().filter(here).cloned().collect();
            prop_assert_eq!(found, model);
            self.asked(&Asked::Address(format!("theirs {number}")))?;
        }
        self.remembered()?;
        let open = |row: &Payment| row.is_live().then_some(row.id);
        let mut live = self.journal.live(open);
        live.sort_unstable();
        prop_assert_eq!(live, self.now.values().filter_map(open).collect::<Vec<_>>());
        Ok(())
    }

    /// Rows that a search finds by what their payee is called, and all that were paid to a payee.
    fn by_name(&self, name: &str, payee: Payee) -> Result<(), TestCaseError> {
        let called = |part: &str| if part == name { vec![payee.id()] } else { Vec::new() };
        let sought = Sought::words(&format!(" {name}  CAFÉ"), called).unwrap();
        let found = self.journal.page_of(Some(&sought), None, 100, |_| true).unwrap();
        let all = self.list(None);
        let model = all.iter().filter(|row| row.payee() == Some(payee.clone()));
        let both = model.clone().filter(|row| row.note.as_deref() == Some("Café"));
        prop_assert!(found.iter().eq(both), "{found:?}");
        let only = Sought::words(name, called).unwrap();
        let found = self.journal.page_of(Some(&only), None, 100, |_| true).unwrap();
        prop_assert!(found.iter().eq(model));
        for payee in (0..4).map(|number| Payee::new(PayeeKind::Address, &format!("paid {number}")))
        {
            let mut found = self.journal.paid_to(&payee).unwrap();
            found.sort_by_key(|row| row.id);
            let paid = |row: &&Payment| row.payee().as_ref() == Some(&payee);
            prop_assert!(found.iter().eq(self.now.values().filter(paid)));
        }
        Ok(())
    }

    /// Home's rows, without the vault: all that are open, and none that is not so.
    fn remembered(&self) -> Result<(), TestCaseError> {
        let (all, remembered) = (self.list(None), self.journal.remembered(NEWEST_LOADED));
        let open = all.iter().filter(|row| row.is_open()).take(NEWEST_LOADED);
        prop_assert!(open.eq(remembered.iter().filter(|row| row.is_open())));
        prop_assert!(remembered.iter().all(|row| all.contains(row)));
        Ok(())
    }

    fn look_at(&self, number: u8) -> Result<(), TestCaseError> {
        use StoredDirection::{In, Out};
        for hash in [hash(number), hash(number + 100)] {
            for direction in [In, Out] {
                let is_it = |row: &&Payment| {
                    let earlier = row.earlier.iter().any(|(one, _)| *one == hash);
                    row.direction == direction && (row.hash == Some(hash) || earlier)
                };
                let found = self.journal.by_hash(direction, &hash).unwrap();
                prop_assert_eq!(found.as_ref(), self.now.values().find(is_it));
            }
            self.asked(&Asked::Hash(hash))?;
        }
        if let Some(row) = self.now.get(&id(number)) {
            for attempt in 1..=row.attempts {
                let found = self.journal.by_attempt(&attempt_id(&row.id, attempt)).unwrap();
                prop_assert_eq!(found, Some((row.clone(), attempt)));
            }
        }
        Ok(())
    }

    fn asked(&self, asked: &Asked) -> Result<(), TestCaseError> {
        let counts = |row: &&Payment| row.is_open() || row.status == StoredStatus::Paid;
        let mut model: Vec<Payment> = self.now.values().filter(counts).cloned().collect();
        model.retain(|row| row.asked().any(|one| one == *asked));
        model.sort_by_key(|row| (row.created_at, row.id));
        prop_assert_eq!(self.journal.paid_with(asked).unwrap(), model);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_that_of_a_journal_in_memory(steps in vec(step(), 1..60)) {
        let place = place();
        let journal = open(&place.vault);
        let (now, durable) = (Rows::new(), Rows::new());
        let mut both = Both { place, journal, now, durable, running: None };
        for step in steps {
            both.step(step);
            both.look()?;
        }
    }
}

/// A row is in the list at each moment, once, though it leaves the decided ones and comes back while the list is read.
#[test]
fn a_page_that_is_read_while_rows_change_has_each_row_once() {
    const ROWS: u8 = 40;
    let place = place();
    let journal = Arc::new(open(&place.vault));
    let numbers: Vec<u8> = (0..ROWS).map(|number| number * 5 + 2).collect();
    let confirmed = |number: &u8, confirmed| {
        let fact = Fact::OnChain { confirmed, fee: None };
        journal.record(&id(*number), fact, Timestamp::from_secs(9)).unwrap();
    };
    for number in &numbers {
        journal.insert(row(*number)).unwrap();
    }
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..300_usize {
                for number in numbers.iter().skip(round % 7).step_by(1 + round % 5) {
                    confirmed(number, round % 3 != 0);
                }
                let staged = journal.take_staged();
                if round % 11 == 5 {
                    journal.restore(staged);
                    continue;
                }
                write(&place.vault, &staged);
                journal.landed();
            }
            done.store(true, std::sync::atomic::Ordering::SeqCst);
        });
        while !done.load(std::sync::atomic::Ordering::SeqCst) {
            let page = journal.page(None, None, 100).unwrap();
            let ids: BTreeSet<PaymentId> = page.iter().map(|row| row.id).collect();
            assert_eq!((page.len(), ids.len()), (usize::from(ROWS), usize::from(ROWS)));
        }
    });
}

#[test]
fn a_page_after_no_row_is_not_the_first_page() {
    let place = place();
    let journal = open(&place.vault);
    journal.insert(row(1)).unwrap();
    let nowhere = PaymentId::named("test", b"no row");
    assert!(matches!(journal.page(None, Some(&nowhere), 3), Err(JournalError::NoSuchRow)));
}

/// Rows of a vault of version 2, which had no index, are found after the next start.
#[test]
fn rows_of_an_earlier_version_are_indexed_once() {
    let place = place();
    let journal = open(&place.vault);
    for number in 0..20 {
        journal.insert(row(number)).unwrap();
        let received = Fact::Received { amount: Msat::new(5_000), preimage: None };
        journal.record(&id(number), received, Timestamp::from_secs(9)).unwrap();
    }
    write(&place.vault, &journal.take_staged());
    journal.landed();
    let all = journal.page(None, None, 100).unwrap();
    place.vault.forget_indexes();
    assert_eq!(place.vault.unindexed(100).unwrap().len(), 20);
    let journal = open(&place.vault);
    assert_eq!(journal.page(None, None, 100).unwrap(), all);
    assert_eq!(journal.at_addresses([&"own 1".to_owned()].into_iter()).unwrap().len(), 1);
    assert_eq!(journal.paid_to(&Payee::new(PayeeKind::Address, &"paid 3")).unwrap().len(), 1);
    assert_eq!(journal.paid_to(&named(0)).unwrap().len(), 2);
    assert!(place.vault.unindexed(100).unwrap().is_empty());
}
