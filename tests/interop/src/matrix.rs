//! What came of it: each story on the screen as it ends, and a table of all of them in Markdown.

use crate::mirror::Tally;
use crate::stories::Story;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// How one story went.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    Passed { version: String, tally: Tally, seconds: f64 },
    Failed { seconds: f64 },
    NotPossible(&'static str),
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Which one it is of all.
    place: usize,
    peer: &'static str,
    story: &'static str,
    told: Told,
}

impl Entry {
    pub(crate) fn of(place: usize, story: &Story, told: Told) -> Self {
        Self { place, peer: story.peer, story: story.name, told }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Matrix {
    entries: Vec<Entry>,
    tally: Tally,
}

impl Matrix {
    /// Said as it happens.
    pub(crate) fn add(&mut self, entry: Entry) {
        let line = match &entry.told {
            Told::Passed { seconds, tally, .. } => {
                self.tally.add(*tally);
                format!("passed, {seconds:.1} seconds")
            }
            Told::Failed { seconds } => format!("FAILED, {seconds:.1} seconds"),
            Told::NotPossible(why) => format!("not possible: {why}"),
        };
        say(&format!("{}: {}: {line}", entry.peer, entry.story));
        self.entries.push(entry);
    }

    /// They end in another order than they are listed in.
    pub(crate) fn sort(&mut self) {
        self.entries.sort_by_key(|entry| entry.place);
    }

    /// The closing line; whether nothing failed, and anything was told.
    pub(crate) fn close(&self) -> bool {
        let Tally { blocks, transactions, refusals } = self.tally;
        say(&format!(
            "bitcoind and practice took {blocks} blocks of each other and {transactions} transactions, and refused {refusals}"
        ));
        let passed = self.count(|told| matches!(told, Told::Passed { .. }));
        let failed = self.count(|told| matches!(told, Told::Failed { .. }));
        say(&format!("stories {} passed {passed} failed {failed}", passed + failed));
        failed == 0 && passed > 0
    }

    fn count(&self, is: impl Fn(&Told) -> bool) -> usize {
        self.entries.iter().filter(|entry| is(&entry.told)).count()
    }

    /// Writes the table.
    pub(crate) fn write(&self, path: &Path) {
        let mut text = String::from(
            "# Fulmen with other people's software\n\n\
             Made by `npm run interop -- --docs docs/interop.md`, which tells these stories on this machine's loopback; do not \
             edit. In each of them every block that the practice network or bitcoind mines is taken by the other, a transaction \
             that one of the two refuses is refused by the other for the same kind of reason, and at the end what was mined is \
             somebody's, to the satoshi. What each of them taught us is in [interop-lessons.md](interop-lessons.md).\n",
        );
        for (peer, entries) in self.by_peer() {
            let versions = entries.iter().find_map(|entry| match &entry.told {
                Told::Passed { version, .. } => Some(version.as_str()),
                _ => None,
            });
            write!(text, "\n## {peer} ({})\n\n", versions.unwrap_or("not told")).expect("a text");
            text.push_str("| story | result |\n|---|---|\n");
            for entry in entries {
                let result = match &entry.told {
                    Told::Passed { .. } => "passed".to_owned(),
                    Told::Failed { .. } => "**failed**".to_owned(),
                    Told::NotPossible(why) => format!("not possible: {why}"),
                };
                writeln!(text, "| {} | {result} |", entry.story).expect("a text");
            }
        }
        std::fs::create_dir_all(path.parent().expect("a file")).expect("a directory");
        std::fs::write(path, text).expect("the matrix is written");
    }

    fn by_peer(&self) -> BTreeMap<&'static str, Vec<&Entry>> {
        let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for entry in &self.entries {
            all.entry(entry.peer).or_default().push(entry);
        }
        all
    }
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("someone reads");
}
