//! A panic ends the process: nothing after it can be trusted with money. The reason stays in a file for the next start.

use fulmen_engine::store::write_atomic;
use fulmen_engine::time::Timestamp;
use std::path::Path;

/// Why the last run ended, if it ended by a panic.
const REASON: &str = "crashed.txt";
/// The same, once a later start has noted it.
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

/// Says in the log how the last run ended, once.
pub(crate) fn note_last(dir: &Path) {
    let path = dir.join(REASON);
    if let Ok(text) = std::fs::read_to_string(&path) {
        tracing::warn!("the last run ended by a panic: {}", text.trim());
        if let Err(error) = std::fs::rename(&path, dir.join(NOTED)) {
            tracing::warn!(%error, "cannot set the reason aside");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_noted_once_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        write_atomic(&dir.path().join(REASON), b"0.1.0 at 1: broken").unwrap();
        note_last(dir.path());
        note_last(dir.path());
        assert!(!dir.path().join(REASON).exists());
        assert_eq!(std::fs::read(dir.path().join(NOTED)).unwrap(), b"0.1.0 at 1: broken");
    }
}
