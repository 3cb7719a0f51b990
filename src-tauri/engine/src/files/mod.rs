//! Whole files, written so that after a crash there is the old one or the new one, never a half.

/// What differs between systems.
pub(crate) mod platform;

use platform::directory_of;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The same name with this behind it.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Replaces the file's content: a temporary file beside it, synced, renamed over it, and the directory synced. Only we may
/// read it. One writer at a time ([`crate::store::ProcessLock`]).
///
/// # Errors
/// What the file system says; the old content is then still there.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let temporary = beside(path, ".tmp");
    // A leftover of a crash could be open to others: make it anew.
    remove_if_there(&temporary)?;
    let mut file = platform::private_file().create_new(true).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&temporary, path)?;
    platform::sync_dir(directory_of(path))
}

/// Opens a file of ours. A link, a pipe, a folder or a device in its place was not put there by us: it is refused, never
/// followed and never waited for.
///
/// # Errors
/// What the file system says, or that it is no regular file.
pub fn open_own(path: &Path, mut options: OpenOptions) -> io::Result<File> {
    // First by its name, for a sentence that says what is wrong; then, because names change, by what was opened.
    is_own(path)?;
    platform::never_elsewhere(&mut options);
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_ours(path)) }
}

/// Reads a whole file of ours, as [`open_own`] opens it.
///
/// # Errors
/// As [`open_own`].
pub fn read_own(path: &Path) -> io::Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    options.read(true);
    let mut bytes = Vec::new();
    open_own(path, options)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Refuses what is there and is no regular file. What is not there is left to whoever opens it.
pub(crate) fn is_own(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(not_ours(path)),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn not_ours(path: &Path) -> io::Error {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    io::Error::other(format!("{name} is a link, a pipe or a folder, not a file of Fulmen's"))
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

/// Removes a directory of ours with all that is in it; one that is not there is no error.
///
/// # Errors
/// What the file system says.
pub(crate) fn remove_dir_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
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
    fn what_we_did_not_put_there_is_neither_followed_nor_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("target"), b"theirs").unwrap();
        std::os::unix::fs::symlink(at("target"), at("link")).unwrap();
        std::os::unix::fs::symlink(at("nothing"), at("dangling")).unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), rustix::fs::Mode::RWXU).unwrap();
        for name in ["link", "dangling", "folder", "pipe"] {
            for options in [
                OpenOptions::new().read(true).clone(),
                OpenOptions::new().append(true).create(true).clone(),
                platform::private_file().create(true).truncate(false).clone(),
            ] {
                let refused = open_own(&at(name), options).unwrap_err();
                assert!(refused.to_string().starts_with(name), "{refused}");
            }
            assert!(read_own(&at(name)).is_err());
        }
        assert!(!at("nothing").exists());
        assert_eq!(read_own(&at("target")).unwrap(), b"theirs");
        let missing = read_own(&at("missing")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    /// The name may change between the look and the opening.
    #[cfg(unix)]
    #[test]
    fn opening_itself_does_not_follow_or_wait_either() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::os::unix::fs::symlink(at("target"), at("link")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("pipe"), rustix::fs::Mode::RWXU).unwrap();
        let mut options = OpenOptions::new();
        options.write(true).create(true);
        platform::never_elsewhere(&mut options);
        assert!(options.open(at("link")).is_err());
        assert!(options.open(at("pipe")).is_err(), "nobody reads it");
        assert!(!at("target").exists());
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
