//! The vault against a disk, a foreigner, a wrong key and a model in memory.
#![allow(clippy::disallowed_methods, reason = "tests damage files on purpose")]

use super::*;
use crate::error::{Code, Coded};
use crate::keys::DataKey;
use lightning::util::persist::KVStoreSync;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

mod compact;
mod in_place;
pub(crate) mod model;
mod trouble;

struct Place {
    _dir: tempfile::TempDir,
    path: PathBuf,
    key: DataKey,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    Place { path: dir.path().join("wallet").join("vault.db"), key: DataKey::generate(), _dir: dir }
}

fn payment(n: u8, hash: Option<u8>) -> JournalRow {
    JournalRow {
        id: [n; 32],
        direction: 1,
        hash: hash.map(|byte| [byte; 32]),
        status: 0,
        created_secs: u64::from(n),
        updated_secs: 9,
        body: vec![n, n],
        live: true,
        listed: None,
        keys: Vec::new(),
    }
}

fn attempt(payment: u8, number: u32) -> AttemptRow {
    let attempt_id = [payment.wrapping_mul(31).wrapping_add(u8::try_from(number).unwrap()); 32];
    AttemptRow { payment: [payment; 32], number, attempt_id, started_secs: 5 }
}

fn full(key: &str, update_id: u64) -> FullMonitor {
    FullMonitor {
        key: key.to_owned(),
        update_id,
        bytes: format!("{key} at {update_id}").into_bytes(),
    }
}

fn update(key: &str, update_id: u64) -> MonitorUpdate {
    MonitorUpdate {
        key: key.to_owned(),
        update_id,
        bytes: format!("{key} to {update_id}").into_bytes(),
    }
}

fn kv(key: &str, value: Option<&[u8]>) -> KvWrite {
    let value = value.map(<[u8]>::to_vec);
    KvWrite { primary: "p".to_owned(), secondary: "s".to_owned(), key: key.to_owned(), value }
}

fn outbox(n: u8) -> OutboxRow {
    OutboxRow { txid: [n; 32], kind: 2, package: vec![n; 3], created_secs: u64::from(n) }
}

/// A little of everything.
fn everything() -> Batch {
    Batch {
        manager: Some(b"manager".to_vec()),
        monitors: vec![full("aa", 3), full("bb", 1)],
        updates: vec![update("aa", 5), update("aa", 4), update("bb", u64::MAX)],
        archived: Vec::new(),
        journal: vec![payment(1, Some(7)), payment(2, None), payment(3, None)],
        attempts: vec![attempt(1, 1), attempt(1, 2)],
        changesets: vec![b"{}".to_vec(), b"{\"x\":1}".to_vec()],
        outbox: vec![outbox(1), outbox(2)],
        outbox_done: vec![[1; 32]],
        kv: vec![
            kv("one", Some(b"1")),
            kv("two", Some(b"2")),
            kv("two", None),
            kv("one", Some(b"11")),
        ],
    }
}

#[test]
fn everything_comes_back_after_a_reopening() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    assert_eq!(vault.generation(), Generation(0));
    assert_eq!(vault.load().unwrap().manager, None);
    assert_eq!(vault.commit(&everything()).unwrap(), Generation(1));
    drop(vault);

    let vault = Vault::open(&p.path, &p.key).unwrap();
    let loaded = vault.load().unwrap();
    let stored = |key: &str, id, updates: &[u64]| StoredMonitor {
        key: key.to_owned(),
        base: full(key, id).bytes,
        base_update_id: id,
        updates: updates.iter().map(|id| (*id, update(key, *id).bytes)).collect(),
    };
    assert_eq!(loaded.manager.as_deref(), Some(&b"manager"[..]));
    assert_eq!(loaded.monitors, [stored("aa", 3, &[4, 5]), stored("bb", 1, &[u64::MAX])]);
    let bodies: Vec<Vec<u8>> = everything().journal.into_iter().map(|row| row.body).collect();
    assert_eq!(loaded.journal, bodies);
    assert_eq!(loaded.attempts, everything().attempts);
    assert_eq!(vault.changesets().unwrap(), everything().changesets);
    assert_eq!(loaded.outbox, [outbox(2)]);
    assert_eq!(loaded.generation, Generation(1));
    assert_eq!(vault.generation(), Generation(1));
    assert_eq!(vault.read_kv("p", "s", "one").unwrap().as_deref(), Some(&b"11"[..]));
    assert_eq!(vault.read_kv("p", "s", "two").unwrap(), None);
    assert_eq!(vault.list_kv("p", "s").unwrap(), ["one"]);
    assert!(vault.list_kv("p", "").unwrap().is_empty());
    assert!(vault.bytes_on_disk() > 4096);
}

#[test]
fn debug_shows_no_content() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    vault.commit(&everything()).unwrap();
    let shown = format!("{:?} {:?} {vault:?}", everything(), vault.load().unwrap());
    let manager = format!("{:?}", b"manager");
    let base = format!("{:?}", full("aa", 3).bytes);
    assert!(shown.contains("\"aa\""));
    for content in [manager, base] {
        assert!(!shown.contains(&content), "{shown}");
    }
}

#[test]
fn a_whole_monitor_drops_the_updates_it_contains_and_never_goes_back() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    vault.commit(&everything()).unwrap();
    vault.commit(&Batch { monitors: vec![full("aa", 4)], ..Batch::default() }).unwrap();
    let aa = vault.load().unwrap().monitors.remove(0);
    assert_eq!((aa.base_update_id, aa.updates), (4, vec![(5, update("aa", 5).bytes)]));

    let older = vault.commit(&Batch { monitors: vec![full("aa", 3)], ..Batch::default() });
    assert!(matches!(older, Err(StoreError::OlderMonitor { key }) if key == "aa"));
    let orphan = vault.commit(&Batch { updates: vec![update("cc", 1)], ..Batch::default() });
    assert!(matches!(orphan, Err(StoreError::Refused { .. })));
    assert_eq!(vault.generation(), Generation(2));
}

#[test]
fn an_archived_monitor_is_not_loaded() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    vault.commit(&everything()).unwrap();
    vault.commit(&Batch { archived: vec!["aa".to_owned()], ..Batch::default() }).unwrap();
    let keys: Vec<_> =
        vault.load().unwrap().monitors.into_iter().map(|monitor| monitor.key).collect();
    assert_eq!(keys, ["bb"]);
}

#[test]
fn a_second_payment_with_the_hash_is_refused_and_nothing_of_its_batch_stays() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    vault.commit(&everything()).unwrap();
    let before = vault.load().unwrap();
    let twice = Batch {
        manager: Some(b"never".to_vec()),
        journal: vec![payment(9, Some(7))],
        ..Batch::default()
    };
    assert!(matches!(vault.commit(&twice), Err(StoreError::Refused { .. })));
    assert_eq!(vault.load().unwrap(), before);

    // The other direction may have the same hash, and so may the same payment again.
    let inbound = JournalRow { direction: 0, ..payment(9, Some(7)) };
    let again = JournalRow { status: 3, ..payment(1, Some(7)) };
    vault.commit(&Batch { journal: vec![inbound, again], ..Batch::default() }).unwrap();
    // No attempt takes another's place, and each has its payment.
    for refused in [AttemptRow { attempt_id: [9; 32], ..attempt(1, 2) }, attempt(77, 1)] {
        let batch = Batch { attempts: vec![refused], ..Batch::default() };
        assert!(matches!(vault.commit(&batch), Err(StoreError::Refused { .. })));
    }
}

/// A connection of someone who has the key, past our own checks.
fn foreigner(p: &Place) -> rusqlite::Connection {
    connection::writer(&p.path, &p.key).unwrap()
}

#[test]
fn a_foreign_write_stops_us() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    vault.commit(&everything()).unwrap();
    foreigner(&p).execute("UPDATE stamp SET generation = 2, writer = zeroblob(16)", []).unwrap();
    let error = vault.commit(&Batch::default()).unwrap_err();
    assert!(matches!(error, StoreError::ForeignWrite { expected: 1, found: 2 }));
    assert_eq!(error.code(), Code::VaultDamaged);
    assert!(matches!(vault.reopen(), Err(StoreError::ForeignWrite { .. })));
    assert!(matches!(vault.commit(&Batch::default()), Err(StoreError::Shut)));
}

#[test]
fn a_foreign_write_that_counts_as_we_do_is_seen_too() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    vault.commit(&everything()).unwrap();
    let copy = Vault::open(&p.path, &p.key).unwrap();
    copy.commit(&Batch::default()).unwrap();
    foreigner(&p).execute("UPDATE stamp SET generation = 1", []).unwrap();
    assert!(matches!(vault.commit(&Batch::default()), Err(StoreError::ForeignWrite { .. })));
}

#[test]
fn reopening_tells_whether_the_lost_commit_landed() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    vault.commit(&everything()).unwrap();
    assert_eq!(vault.reopen().unwrap(), Reopened::AsBefore(Generation(1)));
    vault.commit(&Batch::default()).unwrap();
    // What a sync that failed after the write looks like: the disk is one ahead, with our name on it.
    foreigner(&p).execute("UPDATE stamp SET generation = 3", []).unwrap();
    assert_eq!(vault.reopen().unwrap(), Reopened::Landed(Generation(3)));
    assert_eq!(vault.commit(&Batch::default()).unwrap(), Generation(4));
}

#[test]
fn a_full_disk_is_named_changes_nothing_and_is_survived() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    vault.commit(&everything()).unwrap();
    let before = vault.load().unwrap();
    let large = Batch { manager: Some(vec![7; 1 << 20]), ..Batch::default() };
    vault.limit_pages(64);
    let error = vault.commit(&large).unwrap_err();
    assert!(matches!(error, StoreError::Disk { .. }));
    assert_eq!(error.code(), Code::Storage);
    assert_eq!((vault.load().unwrap(), vault.generation()), (before, Generation(1)));
    vault.limit_pages(1 << 20);
    assert_eq!(vault.commit(&large).unwrap(), Generation(2));
}

#[test]
fn the_wrong_key_is_refused_and_a_vault_is_never_overwritten_or_made_up() {
    let p = place();
    assert!(matches!(Vault::open(&p.path, &p.key), Err(StoreError::Missing { .. })));
    Vault::create(&p.path, &p.key).unwrap().commit(&everything()).unwrap();
    let bytes = std::fs::read(&p.path).unwrap();
    let error = Vault::open(&p.path, &DataKey::generate()).unwrap_err();
    assert!(matches!(error, StoreError::WrongKey));
    assert!(matches!(Vault::create(&p.path, &p.key), Err(StoreError::Exists { .. })));
    assert_eq!(std::fs::read(&p.path).unwrap(), bytes);
    std::fs::write(&p.path, b"").unwrap();
    let error = Vault::open(&p.path, &p.key).unwrap_err();
    assert_eq!(error.code(), Code::VaultDamaged, "an emptied file must not pass for a new vault");
}

#[test]
fn a_newer_vault_is_refused_untouched() {
    let p = place();
    drop(Vault::create(&p.path, &p.key).unwrap());
    foreigner(&p).pragma_update(None, "user_version", schema::KNOWN + 1).unwrap();
    let bytes = std::fs::read(&p.path).unwrap();
    let error = Vault::open(&p.path, &p.key).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found, known } if found == known + 1));
    assert_eq!(error.code(), Code::NewerVault);
    assert_eq!(std::fs::read(&p.path).unwrap(), bytes);
}

#[test]
fn a_damaged_page_is_seen() {
    let p = place();
    Vault::create(&p.path, &p.key).unwrap().commit(&everything()).unwrap();
    let mut bytes = std::fs::read(&p.path).unwrap();
    for page in bytes.chunks_mut(4096).skip(1) {
        page[100] ^= 1;
    }
    std::fs::write(&p.path, bytes).unwrap();
    let error = Vault::open(&p.path, &p.key).and_then(|vault| vault.load()).unwrap_err();
    assert_eq!(error.code(), Code::VaultDamaged);
}

fn contains(path: &Path, needle: &[u8]) -> bool {
    std::fs::read(path).unwrap().windows(needle.len()).any(|window| window == needle)
}

#[test]
fn nothing_readable_is_on_the_disk() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    let planted = b"a preimage nobody may read, planted here";
    let batch =
        Batch { manager: Some(planted.to_vec()), kv: vec![kv("k", Some(planted))], ..everything() };
    vault.commit(&batch).unwrap();
    let wal = p.path.with_file_name("vault.db-wal");
    assert!(
        std::fs::metadata(&wal).unwrap().len() > 4096,
        "the log must hold the commit, or this proves nothing"
    );
    assert!(!contains(&wal, planted));
    drop(vault);
    assert!(!contains(&p.path, planted));
    assert!(!contains(&p.path, b"SQLite format 3"));
    assert!(!contains(&p.path, b"monitor_update"));
}

#[cfg(unix)]
#[test]
fn only_we_may_read_the_vault() {
    use std::os::unix::fs::PermissionsExt;
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    vault.commit(&everything()).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&p.path), 0o600);
    assert_eq!(mode(&p.path.with_file_name("vault.db-wal")), 0o600);
    assert_eq!(mode(p.path.parent().unwrap()), 0o700);
}

#[test]
fn staged_writes_are_read_at_once_and_durable_with_the_next_commit() {
    let p = place();
    let vault = Arc::new(Vault::create(&p.path, &p.key).unwrap());
    let woken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&woken);
    let kv = StagedKv::new(Arc::clone(&vault), move || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let absent = |key: &str| {
        kv.read("p", "s", key).unwrap_err().kind() == lightning::io::ErrorKind::NotFound
    };
    assert!(absent("k"));
    kv.write("p", "s", "k", b"1".to_vec()).unwrap();
    kv.write("p", "s", "gone", b"1".to_vec()).unwrap();
    assert_eq!(kv.read("p", "s", "k").unwrap(), b"1");
    assert_eq!(
        vault.read_kv("p", "s", "k").unwrap(),
        None,
        "nothing is written behind the commit's back"
    );

    // While the commit runs, and after a failed one, what was staged is still read.
    let writes = kv.take_staged();
    assert_eq!(writes.len(), 2);
    assert_eq!(kv.read("p", "s", "k").unwrap(), b"1");
    kv.write("p", "s", "k", b"2".to_vec()).unwrap();
    kv.restore(writes);
    assert_eq!(kv.read("p", "s", "k").unwrap(), b"2", "the newer one wins");

    vault.commit(&Batch { kv: kv.take_staged(), ..Batch::default() }).unwrap();
    assert!(kv.take_staged().is_empty());
    assert_eq!(vault.read_kv("p", "s", "k").unwrap().as_deref(), Some(&b"2"[..]));
    kv.remove("p", "s", "gone", true).unwrap();
    kv.write("p", "s", "new", Vec::new()).unwrap();
    assert!(absent("gone"));
    assert_eq!(kv.list("p", "s").unwrap(), ["k", "new"]);
    let all = kv.read_all("p", "s").unwrap();
    assert_eq!(all, [("k".into(), b"2".to_vec()), ("new".into(), Vec::new())]);
    assert_eq!(vault.list_kv("p", "s").unwrap(), ["gone", "k"]);
    assert_eq!(woken.load(Ordering::Relaxed), 5);
}

#[test]
fn a_rebuilt_row_that_refers_to_nothing_is_damage() {
    let Place { _dir, path, key } = place();
    let mut vault = Rebuilding::begin(&path, &key, rebuild::SCHEMA).unwrap();
    let columns = ["kind", "key", "payment"].map(str::to_owned).to_vec();
    let values = vec![Value::Integer(1), Value::Blob(vec![1]), Value::Blob(vec![2])];
    vault.row(&Row { table: "journal_key".into(), columns, values }).unwrap();
    assert!(matches!(vault.rows_end(), Err(StoreError::Damaged { .. })));
    assert!(!path.exists());
}
