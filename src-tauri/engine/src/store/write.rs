//! A batch becomes SQL, inside a transaction that the caller owns. The order matters if rows refer to each other: whole
//! monitors before their updates, payments before their attempts.

use super::{
    AttemptRow, Batch, FullMonitor, JournalRow, KvWrite, Listed, MonitorUpdate, OutboxRow, Stamp,
    StoreError,
};
use rusqlite::{Connection, OptionalExtension, params};

/// Writes everything the batch holds.
pub(super) fn batch(tx: &Connection, batch: &Batch) -> Result<(), StoreError> {
    batch.manager.iter().try_for_each(|body| manager(tx, body))?;
    batch.monitors.iter().try_for_each(|row| monitor(tx, row))?;
    batch.updates.iter().try_for_each(|row| update(tx, row))?;
    batch.monitors.iter().try_for_each(|row| drop_contained(tx, row))?;
    batch.archived.iter().try_for_each(|key| archive(tx, key))?;
    batch.journal.iter().try_for_each(|row| payment(tx, row))?;
    batch.attempts.iter().try_for_each(|row| attempt(tx, row))?;
    batch.changesets.iter().try_for_each(|body| changeset(tx, body))?;
    batch.outbox.iter().try_for_each(|row| outbox(tx, row))?;
    batch.outbox_done.iter().try_for_each(|txid| {
        run(tx, "clearing the outbox", "DELETE FROM outbox WHERE txid = ?1", params![txid])
            .map(drop)
    })?;
    batch.kv.iter().try_for_each(|write| kv(tx, write))
}

/// Says which commit this is.
pub(super) fn stamp(tx: &Connection, stamp: Stamp) -> Result<(), StoreError> {
    let sql = "UPDATE stamp SET generation = ?1, writer = ?2";
    run(tx, "committing", sql, params![stamp.generation, stamp.writer]).map(drop)
}

/// Appends one BDK change set.
pub(super) fn changeset(tx: &Connection, body: &[u8]) -> Result<(), StoreError> {
    run(tx, "writing a change set", "INSERT INTO changeset (body) VALUES (?1)", params![body])
        .map(drop)
}

/// In place, most of the time: SQLCipher wipes every page that a larger or smaller row would leave, so a change of size costs
/// about twice the manager's pages. A page that does not differ is not written.
fn manager(tx: &Connection, body: &[u8]) -> Result<(), StoreError> {
    let doing = "writing the channel manager";
    let has: Option<usize> = tx
        .prepare_cached("SELECT length(body) FROM manager")
        .and_then(|mut found| found.query_row([], |row| row.get(0)).optional())
        .map_err(|error| StoreError::from_sqlite(doing, error))?;
    let room = room(body.len(), has.unwrap_or(0));
    let mut padded = Vec::with_capacity(room);
    padded.extend_from_slice(body);
    padded.resize(room, 0);
    let size = u64::try_from(body.len()).expect("64 bits hold a length").to_be_bytes();
    run(
        tx,
        doing,
        "INSERT INTO manager (one, body, size) VALUES (1, ?1, ?2)
         ON CONFLICT (one) DO UPDATE SET body = excluded.body, size = excluded.size",
        params![padded, size],
    )
    .map(drop)
}

/// How large the row is made for a manager of so many bytes: as it is, if that is enough and not wasteful.
pub(super) fn room(needed: usize, has: usize) -> usize {
    const LEAST: usize = 16 * 1024;
    let is_enough = has >= needed.max(LEAST);
    let is_wasteful = has > LEAST && has / 8 > needed;
    if is_enough && !is_wasteful { has } else { needed.next_power_of_two().max(LEAST) }
}

/// A base never goes back: an older state could be published and punished.
fn monitor(tx: &Connection, row: &FullMonitor) -> Result<(), StoreError> {
    let changed = run(
        tx,
        "writing a monitor",
        "INSERT INTO monitor (key, base_update_id, base) VALUES (?1, ?2, ?3)
         ON CONFLICT (key) DO UPDATE SET base_update_id = excluded.base_update_id, base = excluded.base
         WHERE excluded.base_update_id >= base_update_id",
        params![row.key, row.update_id.to_be_bytes(), row.bytes],
    )?;
    if changed == 0 { Err(StoreError::OlderMonitor { key: row.key.clone() }) } else { Ok(()) }
}

fn update(tx: &Connection, row: &MonitorUpdate) -> Result<(), StoreError> {
    run(
        tx,
        "writing a monitor update",
        "INSERT INTO monitor_update (key, update_id, body) VALUES (?1, ?2, ?3)
         ON CONFLICT (key, update_id) DO UPDATE SET body = excluded.body",
        params![row.key, row.update_id.to_be_bytes(), row.bytes],
    )
    .map(drop)
}

fn drop_contained(tx: &Connection, row: &FullMonitor) -> Result<(), StoreError> {
    run(
        tx,
        "dropping monitor updates",
        "DELETE FROM monitor_update WHERE key = ?1 AND update_id <= ?2",
        params![row.key, row.update_id.to_be_bytes()],
    )
    .map(drop)
}

fn archive(tx: &Connection, key: &str) -> Result<(), StoreError> {
    run(tx, "archiving a monitor", "UPDATE monitor SET archived = 1 WHERE key = ?1", params![key])
        .map(drop)
}

/// A payment that is there already seldom changes in what the table is indexed by, and each index costs a page.
fn payment(tx: &Connection, row: &JournalRow) -> Result<(), StoreError> {
    let params = params![
        row.id,
        row.direction,
        row.hash,
        row.status,
        row.created_secs,
        row.updated_secs,
        row.body,
        row.live
    ];
    let changed = run(
        tx,
        "writing a payment",
        "UPDATE journal SET status = ?4, updated_secs = ?6, body = ?7
         WHERE id = ?1 AND direction = ?2 AND hash IS ?3 AND created_secs = ?5 AND live IS ?8",
        params,
    )?;
    if changed == 0 {
        // Its entry in the list is found by when it was created.
        run(
            tx,
            "moving a payment in the list",
            "DELETE FROM activity WHERE payment = ?1
             AND created_secs = (SELECT created_secs FROM journal WHERE id = ?1 AND created_secs IS NOT ?2)",
            params![row.id, row.created_secs],
        )?;
        run(
            tx,
            "writing a payment",
            "INSERT INTO journal (id, direction, hash, status, created_secs, updated_secs, body, live)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (id) DO UPDATE SET direction = excluded.direction, hash = excluded.hash,
                 status = excluded.status, created_secs = excluded.created_secs, updated_secs = excluded.updated_secs,
                 body = excluded.body, live = excluded.live",
            params,
        )?;
    }
    row.keys.iter().try_for_each(|key| {
        run(
            tx,
            "writing what a payment is found by",
            "INSERT OR IGNORE INTO journal_key (kind, key, payment) VALUES (?1, ?2, ?3)",
            params![key.kind, key.key, row.id],
        )
        .map(drop)
    })?;
    listed(tx, row)
}

/// Its entry in the list, which most changes leave as it is.
fn listed(tx: &Connection, row: &JournalRow) -> Result<(), StoreError> {
    match &row.listed {
        Some(Listed { sat, text }) => run(
            tx,
            "writing the list",
            "INSERT INTO activity (created_secs, payment, sat, text) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (created_secs, payment) DO UPDATE SET sat = excluded.sat, text = excluded.text
             WHERE sat <> excluded.sat OR text <> excluded.text",
            params![row.created_secs, row.id, sat.to_string(), text],
        ),
        None => run(
            tx,
            "clearing the list",
            "DELETE FROM activity WHERE created_secs = ?1 AND payment = ?2",
            params![row.created_secs, row.id],
        ),
    }
    .map(drop)
}

fn attempt(tx: &Connection, row: &AttemptRow) -> Result<(), StoreError> {
    run(
        tx,
        "writing an attempt",
        // The same row again is the retry of a commit that had landed; another attempt in its place is refused (NULL).
        "INSERT INTO attempt (payment, number, attempt_id, started_secs) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (payment, number) DO UPDATE SET
             started_secs = CASE WHEN attempt_id = excluded.attempt_id THEN excluded.started_secs END",
        params![row.payment, row.number, row.attempt_id, row.started_secs],
    )
    .map(drop)
}

fn outbox(tx: &Connection, row: &OutboxRow) -> Result<(), StoreError> {
    run(
        tx,
        "writing the outbox",
        "INSERT INTO outbox (txid, kind, package, created_secs) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (txid) DO UPDATE SET kind = excluded.kind, package = excluded.package,
             created_secs = excluded.created_secs",
        params![row.txid, row.kind, row.package, row.created_secs],
    )
    .map(drop)
}

fn kv(tx: &Connection, write: &KvWrite) -> Result<(), StoreError> {
    match &write.value {
        Some(value) => run(
            tx,
            "writing a value",
            "INSERT OR REPLACE INTO kv (primary_namespace, secondary_namespace, key, value) VALUES (?1, ?2, ?3, ?4)",
            params![write.primary, write.secondary, write.key, value],
        ),
        None => run(
            tx,
            "removing a value",
            "DELETE FROM kv WHERE primary_namespace = ?1 AND secondary_namespace = ?2 AND key = ?3",
            params![write.primary, write.secondary, write.key],
        ),
    }
    .map(drop)
}

/// Runs one prepared statement and says how many rows it changed.
fn run(
    tx: &Connection,
    doing: &'static str,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<usize, StoreError> {
    tx.prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params))
        .map_err(|error| StoreError::from_sqlite(doing, error))
}
