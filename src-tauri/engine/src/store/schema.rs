//! Migrations: numbered SQL files, run in one transaction; `user_version` says how many have run.

use super::StoreError;
use rusqlite::{Connection, TransactionBehavior};

/// In order; never edited once released.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_vault.sql"),
    include_str!("migrations/0002_manager_in_place.sql"),
    include_str!("migrations/0003_activity.sql"),
    include_str!("migrations/0004_payees.sql"),
];

/// The version this program writes.
pub(super) const KNOWN: i64 = MIGRATIONS.len() as i64;

/// The version of the file. Reading it is the first thing done with a key, so a wrong one shows here.
pub(super) fn version(conn: &Connection) -> Result<i64, StoreError> {
    conn.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|error| {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => StoreError::WrongKey,
            _ => StoreError::from_sqlite("reading the vault's version", error),
        }
    })
}

/// Refuses a vault of the future, which an older program would read wrongly, and one without content.
pub(super) fn check(version: i64, known: i64) -> Result<(), StoreError> {
    match version {
        found if (1..=known).contains(&found) => Ok(()),
        0 => Err(StoreError::Damaged {
            doing: "reading the vault's version",
            source: "the vault is empty".into(),
        }),
        found => Err(StoreError::Newer { found, known }),
    }
}

/// Brings the file to [`KNOWN`], all or nothing.
pub(super) fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    run(conn, MIGRATIONS)
}

/// Runs what the file has not seen of `migrations`, and writes down that it has, in one transaction.
pub(super) fn run(conn: &mut Connection, migrations: &[&str]) -> Result<(), StoreError> {
    let found = version(conn)?;
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if found == known {
        return Ok(());
    }
    let sqlite = |error| StoreError::from_sqlite("bringing the vault up to date", error);
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
    for migration in migrations.iter().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(migration).map_err(sqlite)?;
    }
    tx.pragma_update(None, "user_version", known).map_err(sqlite)?;
    tx.commit().map_err(sqlite)
}
