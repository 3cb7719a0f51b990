//! Power cuts: a wallet's whole life is recorded as it goes to the disk, then cut at any place. Each cut leaves images of
//! the disk, with writes lost or torn that no sync had covered; each image is started, and everything that the wallet had
//! acknowledged before the cut must be there. The same search over a disk that ignores every sync must find losses.

mod boot;
mod claims;
mod disk;
mod life;
#[cfg(test)]
mod tests;
mod trace;

use claims::Claims;
use disk::{Disk, Loss};
use std::path::{Path, PathBuf};
use trace::{Reader, Step, What};

/// What to do.
pub struct Plan {
    /// `story-wallet`.
    pub program: PathBuf,
    /// How many images to start.
    pub images: usize,
    /// The same seed over the same trace makes the same images.
    pub seed: u64,
    /// A copy of the wallet in the middle of its life goes here.
    pub fixture: Option<PathBuf>,
    /// Everything that has to be looked at later goes here.
    pub keep: PathBuf,
}

/// What was found.
pub struct Report {
    /// Images started.
    pub images: usize,
    pub bad: usize,
    /// Operations on the disk, and how many of them were syncs.
    pub operations: usize,
    pub syncs: usize,
    /// What the wallet acknowledged in its life.
    pub acknowledged: usize,
    /// Images whose balance was compared.
    pub weighed: usize,
    /// Images in which something not synced was lost or torn.
    pub losing: usize,
    /// The same over a disk that ignores every sync: images, and how many of them were found bad.
    pub control: (usize, usize),
}

/// Images of the disk that ignores syncs.
const CONTROL: usize = 12;

/// Numbers that are the same for the same seed (splitmix64).
pub struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides.max(1) as u64).expect("below a usize")
    }
}

/// Records a life and cuts it. Calls `say` with every bad image and with the progress.
///
/// # Errors
/// Where this machine cannot record, or has no room.
pub async fn run(plan: &Plan, say: &mut impl FnMut(&str)) -> std::io::Result<Report> {
    let place = tempfile::tempdir()?;
    let logs = life::record(plan, place.path()).await?;
    let mut reader = Reader::new(&place.path().join("disk"));
    for log in &logs {
        reader.read(&std::fs::read_to_string(log)?);
    }
    let steps = reader.steps;
    let is_sync = |step: &&Step| matches!(step.what, What::SyncFile { .. } | What::SyncDir { .. });
    let answers = steps.iter().filter(|step| matches!(step.what, What::Answer(_))).count();
    let mut report = Report {
        images: 0,
        bad: 0,
        operations: steps.len() - answers,
        syncs: steps.iter().filter(is_sync).count(),
        acknowledged: Claims::count(&steps),
        weighed: 0,
        losing: 0,
        control: (0, 0),
    };
    say(&format!("{} operations, {} syncs, {answers} answers", report.operations, report.syncs));
    let bad = cut(&steps, plan, plan.images, &mut report, say).await?;
    report.bad = bad;
    if bad > 0 {
        for log in &logs {
            std::fs::copy(log, plan.keep.join(log.file_name().expect("a file")))?;
        }
    }

    let mut unsynced: Vec<Step> = steps;
    unsynced.retain(|step| !is_sync(&step));
    let quiet =
        Plan { keep: place.path().to_owned(), program: PathBuf::new(), fixture: None, ..*plan };
    let mut counted = Report { control: (0, 0), ..report };
    counted.images = 0;
    let found = cut(&unsynced, &quiet, CONTROL, &mut counted, &mut |_| {}).await?;
    report.control = (counted.images, found);
    Ok(report)
}

/// Starts `images` images, spread over the whole trace. Answers how many were bad.
async fn cut(
    steps: &[Step],
    plan: &Plan,
    images: usize,
    report: &mut Report,
    say: &mut impl FnMut(&str),
) -> std::io::Result<usize> {
    let mut disk = Disk::new(steps);
    let mut dice = Dice(plan.seed);
    let mut bad = 0;
    for number in 0..images {
        // One in each of as many equal pieces.
        let (from, to) = (disk.cuts() * number / images, disk.cuts() * (number + 1) / images);
        let line = disk.advance(from + 1 + dice.below(to - from));
        let folder = memory()?;
        let loss = Loss::ALL[number % Loss::ALL.len()];
        let lost = disk.image(folder.path(), loss, &mut dice)?;
        report.images += 1;
        report.losing += usize::from(!lost.starts_with("lost [], torn None"));
        let claims = Claims::at(steps, line);
        let kept = tempfile::tempdir()?;
        copy(folder.path(), kept.path())?;
        let booted = boot::boot(folder.path(), &claims).await;
        report.weighed += usize::from(booted == Ok(true));
        if let Err(fault) = booted {
            bad += 1;
            let seed = plan.seed;
            say(&format!(
                "bad image {number} of seed {seed}, {loss:?} at line {line}: {fault}; {lost}"
            ));
            copy(kept.path(), &plan.keep.join(format!("image-{number}")))?;
        }
    }
    Ok(bad)
}

/// A folder that needs no disk where the system has one.
fn memory() -> std::io::Result<tempfile::TempDir> {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
