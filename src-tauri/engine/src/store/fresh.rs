//! A vault that is being made: in a file aside, which gets the vault's name only when it is whole.

use super::{StoreError, connection};
use crate::files::platform::{self, directory_of};
use crate::files::{beside, remove_if_there};
use crate::keys::DataKey;
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// See the module.
pub(super) struct Fresh {
    path: PathBuf,
    aside: PathBuf,
    pub(super) conn: Connection,
}

impl Fresh {
    /// Begins in a file beside `path`; one that was cut short is removed.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is a vault already; what the disk says.
    pub(super) fn begin(path: &Path, suffix: &str, key: &DataKey) -> Result<Self, StoreError> {
        if path.exists() {
            return Err(StoreError::Exists { path: path.to_owned() });
        }
        let dir = directory_of(path);
        platform::create_private_dir(dir)
            .map_err(|e| StoreError::file("make the directory", dir, e))?;
        let aside = beside(path, suffix);
        remove(&aside)?;
        platform::private_file()
            .create_new(true)
            .open(&aside)
            .map_err(|e| StoreError::file("create", &aside, e))?;
        let conn = connection::writer(&aside, key)?;
        Ok(Self { path: path.to_owned(), aside, conn })
    }

    /// It is whole and gets its name.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn finish(self) -> Result<(), StoreError> {
        let Self { path, aside, conn } = self;
        // Closing the last connection moves the write-ahead log into the file.
        conn.close().map_err(|(_, error)| StoreError::from_sqlite("making a vault", error))?;
        rename(&aside, &path)
    }
}

/// Gives a whole vault that nobody has open another name.
///
/// # Errors
/// [`StoreError::Exists`] if there is a vault of that name, or a write-ahead log, which would be left behind; what the disk says.
pub(crate) fn adopt(vault: &Path, path: &Path) -> Result<(), StoreError> {
    for there in [path.to_owned(), beside(vault, "-wal")] {
        if there.exists() {
            return Err(StoreError::Exists { path: there });
        }
    }
    rename(vault, path)
}

fn rename(vault: &Path, path: &Path) -> Result<(), StoreError> {
    std::fs::rename(vault, path).map_err(|e| StoreError::file("rename", vault, e))?;
    let dir = directory_of(path);
    platform::sync_dir(dir).map_err(|e| StoreError::file("sync the directory", dir, e))
}

/// Removes a vault that nobody has open, with what SQLite keeps beside it.
pub(super) fn remove(vault: &Path) -> Result<(), StoreError> {
    for file in ["-wal", "-shm", "-journal", ""].map(|suffix| beside(vault, suffix)) {
        remove_if_there(&file).map_err(|error| StoreError::file("remove", &file, error))?;
    }
    Ok(())
}
