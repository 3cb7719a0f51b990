//! Commits of unknown outcome, and vaults of other versions.

use super::*;
use crate::keys::{Password, Secret, seal};

#[test]
fn a_batch_that_landed_may_be_written_again() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    // Its sync failed, but it was there: the retry holds the same rows, and more.
    vault.commit(&everything()).unwrap();
    let before = vault.load().unwrap();
    let more = Batch {
        journal: vec![payment(1, Some(7)), payment(2, None), payment(4, None)],
        ..everything()
    };
    assert_eq!(vault.commit(&more).unwrap(), Generation(2));
    let after = vault.load().unwrap();
    assert_eq!(after.attempts, before.attempts);
    assert_eq!(after.monitors, before.monitors);
    assert_eq!(after.journal.len(), before.journal.len() + 1);
}

#[test]
fn a_reopening_leaves_nothing_in_the_log() {
    let p = place();
    let vault = Vault::create(&p.path, &p.key).unwrap();
    vault.commit(&everything()).unwrap();
    let log = p.path.with_file_name("vault.db-wal");
    assert!(std::fs::metadata(&log).unwrap().len() > 0);
    vault.reopen().unwrap();
    assert_eq!(std::fs::metadata(&log).unwrap().len(), 0, "all of it is in the file, and synced");
    vault.check().unwrap();
}

#[test]
fn a_migration_that_fails_leaves_the_vault_as_it_was() {
    let p = place();
    Vault::create(&p.path, &p.key).unwrap().commit(&everything()).unwrap();
    let migrations = |next| schema::MIGRATIONS.iter().copied().chain([next]).collect::<Vec<_>>();
    let half = "CREATE TABLE later (one INTEGER); INSERT INTO nowhere VALUES (1);";
    let mut conn = foreigner(&p);
    assert!(schema::run(&mut conn, &migrations(half)).is_err());
    assert_eq!(schema::version(&conn).unwrap(), schema::KNOWN);
    assert!(conn.prepare("SELECT one FROM later").is_err(), "half a migration");
    let whole = "CREATE TABLE later (one INTEGER);";
    schema::run(&mut conn, &migrations(whole)).unwrap();
    assert_eq!(schema::version(&conn).unwrap(), schema::KNOWN + 1);
    drop(conn);
    let bytes = std::fs::read(&p.path).unwrap();
    let refused = Vault::open(&p.path, &p.key).unwrap_err();
    let StoreError::Newer { found, known } = refused else { panic!("{refused:?}") };
    assert_eq!((found, known), (schema::KNOWN + 1, schema::KNOWN));
    assert_eq!(std::fs::read(&p.path).unwrap(), bytes);
}

/// A copy of the vault that this version left.
fn left_by(version: i64) -> Place {
    let fixtures = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures"));
    let kept = fixtures.join(format!("wallet-{version}"));
    let password = Password::Given(Secret::from("after the change".to_owned()));
    let secrets = seal::unseal(&kept.join(seal::SEALED), &password).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vault.db");
    std::fs::copy(kept.join("vault.db"), &path).unwrap();
    Place { path, key: secrets.data_key, _dir: dir }
}

#[test]
fn every_version_s_vault_is_read_and_goes_on() {
    for version in 1..=schema::KNOWN {
        let p = left_by(version);
        let vault = Vault::open(&p.path, &p.key).unwrap();
        let before = vault.load().unwrap();
        let manager = before.manager.as_ref().unwrap();
        assert!(!manager.len().is_power_of_two(), "zeros were taken for a part of it");
        assert_eq!(before.monitors.len(), 2, "of version {version}");
        let again = Batch { manager: before.manager.clone(), ..Batch::default() };
        let generation = vault.commit(&again).unwrap();
        assert_eq!(vault.load().unwrap(), Loaded { generation, ..before });
        vault.check().unwrap();
    }
}

#[test]
fn an_older_program_refuses_this_vault_untouched() {
    let p = left_by(schema::KNOWN);
    let bytes = std::fs::read(&p.path).unwrap();
    let refused = Vault::open_knowing(&p.path, &p.key, schema::KNOWN - 1).unwrap_err();
    assert_eq!(refused.code(), Code::NewerVault);
    assert_eq!(std::fs::read(&p.path).unwrap(), bytes);
    let beside = std::fs::read_dir(p.path.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 1, "something was begun beside it");
    Vault::open(&p.path, &p.key).unwrap().check().unwrap();
}
