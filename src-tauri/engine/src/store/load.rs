//! Reading everything back at the start, in one read transaction, so that it all belongs to one generation. BDK's log is long
//! and is read apart, by the thread that opens the on-chain wallet: nothing is written before both are read.

use super::{AttemptRow, Generation, Loaded, OutboxRow, StoreError, StoredMonitor};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

/// So many of the list's decided payments are loaded, the newest: what a screen shows first.
pub(crate) const NEWEST_LOADED: usize = 10;

/// The journal's rows that may still change, and the newest of the list. The index is named because SQLite does not find it
/// behind an `OR`, and reads the whole history instead.
fn payments() -> String {
    format!(
        "SELECT body FROM journal WHERE id IN
             (SELECT id FROM journal INDEXED BY journal_live WHERE live IS NOT 0
              UNION SELECT payment FROM (SELECT payment FROM activity ORDER BY created_secs DESC, payment DESC LIMIT {NEWEST_LOADED}))
         ORDER BY created_secs, id"
    )
}

/// The attempts of rows that may still change: these first, because there are few of them.
const ATTEMPTS: &str = "SELECT payment, number, attempt_id, started_secs
     FROM journal INDEXED BY journal_live CROSS JOIN attempt ON payment = id
     WHERE live IS NOT 0 ORDER BY payment, number";

/// Everything that a start needs besides BDK's log.
pub(super) fn everything(conn: &mut Connection) -> Result<Loaded, StoreError> {
    read(conn).map_err(|error| StoreError::from_sqlite("loading the vault", error))
}

/// The change-set log, oldest first.
pub(super) fn changesets(conn: &Connection) -> rusqlite::Result<Vec<Vec<u8>>> {
    all(conn, "SELECT body FROM changeset ORDER BY id", |row| row.get(0))
}

/// Every page and every reference.
pub(super) fn check(conn: &Connection) -> Result<(), StoreError> {
    let sqlite = |error| StoreError::from_sqlite("checking the vault", error);
    let damaged =
        |what: String| StoreError::Damaged { doing: "checking the vault", source: what.into() };
    let pages: Vec<String> =
        all(conn, "PRAGMA integrity_check", |row| row.get(0)).map_err(sqlite)?;
    if pages != ["ok"] {
        return Err(damaged(pages.join("; ")));
    }
    references(conn)
}

/// No row refers to one that is not there.
pub(super) fn references(conn: &Connection) -> Result<(), StoreError> {
    let doing = "checking the vault";
    let orphans: Vec<String> = all(conn, "PRAGMA foreign_key_check", |row| row.get(0))
        .map_err(|error| StoreError::from_sqlite(doing, error))?;
    orphans.into_iter().next().map_or(Ok(()), |table| {
        Err(StoreError::Damaged { doing, source: format!("an orphan in {table}").into() })
    })
}

fn read(conn: &mut Connection) -> rusqlite::Result<Loaded> {
    let tx = conn.transaction()?;
    let generation =
        tx.query_row("SELECT generation FROM stamp", [], |row| row.get(0)).map(Generation)?;
    let manager = tx.query_row("SELECT body, size FROM manager", [], manager).optional()?;
    Ok(Loaded {
        manager,
        monitors: monitors(&tx)?,
        journal: all(&tx, &payments(), |row| row.get(0))?,
        attempts: all(&tx, ATTEMPTS, |row| {
            Ok(AttemptRow {
                payment: row.get(0)?,
                number: row.get(1)?,
                attempt_id: row.get(2)?,
                started_secs: row.get(3)?,
            })
        })?,
        outbox: all(
            &tx,
            "SELECT txid, kind, package, created_secs FROM outbox ORDER BY created_secs, txid",
            |row| {
                Ok(OutboxRow {
                    txid: row.get(0)?,
                    kind: row.get(1)?,
                    package: row.get(2)?,
                    created_secs: row.get(3)?,
                })
            },
        )?,
        generation,
    })
}

/// Without the zeros behind it.
fn manager(row: &Row<'_>) -> rusqlite::Result<Vec<u8>> {
    let (mut body, size): (Vec<u8>, Option<[u8; 8]>) = (row.get(0)?, row.get(1)?);
    let Some(size) = size else { return Ok(body) };
    match usize::try_from(u64::from_be_bytes(size)) {
        Ok(size) if size <= body.len() => {
            body.truncate(size);
            Ok(body)
        }
        _ => Err(rusqlite::Error::FromSqlConversionFailure(
            1,
            Type::Blob,
            "the manager's size is beyond its row".into(),
        )),
    }
}

/// Whole monitors with the updates above them; archived ones stay in the file.
fn monitors(tx: &Transaction<'_>) -> rusqlite::Result<Vec<StoredMonitor>> {
    let mut found = all(
        tx,
        "SELECT key, base, base_update_id FROM monitor WHERE archived = 0 ORDER BY key",
        |row| {
            Ok(StoredMonitor {
                key: row.get(0)?,
                base: row.get(1)?,
                base_update_id: u64::from_be_bytes(row.get(2)?),
                updates: Vec::new(),
            })
        },
    )?;
    let mut updates = tx
        .prepare("SELECT update_id, body FROM monitor_update WHERE key = ?1 AND update_id > ?2 ORDER BY update_id")?;
    for monitor in &mut found {
        monitor.updates = updates
            .query_map(params![monitor.key, monitor.base_update_id.to_be_bytes()], |row| {
                Ok((u64::from_be_bytes(row.get(0)?), row.get(1)?))
            })?
            .collect::<rusqlite::Result<_>>()?;
    }
    Ok(found)
}

fn all<T>(
    conn: &Connection,
    sql: &str,
    row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    conn.prepare(sql)?.query_map([], row)?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A start must not take longer for a longer history.
    #[test]
    fn nothing_at_the_start_reads_the_whole_history() {
        let mut conn = Connection::open_in_memory().unwrap();
        super::super::schema::migrate(&mut conn).unwrap();
        for sql in [payments().as_str(), ATTEMPTS, super::super::payments::UNINDEXED] {
            let plan: Vec<String> = conn
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap()
                .query_map([], |row| row.get(3))
                .unwrap()
                .collect::<rusqlite::Result<_>>()
                .unwrap();
            let reads_all = |step: &&String| {
                step.starts_with("SCAN journal") || step.starts_with("SCAN attempt")
            };
            let whole: Vec<_> = plan
                .iter()
                .filter(reads_all)
                .filter(|step| !step.contains("journal_live"))
                .collect();
            assert!(whole.is_empty(), "{sql}: {plan:?}");
        }
    }
}
