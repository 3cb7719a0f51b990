//! One process at a time. The lock belongs to the open file, so the system releases it however the process ends; the file
//! itself stays and means nothing.

use crate::error::{Code, Coded};
use crate::files::{open_own, platform};
use std::fs::{File, TryLockError};
use std::path::Path;

/// Held from before any password work until the process ends.
#[derive(Debug)]
pub struct ProcessLock {
    _file: File,
}

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("another Fulmen is running on this data directory")]
    AlreadyRunning,
    /// The directory or the lock file cannot be made.
    #[error("cannot take the lock in the data directory")]
    Io(#[from] std::io::Error),
}

impl Coded for LockError {
    fn code(&self) -> Code {
        match self {
            Self::AlreadyRunning => Code::AlreadyRunning,
            Self::Io(_) => Code::Storage,
        }
    }
}

impl ProcessLock {
    /// Takes the lock `fulmen.lock` in the data directory (made if it is missing) at once, or says that it is taken.
    ///
    /// # Errors
    /// [`LockError::AlreadyRunning`] while another process (or another lock in this one) holds it.
    pub fn take(dir: &Path) -> Result<Self, LockError> {
        platform::create_private_dir(dir)?;
        let mut options = platform::private_file();
        options.create(true).truncate(false);
        let file = open_own(&dir.join("fulmen.lock"), options)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::AlreadyRunning),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// A process that begins holds a copy of every open file until its program is loaded, and with it a lock that is let go
    /// meanwhile.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    #[test]
    fn a_second_one_is_told_at_once_and_a_stale_file_is_no_obstacle() {
        let _alone = ONE_AT_A_TIME.lock().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let first = ProcessLock::take(&data).unwrap();
        assert!(matches!(ProcessLock::take(&data), Err(LockError::AlreadyRunning)));
        drop(first);
        assert!(data.join("fulmen.lock").exists(), "the file stays");
        let again = ProcessLock::take(&data).unwrap();
        drop(again);
    }

    const DIR: &str = "FULMEN_TEST_LOCK_DIR";

    /// Not a test of its own: the process that the next one kills.
    #[test]
    fn holder() {
        if let Some(dir) = std::env::var_os(DIR) {
            let _lock = ProcessLock::take(Path::new(&dir)).unwrap();
            println!("\nheld");
            std::io::stdin().read_line(&mut String::new()).unwrap();
        }
    }

    #[test]
    fn another_process_holds_it_until_it_is_killed() {
        use std::io::BufRead;
        use std::process::{Command, Stdio};
        let _alone = ONE_AT_A_TIME.lock().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut other = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::lock::tests::holder", "--nocapture"])
            .env(DIR, dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufReader::new(other.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "held"));
        assert!(matches!(ProcessLock::take(dir.path()), Err(LockError::AlreadyRunning)));
        other.kill().unwrap();
        other.wait().unwrap();
        assert!(ProcessLock::take(dir.path()).is_ok());
    }
}
