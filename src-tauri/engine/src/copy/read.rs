//! The copy as it is read: the newest base that opens, and what follows it without a gap. Everything else that is there is
//! left alone and said.

use super::record::{Commit, Head, next};
use super::seal::FileId;
use super::{CopyError, Name, Place, Seal, Target};
use crate::keys::DataKey;
use crate::store::{Rebuilding, Row, Stamp};
use crate::time::Timestamp;
use std::io::{self, Read};
use std::path::Path;

/// What a copy is good for.
pub struct Found {
    /// The base, and the segments that follow it.
    pub files: Vec<Name>,
    /// The last commit in it.
    pub stamp: Stamp,
    /// When that was written.
    pub written: Timestamp,
    /// Nothing newer is there that does not open or does not follow.
    pub whole: bool,
    /// Of the last file.
    pub(super) id: FileId,
    pub(super) schema: u64,
    /// The highest number of a file that is there, of use or not.
    pub(super) sequence: u64,
    /// What the base holds, and what the segments do.
    pub(super) bytes: (u64, u64),
}

/// One file that opened to its end.
struct File {
    head: Head,
    id: FileId,
    bytes: u64,
}

/// Looks at all of a copy. Nothing is written.
///
/// # Errors
/// [`CopyError::Empty`] if there is none; [`CopyError::Foreign`], [`CopyError::Newer`], [`CopyError::Damaged`] if no base
/// opens; [`CopyError::Missing`], [`CopyError::Io`].
pub fn find(target: &mut dyn Target, seal: &Seal) -> Result<Found, CopyError> {
    let names = target.list()?;
    let sequence = names.last().map_or(0, |name| name.sequence());
    let mut refused = CopyError::Empty;
    for &base in names.iter().rev().filter(|name| matches!(name, Name::Base(_))) {
        match whole_file(target, seal, base) {
            Ok(file) => return Ok(follow(target, seal, &names, base, file, sequence)),
            // A later Fulmen wrote here: what an older base says is not what it would say.
            Err(CopyError::Newer) => return Err(CopyError::Newer),
            Err(error) => refused = error,
        }
    }
    match (refused, names.is_empty()) {
        (CopyError::Empty, false) => Err(CopyError::Damaged),
        (refused, _) => Err(refused),
    }
}

fn follow(
    target: &mut dyn Target,
    seal: &Seal,
    names: &[Name],
    base: Name,
    file: File,
    sequence: u64,
) -> Found {
    let mut files = vec![base];
    let (base_bytes, mut segment_bytes) = (file.bytes, 0);
    let mut last = file;
    loop {
        let name = Name::Segment(base.sequence() + files.len() as u64);
        if !names.contains(&name) {
            break;
        }
        match whole_file(target, seal, name) {
            Ok(file) if file.head.follows(&last.id) => {
                segment_bytes += file.bytes;
                files.push(name);
                last = file;
            }
            _ => break,
        }
    }
    let end = files.last().map_or(0, |name| name.sequence());
    Found {
        stamp: last.head.stamp(),
        written: Timestamp::from_secs(last.head.time_secs),
        whole: end == sequence,
        id: last.id,
        schema: last.head.schema,
        sequence,
        bytes: (base_bytes, segment_bytes),
        files,
    }
}

/// Reads a file to its end: before that nothing is known of it.
fn whole_file(target: &mut dyn Target, seal: &Seal, name: Name) -> Result<File, CopyError> {
    let mut opening = seal.opening(name, target.read(name)?)?;
    let head = next(&mut opening)?.ok_or(CopyError::Damaged)?;
    let bytes = io::copy(&mut opening, &mut io::sink())?;
    Ok(File { head, id: opening.id(), bytes })
}

/// Makes a vault of a copy: the one that was copied, row for row, as it was after one of its commits. The key is the new
/// vault's own.
///
/// # Errors
/// As [`find`]; [`CopyError::Vault`] if the vault cannot be made, or is there already.
pub fn rebuild(
    target: &mut dyn Target,
    seal: &Seal,
    path: &Path,
    key: &DataKey,
) -> Result<Found, CopyError> {
    let found = find(target, seal)?;
    let (base, segments) = found.files.split_first().ok_or(CopyError::Empty)?;
    let mut opening = seal.opening(*base, target.read(*base)?)?;
    let head: Head = next(&mut opening)?.ok_or(CopyError::Damaged)?;
    let version = i64::try_from(head.schema).map_err(|_| CopyError::Newer)?;
    let mut vault = Rebuilding::begin(path, key, version)?;
    while let Some(row) = next::<Row>(&mut opening)? {
        vault.row(&row)?;
    }
    vault.rows_end()?;
    let mut last = head.stamp();
    for &name in segments {
        last = commits(&mut seal.opening(name, target.read(name)?)?, &mut vault, last)?;
    }
    vault.finish()?;
    Ok(found)
}

/// The same from a person's place.
///
/// # Errors
/// As [`rebuild`].
pub(crate) fn rebuild_from(
    place: &Place,
    seal: &Seal,
    path: &Path,
    key: &DataKey,
) -> Result<Found, CopyError> {
    rebuild(place.at(seal)?.as_mut(), seal, path, key)
}

/// Each follows the one before it. Gives back the last one.
fn commits(
    opening: &mut impl Read,
    vault: &mut Rebuilding,
    mut last: Stamp,
) -> Result<Stamp, CopyError> {
    let _head: Head = next(opening)?.ok_or(CopyError::Damaged)?;
    while let Some(commit) = next::<Commit>(opening)? {
        if commit.stamp().generation != last.generation + 1 {
            return Err(CopyError::Damaged);
        }
        last = commit.stamp();
        vault.commit(&commit.batch, last)?;
    }
    Ok(last)
}
