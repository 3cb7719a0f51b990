//! Every row of the vault, as it is: for a copy of it, and for a comparison.

use super::vault::{Stamp, reading, stamp_of};
use super::{StoreError, Vault};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row as Found};

/// One row of one table.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    pub table: String,
    pub columns: Vec<String>,
    /// One for each column.
    pub values: Vec<Value>,
}

/// A value as SQLite keeps it. There are no floats in the vault.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Vault {
    /// Every row of every table, all of one commit, which comes with each and is returned. Lists and searches wait meanwhile,
    /// so `take` should not.
    ///
    /// # Errors
    /// What `take` says; [`StoreError::Damaged`], [`StoreError::Disk`], [`StoreError::Shut`].
    pub fn each_row<E: From<StoreError>>(
        &self,
        mut take: impl FnMut(Stamp, Row) -> Result<(), E>,
    ) -> Result<Stamp, E> {
        let mut lists = self.lists();
        let conn = reading(&mut lists)?;
        let tx = conn.transaction().map_err(failed)?;
        let stamp = stamp_of(&tx)?;
        for table in tables(&tx).map_err(failed)? {
            rows_of(&tx, &table, &mut |row| take(stamp, row))?;
        }
        Ok(stamp)
    }
}

/// In order of their names.
pub(super) fn tables(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name";
    conn.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}

fn rows_of<E: From<StoreError>>(
    conn: &Connection,
    table: &str,
    take: &mut impl FnMut(Row) -> Result<(), E>,
) -> Result<(), E> {
    let mut found = conn.prepare(&format!("SELECT * FROM {}", quoted(table))).map_err(failed)?;
    let columns: Vec<String> = found.column_names().into_iter().map(str::to_owned).collect();
    let mut rows = found.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let values = (0..columns.len()).map(|at| value(row, at)).collect::<Result<_, _>>();
        take(Row { table: table.to_owned(), columns: columns.clone(), values: values? })?;
    }
    Ok(())
}

fn value(row: &Found<'_>, at: usize) -> Result<Value, StoreError> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string());
    let value = match row.get_ref(at).map_err(failed)? {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Integer(number)),
        ValueRef::Text(bytes) => text(bytes).map(Value::Text),
        ValueRef::Blob(bytes) => Ok(Value::Blob(bytes.to_vec())),
        ValueRef::Real(_) => Err("a float".to_owned()),
    };
    value.map_err(|what| StoreError::Damaged { doing: READING, source: what.into() })
}

/// A name in SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

const READING: &str = "reading every row";

fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::from_sqlite(READING, error)
}
