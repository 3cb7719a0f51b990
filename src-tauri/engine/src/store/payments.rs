//! Payments by what they are asked for. Single ones come from the connection that the engine reads its state with; the list
//! has a connection of its own, because a search looks at every payment's text and nothing may wait for it meanwhile.

use super::vault::reading;
use super::{AttemptRow, JournalKey, StoreError, Vault};
use rusqlite::{Connection, OptionalExtension, Params, ToSql, params};

/// A place in the list: the time of creation, then the id.
pub type Place = (u64, [u8; 32]);

/// The oldest rows of the list are looked for from here on.
const NEWEST: Place = (i64::MAX as u64, [0xff; 32]);

/// The first condition is the index's own: SQLite does not see that the second implies it.
pub(super) const UNINDEXED: &str =
    "SELECT body FROM journal INDEXED BY journal_live WHERE live IS NOT 0 AND live IS NULL";

impl Vault {
    /// A payment's body, by its id.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], [`StoreError::Disk`], [`StoreError::Shut`]; so do all of these.
    pub fn payment(&self, id: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut reader = self.reader();
        one(reading(&mut reader)?, "SELECT body FROM journal WHERE id = ?1", params![id])
    }

    /// The body of the payment with this hash, in one direction.
    ///
    /// # Errors
    /// As [`Vault::payment`].
    pub fn payment_by_hash(
        &self,
        direction: u8,
        hash: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT body FROM journal WHERE direction = ?1 AND hash = ?2";
        one(reading(&mut self.reader())?, sql, params![direction, hash])
    }

    /// The bodies of all payments that were ever written with this key.
    ///
    /// # Errors
    /// As [`Vault::payment`].
    pub fn payments_by_key(&self, key: &JournalKey) -> Result<Vec<Vec<u8>>, StoreError> {
        let sql = "SELECT body FROM journal_key JOIN journal ON id = payment WHERE kind = ?1 AND key = ?2";
        many(reading(&mut self.reader())?, sql, params![key.kind, key.key], |row| row.get(0))
    }

    /// An attempt, by LDK's payment id.
    ///
    /// # Errors
    /// As [`Vault::payment`].
    pub fn attempt(&self, attempt_id: &[u8; 32]) -> Result<Option<AttemptRow>, StoreError> {
        let sql = "SELECT payment, number, started_secs FROM attempt WHERE attempt_id = ?1";
        reading(&mut self.reader())?
            .prepare_cached(sql)
            .and_then(|mut found| {
                let attempt = |row: &rusqlite::Row<'_>| {
                    let (payment, number, started_secs) = (row.get(0)?, row.get(1)?, row.get(2)?);
                    Ok(AttemptRow { payment, number, attempt_id: *attempt_id, started_secs })
                };
                found.query_row([attempt_id], attempt).optional()
            })
            .map_err(|error| StoreError::from_sqlite("reading an attempt", error))
    }

    /// Decided payments of the list, newest first: at most so many, after `before`, with a text in their text, if that is a
    /// number at the beginning of their amount, or with one of its keys.
    ///
    /// # Errors
    /// As [`Vault::payment`].
    pub fn activity(
        &self,
        sought: Option<(&str, Vec<JournalKey>)>,
        before: Option<Place>,
        most: usize,
    ) -> Result<Vec<(Place, Vec<u8>)>, StoreError> {
        let (secs, id) = before.unwrap_or(NEWEST);
        let found = |row: &rusqlite::Row<'_>| Ok(((row.get(0)?, row.get(1)?), row.get(2)?));
        let mut lists = self.lists();
        let conn = reading(&mut lists)?;
        let Some((text, keys)) = sought else {
            let sql = "SELECT activity.created_secs, payment, body FROM activity CROSS JOIN journal ON id = payment
                 WHERE (activity.created_secs, payment) < (?1, ?2)
                 ORDER BY activity.created_secs DESC, payment DESC LIMIT ?3";
            return many(conn, sql, params![secs, id, most], found);
        };
        let values = vec!["(?, ?)"; keys.len()].join(", ");
        let sql = format!(
            "SELECT activity.created_secs, payment, body FROM activity CROSS JOIN journal ON id = payment
             WHERE (activity.created_secs, payment) < (?1, ?2)
               AND (instr(text, ?4) > 0 OR substr(sat, 1, length(?4)) = ?4{})
             ORDER BY activity.created_secs DESC, payment DESC LIMIT ?3",
            if keys.is_empty() {
                String::new()
            } else {
                format!(" OR payment IN (SELECT payment FROM journal_key WHERE (kind, key) IN (VALUES {values}))")
            }
        );
        let mut params: Vec<&dyn ToSql> = vec![&secs, &id, &most, &text];
        params.extend(keys.iter().flat_map(|key| [&key.kind as &dyn ToSql, &key.key]));
        many(conn, &sql, params.as_slice(), found)
    }

    /// Bodies of payments that no index knows, because an earlier version wrote them: at most so many.
    ///
    /// # Errors
    /// As [`Vault::payment`].
    pub fn unindexed(&self, most: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let sql = format!("{UNINDEXED} LIMIT ?1");
        many(reading(&mut self.reader())?, &sql, params![most], |row| row.get(0))
    }

    /// Every payment's body, one after the other, in no order.
    ///
    /// # Errors
    /// As [`Vault::payment`].
    pub fn each_payment(&self, mut take: impl FnMut(&[u8])) -> Result<(), StoreError> {
        let mut lists = self.lists();
        let conn = reading(&mut lists)?;
        let mut all = |conn: &mut Connection| {
            let mut found = conn.prepare("SELECT body FROM journal")?;
            let mut rows = found.query([])?;
            while let Some(row) = rows.next()? {
                take(row.get_ref(0)?.as_bytes()?);
            }
            Ok(())
        };
        all(conn).map_err(failed)
    }
}

fn one(
    conn: &mut Connection,
    sql: &str,
    params: impl Params,
) -> Result<Option<Vec<u8>>, StoreError> {
    conn.prepare_cached(sql)
        .and_then(|mut found| found.query_row(params, |row| row.get(0)).optional())
        .map_err(failed)
}

fn many<T>(
    conn: &mut Connection,
    sql: &str,
    params: impl Params,
    row: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    conn.prepare_cached(sql)
        .and_then(|mut found| found.query_map(params, row)?.collect())
        .map_err(failed)
}

fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::from_sqlite("reading payments", error)
}
