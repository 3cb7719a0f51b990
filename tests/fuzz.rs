//! What the fuzzers of `fuzz/` found worth keeping, and what once went wrong, fed again: with the compiler that everything is
//! built with.

use fulmen_engine::fuzz::ENTRIES;
use fulmen_engine::store::write_atomic;
use std::collections::BTreeSet;
use std::env;
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

/// What is near to it, without a guide: `FUZZ_SECS=600 cargo test --locked --workspace --test fuzz -- --ignored`, for one entry with
/// `FUZZ_ENTRY=uri`. What does not hold is in `fuzz/artifacts`.
#[test]
#[ignore = "takes as long as FUZZ_SECS says"]
fn what_is_near_holds() {
    let secs = env::var("FUZZ_SECS").ok().and_then(|secs| secs.parse().ok()).unwrap_or(10);
    let only = env::var("FUZZ_ENTRY").ok();
    let chosen: Vec<_> = ENTRIES
        .into_iter()
        .filter(|(name, _)| only.as_deref().is_none_or(|one| one == *name))
        .collect();
    let each = Duration::from_secs(secs) / u32::try_from(chosen.len()).expect("a few");
    let mut wrong = Vec::new();
    for (name, entry) in chosen {
        let files: Vec<Vec<u8>> = ["corpus", "regressions"]
            .iter()
            .flat_map(|kind| files_of(&folder(kind).join(name)))
            .map(|file| fs::read(file).expect("a readable file"))
            .collect();
        let (begun, mut times, mut random) = (Instant::now(), 0_u64, fastrand::Rng::new());
        while begun.elapsed() < each {
            let bytes = changed(&files, &mut random);
            times += 1;
            if catch_unwind(AssertUnwindSafe(|| entry(&bytes))).is_err() {
                wrong.push(kept(name, &bytes));
                if wrong.len() > 20 {
                    break;
                }
            }
        }
        eprintln!("{name}: {times} times in {:?}", begun.elapsed());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn kept(name: &str, bytes: &[u8]) -> PathBuf {
    let at = folder("artifacts").join(name);
    fs::create_dir_all(&at).expect("a folder");
    let file = at.join(format!("crash-{:016x}", fastrand::u64(..)));
    write_atomic(&file, bytes).expect("a file");
    file
}

/// One of them, changed in a few places.
fn changed(files: &[Vec<u8>], random: &mut fastrand::Rng) -> Vec<u8> {
    const NUMBERS: [&str; 9] = [
        "0",
        "-1",
        "1e300",
        "21000000",
        "2100000000000001",
        "4294967295",
        "4294967296",
        "9223372036854775807",
        "18446744073709551615",
    ];
    const WORDS: [&str; 12] = [
        "\u{202e}", "\u{200d}", "\u{feff}", "%0a", "%", "&amount=", "\"", "}", "[", "\n", "\0",
        "null",
    ];
    let mut bytes = random.choice(files).cloned().unwrap_or_default();
    for _ in 0..random.usize(1..5) {
        let at = random.usize(0..=bytes.len());
        let end = (at + random.usize(0..16)).min(bytes.len());
        let new: Vec<u8> = match random.u8(0..8) {
            0 => vec![random.u8(..)],
            1 => random.choice(NUMBERS).unwrap_or_default().as_bytes().to_vec(),
            2 => random.choice(WORDS).unwrap_or_default().as_bytes().to_vec(),
            3 => bytes[at..end].repeat(2),
            4 => Vec::new(),
            5 => {
                let other = random.choice(files).cloned().unwrap_or_default();
                let from = random.usize(0..=other.len());
                let to = (from + random.usize(0..64)).min(other.len());
                other[from..to].to_vec()
            }
            // A number for a number.
            6 => {
                let digits = |byte: &u8| byte.is_ascii_digit();
                let Some(first) = bytes[at..].iter().position(digits).map(|more| at + more) else {
                    continue;
                };
                let count = bytes[first..].iter().take_while(|byte| digits(byte)).count();
                let number = random.choice(NUMBERS).unwrap_or_default();
                drop(bytes.splice(first..first + count, number.bytes()));
                continue;
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.u8(0..8);
                }
                continue;
            }
        };
        drop(bytes.splice(at..end, new));
    }
    bytes
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
