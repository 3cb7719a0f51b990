//! What the fuzzers of `fuzz/` found worth keeping, and what once went wrong, fed again: with the compiler that everything is
//! built with.

use fulmen_engine::fuzz::ENTRIES;
use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// One text or answer is read in much less; but a proof from the DNS takes seconds without optimisation, and machines are busy.
const LONGEST: Duration = Duration::from_secs(120);
/// All of them together.
const MOST_BYTES: u64 = 1024 * 1024;

#[test]
fn what_was_found_once_holds() {
    let (mut fed, mut wrong) = (0, Vec::new());
    for (name, entry) in ENTRIES {
        let mut files = files_of(&folder("corpus").join(name));
        assert!(!files.is_empty(), "{name} has no corpus");
        files.extend(files_of(&folder("regressions").join(name)));
        for file in files {
            let bytes = fs::read(&file).expect("a readable file");
            let begun = Instant::now();
            let held = catch_unwind(AssertUnwindSafe(|| entry(&bytes))).is_ok();
            if !held || begun.elapsed() > LONGEST {
                wrong.push(format!("{} {:?}", file.display(), begun.elapsed()));
            }
            fed += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(fed >= 100, "only {fed} files");
}

/// Programs, entries and folders are the same, and the folders are small.
#[test]
fn every_entry_has_its_fuzzer_and_its_corpus() {
    let entries: BTreeSet<String> = ENTRIES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("its manifest");
    let programs = manifest.split("[[bin]]\n").skip(1);
    let programs: BTreeSet<String> =
        programs.filter_map(|program| program.split('"').nth(1).map(str::to_owned)).collect();
    assert_eq!(programs, entries, "fuzz/Cargo.toml");
    let mut bytes = 0;
    for kind in ["corpus", "regressions"] {
        for known in files_of(&folder(kind)) {
            let name = known.file_name().and_then(|name| name.to_str()).expect("a plain name");
            assert!(entries.contains(name), "fuzz/{kind}/{name} is of no entry");
            let sizes = files_of(&known).into_iter().map(|file| size(&file));
            bytes += sizes.sum::<u64>();
        }
    }
    assert!(bytes <= MOST_BYTES, "{bytes} bytes: `cargo fuzz cmin` makes a corpus smaller");
}

fn size(file: &Path) -> u64 {
    fs::metadata(file).expect("a readable file").len()
}

/// What is in a folder, in the order of names. Nothing, if it is not there.
fn files_of(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.sort();
    files
}

fn folder(kind: &str) -> PathBuf {
    root().join(kind)
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz"))
}
