//! The disk as it may be after a power cut. What was synced is there; of everything else any part may be missing: whole
//! writes, half of the last one, names that no sync of their directory covered. Shared memory (`-shm`) is not on the disk.

use super::Dice;
use super::trace::{Inode, Step, What};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// The smallest piece that a disk writes whole, in bytes.
const SECTOR: u64 = 512;

/// No image loses more single writes than this, unless it loses all.
const FEW: usize = 3;

/// What a cut does to that which is not synced.
#[derive(Clone, Copy, Debug)]
pub(super) enum Loss {
    /// All of it reached the disk: what a kill leaves.
    Nothing,
    All,
    /// Up to [`FEW`] writes or names, by the dice.
    Few,
    /// Only the first sectors of the last write, and up to two others missing.
    Torn,
}

impl Loss {
    pub(super) const ALL: [Self; 4] = [Self::Few, Self::Torn, Self::All, Self::Nothing];
}

/// Something that was done and may be lost.
struct Loose {
    step: usize,
    /// It was done before the sync began that covers it.
    done: bool,
    synced: bool,
}

#[derive(Default)]
struct File {
    synced: Vec<u8>,
    loose: Vec<Loose>,
}

#[derive(Clone)]
enum Name {
    File(Inode),
    Directory,
}

/// Replays a trace up to a cut.
pub(super) struct Disk<'a> {
    steps: &'a [Step],
    /// Every step's beginning and end, in order.
    moments: Vec<(usize, bool, usize)>,
    next: usize,
    files: BTreeMap<Inode, File>,
    names: BTreeMap<PathBuf, Name>,
    loose_names: Vec<Loose>,
    /// What a sync under way covers.
    covers: HashMap<usize, BTreeSet<usize>>,
}

impl<'a> Disk<'a> {
    pub(super) fn new(steps: &'a [Step]) -> Self {
        let ends = |(step, at): (usize, &Step)| [(at.begun, false, step), (at.done, true, step)];
        let mut moments: Vec<_> = steps.iter().enumerate().flat_map(ends).collect();
        moments.sort_unstable();
        Self {
            steps,
            moments,
            next: 0,
            files: BTreeMap::new(),
            names: BTreeMap::new(),
            loose_names: Vec::new(),
            covers: HashMap::new(),
        }
    }

    /// How many places there are to cut.
    pub(super) fn cuts(&self) -> usize {
        self.moments.len()
    }

    /// Replays so many moments; only forward. Answers the last line of the trace that has happened.
    pub(super) fn advance(&mut self, cut: usize) -> usize {
        while self.next < cut {
            let (_, ends, step) = self.moments[self.next];
            if ends {
                self.end(step)
            } else {
                self.begin(step)
            }
            self.next += 1;
        }
        self.next.checked_sub(1).map_or(0, |last| self.moments[last].0)
    }

    fn begin(&mut self, step: usize) {
        let loose = Loose { step, done: false, synced: false };
        match &self.steps[step].what {
            What::Write { inode, .. } | What::Truncate { inode, .. } => {
                self.files.entry(*inode).or_default().loose.push(loose);
            }
            What::SyncFile { inode } => {
                let file = self.files.entry(*inode).or_default();
                let done = file.loose.iter().filter(|loose| loose.done).map(|loose| loose.step);
                self.covers.insert(step, done.collect());
            }
            What::SyncDir { path } => {
                let inside =
                    |loose: &&Loose| loose.done && self.directory(loose.step) == Some(path);
                let done = self.loose_names.iter().filter(inside).map(|loose| loose.step);
                self.covers.insert(step, done.collect());
            }
            What::Answer(_) => {}
            _ => self.loose_names.push(loose),
        }
    }

    fn end(&mut self, step: usize) {
        match &self.steps[step].what {
            What::Write { inode, .. } | What::Truncate { inode, .. } => {
                finish(&mut self.files.entry(*inode).or_default().loose, step);
            }
            What::SyncFile { inode } => {
                let covered = self.covers.remove(&step).unwrap_or_default();
                let file = self.files.entry(*inode).or_default();
                for loose in settled(&mut file.loose, &covered) {
                    apply(&mut file.synced, &self.steps[loose].what, None);
                }
            }
            What::SyncDir { .. } => {
                let covered = self.covers.remove(&step).unwrap_or_default();
                for loose in settled(&mut self.loose_names, &covered) {
                    rename(&mut self.names, &self.steps[loose].what);
                }
            }
            What::Answer(_) => {}
            _ => finish(&mut self.loose_names, step),
        }
    }

    /// The directory that a name is in.
    fn directory(&self, step: usize) -> Option<&Path> {
        match &self.steps[step].what {
            What::Create { path, .. } | What::MakeDir { path } | What::Unlink { path } => {
                path.parent()
            }
            What::Rename { to, .. } => to.parent(),
            _ => None,
        }
    }

    /// Writes the disk as it is after a cut here into a folder. Answers what was lost, in words.
    pub(super) fn image(
        &self,
        folder: &Path,
        loss: Loss,
        dice: &mut Dice,
    ) -> std::io::Result<String> {
        let (lost, torn) = self.losses(loss, dice);
        let mut names = self.names.clone();
        for loose in self.loose_names.iter().filter(|loose| !lost.contains(&loose.step)) {
            rename(&mut names, &self.steps[loose.step].what);
        }
        for (path, name) in &names {
            // A file is gone with the name of its directory.
            let above = path.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty());
            let reachable = above.into_iter().all(|above| names.contains_key(above));
            match name {
                _ if !reachable || path.to_str().is_some_and(|path| path.ends_with("-shm")) => {}
                Name::Directory => std::fs::create_dir_all(folder.join(path))?,
                Name::File(inode) => {
                    std::fs::write(folder.join(path), self.content(*inode, &lost, torn))?;
                }
            }
        }
        let words = |step: &usize| format!("{step}: {}", self.steps[*step].what.words());
        let lost: Vec<_> = lost.iter().map(words).collect();
        Ok(format!("lost {lost:?}, torn {:?}", torn.map(|(step, kept)| (words(&step), kept))))
    }

    fn content(&self, inode: Inode, lost: &BTreeSet<usize>, torn: Option<(usize, u64)>) -> Vec<u8> {
        let Some(file) = self.files.get(&inode) else { return Vec::new() };
        let mut bytes = file.synced.clone();
        for loose in file.loose.iter().filter(|loose| !lost.contains(&loose.step)) {
            let kept = torn.filter(|(step, _)| *step == loose.step).map(|(_, kept)| kept);
            apply(&mut bytes, &self.steps[loose.step].what, kept);
        }
        bytes
    }

    /// Which steps are lost, and which one is torn after how many bytes.
    fn losses(&self, loss: Loss, dice: &mut Dice) -> (BTreeSet<usize>, Option<(usize, u64)>) {
        let files = self.files.values().flat_map(|file| &file.loose);
        let all = files.chain(&self.loose_names).filter(|loose| !loose.synced);
        let mut open: Vec<usize> = all.map(|loose| loose.step).collect();
        open.sort_unstable();
        let some = |most: usize, dice: &mut Dice| {
            (0..most).filter(|_| !open.is_empty()).map(|_| open[dice.below(open.len())]).collect()
        };
        match loss {
            Loss::Nothing => (BTreeSet::new(), None),
            Loss::All => (open.into_iter().collect(), None),
            Loss::Few => (some(1 + dice.below(FEW), dice), None),
            Loss::Torn => {
                let written = |step: &&usize| matches!(self.steps[**step].what, What::Write { .. });
                let Some(&last) = open.iter().rev().find(written) else {
                    return (some(FEW, dice), None);
                };
                let What::Write { at, bytes, .. } = &self.steps[last].what else { unreachable!() };
                let first = SECTOR - at % SECTOR;
                let sectors = bytes.len() as u64 / SECTOR + 1;
                let kept =
                    first + SECTOR * (dice.below(usize::try_from(sectors).expect("few")) as u64);
                let mut lost: BTreeSet<usize> = some(dice.below(FEW), dice);
                lost.remove(&last);
                (lost, Some((last, kept.min(bytes.len() as u64 - 1))))
            }
        }
    }
}

fn finish(loose: &mut [Loose], step: usize) {
    if let Some(found) = loose.iter_mut().find(|loose| loose.step == step) {
        found.done = true;
    }
}

/// Marks what a sync covers, and takes out what nothing loose comes before: it can be applied for good.
fn settled(loose: &mut Vec<Loose>, covered: &BTreeSet<usize>) -> Vec<usize> {
    for at in loose.iter_mut().filter(|at| covered.contains(&at.step)) {
        at.synced = true;
    }
    let firm = loose.iter().take_while(|at| at.synced).count();
    loose.drain(..firm).map(|at| at.step).collect()
}

/// Writes or truncates; a torn write keeps its first `kept` bytes.
fn apply(file: &mut Vec<u8>, what: &What, kept: Option<u64>) {
    let size = |len: u64| usize::try_from(len).expect("files are small");
    match what {
        What::Write { at, bytes, .. } => {
            let bytes = &bytes[..kept.map_or(bytes.len(), size).min(bytes.len())];
            let at = size(*at);
            if file.len() < at + bytes.len() {
                file.resize(at + bytes.len(), 0);
            }
            file[at..at + bytes.len()].copy_from_slice(bytes);
        }
        What::Truncate { len, .. } => file.resize(size(*len), 0),
        _ => {}
    }
}

fn rename(names: &mut BTreeMap<PathBuf, Name>, what: &What) {
    match what {
        What::Create { path, inode } => drop(names.insert(path.clone(), Name::File(*inode))),
        What::MakeDir { path } => drop(names.insert(path.clone(), Name::Directory)),
        What::Rename { from, to, inode } => {
            if matches!(names.get(from), Some(Name::File(there)) if there == inode) {
                names.remove(from);
            }
            names.insert(to.clone(), Name::File(*inode));
        }
        What::Unlink { path } => drop(names.remove(path)),
        _ => {}
    }
}
