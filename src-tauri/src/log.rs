//! The log: one file in the data directory and the one before it, neither larger than [`LARGEST`]. No secrets: types that
//! hold one are redacted. `RUST_LOG` sets the level.

use fulmen_engine::store::open_own;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// In bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Everything traced from now on goes to `fulmen.log` in `dir`.
pub(crate) fn start(dir: &Path) -> io::Result<()> {
    let file = Rolling::open(dir.join("fulmen.log"), LARGEST)?;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = without_secrets(filter);
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .init();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "started");
    Ok(())
}

/// LDK writes preimages and per-commitment secrets below `info`, whatever `RUST_LOG` says.
fn without_secrets(filter: EnvFilter) -> EnvFilter {
    if filter.max_level_hint().is_some_and(|most| most <= LevelFilter::INFO) {
        return filter;
    }
    filter.add_directive("ldk=info".parse().expect("a directive"))
}

/// A file that is set aside when it is full.
struct Rolling {
    path: PathBuf,
    file: File,
    size: u64,
    largest: u64,
}

impl Rolling {
    fn open(path: PathBuf, largest: u64) -> io::Result<Self> {
        let file = open(&path)?;
        let size = file.metadata()?.len();
        Ok(Self { path, file, size, largest })
    }

    fn roll(&mut self) -> io::Result<()> {
        std::fs::rename(&self.path, self.path.with_extension("log.1"))?;
        self.file = open(&self.path)?;
        self.size = 0;
        Ok(())
    }
}

impl Write for Rolling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.size >= self.largest {
            self.roll()?;
        }
        let written = self.file.write(bytes)?;
        self.size = self.size.saturating_add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A log names payees and amounts: for our eyes only.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    open_own(path, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_ldk_below_info_is_written() {
        let filtered = |text: &str| without_secrets(EnvFilter::new(text)).to_string();
        assert_eq!((filtered("info").as_str(), filtered("warn").as_str()), ("info", "warn"));
        for loud in ["debug", "trace", "ldk=trace", "warn,ldk=debug"] {
            let filtered = filtered(loud);
            assert!(filtered.contains("ldk=info") && !filtered.contains("ldk=trace"), "{filtered}");
            assert!(!filtered.contains("ldk=debug"), "{filtered}");
        }
    }

    #[test]
    fn a_full_log_is_set_aside_and_the_one_before_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = Rolling::open(dir.path().join("fulmen.log"), 10).unwrap();
        for line in ["the first line\n", "the second line\n", "the third line\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!(read("fulmen.log"), "the third line\n");
        assert_eq!(read("fulmen.log.1"), "the second line\n");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}
