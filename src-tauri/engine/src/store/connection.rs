//! Opening the encrypted file. A connection that leaves here has its key and holds the settings durability rests on.

use super::{StoreError, schema};
use crate::keys::DataKey;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// Another connection can hold the file this long (a checkpoint of the reader's); longer means a foreigner.
const BUSY: Duration = Duration::from_secs(2);

/// The one connection that writes.
pub(super) fn writer(path: &Path, key: &DataKey) -> Result<Connection, StoreError> {
    let conn = keyed(path, key, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let sqlite = |error| StoreError::from_sqlite("setting up the vault", error);
    // First touch of the pages: a wrong key must show as such.
    schema::version(&conn)?;
    // The log goes into the file every 16 MB and not every 4: that costs two syncs, which a payment waits for.
    conn.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = 1;
         PRAGMA checkpoint_fullfsync = 1;
         PRAGMA foreign_keys = ON;",
    )
    .map_err(sqlite)?;
    holds(&conn, "journal_mode", "wal")?;
    holds(&conn, "synchronous", "2")?;
    holds(&conn, "foreign_keys", "1")?;
    Ok(conn)
}

/// Writes the write-ahead log into the file, syncs it there, and empties the log.
pub(super) fn write_through(conn: &Connection) -> Result<(), StoreError> {
    let sqlite = |error| StoreError::from_sqlite("writing the log into the file", error);
    let busy: i64 =
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(sqlite)?;
    if busy == 0 {
        return Ok(());
    }
    let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
    Err(sqlite(rusqlite::Error::SqliteFailure(busy, None)))
}

/// A read-only connection, so that reading never stalls a commit.
pub(super) fn reader(path: &Path, key: &DataKey) -> Result<Connection, StoreError> {
    keyed(path, key, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

fn keyed(path: &Path, key: &DataKey, access: OpenFlags) -> Result<Connection, StoreError> {
    let sqlite = |error| StoreError::from_sqlite("opening the vault", error);
    let conn = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(sqlite)?;
    // Its failures come back as errors; SQLCipher would print them as well.
    conn.execute_batch("PRAGMA cipher_log_level = NONE").map_err(sqlite)?;
    give_key(&conn, key).map_err(sqlite)?;
    conn.busy_timeout(BUSY).map_err(sqlite)?;
    conn.set_prepared_statement_cache_capacity(32);
    conn.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;")
        .map_err(sqlite)?;
    Ok(conn)
}

/// Passes the key raw, so that no derivation runs. rusqlite hands the text to SQLite without a copy of its own, and ours is
/// wiped; SQLite's parser keeps one only while the statement lives.
fn give_key(conn: &Connection, key: &DataKey) -> rusqlite::Result<()> {
    let mut sql = Zeroizing::new(String::with_capacity(96));
    sql.push_str("PRAGMA key = \"x'");
    for byte in key.as_bytes() {
        for nibble in [byte >> 4, byte & 15] {
            sql.push(char::from_digit(u32::from(nibble), 16).expect("a nibble is a hex digit"));
        }
    }
    sql.push_str("'\"");
    conn.execute_batch(&sql)
}

pub(super) fn holds(
    conn: &Connection,
    setting: &'static str,
    wanted: &'static str,
) -> Result<(), StoreError> {
    let found = conn
        .pragma_query_value(None, setting, |row| {
            let value: rusqlite::types::Value = row.get(0)?;
            Ok(match value {
                rusqlite::types::Value::Integer(number) => number.to_string(),
                rusqlite::types::Value::Text(text) => text,
                other => format!("{other:?}"),
            })
        })
        .map_err(|error| StoreError::from_sqlite("checking the vault's settings", error))?;
    if found == wanted { Ok(()) } else { Err(StoreError::Setting { setting, found, wanted }) }
}
