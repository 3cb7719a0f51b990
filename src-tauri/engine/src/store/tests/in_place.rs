//! Rows that change all the time cost few pages.

use super::*;
use crate::store::write::room;

/// Bytes that a commit of this adds to the write-ahead log.
fn cost(p: &Place, vault: &Vault, batch: &Batch) -> u64 {
    let size = || std::fs::metadata(p.path.with_file_name("vault.db-wal")).unwrap().len();
    let before = size();
    vault.commit(batch).unwrap();
    size() - before
}

fn manager(bytes: Vec<u8>) -> Batch {
    Batch { manager: Some(bytes), ..Batch::default() }
}

/// Pages of 4 KiB with their headers in the log.
fn pages(bytes: u64) -> u64 {
    bytes / (4096 + 24)
}

#[test]
fn a_manager_of_any_size_comes_back() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    for size in [0, 1, 16_383, 16_384, 16_385, 70_000, 300_000, 40_000, 30_000, 5, 0] {
        let bytes: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
        vault.commit(&manager(bytes.clone())).unwrap();
        assert_eq!(vault.load().unwrap().manager, Some(bytes), "of {size} bytes");
    }
    vault.check().unwrap();
}

#[test]
fn a_manager_that_changed_a_little_is_written_a_little() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    let mut bytes = vec![7; 100_000];
    assert!(pages(cost(&p, &vault, &manager(bytes.clone()))) > 100_000 / 4096);
    bytes[50_000] = 8;
    bytes.push(9);
    let changed = pages(cost(&p, &vault, &manager(bytes.clone())));
    assert!(changed <= 4, "two of its pages and the stamp, not {changed}");
    assert_eq!(vault.load().unwrap().manager, Some(bytes));
}

#[test]
fn the_first_version_s_manager_is_all_of_its_row() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    let body = b"as version 1 wrote it".to_vec();
    foreigner(&p).execute("INSERT INTO manager (one, body) VALUES (1, ?1)", [&body]).unwrap();
    assert_eq!(vault.load().unwrap().manager, Some(body));
    vault.commit(&manager(b"new".to_vec())).unwrap();
    assert_eq!(vault.load().unwrap().manager, Some(b"new".to_vec()));
}

#[test]
fn a_size_beyond_the_row_is_damage() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    vault.commit(&manager(b"manager".to_vec())).unwrap();
    foreigner(&p).execute("UPDATE manager SET size = ?1", [u64::MAX.to_be_bytes()]).unwrap();
    assert!(matches!(vault.load(), Err(StoreError::Damaged { .. })));
}

#[test]
fn a_payment_that_goes_on_touches_no_index() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    // Its size stays as it is: pages that were filled one after the other have no room.
    let row = |n| JournalRow { status: 2, ..payment(n, Some(n)) };
    vault.commit(&Batch { journal: (0..200).map(row).collect(), ..Batch::default() }).unwrap();
    let paid = JournalRow { status: 3, updated_secs: 10, body: vec![9, 9], ..row(100) };
    let cost = pages(cost(&p, &vault, &Batch { journal: vec![paid.clone()], ..Batch::default() }));
    assert!(cost <= 2, "its page and the stamp, not {cost}");
    let other = JournalRow { hash: Some([222; 32]), created_secs: 3, ..paid.clone() };
    vault.commit(&Batch { journal: vec![other.clone()], ..Batch::default() }).unwrap();
    assert_eq!(vault.payment(&other.id).unwrap(), Some(other.body.clone()));
    assert_eq!(vault.payment_by_hash(1, &[222; 32]).unwrap(), Some(other.body));
    vault.check().unwrap();
}

#[test]
fn room_grows_by_doubling_and_shrinks_late() {
    const K: usize = 1024;
    assert_eq!(room(0, 0), 16 * K);
    assert_eq!(room(20 * K, 16 * K), 32 * K);
    assert_eq!(room(20 * K, 64 * K), 64 * K);
    assert_eq!(room(9 * K, 64 * K), 64 * K);
    assert_eq!(room(7 * K, 64 * K), 16 * K, "an eighth would do");
    assert_eq!(room(100, 16 * K), 16 * K);
}
