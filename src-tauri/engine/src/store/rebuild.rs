//! A vault made from the rows of another one and the commits that followed them. It appears under its name only when it is
//! whole.

use super::fresh::Fresh;
use super::rows::{Row, Value, quoted, tables};
use super::{Batch, Stamp, StoreError, connection, load, schema, write};
use crate::files::{beside, remove_if_there};
use crate::keys::DataKey;
use rusqlite::types::ToSqlOutput;
use rusqlite::{ToSql, TransactionBehavior, params_from_iter};
use std::path::Path;

/// See the module.
pub struct Rebuilding {
    fresh: Fresh,
    tables: Vec<String>,
}

/// The version that rows are of which are read now.
pub(crate) const SCHEMA: i64 = schema::KNOWN;

const DOING: &str = "rebuilding the vault";

impl Rebuilding {
    /// Begins with an empty vault of an earlier version or of ours.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is a vault already; [`StoreError::Newer`]; what the disk says.
    pub fn begin(path: &Path, key: &DataKey, version: i64) -> Result<Self, StoreError> {
        schema::check(version, schema::KNOWN)?;
        let mut fresh = Fresh::begin(path, ".rebuilt", key)?;
        let migrations = usize::try_from(version).unwrap_or_default();
        schema::run(&mut fresh.conn, &schema::MIGRATIONS[..migrations])?;
        let tables = tables(&fresh.conn).map_err(failed)?;
        // The rows of a table may come before those they refer to. SQLite would look through all of them for each of these, so that
        // a long history took minutes; all references are checked once, at the end.
        let begin = "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE";
        fresh.conn.execute_batch(begin).map_err(failed)?;
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
        schema::migrate(conn)
    }

    /// One commit, as it was.
    ///
    /// # Errors
    /// As [`super::Vault::commit`].
    pub fn commit(&mut self, batch: &Batch, stamp: Stamp) -> Result<(), StoreError> {
        let tx = self.fresh.conn.transaction_with_behavior(TransactionBehavior::Immediate);
        let tx = tx.map_err(failed)?;
        write::batch(&tx, batch)?;
        write::stamp(&tx, stamp)?;
        tx.commit().map_err(failed)
    }

    /// The vault is whole and gets its name.
    ///
    /// # Errors
    /// What the disk says.
    pub fn finish(self) -> Result<(), StoreError> {
        self.fresh.finish()
    }
}

/// Removes a vault that was rebuilt and is not wanted after all.
///
/// # Errors
/// What the disk says.
pub(crate) fn discard(path: &Path) -> Result<(), StoreError> {
    for file in ["-wal", "-shm", ""].map(|suffix| beside(path, suffix)) {
        remove_if_there(&file).map_err(|error| StoreError::file("remove", &file, error))?;
    }
    Ok(())
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
