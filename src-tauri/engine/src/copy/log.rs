//! The copy as it is written: which file was the last, and when it is time for a new base.

use super::read::{find, highest, opens};
use super::record::{Commit, Head, put};
use super::seal::FileId;
use super::{Claim, CopyError, Name, Seal, Target};
use crate::files::platform::private_file;
use crate::files::remove_if_there;
use crate::store::{SCHEMA, Stamp, Vault};
use crate::time::Timestamp;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// Segments may hold as much as the base, and at least this. With what [`super::queue`] lets wait, a copy is never larger
/// than twice its base, this, and one segment; and while a new base is written, that base.
const SEGMENTS_LEAST: u64 = 8 << 20;
/// A directory of more files is slow on a share.
const SEGMENTS_MOST: usize = 1024;

/// Another writer of the same copy may go on between a look at it and its taking. One that goes on that often has it.
const LOOKS: usize = 5;

/// See the module.
pub(crate) struct Log {
    target: Box<dyn Target>,
    seal: Arc<Seal>,
    /// The highest number that a file of ours has.
    sequence: u64,
    /// `None`: nothing can follow what is there, so that a base must come first.
    tip: Option<Tip>,
}

/// What the next segment follows.
struct Tip {
    id: FileId,
    stamp: Stamp,
    base_bytes: u64,
    segment_bytes: u64,
    segments: usize,
}

impl Log {
    /// Takes the place and looks at what is there.
    ///
    /// # Errors
    /// [`CopyError::Ahead`] if the copy has commits after `ours`; [`CopyError::TakenOver`] if another writer goes on meanwhile;
    /// [`CopyError::Foreign`], [`CopyError::Moved`], [`CopyError::Newer`], [`CopyError::Missing`], [`CopyError::Io`].
    pub(crate) fn attach(
        target: Box<dyn Target>,
        seal: Arc<Seal>,
        claim: Claim,
        ours: Stamp,
    ) -> Result<Self, CopyError> {
        let mut log = Self { target, seal, sequence: 0, tip: None };
        for _ in 0..LOOKS {
            log.target.look()?;
            log.target.claimed()?.yields_to(claim)?;
            let base = log.follow(ours)?;
            // Only now: a copy that is left alone keeps its writer.
            if log.target.claim_as_seen(claim)? {
                // What a base that was cut short in the end has left.
                log.remove(|_, name| name.sequence() < base)?;
                return Ok(log);
            }
        }
        Err(CopyError::TakenOver)
    }

    /// Goes on where the copy ends. Its base.
    fn follow(&mut self, ours: Stamp) -> Result<u64, CopyError> {
        self.tip = None;
        match find(self.target.as_mut(), &self.seal) {
            Ok(found) => {
                if found.stamp.generation > ours.generation {
                    return Err(CopyError::Ahead);
                }
                self.sequence = found.sequence;
                let is_current = found.whole && i64::try_from(found.schema) == Ok(SCHEMA);
                self.tip = is_current.then(|| Tip {
                    id: found.id,
                    stamp: found.stamp,
                    base_bytes: found.bytes.0,
                    segment_bytes: found.bytes.1,
                    segments: found.files.len() - 1,
                });
                Ok(found.files.first().map_or(0, |name| name.sequence()))
            }
            Err(CopyError::Empty | CopyError::Damaged | CopyError::Foreign) => {
                let names = self.target.list()?;
                self.sequence = highest(self.target.as_mut(), &self.seal, &names, 0);
                Ok(0)
            }
            Err(error) => Err(error),
        }
    }

    /// The last commit in the copy, if another may follow it.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        self.tip.as_ref().map(|tip| tip.stamp)
    }

    /// Whether the place is there and ours.
    pub(crate) fn check(&mut self) -> Result<(), CopyError> {
        self.target.check()
    }

    /// A new base is due, so that the copy stays as small as it may be.
    pub(crate) fn is_full(&self) -> bool {
        self.tip.as_ref().is_some_and(|tip| {
            tip.segment_bytes > tip.base_bytes.max(SEGMENTS_LEAST) || tip.segments >= SEGMENTS_MOST
        })
    }

    /// Writes commits that follow the last one. After an error nobody knows what is there: the log must be attached anew.
    ///
    /// # Errors
    /// As [`Target::put`].
    pub(crate) fn append(
        &mut self,
        commits: &[Arc<Commit>],
        now: Timestamp,
    ) -> Result<(), CopyError> {
        let Some(last) = commits.last() else { return Ok(()) };
        let tip = self.tip.take().ok_or(CopyError::Empty)?;
        let name = Name::Segment(self.next()?);
        let mut sealing = self.seal.sealing(name, Vec::new())?;
        put(&mut sealing, &Head::new(last.stamp(), SCHEMA, now, Some(&tip.id)))?;
        commits.iter().try_for_each(|commit| put(&mut sealing, &**commit))?;
        let (id, sealed) = sealing.finish()?;
        self.target.put(name, &mut sealed.as_slice())?;
        self.sequence = name.sequence();
        self.tip = Some(Tip {
            id,
            stamp: last.stamp(),
            segment_bytes: tip.segment_bytes + sealed.len() as u64,
            segments: tip.segments + 1,
            ..tip
        });
        Ok(())
    }

    /// Writes the whole vault, and removes what came before. It is sealed into a file at `aside` first, so that the vault
    /// is not read at the pace of a slow place.
    ///
    /// # Errors
    /// As [`Target::put`], [`CopyError::Vault`].
    pub(crate) fn rebase(
        &mut self,
        vault: &Vault,
        aside: &Path,
        now: Timestamp,
    ) -> Result<Stamp, CopyError> {
        self.target.check()?;
        let name = Name::Base(self.next()?);
        let written = self.seal_rows(name, vault, aside, now).and_then(|(id, stamp, bytes)| {
            let file = File::open(aside)?;
            self.target.put(name, &mut BufReader::with_capacity(128 * 1024, file))?;
            Ok((id, stamp, bytes))
        });
        remove_if_there(aside)?;
        let (id, stamp, base_bytes) = written?;
        self.sequence = name.sequence();
        self.tip = Some(Tip { id, stamp, base_bytes, segment_bytes: 0, segments: 0 });
        // What is above and opens was written by somebody else with the words: the next look says so.
        self.remove(|log, other| {
            let is_newest = other == name || other.sequence() > name.sequence();
            !is_newest || matches!(opens(log.target.as_mut(), &log.seal, other), Ok(false))
        })?;
        Ok(stamp)
    }

    /// The number of the next file.
    fn next(&self) -> Result<u64, CopyError> {
        self.sequence.checked_add(1).ok_or(CopyError::Damaged)
    }

    fn remove(&mut self, is_due: impl Fn(&mut Self, Name) -> bool) -> Result<(), CopyError> {
        let mut due = self.target.list()?;
        due.retain(|name| is_due(self, *name));
        if due.is_empty() { Ok(()) } else { self.target.remove_all(&due) }
    }

    fn seal_rows(
        &self,
        name: Name,
        vault: &Vault,
        aside: &Path,
        now: Timestamp,
    ) -> Result<(FileId, Stamp, u64), CopyError> {
        remove_if_there(aside)?;
        let file = private_file().create_new(true).open(aside)?;
        let mut sealing = self.seal.sealing(name, BufWriter::with_capacity(128 * 1024, file))?;
        let mut begun = false;
        let stamp = vault.each_row(|stamp, row| {
            if !std::mem::replace(&mut begun, true) {
                put(&mut sealing, &Head::new(stamp, SCHEMA, now, None))?;
            }
            Ok::<_, CopyError>(put(&mut sealing, &row)?)
        })?;
        let (id, mut file) = sealing.finish()?;
        file.flush()?;
        let bytes = file.get_ref().metadata()?.len();
        Ok((id, stamp, bytes))
    }
}
