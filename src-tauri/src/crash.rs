//! A panic ends the process: nothing after it can be trusted with money. The reason stays in a file for the next start.

use fulmen_engine::store::{read_own, remove_if_there, write_atomic};
use fulmen_engine::time::Timestamp;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Why the last run ended, if it ended by a panic.
const REASON: &str = "crashed.txt";
/// The same, once a person has seen it.
const NOTED: &str = "crashed-before.txt";

/// How many runs in a row ended by a panic before the wallet had been open for a while.
const OPENING: &str = "crashed-opening.txt";
/// After so many of them the wallet opens without asking anybody for anything: what a server said may be the cause, and the
/// server can be changed only in a wallet that is open.
const SAFE_AFTER: u32 = 2;
/// No wallet has been open for a while in this run.
static IS_OPENING: AtomicBool = AtomicBool::new(true);

/// Logs the panic, leaves the reason, aborts.
pub(crate) fn install_hook(dir: &Path) {
    let (reason, opening) = (dir.join(REASON), dir.to_owned());
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        default(panic);
        let text =
            format!("{} at {}: {panic}\n", env!("CARGO_PKG_VERSION"), Timestamp::now().secs());
        tracing::error!("{text}{}", std::backtrace::Backtrace::force_capture());
        if let Err(error) = write_atomic(&reason, text.as_bytes()) {
            eprintln!("cannot leave the reason: {error}");
        }
        if IS_OPENING.load(Ordering::SeqCst)
            && let Err(error) = count(&opening, crashes(&opening).saturating_add(1))
        {
            eprintln!("cannot count the fault: {error}");
        }
        std::process::abort();
    }));
}

/// Why the last run ended; `None` where it ended well, or where [`seen`] was said since.
pub(crate) fn last(dir: &Path) -> Option<String> {
    match read_own(&dir.join(REASON)) {
        Ok(text) => Some(String::from_utf8_lossy(&text).trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            tracing::warn!(%error, "cannot read why the last run ended");
            None
        }
    }
}

/// True where the last runs ended by a panic while they opened.
pub(crate) fn is_safe_start(dir: &Path) -> bool {
    crashes(dir) >= SAFE_AFTER
}

/// A wallet has been open for a while, or was closed in order: the next start is an ordinary one.
pub(crate) fn opened(dir: &Path) {
    IS_OPENING.store(false, Ordering::SeqCst);
    if let Err(error) = remove_if_there(&dir.join(OPENING)) {
        tracing::warn!(%error, "the next start may be a safe one, without need");
    }
}

fn crashes(dir: &Path) -> u32 {
    let kept = read_own(&dir.join(OPENING)).unwrap_or_default();
    std::str::from_utf8(&kept).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

fn count(dir: &Path, crashes: u32) -> io::Result<()> {
    write_atomic(&dir.join(OPENING), format!("{crashes}\n").as_bytes())
}

/// A person has read it. It is kept beside, and not shown again.
///
/// # Errors
/// The file system's.
pub(crate) fn seen(dir: &Path) -> io::Result<()> {
    match std::fs::rename(dir.join(REASON), dir.join(NOTED)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where this is set, the test that follows is the process that panics.
    const PANICS_IN: &str = "FULMEN_TEST_PANICS_IN";
    /// With this too, it had been open.
    const WAS_OPEN: &str = "FULMEN_TEST_WAS_OPEN";

    #[test]
    fn two_faults_in_a_row_while_opening_make_the_next_start_safe() {
        if let Some(dir) = std::env::var_os(PANICS_IN) {
            install_hook(Path::new(&dir));
            if std::env::var_os(WAS_OPEN).is_some() {
                opened(Path::new(&dir));
            }
            std::thread::spawn(|| panic!("what must never be")).join().unwrap();
        }
        let dir = tempfile::tempdir().unwrap();
        let dies = |was_open: bool| {
            let this = "crash::tests::two_faults_in_a_row_while_opening_make_the_next_start_safe";
            let mut process = std::process::Command::new(std::env::current_exe().unwrap());
            process.args([this, "--exact"]).env(PANICS_IN, dir.path());
            if was_open {
                process.env(WAS_OPEN, "1");
            }
            assert_eq!(process.output().unwrap().status.code(), None, "aborted");
        };
        assert!(!is_safe_start(dir.path()));
        dies(false);
        assert!(!is_safe_start(dir.path()), "once may be chance");
        dies(false);
        assert!(is_safe_start(dir.path()));
        dies(false);
        assert!(is_safe_start(dir.path()), "until one stays open");
        dies(true);
        assert!(!is_safe_start(dir.path()));
        write_atomic(&dir.path().join(OPENING), b"rubbish").unwrap();
        assert!(!is_safe_start(dir.path()));
    }

    #[test]
    fn a_panic_ends_the_process_and_leaves_its_reason() {
        if let Some(dir) = std::env::var_os(PANICS_IN) {
            install_hook(Path::new(&dir));
            std::thread::spawn(|| panic!("what must never be")).join().unwrap();
        }
        let dir = tempfile::tempdir().unwrap();
        let this = "crash::tests::a_panic_ends_the_process_and_leaves_its_reason";
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args([this, "--exact"])
            .env(PANICS_IN, dir.path())
            .output()
            .unwrap();
        assert!(!output.status.success());
        assert_eq!(output.status.code(), None, "aborted, not failed: {output:?}");
        let told = last(dir.path()).unwrap();
        assert!(told.starts_with(env!("CARGO_PKG_VERSION")), "{told}");
        assert!(told.contains("src/crash.rs") && told.contains("what must never be"), "{told}");
    }

    #[test]
    fn a_reason_is_told_until_it_was_seen_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(last(dir.path()), None);
        write_atomic(&dir.path().join(REASON), b"0.1.0 at 1: broken\n").unwrap();
        for _ in 0..2 {
            assert_eq!(last(dir.path()).as_deref(), Some("0.1.0 at 1: broken"));
        }
        seen(dir.path()).unwrap();
        seen(dir.path()).unwrap();
        assert_eq!(last(dir.path()), None);
        assert!(!dir.path().join(REASON).exists());
        assert_eq!(std::fs::read(dir.path().join(NOTED)).unwrap(), b"0.1.0 at 1: broken\n");
    }
}
