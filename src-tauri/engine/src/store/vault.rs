//! The vault: who may write, and which generation is on disk.

use super::fresh::Fresh;
use super::{Batch, Generation, Loaded, StoreError, changesets, connection, load, schema, write};
use crate::files::{beside, is_own, remove_if_there};
use crate::keys::DataKey;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

/// What a reopening found, after a commit whose outcome was unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reopened {
    /// The disk has what we wrote last: the failed commit left nothing, and can be tried again.
    AsBefore(Generation),
    /// The failed commit did reach the disk. Trying it again would write it twice.
    Landed(Generation),
}

/// A commit: its number, and which opening of the vault made it. Two vaults of one wallet that went apart have commits of the
/// same number; none of them has the same stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub generation: u64,
    pub writer: [u8; 16],
}

struct Writer {
    /// `None` only after a reopening that failed.
    conn: Option<Connection>,
    last: Stamp,
}

/// One open vault. Shared behind an `Arc`.
pub struct Vault {
    path: PathBuf,
    key: DataKey,
    /// The generation that was found, and what names this opening in the stamps it writes.
    opening: Stamp,
    /// The generation of our last commit, for those who must not wait while the disk is slow.
    generation: AtomicU64,
    /// Before the writer, which must be the last to close: only it can move the write-ahead log into the file.
    reader: Mutex<Option<Connection>>,
    /// For lists and searches, which take their time.
    lists: Mutex<Option<Connection>>,
    writer: Mutex<Writer>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Vault {
    /// Makes a new vault and opens it. It appears under its name only when it is whole.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is one already; it is never overwritten.
    pub fn create(path: &Path, key: &DataKey) -> Result<Self, StoreError> {
        let mut fresh = Fresh::begin(path, ".new", key)?;
        schema::migrate(&mut fresh.conn)?;
        fresh
            .conn
            .execute("INSERT INTO stamp (one, generation, writer) VALUES (1, 0, ?1)", [[0_u8; 16]])
            .map_err(|error| StoreError::from_sqlite("creating the vault", error))?;
        fresh.finish()?;
        Self::open(path, key)
    }

    /// Opens the vault, bringing an older one up to date.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::WrongKey`], [`StoreError::Newer`] (untouched), [`StoreError::Damaged`],
    /// [`StoreError::Disk`].
    pub fn open(path: &Path, key: &DataKey) -> Result<Self, StoreError> {
        Self::open_knowing(path, key, schema::KNOWN)
    }

    /// The same for a program that knows the versions up to `known`.
    pub(super) fn open_knowing(path: &Path, key: &DataKey, known: i64) -> Result<Self, StoreError> {
        is_own(path).map_err(|error| StoreError::file("open", path, error))?;
        let (reader, writer) = connections(path, key, known)?;
        let last = stamp_of(&writer)?;
        Ok(Self {
            path: path.to_owned(),
            key: key.clone(),
            opening: Stamp { generation: last.generation, writer: *crate::keys::random() },
            generation: AtomicU64::new(last.generation),
            reader: Mutex::new(Some(reader)),
            lists: Mutex::new(Some(connection::reader(path, key)?)),
            writer: Mutex::new(Writer { conn: Some(writer), last }),
        })
    }

    /// Everything needed at start.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], [`StoreError::Disk`].
    pub fn load(&self) -> Result<Loaded, StoreError> {
        load::everything(reading(&mut self.reader())?)
    }

    /// BDK's change sets in the order they were appended.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], [`StoreError::Disk`].
    pub fn changesets(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        load::changesets(reading(&mut self.lists())?)
            .map_err(|error| StoreError::from_sqlite("reading the change sets", error))
    }

    /// Makes the batch durable: all of it or, after an error, none of it. One transaction, one generation, one sync.
    ///
    /// # Errors
    /// [`StoreError::ForeignWrite`] when the generation on disk is not the one we wrote last; [`StoreError::Disk`] when the
    /// disk refuses (the outcome of a failed *sync* is known only after [`Vault::reopen`]); [`StoreError::Refused`] and
    /// [`StoreError::OlderMonitor`] for rows that must not be.
    pub fn commit(&self, batch: &Batch) -> Result<Generation, StoreError> {
        self.transact(|tx| write::batch(tx, batch))
    }

    /// One value of LDK's key-value store, as it is on disk.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], [`StoreError::Disk`].
    pub fn read_kv(
        &self,
        primary: &str,
        secondary: &str,
        key: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT value FROM kv WHERE primary_namespace = ?1 AND secondary_namespace = ?2 AND key = ?3";
        reading(&mut self.reader())?
            .prepare_cached(sql)
            .and_then(|mut found| {
                found.query_row(params![primary, secondary, key], |row| row.get(0)).optional()
            })
            .map_err(|error| StoreError::from_sqlite("reading a value", error))
    }

    /// The keys in one namespace of LDK's key-value store, in order, as they are on disk.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], [`StoreError::Disk`].
    pub fn list_kv(&self, primary: &str, secondary: &str) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT key FROM kv WHERE primary_namespace = ?1 AND secondary_namespace = ?2 ORDER BY key";
        reading(&mut self.reader())?
            .prepare_cached(sql)
            .and_then(|mut found| {
                found.query_map(params![primary, secondary], |row| row.get(0))?.collect()
            })
            .map_err(|error| StoreError::from_sqlite("listing values", error))
    }

    /// The same with their values.
    ///
    /// # Errors
    /// As [`Vault::list_kv`].
    pub fn all_kv(
        &self,
        primary: &str,
        secondary: &str,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let sql = "SELECT key, value FROM kv WHERE primary_namespace = ?1 AND secondary_namespace = ?2 ORDER BY key";
        reading(&mut self.reader())?
            .prepare_cached(sql)
            .and_then(|mut found| {
                let pair = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
                found.query_map(params![primary, secondary], pair)?.collect()
            })
            .map_err(|error| StoreError::from_sqlite("reading values", error))
    }

    /// The generation of our last commit.
    pub fn generation(&self) -> Generation {
        Generation(self.generation.load(Ordering::SeqCst))
    }

    /// What this opening found, and the name under which it writes.
    pub(crate) fn opening(&self) -> Stamp {
        self.opening
    }

    /// Our last commit. It waits while one is being written.
    pub fn stamp(&self) -> Stamp {
        self.writer().last
    }

    /// What the vault takes on disk, in bytes, with its write-ahead log.
    pub fn bytes_on_disk(&self) -> u64 {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
        size(&self.path) + size(&beside(&self.path, "-wal"))
    }

    /// Whether the last reopening failed: nothing can be read or written before one succeeds.
    pub fn is_shut(&self) -> bool {
        self.writer().conn.is_none()
    }

    /// Looks at every page and every reference.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first fault; [`StoreError::Disk`].
    pub fn check(&self) -> Result<(), StoreError> {
        load::check(reading(&mut self.reader())?)
    }

    /// Closes and opens the file again, after a commit that failed on the disk: the system may have dropped what it could
    /// not sync, and only a fresh look says whether the commit is there. What is seen then may still be in memory only, and
    /// a later sync of the same bytes may report a success that means nothing; so all of the write-ahead log is written into
    /// the file and synced there before anything is said.
    ///
    /// # Errors
    /// As [`Vault::open`], and [`StoreError::ForeignWrite`]. The vault then stays shut and every call says so, until a
    /// reopening succeeds.
    pub fn reopen(&self) -> Result<Reopened, StoreError> {
        let (mut writer, mut reader, mut lists) = (self.writer(), self.reader(), self.lists());
        // All must be closed: the write-ahead log is read anew only by the first to open it.
        (*reader, *lists) = (None, None);
        writer.conn = None;
        let (fresh_reader, fresh_writer) = connections(&self.path, &self.key, schema::KNOWN)?;
        let found = stamp_of(&fresh_writer)?;
        let attempted =
            Stamp { generation: writer.last.generation + 1, writer: self.opening.writer };
        let outcome = if found == writer.last {
            Reopened::AsBefore(Generation(found.generation))
        } else if found == attempted {
            Reopened::Landed(Generation(found.generation))
        } else {
            return Err(foreign(writer.last, found));
        };
        connection::write_through(&fresh_writer)?;
        self.generation.store(found.generation, Ordering::SeqCst);
        *writer = Writer { conn: Some(fresh_writer), last: found };
        *reader = Some(fresh_reader);
        *lists = Some(connection::reader(&self.path, &self.key)?);
        Ok(outcome)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Merges a log of more than `max_rows` change sets into one, in one transaction. Says whether it did.
    ///
    /// # Errors
    /// As [`Vault::commit`]; the log is then as it was.
    pub fn compact_changesets(&self, max_rows: usize) -> Result<bool, StoreError> {
        // Only the writer appends, and it is ours alone while the transaction lives.
        let count = |conn: &mut Connection| {
            conn.query_row("SELECT count(*) FROM changeset", [], |row| row.get::<_, usize>(0))
        };
        let rows = count(reading(&mut self.reader())?)
            .map_err(|error| StoreError::from_sqlite("counting the change sets", error))?;
        if rows <= max_rows {
            return Ok(false);
        }
        self.transact(|tx| {
            let sqlite = |error| StoreError::from_sqlite("compacting the change sets", error);
            let merged = changesets::decode_all(&load::changesets(tx).map_err(sqlite)?)?;
            tx.execute("DELETE FROM changeset", []).map_err(sqlite)?;
            write::changeset(tx, &changesets::encode(&merged))
        })
        .map(|_| true)
    }

    /// Runs `work` in one transaction that carries our next stamp, if the disk has our last one.
    fn transact(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
    ) -> Result<Generation, StoreError> {
        let mut writer = self.writer();
        let Writer { conn, last } = &mut *writer;
        let conn = conn.as_mut().ok_or(StoreError::Shut)?;
        let sqlite = |error| StoreError::from_sqlite("committing", error);
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
        let found = stamp_of(&tx)?;
        if found != *last {
            return Err(foreign(*last, found));
        }
        let next = Stamp { generation: last.generation + 1, writer: self.opening.writer };
        work(&tx)?;
        write::stamp(&tx, next)?;
        tx.commit().map_err(sqlite)?;
        *last = next;
        self.generation.store(next.generation, Ordering::SeqCst);
        Ok(Generation(next.generation))
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().expect("never poisoned: a panic in the engine ends the process")
    }

    pub(super) fn reader(&self) -> MutexGuard<'_, Option<Connection>> {
        self.reader.lock().expect("never poisoned: a panic in the engine ends the process")
    }

    pub(super) fn lists(&self) -> MutexGuard<'_, Option<Connection>> {
        self.lists.lock().expect("never poisoned: a panic in the engine ends the process")
    }

    /// As an earlier version left it.
    #[cfg(test)]
    pub(crate) fn forget_indexes(&self) {
        let sql = "UPDATE journal SET live = NULL; DELETE FROM journal_key; DELETE FROM activity;";
        self.writer().conn.as_ref().unwrap().execute_batch(sql).unwrap();
    }

    /// Limits the file, to play a full disk.
    #[cfg(test)]
    pub(super) fn limit_pages(&self, pages: u32) {
        let writer = self.writer();
        writer.conn.as_ref().unwrap().pragma_update(None, "max_page_count", pages).unwrap();
    }
}

/// Reader first: it finds a wrong key or a newer version without writing anything.
fn connections(
    path: &Path,
    key: &DataKey,
    known: i64,
) -> Result<(Connection, Connection), StoreError> {
    if !path.exists() {
        return Err(StoreError::Missing { path: path.to_owned() });
    }
    let had_log = beside(path, "-wal").exists();
    let reader = connection::reader(path, key)?;
    if let Err(refused) = schema::version(&reader).and_then(|found| schema::check(found, known)) {
        drop(reader);
        if !had_log {
            // Reading began an empty one: the folder is left as it was.
            for begun in ["-wal", "-shm"].map(|suffix| beside(path, suffix)) {
                remove_if_there(&begun).map_err(|e| StoreError::file("remove", &begun, e))?;
            }
        }
        return Err(refused);
    }
    let mut writer = connection::writer(path, key)?;
    schema::migrate(&mut writer)?;
    Ok((reader, writer))
}

pub(super) fn reading<'a>(
    reader: &'a mut MutexGuard<'_, Option<Connection>>,
) -> Result<&'a mut Connection, StoreError> {
    reader.as_mut().ok_or(StoreError::Shut)
}

pub(super) fn stamp_of(conn: &Connection) -> Result<Stamp, StoreError> {
    conn.prepare_cached("SELECT generation, writer FROM stamp")
        .and_then(|mut found| {
            found.query_row([], |row| Ok(Stamp { generation: row.get(0)?, writer: row.get(1)? }))
        })
        .map_err(|error| StoreError::from_sqlite("reading the generation", error))
}

fn foreign(expected: Stamp, found: Stamp) -> StoreError {
    StoreError::ForeignWrite { expected: expected.generation, found: found.generation }
}
