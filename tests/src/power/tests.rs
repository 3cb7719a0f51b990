//! The trace is read as it was written, and the disk forgets exactly what it may.

use super::disk::{Disk, Loss};
use super::trace::{Reader, What};
use super::{Claims, Dice, memory};
use fulmen_engine::amount::Msat;
use std::collections::BTreeMap;
use std::path::Path;

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()
}

/// A line of strace about a file below the root.
fn on(name: &str, fd: u32, path: &str, rest: &str) -> String {
    format!("7 {name}({fd}<{}>{rest}\n", hex(path))
}

fn open(fd: u32, path: &str, flags: &str) -> String {
    let path = hex(path);
    format!("7 openat(AT_FDCWD<{}>, \"{path}\", {flags}, 0600) = {fd}<{path}>\n", hex("/"))
}

fn rename(from: &str, to: &str) -> String {
    format!("7 rename(\"{}\", \"{}\") = 0\n", hex(from), hex(to))
}

fn write(fd: u32, path: &str, text: &str) -> String {
    let length = text.len();
    on("write", fd, path, &format!(", \"{}\", {length}) = {length}", hex(text)))
}

/// A file replaced as the wallet does it, with an answer at the end; `synced` or not.
fn replaced(synced: bool) -> String {
    let sync = |line: String| if synced { line } else { String::new() };
    [
        format!("7 mkdir(\"{}\", 0777) = 0\n", hex("/r/w")),
        sync(open(4, "/r", "O_RDONLY|O_CLOEXEC") + &on("fsync", 4, "/r", ") = 0")),
        open(5, "/r/w/a", "O_WRONLY|O_CREAT|O_EXCL"),
        write(5, "/r/w/a", "old"),
        sync(on("fsync", 5, "/r/w/a", ") = 0")),
        open(6, "/r/w/a.tmp", "O_WRONLY|O_CREAT|O_EXCL"),
        write(6, "/r/w/a.tmp", "new"),
        // Another thread's call in between, and one that is cut in two.
        "8 lseek(9<\\x2f\\x78>, 0, SEEK_SET) = 0\n".to_owned(),
        sync(format!(
            "7 fsync(6<{}> <unfinished ...>\n7 <... fsync resumed>) = 0\n",
            hex("/r/w/a.tmp")
        )),
        rename("/r/w/a.tmp", "/r/w/a"),
        sync(open(7, "/r/w", "O_RDONLY|O_CLOEXEC") + &on("fsync", 7, "/r/w", ") = 0")),
        format!("7 write(1<{}>, \"{}\", 12) = 12\n", hex("pipe:[1]"), hex("{\"ok\": null}")),
        format!("7 write(1<{}>, \"{}\", 1) = 1\n", hex("pipe:[1]"), hex("\n")),
    ]
    .concat()
}

fn read(text: &str) -> Reader {
    let mut reader = Reader::new(Path::new("/r"));
    reader.read(text);
    reader
}

/// Every image of every cut: the line of the cut, and what the file holds.
fn images(reader: &Reader) -> Vec<(usize, Option<String>)> {
    let mut found = Vec::new();
    let mut disk = Disk::new(&reader.steps);
    for cut in 1..=disk.cuts() {
        let line = disk.advance(cut);
        for seed in 0..5 {
            for loss in Loss::ALL {
                let folder = memory().unwrap();
                disk.image(folder.path(), loss, &mut Dice(seed)).unwrap();
                found.push((line, std::fs::read_to_string(folder.path().join("w/a")).ok()));
            }
        }
    }
    found
}

#[test]
fn a_file_that_is_replaced_with_every_sync_is_old_or_new() {
    let reader = read(&replaced(true));
    let Some(What::Answer(answer)) = reader.steps.last().map(|step| &step.what) else {
        panic!("the answer comes last");
    };
    assert!(answer["ok"].is_null());
    let told = reader.steps.last().unwrap().begun;
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for (line, content) in images(&reader) {
        if line >= told {
            assert_eq!(content.as_deref(), Some("new"), "it was told");
        }
        *seen.entry(content.unwrap_or_default()).or_default() += 1;
    }
    assert!(seen["old"] > 0 && seen["new"] > 0 && seen[""] > 0, "{seen:?}");
    assert!(Claims::at(&reader.steps, told).made && !Claims::at(&reader.steps, told - 1).made);
}

#[test]
fn without_syncs_what_was_told_is_lost() {
    let reader = read(&replaced(false));
    let told = reader.steps.last().unwrap().begun;
    let told_of = images(&reader).into_iter().filter(|(line, _)| *line >= told);
    let (kept, lost): (Vec<_>, Vec<_>) =
        told_of.partition(|(_, content)| content.as_deref() == Some("new"));
    assert!(!kept.is_empty() && !lost.is_empty());
}

#[test]
fn a_large_write_is_torn_at_a_sector() {
    let long = "x".repeat(2000);
    let text = format!("7 mkdir(\"{}\", 0777) = 0\n", hex("/r/w"))
        + &open(5, "/r/w/a", "O_RDWR|O_CREAT")
        + &on("pwrite64", 5, "/r/w/a", &format!(", \"{}\", 2000, 100) = 2000", hex(&long)));
    let reader = read(&text);
    let mut disk = Disk::new(&reader.steps);
    disk.advance(disk.cuts());
    let mut lengths = std::collections::BTreeSet::new();
    for seed in 0..100 {
        let folder = memory().unwrap();
        disk.image(folder.path(), Loss::Torn, &mut Dice(seed)).unwrap();
        if let Ok(bytes) = std::fs::read(folder.path().join("w/a")) {
            lengths.insert(bytes.len());
        }
    }
    assert!(lengths.contains(&512) && lengths.contains(&1024), "{lengths:?}");
    let whole = |length: &usize| length.is_multiple_of(512) || *length == 2099;
    assert!(lengths.iter().all(whole), "{lengths:?}");
}

/// The wallet writes this answer.
fn told(answer: &str) -> String {
    let line = format!("{answer}\n");
    format!(
        "7 write(1<{}>, \"{}\", {length}) = {length}\n",
        hex("pipe:[1]"),
        hex(&line),
        length = line.len()
    )
}

#[test]
fn a_balance_is_known_where_it_was_told_or_nothing_was_decided() {
    let said = |generation, status, total| {
        told(&format!(
            "{{\"ok\": {{\"acknowledged\": {{\"generation\": {generation}, \"channels\": [], \"totalMsat\": {total},
             \"rows\": [{{\"id\": \"a\", \"status\": \"{status}\"}}]}}}}}}"
        ).replace('\n', ""))
    };
    let answers = [
        said(3, "inTransit", "null"),
        said(5, "paid", "70"),
        said(9, "paid", "70"),
        said(11, "paid", "60"),
    ];
    let reader = read(&answers.concat());
    let at = |answer: usize, generation| {
        let line = reader.steps[answer].begun;
        Claims::at(&reader.steps, line).total_at(generation).map(Msat::get)
    };
    assert_eq!(
        (at(0, 3), at(0, 4), at(0, 5)),
        (None, None, Some(70)),
        "it moved until it was told"
    );
    assert_eq!((at(1, 5), at(1, 7), at(1, 9)), (Some(70), Some(70), Some(70)));
    assert_eq!((at(2, 10), at(2, 11), at(3, 12)), (None, Some(60), None));
}

#[test]
#[should_panic(expected = "link is not understood")]
fn what_is_not_understood_is_no_trace() {
    read(&format!("7 link(\"{}\", \"{}\") = 0\n", hex("/r/w/a"), hex("/r/w/b")));
}
