//! A vault made from the rows of another one and the commits that followed them. It appears under its name only when it is
//! whole.

use super::fresh::{self, Fresh};
use super::rows::{Row, Value, quoted, tables};
use super::{Batch, Stamp, StoreError, connection, load, schema, write};
use crate::files::beside;
use crate::keys::DataKey;
use rusqlite::types::ToSqlOutput;
use rusqlite::{ToSql, params_from_iter};
use std::path::Path;

/// See the module.
pub struct Rebuilding {
    fresh: Fresh,
    tables: Vec<String>,
}

/// The version that rows are of which are read now.
pub(crate) const SCHEMA: i64 = schema::KNOWN;

const DOING: &str = "rebuilding the vault";

/// Where it is meanwhile.
const ASIDE: &str = ".rebuilt";

/// What of the vault is in memory meanwhile.
const CACHE_KB: u32 = 8 * 1024;

impl Rebuilding {
    /// Begins with an empty vault of an earlier version or of ours.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is a vault already; [`StoreError::Newer`]; what the disk says.
    pub fn begin(path: &Path, key: &DataKey, version: i64) -> Result<Self, StoreError> {
        schema::check(version, schema::KNOWN)?;
        let mut fresh = Fresh::begin(path, ASIDE, key)?;
        let migrations = usize::try_from(version).unwrap_or_default();
        schema::run(&mut fresh.conn, &schema::MIGRATIONS[..migrations])?;
        let tables = tables(&fresh.conn).map_err(failed)?;
        // Nothing is put back if this is cut short: the file goes. So each page is written once, to its place. The indexes of a long
        // history are filled anywhere, and stay in memory.
        //
        // The rows of a table may come before those they refer to. SQLite would look through all of them for each of these, so that
        // a long history took minutes; all references are checked once, at the end.
        let begin = format!(
            "PRAGMA journal_mode = MEMORY; PRAGMA cache_size = -{CACHE_KB}; PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE"
        );
        fresh.conn.execute_batch(&begin).map_err(failed)?;
        Ok(Self { fresh, tables })
    }

    /// Puts one row in its table.
    ///
    /// # Errors
    /// [`StoreError::Refused`], [`StoreError::Damaged`] if the version has no such table; what the disk says.
    pub fn row(&mut self, row: &Row) -> Result<(), StoreError> {
        if !self.tables.contains(&row.table) {
            let source = format!("no table {}", row.table).into();
            return Err(StoreError::Damaged { doing: DOING, source });
        }
        let columns: Vec<_> = row.columns.iter().map(|name| quoted(name)).collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            quoted(&row.table),
            columns.join(", "),
            vec!["?"; columns.len()].join(", ")
        );
        self.fresh
            .conn
            .prepare_cached(&sql)
            .and_then(|mut insert| insert.execute(params_from_iter(&row.values)))
            .map_err(failed)
            .map(drop)
    }

    /// All rows are there; commits follow. The vault is brought to our version.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a row refers to one that is not there; what the disk says.
    pub fn rows_end(&mut self) -> Result<(), StoreError> {
        let conn = &mut self.fresh.conn;
        load::references(conn)?;
        conn.execute_batch("COMMIT; PRAGMA foreign_keys = ON").map_err(failed)?;
        connection::holds(conn, "foreign_keys", "1")?;
        schema::migrate(conn)?;
        conn.execute_batch("BEGIN IMMEDIATE").map_err(failed)
    }

    /// One commit, as it was. All of them are on the disk together, with the rest.
    ///
    /// # Errors
    /// As [`super::Vault::commit`].
    pub fn commit(&mut self, batch: &Batch, stamp: Stamp) -> Result<(), StoreError> {
        write::batch(&self.fresh.conn, batch)?;
        write::stamp(&self.fresh.conn, stamp)
    }

    /// The vault is whole and gets its name.
    ///
    /// # Errors
    /// What the disk says.
    pub fn finish(self) -> Result<(), StoreError> {
        self.fresh.conn.execute_batch("COMMIT; PRAGMA journal_mode = WAL").map_err(failed)?;
        connection::holds(&self.fresh.conn, "journal_mode", "wal")?;
        self.fresh.finish()
    }
}

/// Removes a vault that was rebuilt and is not wanted after all, and one that was not finished.
///
/// # Errors
/// What the disk says.
pub(crate) fn discard(path: &Path) -> Result<(), StoreError> {
    fresh::remove(&beside(path, ASIDE))?;
    fresh::remove(path)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Null => Ok(ToSqlOutput::Owned(rusqlite::types::Value::Null)),
            Self::Integer(number) => number.to_sql(),
            Self::Text(text) => text.to_sql(),
            Self::Blob(bytes) => bytes.to_sql(),
        }
    }
}

fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::from_sqlite(DOING, error)
}
