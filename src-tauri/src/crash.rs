//! A panic ends the process: nothing after it can be trusted with money. The reason stays in a file for the next start.

use fulmen_engine::store::write_atomic;
use fulmen_engine::time::Timestamp;
use std::io;
use std::path::Path;

/// Why the last run ended, if it ended by a panic.
const REASON: &str = "crashed.txt";
/// The same, once a person has seen it.
const NOTED: &str = "crashed-before.txt";

/// Logs the panic, leaves the reason, aborts.
pub(crate) fn install_hook(dir: &Path) {
    let reason = dir.join(REASON);
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        default(panic);
        let text =
            format!("{} at {}: {panic}\n", env!("CARGO_PKG_VERSION"), Timestamp::now().secs());
        tracing::error!("{text}{}", std::backtrace::Backtrace::force_capture());
        if let Err(error) = write_atomic(&reason, text.as_bytes()) {
            eprintln!("cannot leave the reason: {error}");
        }
        std::process::abort();
    }));
}

/// Why the last run ended; `None` where it ended well, or where [`seen`] was said since.
pub(crate) fn last(dir: &Path) -> Option<String> {
    std::fs::read_to_string(dir.join(REASON)).ok().map(|text| text.trim().to_owned())
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
