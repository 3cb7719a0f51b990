//! Whole files, written so that after a crash there is the old one or the new one, never a half.

use super::platform;
use std::io::{self, Write};
use std::path::Path;

/// Replaces the file's content: a temporary file beside it, synced, renamed over it, and the directory synced. Only we may
/// read it. One writer at a time ([`super::ProcessLock`]).
///
/// # Errors
/// What the file system says; the old content is then still there.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(".tmp");
    let temporary = path.with_file_name(name);
    // A leftover of a crash could be open to others: make it anew.
    remove_if_there(&temporary)?;
    let mut file = platform::private_file().create_new(true).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&temporary, path)?;
    platform::sync_dir(directory_of(path))
}

/// Removes the file durably; one that is not there is no error.
///
/// # Errors
/// What the file system says.
pub fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Ok(()) => platform::sync_dir(directory_of(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The directory a file is in; "." for a bare name.
pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests put files in the way")]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("wallet.age");
        std::fs::write(dir.path().join("wallet.age.tmp"), b"half of a crashed write").unwrap();
        write_atomic(&path, b"first").unwrap();
        write_atomic(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_keeps_the_old_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("wallet.age");
        write_atomic(&path, b"old").unwrap();
        // A directory in the temporary file's place cannot be replaced.
        std::fs::create_dir(dir.path().join("wallet.age.tmp")).unwrap();
        assert!(write_atomic(&path, b"new").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }

    #[cfg(unix)]
    #[test]
    fn only_we_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("wallet.key");
        write_atomic(&path, b"secret").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
